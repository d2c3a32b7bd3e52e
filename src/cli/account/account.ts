/** `islet account`: origin and use of a site's energy by quarter-hours, statements, guests' bills, and whether the account is whole. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type AccountReader, readAccount } from "../../app/account/read-account.ts";
import { statementHtml } from "../../app/account/statement-html.ts";
import { loadSite } from "../../app/site/load-config.ts";
import { dayOfDate, localDay, startOfDayMs } from "../../domain/calendar.ts";
import { dateOfDay } from "../../domain/fleet/timetable.ts";
import { AskedWrongly } from "../asked.ts";
import { billText, rowsCsv, statementText, verdictText } from "./account-text.ts";

interface Where {
  readonly config: string;
  readonly json?: true;
}
interface Period extends Where {
  readonly from?: string;
  readonly to?: string;
}
interface ShowOptions extends Period {
  readonly csv?: true;
}
interface StatementOptions extends Period {
  readonly out: string;
}
interface BillOptions extends Period {
  readonly account?: string;
}

/** Days of one answer: a leap year and one. */
const daysMax = 367;

export function accountCommand(program: Command): void {
  const account = program.command("account").description("origin and use of energy by quarter-hours");
  const where = (command: Command): Command =>
    command.requiredOption("--config <file>", "the site's configuration; its store lies in the state folder");
  const period = (command: Command): Command =>
    where(command)
      .option("--from <date>", "first local day; without it the first of this month")
      .option("--to <date>", "last local day; without it today");

  period(account.command("show", { isDefault: true }))
    .description("what came from where and went where, whether it closes, and what can be claimed of it")
    .option("--json", "print JSON: the statement and its rows")
    .option("--csv", "print a line for each quarter-hour, source and sink")
    .action((options: ShowOptions) =>
      withAccount(options, (reader, span) => {
        const statement = reader.statement(span.fromMs, span.toMs);
        if (options.csv) print(rowsCsv(reader.rows(span.fromMs, span.toMs)));
        else if (options.json) print(JSON.stringify({ ...statement, entries: reader.rows(span.fromMs, span.toMs) }));
        else print(statementText(statement, reader.zone));
      }),
    );

  period(account.command("statement"))
    .description("write a page that prints: energy by origin and use, claims, guests' bills")
    .requiredOption("--out <file>", "HTML file to write")
    .action((options: StatementOptions) =>
      withAccount(options, (reader, { fromMs, toMs }, site) => {
        const { account: verdict } = reader.verify();
        const statement = reader.statement(fromMs, toMs);
        const page = statementHtml(site, statement, reader.bills(fromMs, toMs), verdict, reader.zone);
        writeFileSync(options.out, page, { mode: 0o600 });
        if (!verdict.ok) process.exitCode = 1;
        print(`${options.out} written. ${verdict.ok ? "" : verdict.sentence}`.trim());
      }),
    );

  period(account.command("guests"))
    .description("what is due between the host and the owners of visiting vehicles")
    .option("--account <id>", "this account alone")
    .option("--json", "print JSON")
    .action((options: BillOptions) =>
      withAccount(options, (reader, { fromMs, toMs }) => {
        const bills = reader
          .bills(fromMs, toMs)
          .filter(({ account: of }) => options.account === undefined || of === options.account);
        if (options.account !== undefined && bills.length === 0)
          throw new Error(`no agreement of account ${options.account} holds in that time`);
        if (options.json) print(JSON.stringify({ fromMs, toMs, bills }));
        else print(bills.length === 0 ? "No agreement holds in that time." : bills.map(billText).join("\n\n"));
      }),
    );

  where(account.command("verify"))
    .description("follow the account's chain and compare it with the audit log; exit code 1 where it breaks")
    .option("--json", "print JSON")
    .action((options: Where) => {
      const reader = readAccount(loadSite(options.config));
      try {
        const { account: verdict, audit } = reader.verify();
        if (!verdict.ok || !audit.ok) process.exitCode = 1;
        print(options.json ? JSON.stringify({ ...verdict, audit }) : verdictText(verdict, audit));
      } finally {
        reader.close();
      }
    });
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function withAccount(options: Period, run: (reader: AccountReader, span: Span, site: string) => void): void {
  // What is asked wrongly is told before anything is looked at.
  dayAsked("--from", options.from);
  dayAsked("--to", options.to);
  const site = loadSite(options.config);
  const reader = readAccount(site);
  try {
    run(reader, spanOf(options, reader, Date.now()), site.config.site.name);
  } finally {
    reader.close();
  }
}

/** Local days as moments; a day of a clock change has 23 or 25 hours. */
function spanOf({ from, to }: Period, { zone }: AccountReader, nowMs: number): Span {
  const today = localDay(zone, nowMs);
  const firstOfMonth = dayOfDate(`${dateOfDay(today).slice(0, 7)}-01`)!;
  const first = dayAsked("--from", from) ?? (to === undefined ? firstOfMonth : dayAsked("--to", to)!);
  const last = dayAsked("--to", to) ?? Math.max(today, first);
  if (last < first) throw new AskedWrongly("--to must not be before --from");
  if (last - first >= daysMax) throw new AskedWrongly(`at most ${daysMax} days at a time`);
  return { fromMs: startOfDayMs(zone, first), toMs: startOfDayMs(zone, last + 1) };
}

function dayAsked(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = dayOfDate(text);
  if (day === undefined) throw new AskedWrongly(`${option} must be a date of the calendar, for example 2026-11-30`);
  return day;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
