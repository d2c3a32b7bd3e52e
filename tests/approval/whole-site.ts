/** A site whose paper is whole: everything that `islet approval` asks for, with permit and reports that fit, in a folder. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeReport } from "../../src/app/commissioning/report.ts";
import { signDocument } from "../../src/app/commissioning/station-key.ts";
import type { StepResult } from "../../src/app/commissioning/step.ts";
import { steps } from "../../src/app/commissioning/steps.ts";
import { type Permit, signPermit } from "../../src/app/permits/permit-format.ts";
import { checkSite } from "../../src/app/site/load-config.ts";
import { isletVersion } from "../../src/app/version.ts";
import type { CertifyReport } from "../../src/certify/report.ts";
import { codeFacts } from "../../src/cli/certify/code.ts";
import { builtInGridProfile } from "../../src/config/grid-profiles.ts";

export const rootFolder = join(import.meta.dirname, "../..");

const stageIdentity = (serialNumber: string) => ({
  manufacturer: "Acme",
  model: "DC 60",
  serialNumber,
  firmware: "2.1.0",
});
const evse = (name: string, port: number, serialNumber: string) => ({
  name,
  stage: { host: "127.0.0.1", port, ratedVA: 60_000, identity: stageIdentity(serialNumber) },
  maxChargeW: 60_000,
  maxDischargeW: 60_000,
  dischargeEnabled: true,
  gridForming: true,
});

const issued = { laboratory: "Lab", issuedOn: "2025-01-15" };

/** The configuration; `whole-site` in tests: three-phase, in parallel with export, with an island. */
export const wholeSite = {
  site: {
    name: "Whole site",
    timeZone: "America/Los_Angeles",
    serviceMode: "parallel-export",
    nominalVoltageV: 480,
    nominalFrequencyHz: "60",
    phases: "three",
    gridProfile: "ieee1547-catB-III",
    utilityNotified: true,
  },
  pcc: {
    importLimitW: 150_000,
    exportLimitW: 50_000,
    conductorLimitW: 160_000,
    phaseImportLimitW: 50_000,
    groups: [{ name: "Feeder", kind: "conductor", evses: [1, 2], chargeLimitW: 100_000, dischargeLimitW: 100_000 }],
    reversePower: { reverseMarginW: 500, delayS: 2 },
    meter: {
      host: "127.0.0.1",
      port: 4_001,
      proven: true,
      updateMs: 50,
      windowMs: 50,
      accuracyClassPct: 0.5,
      identity: { manufacturer: "Metre", model: "M1", serialNumber: "M-1", firmware: "1.0" },
    },
  },
  transferDevice: {
    kind: "open-transition",
    host: "127.0.0.1",
    port: 4_002,
    identity: { manufacturer: "Switch", model: "T1", serialNumber: "T-1", firmware: "3.0" },
  },
  authorization: "none",
  evses: [evse("Bay 1", 4_011, "A-1"), evse("Bay 2", 4_012, "A-2")],
  tiers: [{ name: "Critical", loadW: 40_000, sheddable: false }],
  permit: { anchors: ["utility.pem"] },
  stateDir: "STATE",
  approval: {
    owner: "Whole District",
    address: "1 Whole Road",
    installer: "Bright Electric",
    installerLicense: "C-10 000000",
    utility: {
      name: "Valley Power",
      application: "IA-1",
      account: "0012",
      gridProfile: "ieee1547-catB-III",
      transformerVA: 500_000,
      exportLimitW: 50_000,
      responseS: 2,
      meterClassPct: 1,
      meterIntervalMs: 200,
    },
    service: {
      mainBreakerA: 200,
      busbarA: 225,
      faultCurrentA: 22_000,
      disconnect: "north wall",
      breakers: [
        { name: "F1", covers: ["evse 1"], ratedA: 100 },
        { name: "F", covers: ["group Feeder"], ratedA: 150 },
      ],
    },
    grounding: { neutral: "solid", bond: "service" },
    certificates: [
      {
        ...{
          standard: "UL 1741 SB",
          record: "E1",
          laboratory: "Lab",
          covers: ["evses"],
          manufacturer: "Acme",
          model: "DC 60",
        },
        ...{
          firmware: ["2.1.0"],
          issuedOn: "2025-01-15",
          expiresOn: "2099-01-14",
          ratedChargeW: 60_000,
          ratedDischargeW: 60_000,
        },
        ...{
          ratedVA: 60_000,
          voltageV: 480,
          frequencyHz: "60",
          phases: "three",
          antiIslanding: true,
          file: "papers/e1.pdf",
        },
      },
      {
        ...issued,
        standard: "ANSI C12.20",
        record: "E2",
        covers: ["pcc.meter"],
        manufacturer: "Metre",
        model: "M1",
        accuracyClassPct: 0.5,
      },
      { ...issued, standard: "UL 1008", record: "E3", covers: ["transferDevice"], manufacturer: "Switch", model: "T1" },
      { ...issued, standard: "UL 3141", record: "E4", covers: ["controller"], manufacturer: "Islet", model: "Islet" },
    ],
  },
};

/** Some settings otherwise; `undefined` takes one out. Paths are dotted, lists by number. */
export type Changes = Readonly<Record<string, unknown>>;

export function changed(base: object, changes: Changes): object {
  const copy = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop()!;
    const group = names.reduce<Record<string, unknown>>((at, name) => {
      at[name] ??= {};
      return at[name] as Record<string, unknown>;
    }, copy);
    if (value === undefined) delete group[last];
    else group[last] = value;
  }
  return copy;
}

/** What is done otherwise than at the whole site. */
export interface Otherwise {
  readonly set?: Changes;
  readonly permit?: Partial<Permit>;
  readonly certify?: (report: CertifyReport) => CertifyReport;
  readonly commissioning?: (steps: readonly StepResult[]) => readonly StepResult[];
  /** The configuration as it was when it was commissioned. */
  readonly commissionedWith?: Changes;
}

const found = (part: string, manufacturer: string, model: string, firmware: string, serialNumber: string) => ({
  part,
  manufacturer,
  model,
  firmware,
  serialNumber,
});

const stepResults: readonly StepResult[] = [
  {
    ...{
      step: "devices",
      title: "Devices: found, identified, answering",
      atMs: 1,
      verdict: "pass",
      comparisons: [],
      looks: [],
    },
    findings: [{ verdict: "pass", device: "stage 1", sentence: "answers" }],
    equipment: [
      found("evse 1", "Acme", "DC 60", "2.1.0", "A-1"),
      found("evse 2", "Acme", "DC 60", "2.1.0", "A-2"),
      found("pcc.meter", "Metre", "M1", "1.0", "M-1"),
      found("transferDevice", "Switch", "T1", "3.0", "T-1"),
    ],
  },
];

const permitOf = (changes: Partial<Permit> = {}): Permit => ({
  id: "p-1",
  serial: 1,
  utility: "Valley Power",
  reference: "IA-1",
  site: "Whole site",
  serviceMode: "parallel-export",
  exportLimitW: 50_000,
  gridProfile: "ieee1547-catB-III",
  transferDevice: "open-transition",
  validFrom: "2025-01-01T00:00:00.000Z",
  validUntil: "2099-01-01T00:00:00.000Z",
  equipment: ["A-1", "A-2"].map((serialNumber) => ({ serialNumber, firmware: ["2.1.0"] })),
  backupNotified: "2025-01-01T00:00:00.000Z",
  ...changes,
});

const certifyReport = (): CertifyReport => ({
  kind: "islet certify",
  version: isletVersion(),
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:01:00.000Z",
  quick: false,
  code: codeFacts(builtInGridProfile("ieee1547-catB-III")!),
  rig: {
    ...{ name: "simulator", equipment: "one stage", seed: 1, nominalFrequencyHz: 60, ratedW: 60_000, ratedVA: 60_000 },
    instruments: { voltagePu: 0.001, frequencyHz: 0.001, activePu: 0.001, reactivePu: 0.001, timeS: 0.001 },
  },
  laboratory: "",
  verdict: "pass",
  procedures: [{ id: "ov-trip", title: "Over-voltage trip", clause: "5.4.2", verdict: "pass", why: "", rows: [] }],
});

/** What the utility signs with; made once, because keys take time. */
const keys = generateKeyPairSync("ed25519");
const utilityKey = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const utilityPem = keys.publicKey.export({ type: "spki", format: "pem" }).toString();

/** Writes the site, its papers, permit and reports into a folder; returns the configuration's path. */
export function installSite(folder: string, base: object, otherwise: Otherwise = {}): string {
  const state = join(folder, "state");
  mkdirSync(join(folder, "papers"), { recursive: true });
  mkdirSync(state, { recursive: true });
  writeFileSync(join(folder, "papers/e1.pdf"), "%PDF-1.7 a paper");
  writeFileSync(join(folder, "utility.pem"), utilityPem);
  const file = join(folder, "site.yaml");
  const write = (changes: Changes): void =>
    writeFileSync(file, stringify(changed(base, { stateDir: state, ...changes })));
  write({ ...otherwise.set, ...otherwise.commissionedWith });
  const loaded = checkSite(file);
  if (loaded.ok) {
    const { config } = loaded.value;
    const progress = {
      configSha256: "",
      startedAtMs: 1,
      results: otherwise.commissioning?.(stepResults) ?? stepResults,
    };
    writeReport(config, progress, steps, { file: join(state, "commissioning.html"), by: "test" });
  }
  write(otherwise.set ?? {});
  writeFileSync(join(state, "permit.json"), JSON.stringify(signPermit(permitOf(otherwise.permit), utilityKey)));
  const report = otherwise.certify?.(certifyReport()) ?? certifyReport();
  const certify = join(folder, "certify-ieee1547-catB-III");
  mkdirSync(certify, { recursive: true });
  writeFileSync(
    join(certify, "certify.json"),
    JSON.stringify({ report, signature: signDocument(certify, JSON.stringify(report)) }),
  );
  return file;
}
