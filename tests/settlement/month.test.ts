/**
 * A virtual month with demand charge: office, PV and three buses of the plant, driven by a plain plan (charge at night, discharge in
 * the dear hours). Bill, days, vehicles and savings must add up to the cent with the energy that the plant moved.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { Vehicle } from "../../sim/plant/vehicle.ts";
import { officeHours, pvFiveMinutes } from "../../sim/site-data.ts";
import { tariffSettings } from "../../src/config/site/tariff.ts";
import { dayOfDate, localDay, startOfDayMs } from "../../src/domain/calendar.ts";
import { localMs, tableZone } from "../../src/domain/time-zone.ts";
import { dayMs, hourMs, minuteMs } from "../../src/domain/units.ts";
import type { MeasuredStay } from "../../src/settlement/at-once.ts";
import { type MeasuredQuarter, type Savings, savingsOf } from "../../src/settlement/savings.ts";
import { createTariff } from "../../src/tariff/tariff.ts";

const table = tableZone("America/Los_Angeles");
if (!table.ok) throw new Error(table.error);
const zone = table.value;
/** June of another year: the days' kinds don't matter here. */
const startsAtMs = startOfDayMs(zone, dayOfDate("2026-06-01")!);
const days = 30;
const quarterMs = 15 * minuteMs;
const capacityWh = 300_000;
const stageEfficiency = 0.95;
const batteryEfficiency = 0.97;

const tariff = createTariff(
  tariffSettings.parse({
    name: "TOU with demand",
    currency: "USD",
    energy: [{ from: "16:00", to: "21:00", perKWh: 0.49619 }, { perKWh: 0.12597 }],
    export: [{ perKWh: 0.04 }],
    demand: [
      { id: "on-peak", perKW: 18.4, from: "16:00", to: "21:00" },
      { id: "all hours", perKW: 11.07 },
    ],
    wearPerKWh: 0.06,
  }),
  zone,
);

interface Month {
  readonly quarters: MeasuredQuarter[];
  readonly stays: MeasuredStay[];
  /** By minutes of the plant, summed without quarters: kWh by price, and the highest quarter of each charge. */
  readonly plant: { importWh: number; exportWh: number; dear: number; cheap: number; peakOn: number; peakAll: number };
}

const clockHour = (atMs: number): number => (localMs(zone, atMs) % dayMs) / hourMs;

/** Minute by minute. Buses come at 17:30, 18:00 and 18:30, and leave at 06:00 with 90 %; on the road they use 45 %. */
function live(): Month {
  const office = officeHours().valuesW;
  const sun = pvFiveMinutes().shares;
  const firstHour = 151 * 24;
  const buses = [0, 1, 2].map((i) => ({
    id: `bus-${i}`,
    vehicle: new Vehicle(),
    comes: 17.5 + 0.5 * i,
    socPct: 60,
    arrivalSlot: -1,
    arrivalWh: 0,
    since: 0,
  }));
  const quarters: MeasuredQuarter[] = [];
  const stays: MeasuredStay[] = [];
  const plant = { importWh: 0, exportWh: 0, dear: 0, cheap: 0, peakOn: 0, peakAll: 0 };
  for (let slot = 0; slot < days * 96; slot++) {
    const quarterStart = startsAtMs + slot * quarterMs;
    let importWh = 0;
    let exportWh = 0;
    const vehicles: Record<string, { inWh: number; outWh: number }> = {};
    for (let minute = 0; minute < 15; minute++) {
      const atMs = quarterStart + minute * minuteMs;
      const hour = clockHour(atMs);
      const minutes = slot * 15 + minute;
      let netW = office[firstHour + Math.floor(minutes / 60)]! - 60_000 * sun[Math.floor(minutes / 5)]!;
      for (const bus of buses) {
        const home = hour >= bus.comes || hour < 6;
        if (home && !bus.vehicle.connected) {
          bus.vehicle.plug({
            capacityWh,
            socPct: bus.socPct,
            bidirectional: true,
            maxChargeW: 80_000,
            maxDischargeW: 60_000,
            minChargeW: 0,
            minDischargeW: 0,
            batteryEfficiency,
            chargeCurve: [[0, 1]],
            dischargeCurve: [[0, 1]],
          });
          bus.arrivalSlot = slot;
          bus.arrivalWh = bus.vehicle.storedWh;
        }
        if (!home && bus.vehicle.connected) {
          stays.push(stayOf(bus, slot));
          bus.socPct = bus.vehicle.socPct - 45;
          bus.vehicle.unplug();
        }
        if (!bus.vehicle.connected) continue;
        const acW =
          hour >= 16 && hour < 20.5 && bus.vehicle.socPct > 30
            ? -40_000
            : hour < 16 && bus.vehicle.socPct < 90
              ? 60_000
              : 0;
        const dcW = acW > 0 ? acW * stageEfficiency : acW / stageEfficiency;
        bus.vehicle.move(dcW * minuteMs);
        netW += acW;
        const energy = (vehicles[bus.id] ??= { inWh: 0, outWh: 0 });
        if (acW > 0) energy.inWh += acW / 60;
        else energy.outWh -= acW / 60;
      }
      if (netW > 0) importWh += netW / 60;
      else exportWh -= netW / 60;
    }
    quarters.push({ startsAtMs: quarterStart, importWh, exportWh, vehicles });
    const dear = clockHour(quarterStart) >= 16 && clockHour(quarterStart) < 21;
    plant.importWh += importWh;
    plant.exportWh += exportWh;
    plant[dear ? "dear" : "cheap"] += importWh;
    plant.peakAll = Math.max(plant.peakAll, importWh * 4);
    if (dear) plant.peakOn = Math.max(plant.peakOn, importWh * 4);
  }
  for (const bus of buses) if (bus.vehicle.connected) stays.push(stayOf(bus, days * 96));
  return { quarters, stays, plant };
}

const stayOf = (
  bus: { id: string; vehicle: Vehicle; arrivalSlot: number; arrivalWh: number },
  departureSlot: number,
): MeasuredStay => ({
  vehicleId: bus.id,
  evseId: bus.id,
  arrivalSlot: bus.arrivalSlot,
  departureSlot,
  arrivalWh: bus.arrivalWh,
  leftWithWh: bus.vehicle.storedWh,
  capacityWh,
  maxChargeW: 80_000,
  chargeEfficiency: stageEfficiency * batteryEfficiency,
  taperFromWh: capacityWh,
  taperFullW: 80_000,
});

describe("a virtual month", () => {
  let month: Month;
  let savings: Savings;
  const cents = (amount: number): number => Math.round(amount * 100);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

  beforeAll(() => {
    month = live();
    savings = savingsOf({
      tariff,
      quarters: month.quarters,
      stays: month.stays,
      startsAtMs,
      importLimitW: 400_000,
      before: { measured: {}, atOnce: {} },
      eventPay: 0,
      wearPerKWh: {},
    });
  });

  test("the bill is the plant's energy at the tariff, to the cent", () => {
    const { plant } = month;
    const { measured } = savings;
    expect(plant.exportWh + plant.importWh).toBeGreaterThan(1e7);
    expect(cents(measured.energy)).toBe(cents((plant.dear * 0.49619 + plant.cheap * 0.12597) / 1_000));
    expect(cents(measured.exported)).toBe(cents((plant.exportWh * 0.04) / 1_000));
    expect(measured.demand.map(({ amount }) => cents(amount))).toEqual([
      cents((plant.peakOn / 1_000) * 18.4),
      cents((plant.peakAll / 1_000) * 11.07),
    ]);
    expect(cents(measured.total)).toBe(
      cents(measured.energy) - cents(measured.exported) + sum(measured.demand.map(({ amount }) => cents(amount))),
    );
  });

  test("vehicles and building add up to the energy's cost, days add up to the month, to the cent", () => {
    const { measured, atOnce, vehicles, building, wear } = savings;
    const energy = cents(measured.energy) - cents(measured.exported);
    expect(cents(building) + sum(Object.values(vehicles).map((vehicle) => cents(vehicle.energy)))).toBe(energy);
    expect(sum(savings.days.map((day) => cents(day.energy)))).toBe(energy);
    expect(sum(savings.days.map((day) => cents(day.energyAtOnce)))).toBe(cents(atOnce.energy) - cents(atOnce.exported));
    expect(sum(savings.days.map((day) => cents(day.wear)))).toBe(cents(wear));
    expect(
      Math.abs(
        sum(savings.days.map((day) => cents(day.demandRise))) - sum(measured.demand.map(({ amount }) => cents(amount))),
      ),
    ).toBeLessThanOrEqual(1);
    expect(savings.days).toHaveLength(days);
    expect(savings.days[0]!.day).toBe(localDay(zone, startsAtMs));
  });

  test("charging at once delivers the same energy to the same vehicles, and never discharges", () => {
    const { atOnce, missing } = savings;
    expect(missing.wh).toBeLessThan(1);
    // Everything that left with the vehicles came over the charger's and the battery's losses.
    const gainedWh = sum(month.stays.map(({ leftWithWh, arrivalWh }) => Math.max(0, leftWithWh - arrivalWh)));
    const vehicleWh = sum(
      month.quarters.map(({ vehicles }) => sum(Object.values(vehicles).map(({ inWh, outWh }) => inWh - outWh))),
    );
    const netWh = month.plant.importWh - month.plant.exportWh;
    expect(atOnce.importWh - atOnce.exportWh - (netWh - vehicleWh)).toBeCloseTo(
      gainedWh / (stageEfficiency * batteryEfficiency),
      3,
    );
  });

  test("the saving is both bills' difference with wear, and its own peaks", () => {
    const { saved, atOnce, measured, wear, missing } = savings;
    expect(cents(saved)).toBe(cents(atOnce.total) + cents(missing.amount) - cents(measured.total) - cents(wear));
    expect(saved).toBeGreaterThan(0);
    expect(atOnce.demand[0]!.peakW).toBeGreaterThan(measured.demand[0]!.peakW);
  });

  test("the halves of a month, one after the other, make the same bill", () => {
    const half = 15 * 96;
    const first = savingsOf({
      tariff,
      quarters: month.quarters.slice(0, half),
      stays: [],
      startsAtMs,
      importLimitW: 400_000,
      before: { measured: {}, atOnce: {} },
      eventPay: 0,
      wearPerKWh: {},
    });
    const second = savingsOf({
      tariff,
      quarters: month.quarters.slice(half),
      stays: [],
      startsAtMs: startsAtMs + half * quarterMs,
      importLimitW: 400_000,
      before: first.peaks,
      eventPay: 0,
      wearPerKWh: {},
    });
    expect(second.measured.demand.map(({ amount }) => amount)).toEqual(
      savings.measured.demand.map(({ amount }) => amount),
    );
    expect(
      Math.abs(cents(first.measured.energy) + cents(second.measured.energy) - cents(savings.measured.energy)),
    ).toBeLessThanOrEqual(1);
  });

  test("a gap is in neither bill, and counted", () => {
    const quarters = month.quarters.filter((_, i) => i < 96 || i >= 104).slice(0, 200);
    const some = savingsOf({
      tariff,
      quarters,
      stays: [],
      startsAtMs,
      importLimitW: 400_000,
      before: { measured: {}, atOnce: {} },
      eventPay: 0,
      wearPerKWh: {},
    });
    expect(some.gaps).toBe(8);
    expect(cents(some.measured.energy)).toBe(
      cents(some.measured.exported) + sum(some.days.map((day) => cents(day.energy))),
    );
  });
});
