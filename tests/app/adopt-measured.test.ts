/** Measured settings written into a site file: comments and order stay, nothing else changes, and what is contradictory is refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adoptMeasured } from "../../src/app/commissioning/adopt.ts";
import { configHash, readProgress } from "../../src/app/commissioning/progress.ts";
import { checkSite, type LoadedSite } from "../../src/app/site/load-config.ts";
import type { Comparison } from "../../src/commissioning/compare.ts";

let folder: string;
let file: string;
let site: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-adopt-"));
  file = join(folder, "site.yaml");
  site = siteText.replace("STATE", join(folder, "state"));
  writeFileSync(file, site);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const siteText = `# The workshop.
site:
  name: Workshop # as the utility has it
  timeZone: Europe/Berlin
  serviceMode: load-only
  nominalVoltageV: 400
  nominalFrequencyHz: "50"
  phases: three
  gridProfile: vde-ar-n-4105-2018
pcc:
  importLimitW: 100000
  # Behind the second door.
  meter: { host: 127.0.0.1, port: 1502, proven: true, updateMs: 100 } # class 1
authorization: none
evses:
  - name: Bay 1
    # Told by the maker.
    stage:
      host: 127.0.0.1
      port: 1503
      deadTimeMs: 15
    maxChargeW: 22000
stateDir: STATE
`;

const loaded = (): LoadedSite => {
  const checked = checkSite(file);
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
};
const comparison = (given: Partial<Comparison>): Comparison => ({
  device: "Bay 1",
  setting: "evses[0].stage.deadTimeMs",
  what: "dead time",
  configured: 15,
  measured: 590,
  uncertainty: 30,
  unit: "ms",
  verdict: "refuse",
  todo: "",
  sets: [{ setting: "evses[0].stage.deadTimeMs", to: 590 }],
  ...given,
});
const step = (name: string, comparisons: readonly Comparison[]) => ({
  step: name,
  title: name,
  atMs: 0,
  verdict: "fail" as const,
  findings: [],
  comparisons,
  looks: [],
});
const adopt = (comparisons: readonly Comparison[]) => {
  const before = loaded();
  const results = [step("devices", []), step("nudges", comparisons)];
  const progress = { configSha256: configHash(before.config), startedAtMs: 1, results };
  return adoptMeasured(file, before, progress, new Date("2026-05-04T10:20:30Z"));
};

describe("measured settings", () => {
  it("are written where they stand; comments, order and the file as it was stay, and what was done stays done", () => {
    const windowMs = comparison({
      device: "PCC meter",
      setting: "pcc.meter.windowMs",
      what: "averaging window",
      sets: [{ setting: "pcc.meter.windowMs", to: 980 }],
    });
    const { ok, sentence } = adopt([comparison({}), windowMs]);
    expect([ok, sentence]).toEqual([true, expect.stringContaining("deadTimeMs: 590, pcc.meter.windowMs: 980")]);
    const text = readFileSync(file, "utf8");
    expect(text).toBe(
      site.replace("deadTimeMs: 15", "deadTimeMs: 590").replace("updateMs: 100 }", "updateMs: 100, windowMs: 980 }"),
    );
    expect(readFileSync(join(folder, "site.yaml.before-2026-05-04T102030Z"), "utf8")).toBe(site);
    expect(readProgress(loaded().config).results.map((one) => one.step)).toEqual(["devices"]);
  });

  it.each([
    [
      "a device that shows another gain",
      [comparison({}), comparison({ what: "gain", measured: 0.34, uncertainty: 0.01, sets: [] })],
      /nothing was measured/,
    ],
    ["a figure that is hardly known", [comparison({ measured: 100, uncertainty: 90 })], /nothing was measured/],
    [
      "what check-config would refuse",
      [comparison({ sets: [{ setting: "evses[0].stage.deadTimeMs", to: 9_999_999 }] })],
      /would be refused: .*deadTimeMs/,
    ],
  ])("%s is refused, and nothing is written", (_name, comparisons, why) => {
    const { ok, sentence } = adopt(comparisons);
    expect([ok, sentence]).toEqual([false, expect.stringMatching(why)]);
    expect(readFileSync(file, "utf8")).toBe(site);
    expect(readdirSync(folder)).toEqual(["site.yaml"]);
  });

  it("a file that was changed meanwhile is left alone", () => {
    const before = loaded();
    writeFileSync(file, site.replace("22000", "11000"));
    const progress = { configSha256: "", startedAtMs: 1, results: [step("nudges", [comparison({})])] };
    expect(adoptMeasured(file, before, progress, new Date()).sentence).toMatch(/has changed since/);
  });

  it("a stage that is shared by an anchor is named, to be written by hand", () => {
    const shared = site
      .replace("    stage:\n", "    stage: &stage\n")
      .replace(
        "    maxChargeW: 22000\n",
        "    maxChargeW: 22000\n  - name: Bay 2\n    stage: *stage\n    maxChargeW: 22000\n",
      );
    writeFileSync(file, shared);
    const { ok, sentence } = adopt([comparison({ sets: [{ setting: "evses[1].stage.deadTimeMs", to: 590 }] })]);
    expect([ok, sentence]).toEqual([false, expect.stringContaining("by hand")]);
    expect(readFileSync(file, "utf8")).toBe(shared);
  });
});
