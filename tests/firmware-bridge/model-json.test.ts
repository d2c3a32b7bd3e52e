import { expect, test } from "vitest";
import { modelJson, printModelJson } from "../../firmware-bridge/maps/model-json.ts";
import { vendorModels } from "../../firmware-bridge/maps/vendor-models.table.ts";
import { layoutModel } from "../../src/protocols/sunspec/model.ts";

test("definitions have the sizes of the map, and scale factors that are there", () => {
  for (const table of vendorModels) {
    const { id, group } = modelJson(table);
    const layout = layoutModel(table);
    expect(id).toBe(table.id);
    expect(group.points.reduce((sum, point) => sum + point.size, 0)).toBe(layout.length + 2);
    const names = group.points.map((point) => point.name);
    const inner = group.groups?.flatMap((one) => one.points) ?? [];
    for (const { sf } of [...group.points, ...inner]) if (sf !== undefined) expect(names).toContain(sf);
    expect(JSON.parse(printModelJson(table))).toEqual(modelJson(table));
  }
});
