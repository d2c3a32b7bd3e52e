/** `islet backup` and `islet restore`: everything of a site in one sealed file, and back. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Command } from "commander";
import { parse } from "yaml";
import {
  type Backup,
  backupBytesMax,
  backupPasswordMin,
  openBackup,
  sealBackup,
} from "../../app/backup/backup-format.ts";
import { gatherBackup } from "../../app/backup/make-backup.ts";
import { restoreBackup } from "../../app/backup/restore.ts";
import { checkSite, loadSite } from "../../app/site/load-config.ts";
import { lockState } from "../../app/site/site-lock.ts";
import { complaintText } from "../../config/parse.ts";
import { AskedWrongly } from "../asked.ts";

const passwordVariable = "ISLET_BACKUP_PASSWORD";
const passwordHelp = `first line of this file; without it ${passwordVariable}, or asked at the terminal`;

export function backupCommand(program: Command): void {
  program
    .command("backup")
    .description("keep configuration, permit, accounts, records and audit log of a site in one sealed file")
    .requiredOption("--config <file>", "the site's configuration")
    .requiredOption("--out <file>", "the backup; it must not exist yet")
    .option("--password-file <file>", passwordHelp)
    .option("--json", "print JSON")
    .action((options: BackupOptions) => backup(options));
}

export function restoreCommand(program: Command): void {
  program
    .command("restore")
    .description("put a backup back; what is there now is set aside, and a revoked permit does not return")
    .argument("<file>", "the backup")
    .option("--into <folder>", "where the configuration goes", ".")
    .option("--password-file <file>", passwordHelp)
    .option(
      "--permit-not-revoked",
      "the utility confirms that the permit stands: for a machine that does not know the site",
    )
    .option("--list", "say what the backup holds, and change nothing")
    .option("--json", "print JSON")
    .action((file: string, options: RestoreOptions) => restore(file, options));
}

interface BackupOptions {
  readonly config: string;
  readonly out: string;
  readonly passwordFile?: string;
  readonly json?: true;
}
interface RestoreOptions {
  readonly into: string;
  readonly passwordFile?: string;
  readonly permitNotRevoked?: true;
  readonly list?: true;
  readonly json?: true;
}

async function backup({ config, out, passwordFile, json }: BackupOptions): Promise<void> {
  const site = loadSite(config);
  if (existsSync(out)) throw new AskedWrongly(`${out} exists. Name another file: a backup overwrites nothing.`);
  const password = await passwordFrom(passwordFile, true);
  const gathered = gatherBackup(config, site, Date.now());
  const sealed = sealBackup(gathered, password);
  writeFileSync(out, sealed, { mode: 0o600, flag: "wx" });
  const { files, leftOut, meta } = gathered;
  if (json) {
    print(JSON.stringify({ file: out, bytes: sealed.length, meta, files: files.map(nameOf), leftOut }));
    return;
  }
  print(`${out}: ${files.length} files of ${meta.site}, ${Math.ceil(sealed.length / 1_000)} kB.`);
  for (const name of leftOut) print(`  not in it: ${name}`);
  print("Keep it on another machine, and its password apart from it: without the password nobody can read it.");
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  if (statSync(file).size > backupBytesMax) throw new Error(`${file} is too long for a backup`);
  const opened = openBackup(readFileSync(file), await passwordFrom(options.passwordFile, false));
  if (!opened.ok) throw new Error(opened.error);
  const { value } = opened;
  if (options.list) {
    list(value, options.json ?? false);
    return;
  }
  const stateDir = resolve(stateDirOf(value));
  const lock = existsSync(stateDir) ? await lockState(stateDir) : null;
  try {
    const restored = restoreBackup({
      backup: value,
      configFolder: resolve(options.into),
      stateDir,
      permitNotRevoked: options.permitNotRevoked ?? false,
      actor: userInfo().username,
      nowMs: Date.now(),
    });
    if (!restored.ok) throw new Error(restored.error);
    const { files, permit, setAside } = restored.value;
    const siteFile = join(options.into, value.meta.siteFile);
    const checked = checkSite(siteFile);
    const complaints = checked.ok ? [] : checked.error.map(complaintText);
    if (options.json) print(JSON.stringify({ files, permit, setAside, stateDir, siteFile, complaints }));
    else {
      print(`${files} files of ${value.meta.site} are back, as of ${new Date(value.meta.madeAtMs).toISOString()}.`);
      for (const path of setAside) print(`  what was there before: ${path}`);
      if (permit !== "") print(permit);
      if (checked.ok) print(`Next: islet check-config ${siteFile}, then start the controller.`);
      else print(`The configuration needs mending before a start:\n${complaints.join("\n")}`);
    }
  } finally {
    await lock?.release();
  }
}

function list({ meta, files }: Backup, json: boolean): void {
  if (json) {
    print(JSON.stringify({ meta, files: files.map((file) => ({ file: nameOf(file), bytes: file.bytes.length })) }));
    return;
  }
  print(`${meta.site}, made by Islet ${meta.version} on ${new Date(meta.madeAtMs).toISOString()}`);
  print(`audit log: ${meta.auditHead.records} records, head ${meta.auditHead.hash}`);
  for (const file of files) print(`${String(file.bytes.length).padStart(10)} B  ${nameOf(file)}`);
}

/** Where the site of the backup keeps its state: as its own configuration says, from here. */
function stateDirOf({ meta, files }: Backup): string {
  const site = files.find(({ place, path }) => place === "config" && path === meta.siteFile);
  if (site === undefined) throw new Error("The backup has no configuration.");
  const { stateDir } = (parse(site.bytes.toString("utf8")) ?? {}) as { stateDir?: unknown };
  return typeof stateDir === "string" ? stateDir : ".islet";
}

const nameOf = ({ place, path }: { place: string; path: string }): string => `${place}/${path}`;

async function passwordFrom(file: string | undefined, isNew: boolean): Promise<string> {
  const given = file === undefined ? process.env[passwordVariable] : readFileSync(file, "utf8").split(/\r?\n/)[0];
  const password = given ?? (await askSilently("Password of the backup: "));
  if (isNew && given === undefined && (await askSilently("The same again: ")) !== password)
    throw new AskedWrongly("The two passwords differ.");
  if (isNew && password.length < backupPasswordMin)
    throw new AskedWrongly(`A backup's password has at least ${backupPasswordMin} characters.`);
  return password;
}

async function askSilently(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new AskedWrongly(`No password: give --password-file, or set ${passwordVariable}, or run it at a terminal.`);
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await asking.question("");
  } finally {
    asking.close();
    process.stderr.write("\n");
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
