/** Each kind of contradiction planted into a site that has none, through the command: refused, with both places and a remedy. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { signDocument } from "../../src/app/commissioning/station-key.ts";
import { contradictionRows } from "../../src/approval/contradictions.table.ts";
import type { Row } from "../../src/certify/procedure.ts";
import { islet } from "./run-command.ts";
import { type Changes, changed, installSite, type Otherwise, wholeSite } from "./whole-site.ts";

interface Plant extends Otherwise {
  /** What is planted, in words. */
  readonly what: string;
  readonly kind: string;
  /** Files that are changed after everything is in its place. */
  readonly after?: (folder: string) => void;
  /** What follows from the same mistake. */
  readonly also?: readonly string[];
}

/** The whole site with other settings; `kind` must be found, and nothing but what is said. */
const set = (kind: string, what: string, changes: Changes, more: Partial<Plant> = {}): Plant => ({
  kind,
  what,
  set: changes,
  ...more,
});

const certificate = "approval.certificates.0";
const backup = { "site.serviceMode": "non-parallel-backup", "pcc.exportLimitW": 0 };
const forBackup = { serviceMode: "non-parallel-backup", exportLimitW: 0 } as const;
const parts = {
  devices: [
    { name: "IO", kind: "io", host: "127.0.0.1", port: 4_020 },
    { name: "Bus meter", kind: "meter", host: "127.0.0.1", port: 4_021 },
  ],
  transferDevice: {
    kind: "open-transition",
    contacts: { device: "IO", normallyOpenInput: 0, normallyClosedInput: 1, mirror: false },
    command: { device: "IO", drive: "coil", closeOutput: 0 },
    gridVoltage: { device: "PCC meter" },
    busVoltage: { device: "Bus meter" },
  },
};
/** A 50 Hz site of three phases at 400 V, small enough for every code. */
const european = {
  "site.nominalFrequencyHz": "50",
  "site.nominalVoltageV": 400,
  "site.gridProfile": "vde-ar-n-4105-2018",
  "approval.utility.gridProfile": "vde-ar-n-4105-2018",
  [`${certificate}.voltageV`]: 400,
  [`${certificate}.frequencyHz`]: "50",
  "pcc.importLimitW": 120_000,
  "pcc.conductorLimitW": 130_000,
  "pcc.phaseImportLimitW": 40_000,
  "approval.service.breakers": [],
};
/** Its papers are of another code than the whole site's: the report is left out. */
const withoutCertify = {
  after: (folder: string) => rmSync(join(folder, "certify-ieee1547-catB-III"), { recursive: true }),
};

const edit = (name: string, from: string | RegExp, to: string) => (folder: string) => {
  const text = readFileSync(join(folder, name), "utf8");
  const edited = text.replace(from, to);
  expect(edited, name).not.toBe(text);
  writeFileSync(join(folder, name), edited);
};

/** A passport of three recoveries, the longest 9 s. */
function slowPassport(folder: string): void {
  const database = new DatabaseSync(join(folder, "state/islet.db"));
  database.exec(
    "CREATE TABLE document (collection TEXT, key TEXT, value TEXT, PRIMARY KEY (collection, key)) STRICT, WITHOUT ROWID",
  );
  const ledger = { total: 3, alarmTooMany: false, alarmTooLong: false };
  const passport = { count: 3, longestMs: 9_000, beyondBoundCount: 1, classCounts: [0, 3], recent: [] };
  const summary = JSON.stringify({ exports: ledger, imports: ledger, passport, relayCause: "" });
  database.prepare("INSERT INTO document VALUES ('pcc', 'summary', ?)").run(summary);
  database.close();
}

const limits: readonly Plant[] = [
  set(
    "import-above-main-breaker",
    "a main breaker smaller than the import limit",
    { "approval.service.mainBreakerA": 175 },
    { also: ["stages-above-main-breaker?", "phase-limit-above-main-breaker?"] },
  ),
  set(
    "export-above-main-breaker",
    "an export limit that no breaker carries",
    { "pcc.exportLimitW": 180_000, "approval.utility.exportLimitW": 180_000 },
    { permit: { exportLimitW: 180_000 } },
  ),
  set("stages-above-main-breaker", "more stages than the breaker carries and no protective limit", {
    "approval.service.mainBreakerA": 140,
    "pcc.importLimitW": 100_000,
    "pcc.phaseImportLimitW": undefined,
  }),
  set("sources-above-busbar", "sources beside the main breaker beyond 120 % of the busbar", {
    "pcc.conductorLimitW": undefined,
  }),
  set(
    "conductor-limit-above-busbar",
    "a protective limit beyond the busbar",
    { "pcc.conductorLimitW": 190_000 },
    { also: ["sources-above-busbar?"] },
  ),
  set("part-above-its-breaker", "a stage above its own breaker", { "approval.service.breakers.0.ratedA": 60 }),
  set("part-above-its-breaker", "two stages behind one breaker, each of which would fit", {
    "approval.service.breakers.0": { name: "F1", covers: ["evse 1", "evse 2"], ratedA: 100 },
  }),
  set("part-above-its-breaker", "single-phase stages of one phase", {
    ...Object.fromEntries(
      [0, 1].flatMap((i) => [
        [`evses.${i}.phase`, "b"],
        [`evses.${i}.gridForming`, false],
      ]),
    ),
    "approval.service.breakers": [{ name: "F1", covers: ["evse 2"], ratedA: 100 }],
    tiers: [],
  }),
  set("part-above-its-breaker", "a group's limit above its breaker", { "pcc.groups.0.chargeLimitW": 130_000 }),
  set("phase-limit-above-main-breaker", "a phase's limit above the breaker", { "pcc.phaseImportLimitW": 60_000 }),
  set("limit-above-transformer", "an import limit above the transformer", {
    "approval.utility.transformerVA": 120_000,
  }),
  set("export-above-utility", "more export than the utility allows", { "approval.utility.exportLimitW": 20_000 }),
  set(
    "export-without-mode",
    "an export limit in a mode without export",
    { "site.serviceMode": "parallel-non-export" },
    { permit: { serviceMode: "parallel-non-export", exportLimitW: 0 } },
  ),
  set("profile-above-export-limit", "an hour of the profile above the export limit", {
    "pcc.generationProfile": "lgp.yaml",
  }),
  set("export-against-power-control", "export of stored energy that power control forbids", {
    "pcc.powerControlMode": "import-only",
  }),
  set(
    "discharge-without-mode",
    "discharging enabled at a load-only site",
    { "site.serviceMode": "load-only", "pcc.exportLimitW": 0 },
    { permit: { serviceMode: "load-only", exportLimitW: 0 } },
  ),
  set("tiers-above-forming", "more load that is never shed than the island's stages give", {
    "tiers.0.loadW": 130_000,
  }),
];

const equipment: readonly Plant[] = [
  set("rating-above-certificate", "an EVSE above its certified rating", { [`${certificate}.ratedDischargeW`]: 50_000 }),
  set("rating-above-certificate", "an apparent power below the stage's own rating", {
    "evses.0.stage.ratedVA": 50_000,
  }),
  set("certificate-of-another-device", "a certificate of another model", { [`${certificate}.model`]: "DC 30" }),
  set("certificate-of-another-firmware", "a certificate that examined another firmware", {
    [`${certificate}.firmware`]: ["1.9.0"],
  }),
  set("certificate-expired", "a certificate that is over", { [`${certificate}.expiresOn`]: "2026-01-31" }),
  set("no-anti-islanding", "stages in parallel without examined anti-islanding", {
    [`${certificate}.antiIslanding`]: false,
  }),
  set("no-anti-islanding", "a stage that no certificate covers, beside one that has it", {
    [`${certificate}.covers`]: ["evse 1"],
  }),
  set("voltage-unlike-certificate", "a certificate for another voltage", { [`${certificate}.voltageV`]: 208 }),
  set("frequency-unlike-certificate", "a certificate for another frequency", { [`${certificate}.frequencyHz`]: "50" }),
  set("phases-unlike-certificate", "a certificate for another kind of service", {
    [`${certificate}.phases`]: "single",
  }),
  set("phases-do-not-match", "an EVSE on a phase that the service does not have", {
    "site.phases": "split",
    "site.nominalVoltageV": 240,
    "evses.0.phase": "c",
    "evses.0.gridForming": false,
    [`${certificate}.phases`]: undefined,
    [`${certificate}.voltageV`]: undefined,
    "approval.service": { mainBreakerA: 800, busbarA: 1_200 },
  }),
  set("phases-do-not-match", "a stage on one phase that is to form a three-phase island", { "evses.0.phase": "a" }),
  set(
    "serial-number-twice",
    "one serial number at two stages",
    { "evses.1.stage.identity.serialNumber": "A-1" },
    { also: ["identity-unlike-commissioning"] },
  ),
  set("identity-unlike-commissioning", "another device than the one that was commissioned", {
    "evses.0.stage.identity.firmware": "2.1.0",
    "pcc.meter.identity.serialNumber": "M-2",
  }),
  set("paper-not-there", "a certificate whose paper is gone", { [`${certificate}.file`]: "papers/gone.pdf" }),
  set("meter-less-accurate", "a meter below the class that the utility asks for", { "pcc.meter.accuracyClassPct": 2 }),
  set("meter-less-accurate", "a meter that is certified for less than is configured", {
    "approval.certificates.1.accuracyClassPct": 1,
  }),
  set("meter-slower", "a meter slower than the utility asks for", { "approval.utility.meterIntervalMs": 20 }),
  set("meter-slower", "a relay function that is faster than its meter", {
    "pcc.reversePower.delayS": 0.1,
    "pcc.meter.updateMs": 200,
    "pcc.meter.windowMs": 200,
  }),
  set("relay-finer-than-meter", "a relay function finer than its meter", {
    "pcc.reversePower.reverseMarginW": 50,
    "pcc.meter.resolutionW": 100,
  }),
  set("ac-discharge-without-pair", "AC vehicles that may feed, and none named", {
    "evses.0.vehicleLink": { interface: "lo", connector: "ac3", port: 15_118 },
  }),
  set("pair-without-paper", "a pair whose vehicle has no paper", {
    "approval.pairs": [{ evse: 1, vehicle: "CAR1", evseRecord: "E1", vehicleRecord: "J-1" }],
  }),
];

const island: readonly Plant[] = [
  set(
    "island-without-transfer-device",
    "a stage that forms, and no transfer device",
    { transferDevice: undefined, "approval.certificates.2.covers": ["controller"] },
    { permit: { transferDevice: "none" } },
  ),
  set("island-without-transfer-device", "backup without a transfer device", {
    ...backup,
    transferDevice: undefined,
    "approval.certificates.2.covers": ["controller"],
  }),
  set("transfer-device-without-proof", "an island behind contacts that prove nothing", {
    ...parts,
    "approval.certificates.2.covers": ["transferDevice"],
  }),
  set("transfer-device-without-proof", "a notified backup behind contacts that prove nothing", {
    ...parts,
    "evses.0.gridForming": false,
    "evses.1.gridForming": false,
    tiers: [],
  }),
  set("bond-missing", "a separately derived source without a bond of its own", {
    "approval.grounding.neutral": "switched",
  }),
  set("bond-missing", "a switched bond that is not configured", {
    "approval.grounding": { neutral: "switched", bond: "switched" },
  }),
  set("bond-twice", "a neutral that goes through, and a second bond", { "approval.grounding.bond": "source" }),
  set(
    "closed-transition-unlisted",
    "a closed transition that K1 is not listed for",
    { "transferDevice.kind": "microgrid-interconnect" },
    { permit: { transferDevice: "microgrid-interconnect" } },
  ),
];

const code: readonly Plant[] = [
  set(
    "settings-outside-code",
    "a setting outside the code's range",
    { "site.gridProfile": "./own.yaml" },
    {
      after: (folder) =>
        writeFileSync(join(folder, "own.yaml"), "name: own\nbase: ieee1547-catB-III\nsettings: { enterDelayS: 900 }\n"),
    },
  ),
  set(
    "two-codes",
    "a setting of another code in the file",
    { "site.gridProfile": "./own.yaml" },
    {
      after: (folder) =>
        writeFileSync(
          join(folder, "own.yaml"),
          "name: own\nbase: ieee1547-catB-III\nsettings: { startSeparate: true }\n",
        ),
    },
  ),
  set("two-codes", "another code than the utility asks for", { "approval.utility.gridProfile": "ca-rule21" }),
  set("frequency-unlike-code", "a 50 Hz site under a 60 Hz code", { "site.nominalFrequencyHz": "50" }),
  set(
    "voltage-unlike-code",
    "480 V under a code for 400 V",
    { ...european, "site.nominalVoltageV": 480, [`${certificate}.voltageV`]: 480 },
    { permit: { gridProfile: "vde-ar-n-4105-2018" }, ...withoutCertify },
  ),
  set(
    "power-above-code",
    "120 kW under G98",
    { ...european, "site.gridProfile": "g98", "approval.utility.gridProfile": "g98" },
    { permit: { gridProfile: "g98" }, ...withoutCertify },
  ),
  set("response-slower-than-code", "stages that take half a minute, and the utility asks for 2 s", {
    "evses.0.stage.slewPctPerS": 2,
  }),
  set("response-slower-than-code", "stages that take minutes, and the utility said nothing", {
    "evses.0.stage.slewPctPerS": 0.6,
    "approval.utility.responseS": undefined,
  }),
  set("response-slower-than-promised", "a promise that meter and stages can't keep", {
    "pcc.inadvertentExport": { responseBoundMs: 50 },
  }),
  { kind: "response-slower-than-promised", what: "a promise that operation has not kept", after: slowPassport },
];

const certified = "certify-ieee1547-catB-III/certify.json";
const failedRow: Row = {
  ...{ name: "OV2", setting: "1.2 pu, 0.16 s", quantity: "time", unit: "s", why: "" },
  ...{ direction: "discharging", measured: 0.3, low: null, high: 0.16, uncertainty: 0.01, verdict: "fail" },
};

const papers: readonly Plant[] = [
  {
    kind: "certify-report-edited",
    what: "an edited report of the procedures",
    after: edit(certified, '"one stage"', '"two stages"'),
  },
  {
    kind: "certify-report-failed",
    what: "a failed row",
    certify: (report) => ({ ...report, verdict: "fail", procedures: [{ ...report.procedures[0]!, verdict: "fail" }] }),
  },
  {
    kind: "certify-report-failed",
    what: "a failed row under a verdict that says otherwise",
    certify: (report) => ({ ...report, procedures: [{ ...report.procedures[0]!, rows: [failedRow] }] }),
  },
  {
    kind: "certify-report-of-another-configuration",
    what: "a report of other settings",
    certify: (report) => ({ ...report, code: { ...report.code, settingsSha256: "0".repeat(64) } }),
  },
  {
    kind: "certify-report-of-another-version",
    what: "a report of another version",
    certify: (report) => ({ ...report, version: "0.0.1" }),
  },
  {
    kind: "commissioning-report-edited",
    what: "an edited commissioning report",
    after: edit("state/commissioning.html", /"site":"Whole site"/, '"site":"Other site"'),
  },
  {
    kind: "commissioning-report-of-another-site",
    what: "the report of another site",
    commissionedWith: { "site.name": "Elsewhere" },
  },
  {
    kind: "commissioning-report-older",
    what: "a limit changed after commissioning",
    commissionedWith: { "pcc.importLimitW": 100_000 },
  },
  {
    kind: "commissioning-report-failed",
    what: "a failed step",
    commissioning: (steps) => [
      { ...steps[0]!, verdict: "fail", findings: [{ verdict: "fail", device: "K1", sentence: "does not open" }] },
    ],
  },
  { kind: "commissioning-report-of-another-version", what: "an edited version, signed again", after: resigned },
  {
    kind: "permit-unsound",
    what: "an edited permit",
    after: edit("state/permit.json", '"exportLimitW":50000', '"exportLimitW":50001'),
    also: ["permit-for-another-export-limit?"],
  },
  { kind: "permit-expired", what: "an expired permit", permit: { validUntil: "2026-01-01T00:00:00.000Z" } },
  { kind: "permit-of-another-site", what: "the permit of another site", permit: { site: "Elsewhere" } },
  { kind: "permit-for-another-mode", what: "a permit for backup alone", permit: forBackup },
  { kind: "permit-for-another-export-limit", what: "a permit for less export", permit: { exportLimitW: 25_000 } },
  { kind: "permit-for-another-code", what: "a permit under another code", permit: { gridProfile: "ca-rule21" } },
  {
    kind: "permit-for-another-transfer-device",
    what: "a permit without a transfer device",
    permit: { transferDevice: "none" },
  },
  {
    kind: "permit-without-the-equipment",
    what: "a permit for another stage",
    permit: { equipment: [{ serialNumber: "A-1", firmware: ["2.1.0"] }] },
  },
  {
    kind: "permit-without-the-equipment",
    what: "a permit for another firmware",
    permit: { equipment: ["A-1", "A-2"].map((serialNumber) => ({ serialNumber, firmware: ["1.9.0"] })) },
  },
  {
    kind: "permit-pair-without-paper",
    what: "a permitted pair that has no papers",
    permit: { pairs: [{ evse: "A-1", vehicle: "CAR1", evseCertificate: "E1", vehicleCertificate: "J-1" }] },
  },
  { kind: "notice-unlike-permit", what: "a notification that the site denies", set: { "site.utilityNotified": false } },
];

/** A commissioning report of another version, with a signature that fits. */
function resigned(folder: string): void {
  const file = join(folder, "state/commissioning.html");
  const text = readFileSync(file, "utf8");
  const data = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(text)![1]!;
  const report = JSON.stringify({ ...(JSON.parse(data) as object), version: "0.0.1" });
  const signature = JSON.stringify(signDocument(join(folder, "state"), report));
  writeFileSync(
    file,
    text
      .replace(data, () => report.replaceAll("<", "\\u003c"))
      .replace(
        /(id="signature">).*?(<\/script>)/s,
        (_, before: string, after: string) => `${before}${signature}${after}`,
      ),
  );
}

const plants = [...limits, ...equipment, ...island, ...code, ...papers];

interface Answer {
  readonly ok: boolean;
  readonly contradictions: readonly {
    readonly kind: string;
    readonly sentence: string;
    readonly here: string;
    readonly there: string;
    readonly todo: string;
  }[];
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Asks the command about a site that was written for it. */
async function judged(otherwise: Plant): Promise<{
  readonly code: number;
  readonly answer: Answer;
  readonly out: string;
  /** What `islet check-config` says of the same site. */
  readonly checked: Partial<Answer>;
}> {
  const folder = mkdtempSync(join(tmpdir(), "islet-planted-"));
  folders.push(folder);
  const hours = Array.from({ length: 24 }, (_, hour) => 4_000 * hour).join(", ");
  writeFileSync(join(folder, "lgp.yaml"), `name: rising\nexportLimitW:\n${`  - [${hours}]\n`.repeat(12)}`);
  const file = installSite(folder, changed(wholeSite, {}), otherwise);
  otherwise.after?.(folder);
  const out = join(folder, "package");
  const { code: exit, stdout } = await islet("approval", "--config", file, "--out", out, "--no-pdf", "--json");
  const checked = JSON.parse((await islet("check-config", file, "--json")).stdout) as Partial<Answer>;
  return { code: exit, answer: JSON.parse(stdout) as Answer, out, checked };
}

describe("a planted contradiction is refused", () => {
  test.each(plants.map((plant) => [plant.kind, plant.what, plant] as const))("%s: %s", async (kind, _, plant) => {
    const { code: exit, answer, out, checked } = await judged(plant);
    // Refused as a configuration, or told as what the package would be refused for.
    if (checked.ok) expect(checked.contradictions).toEqual(answer.contradictions);
    else expect(checked.ok).toBe(false);
    const kinds = [...new Set(answer.contradictions.map((one) => one.kind))];
    // What may follow from the same mistake is marked, so that nothing else hides here.
    const may = (plant.also ?? []).map((one) => one.replace("?", ""));
    expect({ exit, ok: answer.ok, kinds: kinds.filter((one) => !may.includes(one)) }).toEqual({
      exit: 1,
      ok: false,
      kinds: [kind],
    });
    for (const { sentence, here, there, todo } of answer.contradictions)
      expect(Math.min(sentence.length, here.length, there.length, todo.length), sentence).toBeGreaterThan(3);
    expect(existsSync(out), "nothing is written").toBe(false);
  });

  test("every kind of the table is planted", () => {
    const planted = new Set(plants.map(({ kind }) => kind));
    expect(contradictionRows.map(({ kind }) => kind).filter((kind) => !planted.has(kind))).toEqual([]);
    expect(planted.size).toBeGreaterThan(50);
  });

  test("kinds are named once", () => {
    const kinds = contradictionRows.map(({ kind }) => kind);
    expect(kinds.filter((kind, i) => kinds.indexOf(kind) !== i)).toEqual([]);
  });

  const clean: readonly Plant[] = [
    { kind: "", what: "as it is" },
    { kind: "", what: "in 50 Hz", set: european, permit: { gridProfile: "vde-ar-n-4105-2018" }, ...withoutCertify },
    set(
      "",
      "with a pair of AC vehicle and EVSE, and the papers of both",
      {
        "evses.0.vehicleLink": { interface: "lo", connector: "ac3", port: 15_118 },
        "approval.pairs": [{ evse: 1, vehicle: "car1", evseRecord: "E1", vehicleRecord: "J-1" }],
        "approval.certificates.4": { standard: "SAE J3072", record: "J-1", covers: ["vehicle CAR1"] },
      },
      { permit: { pairs: [{ evse: "A-1", vehicle: "CAR1", evseCertificate: "E1", vehicleCertificate: "J-1" }] } },
    ),
    set("", "with a K1 of parts that switches the neutral, and a switched bond", {
      ...parts,
      "transferDevice.contacts.mirror": true,
      "approval.certificates.2.covers": ["transferDevice"],
      bonding: { device: "IO", output: 2, bondedInput: 5, unbondedInput: 6 },
      "approval.grounding": { neutral: "switched", bond: "switched" },
    }),
    set(
      "",
      "without stages that discharge, certificates or permit",
      {
        ...{ "evses.0.dischargeEnabled": false, "evses.1.dischargeEnabled": false, "site.serviceMode": "load-only" },
        ...{ "pcc.exportLimitW": 0, "approval.certificates": [] },
      },
      { after: (folder) => rmSync(join(folder, "state/permit.json")) },
    ),
  ];
  test.each(clean.map((plant) => [plant.what, plant] as const))(
    "and a site without any is not: %s",
    async (_, plant) => {
      const { code: exit, answer } = await judged(plant);
      expect({ exit, ...answer }).toMatchObject({ exit: 0, ok: true, contradictions: [] });
    },
  );
});
