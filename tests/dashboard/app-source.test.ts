import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SiteStation } from "../../src/app/station.ts";
import { openStore } from "../../src/app/store/store.ts";
import { createAppSource } from "../../src/dashboard/live/app-source.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  ["a report that can't be understood is told once and stops nothing", { site: {} }, 1],
  ["a report that is just being written is no failure", null, 0],
] as const)("%s", (_name, report, complaints) => {
  let reports = 0;
  const station = {
    config: { evses: [], tiers: [], site: { timeZone: "UTC" }, pcc: { importLimitW: 1 } },
    profile: { settings: {} },
    notes: [],
    devices: [],
    control: { reports: () => ++reports, evses: [] },
    report: () => report,
    pcc: () => ({ recent: [] }),
    foundPromise: () => null,
    people: { get: () => undefined },
    fleet: { presence: { at: () => null }, vehicles: {} },
    economy: {},
    documents: openStore({ path: ":memory:" }),
    audit: () => undefined,
    ocpp: () => null,
    owed: () => [],
  } as unknown as SiteStation;
  const said: string[] = [];
  const source = createAppSource(station, (level, message) => void said.push(`${level}: ${message}`), false);
  vi.advanceTimersByTime(1_000);
  source.stop();
  expect(reports).toBeGreaterThan(10);
  expect(source.state()).toBeNull();
  expect(said.filter((line) => line.startsWith("error: The page can't be renewed"))).toHaveLength(complaints);
});
