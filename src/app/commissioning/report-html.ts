/** The report of a commissioning: one file that prints, with plots, its raw data and the station's signature inside. */

import type { Comparison } from "../../commissioning/compare.ts";
import { plot } from "./plot.ts";
import type { DocumentSignature } from "./station-key.ts";
import { figureText, type StepResult, type StepVerdict, verdictWords } from "./step.ts";

/** What a report says; this text is what is signed. */
export interface CommissioningReport {
  readonly site: string;
  readonly version: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** SHA-256 of the configuration that was tried. */
  readonly configSha256: string;
  readonly verdict: StepVerdict;
  readonly steps: readonly StepResult[];
}

const html = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

/** The whole file. `text` is the report as it was signed. */
export function reportHtml(report: CommissioningReport, text: string, signature: DocumentSignature): string {
  const { site, version, startedAt, endedAt, verdict, steps, configSha256 } = report;
  const toMend = steps.flatMap(({ findings }) => findings.filter((one) => one.verdict === "fail"));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Commissioning of ${html(site)}</title>
<style>
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.6rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccc}
table{border-collapse:collapse;width:100%;font-size:13px}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #e3e3e3;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.pass{color:#1a6b3c}.warn{color:#8a5a00}.fail{color:#b3261e;font-weight:600}.not{color:#666}
svg text{font-size:11px}.p-meter{stroke:#5b6770}.p-told{stroke:#c98a00}.p-stages{stroke:#1a6b3c}
svg{width:100%;height:auto;background:#fafafa;border:1px solid #e3e3e3}code,pre{font-size:11px;white-space:pre-wrap;word-break:break-all}
@media print{body{margin:0;max-width:none}section{break-inside:avoid}}
</style></head><body>
<h1>Commissioning of ${html(site)}</h1>
<p>${html(startedAt)} to ${html(endedAt)}, Islet ${html(version)}, configuration ${configSha256.slice(0, 16)}…<br>
<span class="${classOf(verdict)}">${toMend.length === 0 ? "Nothing to mend." : `${toMend.length} to mend.`}</span></p>
${steps.map(stepHtml).join("\n")}
<h2>Signature</h2>
<p>The raw data below are signed with the station's key (${signature.algorithm}); SHA-256 ${signature.sha256}.</p>
<pre>${html(signature.publicKeyPem)}${html(signature.signature)}</pre>
<script type="application/json" id="report">${text.replaceAll("<", "\\u003c")}</script>
<script type="application/json" id="signature">${JSON.stringify(signature)}</script>
</body></html>
`;
}

const classOf = (verdict: StepVerdict): string => verdict.split(" ")[0]!;

function stepHtml({ title, atMs, verdict, findings, comparisons, looks }: StepResult): string {
  const rows = findings
    .map(
      (one) =>
        `<tr><td class="${classOf(one.verdict)}">${verdictWords[one.verdict]}</td><td>${html(one.device)}</td><td>${html(one.sentence)}</td></tr>`,
    )
    .join("");
  return `<section><h2>${html(title)}: <span class="${classOf(verdict)}">${verdictWords[verdict]}</span></h2>
<p class="not">${new Date(atMs).toISOString()}</p>
<table>${rows}</table>${comparisonsHtml(comparisons)}${looks.length > 10 ? plot(looks) : ""}</section>`;
}

function comparisonsHtml(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return "";
  const rows = comparisons.map(
    ({ device, setting, what, configured, measured, uncertainty, unit, verdict }) =>
      `<tr><td>${html(device)}</td><td>${html(what)}<br><code>${html(setting)}</code></td><td class="n">${figureText(configured)}</td><td class="n">${figureText(measured)} ± ${figureText(uncertainty)}</td><td>${html(unit)}</td><td class="${{ "as configured": "pass", warn: "warn", refuse: "fail" }[verdict]}">${verdict}</td></tr>`,
  );
  return `<table><tr><th>device</th><th>figure</th><th>configured</th><th>measured</th><th></th><th></th></tr>${rows.join("")}</table>`;
}
