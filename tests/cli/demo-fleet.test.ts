import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { demoFleet, nextAtMs, setCharges } from "../../src/cli/demo/demo-fleet.ts";

const fleet = demoFleet({ evses: new Array(20).fill({}) });

describe("the demonstration's fleet", () => {
  test("has a name for each vehicle, and departures for some", () => {
    expect(new Set(fleet.map(({ name }) => name)).size).toBe(20);
    expect(fleet.filter(({ departs }) => departs !== null)).toHaveLength(8);
    expect(demoFleet({ evses: [{}] as never })[0]!.departs).toBeNull();
  });
  test("begins with those that leave nearly charged", () => {
    const document = parseDocument("sim: { vehicles: [{ evse: 1, socPct: 95 }, { evse: 13 }, { evse: 20 }] }");
    setCharges(document, fleet);
    expect(document.toJS()).toEqual({
      sim: {
        vehicles: [
          { evse: 1, socPct: 95 },
          { evse: 13, socPct: 88 },
          { evse: 20, socPct: 72 },
        ],
      },
    });
  });
  test.each([
    ["tomorrow morning at the site", "05:30", Date.UTC(2026, 6, 14, 22, 5), Date.UTC(2026, 6, 15, 12, 30)],
    ["the next one when it is just now", "05:30", Date.UTC(2026, 6, 14, 12, 30), Date.UTC(2026, 6, 15, 12, 30)],
  ])("leaves %s", (_name, clock, atMs, expected) => {
    expect(nextAtMs(clock, { atMs, site: { timeZone: "America/Los_Angeles" } } as never)).toBe(expected);
  });
});
