import type { EventWords } from "../event-words.ts";

/** The grid: lost, good again, and why discharging stopped. */
export const gridEvents = {
  gridLost: {
    sentence: "Grid lost.",
    cause: "The grid voltage fell to {voltagePu}.",
    todo: "",
    severity: "warning", clears: "itself",
  },
  gridBack: {
    sentence: "Back on the grid after {outageMin} as an island.",
    cause: "The grid was good for {returnS}; K1 proven closed.",
    todo: "",
    severity: "notice", clears: "itself",
  },
  gridGood: {
    sentence: "The grid is good again.",
    cause: "Both voltmeters call it good.",
    todo: "",
    severity: "record", clears: "itself",
  },
  ceased: {
    sentence: "Stopped discharging. One of the two voltmeters did not call the grid good.",
    cause: "At K1 or at the PCC meter the grid tripped a limit, or its loss was suspected.",
    todo: "",
    severity: "notice", clears: "itself", ends: "When the grid has been good for the delay of its profile.",
  },
  ceasedVoltage: {
    sentence: "Stopped discharging. The grid voltage was {voltagePu}.",
    cause: "It left the range {minVoltagePu!}–{maxVoltagePu}.",
    todo: "",
    severity: "notice", clears: "itself", ends: "When the grid has been good for the delay of its profile.",
  },
  ceasedFrequency: {
    sentence: "Stopped discharging. The grid frequency was {frequencyHz}.",
    cause: "It left the range {minFrequencyHz!}–{maxFrequencyHz}.",
    todo: "",
    severity: "notice", clears: "itself", ends: "When the grid has been good for the delay of its profile.",
  },
  ceasedK1: {
    sentence: "Stopped discharging. K1 gives no values of now.",
    cause: "Without its voltmeter nobody knows the grid on both sides.",
    todo: "Look at K1’s own event.",
    severity: "notice", clears: "itself", ends: "When K1 answers and the grid has been good for the delay of its profile.",
  },
  ceasedMeter: {
    sentence: "Stopped discharging. The PCC meter gives no values of now.",
    cause: "Without it nobody knows what is exported.",
    todo: "Look at the meter’s own event.",
    severity: "notice", clears: "itself", ends: "When the meter is good and the grid has been good for the delay of its profile.",
  },
} as const satisfies Record<string, EventWords>;
