/** Three words on every surface: live, old with its age, not known. What is not live is in no sum and is told as what it was. */
import { describe, expect, test } from "vitest";
import type { ControlReport } from "../../src/app/control/shared/report.ts";
import { renderTerminal } from "../../src/cli/demo/terminal-view.ts";
import { busOf, flowsOf } from "../../src/dashboard/live/build-state.ts";
import { deviceHealth } from "../../src/dashboard/live/health-state.ts";
import { knownOf, meterKnown } from "../../src/dashboard/live/known.ts";
import { longestMissing } from "../../src/dashboard/live/missing.ts";
import { createMetrics } from "../../src/dashboard/server/metrics.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { view } from "../../src/dashboard/view.ts";
import type { LimitSource } from "../../src/domain/limit-sources.ts";
import { Quality } from "../../src/domain/quality.ts";
import type { ReasonKey } from "../../src/domain/reasons.ts";
import { sampleState } from "./sampleStates.ts";

const never = Number.NEGATIVE_INFINITY;
const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const show = (state: SiteState, selected?: number) => view(state, { role: "operator", supported: [], selected });
const terminal = (state: SiteState): string => renderTerminal(show(state), { columns: 160, rows: 50, color: false });
const metrics = (state: SiteState): Promise<string> =>
  createMetrics({ ageMs: () => 0, pages: () => 0, skipped: () => 0 }, false).text(state);

describe("a reading", () => {
  test.each([
    ["just now", 9_950, 9_950, "live", 50],
    ["its clock stands for less than it may", 9_950, 8_600, "live", 50],
    ["it answers and its clock stands", 9_950, 8_000, "old", 2_000],
    ["no answer for 58 s", 10_000 - 58_000, 10_000 - 58_000, "old", 58_000],
    ["never", never, never, "unknown", null],
  ] as const)("%s", (_name, atMs, liveAtMs, state, ageMs) => {
    expect(knownOf(atMs, liveAtMs, 10_000)).toEqual({ state, ageMs });
  });
  test.each([
    [4, "live"],
    [3, "unknown"],
    [2, "old"],
    [1, "old"],
    [0, "unknown"],
  ])("the meter with quality %i is %s", (meterQuality, state) => {
    const site = { atMs: 10_000, meterAtMs: 9_990, meterSampleAtMs: 7_000, meterQuality };
    expect(meterKnown(site as ControlReport["site"]).state).toBe(state);
  });
  test("the meter is old when its last answer is, whatever was judged of it", () => {
    const site = { atMs: 50_000, meterAtMs: 9_990, meterSampleAtMs: 9_990, meterQuality: Quality.good };
    expect(meterKnown(site as ControlReport["site"])).toEqual({ state: "old", ageMs: 40_010 });
  });
});

/** A depot of two chargers, two tiers and K1; everything a moment old. */
function report(change: (r: ControlReport) => void = () => undefined): ControlReport {
  const stage = { atMs: 990, liveAtMs: 990, powerW: -85_000, role: "discharge" };
  const made = {
    site: {
      atMs: 1_000,
      mode: "parallel",
      meterAtMs: 990,
      meterSampleAtMs: 990,
      meterQuality: 4,
      meterVoltagePu: 1,
      pccW: 60_000,
      deviceAtMs: 990,
      deviceLiveAtMs: 990,
      contactNo: "closed",
      contactNc: "closed",
      busVoltagePu: 1,
      busFrequencyHz: 60,
      gridVoltagePu: 1,
      panelLiveAtMs: 990,
      pvPowerW: Number.NaN,
    },
    stages: [{ ...stage }, { ...stage }],
    tiers: [{ loadW: 40_000 }, { loadW: 45_000 }],
  } as unknown as ControlReport;
  change(made);
  return made;
}
const place = { host: "h", port: 502, unitId: 1, pauseMs: 0, freshMs: 0 };
const config = {
  transferDevice: { kind: "open-transition", ...place, port: 501 },
  pcc: { meter: { ...place, map: "sunspec", sumOf: [] } },
  pv: [],
  devices: [],
  evses: ["Bay 1", "Bay 2"].map((name, i) => ({ name, stage: { ...place, port: 503 + i } })),
  site: { nominalVoltageV: 480 },
};
const station = { config } as never;

describe("the power through K1", () => {
  test("is K1's own: what hangs on the bus, not what the meter shows", () => {
    expect(flowsOf(report(), true)).toEqual({ k1W: -85_000, buildingW: 145_000 });
  });
  test.each([
    ["a stage is silent", (r) => void (r.stages[1]!.atMs = -5_000)],
    ["a stage's clock stands", (r) => void (r.stages[1]!.liveAtMs = -5_000)],
    ["the panel is frozen", (r) => void (r.site.panelLiveAtMs = -5_000)],
    ["a tier is not measured", (r) => void (r.tiers[0]!.loadW = Number.NaN)],
    ["the contacts disagree", (r) => void (r.site.contactNc = "open")],
    ["K1 is silent", (r) => void (r.site.deviceAtMs = -5_000)],
  ] as const satisfies readonly (readonly [string, (r: ControlReport) => void])[])(
    "is not known when %s",
    (_name, change) => {
      expect(flowsOf(report(change), true)).toEqual({ k1W: null, buildingW: null });
    },
  );
  test("of the building is not known while the meter is frozen", () => {
    expect(
      flowsOf(
        report((r) => void (r.site.meterQuality = 2)),
        true,
      ),
    ).toEqual({ k1W: -85_000, buildingW: null });
  });
});

describe("the site bus", () => {
  const bus = (change: (r: ControlReport) => void) => busOf(report(change).site, { station } as never, true).live;
  test.each([
    ["a voltage that nobody measures is not known, never dead", (r) => void (r.site.busVoltagePu = Number.NaN), null],
    ["K1 silent: not known", (r) => Object.assign(r.site, { busVoltagePu: 0.01, deviceAtMs: -5_000 }), null],
    [
      "K1 answers with old values: not known",
      (r) => Object.assign(r.site, { busVoltagePu: 0.01, deviceLiveAtMs: -5_000 }),
      null,
    ],
    [
      "nothing has answered since the start",
      (r) => Object.assign(r.site, { busVoltagePu: Number.NaN, deviceAtMs: never, deviceLiveAtMs: never }),
      null,
    ],
    ["measured dead", (r) => void (r.site.busVoltagePu = 0.01), false],
    ["measured live", () => undefined, true],
  ] as const satisfies readonly (readonly [string, (r: ControlReport) => void, boolean | null])[])(
    "%s",
    (_name, change, live) => {
      expect(bus(change)).toBe(live);
    },
  );
});

describe("who is to blame", () => {
  test.each([
    ["nobody", () => undefined, null],
    ["K1, silent for 250 ms", (r) => Object.assign(r.site, { deviceAtMs: 750, deviceLiveAtMs: 750 }), ["K1", "silent"]],
    ["K1, with old values", (r) => void (r.site.deviceLiveAtMs = -800), ["K1", "frozen"]],
    [
      "a stage, by its charger",
      (r) => Object.assign(r.stages[1]!, { atMs: 500, liveAtMs: 500 }),
      ["The power stage of charger 2, Bay 2,", "silent"],
    ],
    [
      "a stage that has never answered",
      (r) => Object.assign(r.stages[0]!, { atMs: never, liveAtMs: never }),
      ["The power stage of charger 1, Bay 1,", "never"],
    ],
    [
      "the controller, when everybody is late at once",
      (r) => {
        for (const facts of [...r.stages]) Object.assign(facts, { atMs: 200, liveAtMs: 200 });
        Object.assign(r.site, { deviceAtMs: 200, deviceLiveAtMs: 200 });
      },
      ["The controller", "stalled"],
    ],
  ] as const satisfies readonly (readonly [string, (r: ControlReport) => void, readonly [string, string] | null])[])(
    "%s",
    (_name, change, expected) => {
      const found = longestMissing(report(change), station);
      expect(found && [found.device, found.why]).toEqual(expected);
    },
  );
});

test("health counts go back when a device falls silent, and say who", () => {
  const device = (kind: string, name: string) => ({
    kind,
    name,
    found: true,
    verified: true,
    cycleFault: null,
    models: [701],
  });
  const devices = [
    device("stage", "Bay 1"),
    device("stage", "Bay 2"),
    device("transfer-device", "transfer device"),
    device("meter", "PCC meter"),
  ] as never;
  const states = (change: (r: ControlReport) => void): string[] =>
    deviceHealth(report(change), devices).map(({ state }) => state);
  expect(states(() => undefined)).toEqual(["answers", "answers", "answers", "answers"]);
  expect(states((r) => void (r.stages[1]!.atMs = -5_000))).toEqual(["answers", "silent", "answers", "answers"]);
  expect(states((r) => void (r.stages[1]!.liveAtMs = -5_000))[1]).toBe("frozen");
  expect(states((r) => void (r.site.deviceLiveAtMs = -5_000))[2]).toBe("frozen");
  expect(states((r) => void (r.site.meterQuality = 2))[3]).toBe("frozen");
});

test("a part of which something is told while it is read on is not silent", () => {
  const device = { kind: "meter", isPart: true, name: "Roof meter", found: true, verified: true, cycleFault: null };
  const states = [false, true].map((unread) => {
    const fault = { code: "scale-changed", sentence: "", clears: "itself" };
    return deviceHealth(report(), [{ ...device, fault, unread, atMs: 600, readAtMs: 560, errors: {} }] as never)[0]!
      .state;
  });
  expect(states).toEqual(["answers", "silent"]);
});

test.each([
  ["a meter that is part of a sum, read 40 ms before it was told of", "meter", 560, null, 40],
  ["an inverter", "pv", 500, null, 100],
  ["one that is silent: it ages on", "pv", 500, { code: "timeout", sentence: "", clears: "itself" }, 500],
  ["one that was never read", "meter", never, null, null],
] as const)("the age of %s", (_name, kind, readAtMs, fault, ageMs) => {
  const device = {
    kind,
    name: "Roof",
    isPart: kind === "meter",
    found: true,
    verified: true,
    cycleFault: null,
    errors: {},
  };
  expect(
    deviceHealth(report(), [{ ...device, fault, unread: fault !== null, atMs: 600, readAtMs }] as never)[0]!.ageMs,
  ).toBe(ageMs);
});

describe("a charger whose power stage is silent", () => {
  const silentFor = (ageMs: number): SiteState => {
    const state = sampleState("parallel");
    return {
      ...state,
      k1: { ...state.k1, powerW: null },
      buildingW: null,
      evses: state.evses.map((evse) => (evse.evse === 8 ? { ...evse, known: { state: "old" as const, ageMs } } : evse)),
      health: {
        ...state.health,
        devices: state.health.devices.map((device, i) =>
          i === 7 ? { ...device, name: "Bay 8", state: "silent" as const } : device,
        ),
      },
    };
  };
  test("is told as what it was, and is in no total", async () => {
    const before = show(sampleState("parallel"));
    const shown = show(silentFor(58_000), 8);
    const row = shown.chargers.find(({ evse }) => evse === 8)!;
    expect([row.doing, row.power, plain(row.because), row.group]).toEqual([
      "Not known",
      "",
      "Was discharging 16.0 kW, 58 s ago",
      "attention",
    ]);
    expect(before.mode.sub).toContain("feed the building");
    expect(plain(before.mode.sub)).toContain("152.0 kW");
    expect(plain(shown.mode.sub)).toContain("136.0 kW");
    expect(plain(shown.mode.sub)).toContain("Charger 8: not known for 58 s and not counted");
    expect(shown.mode.level).toBe("attention");
    expect(plain(shown.health.find(({ name }) => name === "Devices")!.value)).toBe("19 of 20: Bay 8 silent");
    expect(shown.diagram.blocks[7]!.state).toBe("unknown");
    expect(shown.diagram.building?.value).toBe("Not known");
    expect(plain(shown.why!.because)).toBe("Was discharging 16.0 kW, 58 s ago.");
    expect(plain(terminal(silentFor(58_000)))).toMatch(/8 .*Not known .*Was discharging 16\.0 kW, 58 s ago/);
    // What flows through K1 and to the chargers is not known, and is not drawn as nothing.
    expect([shown.diagram.k1Wire.powerW, shown.diagram.rows.at(-1)!.wire.powerW]).toEqual([null, null]);
    const text = await metrics(silentFor(58_000));
    expect(text).not.toMatch(/islet_evse_power_watts\{evse="8"\}/);
    expect(text).toMatch(/islet_evse_power_watts\{evse="9"\} -16000/);
    expect(text).toContain("islet_vehicles_power_watts -100000");
    expect(text).toContain('islet_device_answers{device="Bay 8"} 0');
  });
});

test("why a charger with a silent power stage stands still: the stage, once, not its vehicle; and no lease is promised", () => {
  const state = sampleState("parallel");
  const limit = (reason: ReasonKey, source: LimitSource, binds = false) =>
    ({ reason, source, minW: 0, maxW: 0, binds, headroomW: 0, ageMs: null }) as const;
  const evses = state.evses.map((evse) => ({
    ...evse,
    known: { state: "old" as const, ageMs: 19_000 },
    leaseExpiresMs: 5_000,
    limits: [
      limit("vehicle-stale", "vehicle", true),
      limit("stage-stale", "stage"),
      { ...limit("stage-stale", "stage"), ageMs: null },
    ],
  }));
  const { chain, lease } = show({ ...state, evses }, 8).why!;
  expect(chain.map(({ name, binds }) => [name, binds])).toEqual([["Power stage silent", true]]);
  expect(lease).toBe("Lease: not known; the power stage does not answer");
});

describe("a frozen meter", () => {
  const frozen = (): SiteState => {
    const state = sampleState("parallel");
    return {
      ...state,
      pccW: 97_500,
      pccKnown: { state: "old", ageMs: 3_400 },
      buildingW: null,
      mode: { ...state.mode, mode: "ceased", cause: null },
      health: { ...state.health, meterQuality: "frozen", meterAgeMs: 3_400 },
    };
  };
  test("is told in the past with its age, and blames no grid", async () => {
    const shown = show(frozen());
    expect(plain(shown.mode.rest)).toBe("The PCC meter has said the same for 3.4 s.");
    expect(shown.mode.tag).toBe("Meter not good");
    expect(plain(shown.mode.sub)).toContain("The site imported 97.5 kW 3.4 s ago; what it takes now is not known.");
    expect(plain(shown.mode.sub)).not.toContain("imports");
    expect(plain(shown.diagram.meter.captions.join(" "))).toBe("was importing 97.5 kW, 3 s ago");
    expect(shown.diagram.utilityWire.powerW).toBeNull();
    expect(terminal(frozen())).toContain("(~)--?--[PCC]--?--[--]");
    expect(await metrics(frozen())).not.toMatch(/^islet_pcc_power_watts /m);
  });
});

describe("a site at which nothing answers", () => {
  const unknown = { state: "unknown", ageMs: null } as const;
  const nothing = (): SiteState => {
    const state = sampleState("parallel");
    return {
      ...state,
      mode: { ...state.mode, mode: "noFeedback", missing: { device: "K1", why: "never", ageMs: null } },
      grid: { voltagePu: null, frequencyHz: null, good: false, sinceMs: null, known: unknown },
      pccW: null,
      pccKnown: unknown,
      buildingW: null,
      k1: { ...state.k1, no: "unknown", nc: "unknown", quality: "missing", powerW: null },
      bus: { voltageV: null, frequencyHz: null, live: null, known: unknown },
      tiers: state.tiers.map((tier) => ({ ...tier, state: "unknown" as const, loadW: null, known: unknown })),
      pv: null,
      evses: state.evses.map((evse) => ({ ...evse, powerW: null, socPct: null, known: unknown })),
      health: { ...state.health, meterQuality: "missing", meterAgeMs: null, k1AgeMs: null },
    };
  };
  test("is not called dead anywhere", async () => {
    const shown = show(nothing());
    expect(shown.diagram.bus).toEqual({ live: null, text: "Site bus not known: treat it as live" });
    for (const row of shown.diagram.rows)
      expect([row.value, row.wire.live, row.breakerClosed]).toEqual(["Not known", null, null]);
    expect(plain(`${shown.mode.lead} ${shown.mode.rest}`)).toBe(
      "No feedback. K1 has not answered since the start; every charger is off.",
    );
    const words = plain(JSON.stringify([shown.diagram, shown.mode, shown.chargers]));
    expect(words).not.toMatch(/dead|Without power|, "/);
    expect(plain(terminal(nothing()))).not.toMatch(/dead|Without power/);
    const text = await metrics(nothing());
    for (const name of [
      "islet_tier_power_watts",
      "islet_tier_fed",
      "islet_grid_voltage_pu",
      "islet_bus_voltage_volts",
      "islet_k1_contact_open",
      "islet_vehicles_power_watts",
    ])
      expect(text, name).not.toMatch(new RegExp(`^${name}[ {]`, "m"));
  });
});

describe("events alike", () => {
  const event = (id: string, atMs: number, key: "emergencyStop" | "acted", values: Record<string, string | number>) =>
    ({ id, atMs, key, values, severity: "critical", needsPerson: true, active: true, acknowledged: null }) as const;
  test("that began together are one line, one acknowledgement, with every charger named", () => {
    const state = sampleState("parallel");
    const shown = show({
      ...state,
      events: [
        event("c", state.atMs, "emergencyStop", { evse: 9 }),
        event("b", state.atMs - 500, "emergencyStop", { evse: 4 }),
        event("a", state.atMs - 900, "emergencyStop", { evse: 2 }),
        event("old", state.atMs - 60_000, "emergencyStop", { evse: 1 }),
        event("y", state.atMs, "acted", { by: "ann", what: "Departure at charger 2 saved", why: "timetable" }),
        event("x", state.atMs, "acted", { by: "ann", what: "Departure at charger 1 saved", why: "timetable" }),
      ],
    });
    expect(shown.events.events.map(({ sentence, ids }) => [sentence, ids])).toEqual([
      ["The emergency stop of charger 2 is pressed. The same at chargers 4 and 9.", ["c", "b", "a"]],
      ["The emergency stop of charger 1 is pressed.", ["old"]],
      ["ann: Departure at charger 2 saved. And 1 more.", ["y", "x"]],
    ]);
    expect(shown.events.openIds).toHaveLength(6);
  });
});

describe("tiers while the panel is silent", () => {
  const rows = (known: SiteState["tiers"][number]["known"]) => {
    const state = sampleState("island");
    const { rows } = show({ ...state, tiers: state.tiers.map((tier) => ({ ...tier, known })) }).diagram;
    return rows.slice(0, 2).map(({ value, wire, breakerClosed }) => [plain(value), wire.live, breakerClosed]);
  };
  test.each([
    [
      "live: what is measured",
      { state: "live", ageMs: 40 },
      [
        ["Taking 61.4 kW", true, true],
        ["Off, shed", false, false],
      ],
    ],
    [
      "old: what the breakers were told, and what was measured then; a tier that was told off may be live",
      { state: "old", ageMs: 5_000 },
      [
        ["Told on, took 61.4 kW 5 s ago", true, null],
        ["Told off, not confirmed", null, null],
      ],
    ],
    [
      "not known: what the breakers were told",
      { state: "unknown", ageMs: null },
      [
        ["Told on, load not known", true, null],
        ["Told off, not confirmed", null, null],
      ],
    ],
  ] as const)("%s", (_name, known, expected) => {
    expect(rows(known)).toEqual(expected);
  });
});
