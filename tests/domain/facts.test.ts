/** Each fact of the table reaches process image, shared report, map files, API and metrics without being said again. */
import { describe, expect, test } from "vitest";
import { mapFileMistakeText, parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import {
  createControlReport,
  fillReport,
  readReport,
  reportLength,
  writeReport,
} from "../../src/app/control/shared/report.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { createMetrics } from "../../src/dashboard/server/metrics.ts";
import { siteStateSchema } from "../../src/dashboard/state.ts";
import { meterFacts, stageFacts, transferDeviceFacts } from "../../src/domain/facts.table.ts";
import { type Fact, shownNames, straightNames } from "../../src/domain/facts.ts";
import { TestSite } from "../core/cycle/site.ts";
import { sampleState } from "../dashboard/sampleStates.ts";

const names = Object.keys(stageFacts) as (keyof typeof stageFacts)[];
/** A value of the fact's kind that is not what it begins with. */
function other({ kind, start }: Fact<unknown>, i: number): unknown {
  if (kind === "number") return 7 + i;
  return kind === "flag" ? start === false : (kind as readonly string[]).find((word) => word !== start);
}

describe("the table of facts", () => {
  test("each says its sentence, and its name ends in its unit where it has one", () => {
    for (const table of [stageFacts, meterFacts, transferDeviceFacts])
      for (const [name, { sentence, kind, start }] of Object.entries(table)) {
        expect(sentence, name).toMatch(/^[A-Z].*\.$/);
        if (kind === "number" && Number.isNaN(start)) expect(name).toMatch(/(Ms|V|A|W|Wh|Pct|Pu|Hz|Deg|DegC|Var|var)$/);
      }
  });

  test("before the first read nothing is known", () => {
    const { transferDevice, meter, stages } = createSnapshot(2, 0);
    expect(transferDevice.contactNo).toBe("unknown");
    expect(meter.phasePowerW).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(meter.phasePowerW).not.toBe(meter.lineVoltagePu);
    expect(stages[0]).not.toBe(stages[1]);
    for (const name of names) expect(stages[1]![name], name).toBe(stageFacts[name].start);
  });

  test.each(names)("%s of a stage crosses to the other thread", (name) => {
    const site = new TestSite();
    const value = other(stageFacts[name], names.indexOf(name));
    Object.assign(site.snapshot.stages[1]!, { [name]: value });
    const report = createControlReport(2, 0);
    fillReport(report, site.core, site.snapshot, 0);
    const row = new Float64Array(reportLength(2, 0));
    writeReport(row, report);
    const read = createControlReport(2, 0);
    readReport(row, read);
    expect(read.stages[1]![name]).toBe(value);
  });

  test.each(straightNames(stageFacts))("a map file knows %s by its name", (name) => {
    const text = `device: stage\nfacts:\n  powerW: { address: 0, type: int16 }\n  ${name}: { address: 9, type: int16 }\n`;
    const parsed = parseMapFile(text, "map.yaml");
    const said = parsed.ok ? "" : parsed.error.map(mapFileMistakeText).join("\n");
    expect(said).not.toContain(name);
  });

  test.each(shownNames(stageFacts))("%s is in the API, and in the metrics where the table says so", async (name) => {
    const state = sampleState("parallel");
    const told = siteStateSchema.parse({ ...state, evses: [{ ...state.evses[0]!, [name]: 50 }] });
    expect(told.evses[0]![name]).toBe(50);
    expect(siteStateSchema.safeParse({ ...state, evses: [{ ...state.evses[0]!, [name]: "much" }] }).success).toBe(
      false,
    );
    const { metric, scale = 1 } = stageFacts[name].shown as { metric?: string; scale?: number };
    if (metric === undefined) return;
    const text = await createMetrics({ ageMs: () => 0, pages: () => 0, skipped: () => 0 }).text(told);
    expect(text).toContain(`islet_evse_${metric}{evse="${told.evses[0]!.evse}"} ${50 * scale}`);
  });
});
