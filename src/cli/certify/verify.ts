/** `islet certify verify`: whether a report is still the one that was signed, its page included. */
import { type DocumentSignature, isSigned, keyFingerprint } from "../../app/commissioning/station-key.ts";
import type { CertifyReport } from "../../certify/report.ts";
import { certifyHtml } from "../../certify/report-html.ts";
import { textOf } from "./text-of.ts";

interface VerifyAsk {
  readonly key?: string;
  readonly json?: true;
}

/** A report with its signature, as it stands in the file. */
export interface SignedReport {
  readonly report: CertifyReport;
  readonly signature: DocumentSignature;
}

/** The exit code: 0 when nothing was changed since it was signed, and by the key that was asked for. */
export function verifyReport(file: string, { key, json }: VerifyAsk): 0 | 1 {
  const text = textOf(file);
  const wrong = whatIsWrong(text, key === undefined ? undefined : textOf(key));
  const signed = readSigned(text);
  const fingerprint = signed ? keyFingerprint(signed.signature.publicKeyPem) : null;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ ok: wrong === "", why: wrong, key: fingerprint, verdict: signed?.report.verdict ?? null })}\n`,
    );
  else if (wrong === "" && signed) {
    const { code, verdict, version, quick } = signed.report;
    process.stdout.write(
      `As it was signed: ${code.profile}, ${verdict}${quick ? " (smoke run)" : ""}, Islet ${version}, key ${fingerprint}\n`,
    );
  } else process.stderr.write(`${file}: ${wrong}\n`);
  return wrong === "" ? 0 : 1;
}

/** Why a report may not be believed; empty where nothing was changed. */
export function whatIsWrong(text: string, wantedPem?: string): string {
  const signed = readSigned(text);
  if (!signed) return "it is no report of `islet certify`";
  const { report, signature } = signed;
  const data = JSON.stringify(report);
  try {
    if (!isSigned(data, signature)) return "the signature does not fit: it was edited after it was signed";
    if (wantedPem !== undefined && keyFingerprint(wantedPem) !== keyFingerprint(signature.publicKeyPem))
      return `it was signed with another key, ${keyFingerprint(signature.publicKeyPem)}`;
  } catch {
    return "its signature or the key can't be read";
  }
  if (text.startsWith("<") && text !== certifyHtml(report, data, signature))
    return "the page does not show what was signed: it was edited, or written by another version of Islet";
  return "";
}

/** From `certify.json`, or from the data inside `certify.html`; null where it is neither. */
export function readSigned(text: string): SignedReport | null {
  try {
    if (!text.startsWith("<")) return sound(JSON.parse(text));
    const part = (id: string): unknown =>
      JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, "s").exec(text)![1]!);
    return sound({ report: part("report"), signature: part("signature") });
  } catch {
    return null;
  }
}

function sound(raw: unknown): SignedReport | null {
  const { report, signature } = (raw ?? {}) as Partial<SignedReport>;
  return report?.kind === "islet certify" && typeof signature?.publicKeyPem === "string" ? { report, signature } : null;
}
