import { describe, expect, test } from "vitest";
import {
  builtInGridProfile,
  changeGridProfile,
  checkGridProfileFits,
  checkGridSettings,
  gridProfileNames,
  gridSettingRows,
  revisionsMax,
  standardGridProfile,
} from "../../src/config/grid-profiles.ts";
import {
  gridProfileBytesMax,
  gridProfileComplaintText,
  parseGridProfile,
  resolveGridProfile,
} from "../../src/config/grid-profiles-file.ts";

const who = { by: "installer", atMs: 1_000, note: "test" };
const complaintsOf = (changes: Record<string, unknown>, base = standardGridProfile): string[] => {
  const changed = changeGridProfile(base, changes, who);
  return changed.ok ? [] : changed.error.map(({ setting, found, complaint }) => `${setting} is ${found}: ${complaint}`);
};

describe("built-in profiles", () => {
  test("IEEE 1547 in six categories at 60 and 50 Hz, Rule 21, five European and British codes, four regions of AS/NZS, IEC 61727", () => {
    expect(gridProfileNames).toHaveLength(12 + 1 + 5 + 4 + 1);
    for (const name of gridProfileNames) {
      const profile = builtInGridProfile(name)!;
      expect(checkGridSettings(profile.settings, profile.ranges)).toEqual([]);
    }
  });
  test.each([
    ["ieee1547-catA-I", { uv1Pu: 0.7, uv1S: 2, uv2S: 0.16, ov1S: 2, voltVarQ1Pu: 0.25, momentaryCessation: false }],
    ["ieee1547-catB-II", { uv1Pu: 0.7, uv1S: 10, voltVarV1Pu: 0.92, voltVarOlrtS: 5, momentaryCessation: false }],
    [
      "ieee1547-catB-III",
      { uv1Pu: 0.88, uv1S: 21, uv2Pu: 0.5, uv2S: 2, ov1S: 13, enterDelayS: 300, momentaryCessation: true },
    ],
    ["ieee1547-catB-III-50hz", { of1Hz: 51, uf1Hz: 48.75, droopOverBandHz: 0.03, enterFrequencyMaxHz: 50.083333 }],
    [
      "vde-ar-n-4105-2018",
      {
        nominalFrequencyHz: 50,
        ov2Pu: 1.25,
        ovMeanPu: 1.1,
        uv2Pu: 0.45,
        of1Hz: 51.5,
        uf1Hz: 47.5,
        droopOverBandHz: 0.2,
      },
    ],
    [
      "ca-rule21",
      { uv2Pu: 0.7, uv2S: 11, uv3Pu: 0.5, uv3S: 1.5, enterRampS: 50, reactiveMode: "volt-var", voltVarV2Pu: 0.967 },
    ],
  ] as const)("%s", (name, settings) => expect(builtInGridProfile(name)!.settings).toMatchObject(settings));
  test("every row has a sentence, and IEEE 1547's exchange format names each setting once", () => {
    const rows = [...gridSettingRows.numbers, ...gridSettingRows.flags, ...gridSettingRows.choices];
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
    expect(rows.every(({ sentence }) => sentence.endsWith("."))).toBe(true);
    const names = Object.values(standardGridProfile.origins).flatMap(({ name }) => (name === "" ? [] : [name]));
    expect(names.length).toBeGreaterThan(60);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a European code", () => {
  const vde = `
name: vde-ar-n-4105-2018
base: ieee1547-catB-III-50hz
settings:
  ov2Pu: 1.25
  ov2S: 0.1
  ov1Pu: 1.10
  ov1S: 600
  uv1Pu: 0.8
  uv1S: 3
  uv2Pu: 0.45
  uv2S: 0.3
  of1Hz: 51.5
  of1S: 0.1
  of2Hz: 51.5
  of2S: 0.1
  uf1Hz: 47.5
  uf1S: 0.1
  uf2Hz: 47.5
  uf2S: 0.1
  enterVoltageMinPu: 0.85
  enterVoltageMaxPu: 1.10
  enterFrequencyMinHz: 47.5
  enterFrequencyMaxHz: 50.1
  enterDelayS: 60
  enterRampS: 600
  cessationLowPu: 0.8
  cessationHighPu: 1.15
`;
  test("as a network operator's file: every setting is accepted, and its ranges are not IEEE 1547's", () => {
    const parsed = parseGridProfile(vde, "vde.yaml");
    expect(parsed).toMatchObject({ ok: true, value: { settings: { ov2Pu: 1.25, uv1S: 3, enterVoltageMinPu: 0.85 } } });
  });
  test.each([
    ["ov2Pu: 1.25", "ov2Pu: 12.5", "ov2Pu is 12.5: must be from 0 to 1.4 pu"],
    ["of1Hz: 51.5", "of1Hz: 515", "of1Hz is 515: must be from 44 to 56 Hz"],
    ["uv1S: 3", "uv1S: 0.01", "uv1S is 0.01: must be from 0.05 to 3600 s"],
    ["uv2Pu: 0.45", "uv2Pu: 0.95", "uv1Pu is 0.8: must not be below uv2Pu, 0.95"],
  ])("what is not plausible is still refused: %s written as %s", (right, wrong, complaint) => {
    const parsed = parseGridProfile(vde.replace(right, wrong), "vde.yaml");
    expect(parsed.ok ? "" : parsed.error.map(gridProfileComplaintText).join()).toContain(complaint);
  });
  test("at 60 Hz the standard's own ranges hold", () => {
    const parsed = parseGridProfile(vde.replace("-50hz", ""), "vde.yaml");
    expect(parsed.ok ? 0 : parsed.error.length).toBeGreaterThan(12);
  });
  test("a site at 50 Hz is told which profiles there are", () => {
    const [misfit] = checkGridProfileFits(standardGridProfile, 50);
    expect(misfit!.complaint).toContain("vde-ar-n-4105-2018");
    expect(misfit!.complaint).not.toContain("ca-rule21");
  });
});

describe("changes are refused with the setting, the value and what is allowed", () => {
  test.each([
    [{ ov1S: 20 }, "ov1S is 20: must be from 1 to 13 s"],
    [{ ov2Pu: 1.3 }, "ov2Pu is 1.3: must be 1.2 pu"],
    [{ enterDelayS: Number.NaN }, "enterDelayS is NaN: must be from 0 to 600 s"],
    [{ enterDelayS: "300" }, 'enterDelayS is "300": must be from 0 to 600 s'],
    [{ voltWattEnabled: 1 }, "voltWattEnabled is 1: must be true or false"],
    [{ reactiveMode: "both" }, 'reactiveMode is "both": must be one of none, constant-power-factor'],
    [{ voltVarV1Pu: 0.97 }, "voltVarV2Pu is 0.98: must be at least 0.02 above voltVarV1Pu, 0.97"],
    [{ voltVarQ2Pu: -0.1 }, "voltVarQ2Pu is -0.1: must not be below voltVarQ3Pu, 0"],
    [{ wattVarP2Pu: 0.25 }, "wattVarP2Pu is 0.25: must be at least 0.1 above wattVarP1Pu, 0.2"],
    [
      { voltWattV1Pu: 1.09, voltWattV2Pu: 1.09 },
      "voltWattV2Pu is 1.09: must be at least 0.01 above voltWattV1Pu, 1.09",
    ],
    [{ enterRampS: 0 }, "enterRampS is 0: must be from 1 to 1000 s unless a random delay is set"],
    [{ enterRandomDelayS: 60 }, "enterRampS is 300: must be 0 s with a random delay"],
    [{ overVoltage: 1 }, "overVoltage is 1: is not a grid setting; check its spelling"],
    [{ nominalFrequencyHz: 50 }, "nominalFrequencyHz is 50: belongs to the base profile"],
    [{ of2S: 400, of1S: 300 }, "of1S is 300: must not be below of2S, 400"],
  ])("%o", (changes, complaint) => {
    const complaints = complaintsOf(changes);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(complaint);
  });
  test("droop below the category's range", () => {
    expect(complaintsOf({ droopOverPu: 0.02 })).toEqual([]);
    expect(complaintsOf({ droopOverPu: 0.02 }, builtInGridProfile("ieee1547-catB-II")!)).toHaveLength(1);
  });
  test("all complaints come at once", () => expect(complaintsOf({ ov1S: 99, uv1S: 1, of1S: 1 })).toHaveLength(3));
});

describe("changes are versioned", () => {
  test("a change makes a new version with what changed, from and to; the old profile stays", () => {
    const changed = changeGridProfile(standardGridProfile, { enterDelayS: 15, ov1S: 13 }, who);
    expect(changed.ok && changed.value.version).toBe(2);
    expect(changed.ok && changed.value.revisions).toEqual([
      { version: 2, ...who, changes: [{ setting: "enterDelayS", from: 300, to: 15 }] },
    ]);
    expect(standardGridProfile.settings.enterDelayS).toBe(300);
  });
  test("a change that changes nothing is no version", () => {
    const changed = changeGridProfile(standardGridProfile, { enterDelayS: 300 }, who);
    expect(changed.ok && changed.value).toBe(standardGridProfile);
  });
  test("the history is bounded", () => {
    let profile = standardGridProfile;
    for (let change = 0; change < revisionsMax + 20; change++) {
      const changed = changeGridProfile(profile, { enterDelayS: change }, who);
      if (changed.ok) profile = changed.value;
    }
    expect(profile.revisions).toHaveLength(revisionsMax);
    expect(profile.version).toBe(revisionsMax + 21);
  });
});

describe("a utility's own file", () => {
  const good =
    "name: example\nbase: ieee1547-catB-III\nversion: 3\nsettings:\n  enterDelayS: 15\n  voltWattEnabled: true\n";
  test("YAML and JSON are the same", () => {
    const yaml = parseGridProfile(good, "u.yaml");
    const json = parseGridProfile(
      '{"name":"example","base":"ieee1547-catB-III","version":3,"settings":{"enterDelayS":15,"voltWattEnabled":true}}',
      "u.json",
    );
    expect(yaml.ok && yaml.value).toMatchObject({
      name: "example",
      version: 3,
      settings: { enterDelayS: 15, uv1S: 21 },
    });
    expect(json.ok && yaml.ok && json.value.settings).toEqual(yaml.ok && yaml.value.settings);
  });
  test.each([
    [
      "name: x\nbase: ieee1547-catB-III\nsettings:\n  enterDelayS: 900\n",
      "u.yaml:4: enterDelayS is 900: must be from 0 to 600 s",
    ],
    ["name: x\nbase: ieee1547-catB-IV\n", 'u.yaml:2: base is "ieee1547-catB-IV": must be one of ieee1547-catA-I'],
    ["name: x\n", "u.yaml:1: base is missing: must be one of"],
    ["name: ''\nbase: ca-rule21\n", 'u.yaml:1: name is "": must be text of 1 to 80 characters'],
    ["name: x\nbase: ca-rule21\nversion: 0\n", "u.yaml:3: version is 0: must be a whole number from 1"],
    ["name: x\nbase: ca-rule21\nsettings: [1]\n", "u.yaml:3: settings is [1]: must be settings by name"],
    ["name: x\nbase: ca-rule21\nsetings: {}\n", "u.yaml:3: setings is {}: is not known here"],
    ["name: x\nname: y\n", "u.yaml:2: the file: Map keys must be unique"],
    ["- 1\n", "u.yaml:1: the file: must name a base and settings"],
    ["", "u.yaml:1: the file: must name a base and settings"],
    ["x".repeat(gridProfileBytesMax + 1), "u.yaml:1: the file: must be at most"],
  ])("%j is refused", (text, complaint) => {
    const parsed = parseGridProfile(text, "u.yaml");
    const complaints = parsed.ok ? [] : parsed.error.map(gridProfileComplaintText);
    expect(complaints.some((line) => line.includes(complaint))).toBe(true);
  });
  test("a site gets the profile it names, only at its own frequency", () => {
    const read = (path: string): string => {
      if (path !== "u.yaml") throw new Error("ENOENT");
      return good;
    };
    expect(resolveGridProfile("ca-rule21", 60, read)).toMatchObject({ ok: true });
    expect(resolveGridProfile("u.yaml", 60, read)).toMatchObject({ ok: true, value: { name: "example" } });
    const misfit = resolveGridProfile("u.yaml", 50, read);
    expect(misfit.ok ? "" : gridProfileComplaintText(misfit.error[0]!)).toContain(
      '"example", for 60 Hz: must be a profile for the site\'s 50 Hz',
    );
    const absent = resolveGridProfile("none.yaml", 60, read);
    expect(absent.ok ? "" : gridProfileComplaintText(absent.error[0]!)).toContain(
      "must be a file that can be read, or one of",
    );
    expect(checkGridProfileFits(standardGridProfile, 60)).toEqual([]);
  });
});
