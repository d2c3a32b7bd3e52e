/** The flight recorder: what it keeps, and how much it may write. */
import { flagOr, group, integerOr } from "../setting.ts";

export const recorderSettings = group(
  {
    enabled: flagOr(true, {
      sentence: "Record every input and decision of the control loop in the state folder.",
    }),
    dayMB: integerOr(50, {
      sentence: "Most that is written in a day; beyond it ticks are left out, and the gap is told.",
      unit: "MB",
      min: 1,
      max: 10_000,
      source: "flash wears by what is written (docs/deployment.md)",
    }),
    diskMB: integerOr(350, {
      sentence: "Room for all ticks; the oldest give way.",
      unit: "MB",
      min: 10,
      max: 1_000_000,
    }),
    days: integerOr(7, { sentence: "Ticks older than this are deleted.", unit: "d", min: 1, max: 3_650 }),
    incidentMB: integerOr(100, {
      sentence: "Room for the ticks around incidents; the oldest give way.",
      unit: "MB",
      min: 1,
      max: 100_000,
    }),
    incidentDays: integerOr(90, {
      sentence: "Ticks around incidents older than this are deleted.",
      unit: "d",
      min: 1,
      max: 36_500,
    }),
  },
  "The flight recorder: what `islet replay`, `islet explain --at` and `islet incidents` look at.",
);
