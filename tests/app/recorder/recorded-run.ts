/** A short run in virtual time with its recording, for the tests of the flight recorder. */
import { scenarioNamed } from "../../../sim/scenarios/index.ts";
import { recordedIslet } from "../../../sim/story/islet-controller.ts";
import { runScenario, type Scenario } from "../../../sim/story/scenario.ts";
import { frameBytes } from "../../../src/app/recorder/format/frames.ts";
import { type Recording, readRecording } from "../../../src/app/recorder/recording-reader.ts";

export interface RecordedRun {
  readonly bytes: Buffer;
  readonly recording: Recording;
}

/** An outage hub in the minutes before and after the grid fails: loads, an island, a black start. */
export function recordedOutage(from = "07:59:40", to = "08:01:30"): RecordedRun {
  const hub = scenarioNamed("outage-hub");
  if (hub === undefined) throw new Error("there is no outage hub");
  const scenario: Scenario = { ...hub, from, to, checks: () => [] };
  const parts: Uint8Array[] = [];
  const { start, flush } = recordedIslet({
    frame: (kind, payload) => void parts.push(frameBytes(kind, parts.length, payload)),
    isFull: () => false,
  });
  runScenario(scenario, start);
  flush();
  const bytes = Buffer.concat(parts);
  return { bytes, recording: readRecording(bytes, "run") };
}
