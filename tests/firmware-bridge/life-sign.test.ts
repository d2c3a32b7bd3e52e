import { describe, expect, test } from "vitest";
import { LifeSign } from "../../firmware-bridge/device/life-sign.ts";
import { type DeviceMap, factNames } from "../../firmware-bridge/maps/device-map.ts";

const mapOf = (kind: DeviceMap["kind"], names: readonly string[]): DeviceMap => ({
  kind,
  readFunction: 3,
  writeFunction: 16,
  facts: names.map((name, i) => ({ name, address: i, type: "uint16", scale: 1, sign: "load", pace: "cycle" })),
  commands: [],
});
const valuesOf = (kind: DeviceMap["kind"], facts: Readonly<Record<string, number>>): Float64Array => {
  const names: readonly string[] = factNames[kind];
  return Float64Array.from(names, (name) => facts[name] ?? Number.NaN);
};

/** Reads every 100 ms from 0 to `untilMs`; how old the sign of life is at the end. */
function ageAfter(
  kind: DeviceMap["kind"],
  names: string[],
  untilMs: number,
  facts: (ms: number) => Record<string, number>,
) {
  const life = new LifeSign(mapOf(kind, names));
  let ageMs = 0;
  for (let ms = 0; ms <= untilMs; ms += 100) {
    life.saw(valuesOf(kind, facts(ms)), { atMs: ms, sentMs: ms - 5 });
    ageMs = ms - life.liveAtMs;
  }
  return ageMs;
}

describe("a clock of its own", () => {
  test("that advances → alive; that stands → as old as its last advance", () => {
    expect(
      ageAfter("transfer-device", ["clockMs", "busVoltagePu"], 5_000, (ms) => ({ clockMs: ms, busVoltagePu: 1 })),
    ).toBe(0);
    expect(ageAfter("transfer-device", ["clockMs"], 5_000, (ms) => ({ clockMs: Math.min(ms, 3_000) }))).toBe(2_000);
  });

  test("a heartbeat each second → alive between two beats; one that stands → old after 3 s", () => {
    const beats = (ms: number) => ({ heartbeat: Math.floor(ms / 1_000), powerW: 0 });
    expect(ageAfter("stage", ["heartbeat", "powerW"], 4_900, beats)).toBe(0);
    expect(ageAfter("stage", ["heartbeat", "powerW"], 2_900, () => ({ heartbeat: 7, powerW: 1 }))).toBe(0);
    expect(ageAfter("stage", ["heartbeat", "powerW"], 4_000, () => ({ heartbeat: 7, powerW: 1 }))).toBe(4_000);
  });

  test("a clock goes before a heartbeat", () => {
    expect(ageAfter("stage", ["clockMs", "heartbeat"], 2_000, (ms) => ({ clockMs: 5, heartbeat: ms }))).toBe(2_000);
  });
});

describe("a device without a clock", () => {
  test("live measurements that stand still for a minute → old; that move now and then → alive", () => {
    const still = () => ({ gridVoltagePu: 1.01, busVoltagePu: 1.01 });
    const names = ["gridVoltagePu", "busVoltagePu"];
    expect(ageAfter("transfer-device", names, 59_000, still)).toBe(0);
    expect(ageAfter("transfer-device", names, 70_000, still)).toBeGreaterThan(60_000);
    const moving = (ms: number) => ({ gridVoltagePu: 1 + Math.floor(ms / 40_000) / 100, busVoltagePu: 1 });
    expect(ageAfter("transfer-device", names, 150_000, moving)).toBe(0);
  });

  test("both sides dead, or contacts only → taken at its answers", () => {
    const dead = () => ({ gridVoltagePu: 0, busVoltagePu: 0 });
    expect(ageAfter("transfer-device", ["gridVoltagePu", "busVoltagePu"], 600_000, dead)).toBe(0);
    expect(ageAfter("transfer-device", ["contactNo"], 600_000, () => ({ contactNo: 1 }))).toBe(0);
  });
});

describe("only reads that took place count", () => {
  const at = (atMs: number, sentMs = atMs - 5) => ({ atMs, sentMs });

  test("a reply that lay unread while the controller stood still, with the count of before → alive", () => {
    const life = new LifeSign(mapOf("stage", ["heartbeat", "powerW"]));
    const count = (heartbeat: number) => valuesOf("stage", { heartbeat, powerW: 1 });
    life.saw(count(7), at(1_000));
    life.saw(count(7), at(9_000, 1_040));
    expect(life.liveAtMs).toBe(9_000);
    life.saw(count(7), at(13_000));
    expect(life.liveAtMs).toBe(1_000);
  });

  test("a heartbeat that is read less often than the rest → not judged by the reads in which it was not", () => {
    const life = new LifeSign(mapOf("stage", ["heartbeat", "powerW"]));
    const values = valuesOf("stage", { powerW: 1 });
    for (let ms = 0; ms <= 4_000; ms += 100) life.saw(values, at(ms), at(Number.NEGATIVE_INFINITY));
    expect(life.liveAtMs).toBe(4_000);
    for (let ms = 4_100; ms <= 8_000; ms += 100)
      life.saw(valuesOf("stage", { heartbeat: 7, powerW: 1 }), at(ms), at(4_100));
    expect(life.liveAtMs).toBe(8_000);
    // Seen twice with the same count and more than 3 s between the two: that is evidence.
    life.saw(valuesOf("stage", { heartbeat: 7, powerW: 1 }), at(8_100), at(8_100));
    expect(life.liveAtMs).toBe(4_100);
  });

  test("a heartbeat that can't be read at all → old after 5 s", () => {
    const life = new LifeSign(mapOf("stage", ["heartbeat", "powerW"]));
    for (let ms = 0; ms <= 5_100; ms += 100)
      life.saw(valuesOf("stage", { powerW: 1 }), at(ms), at(Number.NEGATIVE_INFINITY));
    expect(life.liveAtMs).toBe(Number.NEGATIVE_INFINITY);
  });

  test("measurements after two minutes without a link, equal by chance → alive", () => {
    const life = new LifeSign(mapOf("transfer-device", ["gridVoltagePu"]));
    for (const ms of [1_000, 121_000, 121_100]) life.saw(valuesOf("transfer-device", { gridVoltagePu: 1 }), at(ms));
    expect(life.liveAtMs).toBe(121_100);
  });
});
