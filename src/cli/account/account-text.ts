/** What `islet account` prints for a person, and its rows as lines for a spreadsheet. */
import type { AccountRow, AccountVerdict } from "../../app/account/chain.ts";
import type { AidBill, StatementAnswer } from "../../app/account/questions.ts";
import { claimWord, kWhWord, momentWord, nameWord, pctWord, remarksOf, visitsWord } from "../../app/account/words.ts";
import type { AuditVerdict } from "../../app/audit/audit-chain.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";

export function statementText(statement: StatementAnswer, zone: ZoneOffsets): string {
  const { fromMs, toMs, rows, quarters, closing, flows, origins, closes, closurePpm } = statement;
  const lines = [
    `${momentWord(zone, fromMs)} to ${momentWord(zone, toMs)}: ${rows} of ${quarters} quarter-hours, ${closing} of them close.`,
  ];
  for (const source of Object.keys(flows).sort())
    for (const sink of Object.keys(flows[source]!).sort())
      lines.push(
        `  ${`${nameWord(source)} → ${nameWord(sink)}`.padEnd(44)}${kWhWord(flows[source]![sink]!).padStart(16)}`,
      );
  const exported = origins["export"] ?? {};
  for (const origin of Object.keys(exported).sort())
    lines.push(`  ${`exported, from ${nameWord(origin)}`.padEnd(44)}${kWhWord(exported[origin]!).padStart(16)}`);
  lines.push(
    `${closes ? "Closes" : "Does NOT close"}: sources and sinks differ by ${pctWord(closurePpm)}.`,
    claimWord("No grid charging", statement.noGridCharging, zone),
    claimWord("No battery export", statement.noBatteryExport, zone),
    `Exported ${kWhWord(statement.exportMWh)}, of which ${kWhWord(statement.eligibleExportMWh)} from PV can be claimed.`,
    ...remarksOf(statement),
  );
  return lines.join("\n");
}

export function billText(bill: AidBill): string {
  const { agreement, account, currency, visits, remarks } = bill;
  const money = (amount: number): string => `${amount.toFixed(2)} ${currency}`;
  const kWh = (wh: number): string => `${(wh / 1_000).toFixed(2)} kWh`;
  return [
    `${account}: ${agreement.guestName} at ${agreement.hostName}, ${agreement.from} to ${agreement.until}, ${visitsWord(visits)}`,
    `  given  ${kWh(bill.givenWh)}: energy ${money(bill.forEnergy)}, wear ${money(bill.forWear)}`,
    `  taken  ${kWh(bill.takenWh)}: supply ${money(bill.forSupply)}`,
    ...(bill.forTravel > 0 ? [`  travel ${money(bill.forTravel)}`] : []),
    `  battery ${bill.batteryWh >= 0 ? "+" : "−"}${kWh(Math.abs(bill.batteryWh))}`,
    `  due    ${money(Math.abs(bill.due))} ${bill.due >= 0 ? `from ${agreement.hostName}` : `from ${agreement.guestName}`}`,
    ...remarks.map((remark) => `  ${remarkText(remark)}`),
  ].join("\n");
}

const remarkText = ({ atMs, sentence }: AidBill["remarks"][number]): string =>
  atMs === null ? sentence : `Left at ${new Date(atMs).toISOString()}: ${sentence}`;

export function verdictText(verdict: AccountVerdict, audit: AuditVerdict): string {
  const lines = [
    verdict.ok
      ? `The account is whole: ${verdict.rows} rows, ${verdict.anchored} of them in the audit log with the station's signature.`
      : `The account is NOT whole. ${verdict.sentence}`,
    ...verdict.remarks,
    audit.ok
      ? `The audit log is whole: ${audit.records} records.`
      : `The audit log is NOT whole. ${audit.fault!.sentence}`,
  ];
  if (verdict.ok) lines.push(`head ${verdict.head.sequence}:${verdict.head.hash}`);
  return lines.join("\n");
}

const columns = "sequence,from,to,source,sink,kWh,closurePpm,closes,unknownS,why";

/** A line for each quarter-hour, source and sink; moments in UTC. */
export function rowsCsv(rows: readonly AccountRow[]): string {
  const lines = [columns];
  for (const { sequence, fromMs, toMs, flows, closurePpm, closes, unknownMs, why } of rows) {
    const head = [sequence, new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
    const tail = [closurePpm, closes, Math.round(unknownMs / 1_000), quoted(why.join(" "))];
    const pairs = Object.keys(flows).flatMap((source) =>
      Object.keys(flows[source]!).map((sink) => [source, sink] as const),
    );
    for (const [source, sink] of pairs.length > 0 ? pairs : [["", ""] as const])
      lines.push(
        [...head, quoted(source), quoted(sink), ((flows[source]?.[sink] ?? 0) / 1e6).toFixed(6), ...tail].join(","),
      );
  }
  return lines.join("\n");
}

/** A text of a spreadsheet; one that begins like a formula is not one. */
const quoted = (text: string): string =>
  /[",\n]|^[=+\-@]/.test(text) ? `"${/^[=+\-@]/.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"` : text;
