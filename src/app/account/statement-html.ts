/** A statement of the account as a page that prints on paper: energy by source, sink and origin, claims, guests' bills. */
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import type { Amounts } from "../../settlement/account/amounts.ts";
import { sumOf } from "../../settlement/account/amounts.ts";
import type { AccountVerdict } from "./chain.ts";
import type { AidBill, StatementAnswer } from "./questions.ts";
import { claimWord, kWhWord, momentWord, nameWord, pctWord, remarksOf, visitsWord } from "./words.ts";

const html = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

export function statementHtml(
  site: string,
  statement: StatementAnswer,
  bills: readonly AidBill[],
  verdict: AccountVerdict,
  zone: ZoneOffsets,
): string {
  const { fromMs, toMs, rows, quarters, closing, flows, origins, closes, closurePpm } = statement;
  const period = `${momentWord(zone, fromMs)} to ${momentWord(zone, toMs)}, ${zone.timeZone}`;
  const claims = [
    claimWord("No grid charging", statement.noGridCharging, zone),
    claimWord("No battery export", statement.noBatteryExport, zone),
    `Exported ${kWhWord(statement.exportMWh)}, of which ${kWhWord(statement.eligibleExportMWh)} from PV can be claimed.`,
  ];
  const whole = verdict.ok
    ? `The account is whole: ${verdict.rows} rows, ${verdict.anchored} of them in the audit log with the station's signature. Head ${verdict.head.sequence}:${verdict.head.hash}.`
    : `The account is NOT whole: ${verdict.sentence}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Energy account of ${html(site)}</title>
<style>
@page{size:A4;margin:18mm}
body{font:14px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.6rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:1.6rem;border-bottom:1px solid #ccc;break-after:avoid}
table{border-collapse:collapse;width:100%;font-size:13px}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #e3e3e3}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}tr{break-inside:avoid}
tr.sum td{font-weight:600;border-bottom-color:#aaa}
.fail{color:#b3261e;font-weight:600}.hash{word-break:break-all;font-size:12px}
@media print{body{margin:0;max-width:none;padding:0}}
</style></head><body>
<h1>Energy account of ${html(site)}</h1>
<p>${html(period)}<br>${rows} of ${quarters} quarter-hours on record, ${closing} of them close.
<span class="${closes ? "" : "fail"}">Sources and sinks differ by ${pctWord(closurePpm)}.</span></p>
<h2>Where it went, by source</h2>
${tableOf(flows, "Source")}
<h2>What it was, by use</h2>
${tableOf(origins, "Use")}
<h2>Claims</h2>
<ul>${claims.map((claim) => `<li>${html(claim)}</li>`).join("")}</ul>
${listed("What is missing", remarksOf(statement))}
${bills.map(billHtml).join("\n")}
<h2>Proof</h2>
<p class="hash ${verdict.ok ? "" : "fail"}">${html([whole, ...verdict.remarks].join(" "))}</p>
</body></html>
`;
}

const listed = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `<h2>${title}</h2><ul>${lines.map((line) => `<li>${html(line)}</li>`).join("")}</ul>`;

const together = "together";

/** One row for each pair, with the sum of each first name. */
function tableOf(amounts: Readonly<Record<string, Amounts>>, first: string): string {
  const second = first === "Source" ? "Use" : "Origin";
  const rows = Object.keys(amounts)
    .sort()
    .flatMap((name) => [
      ...Object.keys(amounts[name]!)
        .sort()
        .map((other) => [nameWord(name), nameWord(other), amounts[name]![other]!] as const),
      [nameWord(name), together, sumOf(amounts[name]!)] as const,
    ]);
  if (rows.length === 0) return "<p>Nothing is on record.</p>";
  const lines = rows.map(
    ([name, other, amount]) =>
      `<tr${other === together ? ' class="sum"' : ""}><td>${html(name)}</td><td>${html(other)}</td><td class="n">${kWhWord(amount)}</td></tr>`,
  );
  return `<table><tr><th>${first}</th><th>${second}</th><th class="n">Energy</th></tr>${lines.join("")}</table>`;
}

function billHtml({ agreement, currency, remarks, ...bill }: AidBill): string {
  const money = (amount: number): string => `${amount.toFixed(2)} ${currency}`;
  const kWh = (wh: number): string => `${(wh / 1_000).toFixed(3)} kWh`;
  const payer = bill.due >= 0 ? agreement.hostName : agreement.guestName;
  const rows: readonly (readonly [string, string, string])[] = [
    ["Energy given", `${kWh(bill.givenWh)} × ${agreement.energyPerKWh}`, money(bill.forEnergy)],
    ["Wear", `${kWh(bill.givenWh)} × ${agreement.wearPerKWh}`, money(bill.forWear)],
    ["Energy taken", `${kWh(bill.takenWh)} × ${agreement.supplyPerKWh}`, money(0 - bill.forSupply)],
    ...(bill.forTravel > 0 ? [["Travel", visitsWord(bill.visits), money(bill.forTravel)] as const] : []),
    [`Due, from ${payer}`, "", money(Math.abs(bill.due))],
  ];
  const lines = rows.map(
    ([what, of, amount]) => `<tr><td>${html(what)}</td><td>${html(of)}</td><td class="n">${html(amount)}</td></tr>`,
  );
  const told = remarks.map(({ atMs, sentence }) =>
    atMs === null ? sentence : `Left at ${new Date(atMs).toISOString()}: ${sentence}`,
  );
  return `<h2>Guest account ${html(bill.account)}: ${html(agreement.guestName)} at ${html(agreement.hostName)}</h2>
<p>${agreement.from} to ${agreement.until}, ${visitsWord(bill.visits)}; by the account its battery has ${kWh(Math.abs(bill.batteryWh))} ${bill.batteryWh < 0 ? "less" : "more"} for it.</p>
<table>${lines.join("")}</table>${told.length > 0 ? `<ul>${told.map((line) => `<li>${html(line)}</li>`).join("")}</ul>` : ""}`;
}
