/** Which event a lockout is, by the row of the mode table that led to it. */
import type { EventKey } from "../../domain/words.ts";

export const lockoutEvents: Readonly<Record<string, EventKey>> = {
  "opening-k1-not-open": "k1NotOpen",
  "transfer-k1-not-open": "k1NotOpen",
  "isolated-opening-unproven": "lockedOutConducts",
  "k1-opened-by-itself": "lockedOutMoved",
  "k1-closed-by-itself": "lockedOutMoved",
  "found-k1-moved": "lockedOutMoved",
  "grid-uncommanded-output-no-k1": "lockedOutStage",
  "open-uncommanded-output": "lockedOutStage",
  "found-uncommanded-output": "lockedOutStage",
  "isolating-stages-not-off": "lockedOutStage",
  "grid-contradiction": "lockedOutVoltages",
  "found-contradiction": "lockedOutVoltages",
  "isolated-bus-live": "lockedOutSource",
  "restart-locked-out": "lockedOutBefore",
};
