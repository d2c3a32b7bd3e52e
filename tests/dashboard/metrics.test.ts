import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createMetrics } from "../../src/dashboard/server/metrics.ts";
import { formerModeNames } from "../../src/domain/modes.ts";
import { sampleNames, sampleState } from "./sampleStates.ts";

const extras = { ageMs: () => 20, pages: () => 3, skipped: () => 0 };
const metrics = () => createMetrics(extras);
const emptyRecord = {
  exports: { count: 0, tooMany: false, tooLong: false },
  imports: { count: 0, tooMany: false, tooLong: false },
  recent: [],
  passport: { count: 0, p50Ms: null, p99Ms: null, longestMs: 0, promisedMs: 2_000, lateCount: 0 },
  relay: "" as const,
};
/** Names of the series in an exposition. */
const namesOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{|\s)/gm)].map((found) => found[1] ?? ""));
/** Modes that an exposition says the site is in. */
const modesSetIn = (text: string): (string | undefined)[] =>
  [...text.matchAll(/^islet_mode\{mode="(\w+)"\} 1$/gm)].map((found) => found[1]);

describe("metrics", () => {
  test("an alert on a mode by its name of 0.1 still fires", async () => {
    const state = sampleState("parallel");
    const text = await metrics().text({ ...state, mode: { ...state.mode, mode: "noFeedback" } });
    expect(modesSetIn(text)).toEqual(["noFeedback", "blind"]);
  });
  test.each(sampleNames)("%s: one mode is 1, every line is a number", async (name) => {
    const text = await metrics().text(sampleState(name));
    const { mode } = sampleState(name).mode;
    expect(modesSetIn(text)).toEqual([mode, ...(mode in formerModeNames ? [formerModeNames[mode]] : [])]);
    for (const line of text.split("\n"))
      if (line !== "" && !line.startsWith("#")) expect(line).toMatch(/ (-?[\d.]+(e[+-]?\d+)?|Nan|\+?Inf)$/i);
  });
  test("powers keep the core's sign", async () => {
    const text = await metrics().text({ ...sampleState("parallel"), pccW: -3100 });
    expect(text).toContain("islet_pcc_power_watts -3100");
    expect(text).toContain('islet_evse_power_watts{evse="7"} -24000');
  });
  test("an unknown value is absent, not zero, also after it was known", async () => {
    const kept = metrics();
    await kept.text(sampleState("parallel"));
    const text = await kept.text({ ...sampleState("parallel"), pccW: null, evses: [] });
    expect(namesOf(text).has("islet_pcc_power_watts")).toBe(false);
    expect(namesOf(text).has("islet_evse_power_watts")).toBe(false);
  });
  test("what only rises is a counter and says so in its name; nothing else does", async () => {
    const state = sampleState("parallel");
    const text = await metrics().text({
      ...state,
      energy: { importedWh: 2, exportedWh: 1 },
      evses: state.evses.map((evse) => ({ ...evse, importWh: 1_000, exportWh: 500 })),
    });
    const types = [...text.matchAll(/^# TYPE (islet_\w+) (\w+)$/gm)].map(
      ([, name, type]) => [name ?? "", type ?? ""] as const,
    );
    for (const [name, type] of types)
      expect([name, type]).toEqual([name, name.endsWith("_total") ? "counter" : "gauge"]);
    expect(types.filter(([, type]) => type === "counter").length).toBeGreaterThanOrEqual(6);
    expect(text).toContain('islet_evse_energy_joules_total{evse="7",direction="discharged"} 1800000');
    expect(text).toContain('islet_site_energy_joules_total{direction="imported"} 7200');
    expect(text).toMatch(/^islet_build_info\{version="[^"]+",node="[\d.]+"\} 1$/m);
    expect(text).not.toMatch(/^islet_\w+\{[^}]*quantile=/m);
  });
  test("before the first state nothing of the site is claimed", async () => {
    const names = namesOf(await metrics().text(null));
    expect(
      [...names].filter(
        (name) =>
          name.startsWith("islet_") &&
          !name.startsWith("islet_dashboard") &&
          !["islet_state_age_seconds", "islet_build_info"].includes(name),
      ),
    ).toEqual([]);
  });
});

/** What Grafana needs to load a dashboard file (schema version 39), as far as this file uses it. */
const target = z.object({ refId: z.string(), expr: z.string().min(1), legendFormat: z.string() });
const gridPos = z.object({
  x: z.number().int().min(0).max(23),
  y: z.number().int().min(0),
  w: z.number().int().min(1).max(24),
  h: z.number().int().min(1),
});
const panel = z.object({
  id: z.number().int(),
  type: z.enum(["row", "timeseries", "stat"]),
  title: z.string().min(1),
  gridPos,
  targets: z.array(target).min(1).optional(),
});
const dashboard = z.object({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.literal(39),
  panels: z.array(panel).min(1),
  time: z.object({ from: z.string(), to: z.string() }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.enum(["datasource", "query"]) })) }),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string() })) }),
});

describe("the alert rules", () => {
  const text = readFileSync(new URL("../../docs/grafana/islet-alerts.yaml", import.meta.url), "utf8");
  const rules = z
    .object({
      groups: z.array(
        z.object({
          name: z.string(),
          rules: z.array(
            z.object({
              alert: z.string().regex(/^Islet\w+$/),
              expr: z.string(),
              for: z
                .string()
                .regex(/^\d+[smh]$/)
                .optional(),
              labels: z.object({ severity: z.enum(["critical", "warning"]) }),
              annotations: z.object({ summary: z.string().min(10), description: z.string().min(10) }),
            }),
          ),
        }),
      ),
    })
    .parse(parse(text));
  test("every metric they use exists", async () => {
    const state = sampleState("parallel");
    const names = namesOf(
      await createMetrics({ ...extras, written: () => ({ total: 5_000, recorder: 2_000 }) }).text({
        ...state,
        pccRecord: emptyRecord,
        energy: { importedWh: 0, exportedWh: 0 },
      }),
    );
    const all = rules.groups.flatMap((group) => group.rules);
    expect(all.length).toBeGreaterThan(8);
    for (const { expr } of all)
      for (const [name] of expr.matchAll(/\bislet_\w+/g)) expect(names.has(name), `${name} in ${expr}`).toBe(true);
  });
});

describe("the Grafana dashboard", () => {
  const file = JSON.parse(
    readFileSync(new URL("../../docs/grafana/islet-site.json", import.meta.url), "utf8"),
  ) as unknown;
  test("is a dashboard file", () => expect(() => dashboard.parse(file)).not.toThrow());
  const parsed = dashboard.parse(file);
  const exprs = [
    ...parsed.panels.flatMap((one) => one.targets?.map((query) => query.expr) ?? []),
    ...parsed.annotations.list.map((one) => one.expr),
  ];
  test("every metric it uses exists", async () => {
    const names = namesOf(await metrics().text(sampleState("parallel")));
    const used = new Set(
      exprs.flatMap((expr) => [...expr.matchAll(/\b((?:islet|process|nodejs)_\w+)/g)].map((found) => found[1] ?? "")),
    );
    expect(used.size).toBeGreaterThan(25);
    expect([...used].filter((name) => !names.has(name))).toEqual([]);
  });
  test("every query asks the chosen site only, with balanced braces", () => {
    for (const expr of exprs) {
      for (const [, , selector] of expr.matchAll(/((?:islet|process|nodejs)_\w+)(\{[^}]*\})?/g))
        expect(selector, expr).toContain('job="$job"');
      for (const [open, close] of [
        ["{", "}"],
        ["(", ")"],
        ["[", "]"],
      ] as const)
        expect(expr.split(open).length, expr).toBe(expr.split(close).length);
    }
  });
  test("ids are unique and no panel lies on another", () => {
    expect(new Set(parsed.panels.map((one) => one.id)).size).toBe(parsed.panels.length);
    const cells = new Set<string>();
    for (const { gridPos: at, title } of parsed.panels)
      for (let x = at.x; x < at.x + at.w; x++)
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(x, title).toBeLessThan(24);
          expect(cells.has(`${x} ${y}`), title).toBe(false);
          cells.add(`${x} ${y}`);
        }
  });
  test("its variables are those that the queries use", () => {
    const used = new Set([...JSON.stringify(file).matchAll(/\$\{?(\w+)\}?/g)].map((found) => found[1]));
    expect([...used].sort()).toEqual(parsed.templating.list.map((one) => one.name).sort());
  });
});
