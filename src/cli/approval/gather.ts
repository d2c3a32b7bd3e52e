/** Reads everything that an approval package is made of, and checks the signatures on the way. Nothing is written. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { configHash } from "../../app/commissioning/progress.ts";
import { reportFile } from "../../app/commissioning/report.ts";
import type { CommissioningReport } from "../../app/commissioning/report-html.ts";
import {
  type DocumentSignature,
  isSigned,
  keyFingerprint,
  stationKeyFingerprint,
} from "../../app/commissioning/station-key.ts";
import { loadAnchors, openPermitStore, permitFile, refusalText } from "../../app/permits/permit.ts";
import { parsePermit, verifySignature } from "../../app/permits/permit-format.ts";
import type { LoadedSite } from "../../app/site/load-config.ts";
import { readPassport, recordsFile } from "../../app/store/read-passport.ts";
import { isletVersion } from "../../app/version.ts";
import type { Evidence, Paper, PermitPaper } from "../../approval/evidence.ts";
import type { CertifyReport } from "../../certify/report.ts";
import { settingFinder } from "../../config/parse.ts";
import type { SiteConfig } from "../../config/site.ts";
import { promisedRecoveryMs } from "../../core/core-config.ts";
import { codeFacts } from "../certify/code.ts";
import { readSigned, whatIsWrong } from "../certify/verify.ts";

/** Largest report or paper that is read, bytes. */
const paperBytesMax = 50_000_000;

/** A report with its signature; null where the text is none. */
export interface SignedCommissioning {
  readonly report: CommissioningReport;
  readonly signature: DocumentSignature;
}

/** What a package is made of, with the reports as they are to be printed again. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly certify: ReturnType<typeof readSigned>;
  readonly commissioning: SignedCommissioning | null;
}

export interface NamedReports {
  readonly certify?: string;
  readonly commissioning?: string;
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** `file`: the configuration, which has been loaded without complaint. */
export function gather(file: string, site: LoadedSite, named: NamedReports, nowMs: number): Gathered {
  const { config, profile } = site;
  const source = readFileSync(file, "utf8");
  const beside = (name: string): string => resolve(dirname(file), name);
  const certifyFile = named.certify ?? (config.approval?.certifyReport && beside(config.approval.certifyReport));
  const certify = certifyPaper(certifyFile ?? usualCertify(file, profile.name), certifyFile !== undefined);
  const commissioningFile =
    named.commissioning ?? (config.approval?.commissioningReport && beside(config.approval.commissioningReport));
  const commissioning = commissioningPaper(commissioningFile ?? reportFile(config), commissioningFile !== undefined);
  const papers = new Map(
    (config.approval?.certificates ?? []).flatMap((one) =>
      one.file === undefined ? [] : [[one.file, hashOf(beside(one.file))] as const],
    ),
  );
  const evidence: Evidence = {
    file,
    site,
    find: settingFinder(source),
    configSha256: sha256(source),
    runSha256: configHash(config),
    settingsSha256: codeFacts(profile).settingsSha256,
    certify: certify.paper,
    commissioning: commissioning.paper,
    permit: permitPaper(config),
    passport: readPassport(config.stateDir, promisedRecoveryMs(config)),
    passportFile: recordsFile(config.stateDir),
    papers,
    stationKey: stationKeyFingerprint(config.stateDir),
    nowMs,
    version: isletVersion(),
  };
  return { evidence, certify: certify.signed, commissioning: commissioning.signed };
}

/** Where `islet certify` leaves its report when nobody says otherwise: here, or beside the configuration. */
function usualCertify(file: string, profile: string): string {
  const name = join(`certify-${profile}`, "certify.json");
  const beside = join(dirname(file), name);
  return !existsSync(name) && existsSync(beside) ? beside : name;
}

interface Read<R, S> {
  readonly paper: Paper<R>;
  readonly signed: S | null;
}

/** The text of a paper, or the paper that says why there is none. */
function textOfPaper(file: string, isNamed: boolean): string | Paper<never> {
  const none = { file, report: null, key: "" };
  try {
    if (statSync(file).size > paperBytesMax)
      return { ...none, state: "unreadable", why: `larger than ${paperBytesMax} bytes` };
    return readFileSync(file, "utf8");
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isNamed) return { ...none, state: "absent", why: "" };
    return { ...none, state: "unreadable", why: `it can't be read (${code})` };
  }
}

function certifyPaper(file: string, isNamed: boolean): Read<CertifyReport, NonNullable<ReturnType<typeof readSigned>>> {
  const text = textOfPaper(file, isNamed);
  if (typeof text !== "string") return { paper: text, signed: null };
  const signed = readSigned(text);
  const why = whatIsWrong(text);
  if (signed === null || why !== "")
    return {
      paper: { file, state: signed === null ? "unreadable" : "edited", why, report: null, key: "" },
      signed: null,
    };
  const { report, signature } = signed;
  const isWhole =
    Array.isArray(report.procedures) &&
    typeof report.code?.settingsSha256 === "string" &&
    typeof report.rig?.equipment === "string";
  if (!isWhole)
    return {
      paper: { file, state: "unreadable", why: "it is no whole report of `islet certify`", report: null, key: "" },
      signed: null,
    };
  return { paper: { file, state: "sound", why: "", report, key: keyFingerprint(signature.publicKeyPem) }, signed };
}

function commissioningPaper(file: string, isNamed: boolean): Read<CommissioningReport, SignedCommissioning> {
  const text = textOfPaper(file, isNamed);
  if (typeof text !== "string") return { paper: text, signed: null };
  const wrong = (state: "unreadable" | "edited", why: string): Read<CommissioningReport, SignedCommissioning> => ({
    paper: { file, state, why, report: null, key: "" },
    signed: null,
  });
  const signed = commissioningIn(text);
  if (signed === null) return wrong("unreadable", "it is no report of `islet commission`");
  try {
    if (!isSigned(JSON.stringify(signed.report), signed.signature))
      return wrong("edited", "the signature does not fit: it was edited after it was signed");
  } catch {
    return wrong("edited", "its signature can't be read");
  }
  return {
    paper: { file, state: "sound", why: "", report: signed.report, key: keyFingerprint(signed.signature.publicKeyPem) },
    signed,
  };
}

/** The data inside the report's page. */
function commissioningIn(text: string): SignedCommissioning | null {
  const part = (id: string): unknown =>
    JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, "s").exec(text)![1]!);
  try {
    const report = part("report") as Partial<CommissioningReport>;
    const signature = part("signature") as Partial<DocumentSignature>;
    const isWhole =
      typeof report.site === "string" && typeof report.configSha256 === "string" && Array.isArray(report.steps);
    return isWhole && typeof signature.publicKeyPem === "string"
      ? { report: report as CommissioningReport, signature: signature as DocumentSignature }
      : null;
  } catch {
    return null;
  }
}

function hashOf(file: string): string | null {
  try {
    return statSync(file).size > paperBytesMax ? null : sha256(readFileSync(file));
  } catch {
    return null;
  }
}

function permitPaper(config: SiteConfig): PermitPaper {
  const file = permitFile(config);
  const none: PermitPaper = { file, permit: null, refusal: "", isVerified: false, isRevoked: false };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    const isAsked = config.permit.file !== undefined && code !== "ENOENT";
    return isAsked ? { ...none, refusal: `${basename(file)} can't be read (${code})` } : none;
  }
  const parsed = parsePermit(text);
  if (!parsed.ok) return { ...none, refusal: refusalText(parsed.error) };
  let anchors: ReturnType<typeof loadAnchors>;
  try {
    anchors = loadAnchors(config.permit.anchors);
  } catch (failure) {
    return { ...none, permit: parsed.value.permit, refusal: (failure as Error).message };
  }
  const signer = anchors.length > 0 ? verifySignature(parsed.value, anchors) : undefined;
  const { facts, refusal } = openPermitStore(config).inForce([]);
  return {
    ...none,
    permit: parsed.value.permit,
    refusal: signer?.ok === false ? refusalText(signer.error) : "",
    isVerified: signer?.ok === true,
    isRevoked: facts.revoked || refusal?.reason === "revoked",
  };
}
