/** Tells people in the log when meter or power stages are slower than configured, and when a limit is exceeded again and again. */
import { eventWords } from "../../domain/event-words.table.ts";
import type { Log } from "../log.ts";

/** What the report says of it. */
export interface DynamicsFacts {
  readonly dynamicsCause: string;
  readonly meterLaterMs: number;
  /** From 0; −1 where it is not known. */
  readonly slowStage: number;
  readonly stageLaterMs: number;
}

const told = ["meter-slower", "stage-slower", "control-unsteady"] as const;

/** To be called with each report. */
export function createDynamicsNotes(log: Log, evseNames: readonly string[]): (facts: DynamicsFacts) => void {
  let standing = "";
  return (facts) => {
    const { dynamicsCause } = facts;
    if (dynamicsCause === standing) return;
    standing = dynamicsCause;
    const key = told.find((cause) => cause === dynamicsCause);
    if (key === undefined) {
      log("info", "Meter and power stages at the PCC: their dynamics are taken as configured again.");
      return;
    }
    const { sentence, todo } = eventWords[key];
    const evse = evseNames.length === 1 ? evseNames[0] : evseNames[facts.slowStage];
    const laterMs = key === "meter-slower" ? facts.meterLaterMs : facts.stageLaterMs;
    const said = sentence
      .replace("{laterMs}", `${Math.round(laterMs)} ms`)
      .replace("{stage}", evse === undefined ? "A power stage" : `The power stage of ${evse}`);
    log("warn", `${said} ${todo}`);
  };
}
