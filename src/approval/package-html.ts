/** The package as one file for screen and paper (A4): cover with what is missing, diagram, sheets, signature. */
import { moment } from "./figures.ts";
import type { ApprovalPackage } from "./package.ts";
import type { Missing, Sheet, Table } from "./sheet.ts";

/** What the signature says on paper. */
export interface PrintedSignature {
  readonly algorithm: string;
  readonly sha256: string;
  readonly signature: string;
  readonly publicKeyPem: string;
  /** First 16 hexadecimal digits of the key's SHA-256. */
  readonly key: string;
}

const html = (words: string): string =>
  words.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

/** With what stands between back quotes as code. */
const sentence = (words: string): string => html(words).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

const style = `
@page{size:A4;margin:14mm 12mm 16mm;@bottom-right{content:counter(page) " of " counter(pages);font:9px system-ui,sans-serif}}
body{font:10.5px/1.4 system-ui,Helvetica,Arial,sans-serif;max-width:186mm;margin:8mm auto;padding:0 4mm;color:#1b1f24}
h1{font-size:20px;margin:0 0 1mm}h2{font-size:14px;margin:7mm 0 1.5mm;border-bottom:1px solid #777;padding-bottom:1mm;break-after:avoid}
h3{font-size:11px;margin:3mm 0 .5mm;break-after:avoid}p{margin:1mm 0}
table{border-collapse:collapse;width:100%;margin:1mm 0 2mm}td,th{text-align:left;padding:.8mm 1.2mm;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:break-word}td.hash{word-break:break-all}
th{font-weight:600;color:#444;border-bottom:1px solid #999}thead{display:table-header-group}tr{break-inside:avoid}h1+p code{word-break:break-all}
table.fields td{overflow-wrap:anywhere}table.fields td:first-child{width:46mm;color:#444}table.fields td:last-child{width:58mm;color:#666;font-size:8.5px}
table.dense td,table.dense th{font-size:8.5px;padding:.5mm .8mm}table.wide td,table.wide th{font-size:7.5px;padding:.4mm .3mm;text-align:right}table.wide{break-inside:avoid}
.lacks{color:#8a5a00;font-weight:600}.small{color:#555;font-size:9px;font-weight:400}
section.page{break-before:page}svg.one-line{width:100%;height:auto;display:block}
code{font-size:inherit}pre{font-size:8px;white-space:pre-wrap;word-break:break-all}
@media print{body{margin:0;max-width:none;padding:0}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

/** `files`: names of what lies beside the page. */
export function packageHtml(
  data: ApprovalPackage,
  oneLine: string,
  signature: PrintedSignature,
  files: readonly string[],
): string {
  const { site, madeAt, version, config, configSha256, sheets, missing, lookedFor } = data;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Approval package: ${html(site)}</title>
<style>${style}</style></head><body>
<h1>Approval package: ${html(site)}</h1>
<p>Made ${html(moment(madeAt))} by Islet ${html(version)} from <code>${html(config)}</code> (SHA-256 <code>${configSha256}</code>) and the files that it names. Nothing was entered by hand; each line tells where it stands. Powers are magnitudes; + is from the grid to the vehicle, − is back.</p>
${missingHtml(missing)}
<section class="page"><h2>One-line diagram</h2>${oneLine}
<p class="small">Drawn from the configuration. Dashed: what the controller measures and commands. What is not given says so.</p></section>
${sheets.map(sheetHtml).join("\n")}
<section class="page"><h2>What was looked for</h2>
<p>A package is made only where none of these ${lookedFor.length} pairs contradicts each other:</p>
<p class="small">${lookedFor.map(sentence).join("; ")}.</p>
<h2>Files and signature</h2>
<p>Beside this page: ${files.map((name) => `<code>${html(name)}</code>`).join(", ")}. <code>manifest.json</code> has the SHA-256 of each and is signed; <code>islet approval verify</code> finds any edit.</p>
<p>The data of this page (<code>approval.json</code>) are signed with the station's key <b>${signature.key}</b> (${signature.algorithm}); SHA-256 ${signature.sha256}. Compare the key with the one that the installer has told.</p>
<pre>${html(signature.publicKeyPem)}${html(signature.signature)}</pre></section>
</body></html>
`;
}

const givers: readonly Missing["who"][] = ["installer", "manufacturer", "utility", "owner"];

function missingHtml(missing: readonly Missing[]): string {
  if (missing.length === 0) return "<h2>Missing</h2><p>Nothing: every field is given.</p>";
  const groups = givers.flatMap((who) => {
    const own = missing.filter((one) => one.who === who);
    if (own.length === 0) return [];
    const rows = own
      .map(({ what, how }) => `<tr><td>${html(what)}</td><td class="small">${sentence(how)}</td></tr>`)
      .join("");
    return [`<h3>By the ${who} (${own.length})</h3><table><tbody>${rows}</tbody></table>`];
  });
  return `<h2>Missing: ${missing.length}, and who must give it</h2>${groups.join("")}`;
}

/** Sheets that begin on a page of their own, because an engineer takes them out. */
const ownPage = ["parties", "pcs", "equipment", "settings", "certify"];

function sheetHtml({ id, title, notes, fields, tables }: Sheet): string {
  const rows = fields.map(
    ({ label, value, origin }) =>
      `<tr><td>${html(label)}</td><td${value.startsWith("not given: by") ? ' class="lacks"' : ""}>${html(value)}</td><td>${sentence(origin)}</td></tr>`,
  );
  return `<section${ownPage.includes(id) ? ' class="page"' : ""} id="${id}"><h2>${html(title)}</h2>
${notes.map((note) => `<p class="small">${sentence(note)}</p>`).join("")}
${rows.length === 0 ? "" : `<table class="fields"><thead><tr><th>Field</th><th>Value</th><th>Origin</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`}
${tables.map(tableHtml).join("\n")}</section>`;
}

const cellClass = (words: string): string =>
  words.startsWith("not given: by") ? ' class="lacks"' : /^[0-9a-f]{32,}$/.test(words) ? ' class="hash"' : "";

/** Columns from which a table is set smaller. */
const denseFrom = 6;
const wideFrom = 12;

function tableHtml({ title, origin, columns, rows }: Table): string {
  const kind = columns.length >= wideFrom ? ' class="wide"' : columns.length >= denseFrom ? ' class="dense"' : "";
  const cell = (words: string): string => `<td${cellClass(words)}>${sentence(words)}</td>`;
  return `<h3>${html(title)} <span class="small">${sentence(origin)}</span></h3><table${kind}><thead><tr>${columns.map((column) => `<th>${html(column)}</th>`).join("")}</tr></thead><tbody>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}
</tbody></table>`;
}
