/** Which event a lockout is, by the row of the mode table that led to it. */
import type { EventKey } from "../../domain/words.ts";

export const lockoutEvents: Readonly<Record<string, EventKey>> = {
  O2: "k1NotOpen",
  N6: "k1NotOpen",
  S5: "lockedOutConducts",
  G4: "lockedOutMoved",
  G5: "lockedOutMoved",
  B5: "lockedOutMoved",
  G6n: "lockedOutStage",
  G7: "lockedOutStage",
  B2: "lockedOutStage",
  I3: "lockedOutStage",
  G8: "lockedOutVoltages",
  B1: "lockedOutVoltages",
  S1: "lockedOutSource",
  U0: "lockedOutBefore",
};
