/** `islet audit`: verifies or exports the audit log of a site, or verifies an export. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { auditFileName, openAudit } from "../app/audit/audit.ts";
import { type AuditHead, type AuditVerdict, verifyExport } from "../app/audit/audit-chain.ts";
import { loadSite } from "../app/site/load-config.ts";
import { AskedWrongly } from "./asked.ts";

interface Where {
  readonly config?: string;
  readonly file?: string;
}
interface VerifyOptions extends Where {
  readonly head?: string;
  readonly json?: true;
}
interface ExportOptions extends Where {
  readonly out?: string;
  readonly json?: true;
}

export function auditCommand(program: Command): void {
  const audit = program.command("audit").description("verify or export the audit log");
  const where = (command: Command): Command =>
    command
      .option("--config <file>", "the site's configuration; its log lies in the state folder")
      .option("--file <file>", "the log itself (SQLite), or an export (JSON lines)");

  where(audit.command("verify"))
    .description("follow the chain and say where it breaks; exit code 1 when it does")
    .argument("[file]", "the same as --file")
    .option("--head <records:hash>", "a head noted earlier, which must be in this log")
    .option("--json", "print JSON")
    .action((argument: string | undefined, options: VerifyOptions) => {
      const file = whichFile({ ...options, ...(argument === undefined ? {} : { file: argument }) });
      const verdict = verify(file, options.head === undefined ? undefined : parseHead(options.head));
      if (!verdict.ok) process.exitCode = 1;
      print(options.json ? JSON.stringify({ file, ...verdict }) : verdictText(file, verdict));
    });

  where(audit.command("export"))
    .description("write the log as JSON lines, head first")
    .option("--out <file>", "write here instead of standard output")
    .option("--json", "the same: an export is JSON lines")
    .action((options: ExportOptions) => {
      const log = openAudit({ path: whichFile(options), now: Date.now, readOnly: true });
      const handle = options.out === undefined ? 1 : openSync(options.out, "wx", 0o600);
      try {
        for (const line of log.export()) writeSync(handle, `${line}\n`);
      } finally {
        if (options.out !== undefined) closeSync(handle);
        log.close();
      }
    });
}

/** The log that was meant, or a sentence. */
function whichFile({ config, file }: Where): string {
  const path = file ?? (config === undefined ? undefined : join(loadSite(config).config.stateDir, auditFileName));
  if (path === undefined) throw new AskedWrongly("name the log: --config with the site's configuration, or --file");
  if (!existsSync(path))
    throw new Error(`${path} is not there: the site has not written a log yet, or it lies elsewhere`);
  return path;
}

const sqliteMagic = "SQLite format 3\0";

function verify(file: string, known: AuditHead | undefined): AuditVerdict {
  const bytes = readFileSync(file);
  if (bytes.subarray(0, sqliteMagic.length).toString("latin1") !== sqliteMagic) return verifyExport(bytes, known);
  const log = openAudit({ path: file, now: Date.now, readOnly: true });
  try {
    return log.verify(known);
  } finally {
    log.close();
  }
}

function parseHead(text: string): AuditHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new AskedWrongly("--head is RECORDS:HASH as `islet audit verify` prints it");
  return { records: Number(match[1]), hash: match[2]! };
}

function verdictText(file: string, { ok, records, head, fault }: AuditVerdict): string {
  if (ok) return `${file}: whole, ${records} records.\nhead ${head.records}:${head.hash}`;
  return `${file}: NOT whole. ${fault!.sentence}\nwhole up to record ${records}`;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
