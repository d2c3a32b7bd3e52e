/**
 * A virtual year of five vehicles, two guests, PV, outages of the grid, of a meter and of the controller. What truly flowed is known:
 * rows close to 0.1 %, nothing is lost or shared out, and a second account written in floating point comes to the same origins.
 * By quarter-hours; `ISLET_LONG=1` goes by minutes.
 */
import { expect, test } from "vitest";
import {
  type AttributionRule,
  attribute,
  attributeUnknown,
  emptySums,
  type QuarterSums,
} from "../../../src/settlement/account/attribute.ts";
import { type AccountEntry, closeQuarter, contradictionOf, quarterMs } from "../../../src/settlement/account/row.ts";
import { statementOf } from "../../../src/settlement/account/statement.ts";
import { NaiveAccount } from "./naive.ts";
import { batteriesOf, priority, proportional, rowOf } from "./site.ts";

const share = 0.95;
const days = 365;
const stepsPerQuarter = process.env["ISLET_LONG"] ? 15 : 1;
const stepH = 0.25 / stepsPerQuarter;
const capacityWh = 100_000;

/** Numbers in [0, 1), the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Step {
  /** Wh, whole. */
  readonly pv: number;
  readonly building: number;
  readonly charged: Record<string, number>;
  readonly discharged: Record<string, number>;
  readonly import: number;
  readonly export: number;
  readonly state: "measured" | "island" | "silent" | "down";
}

/** The plant: what truly flows. */
class Plant {
  readonly #chance: () => number;
  /** True contents, Wh. */
  readonly held: Record<string, number> = {};
  #outage = { state: "measured" as Step["state"], stepsLeft: 0 };
  #cloud = 1;

  constructor(seed: number) {
    this.#chance = random(seed);
    for (let i = 1; i <= 5; i++) this.held[`v:${i}`] = 50_000;
  }

  /** A guest comes and goes with what it brought. */
  visit(guest: string, isHere: boolean): void {
    if (isHere) this.held[guest] ??= 70_000;
    else delete this.held[guest];
  }

  next(hour: number): Step {
    const chance = this.#chance;
    if (this.#outage.stepsLeft-- <= 0) {
      const begins = chance() < 21 / (days * 96 * stepsPerQuarter);
      const state = (["island", "silent", "down"] as const)[Math.floor(chance() * 3)]!;
      this.#outage = begins
        ? { state, stepsLeft: Math.floor((1 + 10 * chance()) * 4 * stepsPerQuarter) }
        : { state: "measured", stepsLeft: 0 };
    }
    const { state } = this.#outage;
    this.#cloud = Math.min(1, Math.max(0.2, this.#cloud + 0.3 * (chance() - 0.5)));
    const pv = Math.round(Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI)) * 30_000 * this.#cloud * stepH);
    const building = Math.round((4_000 + 8_000 * Math.max(0, Math.sin(((hour - 7) / 11) * Math.PI))) * stepH);
    const charged: Record<string, number> = {};
    const discharged: Record<string, number> = {};
    for (const battery in this.held) {
      const wants = (hour >= 17 && hour < 21) || state === "island" ? -1 : hour < 6 || hour >= 10 ? 1 : 0;
      const wh = Math.round(12_000 * chance() * stepH);
      if (wants > 0 && state !== "island" && this.held[battery]! + wh < capacityWh) charged[battery] = wh;
      if (wants < 0 && this.held[battery]! - wh / share > 5_000) discharged[battery] = wh;
    }
    const sum = (of: Record<string, number>): number => Object.values(of).reduce((a, b) => a + b, 0);
    const given = sum(discharged);
    const net = building + sum(charged) - pv - given;
    const step = { pv, charged, discharged, state };
    for (const battery in charged) this.held[battery]! += charged[battery]! * share;
    for (const battery in discharged) this.held[battery]! -= discharged[battery]! / share;
    // An island has no grid: what there is, its loads use.
    if (state === "island") return { ...step, building: pv + given, import: 0, export: 0 };
    return { ...step, building, import: Math.max(0, net), export: Math.max(0, -net) };
  }
}

const mWh = (wh: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(wh).map(([name, amount]) => [name, amount * 1_000]));

test("closes in every row, agrees with the plant to 0.1 %, and with a second account", () => {
  const plant = new Plant(7);
  const chance = random(11);
  const batteries = batteriesOf({}, share);
  const naive = new NaiveAccount(share);
  const truth: Record<string, number> = {};
  const lost: Record<string, number> = {};
  const brought: Record<string, number> = {};
  const entries: AccountEntry[] = [];
  const come = (battery: string): void => {
    const origin = battery.startsWith("g:") ? `guest:${battery.slice(2)}` : "unknown";
    const heldWh = plant.held[battery]!;
    batteries.pools.set(battery, { content: { [origin]: Math.round(heldWh * 1_000) }, brought: origin });
    naive.pools[battery] = { [origin]: heldWh };
    brought[battery] = (brought[battery] ?? 0) + heldWh;
  };
  for (const battery in plant.held) come(battery);
  const count = (sums: Record<string, number>, name: string, wh: number): void => {
    sums[name] = (sums[name] ?? 0) + wh;
  };

  const oneStep = (sums: QuarterSums, step: Step, rule: AttributionRule): void => {
    const { charged, discharged, state } = step;
    for (const [name, wh] of [
      ["grid", step.import],
      ["pv", step.pv],
      ["export", step.export],
      ["building", step.building],
      ...Object.entries(charged).map(([name, wh]) => [`in ${name}`, wh] as const),
      ...Object.entries(discharged).map(([name, wh]) => [`out ${name}`, wh] as const),
    ] as const) {
      count(truth, name, wh);
      if (state === "silent" || state === "down") count(lost, name, wh);
    }
    const energies = {
      importMWh: step.import * 1_000,
      exportMWh: step.export * 1_000,
      pvMWh: step.pv * 1_000,
      charged: mWh(charged),
      discharged: mWh(discharged),
    };
    if (state === "measured" || state === "island") {
      attribute(sums, { ...energies, buildingMWh: null }, rule, batteries);
      const sources = { grid: step.import, pv: step.pv, ...discharged };
      naive.take({ sources, sinks: { building: step.building, export: step.export, ...charged } }, rule.flows);
      return;
    }
    // A meter is silent: the others have counted. Nothing runs: registers of chargers alone have.
    const known =
      state === "silent"
        ? { ...energies, importMWh: 0, exportMWh: 0 }
        : { ...energies, importMWh: 0, exportMWh: 0, pvMWh: 0 };
    attributeUnknown(sums, known, rule, batteries);
    for (const battery in plant.held) naive.unknown(battery, charged[battery] ?? 0, discharged[battery] ?? 0);
  };

  for (let quarter = 0; quarter < days * 96; quarter++) {
    const day = Math.floor(quarter / 96);
    const rule = day % 2 === 0 ? proportional : priority;
    if (quarter % 96 === 32)
      for (const guest of ["g:a", "g:b"]) {
        const was = guest in plant.held;
        plant.visit(guest, chance() < 0.3);
        if (guest in plant.held && !was) come(guest);
        if (!(guest in plant.held)) batteries.pools.delete(guest);
        if (!(guest in plant.held)) delete naive.pools[guest];
      }
    const sums = emptySums();
    for (let i = 0; i < stepsPerQuarter; i++) oneStep(sums, plant.next((quarter % 96) / 4 + i * stepH), rule);
    const time = { fromMs: quarter * quarterMs, toMs: (quarter + 1) * quarterMs };
    const facts = { parallelMs: quarterMs, islandMs: 0, unknownMs: 0, estimatedMWh: 0, resolutionMWh: 0 };
    entries.push(
      closeQuarter(sums, {
        ...time,
        ...facts,
        registersWh: {},
        buildingDerived: true,
        stays: [],
        why: [],
        pools: {},
        rule,
      }),
    );
    for (const { content } of batteries.pools.values())
      for (const origin in content) if (content[origin]! < 0) throw new Error(`${origin} below nothing in ${quarter}`);
  }

  expect(entries.filter((entry) => !entry.closes || contradictionOf(entry) !== "")).toEqual([]);
  const { flows, origins, closurePpm, rows, missingCount } = statementOf(entries, 0, days * 96 * quarterMs);
  expect([closurePpm, rows, missingCount]).toEqual([0, days * 96, 0]);
  expect(Object.values(lost).reduce((a, b) => a + b, 0)).toBeGreaterThan(100_000);
  const total = (of: Readonly<Record<string, number>> | undefined): number =>
    Object.values(of ?? {}).reduce((a, b) => a + b, 0) / 1_000;
  const within = (actual: number, expected: number, what: string): void =>
    expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(0.001 * expected);
  const knownInto = (sink: string): number => total(origins[sink]) - (flows["unknown"]?.[sink] ?? 0) / 1_000;
  // What was measured is there to the last mWh; chargers' registers have the rest.
  expect(knownInto("building")).toBe(truth["building"]! - lost["building"]!);
  expect(knownInto("export")).toBe(truth["export"]! - lost["export"]!);
  for (const battery of [1, 2, 3, 4, 5].map((i) => `v:${i}`)) {
    expect(total(origins[battery])).toBe(truth[`in ${battery}`]);
    expect(total(flows[battery])).toBe(truth[`out ${battery}`]);
    const { content } = batteries.pools.get(battery)!;
    within(total(content), plant.held[battery]!, `content of ${battery}`);
  }
  // All guests' energy given is on their accounts, and nowhere else.
  for (const guest of ["g:a", "g:b"]) expect(total(flows[guest])).toBe(truth[`out ${guest}`]);
  for (const sink of ["building", "export", "v:1", "v:5", "g:a"])
    for (const origin in naive.origins[sink])
      if (origin !== "unknown")
        within((origins[sink]![origin] ?? 0) / 1_000, naive.origins[sink]![origin]!, `${origin} in ${sink}`);
}, 120_000);

test("twelve planted breaches of net metering are found, and none in ten thousand clean hours", () => {
  const chance = random(3);
  const quarters = 40_000;
  const batteries = batteriesOf({ "v:1": { pv: 30_000 } }, share);
  const breaches = new Map<number, "grid" | "export">();
  for (let i = 0; i < 12; i++) breaches.set(1_000 + 3_000 * i + i, i % 2 === 0 ? "grid" : "export");
  const entries: AccountEntry[] = [];
  for (let quarter = 0; quarter < quarters; quarter++) {
    const pool = batteries.pools.get("v:1")!;
    // Another one comes after each grid charging: what it holds is its own.
    if (breaches.get(quarter - 1) === "grid")
      batteries.pools.set("v:1", { content: { pv: 30_000_000 }, brought: "unknown" });
    const building = 500 + Math.round(1_000 * chance());
    const pv = Math.round(3_000 * chance());
    const held = Object.values(pool.content).reduce((a, b) => a + b, 0) / 1_000;
    const over = Math.max(0, pv - building);
    const short = Math.max(0, building - pv);
    const charge = held < 60_000 ? Math.round(over * chance()) : 0;
    const give = held > 20_000 ? Math.round(short * chance()) : 0;
    const breach = breaches.get(quarter);
    const energies =
      breach === "grid"
        ? { pv: 100, grid: building + 900, charged: { "v:1": 1_000 } }
        : breach === "export"
          ? { pv, export: over + 300, grid: 0, discharged: { "v:1": short + 300 } }
          : { pv, grid: short - give, export: over - charge, charged: { "v:1": charge }, discharged: { "v:1": give } };
    const time = { fromMs: quarter * quarterMs, toMs: (quarter + 1) * quarterMs };
    entries.push(rowOf([energies], quarter % 2 === 0 ? proportional : priority, batteries, time));
  }
  const { noGridCharging, noBatteryExport, eligibleExportMWh, exportMWh } = statementOf(
    entries,
    0,
    quarters * quarterMs,
  );
  const of = (kind: string): number[] =>
    [...breaches].filter(([, what]) => what === kind).map(([at]) => at * quarterMs);
  expect(noGridCharging.quarters).toEqual(of("grid"));
  expect(noBatteryExport.quarters).toEqual(of("export"));
  expect(eligibleExportMWh).toBeLessThan(exportMWh);
  expect(eligibleExportMWh).toBeGreaterThan(0.999 * exportMWh - 6 * 3_000_000);
});
