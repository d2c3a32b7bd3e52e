/** What a configuration refers to is read and checked with it: profiles, register maps. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkSite, loadSite } from "../../src/app/site/load-config.ts";
import { complaintText } from "../../src/config/parse.ts";

const root = join(import.meta.dirname, "../..");
const hours = (value: number | string): string => `[${new Array(24).fill(value).join(", ")}]`;
const months = (row: string, count = 12): string => Array.from({ length: count }, () => `  - ${row}`).join("\n");

interface Files {
  readonly site?: string;
  readonly pcc?: string;
  readonly meter?: string;
  readonly stage?: string;
  readonly evse?: string;
  readonly profile?: string;
}

function siteWith({ site = "", pcc = "", meter = "", stage = "", evse = "", profile = "" }: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "islet-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "lgp.yaml"), profile);
  cpSync(join(root, "config/maps/blueprint.yaml"), join(folder, "stage.yaml"));
  const file = join(folder, "site.yaml");
  writeFileSync(
    file,
    `site:
  name: T
  nominalVoltageV: 400
  ${site}
pcc:
  importLimitW: 50000
  ${pcc}
  meter: { host: m${meter} }
evses:
  - stage: { host: s${stage} }
    maxChargeW: 11000
    maxDischargeW: 11000
    ${evse}
`,
  );
  return file;
}

function complaints(files: Files): string[] {
  const file = siteWith(files);
  const checked = checkSite(file);
  return checked.ok ? [] : checked.error.map((one) => complaintText(one).replaceAll(/\S*\/([a-z]+\.yaml)/g, "$1"));
}

describe("refused with file, line, setting, value and what is allowed", () => {
  const lgp = "generationProfile: lgp.yaml";
  test.each<readonly [string, Files, RegExp]>([
    [
      "a promise that the meter cannot keep",
      { meter: ", updateMs: 1000", pcc: "inadvertentExport: { responseBoundMs: 500 }" },
      /responseBoundMs is 500: is less than meter and stages need: up to 1\d\d\d ms \(/,
    ],
    [
      "a profile for another frequency",
      { site: 'nominalFrequencyHz: "50"\n  gridProfile: ieee1547-catB-III' },
      /^site.yaml:5: site.gridProfile is "ieee1547-catB-III", for 60 Hz: must be a profile for the site's 50 Hz: ieee.*iec61727-2004, or the path of a file$/,
    ],
    ["an unknown profile", { site: "gridProfile: ieee1547-catZ" }, /site.yaml:4: site.gridProfile is "ieee1547-catZ"/],
    [
      "a profile that is not there",
      { site: "gridProfile: ./none.yaml" },
      /site.gridProfile .*can't be read \(ENOENT\)/,
    ],
    [
      "a generation profile of eleven months",
      { pcc: lgp, profile: `name: P\nexportLimitW:\n${months(hours(5), 11)}` },
      /lgp.yaml:3: exportLimitW: must be a list of 12 months, not 11/,
    ],
    [
      "a month of 23 hours",
      { pcc: lgp, profile: `name: P\nexportLimitW:\n${months(hours(5), 11)}\n  - [1]` },
      /lgp.yaml:14: exportLimitW\[11\]: must be a list of 24 hours, not 1/,
    ],
    [
      "a value that is no power",
      { pcc: lgp, profile: `name: P\nexportLimitW:\n${months(hours(5), 11)}\n  - ${hours(-5)}` },
      /lgp.yaml:14: exportLimitW\[11\]\[0\] is -5: must be a number from 0/,
    ],
    [
      "a value that is not a number",
      { pcc: lgp, profile: `name: P\nexportLimitW:\n${months(hours(".nan"))}` },
      /exportLimitW\[0\]\[0\] is .*: must be a number/,
    ],
    [
      "a misspelt key",
      { pcc: lgp, profile: `name: P\nexportlimitW: 3\nexportLimitW:\n${months(hours(5))}` },
      /lgp.yaml:2: exportlimitW is 3: is not known here/,
    ],
    [
      "a register map that is not there",
      { stage: ", map: none.yaml, gridFunctions: controller" },
      /site.yaml:10: evses\[0\].stage.map is "none.yaml": can't be read/,
    ],
    [
      "a map of another kind of device",
      { meter: ", map: stage.yaml" },
      /site.yaml:8: pcc.meter.map is "stage.yaml": must be the map of a meter, not of a stage/,
    ],
    [
      "a stage without functions that may discharge",
      { stage: ", map: stage.yaml", evse: "dischargeEnabled: true" },
      /has no grid functions that can be read back/,
    ],
  ])("%s", (_, files, expected) => {
    expect(complaints(files).join("\n")).toMatch(expected);
  });

  test("several files → all complaints at once", () => {
    const found = complaints({
      site: 'nominalFrequencyHz: "50"',
      pcc: "generationProfile: none.yaml",
      stage: ", map: x.yaml",
    });
    expect(found).toHaveLength(3);
    expect(() => loadSite(siteWith({ pcc: "generationProfile: none.yaml" }))).toThrow(/has 1 to mend/);
  });
});

test("a site with a generation profile, a register map and a 50 Hz profile → all of them loaded", () => {
  const { config, profile, generationProfile, maps } = loadSite(
    siteWith({
      site: 'nominalFrequencyHz: "50"\n  gridProfile: ieee1547-catB-III-50hz\n  timeZone: Europe/Berlin',
      pcc: "generationProfile: lgp.yaml",
      stage: ", map: stage.yaml, gridFunctions: controller",
      evse: "dischargeEnabled: true",
      profile: `name: P\nexportLimitW:\n${months(hours(7_000))}`,
    }),
  );
  expect(profile.settings.nominalFrequencyHz).toBe(50);
  expect(generationProfile!.smallestW).toBe(7_000);
  expect(generationProfile!.zone.timeZone).toBe("Europe/Berlin");
  expect(maps!.get(config.evses[0]!.stage.map)!.kind).toBe("stage");
});

test.each([
  "config/depot.yaml",
  "config/home.yaml",
  "sim/scenarios/sites/lgp-year.yaml",
  "sim/scenarios/sites/permit-day.yaml",
])("%s is without complaint", (file) => {
  expect(checkSite(join(root, file)).ok).toBe(true);
});

test("everything that is wrong comes at once, each in words of its own: settings, their relations, and every file", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "site.yaml");
  writeFileSync(
    file,
    `site: { name: T, timeZone: Mars/X, serviceMode: v2g, nominalVoltageV: 400, gridProfile: ./none.yaml }
pcc: { importLimitW: -5, metre: 3, generationProfile: lgp.yaml }
evses:
  - stage: { host: s, map: gone.yaml }
    maxChargeW: 11000
    minPowerW: 12000
    maxDischargeW: 11000
`,
  );
  const checked = checkSite(file);
  const said = checked.ok ? [] : checked.error.map((one) => complaintText(one).replace(`${file}:`, ""));
  expect(said).toEqual([
    expect.stringMatching(/^1: site.serviceMode is "v2g": must be one of /),
    expect.stringMatching(/^2: pcc.importLimitW is -5: must be /),
    "2: pcc.metre is 3: is not a setting here; check its spelling",
    "2: pcc.meter: is missing: name the meter's host, its serial line with serial, or several meters with sumOf. A site without any meter needs pcc.fallbackImportLimitW, what its chargers may take together whatever else the building takes",
    "6: evses[0].minPowerW is 12000: must not be above maxChargeW, 11000 W",
    '1: site.timeZone is "Mars/X": must be an IANA time zone, for example America/Los_Angeles',
    '1: site.gridProfile is "./none.yaml": can\'t be read (ENOENT)',
    '2: pcc.generationProfile is "lgp.yaml": can\'t be read (ENOENT)',
    '4: evses[0].stage.map is "gone.yaml": can\'t be read (ENOENT)',
  ]);
});

test("files that are named by a setting are meant from where the configuration lies, else from the working directory", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "site.yaml");
  const minimal = join(root, "config/minimal.yaml");
  cpSync(minimal, file);
  writeFileSync(join(folder, "utility.pem"), "");
  const groups = [
    "permit: { file: permit.json, anchors: [utility.pem, package.json, /etc/other.pem] }",
    "dashboard: { certificateFile: page.pem, keyFile: page.key }",
    "backend: { url: 'wss://b.example/x', identity: S1, caFile: ca.pem, passwordFile: /run/secret }",
  ];
  writeFileSync(file, `${readFileSync(minimal, "utf8")}\n${groups.join("\n")}\n`);
  const { permit, dashboard, backend } = loadSite(file).config;
  expect(permit).toMatchObject({
    file: join(folder, "permit.json"),
    // The second lies where the tests run and not beside the configuration: as release 0.1 took it.
    anchors: [join(folder, "utility.pem"), join(process.cwd(), "package.json"), "/etc/other.pem"],
  });
  expect(dashboard).toMatchObject({ certificateFile: join(folder, "page.pem"), keyFile: join(folder, "page.key") });
  expect(backend).toMatchObject({ caFile: join(folder, "ca.pem"), passwordFile: "/run/secret" });
});

test("a packaged install keeps the state in one folder, wherever a command is run; a configuration that names one wins", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-site-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
    delete process.env["ISLET_STATE_DIR"];
  });
  const minimal = readFileSync(join(root, "config/minimal.yaml"), "utf8");
  const stateDirOf = (more: string): string => {
    writeFileSync(join(folder, "site.yaml"), `${minimal}${more}`);
    return loadSite(join(folder, "site.yaml")).config.stateDir;
  };
  expect(stateDirOf("")).toBe(".islet");
  process.env["ISLET_STATE_DIR"] = "/var/lib/islet/state";
  expect(stateDirOf("")).toBe("/var/lib/islet/state");
  expect(stateDirOf("stateDir: /srv/site\n")).toBe("/srv/site");
});
