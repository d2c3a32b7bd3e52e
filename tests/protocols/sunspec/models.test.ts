import { describe, expect, test } from "vitest";
import { vendorModels } from "../../../firmware-bridge/maps/vendor-models.table.ts";
import { curveModels } from "../../../sim/peers/register-faces-curves.ts";
import { countPoints, layoutModel } from "../../../src/protocols/sunspec/model.ts";
import { sunspecModel, sunspecModels } from "../../../src/protocols/sunspec/models.ts";

/** Lengths of a realistic 11.5 kW split-phase stage, laid out by pysunspec2 (f2ece9a) from the SunSpec models (7abdf89). */
const stageLengths: readonly (readonly [id: number, length: number, counts?: Record<string, number>])[] = [
  [1, 66],
  // lengths that inverters and batteries in the field state
  [101, 50],
  [102, 50],
  [103, 50],
  [111, 60],
  [112, 60],
  [113, 60],
  [120, 26],
  [121, 30],
  [123, 24],
  [124, 24],
  [160, 48, { N: 2 }],
  [802, 62],
  [701, 153],
  [702, 50],
  [703, 17],
  [704, 65],
  [705, 67, { NPt: 4, NCrv: 3 }],
  [706, 40, { NPt: 2, NCrv: 3 }],
  [707, 105, { NPt: 5, NCrvSet: 2 }],
  [708, 105, { NPt: 5, NCrvSet: 2 }],
  [709, 135, { NPt: 5, NCrvSet: 2 }],
  [710, 135, { NPt: 5, NCrvSet: 2 }],
  [711, 32, { NCtl: 2 }],
  [712, 44, { NPt: 6, NCrv: 2 }],
  [713, 7],
  [714, 43, { NPrt: 1 }],
  [715, 7],
  [201, 105],
  [202, 105],
  [203, 105],
  [204, 105],
  [211, 124],
  [212, 124],
  [213, 124],
  [214, 124],
];

describe("model lengths", () => {
  for (const [id, length, counts] of stageLengths) {
    test(`model ${id} → ${length} registers`, () => {
      expect(layoutModel(sunspecModel(id)!, counts).length).toBe(length);
    });
  }

  test("every known model is in this table", () => {
    expect(sunspecModels.map((model) => model.id).toSorted()).toEqual(stageLengths.map(([id]) => id).toSorted());
  });
});

/** Places that other clients rely on, registers from the model's identifier. */
const places: readonly (readonly [id: number, path: string, offset: number, writable: boolean])[] = [
  [701, "W", 10, false],
  [701, "Hz", 17, false],
  [704, "WSetEna", 22, true],
  [704, "WSet", 24, true],
  [704, "WSetRvrtTms", 31, true],
  [704, "WSetRvrtRem", 33, false],
  [715, "ControllerHb", 5, true],
  [203, "W", 18, false],
  [213, "W", 28, false],
];

describe("places", () => {
  for (const [id, path, offset, writable] of places) {
    test(`${id}.${path} is at ${offset}`, () => {
      expect(layoutModel(sunspecModel(id)!).byPath.get(path)).toMatchObject({ offset, writable });
    });
  }

  test("points of groups are found by curve and point", () => {
    const { counts, table } = curveModels.find((one) => one.table.id === 705)!;
    const { byPath } = layoutModel(table, counts);
    expect(byPath.get("Crv[1].ActPt")!.offset).toBe(15);
    expect(byPath.get("Crv[2].Pt[3].Var")!.offset).toBe(15 + 18 + 10 + 5);
  });
});

test("scale factors of all models name points of the same model", () => {
  for (const table of [...sunspecModels, ...vendorModels]) {
    const counts = Object.fromEntries(countPoints(table).map((name) => [name, 1]));
    const { points, byPath } = layoutModel(table, counts);
    for (const { path, scaleFactor } of points) {
      if (typeof scaleFactor !== "string") continue;
      expect(byPath.get(scaleFactor)?.type, `${table.id}.${path}`).toBe("sunssf");
    }
  }
});

test("our own models fit into one read each, and their commands into one write", () => {
  for (const table of vendorModels) {
    const { length, points } = layoutModel(table, { NTier: 8 });
    expect(length + 2).toBeLessThanOrEqual(125);
    const writable = points.filter((point) => point.writable);
    const start = writable[0]!.offset;
    const end = writable.at(-1)!.offset + writable.at(-1)!.registers;
    expect(writable.reduce((sum, point) => sum + point.registers, 0)).toBe(end - start);
  }
});
