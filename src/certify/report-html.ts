/** The report as one file for screen and paper (A4): a page of verdicts, then each procedure with its figures and plots. */
import { plotSvg } from "./plot-svg.ts";
import type { ProcedureResult, Row, Verdict } from "./procedure.ts";
import { type CertifyReport, figure, limitText } from "./report.ts";

/** What the signature says on paper. */
export interface SignatureText {
  readonly algorithm: string;
  readonly sha256: string;
  readonly signature: string;
  readonly publicKeyPem: string;
}

const html = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

const verdictWords: Readonly<Record<Verdict, string>> = {
  pass: "pass",
  fail: "FAIL",
  refused: "refused",
  "not run": "not run",
};
const classOf = (verdict: Verdict): string => verdict.split(" ")[0]!;
const verdictHtml = (verdict: Verdict): string => `<span class="${classOf(verdict)}">${verdictWords[verdict]}</span>`;

const style = `
@page{size:A4;margin:14mm 12mm}
body{font:11px/1.4 system-ui,sans-serif;max-width:190mm;margin:8mm auto;padding:0 4mm;color:#1b1f24}
h1{font-size:20px;margin:0 0 2mm}h2{font-size:13px;margin:6mm 0 1mm;border-bottom:1px solid #999;padding-bottom:1mm;break-after:avoid}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:1mm 1.5mm;border-bottom:1px solid #ddd;vertical-align:top}
th{font-weight:600;color:#444}thead{display:table-header-group}tr{break-inside:avoid}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.plot{padding:0}
table.rows{table-layout:fixed}table.rows td{overflow-wrap:anywhere}table.rows td.n{white-space:normal}.nb{white-space:nowrap}col.wide{width:37mm}col.short{width:16mm}col.plot{width:44mm}
table.verdicts td:nth-child(2){min-width:52mm}table.verdicts td:nth-child(4){white-space:nowrap}
.pass{color:#1a6b3c;font-weight:600}.fail{color:#fff;background:#b3261e;font-weight:700;padding:0 1mm}.refused{color:#8a5a00;font-weight:600}.not{color:#666}
svg{width:43mm;height:16mm;display:block}svg text{font-size:9px;fill:#444}svg polyline,svg line{stroke-width:1}
svg .line0{stroke:#0b5394}svg .line1{stroke:#b45f06;stroke-dasharray:4 2}svg .line2{stroke:#38761d;stroke-dasharray:1 2}
svg .axis{stroke:#bbb;stroke-width:.5}svg .limit{stroke:#b3261e;stroke-width:.6;stroke-dasharray:3 2}
section.settings{break-before:page}
dl{display:grid;grid-template-columns:34mm 1fr;margin:2mm 0}dt{color:#555}dd{margin:0}
code,pre{font-size:9px;white-space:pre-wrap;overflow-wrap:anywhere}.small{color:#555;font-size:10px}
@media print{body{margin:0;max-width:none;padding:0}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

/** The whole file. `text` is the report as it was signed. */
export function certifyHtml(report: CertifyReport, text: string, signature: SignatureText): string {
  const { procedures } = report;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Certification against ${html(report.code.profile)}</title>
<style>${style}</style></head><body>
<h1>Certification against ${html(report.code.profile)}</h1>
${headHtml(report)}
<h2>Verdicts</h2>
<table class="verdicts"><thead><tr><th>Clause</th><th>Procedure</th><th class="n">Rows</th><th>Verdict</th><th></th></tr></thead><tbody>
${procedures.map(summaryHtml).join("\n")}
</tbody></table>
<p class="small">Clauses are those that the public type-test scripts for IEEE 1547.1-2020 name. Powers are of the rating, positive where injected. Red dashes in a plot are the criterion.</p>
${procedures
  .filter(({ rows }) => rows.length > 0)
  .map(procedureHtml)
  .join("\n")}
${settingsHtml(report)}
<h2>Signature</h2>
<p>The data below are signed (${signature.algorithm}); SHA-256 ${signature.sha256}. <code>islet certify verify</code> checks data and page.</p>
<pre>${html(signature.publicKeyPem)}${html(signature.signature)}</pre>
<script type="application/json" id="report">${text.replaceAll("<", "\\u003c")}</script>
<script type="application/json" id="signature">${JSON.stringify(signature)}</script>
</body></html>
`;
}

function headHtml({
  verdict,
  startedAt,
  endedAt,
  version,
  quick,
  code,
  rig,
  laboratory,
  procedures,
}: CertifyReport): string {
  const count = (one: Verdict): number => procedures.filter((procedure) => procedure.verdict === one).length;
  const { voltagePu, frequencyHz, activePu, reactivePu, timeS } = rig.instruments;
  const rows: readonly (readonly [string, string])[] = [
    [
      "Verdict",
      `${verdictHtml(verdict)}: ${count("pass")} procedures pass, ${count("fail")} fail, ${count("refused")} refused, ${count("not run")} not run`,
    ],
    ["Kind of run", quick ? "smoke run: a few rows of each procedure" : "whole run"],
    ["Code", html(`${code.profile}, version ${code.version}, based on ${code.base}`)],
    ["Source of the code", html(code.source)],
    ...(code.unsourced === "" ? [] : [["Unsourced", html(code.unsourced)] as const]),
    ["Settings", `<code>SHA-256 ${code.settingsSha256}</code>`],
    [
      "Equipment under test",
      html(`${rig.equipment}; ${rig.ratedW} W, ${rig.ratedVA} VA, ${rig.nominalFrequencyHz} Hz`),
    ],
    ["Test rig", html(`${rig.name}, seed ${rig.seed}`)],
    ...(rig.registers === undefined ? [] : [["Registers of", html(rig.registers)] as const]),
    [
      "Instruments",
      html(
        `voltage ${voltagePu} pu, frequency ${frequencyHz} Hz, power ${activePu} and ${reactivePu} of the rating, time ${timeS} s`,
      ),
    ],
    ["Laboratory", laboratory === "" ? "none" : html(laboratory)],
    ["Time", html(`${startedAt} to ${endedAt}`)],
    ["Islet", html(version)],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
}

/** The settings as they were tried: what a utility compares with its own file. */
function settingsHtml({ code }: CertifyReport): string {
  const rows = code.settings.map(
    ({ key, value, unit, range, name, clause, certainty }) =>
      `<tr><td><code>${key}</code></td><td>${html(name)}</td><td class="n">${html(`${value} ${unit}`.trim())}</td><td class="n">${html(range)}</td><td>${html(clause)}</td><td>${certainty}</td></tr>`,
  );
  return `<section class="settings"><h2>Settings</h2>
<p class="small">Certainty: read in the code itself, secondary (in what a maker or a test script made of it), unconfirmed, unknown. A range that is empty is not stated by any source. Rows above that name other settings were tried with those.</p>
<table><thead><tr><th>Setting</th><th>Name</th><th class="n">Value</th><th class="n">Range</th><th>Clause</th><th>Certainty</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></section>`;
}

const summaryHtml = ({ clause, title, rows, verdict, why, id }: ProcedureResult): string => {
  const passed = rows.filter((row) => row.verdict === "pass").length;
  return `<tr><td>${clause}</td><td>${html(title)}<br><code>${id}</code></td><td class="n">${rows.length === 0 ? "" : `${passed} of ${rows.length}`}</td><td>${verdictHtml(verdict)}</td><td>${html(why)}</td></tr>`;
};

function procedureHtml({ clause, title, rows, verdict }: ProcedureResult): string {
  return `<section><h2>${clause === "" ? "" : `${clause} `}${html(title)}: ${verdictHtml(verdict)}</h2>
<table class="rows"><colgroup><col class="wide"><col class="wide"><col><col><col class="short"><col class="plot"></colgroup><thead><tr><th>Condition</th><th>Setting</th><th class="n">Measured</th><th class="n">Limit</th><th>Verdict</th><th></th></tr></thead><tbody>
${rows.map(rowHtml).join("\n")}
</tbody></table></section>`;
}

/** A figure is never torn from its unit; a unit that is a word may stand below it. */
const withUnit = (text: string, unit: string): string => {
  const parts = text.split(" to ").map((part) => `<span class="nb">${html(part)}</span>`);
  if (unit === "") return parts.join(" to ");
  if (unit.length > 3) return `${parts.join(" to ")} <span class="nb">${html(unit)}</span>`;
  const last = parts.pop()!.replace("</span>", ` ${html(unit)}</span>`);
  return [...parts, last].join(" to ");
};

/** An uncertainty says no more than two digits. */
const rough = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(2))));

function rowHtml({
  name,
  direction,
  setting,
  quantity,
  unit,
  measured,
  low,
  high,
  uncertainty,
  verdict,
  why,
  plot,
}: Row): string {
  const sure = uncertainty === 0 ? "" : ` ± ${rough(uncertainty)}`;
  const figures = measured === null ? "–" : withUnit(`${figure(measured)}${sure}`, unit);
  const limit = limitText(low, high);
  return `<tr><td>${html(name)}<br><span class="small">${direction}</span></td><td>${html(setting)}</td><td class="n">${figures}<br><span class="small">${html(quantity)}</span></td><td class="n">${limit === "" ? "" : withUnit(limit, unit)}</td><td>${verdictHtml(verdict)}${why === "" ? "" : `<br><span class="small">${html(why)}</span>`}</td><td class="plot">${plot ? plotSvg(plot) : ""}</td></tr>`;
}
