/** Five states that the design was drawn for: a depot by day, its island, a welded contact, entering service, a home without a permit. */

import type { EvseState, LimitState, SiteState } from "../../src/dashboard/state.ts";
import { stageFacts } from "../../src/domain/facts.table.ts";
import { type ShownName, shownNames } from "../../src/domain/facts.ts";

const zoneOffsetMs = 7 * 3_600_000;
/** A moment at the sample sites, which lie seven hours behind UTC in summer. */
export const at = (day: number, hour: number, minute = 0, second = 0): number =>
  Date.UTC(2026, 6, day, hour, minute, second) + zoneOffsetMs;

export const sampleNames = ["parallel", "island", "locked", "enter", "home"] as const;
export type SampleName = (typeof sampleNames)[number];

/** Measured a moment ago. */
const live = { state: "live", ageMs: 20 } as const;

const random = (seed: number) => () => {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 4294967296;
};

const limit = (
  reason: LimitState["reason"],
  source: LimitState["source"],
  dischargeW: number | null,
  chargeW: number | null,
  more: Partial<LimitState> = {},
): LimitState => ({
  reason,
  source,
  minW: dischargeW === null ? null : -dischargeW,
  maxW: chargeW,
  binds: false,
  headroomW: null,
  ageMs: 10,
  ...more,
});

interface Bus {
  readonly evse: number;
  readonly vehicle: string;
  readonly socPct: number;
  readonly targetPct: number;
  readonly departsAtMs: number;
  readonly powerW: number;
}

/** Of a power stage that tells nothing of what may be shown. */
const untold = Object.fromEntries(shownNames(stageFacts).map((name) => [name, null])) as Record<
  ShownName<typeof stageFacts>,
  null
>;
function evse(bus: Bus, more: Partial<EvseState> = {}): EvseState {
  return {
    ...untold,
    ...bus,
    connected: true,
    reservePct: 30,
    forecastPct: bus.targetPct,
    capacityWh: 155_000,
    ratedW: 60_000,
    canDischarge: true,
    dischargeEnabled: true,
    paused: false,
    known: live,
    held: null,
    chargeNow: false,
    priority: 2,
    missed: false,
    backendMaxW: null,
    role: bus.powerW < 0 ? "discharge" : bus.powerW > 0 ? "charge" : "off",
    setpointW: bus.powerW,
    requestedW: bus.powerW,
    planSentence: null,
    requestSource: "schedule",
    limits: [
      limit("reserve", "vehicle", 52_000, null),
      limit("vehicle-limit", "vehicle", 55_000, 55_000),
      limit("stage-rating", "stage", 60_000, 60_000, { ageMs: null }),
    ],
    leaseExpiresMs: 1000,
    plan: [],
    fault: null,
    ...more,
  };
}

function empty(id: number): EvseState {
  return {
    ...evse({ evse: id, vehicle: "", socPct: 0, targetPct: 0, departsAtMs: 0, powerW: 0 }),
    connected: false,
    vehicle: null,
    socPct: null,
    targetPct: null,
    departsAtMs: null,
    forecastPct: null,
    capacityWh: null,
    requestSource: "none",
    limits: [],
    leaseExpiresMs: null,
  };
}

const fleet: readonly (readonly [number, string, number, number, number, number])[] = [
  [1, "Bus 101", 82, 90, 5.5, -24],
  [2, "Bus 102", 79, 90, 5.5, -24],
  [3, "Bus 104", 88, 90, 5.5, -24],
  [4, "Bus 107", 76, 90, 5.5, -24],
  [6, "Bus 109", 54, 90, 5.5, 0],
  [7, "Bus 110", 91, 90, 5.5, -24],
  [8, "Bus 111", 71, 90, 5.75, -16],
  [9, "Bus 112", 69, 90, 5.75, -16],
  [10, "Bus 113", 41, 75, 18.25, 36],
  [12, "Bus 115", 33, 90, 6, 0],
  [13, "Bus 116", 62, 90, 6, 0],
  [14, "Van 21", 58, 80, 7, 0],
  [16, "Bus 118", 66, 90, 6, 0],
  [17, "Bus 119", 67, 90, 6.25, 0],
  [18, "Bus 120", 73, 90, 6.25, 0],
  [20, "Bus 122", 60, 90, 6.5, 0],
];

function depotEvses(name: SampleName, count: number, nowMs: number): EvseState[] {
  const list = Array.from({ length: Math.min(20, count) }, (_, i) => empty(i + 1));
  for (const [id, vehicle, socPct, targetPct, leaves, kw] of fleet) {
    const departsAtMs =
      leaves > 12 ? at(14, Math.floor(leaves), (leaves % 1) * 60) : at(15, Math.floor(leaves), (leaves % 1) * 60);
    const bus: Bus = { evse: id, vehicle, socPct, targetPct, departsAtMs, powerW: kw * 1000 };
    list[id - 1] = sampleEvse(name, bus, nowMs);
  }
  const next = random(7);
  for (let id = 21; id <= count; id++)
    list.push(
      next() < 0.16
        ? empty(id)
        : sampleEvse(
            name,
            {
              evse: id,
              vehicle: `Bus ${102 + id}`,
              socPct: 40 + Math.round(next() * 48),
              targetPct: 90,
              departsAtMs: at(15, 5, 30 + Math.floor(next() * 5) * 15),
              powerW: 0,
            },
            nowMs,
          ),
    );
  return list;
}

function sampleEvse(name: SampleName, bus: Bus, nowMs: number): EvseState {
  const plan = [
    { startsAtMs: nowMs, powerW: bus.powerW },
    { startsAtMs: at(14, 21), powerW: 30_000 },
    { startsAtMs: at(15, 1), powerW: 0 },
  ];
  const exportShare = (binds: boolean): LimitState =>
    limit("export-limit", "permit", 24_000, null, { binds, ageMs: 24 });
  const twoWay = bus.evse !== 14;
  if (bus.evse === 16)
    return evse(
      { ...bus, powerW: 0 },
      {
        fault: {
          key: "sessionStopped",
          values: { vehicle: bus.vehicle, evse: bus.evse, why: "The vehicle’s isolation self-test failed." },
        },
        limits: [limit("stage-alarm", "stage", 0, 0, { binds: true })],
        requestedW: 0,
        requestSource: "none",
      },
    );
  if (!twoWay)
    return evse(bus, {
      canDischarge: false,
      plan,
      requestedW: 0,
      limits: [
        limit("not-bidirectional", "vehicle", 0, null),
        limit("stage-rating", "stage", 60_000, 22_000, { ageMs: null }),
      ],
    });
  switch (name) {
    case "island": {
      const forms = bus.evse === 3 || bus.evse === 7;
      const powerW = forms ? -26_600 : 0;
      return evse(
        { ...bus, powerW },
        {
          role: forms ? "forming" : "off",
          requestedW: powerW,
          requestSource: "local",
          limits: forms
            ? [
                limit("reserve", "vehicle", 60_000, null),
                limit("islanded", "mode", 26_600, 26_600, { binds: true }),
                limit("vehicle-limit", "vehicle", 55_000, 55_000),
              ]
            : [
                limit("reserve", "vehicle", 50_000, null),
                limit("stage-rating", "stage", 60_000, 60_000, { ageMs: null }),
              ],
          plan: [],
        },
      );
    }
    case "locked":
      return evse(
        { ...bus, powerW: 0 },
        {
          requestedW: 60_000,
          requestSource: "departure",
          limits: [limit("mode", "mode", 0, 0, { binds: true })],
          plan: [],
        },
      );
    case "enter": {
      const staged = [10, 12, 6].includes(bus.evse);
      return evse(
        { ...bus, powerW: staged ? 30_000 : 0 },
        staged
          ? {
              requestedW: 60_000,
              requestSource: "departure",
              limits: [
                limit("allocation", "allocation", null, 30_000, { binds: true }),
                limit("stage-rating", "stage", 60_000, 60_000),
              ],
            }
          : {
              requestedW: -40_000,
              limits: [limit("permit-discharge", "permit", 0, null, { binds: true })],
              plan,
            },
      );
    }
    default: {
      if (bus.powerW === -24_000)
        return evse(bus, {
          requestedW: -40_000,
          limits: [
            limit("reserve", "vehicle", 52_000, null, { headroomW: 28_000 }),
            exportShare(true),
            limit("vehicle-limit", "vehicle", 55_000, 55_000),
            limit("stage-rating", "stage", 60_000, 60_000, { ageMs: null }),
          ],
          plan,
        });
      if (bus.powerW === -16_000)
        return evse(bus, {
          requestedW: -40_000,
          limits: [
            exportShare(false),
            limit("vehicle-limit", "vehicle", 16_000, 40_000, { binds: true }),
            limit("stage-rating", "stage", 60_000, 60_000, { ageMs: null }),
          ],
          plan,
        });
      if (bus.powerW > 0)
        return evse(bus, {
          requestedW: 60_000,
          requestSource: "departure",
          limits: [
            limit("import-limit", "operator", null, 60_000),
            limit("vehicle-limit", "vehicle", 40_000, 36_000, { binds: true }),
            limit("stage-rating", "stage", 60_000, 60_000, { ageMs: null }),
          ],
          plan,
        });
      if (bus.evse === 12)
        return evse(bus, {
          requestedW: -40_000,
          limits: [limit("reserve", "vehicle", 0, null, { binds: true })],
          plan,
          forecastPct: 88,
        });
      return evse(bus, { requestedW: 0, plan });
    }
  }
}

function dayOf(name: SampleName, day: number, nowMs: number): SiteState["day"] {
  const startsAtMs = at(day, 0);
  const home = name === "home";
  const next = random(5);
  const pick = (make: (hour: number) => number): (number | null)[] =>
    Array.from({ length: 96 }, (_, i) => Math.round(make(i / 4)));
  const loadPlan = pick((h) =>
    home
      ? 550 + (h > 17 && h < 22 ? 1000 : 0) + (h > 6 && h < 8.5 ? 1100 : 0)
      : 80_000 + 92_000 * Math.min(1, Math.max(0, (h - 5.5) / 2)) * (h < 19 ? 1 : Math.max(0.1, 1 - (h - 19) / 2.5)),
  );
  const pvPlan = pick((h) =>
    home ? 0 : 140_000 * Math.max(0, Math.sin(((h - 5.7) / 14.4) * Math.PI)) ** 2.3 * (h < 20 ? 1 : 0),
  );
  const vehiclesPlan = loadPlan.map((load, i) => {
    const h = i / 4;
    if (home) return h < 2.25 ? 4800 : 0;
    return Math.round(
      h < 4.5
        ? 118_000 - h * 12_000
        : h >= 16 && h < 21
          ? -Math.max(0, (load ?? 0) - (pvPlan[i] ?? 0) - 5000)
          : h >= 21
            ? 150_000 - (h - 21) * 8000
            : 0,
    );
  });
  const nowIndex = Math.floor((nowMs - startsAtMs) / 900_000);
  const outage =
    name === "island" || name === "enter"
      ? { fromMs: at(14, 17), toMs: name === "enter" ? at(14, 19, 10, 31) : null }
      : name === "locked"
        ? { fromMs: at(15, 2, 51, 8), toMs: null }
        : null;
  const dark = (i: number): boolean =>
    outage !== null &&
    startsAtMs + i * 900_000 >= outage.fromMs &&
    (outage.toMs === null || startsAtMs + i * 900_000 < outage.toMs);
  const measured = (
    plan: (number | null)[],
    inOutage: (value: number) => number,
    noiseW = home ? 100 : 4000,
  ): (number | null)[] =>
    plan.map((value, i) =>
      i > nowIndex || value === null
        ? null
        : dark(i)
          ? inOutage(value)
          : Math.round(value + (Math.abs(value) > 1 ? (next() - 0.5) * noiseW : 0)),
    );
  const locked = name === "locked";
  const load = measured(loadPlan, () => (locked ? 0 : 61_400));
  const pv = measured(pvPlan, (value) => (locked ? 0 : Math.min(value, 30_000)));
  const vehicles = measured(vehiclesPlan, () => (locked ? 0 : -55_000));
  const pcc = load.map((value, i) => (value === null ? null : dark(i) ? 0 : value + (vehicles[i] ?? 0) - (pv[i] ?? 0)));
  return {
    startsAtMs,
    stepMs: 900_000,
    loadW: { measured: load, planned: loadPlan },
    pvW: home ? null : { measured: pv, planned: pvPlan },
    vehiclesW: { measured: vehicles, planned: vehiclesPlan },
    pccW: {
      measured: pcc,
      planned: loadPlan.map((value, i) => (value ?? 0) + (vehiclesPlan[i] ?? 0) - (pvPlan[i] ?? 0)),
    },
    limits: home
      ? [{ fromMs: startsAtMs, toMs: startsAtMs + 86_400_000, maxImportW: 24_000, maxExportW: 0 }]
      : [
          { fromMs: startsAtMs, toMs: at(day, 13, 15), maxImportW: 300_000, maxExportW: 0 },
          { fromMs: at(day, 13, 15), toMs: at(day, 21), maxImportW: 250_000, maxExportW: 0 },
          { fromMs: at(day, 21), toMs: startsAtMs + 86_400_000, maxImportW: 300_000, maxExportW: 0 },
        ],
    prices: (home
      ? ([
          [0, 7, 0.14],
          [7, 16, 0.22],
          [16, 23, 0.41],
          [23, 24, 0.14],
        ] as const)
      : ([
          [0, 16, 0.126],
          [16, 21, 0.496],
          [21, 24, 0.126],
        ] as const)
    ).map(([from, to, perKWh]) => ({ fromMs: at(day, from), toMs: at(day, to), perKWh, currency: "$" })),
    outages: outage ? [outage] : [],
  };
}

function trendOf(name: SampleName, nowMs: number): SiteState["trend"] {
  const next = random(11);
  const samples = Array.from({ length: 150 }, (_, i) => {
    const x = i / 149;
    const noise = next() - 0.5;
    if (name === "island")
      return (
        Math.round(
          (60.01 +
            Math.sin(x * 22) * 0.03 +
            noise * 0.03 -
            (x > 0.64 && x < 0.7 ? 0.17 * (1 - (x - 0.64) / 0.06) : 0)) *
            1000,
        ) / 1000
      );
    if (name === "enter")
      return (
        Math.round((x < 0.2 ? 0.86 + x * 0.6 : x > 0.553 && x < 0.61 ? 0.902 : 0.983 + noise * 0.006) * 10_000) / 10_000
      );
    if (name === "home") return Math.round(1150 + noise * 120 + (x > 0.38 && x < 0.62 ? 1500 : 0));
    return Math.round(
      5400 +
        Math.sin(x * 31) * 700 +
        noise * 1400 +
        (x > 0.3 && x < 0.33 ? 9000 * (1 - (x - 0.3) / 0.03) : 0) -
        (x > 0.52 && x < 0.56 ? 4200 : 0),
    );
  });
  const common = { startsAtMs: nowMs - 300_000, stepMs: 2000, samples };
  if (name === "island") return { quantity: "islandFrequencyHz", ...common, lowLimit: 59.5, highLimit: 60.5 };
  if (name === "enter") return { quantity: "gridVoltagePu", ...common, lowLimit: 0.917, highLimit: 1.05 };
  return { quantity: "pccW", ...common, lowLimit: 0, highLimit: null };
}

const baseHealth: SiteState["health"] = {
  loop: {
    periodMs: 10,
    lateP99Ms: 0.3,
    lateP999Ms: 0.8,
    lateMaxMs: 2.1,
    cycleP99Ms: 1.2,
    cycles: 8_640_000,
    missed: 3,
    stalls: 0,
    stalledMs: 0,
    stallLongestMs: 0,
    fifo: true,
  },
  meterAgeMs: 24,
  meterQuality: "good",
  k1AgeMs: 9,
  devices: [],
  owed: [],
  backend: { state: "connected", sinceMs: at(14, 6, 40, 12), latencyMs: 38 },
  journalEntries: 0,
  certificates: [{ name: "backend", expiresAtMs: at(14, 12) + 41 * 86_400_000 }],
  clockOffsetMs: 3,
  recorderDays: 18,
  auxBatteryS: null,
};

/** A sample state, complete and self-consistent. `count` chargers for the depot. */
export function sampleState(name: SampleName, count = 20): SiteState {
  const home = name === "home";
  const nowMs = {
    parallel: at(14, 16, 42, 7),
    island: at(14, 19, 4, 22),
    locked: at(15, 3, 12, 40),
    enter: at(14, 19, 14, 14),
    home: at(16, 18, 20, 5),
  }[name];
  const evses = home
    ? [
        evse(
          { evse: 1, vehicle: "Truck", socPct: 85, targetPct: 85, departsAtMs: at(17, 7, 30), powerW: 0 },
          {
            capacityWh: 131_000,
            ratedW: 9600,
            requestedW: -3000,
            requestSource: "backend",
            limits: [
              limit("reserve", "vehicle", 9600, null),
              limit("permit-discharge", "permit", 0, null, { binds: true }),
              limit("stage-rating", "stage", 9600, 9600, { ageMs: null }),
            ],
          },
        ),
      ]
    : depotEvses(name, count, nowMs);
  const gridLive = name === "parallel" || name === "enter" || home;
  const busLive = name !== "locked";
  const tier = (
    title: string,
    what: string,
    expectedW: number,
    state: "on" | "shed" | "dead",
    runwayH: number,
    more: Partial<SiteState["tiers"][number]> = {},
  ): SiteState["tiers"][number] => ({
    name: title,
    what,
    expectedW,
    loadW: state === "on" ? expectedW : 0,
    state,
    known: live,
    sinceMs: null,
    returnsAtMs: null,
    runwayH,
    ...more,
  });
  const shed = { sinceMs: at(14, 17, 0, 4) };
  const tiers: SiteState["tiers"] = home
    ? [tier("Tier 1", "fridge, lights, router", 500, "on", 144), tier("Tier 2", "well pump, kitchen", 700, "on", 60)]
    : name === "parallel"
      ? [
          tier("Tier 1", "critical panel", 62_400, "on", 13),
          tier("Tier 2", "offices, heating", 64_000, "on", 7.4),
          tier("Tier 3", "wash hall, workshop", 52_000, "on", 5),
        ]
      : name === "island"
        ? [
            tier("Tier 1", "critical panel", 61_400, "on", 12.3),
            tier("Tier 2", "offices, heating", 41_000, "shed", 7.4, shed),
            tier("Tier 3", "wash hall, workshop", 52_000, "shed", 4.9, shed),
          ]
        : name === "enter"
          ? [
              tier("Tier 1", "critical panel", 61_400, "on", 9),
              tier("Tier 2", "offices, heating", 57_000, "on", 5.2),
              tier("Tier 3", "wash hall, workshop", 52_000, "shed", 3.4, { returnsAtMs: at(14, 19, 15, 30) }),
            ]
          : [
              tier("Tier 1", "critical panel", 61_400, "dead", 12),
              tier("Tier 2", "offices, heating", 41_000, "dead", 7.2),
              tier("Tier 3", "wash hall, workshop", 52_000, "dead", 4.8),
            ];
  return {
    schema: 1,
    sequence: 1,
    atMs: nowMs,
    site: home
      ? {
          name: "12 Maple Street",
          place: "Home, 240 V, 100 A",
          timeZone: "America/Los_Angeles",
          onSite: false,
          demo: false,
        }
      : {
          name: "Cedar Yard bus depot",
          place: "Riverside, 480 V, 750 kVA",
          timeZone: "America/Los_Angeles",
          onSite: false,
          demo: false,
        },
    mode: {
      mode: (
        {
          parallel: "parallel",
          island: "islandRunning",
          locked: "lockedOut",
          enter: "enterDelay",
          home: "loadOnly",
        } as const
      )[name],
      sinceMs: {
        parallel: at(14, 6, 30),
        island: at(14, 17, 0, 19),
        locked: at(15, 2, 51, 12),
        enter: at(14, 19, 12, 20),
        home: at(4, 9),
      }[name],
      seamless: { leaving: false, returning: false },
      missing: null,
      wait: name === "enter" ? { startedAtMs: at(14, 19, 12, 20), endsAtMs: at(14, 19, 17, 20) } : null,
      cause:
        name === "island"
          ? { key: "cause.gridLost", values: { lostAtMs: at(14, 17, 0, 2) } }
          : name === "enter"
            ? { key: "cause.sag", values: { voltagePu: 0.9, sagAtMs: at(14, 19, 12) } }
            : name === "locked"
              ? { key: "cause.notProven", values: { lostAtMs: at(15, 2, 51, 8) } }
              : null,
    },
    grid: gridLive
      ? {
          voltagePu: home ? 1.002 : name === "enter" ? 0.984 : 0.998,
          frequencyHz: name === "enter" ? 59.98 : home ? 60 : 60.01,
          good: true,
          sinceMs: name === "enter" ? at(14, 19, 12, 20) : at(2, 10),
          known: live,
        }
      : {
          voltagePu: name === "island" ? 0.01 : 0.02,
          frequencyHz: null,
          good: false,
          sinceMs: name === "island" ? at(14, 17, 0, 2) : at(15, 2, 51, 8),
          known: live,
        },
    profile: {
      name: "CA Rule 21",
      delayS: 300,
      rampS: 300,
      returnS: 30,
      minVoltagePu: 0.917,
      maxVoltagePu: 1.05,
      minFrequencyHz: 59.5,
      maxFrequencyHz: 60.1,
    },
    pccW: name === "parallel" ? 5800 : name === "enter" ? 208_400 : home ? 1200 : 0,
    pccKnown: live,
    buildingW: name === "parallel" ? 11_600 : name === "enter" ? 0 : home ? 0 : null,
    importLimitW: home ? 24_000 : 250_000,
    exportLimitW: 0,
    k1: {
      present: true,
      powerW: name === "parallel" ? -5_800 : name === "enter" ? 208_400 : home ? 1_200 : name === "island" ? 0 : null,
      no: gridLive ? "closed" : "open",
      nc: gridLive || name === "locked" ? "closed" : "open",
      command: gridLive ? "none" : "open",
      commandAtMs: name === "locked" ? at(15, 2, 51, 11) : name === "island" ? at(14, 17, 0, 4) : null,
      travelLimitS: 0.3,
      agreeSinceMs: name === "locked" ? null : name === "enter" ? at(14, 19, 10, 31) : nowMs - 12 * 86_400_000,
      quality: "good",
      trace:
        name === "locked"
          ? { commandAtMs: at(15, 2, 51, 11), noMovedAtMs: at(15, 2, 51, 11) + 80, ncMovedAtMs: null }
          : null,
    },
    bus: busLive
      ? { voltageV: home ? 240 : name === "enter" ? 472 : 480, frequencyHz: 60.01, live: true, known: live }
      : { voltageV: 0, frequencyHz: null, live: false, known: live },
    tiers,
    pv: home
      ? null
      : {
          powerW: name === "parallel" ? 56_600 : name === "island" ? 8200 : 0,
          ratedW: 140_000,
          curtailedW: 0,
          waitsUntilMs: name === "enter" ? at(14, 19, 17, 20) : null,
        },
    trend: trendOf(name, nowMs),
    evses,
    day: dayOf(name, name === "locked" ? 15 : home ? 16 : 14, nowMs),
    island: {
      energyAboveReserveWh: home ? 72_000 : 756_000,
      forming:
        name === "island"
          ? [
              { evse: 3, powerW: -26_600 },
              { evse: 7, powerW: -26_600 },
            ]
          : [],
      wouldForm: home ? [1] : name === "locked" ? [] : [3, 7],
      darkS: home ? 12 : 17,
      handover: name === "island" ? { vehicle: "Bus 101", from: "Bus 104", atMs: at(14, 21, 56) } : null,
      startsLeft: name === "island" ? 1 : 2,
      startsMax: 2,
      sinceMs: name === "island" ? at(14, 17, 0, 19) : null,
    },
    events: eventsOf(name),
    limits: home
      ? [
          { id: "exportLimitW", value: 0, by: "no-permit", detail: "", untilMs: null },
          { id: "backupLimitW", value: 9600, by: "rating", detail: "", untilMs: null },
          { id: "importLimitW", value: 24_000, by: "service", detail: "100 A", untilMs: null },
          { id: "reservePct", value: 30, by: "operator", detail: "Owner", untilMs: null },
        ]
      : [
          { id: "exportLimitW", value: 0, by: "permit", detail: "PTO-24-1187", untilMs: null },
          { id: "importLimitW", value: 750_000, by: "service", detail: "", untilMs: null },
          { id: "demandLimitW", value: 250_000, by: "operator", detail: "tightened from 300 kW", untilMs: at(14, 21) },
          { id: "dischargeLimitW", value: 400_000, by: "permit", detail: "PTO-24-1187", untilMs: null },
          { id: "enterServiceDelayS", value: 300, by: "profile", detail: "CA Rule 21", untilMs: null },
        ],
    permit: home
      ? null
      : {
          mode: "parallel-non-export",
          reference: "PTO-24-1187",
          utility: "Southland Edison",
          grantedAtMs: Date.UTC(2026, 3, 14, 20),
          validUntilMs: null,
          revoked: false,
          exportLimitW: 0,
          covers: "20 stages, firmware 3.2.x",
          installedFirmware: "3.2.7",
          covered: true,
        },
    history: home
      ? [
          { atMs: at(4, 10), what: { key: "changed.backupNotified" }, by: "Installer", version: 2 },
          {
            atMs: at(4, 9),
            what: { key: "changed.tested", values: { passed: 5, tests: 5 } },
            by: "Installer",
            version: 1,
          },
        ]
      : [
          {
            atMs: at(14, 13, 15),
            what: { key: "changed.limit", values: { what: "Demand limit", from: "300", to: "250 kW" } },
            by: "Operator",
            version: 14,
          },
          {
            atMs: Date.UTC(2026, 3, 14, 20),
            what: { key: "changed.permit", values: { mode: "no export" } },
            by: "Installer",
            version: 12,
          },
        ],
    health: {
      ...baseHealth,
      devices: evses.map((one) => ({
        name: `stage ${one.evse}`,
        kind: "stage",
        ageMs: 10,
        state: "answers",
        fault: null,
        powerW: null,
        latencyP50Ms: null,
        latencyP99Ms: null,
        errors: {},
      })),
      ...(name === "island" ? { backend: { state: "offline", sinceMs: at(14, 17, 0, 2), latencyMs: null } } : {}),
      ...(name === "locked"
        ? { backend: { state: "offline", sinceMs: at(15, 2, 51, 10), latencyMs: null }, auxBatteryS: 13_200 }
        : {}),
    },
  };
}

function eventsOf(name: SampleName): SiteState["events"] {
  const event = (
    id: string,
    atMs: number,
    key: SiteState["events"][number]["key"],
    severity: SiteState["events"][number]["severity"],
    values: Record<string, number | string>,
    needsPerson = false,
    acknowledged: SiteState["events"][number]["acknowledged"] = null,
  ): SiteState["events"][number] => ({
    id,
    atMs,
    key,
    severity,
    values,
    needsPerson,
    active: severity !== "record",
    acknowledged,
  });
  const stopped = event(
    "stopped-16",
    at(14, 16, 20, 31),
    "sessionStopped",
    "warning",
    { vehicle: "Bus 118", evse: 16, why: "The vehicle reported an isolation self-test failure." },
    true,
  );
  switch (name) {
    case "parallel":
      return [
        stopped,
        event("export-1", at(14, 14, 2, 10), "inadvertentExport", "notice", {
          peakW: 3100,
          durationS: 0.4,
          load: "The wash hall",
          dropW: 41_000,
        }),
        event("tighten-1", at(14, 13, 15), "limitTightened", "record", {
          by: "Operator",
          what: "demand limit",
          fromW: 300_000,
          toW: 250_000,
          why: "peak day",
        }),
        event("backend-1", at(14, 6, 40, 12), "backendBack", "record", { offlineMin: 11 }),
      ];
    case "island":
      return [
        event(
          "needed",
          at(14, 18, 56),
          "targetMissed",
          "warning",
          { vehicle: "Bus 115", targetPct: 90, departsByMs: at(15, 6), forecastPct: 88 },
          true,
        ),
        event("lost", at(14, 17, 0, 2), "gridLost", "warning", { voltagePu: 0.02 }),
        event("shed", at(14, 17, 0, 4), "tierShed", "notice", { tier: "Tier 2" }),
        event("started", at(14, 17, 0, 19), "islandStarted", "record", { darkS: 17 }),
      ];
    case "locked":
      return [
        event("k1", at(15, 2, 51, 12), "k1NotOpen", "critical", { travelLimitS: 0.3 }, true),
        event("aux", at(15, 2, 51, 15), "auxBattery", "notice", {}),
        event("lost", at(15, 2, 51, 8), "gridLost", "warning", { voltagePu: 0.02 }),
      ];
    case "enter":
      return [
        event("wait", at(14, 19, 12, 20), "ceasedVoltage", "notice", {
          voltagePu: 0.9,
          minVoltagePu: 0.917,
          maxVoltagePu: 1.05,
        }),
        event("back", at(14, 19, 10, 31), "gridBack", "notice", { outageMin: 130, returnS: 30 }),
        stopped,
      ];
    case "home":
      return [
        event("refused", at(16, 17, 5, 2), "dischargeRefused", "notice", { askedW: 3000 }, true),
        event("reached", at(16, 2, 10, 44), "targetReached", "record", { vehicle: "The truck", targetPct: 85 }),
      ];
  }
}
