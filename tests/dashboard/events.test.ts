import { describe, expect, test } from "vitest";
import { type EventRow, eventRows, type Seen } from "../../src/dashboard/live/event-rows.ts";
import { createEventLog } from "../../src/dashboard/live/events.ts";
import { deviceHealth } from "../../src/dashboard/live/health-state.ts";
import { sayEvent } from "../../src/domain/words.ts";

const minuteMs = 60_000;
const at = (nowMs: number, on: boolean): Seen => ({ nowMs, on }) as unknown as Seen;
const row = (more: Partial<EventRow> = {}): EventRow => ({
  key: "blind",
  active: (seen) => (seen as unknown as { on: boolean }).on,
  values: () => ({ device: "K1" }),
  needsPerson: true,
  ...more,
});
const run = (steps: readonly (readonly [atMs: number, on: boolean])[], more: Partial<EventRow> = {}) => {
  const log = createEventLog([row(more)]);
  for (const [atMs, on] of steps) log.observe(at(atMs, on));
  return log;
};

describe("events", () => {
  test("begins and ends as one line", () => {
    const { events } = run([
      [0, false],
      [10, true],
      [20, true],
      [30, false],
    ]);
    expect(events.map(({ atMs, active, repeats }) => [atMs, active, repeats])).toEqual([[10, false, undefined]]);
  });
  test("one that flaps is one line with a count and the latest time", () => {
    const { events } = run(Array.from({ length: 21 }, (_, i) => [1_000 * i, i % 2 === 1] as const));
    expect(events.map(({ atMs, repeats }) => [atMs, repeats])).toEqual([[19_000, { count: 10, firstAtMs: 1_000 }]]);
  });
  test("the same much later is a new line", () => {
    const { events } = run([
      [0, true],
      [10, false],
      [30 * minuteMs, true],
    ]);
    expect(events.map(({ atMs }) => atMs)).toEqual([30 * minuteMs, 0]);
  });
  test.each([
    ["an acknowledgement holds for one that flaps on", 5_000, true],
    ["one that comes back later asks again", 2 * minuteMs, false],
  ])("%s", (_name, pauseMs, still) => {
    const log = run([[0, true]]);
    expect(log.acknowledge(log.events[0]!.id, "ann", 5)).toBe(true);
    expect(log.acknowledge(log.events[0]!.id, "bob", 6)).toBe(false);
    log.observe(at(10, false));
    log.observe(at(10 + pauseMs, true));
    expect(log.events.map(({ acknowledged }) => acknowledged !== null)).toEqual([still]);
  });
  test("what must last does not count before", () => {
    const steps = [
      [0, true],
      [900, false],
      [1_000, true],
      [1_999, true],
    ] as const;
    expect(run(steps, { afterMs: 1_000 }).events).toEqual([]);
    expect(run([...steps, [2_000, true]], { afterMs: 1_000 }).events).toHaveLength(1);
  });
  test("what happens at once folds when it is told to", () => {
    const log = createEventLog([]);
    log.note("exportBeyond", { peakW: 1 }, 0, true);
    log.note("exportBeyond", { peakW: 2 }, minuteMs, true);
    log.note("acted", { what: "Stopped" }, minuteMs);
    log.note("acted", { what: "Resumed" }, minuteMs);
    expect(log.events.map(({ key, repeats }) => [key, repeats?.count])).toEqual([
      ["acted", undefined],
      ["acted", undefined],
      ["exportBeyond", 2],
    ]);
  });
  test("the list is bounded", () => {
    const log = createEventLog([]);
    for (let i = 0; i < 500; i++) log.note("acted", {}, i);
    expect(log.events).toHaveLength(200);
  });
});

const goodStage = {
  vehicleConnected: true,
  socPct: 95,
  atMs: 0,
  liveAtMs: 0,
  alarmBits: 0,
  local: false,
  powerW: 0,
  commandW: 0,
};
/** A site at which nothing stands; `change` breaks one thing. */
function site(change: (seen: ReturnType<typeof calm>) => void): Seen {
  const seen = calm();
  change(seen);
  return seen as unknown as Seen;
}
const calm = () => ({
  report: {
    site: {
      mode: "parallel",
      previousMode: "ramping",
      atMs: 0,
      meterQuality: 4,
      meterAtMs: 0,
      meterSampleAtMs: 0,
      deviceAtMs: 0,
      deviceLiveAtMs: 0,
      contactNo: "closed",
      contactNc: "closed",
      gridVoltagePu: 1,
      returnBlocked: false,
      startRefusal: "",
      tiersTrusted: Number.POSITIVE_INFINITY,
      exportTooMany: false,
      exportTooLong: false,
      exportEvents: 3,
      parallelRefusal: "",
      startsLeft: 2,
    } as Record<string, unknown>,
    stages: [{ ...goodStage }, { ...goodStage }],
    tiers: [{ closed: true }, { closed: true }],
    chains: new Float64Array(1_000),
  },
  station: {
    config: {
      site: { serviceMode: "parallel-non-export" },
      evses: [{ name: "Bay 1" }, {}],
      tiers: [{ name: "Kitchen" }, { name: "Wash hall" }],
      pcc: { inadvertentExport: { alarmLongS: 60 } },
      transferDevice: { kind: "open-transition", travelMs: 100 },
      backend: {} as object | undefined,
    },
    fleet: { presence: { at: () => null } },
    control: {
      evses: [
        { targetPct: 90, departsAtMs: 1e12 },
        { targetPct: 90, departsAtMs: 1e12 },
      ],
    },
    devices: [
      {
        kind: "stage",
        name: "Bay 1",
        found: true,
        verified: true,
        models: [701],
        cycleFault: null,
        identity: { serialNumber: "S1", version: "1.0" },
        mismatch: none(),
      },
      {
        kind: "stage",
        name: "Bay 2",
        found: true,
        verified: true,
        models: [701],
        cycleFault: null,
        identity: { serialNumber: "S2", version: "1.0" },
        mismatch: none(),
      },
    ],
    permit: () => ({
      permit: {
        equipment: [
          { serialNumber: "S1", firmware: ["1.0"] },
          { serialNumber: "S2", firmware: ["1.0"] },
        ],
      },
      refusal: undefined as { reason: string; detail: string } | undefined,
    }),
    ocpp: () => ({ connection: "open" }),
    foundPromise: (): { kept: boolean; foundMs: number; promisedMs: number; later: string } | null => null,
    people: { get: (): { by: string } | undefined => undefined },
    notes: [] as { to: string; row: string }[],
    profile: {
      settings: {
        enterVoltageMinPu: 0.917,
        enterVoltageMaxPu: 1.05,
        enterFrequencyMinHz: 59.5,
        enterFrequencyMaxHz: 60.1,
      },
    },
  },
  slow: {
    certificates: [{ name: "page", expiresAtMs: 1e13 }],
    forecastPct: (): number | null => 90,
    backendCapW: (): number | null => null,
    stallsInMinute: 0,
  },
  durations: {
    darkS: null,
    startFailed: false,
    missing: null as { device: string; why: string; ageMs: number | null } | null,
    ceasedBy: null as string | null,
  },
  owed: [] as string[],
  nowMs: 0,
  sinceMs: 0,
  contradictions: [] as { sentence: string; here: string; there: string; todo: string }[],
});
type Calm = ReturnType<typeof calm>;
/** With every device as the report has it. */
const full = (seen: Seen): Seen => ({ ...seen, devices: deviceHealth(seen.report, seen.station.devices) });
const none = (): { register: string; expected: number; found: number } | null => null;
/** The events that stand after a minute of this. */
const standing = (seen: Seen): string[] => {
  const log = createEventLog(eventRows);
  log.observe({ ...full(seen), nowMs: 0 });
  log.observe({ ...full(seen), nowMs: minuteMs });
  log.observe({ ...full(seen), nowMs: minuteMs + 1_000 });
  return log.events.map(({ key }) => key);
};

describe("what becomes an event", () => {
  test.each([
    ["a calm site: nothing", () => undefined, []],
    ["a locked-out site", (s) => void (s.report.site["mode"] = "lockedOut"), ["lockedOut"]],
    [
      "K1 silent for a quarter of a second: K1 is named",
      (s) => {
        s.report.site["mode"] = "noFeedback";
        s.durations.missing = { device: "K1", why: "silent", ageMs: 250 };
      },
      ["blind"],
    ],
    [
      "a device that answers with old values",
      (s) => {
        s.report.site["mode"] = "noFeedback";
        s.durations.missing = { device: "K1", why: "frozen", ageMs: 1_700 };
      },
      ["blindFrozen"],
    ],
    [
      "the controller's own stall",
      (s) => {
        s.report.site["mode"] = "noFeedback";
        s.durations.missing = { device: "The controller", why: "stalled", ageMs: 800 };
      },
      ["blindStalled"],
    ],
    [
      "what was found of meter and stages, and the promise still holds",
      (s) => void (s.station.foundPromise = () => ({ kept: true, foundMs: 440, promisedMs: 420, later: "" })),
      [],
    ],
    [
      "a promise that does not hold with what was found",
      (s) => void (s.station.foundPromise = () => ({ kept: false, foundMs: 900, promisedMs: 420, later: "Bay 1" })),
      ["promise-broken"],
    ],
    ["a generator that runs", (s) => void (s.report.site["otherSource"] = "runs"), ["generatorRuns"]],
    ["a generator that is not known", (s) => void (s.report.site["otherSource"] = "unknown"), ["generatorUnknown"]],
    ["a bond that does not come off", (s) => void (s.report.site["bond"] = "bonded"), ["bondNotUndone"]],
    [
      "a bond that is not made",
      (s) => Object.assign(s.report.site, { mode: "isolated", bond: "unbonded", contactNo: "open", contactNc: "open" }),
      ["bondNotMade"],
    ],
    [
      "a voltmeter of K1 that tells nothing",
      (s) => {
        s.report.site["mode"] = "noFeedback";
        s.durations.missing = { device: "Bus meter", why: "unmeasured", ageMs: null };
      },
      ["blindUnmeasured"],
    ],
    [
      "contacts that disagree",
      (s) => Object.assign(s.report.site, { mode: "noFeedback", contactNc: "open" }),
      ["blindContacts"],
    ],
    [
      "K1 that did not open",
      (s) => {
        s.report.site["mode"] = "lockedOut";
        s.station.notes.push({ to: "lockedOut", row: "opening-k1-not-open" });
      },
      ["k1NotOpen"],
    ],
    [
      "a stop of discharging with a frozen meter blames the meter",
      (s) => {
        Object.assign(s.report.site, { mode: "ceased", meterQuality: 2, meterSampleAtMs: -2_000 });
        s.durations.ceasedBy = "meter";
      },
      ["ceasedMeter", "meter-frozen"],
    ],
    [
      "a stop of discharging by the voltage",
      (s) => {
        s.report.site["mode"] = "ceased";
        s.durations.ceasedBy = "voltage";
      },
      ["ceasedVoltage"],
    ],
    ["a wait for a good grid after the start: nothing", (s) => void (s.report.site["mode"] = "ceased"), []],
    [
      "no feedback while the devices are being found after a start: nothing",
      (s) => Object.assign(s.report.site, { mode: "noFeedback", previousMode: "unknown", atMs: 900, modeSinceMs: 0 }),
      [],
    ],
    [
      "the same for long",
      (s) =>
        Object.assign(s.report.site, {
          mode: "noFeedback",
          previousMode: "unknown",
          atMs: 6_000,
          modeSinceMs: 0,
          meterAtMs: 6_000,
          meterSampleAtMs: 6_000,
          deviceAtMs: 6_000,
          deviceLiveAtMs: 6_000,
        }),
      ["deviceSilent", "deviceSilent", "blindMoment"],
    ],
    ["a frozen meter", (s) => void (s.report.site["meterQuality"] = 2), ["meter-frozen"]],
    ["exports beyond the limit too often", (s) => void (s.report.site["exportTooMany"] = true), ["exportAlarm"]],
    ["an export beyond the limit too long", (s) => void (s.report.site["exportTooLong"] = true), ["exportLong"]],
    [
      "a permit that has expired",
      (s) => void (s.report.site["parallelRefusal"] = "permit-expired"),
      ["permit-expired"],
    ],
    [
      "the same where nobody requests to run in parallel",
      (s) => {
        s.report.site["parallelRefusal"] = "permit-expired";
        s.station.config.site.serviceMode = "non-parallel-backup";
      },
      [],
    ],
    [
      "a forged permit",
      (s) => void (s.station.permit = () => ({ permit: { equipment: [] }, refusal: { reason: "forged", detail: "" } })),
      ["permitRefused"],
    ],
    ["firmware not covered", (s) => void (s.station.devices[1]!.identity.version = "1.1"), ["firmwareNotCovered"]],
    ["a stage not covered", (s) => void (s.station.devices[0]!.identity.serialNumber = "X"), ["stageNotCovered"]],
    [
      "grid functions that somebody has altered",
      (s) => void (s.station.devices[1]!.mismatch = { register: "704.AntiIslEna", expected: 1, found: Number.NaN }),
      ["functionsDiffer"],
    ],
    ["an alarm of a stage", (s) => void (s.report.stages[0]!.alarmBits = 4), ["stageAlarm"]],
    ["an emergency stop", (s) => void (s.report.stages[0]!.alarmBits = 64), ["emergencyStop"]],
    [
      "an emergency stop that was released, and nobody has resumed",
      (s) => void (s.station.people.get = () => ({ by: "Emergency stop" })),
      ["emergencyHold", "emergencyHold"],
    ],
    [
      "an alarm bit of a register map is its manufacturer's",
      (s) => {
        s.report.stages[0]!.alarmBits = 64;
        s.station.devices[0]!.models = [];
      },
      ["stageAlarm"],
    ],
    ["a silent stage", (s) => void (s.report.stages[0]!.atMs = -1_100), ["deviceSilent"]],
    ["a stage whose own clock stands", (s) => void (s.report.stages[0]!.liveAtMs = -1_600), ["deviceFrozen"]],
    ["a stall of the controller itself", (s) => void (s.slow.stallsInMinute = 2), ["controllerLate"]],
    ["a full disk", (s) => void s.owed.push("a stop by Ann"), ["owed"]],
    [
      "a departure that was missed",
      (s) => {
        s.station.control.evses[0]!.departsAtMs = -1;
        s.report.stages[0]!.socPct = 74;
        s.slow.forecastPct = () => null;
      },
      ["departureMissed"],
    ],
    [
      "a grid that K1's silence hides is not lost",
      (s) => Object.assign(s.report.site, { gridVoltagePu: 0, deviceAtMs: -5_000, deviceLiveAtMs: -5_000 }),
      [],
    ],
    ["a target out of reach", (s) => void (s.slow.forecastPct = () => 80), ["targetMissed", "targetMissed"]],
    ["a forecast nobody can make", (s) => void (s.slow.forecastPct = () => null), []],
    ["a silent device", (s) => void (s.station.devices[0]!.found = false), ["deviceSilent"]],
    ["a lost backend", (s) => void (s.station.ocpp = () => ({ connection: "closed" })), ["backendLost"]],
    [
      "no backend configured",
      (s) => {
        s.station.config.backend = undefined;
        s.station.ocpp = () => ({ connection: "closed" });
      },
      [],
    ],
    [
      "a certificate that ends",
      (s) => void Object.assign(s.slow.certificates[0]!, { name: "backend", expiresAtMs: 9e8 }),
      ["certificateExpires"],
    ],
    [
      "files that contradict each other",
      (s) => {
        const clash = {
          sentence: "The rating is above its certificate.",
          here: "site.yaml:4",
          there: "K.pdf",
          todo: "Mend.",
        };
        s.contradictions = [clash, { ...clash, here: "site.yaml:9" }];
      },
      ["contradiction", "contradiction"],
    ],
    ["the page's own certificate", (s) => void (s.slow.certificates[0]!.expiresAtMs = 9e8), ["pageCertificateExpires"]],
    ["no black start is left", (s) => void (s.report.site["startRefusal"] = "starts-used"), ["starts-used"]],
    ["the auxiliary battery is low", (s) => void (s.report.site["startRefusal"] = "auxiliary-low"), ["auxiliary-low"]],
    ["nobody can feed the island", (s) => void (s.report.site["startRefusal"] = "source-missing"), ["source-missing"]],
    ["a tier brought the island down", (s) => void (s.report.site["tiersTrusted"] = 1), ["tier-overload"]],
    ["an island that did not start", (s) => void (s.durations.startFailed = true), ["startFailed"]],
    [
      "an island whose energy runs out",
      (s) => Object.assign(s.report.site, { mode: "islandRunning", islandPhase: "ending" }),
      ["islandEnding", "islandStarted"],
    ],
    [
      "an island with a shed tier",
      (s) => {
        s.report.site["mode"] = "islandRunning";
        s.report.tiers[1]!.closed = false;
      },
      ["tierShed", "islandStarted"],
    ],
    ["a tier that is open with the grid there", (s) => void (s.report.tiers[1]!.closed = false), []],
  ] as const satisfies readonly (readonly [string, (seen: Calm) => void, readonly string[]])[])(
    "%s",
    (_name, change, expected) => expect(standing(site(change))).toEqual(expected),
  );
});

describe("an event that stands", () => {
  test("says what is so now, not what was so when it began", () => {
    const log = createEventLog(eventRows);
    let forecastPct = 80;
    const seen = site((s) => void (s.slow.forecastPct = () => forecastPct));
    log.observe({ ...full(seen), nowMs: 0 });
    log.observe({ ...full(seen), nowMs: minuteMs });
    forecastPct = 71.4;
    const { revision } = log;
    log.observe({ ...full(seen), nowMs: 2 * minuteMs });
    expect(log.events.map(({ values, atMs }) => [values?.["forecastPct"], atMs])).toEqual([
      [71, minuteMs],
      [71, minuteMs],
    ]);
    expect(log.revision).toBeGreaterThan(revision);
    const settled = log.revision;
    log.observe({ ...full(seen), nowMs: 3 * minuteMs });
    expect(log.revision).toBe(settled);
  });
});

test.each(eventRows.filter(({ needsPerson }) => needsPerson).map(({ key }) => [key]))(
  "%s says its cause, what to do and how it ends",
  (key) => {
    const said = sayEvent(key, { why: "x", clears: "x", device: "K1" });
    for (const part of [said.sentence, said.cause, said.todo, said.ends]) expect(part).not.toBe("");
  },
);
