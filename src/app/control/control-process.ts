/**
 * The control process: the control loop with an engine to itself. It ends when it is asked to, and at once when the service
 * that started it is gone, because then nobody could revoke a permit: its stages go to zero by their own watchdogs. Signals of
 * a terminal or service manager reach both processes; only the service answers them.
 */
import { invariant } from "../../domain/result.ts";
import { type ControlMessage, type ControlRequest, startControl } from "./control.ts";
import { inputsFd, type ProcessStart, reportFd, ringFd, vehiclesFd } from "./control-process-start.ts";
import { inputsLength } from "./shared/inputs.ts";
import { openLatest } from "./shared/latest.ts";
import { reportLength } from "./shared/report.ts";
import { intentsLength } from "./shared/vehicle-intents.ts";
import { tuneForSteadyTick } from "./v8-tuning.ts";

/** Messages under way to a service that does not read them; beyond it what is told again anyway is left out. */
const pendingMax = 256;
/** Told again by itself, or of interest only when it is new. */
const expendable: readonly ControlMessage["kind"][] = ["devices", "late"];

tuneForSteadyTick();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit(0));
process.once("message", (start) => begin(start as ProcessStart));

function begin(start: ProcessStart): void {
  const { config } = start.site;
  let pending = 0;
  const control = startControl(
    {
      ...start,
      inputs: openLatest(inputsFd, inputsLength(config.evses.length)),
      report: openLatest(reportFd, reportLength(config.evses.length, config.tiers.length)),
      vehicles: openLatest(vehiclesFd, intentsLength(config.evses.length)),
      ringFd: start.recorded ? ringFd : null,
    },
    say,
  );
  process.on("message", (request) => obey(request as ControlRequest));

  function say(message: ControlMessage): void {
    if (pending >= pendingMax && expendable.includes(message.kind)) return;
    pending++;
    invariant(process.send !== undefined, "the control process has a channel to the service");
    process.send(message, () => {
      pending--;
    });
  }

  function obey(request: ControlRequest): void {
    if (request.kind === "reset-figures") control.resetFigures();
    else if (request.kind === "acknowledge-ledgers") control.acknowledgeLedgers();
    else if (request.kind === "reset-functions") control.resetFunctions(request.stage);
    else if (request.kind === "silence") control.fallSilent(request.forMs);
    else void control.stop().then(() => process.exit(0));
  }
}
