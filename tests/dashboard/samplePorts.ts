/** Fleet and economy of the sample depot, for the pages: 18 of 20 will be ready, a day and a month of energy, a grid event. */
import type { z } from "zod";
import { vehicleSettings } from "../../src/config/site/fleet.ts";
import type { DayAnswer, MonthAnswer } from "../../src/dashboard/economy/economy-api.ts";
import type { EconomyPort } from "../../src/dashboard/economy/economy-port.ts";
import type { FleetPort } from "../../src/dashboard/fleet/fleet-port.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { err, ok } from "../../src/domain/result.ts";
import { at } from "./sampleStates.ts";

const quarterMs = 15 * 60_000;
const nowMs = at(14, 16, 42);

export interface SamplePorts {
  readonly fleet: FleetPort;
  readonly economy: EconomyPort;
  /** What was asked, in order. */
  readonly asked: string[];
}

/** Vehicles of the state, each with a weekly departure. */
export function samplePorts(state: SiteState): SamplePorts {
  const asked: string[] = [];
  const connected = state.evses.filter(({ connected }) => connected);
  const names = connected.map(({ vehicle, evse }) => vehicle ?? `Vehicle ${evse}`);
  const entries: z.output<typeof vehicleSettings>[] = names.map((name, i) =>
    vehicleSettings.parse({
      id: name.toLowerCase().replaceAll(" ", "-"),
      name,
      capacityWh: 250_000,
      weekly: [{ days: ["mon", "tue", "wed", "thu", "fri"], leavesAt: i < 8 ? "05:30" : "06:15", needPct: 90 }],
    }),
  );
  const refused = err({
    stale: false,
    sentence: "Refused: somebody has changed the vehicles since this was read. Read them again.",
  });
  const did = (what: string) => {
    asked.push(what);
    return ok(what);
  };
  const runs = (evse: number) => {
    const fromMs = at(14, 21) + (evse % 5) * 4 * quarterMs;
    return [
      {
        fromMs: nowMs,
        untilMs: fromMs,
        powerW: 0,
        endWh: 100_000,
        reason: "price",
        sentence: "Energy costs 0.50 now and 0.13 from 21:00 on.",
      },
      {
        fromMs,
        untilMs: fromMs + 8 * quarterMs,
        powerW: 55_000,
        endWh: 210_000,
        reason: "rating",
        sentence: "The charger's rating.",
      },
      {
        fromMs: fromMs + 8 * quarterMs,
        untilMs: at(15, 5, 30),
        powerW: 0,
        endWh: 225_000,
        reason: "full",
        sentence: "It has what it needs.",
      },
    ];
  };
  const short = connected[6]?.evse ?? -1;
  const fleet: FleetPort = {
    vehicles: () => ({
      version: 7,
      vehicles: entries.map((entry, i) => {
        const evse = connected[i]!.evse;
        return {
          ...entry,
          enteredBy: null,
          learned: {},
          at: {
            evse,
            knownBy: "card" as const,
            sinceMs: at(14, 15),
            need: {
              departsAtMs: at(15, 5, 30),
              neededWh: 225_000,
              priority: 2,
              from: "timetable" as const,
              label: "Route 4",
            },
          },
          next: { leavesAtMs: at(15, 5, 30), backAtMs: at(15, 16), neededWh: 225_000 },
        };
      }),
      routes: [{ id: "4", name: "Route 4", energyWh: 180_000 }],
      daysOff: [],
      strangers: [],
    }),
    timetable: () => ({ version: 7, timeZone: "America/Los_Angeles", departures: [], notes: [] }),
    changeVehicles: (body) => did(`vehicles ${body.put.map(({ name }) => name).join(", ")}`),
    changeTimetable: (body) =>
      body.version !== undefined && body.version !== 7 ? refused : did(`timetable ${body.vehicleId}`),
    assign: () => did("assign"),
    preview: ({ text }) =>
      ok({
        previewId: "p1",
        rows: text
          .split("\n")
          .filter(Boolean)
          .map((line, i) =>
            line.includes("25:00")
              ? { n: i + 1, state: "broken" as const, what: line, sentence: "25:00 is no time of day. Write 01:00." }
              : { n: i + 1, state: "new" as const, what: line, sentence: "" },
          ),
        columns: [],
        effect: { added: 1, changed: 0, same: 0, broken: text.includes("25:00") ? 1 : 0 },
        notes: [],
      }),
    take: () => did("import"),
    plan: () => ({
      method: "linear-programme",
      fallback: "",
      version: 3,
      madeAtMs: nowMs - 40_000,
      ageMs: 40_000,
      inForce: true,
      startsAtMs: at(14, 16, 30),
      slotMs: quarterMs,
      slots: 96,
      currency: "USD",
      importPerKWh: Array.from({ length: 96 }, (_, i) => (i < 18 ? 0.496 : 0.126)),
      exportPerKWh: Array(96).fill(0),
      knownPriceSlots: 96,
      loadW: Array.from({ length: 96 }, (_, i) => 90_000 + 40_000 * Math.sin(i / 15)),
      pvW: Array.from({ length: 96 }, (_, i) => Math.max(0, 80_000 * Math.cos((i - 76) / 16))),
      vehiclesW: Array.from({ length: 96 }, (_, i) => (i > 18 && i < 50 ? 180_000 : 0)),
      netW: Array.from({ length: 96 }, (_, i) => (i > 18 && i < 50 ? 290_000 : 90_000)),
      gridCapW: Array(96).fill(300_000),
      importLimitW: 300_000,
      exportLimitW: Array(96).fill(0),
      basis: { load: "similar-days", pv: "clear-sky", prices: "known" },
      errors: { load: { hourAheadPct: 3.5, dayAheadPct: 7.1 }, pv: null },
      vehicles: connected.map(({ evse }, i) => ({
        evse,
        vehicleId: entries[i]!.id,
        name: names[i]!,
        arrivesAtMs: null,
        departsAtMs: at(15, 5, 30),
        neededWh: 225_000,
        capacityWh: 250_000,
        runs: runs(evse),
        now: "Waits until 21:00: energy costs 0.50 now, 0.13 then.",
        unplanned: "",
      })),
      cost: { energy: 202, demand: 0, wear: 3, events: 0, total: 205, atOnce: 311 },
      faults: [],
      sentence: "Made 40 s ago from the last days of the same kind.",
    }),
    readiness: () => ({
      atMs: nowMs,
      planAtMs: nowMs - 40_000,
      ready: { count: connected.length - 1, of: connected.length, byAtMs: at(15, 6, 15), lastReadyAtMs: at(15, 4, 15) },
      sentence: `${connected.length - 1} of ${connected.length} will be ready. ${names[6] ?? "One"} will have 86 % of 90 % at 05:30.`,
      vehicles: connected.map(({ evse, socPct }, i) => ({
        vehicleId: entries[i]!.id,
        name: names[i]!,
        evse,
        state: evse === short ? ("short" as const) : ("on-the-way" as const),
        departsAtMs: i < 8 ? at(15, 5, 30) : at(15, 6, 15),
        socPct,
        neededPct: 90,
        neededWh: 225_000,
        forecastPct: evse === short ? 86 : 90,
        missingWh: evse === short ? 10_000 : 0,
        readyAtMs: evse === short ? null : at(15, 0, 15 * (i % 4)),
        marginMs: evse === short ? null : 3_600_000,
        priority: 2,
        cause:
          evse === short
            ? { key: "feeder", sentence: "Feeder B carries 100 kW; four vehicles on it leave at the same time." }
            : null,
        knownSinceMs: evse === short ? at(14, 15, 31) : null,
        remedies:
          evse === short
            ? [
                {
                  id: "later",
                  label: "Leave at 06:15",
                  sentence: "It has 90 % then; all are ready. 0.00 more.",
                  change: { kind: "departure" as const, evse, departsAtMs: at(15, 6, 15) },
                  forecastWh: 225_000,
                  readyCount: connected.length,
                  costDelta: 0,
                  action: { action: "departure", values: { evse, departsAtMs: at(15, 6, 15), targetPct: 90 } },
                },
              ]
            : [],
        remediesPending: false,
      })),
      outage: {
        runwayH: 13,
        wantedH: 8,
        ahead: Array.from({ length: 24 }, (_, hour) => ({
          fromMs: at(14, 16, 30) + hour * 3_600_000,
          hours: hour < 13 ? 13 : hour < 20 ? 2.4 : 15,
        })),
        warning: null,
        sentence: "The vehicles hold 13 h of tier 1 above their reserves. The 8 h that are wanted are there.",
      },
    }),
    why: async (evse, fromMs) =>
      evse === short
        ? err({ stale: false, sentence: "Refused: too many slots are being looked at. Try again in a moment." })
        : ok({
            planVersion: 3,
            evse,
            name: names[connected.findIndex((one) => one.evse === evse)] ?? `Charger ${evse}`,
            fromMs,
            untilMs: fromMs + quarterMs,
            powerW: 55_000,
            reasons: [
              { key: "demand-peak", name: "demand peak", sentence: "More import would raise the billed peak." },
            ],
            proven: true,
          }),
    tryPlan: async ({ changes }) => {
      asked.push(`try ${changes.map(({ kind }) => kind).join(", ")}`);
      return ok({
        planVersion: 3,
        tookMs: 12,
        costNow: 205,
        costAfter: 208.2,
        readyNow: connected.length - 1,
        readyAfter: connected.length,
        of: connected.length,
        rows: connected.map(({ evse }, i) => ({
          evse,
          name: names[i]!,
          nowPct: evse === short ? 86 : 90,
          afterPct: 90,
          readyAfter: true,
          same: evse !== short,
        })),
        sentence: "3.20 more; all are ready.",
      });
    },
  };

  const energy = {
    gridWh: 3_384_000,
    pvWh: 997_000,
    vehiclesOutWh: 181_000,
    buildingWh: 2_905_000,
    vehiclesInWh: 1_657_000,
    exportedWh: 0,
    unaccountedWh: 0,
  };
  const rows = names.map((name, i) => ({
    name,
    inWh: 70_000 + 1_000 * i,
    outWh: 10_000,
    leftWithPct: 90,
    leftAtMs: at(13, 5, 30),
    energy: 9.1,
    energyAtOnce: 14.2,
    wear: 0.5,
  }));
  const day: DayAnswer = {
    date: "2026-07-13",
    startsAtMs: at(13, 0),
    endsAtMs: at(14, 0),
    currency: "USD",
    recordFrom: "2026-06-26",
    recordTo: "2026-07-14",
    quarters: Array.from({ length: 92 }, (_, i) => ({
      startsAtMs: at(13, 0) + i * quarterMs,
      importWh: 35_000,
      exportWh: 0,
      pvWh: i > 24 && i < 72 ? 20_000 : 0,
      inWh: 17_000,
      outWh: i > 66 && i < 76 ? 18_000 : 0,
      estimated: false,
    })),
    gaps: 4,
    energy,
    peak: { powerW: 298_000, atMs: at(13, 2, 15) },
    vehicles: rows.map((row) => ({ ...row, energy: null, energyAtOnce: null, wear: null })),
    chargers: state.evses.map(({ evse }) => ({
      name: `Bay ${evse}`,
      inWh: 71_000,
      outWh: 14_000,
      pluggedMs: 13.9 * 3_600_000,
    })),
    money: {
      energy: 208.78,
      energyAtOnce: 311,
      demandRise: 106.16,
      demandRiseAtOnce: 262.58,
      wear: 9.05,
      saved: 249.59,
    },
  };
  const bill = (total: number) => ({
    energy: 2_900,
    exported: 0,
    demand: [{ id: "Peak", peakW: 300_000, billedW: 300_000, atMs: at(9, 4, 15), amount: 3_291 }],
    total,
    unpriced: 0,
  });
  const month: MonthAnswer = {
    from: "2026-07-01",
    to: "2026-07-31",
    recordFrom: "2026-06-26",
    recordTo: "2026-07-14",
    currency: "USD",
    tariff: "TOU with demand",
    energy,
    gaps: 4,
    days: Array.from({ length: 14 }, (_, i) => ({
      date: `2026-07-${String(i + 1).padStart(2, "0")}`,
      energy,
      saved: 110 + i,
    })),
    vehicles: rows,
    money: {
      measured: bill(6_191),
      atOnce: bill(12_594),
      wear: 120,
      eventPay: 642,
      missingWh: 0,
      missing: 0,
      saved: 6_925,
      building: 900,
    },
  };
  const account: ReturnType<EconomyPort["account"]> = {
    from: "2026-07-13",
    to: "2026-07-13",
    fromMs: day.startsAtMs,
    toMs: day.endsAtMs,
    quarters: 96,
    rows: 95,
    closing: 95,
    flows: { grid: { building: 700_000_000, "v:bus-1": 300_000_000 }, pv: { building: 100_000_000 } },
    origins: { building: { grid: 700_000_000, pv: 100_000_000 }, "v:bus-1": { grid: 300_000_000 } },
    batteryLoss: { "v:bus-1": 15_000_000 },
    unknownMs: 0,
    unknownMWh: 0,
    estimatedMWh: 0,
    closurePpm: 0,
    closes: true,
    noGridCharging: {
      holds: false,
      againstMWh: 300_000_000,
      quartersCount: 20,
      sentence: "No grid charging: does not hold in 3 quarter-hours (1.250 kWh; first 2026-07-13 02:15).",
    },
    noBatteryExport: {
      holds: true,
      againstMWh: 0,
      quartersCount: 0,
      sentence: "No battery export: holds in every measured quarter-hour.",
    },
    exportMWh: 0,
    eligibleExportMWh: 0,
    remarks: ["1 of 96 quarter-hours have no row."],
    guests: [],
  };
  const economy: EconomyPort = {
    day: (date) => (date === undefined ? { ...day, date: "2026-07-14" } : date === "2026-07-13" ? day : null),
    month: (date) => (date === undefined || date.startsWith("2026-07") ? month : null),
    account: () => account,
    events: () => ({
      currency: "USD",
      events: [
        {
          id: "e1",
          programme: "Peak relief",
          state: "offered",
          fromMs: at(15, 17),
          toMs: at(15, 19),
          askedW: 120_000,
          answerByMs: at(15, 10),
          committedW: null,
          answeredBy: null,
          payPerKWh: 2,
          penaltyPerKWh: 0,
          baselineW: 165_000,
          baseline: "Mean of 10 days of the same kind, day-of adjustment 1.04.",
          deliveredWh: null,
          committedWh: null,
          payment: null,
        },
      ],
    }),
    offer: (body) => did(`offer ${body.programme}`),
    answer: (body) => did(`answer ${body.committedW}`),
  };
  return { fleet, economy, asked };
}
