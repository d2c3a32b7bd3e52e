import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { demoFleet, setCharges, setSessions, setVehicles } from "../../src/cli/demo/demo-fleet.ts";
import { demoPrices } from "../../src/cli/demo/demo-prices.ts";
import { fleetChecks, vehicleSettings } from "../../src/config/site/fleet.ts";
import type { Route, VehicleEntry } from "../../src/domain/fleet/vehicles.ts";
import { parseMomentSeries } from "../../src/domain/moment-series.ts";

const fleet = demoFleet({ evses: new Array(20).fill({}) });

describe("the demonstration's fleet", () => {
  test("has a name for each vehicle, and departures for some", () => {
    expect(new Set(fleet.map(({ name }) => name)).size).toBe(20);
    expect(fleet.filter(({ departs }) => departs !== null)).toHaveLength(8);
    expect(demoFleet({ evses: [{}] as never })[0]!.departs).toBeNull();
  });
  test("begins with those that leave half charged", () => {
    const document = parseDocument("sim: { vehicles: [{ evse: 1, socPct: 95 }, { evse: 13 }, { evse: 20 }] }");
    setCharges(document, fleet);
    expect(document.toJS()).toEqual({
      sim: {
        vehicles: [
          { evse: 1, socPct: 95 },
          { evse: 13, socPct: 62 },
          { evse: 20, socPct: 42 },
        ],
      },
    });
  });
  test("has vehicles with routes and departures in the site's file, which the configuration takes", () => {
    const document = parseDocument("{}");
    setVehicles(document, fleet);
    const { vehicles, routes } = document.toJS() as { vehicles: VehicleEntry[]; routes: Route[] };
    const parsed = vehicles.map((vehicle) => vehicleSettings.parse(vehicle) as VehicleEntry);
    expect(fleetChecks(parsed, routes)).toEqual([]);
    expect(parsed[19]).toMatchObject({ name: "Bus 120", weekly: [{ leavesAt: "06:00", route: "21", priority: 1 }] });
    expect(parsed[0]!.weekly).toEqual([]);
  });
  test("has prices for two days, and a spike of two hours", () => {
    const nowMs = Date.UTC(2026, 6, 14, 22, 40);
    const kind = { key: "perKWh", what: "price", unit: "USD/kWh", min: -5, max: 5 };
    const read = (spike: boolean) => {
      const parsed = parseMomentSeries(demoPrices(nowMs, "America/Los_Angeles", spike), kind);
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.value.map(({ value }) => value);
    };
    expect(read(false)).toHaveLength(48);
    expect(read(false).slice(0, 3)).toEqual([0.28, 0.52, 0.52]);
    expect(read(true).slice(0, 3)).toEqual([1.6, 1.6, 0.52]);
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
    setVehicles(document, speaking);
    setSessions(document, speaking);
    const { vehicles, evses: places, sim } = document.toJS();
    expect(places[2].vehicleLink).toEqual({ interface: "eth1" });
    expect(places[3].vehicleLink).toMatchObject({ interface: "lo", port: 61_344 });
    expect(sim.vehicles[3].session).toEqual({ protocol: "20", id: "BUS104" });
    expect(vehicles[1]).toMatchObject({ id: "bus-104", name: "Bus 104", evccIds: ["BUS104"] });
  });
});
