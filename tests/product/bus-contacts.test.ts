/**
 * What stands on the bus, or in its way, beside K1: a generator, and the bond between neutral and ground of a K1 that switches
 * the neutral. Judged by the order in which K1, bond and stages moved, and by what nobody did.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { longestStallMs } from "../lib/standstill.ts";
import { writtenTo } from "./site/judge.ts";
import { eastronMap, inputs, type K1Parts, outputs, startK1Parts } from "./site/parts.ts";
import { type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon, stagesUsed, stays } from "./site/sites.ts";

/** The role of model 64901. */
const forming = 3;
/** What the grid operator leaves, W, and within which time, ms; a busy machine has its own time beside it. */
const reducedW = 500;
/** Charging comes back slowly after a start: more than this is waited for, W. */
const chargesW = 1_500;
const obeyedMs = 3_000;
/** Longer than the shortest that may be set, s. */
const returnDelayS = 8;

describe("a generator and a bond", () => {
  let product: Product;
  let parts: K1Parts;
  const device = "Cabinet I/O";
  beforeAll(async () => {
    parts = await startK1Parts("coil");
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 10_000 }], k1TravelMs: 100, tiersW: [3_000], buildingW: 2_000 },
      files: { "eastron.yaml": eastronMap() },
      waits: true,
      config: {
        site: { serviceMode: "non-parallel-backup" },
        devices: parts.devices.map((one) => ({ ...one, freshMs: patientFreshMs })),
        transferDevice: {
          host: null,
          port: null,
          freshMs: null,
          travelMs: 100,
          returnDelayS,
          contacts: { device, normallyOpenInput: inputs.no, normallyClosedInput: inputs.nc, mirror: true },
          command: { device, drive: "coil", closeOutput: outputs.close },
          gridVoltage: { device: "Grid meter" },
          busVoltage: { device: "Bus meter" },
        },
        pcc: { reduction: { device, input: inputs.released, activeWhen: "off", chargeLimitW: reducedW } },
        generator: { device, restsInput: inputs.generatorRests },
        bonding: { device, output: outputs.bond, bondedInput: inputs.bonded, unbondedInput: inputs.unbonded },
      },
    });
    parts.attach(product.plant);
    product.start();
    expect(await product.reached("loadOnly")).toBe(true);
    await stagesUsed(product);
  });
  afterAll(async () => {
    await product?.stop();
    await parts?.close();
  });

  const formed = (fromMs: number): number[] => {
    const { face, server } = product.stages[0]!;
    const roles = writtenTo(server.writes, (at, words) => face.map.parse(at, words), "64901.RoleCmd", fromMs);
    return roles.filter(({ value }) => value === forming).map(({ atMs }) => atMs);
  };
  const says = async (key: string): Promise<boolean> =>
    (await product.state()).events.some((event) => event.key === key && event.active);
  const moved = (output: number, on: boolean, fromMs: number): number =>
    parts.module.changes.find((change) => change.output === output && change.on === on && change.atMs >= fromMs)
      ?.atMs ?? Number.NaN;

  const charging = (): number => product.plant.stages[0]!.powerW;

  it("pcc.reduction.activeWhen: while the contact is closed the charger takes what it may", async () => {
    await soon(product, "charges", () => charging() > chargesW);
    expect(await says("reductionAsked")).toBe(false);
  });

  it("pcc.reduction.input: the grid operator's contact opens, and the charger takes less", async () => {
    const { plant } = product;
    const fromMs = plant.ranMs;
    const stallFromMs = performance.now();
    parts.cut.add(inputs.released);
    await soon(product, "takes less", () => charging() < 800);
    expect(plant.ranMs - fromMs).toBeLessThan(obeyedMs + 2 * longestStallMs(stallFromMs));
    await soon(product, "told", () => says("reductionAsked"));
  });

  it("pcc.reduction.chargeLimitW: no more than what is left, and all of it again afterwards", async () => {
    await soon(product, "comes down", () => charging() < 1.05 * reducedW);
    await stays(product, "no more", () => charging() < 1.05 * reducedW, 1_000);
    expect((await product.state()).evses[0]!.limits).toContainEqual(
      expect.objectContaining({ reason: "grid-operator", source: "grid-operator" }),
    );
    parts.cut.delete(inputs.released);
    await soon(product, "charges again", () => charging() > chargesW);
    await soon(product, "no longer told", async () => !(await says("reductionAsked")));
  });

  it("the module of the grid operator's contact falls silent: it counts as asked for, and the module is named", async () => {
    const { habits } = parts.servers.module;
    habits.silent = true;
    await soon(product, "takes less", () => charging() < 1.05 * reducedW);
    await soon(product, "told", () => says("reductionUnknown"));
    habits.silent = false;
    await soon(product, "charges again", () => product.mode() === "loadOnly" && charging() > chargesW);
  });

  it("bonding.output: K1 opens, the bond is made, the island forms", async () => {
    const { plant } = product;
    const fromMs = performance.now();
    plant.gridPresent = false;
    await soon(product, "an island", () => product.mode() === "islandRunning" && plant.busPu > 0.9);
    const bonded = parts.bond.changes.find(({ made }) => made)!.atMs;
    expect(moved(outputs.bond, true, fromMs)).toBeGreaterThan(moved(outputs.close, false, fromMs));
    expect(formed(fromMs)[0]).toBeGreaterThan(bonded);
  });

  it("generator.restsInput: a generator that starts beside an island ends it, and nobody joins it", async () => {
    const { plant } = product;
    // Its breaker waits until the bus is dead, as an interlock has it.
    const fromMs = performance.now();
    parts.cut.add(inputs.generatorRests);
    await soon(product, "the island ends", () => product.mode() === "isolated" && plant.busPu < 0.1);
    plant.generatorRuns = true;
    await soon(product, "told", () => says("generatorRuns"));
    await soon(product, "the generator feeds the bus", () => plant.busPu > 0.9);
    plant.gridPresent = true;
    // Longer than a bus may stay live without anybody who feeds it.
    await stays(product, "isolated", () => product.mode() === "isolated" && plant.k1!.position === 0, 7_000);
    expect(formed(fromMs + 2_000)).toEqual([]);
    expect(plant.formedBesideGeneratorMs).toBe(0);
  });

  it("transferDevice.returnDelayS: the grid's time begins anew when the generator stands still, and K1 closes after it", async () => {
    const { plant } = product;
    plant.generatorRuns = false;
    parts.cut.delete(inputs.generatorRests);
    const stoodMs = performance.now();
    await soon(product, "back on the grid", () => product.mode() === "loadOnly" && plant.k1!.position === 1, 80_000);
    const closed = moved(outputs.close, true, stoodMs);
    expect(closed - stoodMs).toBeGreaterThan(returnDelayS * 1_000 - 500);
    expect(closed).toBeGreaterThan(parts.bond.changes.findLast(({ made }) => !made)!.atMs);
  });

  it("bonding.bondedInput: no island without a proven bond", async () => {
    const { plant } = product;
    await stagesUsed(product);
    parts.cut.add(inputs.bonded);
    const fromMs = performance.now();
    plant.gridPresent = false;
    await soon(product, "told", () => says("bondNotMade"));
    await stays(product, "no island", () => product.mode() === "isolated", 3_000);
    expect(formed(fromMs)).toEqual([]);
    parts.cut.delete(inputs.bonded);
    await soon(product, "an island", () => product.mode() === "islandRunning");
  });

  it("bonding.unbondedInput: K1 is not closed before the bond is proven off", async () => {
    const { plant } = product;
    parts.bond.stuck = true;
    const fromMs = performance.now();
    plant.gridPresent = true;
    await soon(product, "the bond is told to go", () => moved(outputs.bond, false, fromMs) > 0, 60_000);
    await soon(product, "told", () => says("bondNotUndone"));
    await stays(product, "K1 stays open", () => plant.k1!.position === 0, 3_000);
    expect(moved(outputs.close, true, fromMs)).toBeNaN();
  });
});
