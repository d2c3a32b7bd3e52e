/** The signed report of what has been tried so far, as a file in the state folder. */
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import type { AuditEvent } from "../audit/audit-chain.ts";
import { writeWhole } from "../store/files.ts";
import { isletVersion } from "../version.ts";
import { configHash, type Progress } from "./progress.ts";
import { type CommissioningReport, reportHtml } from "./report-html.ts";
import { type DocumentSignature, signDocument } from "./station-key.ts";
import { gravest, type Step } from "./step.ts";

/** Where the report lies when nobody says otherwise. */
export const reportFile = ({ stateDir }: SiteConfig): string => join(stateDir, "commissioning.html");

export interface Reported {
  readonly report: CommissioningReport;
  readonly signature: DocumentSignature;
  /** For the audit log. */
  readonly record: AuditEvent;
}

/** Writes and signs the report. */
export function writeReport(
  config: SiteConfig,
  progress: Progress,
  mine: readonly Step[],
  { file, by }: { readonly file: string; readonly by: string },
): Reported {
  const done = mine.flatMap(({ id }) => progress.results.filter(({ step }) => step === id));
  const report: CommissioningReport = {
    site: config.site.name,
    version: isletVersion(),
    startedAt: new Date(progress.startedAtMs).toISOString(),
    endedAt: new Date().toISOString(),
    configSha256: configHash(config),
    verdict: gravest(done.map(({ verdict }) => verdict)),
    steps: done,
  };
  const text = JSON.stringify(report);
  const signature = signDocument(config.stateDir, text);
  writeWhole(file, reportHtml(report, text, signature));
  const { verdict } = report;
  const steps = done.map(({ step, verdict: one }) => `${step}: ${one}`);
  const body = { what: "commissioning", verdict, sha256: signature.sha256, steps };
  return { report, signature, record: { kind: "test", actor: by, body } };
}
