import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { demoFleet, nextAtMs, setCharges, setSessions } from "../../src/cli/demo/demo-fleet.ts";

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

describe("vehicles of the demonstration that speak with the controller", () => {
  const evses = Array.from({ length: 20 }, (_, i) => ({ gridForming: i < 2 }));
  const speaking = demoFleet({ evses: evses as never }).filter(({ evccId }) => evccId !== "");
  test("are five, none of them at a source of the island", () => {
    expect(speaking.map(({ evse }) => evse)).toEqual([3, 4, 5, 6, 7]);
  });
  test("have a link, a session and a name by which the page calls them; a link of the site's own stays", () => {
    const document = parseDocument(
      JSON.stringify({
        evses: evses.map((_, i) => (i === 2 ? { vehicleLink: { interface: "eth1" } } : {})),
        sim: { vehicles: evses.map((_, i) => ({ evse: i + 1 })) },
      }),
    );
    setSessions(document, speaking);
    const { vehicles, evses: places, sim } = document.toJS();
    expect(places[2].vehicleLink).toEqual({ interface: "eth1" });
    expect(places[3].vehicleLink).toMatchObject({ interface: "lo", port: 61_344 });
    expect(sim.vehicles[3].session).toEqual({ protocol: "20", id: "BUS104" });
    expect(vehicles[0]).toEqual({ id: "bus104", name: "Bus 104", evccIds: ["BUS104"] });
  });
});
