/** Tells people in the log when meter or power stages are slower than configured, and when a limit is exceeded again and again. */
import type { SiteConfig } from "../../config/site.ts";
import { eventWords } from "../../domain/event-words.table.ts";
import type { Log } from "../log.ts";
import type { FoundPromise } from "../site/found-promises.ts";

/** What the report says of it. */
export interface DynamicsFacts {
  readonly dynamicsCause: string;
  readonly meterLaterMs: number;
  /** From 0; −1 where it is not known. */
  readonly slowStage: number;
  readonly stageLaterMs: number;
}

const toldCauses = ["meter-slower", "stage-slower", "control-unsteady"] as const;

/** What the settings say of the meter and of each stage, in words. */
export interface ToldDynamics {
  readonly meter: string;
  readonly stages: readonly string[];
}

/** The settings that the observer is told. */
export function toldDynamics({ pcc: { meter }, evses }: SiteConfig): ToldDynamics {
  const { updateMs, windowMs, latencyMs } = meter;
  return {
    meter: `updateMs ${updateMs}, windowMs ${windowMs ?? updateMs}, latencyMs ${latencyMs}`,
    stages: evses.map(({ stage }) => {
      const { responseMs, deadTimeMs, slewPctPerS, commandPeriodMs } = stage;
      const slew = slewPctPerS === undefined ? "" : `, slewPctPerS ${slewPctPerS}`;
      return `responseMs ${responseMs}, deadTimeMs ${deadTimeMs}, commandPeriodMs ${commandPeriodMs}${slew}`;
    }),
  };
}

/**
 * Tells when a limit is kept more slowly than the site promises, with what was found, and when the promise holds again. To be
 * called with each report.
 */
export function createPromiseNotes(log: Log): (found: FoundPromise | null) => void {
  let broken = false;
  return (found) => {
    const isBroken = found !== null && !found.kept;
    if (isBroken === broken) return;
    broken = isBroken;
    if (!isBroken) {
      log(
        "info",
        "Limits at the PCC: what the site promises holds again with what is found of meter and power stages.",
      );
      return;
    }
    const { sentence, cause, todo } = eventWords["promise-broken"];
    const said = `${sentence} ${cause}`
      .replace("{foundMs}", `${found.foundMs} ms`)
      .replace("{promisedMs}", `${found.promisedMs} ms`)
      .replace("{later}", found.later);
    log("warn", `${said} ${todo}`);
  };
}

/** To be called with each report. */
export function createDynamicsNotes(
  log: Log,
  evseNames: readonly string[],
  told: ToldDynamics,
): (facts: DynamicsFacts) => void {
  let standing = "";
  return (facts) => {
    const { dynamicsCause } = facts;
    if (dynamicsCause === standing) return;
    standing = dynamicsCause;
    const key = toldCauses.find((cause) => cause === dynamicsCause);
    if (key === undefined) {
      log("info", "Meter and power stages at the PCC: their dynamics are taken as configured again.");
      return;
    }
    const { sentence, todo } = eventWords[key];
    const stageIndex = evseNames.length === 1 ? 0 : facts.slowStage;
    const evse = evseNames[stageIndex];
    const laterMs = key === "meter-slower" ? facts.meterLaterMs : facts.stageLaterMs;
    const said = sentence
      .replace("{laterMs}", `${Math.round(laterMs)} ms`)
      .replace("{stage}", evse === undefined ? "A power stage" : `The power stage of ${evse}`);
    const settings = key === "meter-slower" ? told.meter : key === "stage-slower" ? told.stages[stageIndex] : undefined;
    log("warn", `${said}${settings === undefined ? "" : ` Configured: ${settings}.`} ${todo}`);
  };
}
