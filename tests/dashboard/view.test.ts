import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccountRole, actionIds, actionRows, checkAction, offers, roles } from "../../src/dashboard/actions.ts";
import { type SiteState, siteStateSchema } from "../../src/dashboard/state.ts";
import { duration, listOf, wordsFor } from "../../src/dashboard/view/format.ts";
import { view } from "../../src/dashboard/view.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { at, sampleNames, sampleState } from "./sampleStates.ts";

const show = (state: SiteState, role: AccountRole = "operator", selected?: number) =>
  view(state, { role, supported: actionIds, selected });
const plain = (value: unknown): string => JSON.stringify(value).replaceAll("\u00a0", " ");

describe("sample states", () => {
  test.each(sampleNames)("%s keeps the contract", (name) => {
    expect(siteStateSchema.parse(sampleState(name, 50)).evses.length).toBe(name === "home" ? 1 : 50);
  });
  test.each([
    ["parallel", "In parallel with the grid.", "Exporting nothing, by permit.", "normal"],
    ["island", "Island.", "The site feeds itself; the grid is proven disconnected.", "attention"],
    ["locked", "Locked out.", "K1 contact NO says open, NC says closed.", "critical"],
    ["enter", "The grid is back.", "Discharging may start at 19:17:20 if the grid stays good.", "normal"],
    ["home", "Load only.", "The vehicle feeds the site only in an outage.", "normal"],
  ] as const)("%s says “%s %s”", (name, lead, rest, level) => {
    const { mode } = show(sampleState(name));
    expect([mode.lead, mode.rest, mode.level]).toEqual([lead, rest, level]);
  });
  test.each(sampleNames)("%s: no sign, no hole, no unknown value in any sentence", (name) => {
    const text = plain({
      ...show(sampleState(name)),
      trend: null,
      day: null,
      chargers: show(sampleState(name)).chargers.map((charger) => ({ ...charger, plan: null })),
      diagram: show(sampleState(name)).diagram.label,
    });
    expect(text).not.toMatch(/undefined|NaN|\{\w+!?\}|\[object/);
    expect(text).not.toMatch(/[−-]\d+(\.\d+)? (kW|kWh|W)\b/);
  });
});

describe("what the limits are worth", () => {
  const worth = { backMs: 413, peakW: 9_600, energyWh: 0.5, meterMs: 100, commandMs: 50, responseMs: 263 };
  const record = (promise: NonNullable<NonNullable<SiteState["pccRecord"]>["promise"]>): SiteState["pccRecord"] => ({
    exports: { count: 0, tooMany: false, tooLong: false },
    imports: { count: 0, tooMany: false, tooLong: false },
    recent: [],
    passport: { count: 0, p50Ms: null, p99Ms: null, longestMs: 0, promisedMs: 420, lateCount: 0 },
    promise,
    relay: "",
  });
  const shown = (pccRecord: SiteState["pccRecord"]): string[] =>
    show({ ...sampleState("parallel"), pccRecord })
      .limits.inForce.filter(({ name }) => name.includes("after a load step"))
      .map((row) => plain(row));

  test("both directions, with time, power and energy", () => {
    const rows = shown(record({ exports: worth, imports: worth }));
    expect(rows[0]).toContain("Export, after a load step");
    expect(rows[0]).toContain("back within 0.41 s, at most 9.6 kW and 0.5 Wh beyond");
    expect(rows).toHaveLength(2);
  });

  test("as it runs, beside what is promised, with why and whether the promise is kept", () => {
    const because = "the power stage of Bay 2 follows 500 ms later than configured";
    const found = { exports: { ...worth, backMs: 913 }, imports: worth, promisedMs: 420, kept: false, because };
    const rows = show({ ...sampleState("parallel"), pccRecord: record({ exports: worth, imports: worth, found }) })
      .limits.inForce.filter(({ name }) => name.startsWith("Export, a"))
      .map(({ name, value, source }) => `${name}: ${value}. ${source}`.replaceAll("\u00a0", " "));
    expect(rows).toEqual([
      "Export, after a load step: back within 0.41 s, at most 9.6 kW and 0.5 Wh beyond. This meter, these stages",
      `Export, as it runs: back within 0.91 s, at most 9.6 kW and 0.5 Wh beyond. Promise not kept: ${because}`,
    ]);
  });

  test("a site that gives nothing back, and one that does not tell", () => {
    expect(shown(record({ exports: null, imports: worth }))).toHaveLength(1);
    expect(shown(undefined)).toEqual([]);
  });
});

describe("the session with a vehicle", () => {
  type Link = NonNullable<SiteState["evses"][number]["link"]>;
  const session = { protocol: "ISO 15118-20", vehicle: "WMIV1", phase: "energy", bidirectional: false };
  const listening = { listens: true, sentence: "fe80::1, port 50123" };
  const gone = {
    protocol: "DIN SPEC 70121",
    vehicle: "caf2",
    atMs: sampleState("parallel").atMs,
    sentence: "Ended because of this: no request for 10 s in loop. The vehicle may begin a new one",
    inOrder: false,
  };
  const told = (link: Link | null): string => {
    const state = sampleState("parallel");
    const one = state.evses.find(({ connected }) => connected)!;
    const evses = state.evses.map((evse) => (evse === one ? { ...evse, link } : evse));
    return plain(show(siteStateSchema.parse({ ...state, evses }), "operator", one.evse).why!.facts);
  };

  test.each<[string, Link, RegExp]>([
    ["both directions", { ...listening, session: { ...session, bidirectional: true, noDischarge: "" } }, /"Both"/],
    ["how far it is", { ...listening, session: { ...session, noDischarge: "" } }, /WMIV1","Energy may flow"/],
    [
      "not agreed on yet",
      { ...listening, session: { ...session, noDischarge: "" } },
      /"Directions","Not agreed on yet"/,
    ],
    ["why only charged", { ...listening, session: { ...session, noDischarge: "no pair" } }, /"Charges only","no pair"/],
    [
      "for what it waits",
      { ...listening, session: { ...session, noDischarge: "", waits: "somebody to pay, by a card or the backend" } },
      /"Waits for","somebody to pay, by a card or the backend"/,
    ],
    [
      "nothing where energy may flow",
      { ...listening, session: { ...session, noDischarge: "", waits: "" } },
      /WMIV1","Energy may flow"\],\["Dir/,
    ],
    [
      "how the last one ended",
      { ...listening, session: null, last: gone },
      /"Last session, .*","DIN SPEC 70121, caf2. Ended because of this: no request for 10 s in loop\. /,
    ],
    ["nobody yet", { ...listening, session: null }, /"No session","Listens on fe80::1, port 50123"/],
    ["why nothing listens", { listens: false, sentence: "it has expired", session: null }, /listen.*it has expired/],
  ])("%s", (_, link, pattern) => expect(told(link)).toMatch(pattern));

  test("nothing is said where the charger speaks for itself", () => expect(told(null)).not.toMatch(/ession|listen/));
});

describe("directions in words", () => {
  const cases: readonly (readonly [string, Partial<SiteState>, RegExp])[] = [
    ["import", { pccW: 5800 }, /"Importing 5\.8 kW"/],
    ["export", { pccW: -3100 }, /"Exporting 3\.1 kW"/],
    ["nothing is importing nothing", { pccW: 0 }, /"Importing 0\.0 kW"/],
    ["an unknown meter is not a number", { pccW: null }, /"No value"/],
  ];
  test.each(cases)("%s", (_name, change, wanted) => {
    expect(plain(show({ ...sampleState("parallel"), ...change }).diagram)).toMatch(wanted);
  });
  test("a frozen meter shows no power at all", () => {
    const state = sampleState("parallel");
    const shown = show({ ...state, health: { ...state.health, meterQuality: "frozen" } });
    expect(shown.diagram.meter.value).toBe("Frozen");
    expect(shown.health.find((item) => item.name === "PCC meter")).toEqual({
      name: "PCC meter",
      value: "Frozen, 24\u00a0ms old",
      level: "critical",
    });
  });
  test("a permit with 25 kW says how much of it is used", () => {
    const state = { ...sampleState("parallel"), exportLimitW: 25_000, pccW: -18_000 };
    expect(plain(show(state).mode.rest)).toBe('"Exporting 18.0 of 25.0 kW permitted."');
  });
});

describe("K1", () => {
  test.each([
    ["closed", "closed", "good", "Proven closed", "closed"],
    ["open", "open", "good", "Proven open", "open"],
    ["open", "closed", "good", "Not proven", "unproven"],
    ["closed", "open", "good", "Not proven", "unproven"],
    ["unknown", "unknown", "good", "Not proven", "unproven"],
    ["open", "open", "stale", "Does not answer", "unproven"],
  ] as const)("NO %s, NC %s, %s → %s", (no, nc, quality, value, position) => {
    const state = sampleState("parallel");
    const { k1 } = show({ ...state, k1: { ...state.k1, no, nc, quality } }).diagram;
    expect([k1.value, k1.position]).toEqual([value, position]);
  });
});

describe("why", () => {
  test("the binding limit explains the row, the chain keeps the headroom of the others", () => {
    const { why, chargers } = show(sampleState("parallel"), "operator", 7);
    expect(why?.title).toBe("Charger 7, Bus 110");
    expect(
      why?.chain.map((link) => [
        link.name,
        link.bound.replaceAll("\u00a0", " "),
        link.distance.replaceAll("\u00a0", " "),
      ]),
    ).toEqual([
      ["Reserve", "52.0 kW", "28.0 kW spare"],
      ["Export limit", "24.0 kW", "binds"],
      ["Vehicle", "55.0 kW", "31.0 kW spare"],
      ["Power stage rating", "60.0 kW", "36.0 kW spare"],
    ]);
    expect(chargers[6]?.because.replaceAll("\u00a0", " ")).toBe("Export limit 24.0 kW");
  });
  test("a limit that allows no discharge says so without a number", () => {
    expect(show(sampleState("parallel")).chargers[11]?.because).toBe("Reserve");
  });
});

describe("stays total", () => {
  test.each(modeNames)("mode %s has a sentence for every sample", (mode) => {
    for (const name of sampleNames) {
      const state = sampleState(name);
      for (const role of roles) {
        const shown = show({ ...state, mode: { ...state.mode, mode } }, role);
        expect(shown.mode.lead).toMatch(/\.$/);
        expect(shown.mode.rest).toMatch(/\.$/);
        expect(shown.mode.next.length).toBeGreaterThan(0);
      }
    }
  });
  test("no state within the contract stops the view", () => {
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const powers = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...sampleNames),
        fc.constantFrom(...modeNames),
        maybe(powers),
        maybe(fc.double({ min: 0, max: 1.3, noNaN: true })),
        maybe(powers),
        fc.boolean(),
        fc.constantFrom(...roles),
        fc.array(
          fc.record({
            setpointW: powers,
            powerW: maybe(powers),
            connected: fc.boolean(),
            socPct: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
            departsAtMs: maybe(fc.constantFrom(0, at(15, 6), 8.64e15)),
          }),
          { maxLength: 4 },
        ),
        (name, mode, pccW, voltagePu, exportLimitW, live, role, changes) => {
          const base = sampleState(name);
          const state: SiteState = {
            ...base,
            pccW,
            exportLimitW,
            mode: { ...base.mode, mode },
            grid: { ...base.grid, voltagePu },
            bus: { ...base.bus, live },
            tiers: live ? base.tiers : [],
            evses: base.evses.map((evse, i) => ({ ...evse, ...changes[i] })),
          };
          const shown = view(state, { role, supported: actionIds });
          expect(plain(shown.mode)).not.toMatch(/undefined|NaN/);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("moments and durations", () => {
  const words = wordsFor("America/Los_Angeles");
  test.each([
    [at(14, 16, 42, 7), "16:42:07"],
    [at(14, 21), "21:00:00"],
  ])("%s is %s at the site", (atMs, text) => expect(words.time(atMs)).toBe(text));
  test("a moment tomorrow says so", () => expect(words.moment(at(15, 6), at(14, 16))).toBe("06:00 tomorrow"));
  test("an unknown zone falls back to UTC instead of failing", () =>
    expect(wordsFor("Not/AZone").time(Date.UTC(2026, 0, 1, 12))).toBe("12:00:00"));
  test.each([
    [24, "24 ms"],
    [38_000, "38 s"],
    [660_000, "11 min"],
    [7_440_000, "2 h 4 min"],
    [12 * 86_400_000, "12 days"],
    [-5, "0 ms"],
  ])("%i ms is “%s”", (ms, text) => expect(duration(ms).replaceAll("\u00a0", " ")).toBe(text));
  test("a long list is bounded", () => expect(listOf(["1", "2", "3", "4", "5", "6"])).toBe("1, 2, 3 and 3 more"));
});

describe("actions", () => {
  const person = (role: AccountRole, onSite = false) => ({ name: "Operator", role, onSite });
  const check = (
    name: (typeof sampleNames)[number],
    action: (typeof actionIds)[number],
    values: Record<string, number | string> = {},
    more: {
      role?: AccountRole;
      onSite?: boolean;
      reason?: string;
      ageMs?: number;
      change?: (state: SiteState) => SiteState;
    } = {},
  ) =>
    checkAction(
      (more.change ?? ((state) => state))(sampleState(name)),
      { action, reason: more.reason ?? "a test", values },
      person(more.role ?? "operator", more.onSite ?? false),
      actionIds,
      more.ageMs ?? 0,
    );
  const healed = (state: SiteState): SiteState => ({
    ...state,
    k1: { ...state.k1, nc: "open", agreeSinceMs: state.atMs - 1500 },
  });

  const ledger = (tooMany: boolean) => ({ count: 3, tooMany, tooLong: false });
  const alarmed = (state: SiteState): SiteState => ({
    ...state,
    pccRecord: {
      exports: ledger(true),
      imports: ledger(false),
      recent: [],
      passport: { count: 0, p50Ms: null, p99Ms: null, longestMs: 0, promisedMs: 500, lateCount: 0 },
      relay: "",
    },
  });
  const altered = (state: SiteState): SiteState => ({
    ...state,
    evses: state.evses.map((evse) =>
      evse.evse === 3 ? { ...evse, functionsDiffer: "register 704.AntiIslEna is 0, expected 1" } : evse,
    ),
  });

  test.each([
    ["an operator stops all", () => check("parallel", "stop"), true],
    ["a viewer may not", () => check("parallel", "stop", {}, { role: "viewer" }), "refuse.role"],
    ["without a reason", () => check("parallel", "stop", {}, { reason: "  " }), "refuse.reason"],
    ["on a state of 4 s ago", () => check("parallel", "stop", {}, { ageMs: 4000 }), "refuse.stale"],
    ["an operator tightens", () => check("parallel", "tighten", { demandLimitW: 200_000 }), true],
    [
      "an operator may only tighten",
      () => check("parallel", "tighten", { demandLimitW: 300_000 }),
      "refuse.onlyTighten",
    ],
    ["a negative limit", () => check("parallel", "tighten", { demandLimitW: -1 }), "refuse.value"],
    ["a limit that is no number", () => check("parallel", "tighten", { demandLimitW: "much" }), "refuse.value"],
    ["no limit at all", () => check("parallel", "tighten"), "refuse.missing"],
    ["a reserve of 40 %", () => check("parallel", "reserve", { reservePct: 40 }), true],
    ["a reserve of 95 %", () => check("parallel", "reserve", { reservePct: 95 }), "refuse.value"],
    [
      "a departure tomorrow",
      () => check("parallel", "departure", { evse: "7", departsAtMs: at(15, 6), targetPct: 80 }),
      true,
    ],
    [
      "a departure in the past",
      () => check("parallel", "departure", { evse: "7", departsAtMs: at(14, 6), targetPct: 80 }),
      "refuse.past",
    ],
    [
      "a departure of an empty charger",
      () => check("parallel", "departure", { evse: "5", departsAtMs: at(15, 6), targetPct: 80 }),
      "refuse.value",
    ],
    ["a planned island from afar", () => check("parallel", "plannedIsland"), "refuse.onSiteIsland"],
    ["a planned island on site", () => check("parallel", "plannedIsland", {}, { onSite: true }), true],
    ["a planned island during the wait", () => check("enter", "plannedIsland", {}, { onSite: true }), "refuse.notNow"],
    [
      "a planned island while locked out",
      () => check("locked", "plannedIsland", {}, { onSite: true }),
      "refuse.notNow",
    ],
    [
      "a reset while the contacts disagree",
      () => check("locked", "resetLockout", {}, { role: "installer", onSite: true }),
      "refuse.notNow",
    ],
    [
      "a reset by an operator",
      () => check("locked", "resetLockout", {}, { onSite: true, change: healed }),
      "refuse.role",
    ],
    [
      "a reset from afar",
      () => check("locked", "resetLockout", {}, { role: "installer", change: healed }),
      "refuse.onSite",
    ],
    [
      "a reset on site with agreeing contacts",
      () => check("locked", "resetLockout", {}, { role: "installer", onSite: true, change: healed }),
      true,
    ],
    [
      "a reset with a frozen meter",
      () =>
        check(
          "locked",
          "resetLockout",
          {},
          {
            role: "installer",
            onSite: true,
            change: (state) => ({ ...healed(state), health: { ...state.health, meterQuality: "frozen" } }),
          },
        ),
      "refuse.notNow",
    ],
    [
      "a reset when nothing is locked",
      () => check("parallel", "resetLockout", {}, { role: "installer", onSite: true }),
      "refuse.notNow",
    ],
    [
      "an acknowledgement needs no reason",
      () => check("parallel", "acknowledge", { event: "stopped-16" }, { reason: "" }),
      true,
    ],
    [
      "alarms of the record that stand are acknowledged",
      () => check("parallel", "acknowledgeLedgers", {}, { change: alarmed }),
      true,
    ],
    ["alarms of the record that do not stand", () => check("parallel", "acknowledgeLedgers"), "refuse.notNow"],
    [
      "altered functions are written anew by an installer",
      () => check("parallel", "rewriteFunctions", { evse: "3" }, { role: "installer", change: altered }),
      true,
    ],
    [
      "not by an operator",
      () => check("parallel", "rewriteFunctions", { evse: "3" }, { change: altered }),
      "refuse.role",
    ],
    [
      "not at a charger whose functions agree",
      () => check("parallel", "rewriteFunctions", { evse: "4" }, { role: "installer", change: altered }),
      "refuse.value",
    ],
    [
      "nor where all agree",
      () => check("parallel", "rewriteFunctions", { evse: "3" }, { role: "installer" }),
      "refuse.notNow",
    ],
    ["an event that is gone", () => check("parallel", "acknowledge", { event: "nothing" }), "refuse.unknownEvent"],
    [
      "more export than the permit",
      () =>
        check(
          "parallel",
          "setLimit",
          { exportLimitW: 30_000 },
          {
            role: "installer",
            change: (state) => ({
              ...state,
              permit: { ...state.permit!, mode: "parallel-export", exportLimitW: 25_000 },
            }),
          },
        ),
      "refuse.abovePermit",
    ],
    [
      "an installer may raise what an operator tightened",
      () => check("parallel", "tighten", { demandLimitW: 300_000 }, { role: "installer" }),
      true,
    ],
    [
      "an island of an outage is not ended by hand: the grid is dead",
      () => check("island", "endIsland"),
      "refuse.notNow",
    ],
    [
      "an island of an outage returns by itself when the grid is good",
      () =>
        check(
          "island",
          "endIsland",
          {},
          { change: (state) => ({ ...state, grid: { ...state.grid, voltagePu: 1, frequencyHz: 60, good: true } }) },
        ),
      "refuse.notNow",
    ],
    [
      "an island that was asked for returns when an operator says so",
      () =>
        check(
          "island",
          "endIsland",
          {},
          {
            change: (state) => ({
              ...state,
              grid: { ...state.grid, voltagePu: 1, frequencyHz: 60, good: true },
              mode: { ...state.mode, cause: { key: "cause.operatorIsland" } },
            }),
          },
        ),
      true,
    ],
    ["a restore of the next tier", () => check("island", "restoreTier", { tier: "2" }), true],
    ["a restore out of order", () => check("island", "restoreTier", { tier: "3" }), "refuse.value"],
  ] as const)("%s → %s", (_name, run, expected) => {
    const result = run();
    expect(result.ok ? true : result.error.key).toBe(expected);
  });

  test.each(sampleNames)("%s: what is offered to a role passes its own check, what is not has a reason", (name) => {
    const state = sampleState(name);
    for (const role of roles) {
      const { offered, notOffered, none } = offers(state, role, actionIds);
      for (const action of offered) {
        expect(roles.indexOf(role)).toBeGreaterThanOrEqual(roles.indexOf(actionRows[action.id].role));
        const values: Record<string, number | string> = {};
        for (const input of action.inputs)
          values[input.name] =
            input.kind === "power"
              ? input.valueW
              : input.kind === "percent"
                ? input.valuePct
                : input.kind === "moment"
                  ? state.atMs + 3_600_000
                  : input.kind === "choice"
                    ? (input.options[0]?.[0] ?? "")
                    : "text";
        const result = checkAction(
          state,
          { action: action.id, reason: "a test", values },
          person(role, true),
          actionIds,
          0,
        );
        expect(result.ok, `${name} ${role} ${action.id}: ${result.ok ? "" : result.error.key}`).toBe(true);
        expect(action.effects.length).toBeGreaterThan(0);
      }
      for (const item of notOffered) expect(item.because).toMatch(/\.$/);
      if (role === "viewer")
        expect([offered.length, none]).toEqual([0, "You are signed in as a viewer. Sign in as an operator to act."]);
    }
  });
  test("what the controller cannot carry out is not offered", () => {
    expect(offers(sampleState("parallel"), "installer", ["stop"]).offered.map((action) => action.id)).toEqual(["stop"]);
  });
});
