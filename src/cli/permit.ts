/** `islet permit`: create, sign, inspect, install or revoke a permission to operate. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { type AuditLog, auditFileName, openAudit } from "../app/audit/audit.ts";
import type { AuditEvent } from "../app/audit/audit-chain.ts";
import { loadAnchors, openPermitStore, permitSite, refusalText, verifyPermit } from "../app/permits/permit.ts";
import {
  checkPermit,
  type Permit,
  parsePermit,
  permitBytesMax,
  type Refusal,
  signPermit,
  trustAnchor,
  verifySignature,
} from "../app/permits/permit-format.ts";
import { auditedHistory } from "../app/permits/permit-history.ts";
import { openWitness } from "../app/permits/witness.ts";
import { loadSite } from "../app/site/load-config.ts";
import { whyOf } from "../app/store/files.ts";
import type { SiteConfig } from "../config/site.ts";
import { dayMs } from "../domain/units.ts";
import { AskedWrongly, numberFrom, wholeNumber } from "./asked.ts";

export function permitCommand(program: Command): void {
  const permit = program
    .command("permit")
    .description("create, sign, inspect, install or revoke a permission to operate");

  permit
    .command("create")
    .description("print a draft for the utility to complete and sign")
    .option("--config <file>", "take site, grid profile and transfer device from this configuration")
    .option("--mode <mode>", "service mode", "parallel-non-export")
    .option("--export-limit-w <watts>", "power that may be exported, W", numberFrom(0, 1e9), 0)
    .option("--days <days>", "days of validity from today", wholeNumber(1, 36_500), 365)
    .option("--utility <name>", "who grants it", "(utility)")
    .option("--reference <text>", "the utility's reference", "(reference)")
    .option("--serial <number>", "rises with each permit of a reference", wholeNumber(1, 1e9), 1)
    .option("--stage <serial=firmware,…>", "a power stage that it covers; repeat for each", collect, [])
    .option(
      "--pair <serial=vehicle,UL-record,J3072-record>",
      "an EVSE and a vehicle (EVCCID) whose inverter may feed through it, with both certification records; repeat for each",
      collect,
      [],
    )
    .option("--out <file>", "write here instead of standard output")
    .action((options: CreateOptions) => write(options.out, JSON.stringify(draft(options), null, 2)));

  permit
    .command("keygen")
    .description("make an Ed25519 key pair for trials; a utility keeps its own")
    .argument("<name>", "writes NAME.pem (public) and NAME.key.pem (private)")
    .action((name: string) => {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      writeNew(`${name}.key.pem`, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), 0o600);
      writeNew(`${name}.pem`, publicKey.export({ type: "spki", format: "pem" }).toString(), 0o644);
      print(`${name}.pem (public: an installer lists it in permit.anchors), ${name}.key.pem (private: signs permits)`);
    });

  permit
    .command("sign")
    .description("sign a draft")
    .argument("<draft>", "the draft, JSON")
    .requiredOption("--key <file>", "Ed25519 private key, PEM")
    .option("--out <file>", "write here instead of standard output")
    .action((file: string, options: { key: string; out?: string }) => {
      const checked = checkPermit(parseJson(file));
      if (!checked.ok) throw new Error(refusalText(checked.error));
      write(options.out, JSON.stringify(signPermit(checked.value, read(options.key)), null, 2));
    });

  permit
    .command("inspect")
    .description("say what a permit grants, who signed it and whether it would be accepted")
    .argument("[file]", "the permit; without it the one that is installed")
    .option("--config <file>", "judge it for this site")
    .option("--anchor <file>", "judge its signature with this public key")
    .option("--json", "print JSON")
    .action((file: string | undefined, options: InspectOptions) => inspect(file, options));

  permit
    .command("install")
    .description("verify a permit and put it into force; a running site follows within one cycle")
    .argument("<file>", "the signed permit")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--in-advance", "also before its first day: it waits")
    .option("--json", "print JSON")
    .action((file: string, options: { config: string; inAdvance?: true; json?: true }) => install(file, options));

  permit
    .command("revoke")
    .description("take the installed permit out of force; anyone at the site may; it does not return")
    .requiredOption("--config <file>", "the site's configuration")
    .requiredOption("--reason <text>", "why, for the log")
    .option("--json", "print JSON")
    .action((options: { config: string; reason: string; json?: true }) => revoke(options));

  permit
    .command("trust-clock")
    .description(
      "confirm that the clock is right after one that was wrong for long, so that a valid permit counts again; logged",
    )
    .requiredOption("--config <file>", "the site's configuration")
    .requiredOption("--reason <text>", "why, for the log")
    .action((options: { config: string; reason: string }) => trustClock(options));
}

interface CreateOptions {
  readonly config?: string;
  readonly mode: string;
  readonly exportLimitW: number;
  readonly days: number;
  readonly utility: string;
  readonly reference: string;
  readonly serial: number;
  readonly stage: readonly string[];
  readonly pair: readonly string[];
  readonly out?: string;
}
interface InspectOptions {
  readonly config?: string;
  readonly anchor?: string;
  readonly json?: true;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function draft(options: CreateOptions): Permit {
  const site = options.config === undefined ? undefined : permitSite(loadSite(options.config).config);
  const from = new Date();
  from.setUTCHours(0, 0, 0, 0);
  const equipment = options.stage.map((text) => {
    const [serialNumber, firmware] = text.split("=");
    if (!serialNumber || !firmware) throw new AskedWrongly(`--stage is SERIAL=FIRMWARE[,FIRMWARE…], not ${text}`);
    return { serialNumber, firmware: firmware.split(",") };
  });
  const pairs = options.pair.map((text) => {
    const [evse, ...rest] = text.split("=");
    const [vehicle, evseCertificate, vehicleCertificate] = rest.join("=").split(",");
    if (!evse || !vehicle || !evseCertificate || !vehicleCertificate)
      throw new AskedWrongly(`--pair is SERIAL=VEHICLE,UL-RECORD,J3072-RECORD, not ${text}`);
    return { evse, vehicle, evseCertificate, vehicleCertificate };
  });
  const value = {
    id: randomUUID(),
    serial: options.serial,
    utility: options.utility,
    reference: options.reference,
    site: site?.name ?? "(name of the site as in its configuration)",
    serviceMode: options.mode,
    exportLimitW: options.exportLimitW,
    ...(site === undefined ? {} : { gridProfile: site.gridProfile, transferDevice: site.transferDevice }),
    validFrom: from.toISOString(),
    validUntil: new Date(from.getTime() + options.days * dayMs).toISOString(),
    equipment,
    ...(pairs.length > 0 && { pairs }),
  };
  const checked = checkPermit(value);
  if (!checked.ok) throw new Error(`${refusalText(checked.error)} (--stage names equipment)`);
  return checked.value;
}

function inspect(file: string | undefined, options: InspectOptions): void {
  const config = options.config === undefined ? undefined : loadSite(options.config).config;
  if (file === undefined) {
    if (config === undefined) throw new AskedWrongly("name a permit, or a configuration with --config");
    const { permit, refusal, facts } = openPermitStore(config).inForce([]);
    const refused = refusal && refusal.reason !== "equipment" ? refusal : undefined;
    if (refused) process.exitCode = 1;
    const nothing = permit === undefined && refused === undefined;
    answer(options.json, { permit: permit ?? null, revoked: facts.revoked, refusal: jsonRefusal(refused) }, () =>
      nothing ? "No permit is installed." : report(permit, refused, ""),
    );
    return;
  }
  const text = read(file);
  const parsed = parsePermit(text);
  const anchors = [
    ...loadAnchors(config?.permit.anchors ?? []),
    ...(options.anchor === undefined ? [] : [trustAnchor(options.anchor, read(options.anchor))]),
  ];
  const signer = parsed.ok && anchors.length > 0 ? verifySignature(parsed.value, anchors) : undefined;
  const judged = config !== undefined ? verifyPermit(text, anchors, permitSite(config)) : (signer ?? parsed);
  const refusal = !parsed.ok ? parsed.error : judged.ok ? undefined : judged.error;
  if (refusal) process.exitCode = 1;
  const permit = parsed.ok ? parsed.value.permit : undefined;
  const signedBy = signer?.ok ? signer.value.name : "";
  answer(options.json, { permit: permit ?? null, signedBy, refusal: jsonRefusal(refusal) }, () =>
    report(permit, refusal, signedBy || (anchors.length === 0 ? "not judged: give --config or --anchor" : "")),
  );
}

function report(permit: Permit | undefined, refusal: Refusal | undefined, signedBy: string): string {
  const lines: string[] = [];
  if (permit) {
    const limit = permit.serviceMode === "parallel-export" ? `, at most ${permit.exportLimitW / 1000} kW` : "";
    lines.push(
      `${permit.utility}, ${permit.reference}, serial ${permit.serial}`,
      `site      ${permit.site}`,
      `grants    ${permit.serviceMode}${limit}`,
      `valid     ${permit.validFrom} to ${permit.validUntil}`,
      ...permit.equipment.map(
        ({ serialNumber, firmware }) => `covers    stage ${serialNumber}, firmware ${firmware.join(", ")}`,
      ),
      ...(permit.pairs ?? []).map(
        ({ evse, vehicle, evseCertificate, vehicleCertificate }) =>
          `pairs     EVSE ${evse} (${evseCertificate}) with vehicle ${vehicle} (${vehicleCertificate})`,
      ),
      ...(permit.transferDevice ? [`device    ${permit.transferDevice}`] : []),
      ...(permit.backupNotified ? [`notified  of backup on ${permit.backupNotified}`] : []),
      ...(signedBy ? [`signed by ${signedBy}`] : []),
    );
  }
  lines.push(refusal ? `Refused. ${refusalText(refusal)}` : "Accepted.");
  return lines.join("\n");
}

const jsonRefusal = (refusal: Refusal | undefined) =>
  refusal === undefined ? null : { ...refusal, sentence: refusalText(refusal) };

function install(file: string, options: { config: string; inAdvance?: true; json?: true }): void {
  const { config } = loadSite(options.config);
  const audit = openAuditOf(config);
  try {
    const { clockFloorMs } = openWitness(config.stateDir).read();
    const result = openPermitStore(config, auditedHistory(audit)).install(read(file), Date.now(), {
      inAdvance: options.inAdvance === true,
      clockFloorMs: Number.isFinite(clockFloorMs) ? clockFloorMs : audit.lastAtMs(),
    });
    if (!result.ok) {
      audit.append(event("refusal", { what: "permit install", file, ...result.error }));
      process.exitCode = 1;
    } else audit.append(event("permit", { what: "installed", permit: result.value }));
    answer(options.json, result.ok ? { installed: result.value } : { refusal: jsonRefusal(result.error) }, () =>
      result.ok ? `Installed.\n${report(result.value, undefined, "")}` : `Refused. ${refusalText(result.error)}`,
    );
  } finally {
    audit.close();
  }
}

function revoke(options: { config: string; reason: string; json?: true }): void {
  const { config } = loadSite(options.config);
  const audit = openAuditOf(config);
  try {
    const permit = openPermitStore(config, auditedHistory(audit)).revoke(options.reason, Date.now());
    if (permit) {
      const { id, reference } = permit;
      try {
        audit.append(event("permit", { what: "revoked", id, reference, reason: options.reason }));
      } catch (failure) {
        process.stderr.write(`It is revoked, but the audit log can't be written: ${whyOf(failure)}.\n`);
      }
    } else process.exitCode = 1;
    answer(options.json, { revoked: permit?.id ?? null }, () =>
      permit
        ? `Revoked: ${permit.utility}, ${permit.reference}, serial ${permit.serial}.`
        : "No permit is installed: there is nothing to revoke.",
    );
  } finally {
    audit.close();
  }
}

/** A person confirms the clock as it is now, after one that was wrong for long. */
function trustClock(options: { config: string; reason: string }): void {
  const { config } = loadSite(options.config);
  const audit = openAuditOf(config);
  const witness = openWitness(config.stateDir);
  try {
    const from = witness.read().clockFloorMs;
    const to = Date.now();
    audit.append(
      event("setting", {
        what: "clock floor",
        fromMs: Number.isFinite(from) ? from : null,
        toMs: to,
        reason: options.reason,
      }),
    );
    witness.add({ clockFloorMs: to }, true);
    process.stdout.write(`The clock is trusted from ${new Date(to).toISOString()} on. Start the controller again.\n`);
  } finally {
    audit.close();
  }
}

const event = (kind: AuditEvent["kind"], body: AuditEvent["body"]): AuditEvent => ({
  kind,
  actor: `command line, ${userInfo().username}`,
  body,
});

function openAuditOf(config: SiteConfig): AuditLog {
  mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
  return openAudit({ path: join(config.stateDir, auditFileName), now: Date.now });
}

function read(file: string): string {
  try {
    if (statSync(file).size > 4 * permitBytesMax) throw new Error(`${file} is too large`);
    return readFileSync(file, "utf8");
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    throw new Error(code === undefined ? (failure as Error).message : `${file} can't be read (${code})`);
  }
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(read(file));
  } catch (failure) {
    throw new Error(failure instanceof SyntaxError ? `${file} is not JSON` : (failure as Error).message);
  }
}

function writeNew(file: string, text: string, mode: number): void {
  if (existsSync(file)) throw new Error(`${file} is there already: name another, keys are never overwritten`);
  writeFileSync(file, text, { mode, flag: "wx" });
}

function write(file: string | undefined, text: string): void {
  if (file === undefined) print(text);
  else writeFileSync(file, `${text}\n`);
}

/** One JSON document, or words for a person. */
const answer = (json: true | undefined, value: unknown, text: () => string): void =>
  print(json ? JSON.stringify(value) : text());

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
