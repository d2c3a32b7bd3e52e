/** Software is installed only while the site neither discharges nor is an island (requirement R40). */
import { expect, test } from "vitest";
import type { ControlReport } from "../../src/app/control/shared/report.ts";
import { updateRefusal } from "../../src/app/update/may-update.ts";

type Seen = readonly [mode: string, powersW: readonly number[]];
const report = ([mode, powersW]: Seen): ControlReport =>
  ({ site: { mode }, stages: powersW.map((powerW) => ({ powerW })) }) as unknown as ControlReport;

test.each<readonly [string, Seen | null, RegExp]>([
  ["charging with the grid", ["loadOnly", [7_000, 0]], /^$/],
  ["in parallel, nothing discharges", ["parallel", [0]], /^$/],
  ["discharging", ["parallel", [0, -5_000]], /EVSE 2 discharges/],
  ["a stage whose power nobody knows", ["loadOnly", [Number.NaN]], /EVSE 1 discharges, or nobody knows/],
  ["an island", ["islandRunning", [0]], /island/],
  ["closing onto the grid in synchronism", ["closingLive", [0]], /island/],
  ["noFeedback", ["noFeedback", [0]], /Nobody knows/],
  ["before the first report", null, /not reported yet/],
])("%s", (_, seen, refusal) => {
  expect(updateRefusal(seen && report(seen))).toMatch(refusal);
});
