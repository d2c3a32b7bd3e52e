/** The states of a limited system: every change of the table, and what time alone does. */
import { describe, expect, it } from "vitest";
import { createLimitMachine, type FailSafe, type LimitMachine } from "../../../src/protocols/eebus/limit-machine.ts";
import {
  changeOn,
  type LimitEvent,
  type LimitState,
  limitChanges,
  limitEvents,
  limitStates,
} from "../../../src/protocols/eebus/limit-states.table.ts";

const failSafe: FailSafe = { limitW: 4_200, durationMs: 2 * 3_600_000, endsByItself: false };
const ends: FailSafe = { ...failSafe, endsByItself: true };
const limit = (valueW = 3_000, endsMs: number | null = null) => ({ isActive: true, valueW, endsMs });
const none = { isActive: false, valueW: 0, endsMs: null };

/** A machine whose clock a test turns: heartbeats come every 50 s while it is told so. */
function run(options: { readonly wasLimited?: boolean; readonly before?: number; readonly failSafe?: FailSafe } = {}) {
  let nowMs = 0;
  let beats = false;
  const machine = createLimitMachine(
    0,
    options.wasLimited ?? false,
    options.before === undefined ? null : { valueW: options.before },
  );
  const rules = options.failSafe ?? failSafe;
  return {
    machine,
    rules,
    beats(on: boolean) {
      beats = on;
      if (on) machine.heartbeat(nowMs);
    },
    say(word: ReturnType<typeof limit>) {
      machine.word(word, nowMs);
      machine.step(rules, nowMs);
    },
    /** Passes seconds; returns after how many of them the state changed first. */
    pass(seconds: number): number {
      let changedS = Number.NaN;
      for (let s = 1; s <= seconds; s++) {
        nowMs += 1_000;
        if (beats && s % 50 === 0) machine.heartbeat(nowMs);
        if (machine.step(rules, nowMs) !== null && Number.isNaN(changedS)) changedS = s;
      }
      return changedS;
    },
    get nowMs() {
      return nowMs;
    },
  };
}
type Run = ReturnType<typeof run>;
const holdsW = ({ machine, rules }: Run): number | null => machine.limitW(rules);

/** How a machine comes into each state. */
const enter: Readonly<Record<LimitState, () => Run>> = {
  init: () => run(),
  "unlimited-controlled": () => {
    const it = run();
    it.beats(true);
    it.say(none);
    return it;
  },
  limited: () => {
    const it = run();
    it.beats(true);
    it.say(limit());
    return it;
  },
  "fail-safe": () => {
    const it = enter.limited();
    it.beats(false);
    it.pass(121);
    return it;
  },
  "unlimited-autonomous": () => {
    const it = run();
    it.pass(121);
    return it;
  },
};
const limitIn: Readonly<Record<LimitState, number | null>> = {
  init: 4_200,
  "unlimited-controlled": null,
  limited: 3_000,
  "fail-safe": 4_200,
  "unlimited-autonomous": null,
};

describe("states of a limited system", () => {
  it.each(limitStates.map((state) => [state] as const))("%s is entered, and its limit holds", (state) => {
    const it = enter[state]();
    expect(it.machine.state).toBe(state);
    expect(holdsW(it)).toBe(limitIn[state]);
  });

  const rows: readonly [string, LimitState, (it: Run) => void, LimitState][] = [
    [
      "heartbeat and no limit",
      "init",
      (it) => {
        it.beats(true);
        it.say(none);
      },
      "unlimited-controlled",
    ],
    [
      "heartbeat and a limit",
      "init",
      (it) => {
        it.beats(true);
        it.say(limit());
      },
      "limited",
    ],
    ["nobody for 120 s", "init", (it) => void it.pass(121), "unlimited-autonomous"],
    [
      "a heartbeat and no word for 120 s",
      "init",
      (it) => {
        it.beats(true);
        void it.pass(121);
      },
      "unlimited-autonomous",
    ],
    ["a limit", "unlimited-controlled", (it) => it.say(limit()), "limited"],
    [
      "no heartbeat for 120 s",
      "unlimited-controlled",
      (it) => {
        it.beats(false);
        void it.pass(121);
      },
      "fail-safe",
    ],
    ["no limit any more", "limited", (it) => it.say(none), "unlimited-controlled"],
    [
      "the limit's own end",
      "limited",
      (it) => {
        it.say(limit(3_000, it.nowMs + 5_000));
        it.pass(5);
      },
      "unlimited-controlled",
    ],
    [
      "no heartbeat for 120 s",
      "limited",
      (it) => {
        it.beats(false);
        void it.pass(121);
      },
      "fail-safe",
    ],
    [
      "heartbeat and a limit",
      "fail-safe",
      (it) => {
        it.beats(true);
        it.say(limit());
      },
      "limited",
    ],
    [
      "a limit, then the heartbeat",
      "fail-safe",
      (it) => {
        it.say(limit());
        it.beats(true);
        void it.pass(1);
      },
      "limited",
    ],
    [
      "heartbeat and no limit",
      "fail-safe",
      (it) => {
        it.beats(true);
        it.say(none);
      },
      "unlimited-controlled",
    ],
    [
      "heartbeat, no word for 120 s",
      "fail-safe",
      (it) => {
        it.beats(true);
        void it.pass(121);
      },
      "unlimited-autonomous",
    ],
    [
      "heartbeat and a limit",
      "unlimited-autonomous",
      (it) => {
        it.beats(true);
        it.say(limit());
      },
      "limited",
    ],
    [
      "heartbeat and no limit",
      "unlimited-autonomous",
      (it) => {
        it.beats(true);
        it.say(none);
      },
      "unlimited-controlled",
    ],
    // What must change nothing.
    ["heartbeats alone", "limited", (it) => void it.pass(7_200), "limited"],
    ["heartbeats alone", "unlimited-controlled", (it) => void it.pass(7_200), "unlimited-controlled"],
    [
      "119 s without a heartbeat",
      "limited",
      (it) => {
        it.beats(true);
        it.beats(false);
        void it.pass(119);
      },
      "limited",
    ],
    [
      "a limit without a heartbeat",
      "fail-safe",
      (it) => {
        it.say(limit());
        void it.pass(300);
      },
      "fail-safe",
    ],
    [
      "a release without a heartbeat",
      "fail-safe",
      (it) => {
        it.say(none);
        void it.pass(300);
      },
      "fail-safe",
    ],
    [
      "a word of long ago, then the heartbeat",
      "fail-safe",
      (it) => {
        it.say(none);
        it.pass(121);
        it.beats(true);
        it.pass(1);
      },
      "fail-safe",
    ],
    ["its least duration, where it does not end by itself", "fail-safe", (it) => void it.pass(7_300), "fail-safe"],
    [
      "a heartbeat and no word yet",
      "fail-safe",
      (it) => {
        it.beats(true);
        void it.pass(100);
      },
      "fail-safe",
    ],
    ["a day alone", "unlimited-autonomous", (it) => void it.pass(86_400), "unlimited-autonomous"],
  ];
  it.each(rows)("%s: %s → %s", (_, from, happens, to) => {
    const it = enter[from]();
    happens(it);
    expect(it.machine.state).toBe(to);
  });

  it("the fail-safe state comes 120 s after the last heartbeat, and ends after its duration where it is set to", () => {
    const it = enter.limited();
    it.beats(false);
    expect(it.pass(200)).toBe(121);
    const other = run({ failSafe: ends });
    other.beats(true);
    other.say(limit());
    other.beats(false);
    expect(other.pass(121)).toBe(121);
    expect(other.pass(7_300)).toBe(7_200);
    expect(other.machine.state).toBe("unlimited-autonomous");
  });

  it("after a restart what held holds on where it is tighter, and an unheard guard means fail-safe", () => {
    const tighter = run({ wasLimited: true, before: 2_000 });
    expect(holdsW(tighter)).toBe(2_000);
    tighter.pass(121);
    expect(tighter.machine.state).toBe("fail-safe");
    expect(holdsW(run({ wasLimited: true, before: 9_000 }))).toBe(4_200);
    expect(holdsW(run())).toBe(4_200);
  });

  it("a limit is replaced by the next one, without a change of state", () => {
    const it = enter.limited();
    it.say(limit(5_000));
    expect([it.machine.state, holdsW(it)]).toEqual(["limited", 5_000]);
  });

  it("no row contradicts another, and every event and state is used", () => {
    const keys = limitChanges.map(({ from, on }) => `${from}/${on}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(limitChanges.map(({ on }) => on))).toEqual(new Set(Object.keys(limitEvents) as LimitEvent[]));
    for (const state of limitStates)
      expect(limitChanges.some(({ to, from }) => to === state || from === state)).toBe(true);
    expect(changeOn("limited", "noWord")).toBe(null);
  });

  it("whatever comes, a guard that is missed for 121 s limits no more than the fail-safe limit allows", () => {
    let seed = 7;
    const chance = (n: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % n;
    };
    for (let round = 0; round < 200; round++) {
      const it = run({ wasLimited: chance(2) === 0 });
      for (let i = 0; i < 20; i++) {
        if (chance(2) === 0) it.beats(chance(2) === 0);
        if (chance(2) === 0) it.say(chance(2) === 0 ? limit(chance(9_000)) : none);
        it.pass(chance(90));
      }
      const was: LimitMachine["state"] = it.machine.state;
      it.beats(false);
      it.pass(242);
      if (was === "limited" || was === "unlimited-controlled" || was === "fail-safe")
        expect(it.machine.state).toBe("fail-safe");
    }
  });
});
