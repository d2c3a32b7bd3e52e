/**
 * The thread that speaks with vehicles: all charging places of the site whose sessions are the controller's. It reads the control
 * process's reports and writes what sessions ask for, row to row, so that nothing that keeps the service busy comes between a
 * vehicle and its power stage. Its own silence is safe: the core opens what nobody renews.
 */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../domain/result.ts";
import { prepareCodecs } from "../../protocols/iso15118/transport/messages.ts";
import { monotonicMs } from "../control/monotonic.ts";
import { openLatest } from "../control/shared/latest.ts";
import { createControlReport, readReport, reportLength } from "../control/shared/report.ts";
import { createIntent, intentsLength, writeIntents } from "../control/shared/vehicle-intents.ts";
import type { FromSessions, ThreadStart, ToSessions } from "./messages.ts";
import { openDoor } from "./modem-door.ts";
import { createPlace } from "./place.ts";

/** Reports are looked for, and intents renewed, this often, ms. */
const tickMs = 10;

const port = parentPort;
invariant(port !== null, "started as a worker");
begin(workerData as ThreadStart);

function begin({ places: starts, contracts, evseCount, tierCount, reportFd, vehiclesFd }: ThreadStart): void {
  prepareCodecs();
  const reports = openLatest(reportFd, reportLength(evseCount, tierCount));
  const rows = new Float64Array(reports.values.length);
  const report = createControlReport(evseCount, tierCount);
  const vehicles = openLatest(vehiclesFd, intentsLength(evseCount));
  const say = (message: FromSessions): void => port!.postMessage(message);
  let seen = 0;

  const publish = (): void => {
    writeIntents(vehicles.values, intents);
    vehicles.publish();
  };
  const unixS = (): number => Date.now() / 1_000;
  const places = starts.map((start) =>
    createPlace({ start, now: monotonicMs, unixS, openDoor, say, changed: publish }),
  );
  const intents = Array.from(
    { length: evseCount },
    (_, i) => places.find(({ index }) => index === i)?.intent ?? createIntent(),
  );

  for (const place of places) place.contracts(contracts);

  const timer = setInterval(() => {
    const nowMs = monotonicMs();
    const generation = reports.generation();
    if (generation !== seen && reports.readInto(rows)) {
      seen = generation;
      readReport(rows, report);
      for (const place of places) place.refresh(report, nowMs);
    }
    for (const place of places) place.tick(nowMs);
    publish();
  }, tickMs);

  port!.on("message", (message: ToSessions) => {
    if (message.kind === "stop") {
      clearInterval(timer);
      void Promise.all(places.map((place) => place.stop())).then(() => port!.close());
      return;
    }
    if (message.kind === "contracts") {
      for (const place of places) place.contracts(message.offer);
      return;
    }
    const place = places.find(({ index }) => index === message.index);
    if (message.kind === "authorize") place?.authorize(message.state, message.stop);
    else if (message.kind === "reply") place?.reply(message.ask, message.reply);
    else if (message.kind === "pairs") place?.permit(message.pairs);
    else if (message.kind === "schedules") place?.schedules(message.schedules);
    else place?.secure(message.encryption);
  });
}
