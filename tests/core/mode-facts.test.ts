/** From readings with ages to facts: asymmetry, freshness, many stages, no transfer device. */
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../src/core/modes/authority.ts";
import {
  createGridVerdict,
  createModeFacts,
  deriveModeFacts,
  type GridVerdict,
  type ModeFacts,
  type ModeFactsConfig,
  modeFactsDefaults,
  StageLink,
} from "../../src/core/modes/facts.ts";
import { createSnapshot, liveMaxMs, type Snapshot } from "../../src/core/snapshot.ts";

const nowMs = 100_000;

/** A site on a good grid with `stages` stages that are off. */
function facts(
  change: (s: Snapshot, grid: GridVerdict) => void = () => {},
  stages = 1,
  given: Partial<ModeFactsConfig> = {},
): ModeFacts {
  const snapshot = createSnapshot(stages, 0);
  Object.assign(snapshot.transferDevice, {
    atMs: nowMs,
    liveAtMs: nowMs,
    contactNo: "closed",
    contactNc: "closed",
    gridVoltagePu: 1,
    gridFrequencyHz: 60,
    busVoltagePu: 1,
    busFrequencyHz: 60,
  });
  Object.assign(snapshot.meter, { atMs: nowMs, voltagePu: 1, frequencyHz: 60 });
  for (const stage of snapshot.stages) Object.assign(stage, { atMs: nowMs, liveAtMs: nowMs, role: "off", powerW: 0 });
  const grid = Object.assign(createGridVerdict(), { inEnterServiceWindow: true, meterTrusted: true });
  change(snapshot, grid);
  return deriveModeFacts(
    createModeFacts(stages),
    snapshot,
    createAuthority(),
    grid,
    { ...modeFactsDefaults, ...given },
    0,
    nowMs,
  );
}
const dead = { gridVoltagePu: 0, gridFrequencyHz: 0 } as const;

describe("K1 and its two sides", () => {
  const cases: readonly (readonly [
    name: string,
    change: (s: Snapshot, grid: GridVerdict) => void,
    expected: Partial<ModeFacts>,
  ])[] = [
    [
      "closed on a good grid",
      () => {},
      {
        provenClosed: true,
        provenOpen: false,
        coherentClosed: true,
        gridGood: true,
        gridHolds: true,
        gridServes: true,
        contradiction: false,
      },
    ],
    [
      "one contact says open",
      (s) => {
        s.transferDevice.contactNo = "open";
      },
      { provenClosed: false, provenOpen: false, disagree: true, contradiction: true },
    ],
    [
      "one contact says nothing",
      (s) => {
        s.transferDevice.contactNc = "unknown";
      },
      { provenClosed: false, disagree: true },
    ],
    [
      "it answers, and its own clock has stopped a moment ago: still believed",
      (s) => void Object.assign(s.transferDevice, { liveAtMs: nowMs - liveMaxMs }),
      { deviceFresh: true, provenClosed: true },
    ],
    [
      "it answers, and its own clock has stood for longer: nothing is known of K1",
      (s) => void Object.assign(s.transferDevice, { liveAtMs: nowMs - liveMaxMs - 1 }),
      { deviceFresh: false, provenClosed: false, disagree: false, gridGood: false, gridHolds: false },
    ],
    [
      "no answer for 201 ms",
      (s) => {
        s.transferDevice.atMs = nowMs - 201;
      },
      {
        deviceFresh: false,
        provenClosed: false,
        disagree: false,
        gridGood: false,
        gridHolds: false,
        contradiction: false,
      },
    ],
    [
      "a voltage that is no number",
      (s) => {
        s.transferDevice.busVoltagePu = Number.NaN;
      },
      { deviceFresh: false, provenClosed: false },
    ],
    [
      "closed, but only one side is live",
      (s) => {
        s.transferDevice.busVoltagePu = 0;
      },
      { contradiction: true, coherentClosed: false },
    ],
    [
      "open, dead bus",
      (s) => {
        Object.assign(s.transferDevice, { contactNo: "open", contactNc: "open", busVoltagePu: 0.05 });
      },
      { provenOpen: true, busDead: true, coherentOpen: true, contradiction: false },
    ],
    [
      "open, live bus that nobody forms",
      (s) => {
        Object.assign(s.transferDevice, { contactNo: "open", contactNc: "open" });
      },
      { busDead: false, coherentOpen: false, contradiction: true },
    ],
    [
      "open, live bus that a stage forms",
      (s) => {
        Object.assign(s.transferDevice, { contactNo: "open", contactNc: "open" });
        s.stages[0]!.role = "forming";
      },
      { busDead: false, contradiction: false, anyForming: true },
    ],
    [
      "neither live nor dead",
      (s) => {
        s.transferDevice.busVoltagePu = 0.3;
      },
      { busLive: false, busVoltageDead: false, contradiction: false, coherentClosed: false },
    ],
  ];
  test.each(cases)("%s", (_, change, expected) => expect(facts(change)).toMatchObject(expected));
});

describe("the grid: good needs both voltmeters, one bad one ends discharging, both are needed to leave it", () => {
  const cases: readonly (readonly [
    name: string,
    change: (s: Snapshot, grid: GridVerdict) => void,
    expected: Partial<ModeFacts>,
  ])[] = [
    [
      "a sag inside ride-through",
      (s, g) => {
        s.meter.voltagePu = 0.8;
        s.transferDevice.gridVoltagePu = 0.8;
        g.inEnterServiceWindow = false;
      },
      { gridGood: false, gridHolds: true, gridOut: false },
    ],
    [
      "the meter's power is condemned, K1's voltmeter shows the same voltage: the grid is good, and nothing else",
      (_, g) => void Object.assign(g, { meterTrusted: false, meterShowsVoltage: true }),
      { meterFresh: false, gridGood: true, gridHolds: false },
    ],
    [
      "the same, and the two voltmeters differ",
      (s, g) => {
        s.meter.voltagePu = 0.96;
        Object.assign(g, { meterTrusted: false, meterShowsVoltage: true });
      },
      { meterFresh: false, gridGood: false },
    ],
    [
      "the same, and their frequencies differ",
      (s, g) => {
        s.meter.frequencyHz = 60.3;
        Object.assign(g, { meterTrusted: false, meterShowsVoltage: true });
      },
      { meterFresh: false, gridGood: false },
    ],
    [
      "the meter is not believed for another reason",
      (_, g) => void Object.assign(g, { meterTrusted: false }),
      { meterFresh: false, gridGood: false },
    ],
    [
      "the meter's trip",
      (s, g) => {
        s.meter.voltagePu = 0.8;
        g.inEnterServiceWindow = false;
        g.tripped = true;
      },
      { gridGood: false, gridHolds: false, gridOut: false },
    ],
    [
      "the device's trip",
      (s, g) => {
        s.transferDevice.gridVoltagePu = 0.8;
        g.deviceTripped = true;
      },
      { gridGood: false, gridHolds: false, gridOut: false },
    ],
    [
      "both trip",
      (s, g) => {
        s.meter.voltagePu = 0.8;
        s.transferDevice.gridVoltagePu = 0.8;
        Object.assign(g, { inEnterServiceWindow: false, tripped: true, deviceTripped: true });
      },
      { gridHolds: false, gridOut: true },
    ],
    [
      "dead for both",
      (s, g) => {
        Object.assign(s.transferDevice, dead, { busVoltagePu: 0 });
        Object.assign(s.meter, { voltagePu: 0, frequencyHz: 0 });
        g.inEnterServiceWindow = false;
      },
      { gridOut: true, gridServes: false },
    ],
    [
      "dead for the device, the meter lost its supply",
      (s) => {
        Object.assign(s.transferDevice, dead, { busVoltagePu: 0 });
        s.meter.atMs = nowMs - 5_000;
      },
      { gridOut: true, meterFresh: false },
    ],
    [
      "dead for the device, good for the meter",
      (s) => {
        Object.assign(s.transferDevice, dead, { busVoltagePu: 0 });
      },
      { gridOut: false, gridGood: false },
    ],
    [
      "dead for the meter, good for the device",
      (s, g) => {
        Object.assign(s.meter, { voltagePu: 0, frequencyHz: 0 });
        g.inEnterServiceWindow = false;
      },
      { gridOut: false, gridGood: false, gridServes: true },
    ],
    [
      "dead for the device, sagging for the meter",
      (s, g) => {
        Object.assign(s.transferDevice, dead, { busVoltagePu: 0 });
        s.meter.voltagePu = 0.9;
        g.inEnterServiceWindow = false;
      },
      { gridOut: false },
    ],
    [
      "the meter is frozen",
      (_, g) => {
        g.meterTrusted = false;
      },
      { gridGood: false, gridHolds: false, gridOut: false, gridServes: true },
    ],
    [
      "the mains are gone although voltage is there",
      (_, g) => {
        g.mainsLost = true;
      },
      { gridHolds: false, gridServes: false },
    ],
  ];
  test.each(cases)("%s", (_, change, expected) => expect(facts(change)).toMatchObject(expected));
});

describe("many stages", () => {
  const silentFor =
    (ms: number, role: "off" | "discharge" | "forming" = "off") =>
    (s: Snapshot) => {
      Object.assign(s.stages[7]!, { atMs: nowMs - ms, role, powerW: role === "off" ? 0 : -50_000 });
    };
  const offAfterMs = modeFactsDefaults.stageFreshMs + modeFactsDefaults.watchdogMs + modeFactsDefaults.stageStopMs;
  const cases: readonly (readonly [name: string, change: (s: Snapshot) => void, expected: Partial<ModeFacts>])[] = [
    [
      "one of twenty has just fallen silent: heard, not fresh",
      silentFor(400),
      { stagesFresh: false, stagesHeard: true, coherentClosed: false },
    ],
    [
      "its watchdog has ended it: counted off",
      silentFor(offAfterMs + 1),
      { stagesFresh: true, stagesHeard: true, coherentClosed: true, off: true },
    ],
    ["just before that it is still silent", silentFor(offAfterMs), { stagesFresh: false }],
    [
      "its own watchdog takes longer than the site counts on: waited for",
      (s) => {
        silentFor(offAfterMs + 1)(s);
        s.stages[7]!.watchdogMs = 30_000;
      },
      { stagesFresh: false },
    ],
    [
      "its own watchdog takes a shorter time: the site's counts",
      (s) => {
        silentFor(offAfterMs)(s);
        s.stages[7]!.watchdogMs = 2_000;
      },
      { stagesFresh: false },
    ],
    ["silent while it may be forming", silentFor(400, "forming"), { stagesHeard: false, stagesFresh: false }],
    [
      "silent while discharging: not seen, so no uncommanded output",
      silentFor(400, "discharge"),
      { stagesHeard: true, anyDischarging: false },
    ],
    [
      "never heard since the start, long ago",
      (s) => {
        s.stages[7]!.atMs = Number.NEGATIVE_INFINITY;
      },
      { stagesFresh: true, off: true },
    ],
    [
      "it answers, and its own clock has just stopped: still believed",
      (s) => void Object.assign(s.stages[7]!, { liveAtMs: nowMs - liveMaxMs, role: "discharge", powerW: -50_000 }),
      { stagesFresh: true, anyDischarging: true, off: false },
    ],
    [
      "it answers, and its own clock has stood for longer: what it says is old, so no uncommanded output",
      (s) => void Object.assign(s.stages[7]!, { liveAtMs: nowMs - liveMaxMs - 1, role: "discharge", powerW: -50_000 }),
      { stagesFresh: false, stagesHeard: true, anyDischarging: false, off: true },
    ],
    [
      "frozen while it may be forming",
      (s) => void Object.assign(s.stages[7]!, { liveAtMs: nowMs - liveMaxMs - 1, role: "forming" }),
      { stagesHeard: false, stagesFresh: false },
    ],
    [
      "frozen for longer than its watchdog: counted off, as if it were silent",
      (s) => void Object.assign(s.stages[7]!, { liveAtMs: nowMs - offAfterMs - 1, role: "discharge", powerW: -50_000 }),
      { stagesFresh: true, off: true, coherentClosed: true },
    ],
    [
      "all silent",
      (s) => {
        for (const stage of s.stages) stage.atMs = nowMs - 400;
      },
      { stagesFresh: false, stagesHeard: false, off: false },
    ],
    [
      "all counted off: still nobody answers",
      (s) => {
        for (const stage of s.stages) stage.atMs = 0;
      },
      { stagesFresh: false, stagesHeard: false, off: false },
    ],
    [
      "one gives power although it says off",
      (s) => {
        s.stages[3]!.powerW = -2_000;
      },
      { anyDischarging: true, off: false },
    ],
    [
      "standby power of an idle stage",
      (s) => {
        s.stages[3]!.powerW = -40;
      },
      { anyDischarging: false, off: true },
    ],
    [
      "one says discharge and no power is known",
      (s) => {
        Object.assign(s.stages[3]!, { role: "discharge", powerW: Number.NaN });
      },
      { anyDischarging: true },
    ],
  ];
  test.each(cases)("%s", (_, change, expected) => expect(facts(change, 20)).toMatchObject(expected));

  test("each stage's link is told", () => {
    const { stageLinks } = facts((s) => {
      s.stages[0]!.atMs = nowMs - 400;
      s.stages[1]!.atMs = 0;
    }, 3);
    expect([...stageLinks]).toEqual([StageLink.silent, StageLink.presumedOff, StageLink.online]);
  });
});

describe("without a transfer device", () => {
  const none = { canIsolate: false };
  test("the site is closed onto the grid for ever, and the meter alone speaks for it", () => {
    const found = facts((s) => Object.assign(s.transferDevice, createSnapshot(0, 0).transferDevice), 1, none);
    expect(found).toMatchObject({
      provenClosed: true,
      coherentClosed: true,
      gridGood: true,
      gridHolds: true,
      backupOK: false,
      contradiction: false,
    });
  });
  test("an outage is nothing to leave", () => {
    const found = facts(
      (s, g) => {
        s.meter.voltagePu = 0;
        g.inEnterServiceWindow = false;
      },
      1,
      none,
    );
    expect(found).toMatchObject({ gridOut: false, gridGood: false, contradiction: false, gridServes: false });
  });
  test("a lost meter ends discharging, not charging", () => {
    expect(
      facts(
        (s) => {
          s.meter.atMs = 0;
        },
        1,
        none,
      ),
    ).toMatchObject({ gridHolds: false, gridServes: true });
  });
});

describe("a stage that forms and is silent for a moment", () => {
  const silentMs = 1_200;
  const island = (s: Snapshot): void => {
    Object.assign(s.transferDevice, { contactNo: "open", contactNc: "open", gridVoltagePu: 0, gridFrequencyHz: 0 });
    Object.assign(s.stages[0]!, { role: "forming", powerW: -5_000, atMs: nowMs - silentMs });
  };
  const cases: readonly (readonly [name: string, change: (s: Snapshot) => void, link: number])[] = [
    ["the open device and the live bus speak for it", () => {}, StageLink.online],
    ["the bus is dead", (s) => void Object.assign(s.transferDevice, { busVoltagePu: 0 }), StageLink.silent],
    ["one contact says closed", (s) => void Object.assign(s.transferDevice, { contactNo: "closed" }), StageLink.silent],
    ["the device is silent too", (s) => void Object.assign(s.transferDevice, { atMs: nowMs - 500 }), StageLink.silent],
    ["it was off", (s) => void Object.assign(s.stages[0]!, { role: "off" }), StageLink.silent],
    ["it is silent for too long", (s) => void Object.assign(s.stages[0]!, { atMs: nowMs - 2_100 }), StageLink.silent],
  ];
  test.each(cases)("%s", (_, change, link) => {
    const found = facts(
      (s) => {
        island(s);
        change(s);
      },
      1,
      { formingFreshMs: 2_000 },
    );
    expect(found.stageLinks[0]).toBe(link);
    expect(found.anyForming).toBe(link === StageLink.online);
  });
});

describe("second lines of the facts", () => {
  /** A site cut off from a dead grid, at `startedMs`, with what `change` makes of it. */
  function cut(
    change: (s: Snapshot) => void,
    given: Partial<ModeFactsConfig> = {},
    authority = createAuthority(),
    startedMs = 0,
  ): ModeFacts {
    const snapshot = createSnapshot(1, 0);
    const both = { atMs: nowMs, liveAtMs: nowMs };
    Object.assign(snapshot.transferDevice, { ...both, contactNo: "open", contactNc: "open", ...dead, busVoltagePu: 0 });
    Object.assign(snapshot.stages[0]!, { ...both, role: "off", powerW: 0 });
    change(snapshot);
    const config = { ...modeFactsDefaults, ...given };
    return deriveModeFacts(createModeFacts(1), snapshot, authority, createGridVerdict(), config, startedMs, nowMs);
  }

  test("a bus without voltage is dead only when every stage is off", () => {
    expect(cut(() => {}).busDead).toBe(true);
    expect(cut((s) => void Object.assign(s.stages[0]!, { role: "charge" })).busDead).toBe(false);
  });

  test("after a restart a stage that nobody has heard may be forming", () => {
    const unheard = (s: Snapshot): void => {
      Object.assign(s.stages[0]!, { atMs: Number.NEGATIVE_INFINITY, liveAtMs: Number.NEGATIVE_INFINITY });
    };
    const two = createSnapshot(2, 0);
    Object.assign(two.stages[0]!, { atMs: nowMs, liveAtMs: nowMs, powerW: 0 });
    const heard = (startedMs: number): boolean =>
      deriveModeFacts(
        createModeFacts(2),
        two,
        createAuthority(),
        createGridVerdict(),
        modeFactsDefaults,
        startedMs,
        nowMs,
      ).stagesHeard;
    expect(cut(unheard, {}, createAuthority(), nowMs - 1_000).stagesHeard).toBe(false);
    expect(heard(nowMs - 1_000)).toBe(false);
    expect(heard(0)).toBe(true);
  });

  test("a request for an island ends with its time", () => {
    const request = (untilMs: number) => (s: Snapshot) =>
      void Object.assign(s.site, { islandRequested: true, islandRequestUntilMs: untilMs });
    expect(cut(request(nowMs + 1)).islandRequested).toBe(true);
    expect(cut(request(nowMs)).islandRequested).toBe(false);
  });

  test("backup without a transfer device is refused here as well", () => {
    const authority = Object.assign(createAuthority(), { backupOK: true });
    expect(cut(() => {}, {}, authority).backupOK).toBe(true);
    expect(cut(() => {}, { canIsolate: false }, authority).backupOK).toBe(false);
  });

  const synchronism: readonly (readonly [string, Partial<Snapshot["transferDevice"]>, boolean])[] = [
    ["both sides together", {}, true],
    ["the relay says no", { syncRelay: false }, false],
    ["the angle is outside the window", { phaseDeg: 25 }, false],
    ["inside now, outside when the contact touches", { phaseDeg: 16, busFrequencyHz: 60.25 }, false],
    ["the voltages differ", { busVoltagePu: 0.85 }, false],
  ];
  test.each(synchronism)("a contact travel under way, %s", (_, change, holds) => {
    const live = {
      gridVoltagePu: 1,
      gridFrequencyHz: 60,
      busVoltagePu: 1,
      busFrequencyHz: 60,
      phaseDeg: 0,
      syncRelay: true,
    };
    const found = cut((s) => void Object.assign(s.transferDevice, live, change), { closedTransition: true });
    expect(found.syncHolds).toBe(holds);
  });
});

describe("for how long a stage has given power since it must have stopped", () => {
  const never = Number.NEGATIVE_INFINITY;
  const endedMs = modeFactsDefaults.stageFreshMs + modeFactsDefaults.watchdogMs + modeFactsDefaults.stageStopMs;
  const told = (role: "off" | "forming", stopHeardAtMs: number, acknowledgedAtMs: number) => (s: Snapshot) => {
    Object.assign(s.stages[1]!, { role, stopHeardAtMs, acknowledgedAtMs });
  };
  const cases: readonly (readonly [name: string, change: (s: Snapshot) => void, expectedMs: number])[] = [
    ["it has acknowledged an order to stop", told("forming", nowMs - 700, nowMs), 700],
    [
      "nobody can tell what it has acknowledged: for longer than any bound",
      told("forming", never, never),
      Number.POSITIVE_INFINITY,
    ],
    ["the last that it acknowledged lets it", told("forming", Number.POSITIVE_INFINITY, nowMs - 100), 100 - endedMs],
    [
      "the same, and its watchdog must have ended it",
      told("forming", Number.POSITIVE_INFINITY, nowMs - endedMs - 900),
      900,
    ],
    ["it is off", told("off", nowMs - 700, nowMs), never],
    [
      "of two the one that has heard it for longer",
      (s) => {
        told("forming", Number.POSITIVE_INFINITY, nowMs)(s);
        Object.assign(s.stages[0]!, { role: "forming", stopHeardAtMs: nowMs - 300 });
      },
      300,
    ],
  ];
  test.each(cases)("%s", (_, change, expectedMs) => expect(facts(change, 2).givingAgainstMs).toBe(expectedMs));
});
