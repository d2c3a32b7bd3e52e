/** An export beyond its limit as an event: for how long, and by whose doing. */
import { expect, test } from "vitest";
import type { ExceedanceCause } from "../../src/core/pcc/exceedance-ledger.ts";
import { createExceedances } from "../../src/dashboard/archive/exceedances.ts";
import type { EventLog } from "../../src/dashboard/live/events.ts";

test.each([
  ["a charger that does not follow", "stage-disobeys", false, 400, "A charger did not follow its setpoint.", 0.4],
  ["a load that switches off", "load-step", false, 1_200, "A load of the building changed at once.", 1.2],
  [
    "a grid that fails under discharge blames no charger",
    "stage-disobeys",
    true,
    0,
    "The grid failed; the building",
    0.1,
  ],
] as const satisfies readonly (readonly [string, ExceedanceCause, boolean, number, string, number])[])(
  "%s",
  (_name, cause, gridFailed, durationMs, why, durationS) => {
    const recent: object[] = [];
    const noted: (readonly [string, Record<string, unknown>])[] = [];
    const station = { pcc: () => ({ recent }) } as unknown as Parameters<typeof createExceedances>[0];
    const events = { note: (key: string, values: Record<string, unknown>) => void noted.push([key, values]) };
    const exceedances = createExceedances(station, events as unknown as EventLog);
    recent.push({ side: "export", sequence: 1, peakOverW: 42_100, durationMs, cause, startWallMs: Number.NaN });
    exceedances.look(1, 1_000, gridFailed);
    exceedances.look(1, 2_000, gridFailed);
    expect(noted).toHaveLength(1);
    expect(noted[0]![0]).toBe("exportBeyond");
    expect(noted[0]![1]).toMatchObject({ peakW: 42_100, durationS, why: expect.stringContaining(why) });
  },
);
