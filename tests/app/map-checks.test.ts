/** What a site may ask of a device with a map file is decided before anything is energized. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bridgeSettings } from "../../src/app/site/bridge-settings.ts";
import { checkSite } from "../../src/app/site/load-config.ts";
import { silenceWarnings } from "../../src/app/site/site-promises.ts";
import { complaintText } from "../../src/config/parse.ts";

const root = join(import.meta.dirname, "../..");
const blueprint = readFileSync(join(root, "config/maps/blueprint.yaml"), "utf8");

interface Site {
  readonly stageMap?: string;
  readonly meterMap?: string;
  readonly serviceMode?: string;
  readonly evse?: string;
  readonly stage?: string;
}

const identity = ", identity: { serialNumber: A-1, firmware: 1.0.0 }";

function complaints({
  stageMap = blueprint,
  meterMap,
  serviceMode = "parallel-non-export",
  evse = "dischargeEnabled: true",
  stage = identity,
}: Site): string {
  const folder = mkdtempSync(join(tmpdir(), "islet-maps-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "stage.yaml"), stageMap);
  writeFileSync(join(folder, "meter.yaml"), meterMap ?? "");
  cpSync(join(root, "config/maps"), join(folder, "maps"), { recursive: true });
  const file = join(folder, "site.yaml");
  writeFileSync(
    file,
    `site: { name: T, nominalVoltageV: 480, nominalFrequencyHz: "60", serviceMode: ${serviceMode}, utilityNotified: true }
pcc: { importLimitW: 50000, meter: { host: m${meterMap === undefined ? "" : ", map: meter.yaml"} } }
evses:
  - { stage: { host: s, map: stage.yaml, gridFunctions: controller${stage} }, maxChargeW: 11000, maxDischargeW: 11000, ${evse} }
`,
  );
  const checked = checkSite(file);
  return checked.ok ? "" : checked.error.map(complaintText).join("\n");
}

const without = (...keys: string[]): string =>
  keys.reduce((text, key) => text.replace(new RegExp(`^ *${key}: .*$`, "m"), ""), blueprint);
describe("a stage that may discharge", () => {
  test("the blueprint with its serial number and firmware in the site file → accepted", () => {
    expect(complaints({})).toBe("");
  });

  test("no watchdog → refused: a setpoint would outlive the controller", () => {
    expect(complaints({ stageMap: without("watchdog") })).toMatch(
      /evses\[0\]\.dischargeEnabled is true: must not be with a map that names no watchdog: .*`watchdog:`.*\(stage\.yaml\)/,
    );
    expect(complaints({ stageMap: without("watchdog"), evse: "dischargeEnabled: false" })).toBe("");
  });

  test("the map is silent about anti-islanding → refused in parallel, unless its author answers for it", () => {
    expect(complaints({ stageMap: without("antiIslanding") })).toMatch(/does not tell whether anti-islanding is on/);
    const answered = blueprint.replace(
      /^ *antiIslanding: .*$/m,
      '  antiIslanding: { constant: 1, why: "certificate 4711" }',
    );
    expect(complaints({ stageMap: answered })).toBe("");
  });

  test("nobody knows its serial number or firmware → refused in parallel: a permit could never cover it", () => {
    expect(complaints({ stage: "" })).toMatch(/serial number is unknown.*\n.*firmware is unknown/);
    expect(complaints({ stage: "", serviceMode: "load-only" })).toBe("");
  });

  test("no command for discharging → refused", () => {
    const chargeOnly = blueprint.replace(
      /^ {2}powerW: .*max: 60000.*$/m,
      "  chargeW: { address: 0x2001, type: int16, request: command, onSilence: ramps to 0 }",
    );
    expect(complaints({ stageMap: chargeOnly })).toMatch(/has no command for discharging/);
  });
});

describe("a stage that may form an island", () => {
  test("without commands for it → refused, each named", () => {
    expect(complaints({ evse: "dischargeEnabled: true, gridForming: true" })).toMatch(
      /gridForming is true: needs commands that the map does not have: formVoltagePu, formFrequencyHz/,
    );
  });
});

describe("voltage and frequency", () => {
  const meterMap = "device: meter\nfacts:\n  powerW: { address: 0x34, type: float32, function: 4 }\n";
  test("a stage without them beside a SunSpec meter → accepted; it takes the meter's", () => {
    expect(complaints({ stageMap: without("frequencyHz", "lineVoltageV") })).toBe("");
  });

  test("a meter without them beside a stage that measures → accepted; it takes the stage's", () => {
    expect(complaints({ meterMap })).toBe("");
  });

  test("neither has them → refused at both", () => {
    const text = complaints({ meterMap, stageMap: without("frequencyHz", "lineVoltageV") });
    expect(text).toMatch(/pcc\.meter\.map is "meter\.yaml": tells no voltage or frequency, and no stage/);
    expect(text).toMatch(
      /evses\[0\]\.stage\.map is "stage\.yaml": tells no voltage or frequency, and the site's meter/,
    );
  });
});

describe("PV", () => {
  const map = "device: pv\nfacts:\n  powerW: { address: 1, type: int16 }\n";
  test("a map that can only be read: curtailing by command → refused, by frequency → accepted", () => {
    const pv = (curtail: string): string => `pv: { host: p, map: meter.yaml, ratedW: 9000, curtail: ${curtail} }`;
    for (const [curtail, wanted] of [
      ["command", /pv\.curtail is "command": must be frequency-shift or none with this map/],
      ["frequency-shift", /^(?![\s\S]*pv\.curtail)/],
    ] as const) {
      const folder = mkdtempSync(join(tmpdir(), "islet-pv-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      writeFileSync(join(folder, "meter.yaml"), map);
      const file = join(folder, "site.yaml");
      writeFileSync(
        file,
        `site: { name: T, nominalVoltageV: 480, nominalFrequencyHz: "60" }\npcc: { importLimitW: 50000, meter: { host: m } }\nevses: [{ stage: { host: s }, maxChargeW: 11000 }]\n${pv(curtail)}\n`,
      );
      const checked = checkSite(file);
      expect(checked.ok ? "" : checked.error.map(complaintText).join("\n")).toMatch(wanted);
    }
  });
});

describe("who was commissioned", () => {
  test("the site file's identity reaches the bridge, for every device", () => {
    const { config, maps } = siteOf(`site: { name: T, nominalVoltageV: 480, nominalFrequencyHz: "60" }
pcc: { importLimitW: 50000, meter: { host: m, identity: { manufacturer: Acme, model: M 1 } } }
evses: [{ stage: { host: s, identity: { serialNumber: A-1, firmware: 2.1 beta } }, maxChargeW: 11000 }]
`);
    const settings = bridgeSettings(config, maps);
    expect(settings.meter?.expected).toEqual({ manufacturer: "Acme", model: "M 1" });
    expect(settings.stages[0]!.expected).toEqual({ serialNumber: "A-1", version: "2.1 beta" });
  });
});

function siteOf(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "islet-identity-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "site.yaml");
  writeFileSync(file, text);
  const checked = checkSite(file);
  if (!checked.ok) throw new Error(checked.error.map(complaintText).join("\n"));
  return checked.value;
}

describe("what a map says of its device's habits", () => {
  const loaded = (meter: string, more = "") => {
    const folder = mkdtempSync(join(tmpdir(), "islet-maps-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(root, "config/maps"), join(folder, "maps"), { recursive: true });
    const file = join(folder, "site.yaml");
    writeFileSync(
      file,
      `site: { name: T, nominalVoltageV: 480, nominalFrequencyHz: "60", serviceMode: load-only, utilityNotified: true }
pcc: { importLimitW: 50000, meter: { host: m, ${meter} }${more} }
evses:
  - { stage: { host: s }, maxChargeW: 11000, maxDischargeW: 11000 }
`,
    );
    return checkSite(file);
  };
  const meterOf = (meter: string) => {
    const site = loaded(meter);
    if (!site.ok) throw new Error(site.error.map(complaintText).join("\n"));
    return site.value.config.pcc.meter;
  };
  const cases = [
    ["map: maps/eastron-sdm630.yaml", { maxRegisters: 80, maxInFlight: 1, updateMs: 200 }],
    ["map: maps/eastron-sdm630.yaml, maxRegisters: 40, updateMs: 500", { maxRegisters: 40, updateMs: 500 }],
    ["map: maps/eastron-sdm630.yaml, maxRegisters: 125, updateMs: 20", { maxRegisters: 80, updateMs: 200 }],
    ["map: maps/sigenergy-plant.yaml, pauseMs: 20", { pauseMs: 1_000, updateMs: 1_000 }],
    ["map: maps/huawei-sun2000-meter.yaml", { replyTimeoutMs: 5_000, connectDelayMs: 1_000, mergeGaps: false }],
    ["map: maps/janitza-umg604.yaml", { maxRegisters: 125, maxInFlight: 2, mergeGaps: true, updateMs: 20 }],
  ] as const;
  for (const [meter, wanted] of cases)
    test(`${meter} → ${JSON.stringify(wanted)}`, () => {
      expect(meterOf(meter)).toMatchObject(wanted);
    });

  test("a promise that the site's figures would keep and the map's meter does not → refused", () => {
    const site = loaded("map: maps/shelly-pro-3em.yaml, updateMs: 20", ", inadvertentExport: { responseBoundMs: 500 }");
    expect(site.ok ? "" : site.error.map(complaintText).join("\n")).toMatch(
      /responseBoundMs.*is less than meter and stages need/,
    );
  });

  test("another connector with a map that knows of one only → refused; with one that knows → so much further on", () => {
    const refused = loaded("map: maps/abb-b23.yaml, connector: 2");
    expect(refused.ok ? "" : refused.error.map(complaintText).join("\n")).toMatch(
      /pcc\.meter\.connector is 2: must be 1 with this map.*perConnector/,
    );
  });
});

test("a stage that is only charged and whose map names no watchdog → accepted, with a warning", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-maps-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "stage.yaml"), without("watchdog"));
  const file = join(folder, "site.yaml");
  writeFileSync(
    file,
    `site: { name: T, nominalVoltageV: 480, nominalFrequencyHz: "60", serviceMode: load-only, utilityNotified: true }
pcc: { importLimitW: 50000, meter: { host: m } }
evses:
  - { name: Left, stage: { host: s, map: stage.yaml }, maxChargeW: 11000, maxDischargeW: 11000 }
  - { name: Right, stage: { host: t }, maxChargeW: 11000, maxDischargeW: 11000 }
`,
  );
  const site = checkSite(file);
  if (!site.ok) throw new Error(site.error.map(complaintText).join("\n"));
  const { config, maps } = site.value;
  expect(silenceWarnings(config, maps)).toEqual([
    "Warning: Left goes on charging when the controller falls silent: its map names no watchdog (stage.yaml). The connection must bear that beside everything else.",
  ]);
  expect(bridgeSettings(config, maps).stages.map(({ onlyCharges }) => onlyCharges)).toEqual([true, true]);
});
