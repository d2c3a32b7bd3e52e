/** What a black start may cost, and what a failed one teaches. */
import { describe, expect, test } from "vitest";
import { type AuxiliaryConfig, boundBlackStart, createBlackStart } from "../../src/core/island/black-start.ts";
import { createTierState } from "../../src/core/island/tiers.ts";
import { createModeFacts } from "../../src/core/modes/facts.ts";
import { createModeState, emptyRecord } from "../../src/core/modes/state.ts";
import { modeTimings } from "../../src/core/modes/timings.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import type { Mode } from "../../src/domain/modes.ts";

const battery: AuxiliaryConfig = { capacityWh: 50, standbyW: 60, startWh: 4, keepWh: 10, chargeW: 30 };
const minuteMs = 60_000;

function dark(config: AuxiliaryConfig | "none" = battery) {
  const auxiliary = config === "none" ? undefined : config;
  const state = createModeState(modeTimings(100), emptyRecord, 0);
  const facts = Object.assign(createModeFacts(1), { backupOK: true, gridOut: true });
  const tiers = createTierState([1, 2, 3].map(() => ({ loadW: 5_000, inrushFactor: 2, sheddable: true })));
  tiers.closed.fill(false);
  const it = createBlackStart(auxiliary, 3, 2);
  const { stages } = createSnapshot(2, 0);
  for (const stage of stages) Object.assign(stage, { role: "forming", vehicleConnected: true });
  let nowMs = 0;
  const site = {
    it,
    state,
    facts,
    tiers,
    stages,
    cycle(mode: Mode = state.mode, row = "") {
      if (row !== "") state.row = row;
      state.mode = mode;
      facts.sourceReady = true;
      state.nowMs = nowMs;
      boundBlackStart(it, auxiliary, state, facts, tiers, stages);
      nowMs += 20;
      return site;
    },
    wait(ms: number) {
      nowMs += ms;
      return site.cycle();
    },
    close(tier: number) {
      tiers.closed[tier] = true;
      return site.cycle();
    },
    shed(tier: number) {
      tiers.closed[tier] = false;
      tiers.restUntilMs = nowMs + 30_000;
      return site.cycle();
    },
  };
  return site.cycle("isolated");
}

function unplug(site: ReturnType<typeof dark>, stage = 0) {
  Object.assign(site.stages[stage]!, { role: "off", vehicleConnected: false });
  return site.cycle();
}

describe("the auxiliary battery", () => {
  test("falls with standby in the dark, and with each start", () => {
    const site = dark().wait(10 * minuteMs);
    expect(site.it.leftWh).toBeCloseTo(40, 1);
    site.cycle("islandStarting").cycle();
    expect(site.it.leftWh).toBeCloseTo(36, 1);
    expect(site.it.starts).toBe(1);
  });

  test("too little for another start → no source, and the reason; what was kept stays for the grid's return", () => {
    const site = dark().wait(37 * minuteMs);
    expect(site.it.leftWh).toBeLessThan(14);
    expect(site.facts.sourceReady).toBe(false);
    expect(site.it.refusal).toBe("auxiliary-low");
  });

  test("a running island is not ended by it", () => {
    const site = dark()
      .wait(37 * minuteMs)
      .cycle("islandRunning");
    expect(site.facts.sourceReady).toBe(true);
  });

  test("charged by a live bus up to its capacity, never beyond", () => {
    const site = dark().wait(30 * minuteMs);
    site.facts.busLive = true;
    site.wait(20 * minuteMs);
    expect(site.it.leftWh).toBeCloseTo(30, 1);
    site.wait(10 * 60 * minuteMs);
    expect(site.it.leftWh).toBe(50);
  });

  test("none set → no bound", () => {
    const site = dark("none").wait(1_000 * minuteMs);
    expect(site.facts.sourceReady).toBe(true);
    expect(site.it.refusal).toBe("");
  });
});

describe("why no island is started", () => {
  const cases: readonly (readonly [string, (site: ReturnType<typeof dark>) => void, string])[] = [
    ["nothing forbids it", () => undefined, ""],
    ["no start left", (s) => void (s.state.record.startsLeft = 0), "starts-used"],
    ["the grid is there and nobody requests one", (s) => void (s.facts.gridOut = s.state.record.startsLeft === 0), ""],
    ["backup is not permitted", (s) => void Object.assign(s.facts, { backupOK: false }), ""],
  ];
  test.each(cases)("%s", (_, change, refusal) => {
    const site = dark();
    change(site);
    expect(site.cycle().it.refusal).toBe(refusal);
  });

  test("no vehicle", () => {
    const site = dark();
    site.facts.sourceReady = false;
    boundBlackStart(site.it, battery, site.state, site.facts, site.tiers, site.stages);
    expect(site.it.refusal).toBe("source-missing");
  });
});

describe("a tier", () => {
  test("that brought the bus down stays off at the next start", () => {
    const site = dark().cycle("islandRunning").close(0).wait(2_000).close(1).wait(500);
    site.tiers.closed.fill(false);
    site.cycle("isolated", "island-collapsed").wait(600);
    expect(site.it.fedMax).toBe(1);
  });

  test.each<[string, (s: ReturnType<typeof dark>) => void, number]>([
    [
      "before the bus is seen to fall",
      (s) => void unplug(s).cycle("isolated", "island-collapsed"),
      Number.POSITIVE_INFINITY,
    ],
    ["after it", (s) => void unplug(s.cycle("isolated", "island-collapsed")), Number.POSITIVE_INFINITY],
    ["long before it", (s) => void unplug(s).wait(2_000).cycle("isolated", "island-collapsed"), 1],
    ["of a stage that did not form", (s) => void unplug(s.cycle("isolated", "island-collapsed"), 1), 1],
  ])("a vehicle is unplugged %s: whether the last tier is blamed", (_, happens, fedMax) => {
    const site = dark();
    Object.assign(site.stages[1]!, { role: "off" });
    site.it.plugged[1] = 0;
    site.cycle("islandRunning").close(0).wait(2_000).close(1).wait(500);
    site.tiers.closed.fill(false);
    happens(site);
    expect(site.wait(600).it.fedMax).toBe(fedMax);
  });

  test("that was closed long before the bus fell is not blamed", () => {
    const site = dark().cycle("islandRunning").close(0).wait(minuteMs);
    site.tiers.closed.fill(false);
    site.cycle("isolated", "island-collapsed").wait(600);
    expect(site.it.fedMax).toBe(Number.POSITIVE_INFINITY);
  });

  test("is not blamed when the returning grid ends the start", () => {
    const site = dark().cycle("islandStarting").close(0).wait(100);
    site.tiers.closed.fill(false);
    site.cycle("isolated", "start-grid-woke");
    expect(site.it.fedMax).toBe(Number.POSITIVE_INFINITY);
  });

  test("that is shed for overload twice stays off; once, it may try again", () => {
    const site = dark().cycle("islandRunning").close(0).wait(2_000).close(2).shed(2);
    expect(site.it.fedMax).toBe(Number.POSITIVE_INFINITY);
    site.wait(30_000).close(2).shed(2);
    expect(site.it.fedMax).toBe(2);
  });

  test.each([
    ["a person resets", (s: ReturnType<typeof dark>) => void (s.facts.resetRequest = true), "islandRunning"],
    ["the grid carries it again", () => undefined, "loadOnly"],
  ] as const)("may try again when %s", (_, change, mode) => {
    const site = dark().cycle("islandRunning").close(0).wait(500);
    site.tiers.closed.fill(false);
    site.cycle("isolated", "island-collapsed").wait(600);
    expect(site.it.fedMax).toBe(0);
    change(site);
    site.cycle(mode);
    expect(site.it.fedMax).toBe(Number.POSITIVE_INFINITY);
  });
});
