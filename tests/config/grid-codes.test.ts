/** Grid codes as files: where each value comes from, what is unknown, what a person has entered, what is not mixed. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeSentences } from "../../src/app/site/site-promises.ts";
import { gridCodes } from "../../src/config/grid-codes.ts";
import { builtInGridProfile, missingSettings } from "../../src/config/grid-profiles.ts";
import { codeLinesMax, gridProfileComplaintText, parseGridProfile } from "../../src/config/grid-profiles-file.ts";
import { createGridFunctions, stepGridFunctions } from "../../src/core/grid/der.ts";
import { createGridMeasurement } from "../../src/core/grid/measurement.ts";
import { Quality } from "../../src/domain/quality.ts";

const folder = join(import.meta.dirname, "../../src/config/grid-codes");
const complaintsOf = (text: string): string => {
  const parsed = parseGridProfile(text, "u.yaml");
  return parsed.ok ? "" : parsed.error.map(gridProfileComplaintText).join("\n");
};

describe("each value has its source and says how sure it is", () => {
  test.each([
    ["ieee1547-catA-I", "uv1S", 2, "OpenDER", "secondary"],
    ["ieee1547-catB-III", "uv1S", 21, "OpenDER", "secondary"],
    ["ieee1547-catB-III", "voltVarQ1Pu", 0.44, "OpenDER", "secondary"],
    ["ca-rule21", "uv3S", 1.5, "Delta M42U", "secondary"],
    ["ca-rule21", "enterRampS", 50, "Solectria", "secondary"],
    ["ca-rule21", "voltVarQ1Pu", 0.3, "practice notes", "unconfirmed"],
    ["vde-ar-n-4105-2018", "ov2Pu", 1.25, "ABB CM-UFD", "secondary"],
    ["vde-ar-n-4105-2018", "ovMeanPu", 1.1, "ABB CM-UFD", "secondary"],
    ["vde-ar-n-4105-2018", "uv1S", 3, "do not agree", "unconfirmed"],
    ["vde-ar-n-4105-2018", "droopOverBandHz", 0.2, "KACO", "secondary"],
    ["vde-ar-n-4110-2018", "uv2Pu", 0.3, "ABB CM-UFD", "secondary"],
    ["vde-ar-n-4110-2018", "of1S", 5, "ABB CM-UFD", "secondary"],
    ["vde-ar-n-4110-2018", "droopOverPu", 0.05, "Beckhoff", "secondary"],
    ["vde-ar-n-4110-2018", "enterDelayS", null, "", "unknown"],
    ["en50549-1-2019", "of2Hz", 52, "Sungrow", "secondary"],
    ["en50549-1-2019", "ov1Pu", null, "", "unknown"],
    ["g98", "of1Hz", null, "", "unknown"],
    ["g99", "uf2Hz", 47, "open table", "secondary"],
    ["g99", "ov1Pu", null, "", "unknown"],
    ["iec61727-2004", "uv2Pu", 0.5, "practice notes", "unconfirmed"],
    ["iec61727-2004", "enterDelayS", 180, "practice notes", "unconfirmed"],
    ["as4777-2-2020-australia-a", "voltVarQ4Pu", -0.6, "CSIRO", "secondary"],
    ["as4777-2-2020-australia-b", "voltWattV1Pu", 1.086957, "CSIRO", "secondary"],
    ["as4777-2-2020-australia-c", "voltVarV2Pu", 1, "CSIRO", "secondary"],
    ["as4777-2-2020-new-zealand", "voltVarV4Pu", 1.06087, "CSIRO", "secondary"],
    ["as4777-2-2020-australia-a", "of1Hz", null, "", "unknown"],
  ] as const)("%s %s: %s", (name, key, value, source, certainty) => {
    const profile = builtInGridProfile(name)!;
    const origin = profile.origins[key]!;
    if (value !== null) expect(profile.settings[key]).toBe(value);
    expect(profile.blank.includes(key)).toBe(value === null);
    expect(origin.source).toContain(source);
    expect(origin.certainty).toBe(certainty);
  });

  test("no value of any code is without a source, and only IEEE 1547 names clauses", () => {
    for (const { name, origins, blank, absent } of gridCodes) {
      for (const [key, { source, certainty, clause }] of Object.entries(origins)) {
        const isStated = source !== "";
        expect(`${name} ${key} ${isStated ? certainty !== "unknown" : certainty === "unknown"}`).toContain("true");
        if (isStated) expect([...blank, ...absent]).not.toContain(key);
        if (!name.startsWith("ieee1547")) expect(clause).toBe("");
      }
    }
  });

  test("a code is a file that one can look over", () => {
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), "utf8").split("\n").length).toBeLessThanOrEqual(codeLinesMax);
    }
  });
});

describe("what no source tells a person enters", () => {
  test.each([
    ["ieee1547-catB-III", 0],
    ["ieee1547-catA-I-50hz", 0],
    ["ca-rule21", 0],
    ["vde-ar-n-4105-2018", 0],
    ["iec61727-2004", 0],
  ])("%s leaves nothing open", (name, count) => {
    expect(missingSettings(builtInGridProfile(name)!)).toHaveLength(count);
  });
  test("check-config names what has to be entered, and how sure the rest is", () => {
    const [sure, unsourced, missing] = codeSentences(builtInGridProfile("g99")!);
    expect(sure).toMatch(/^How sure the values of Engineering Recommendation G99 are: .*secondary.*unknown/);
    expect(unsourced).toMatch(/^What Engineering Recommendation G99 asks to be ridden through is unsourced/);
    expect(missing).toMatch(/^Not parallel: .* settings to a person: enterVoltageMinPu, .*reactiveMode.*base: g99/);
    const [, vde, ...none] = codeSentences(builtInGridProfile("vde-ar-n-4105-2018")!);
    expect([vde, none]).toEqual([expect.stringMatching(/^What VDE-AR-N 4105:2018 asks .* unsourced/), []]);
    expect(codeSentences(builtInGridProfile("ieee1547-catB-III")!)).toHaveLength(1);
  });
  test("what is unknown of a function that is off is nobody's work", () => {
    const { blank } = builtInGridProfile("vde-ar-n-4105-2018")!;
    expect(blank).toContain("voltWattV1Pu");
    const on = parseGridProfile("name: x\nbase: vde-ar-n-4105-2018\nsettings:\n  voltWattEnabled: true\n", "u.yaml");
    expect(on.ok && missingSettings(on.value)).toContain("voltWattV1Pu");
  });
  test("an entry closes what was open, also where it is what stood in for it", () => {
    const base = builtInGridProfile("en50549-1-2019")!;
    const open = missingSettings(base);
    expect(open).toEqual(expect.arrayContaining(["enterDelayS", "ov1Pu", "reactiveMode", "droopEnabled"]));
    const entered = `name: x\nbase: en50549-1-2019\nsettings:\n  enterDelayS: ${base.settings.enterDelayS}\n  reactiveMode: none\n`;
    const parsed = parseGridProfile(entered, "u.yaml");
    expect(parsed.ok && missingSettings(parsed.value)).toEqual(
      open.filter((key) => key !== "enterDelayS" && key !== "reactiveMode"),
    );
  });
});

const example = `code: Example code 2025
name: example-2025
nominalFrequencyHz: 50
sources: { manual: { title: "A maker's manual, page 7", certainty: secondary } }
settings:
  enterVoltageMinPu: { value: 0.9, source: manual }
  enterVoltageMaxPu: { value: 1.1, source: manual }
  enterFrequencyMinHz: { value: 49.5, source: manual }
  enterFrequencyMaxHz: { value: 50.2, source: manual }
  enterDelayS: { value: 60, range: [10, 600], source: manual }
  enterRampS: { value: null }
  ov1Pu: { value: 1.15, range: [1.1, 1.2], name: "U>", source: manual }
  ov1S: { value: 0.2, source: manual }
  uv1Pu: { value: 0.85, source: manual }
  uv1S: { value: 1.5, source: manual }
  of1Hz: { value: 51.5, source: manual }
  of1S: { value: 0.5, source: manual }
  uf1Hz: { value: 47.5, source: manual }
  uf1S: { value: 0.5, source: manual }
`;

describe("a code of somebody's own", () => {
  test("is a file and no code: values, ranges, names, what is unknown; what it does not have is off", () => {
    const parsed = parseGridProfile(example, "u.yaml");
    expect(complaintsOf(example)).toBe("");
    const profile = parsed.ok ? parsed.value : undefined;
    expect(profile).toMatchObject({
      name: "example-2025",
      settings: { ov1Pu: 1.15, uf1Hz: 47.5, ov2Pu: 0, of2Hz: 0, droopEnabled: false, voltWattEnabled: false },
      ranges: { ov1Pu: [1.1, 1.2], enterDelayS: [10, 600] },
    });
    expect(profile!.origins["ov1Pu"]).toMatchObject({ name: "U>", certainty: "secondary" });
    expect(missingSettings(profile!)).toEqual(["enterRampS"]);
  });
  test.each([
    ["name: example-2025\n", "name: example-2025\nbase: g99\n", "two codes are not mixed"],
    [
      "value: 1.15, range",
      "value: 1.25, range",
      "u.yaml:12: ov1Pu is 1.25: must be from 1.1 to 1.2 pu (Example code 2025)",
    ],
    ["ov1S: { value: 0.2, source: manual }", "ov1S: { value: 0.2 }", "ov1S is 0.2: must name its source"],
    [
      "ov1S: { value: 0.2, source: manual }",
      "ov1S: { value: fast, source: manual }",
      'ov1S is "fast": must be a number, or null',
    ],
    ["ov1S: { value: 0.2, source: manual }", "ov1S: 0.2", "must have a value, or null where it is unknown"],
    ["source: manual }\n  enterRampS", "source: hearsay }\n  enterRampS", "must be one of the file's sources"],
    ["certainty: secondary", "certainty: sure", "must say how sure it is: read, secondary, unconfirmed, unknown"],
    ["[10, 600]", "[600, 10]", "must have a range of two numbers, the lower first"],
    ["ov1S:", "ov1Seconds:", "is not a grid setting; check its spelling"],
    ["nominalFrequencyHz: 50", "nominalFrequencyHz: 55", "must be 50 or 60"],
    ["code: Example code 2025", "code: ''", "must be the code's title"],
    ["settings:\n", `${"# one more line\n".repeat(200)}settings:\n`, "must have at most 200 lines"],
  ])("%j written as %j is refused", (right, wrong, complaint) => {
    expect(complaintsOf(example.replace(right, wrong))).toContain(complaint);
  });
});

const regions = `rideThrough:
  source: manual
  low: [{ fromPu: 0.5, toPu: 0.85, mode: mandatory, holdS: 1 }, { fromPu: 0, toPu: 0.5, mode: momentaryCessation, holdS: 0.2 }]
  high: [{ fromPu: 1.1, toPu: 1.25, mode: mandatory, holdS: 5 }, { fromPu: 1.25, toPu: 9, mode: cease, holdS: 0 }]
  frequency: { outerMinHz: 47, innerMinHz: 49, innerMaxHz: 51, outerMaxHz: 52, holdS: 1800 }
`;

describe("what has to be ridden through belongs to the code", () => {
  const text = example.replace("settings:\n", `${regions}settings:\n`);
  test.each([
    ["IEEE 1547's tables", "ieee1547-catB-III", "", 1.22, "ceased"],
    ["a code of which nobody knows", "", example, 1.22, "ceased"],
    ["a code's own regions", "", text, 1.22, "mandatory"],
    ["a code's own regions, beyond them", "", text, 1.3, "ceased"],
    ["a code of which nobody knows, at low voltage", "", example, 0.4, "continuous"],
    ["IEEE 1547's tables, at low voltage", "ieee1547-catB-III", "", 0.45, "momentaryCessation"],
    ["a code's own regions, at low voltage", "", text, 0.7, "mandatory"],
  ])("%s", (_, name, file, voltagePu, status) => {
    const parsed = file === "" ? undefined : parseGridProfile(file, "u.yaml");
    const profile = parsed?.ok ? parsed.value : builtInGridProfile(name)!;
    const ratings = { ratedW: 1, ratedVA: 1, maxChargeW: 1, maxChargeVA: 1, maxInjectVar: 1, maxAbsorbVar: 1 };
    const der = createGridFunctions(profile, { ...ratings, currentMaxPu: 1.2, openingS: 0 }, "single", {
      inService: true,
    });
    const measurement = createGridMeasurement();
    Object.assign(measurement, { quality: Quality.good, frequencyHz: profile.settings.nominalFrequencyHz });
    measurement.phaseVoltagePu[0] = voltagePu;
    expect(stepGridFunctions(der, measurement, 0).status).toBe(status);
  });
  test.each([
    ["source: manual\n  low", "source: hearsay\n  low", "must be one of the file's sources"],
    ["toPu: 0.85", "toPu: 0.4", "must have fromPu below toPu, holdS, and mode"],
    ["mode: cease", "mode: jump", "mandatory, permissive, momentaryCessation, cease"],
    ["innerMinHz: 49", "innerMinHz: 46", "must have outerMinHz, innerMinHz"],
    ["  high:", "  hihg:", "is not known here; known are low, high, frequency"],
    [regions, "rideThrough: vde\n", "must be ieee1547, or regions"],
  ])("%j written as %j is refused", (right, wrong, complaint) => {
    expect(complaintsOf(text.replace(right, wrong))).toContain(complaint);
  });
});

describe("codes are not mixed", () => {
  test.each([
    [
      "base: ieee1547-catB-III\nsettings:\n  ovMeanPu: 1.1\n",
      "ovMeanPu is 1.1: is not part of IEEE 1547-2018 but of EN 50549-1:2019",
    ],
    [
      "base: vde-ar-n-4105-2018\nsettings:\n  uv3Pu: 0.3\n",
      "uv3Pu is 0.3: is not part of VDE-AR-N 4105:2018 but of California Rule 21",
    ],
    ["base: [ieee1547-catB-III, g99]\n", "two codes are not mixed"],
    ["base: vde-ar-n-4105-2018\nsettings:\n  reactiveMode: watt-var\n", "must be one of none, constant-power-factor"],
    ["base: ca-rule21\nsettings:\n  uv3S: 5\n", "uv3S is 5: must be from 0.16 to 2 s (California Rule 21)"],
    [
      "base: vde-ar-n-4105-2018\nsettings:\n  ov2Pu: 12.5\n",
      "must be from 0 to 1.4 pu (what is plausible at all; no range of VDE-AR-N 4105:2018 is known)",
    ],
  ])("%j", (text, complaint) => expect(complaintsOf(`name: x\n${text}`)).toContain(complaint));
});
