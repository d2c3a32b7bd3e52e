/**
 * Puts a backup back, all of it or nothing: what is there now is set aside, not lost. A permit that was revoked since never
 * comes back: what this machine remembers is joined with what the backup does. Where nothing here remembers the site, nobody
 * can know whether the permit was revoked since: then it is left out unless a person says that it was not.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { err, ok, type Result } from "../../domain/result.ts";
import { auditFileName, openAudit } from "../audit/audit.ts";
import { parsePermit } from "../permits/permit-format.ts";
import {
  auditedHistory,
  emptyHistory,
  historySchema,
  joinHistories,
  type PermitHistory,
} from "../permits/permit-history.ts";
import { openWitness, witnessFile } from "../permits/witness.ts";
import { makeFolder, syncFolder, writeWhole } from "../store/files.ts";
import { isletVersion } from "../version.ts";
import type { Backup } from "./backup-format.ts";
import { witnessInBackup } from "./make-backup.ts";

const permitFile = "permit.json";
const historyFile = "permit-history.json";
/** Names that are tried for what is set aside. */
const asideMax = 1_000;

export interface RestoreOrder {
  readonly backup: Backup;
  readonly configFolder: string;
  readonly stateDir: string;
  /** A person's word that the permit was not revoked since the backup, for a machine that does not remember the site. */
  readonly permitNotRevoked: boolean;
  /** Who restores, for the audit log. */
  readonly actor: string;
  readonly nowMs: number;
}

export interface Restored {
  readonly files: number;
  /** What became of the permit, as a sentence; empty where the backup has none. */
  readonly permit: string;
  /** Where what was there before lies now. */
  readonly setAside: readonly string[];
}

/** Needs the state folder's lock. A sentence where it is refused; then nothing was changed. */
export function restoreBackup(order: RestoreOrder): Result<Restored, string> {
  const { backup, configFolder, stateDir, nowMs } = order;
  if (isNewer(backup.meta.version, isletVersion()))
    return err(
      `The backup is of Islet ${backup.meta.version}, newer than this one (${isletVersion()}). Install that version first.`,
    );
  const known = rememberedHere(stateDir);
  const fresh = freeName(`${stateDir}.restoring`);
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  let permit: string;
  try {
    for (const { place, path, bytes } of backup.files) {
      if (place !== "state" || path === witnessInBackup) continue;
      makeFolder(dirname(join(fresh, path)));
      writeFileSync(join(fresh, path), bytes, { mode: 0o600 });
    }
    permit = settlePermit(fresh, order, known);
    noteInAudit(fresh, order, permit);
  } catch (failure) {
    rmSync(fresh, { recursive: true, force: true });
    throw failure;
  }
  const setAside: string[] = [];
  const away = (path: string): void => {
    if (!existsSync(path)) return;
    const aside = freeName(`${path}.before-restore`);
    renameSync(path, aside);
    setAside.push(aside);
  };
  away(stateDir);
  renameSync(fresh, stateDir);
  syncFolder(dirname(stateDir));
  let files = 0;
  for (const { place, path, bytes } of backup.files) {
    files++;
    if (place !== "config") continue;
    const file = join(configFolder, path);
    if (existsSync(file)) {
      if (readFileSync(file).equals(bytes)) continue;
      away(file);
    }
    makeFolder(dirname(file));
    writeFileSync(file, bytes, { mode: 0o640 });
  }
  // Its clock floor is not taken over: the moment of the backup is in the audit log, and only a settled clock raises it.
  openWitness(stateDir).add({ permits: joinHistories(known ?? emptyHistory, historyIn(stateDir, nowMs)) });
  return ok({ files, permit, setAside });
}

/** What this machine knows of permits; null where it knows nothing of the site at all. */
function rememberedHere(stateDir: string): PermitHistory | null {
  if (!existsSync(witnessFile(stateDir)) && !existsSync(stateDir)) return null;
  return joinHistories(openWitness(stateDir).read().permits, historyIn(stateDir, Date.now()));
}

/** What a state folder knows: its own record and its audit log. */
function historyIn(folder: string, nowMs: number): PermitHistory {
  let history = emptyHistory;
  try {
    history = historySchema.parse(JSON.parse(readFileSync(join(folder, historyFile), "utf8")));
  } catch {
    // None, or damaged: the audit log knows the same.
  }
  const log = join(folder, auditFileName);
  if (!existsSync(log)) return history;
  const auditLog = openAudit({ path: log, now: () => nowMs, readOnly: true });
  try {
    return joinHistories(history, auditedHistory(auditLog));
  } finally {
    auditLog.close();
  }
}

/** Takes a permit out of the folder that must not come back, and keeps there what is known. Returns what became of it. */
function settlePermit(
  folder: string,
  { backup, permitNotRevoked, nowMs }: RestoreOrder,
  known: PermitHistory | null,
): string {
  const witnessed = backup.files.find(({ place, path }) => place === "state" && path === witnessInBackup);
  let history = joinHistories(known ?? emptyHistory, historyIn(folder, nowMs));
  try {
    const { permits } = JSON.parse(witnessed?.bytes.toString("utf8") ?? "{}") as { permits?: unknown };
    history = joinHistories(history, historySchema.parse(permits));
  } catch {
    // The backup's other memories say the same.
  }
  writeWhole(join(folder, historyFile), JSON.stringify(history));
  const file = join(folder, permitFile);
  if (!existsSync(file)) return "";
  const parsed = parsePermit(readFileSync(file, "utf8"));
  const leaveOut = (sentence: string): string => {
    renameSync(file, `${file}.not-restored`);
    return sentence;
  };
  if (!parsed.ok) return leaveOut("The permit in the backup is damaged and was not put into force. Install it again.");
  const { id, reference, serial } = parsed.value.permit;
  const revoked = history.revoked.find((entry) => entry.id === id);
  if (revoked !== undefined)
    return leaveOut(`The permit ${reference} was revoked on ${revoked.at.slice(0, 10)} and does not come back.`);
  if ((history.serials[reference] ?? serial) > serial)
    return leaveOut(`The permit ${reference}, serial ${serial}, was replaced by a newer one since. Install that one.`);
  if (known === null && !permitNotRevoked)
    return leaveOut(
      `The permit ${reference} was not put into force: this machine can't know whether it was revoked since the backup. Install it again with islet permit install, or restore with --permit-not-revoked when the utility confirms that it stands.`,
    );
  return `The permit ${reference}, serial ${serial}, is in force again.`;
}

function noteInAudit(folder: string, { backup, actor, nowMs }: RestoreOrder, permit: string): void {
  const auditLog = openAudit({ path: join(folder, auditFileName), now: () => nowMs });
  try {
    const { madeAtMs, version, auditHead } = backup.meta;
    const body = { what: "restored", backupOf: new Date(madeAtMs).toISOString(), version, auditHead, permit };
    auditLog.append({ kind: "setting", actor, body });
  } finally {
    auditLog.close();
  }
}

/** Whether a version of the backup can't be read by ours: another major or minor that is higher. */
function isNewer(theirs: string, ours: string): boolean {
  const [a = [], b = []] = [theirs, ours].map((version) => version.split(".").map(Number));
  return (a[0] ?? 0) > (b[0] ?? 0) || (a[0] === b[0] && (a[1] ?? 0) > (b[1] ?? 0));
}

function freeName(path: string): string {
  if (!existsSync(path)) return path;
  for (let n = 2; n <= asideMax; n++) if (!existsSync(`${path}-${n}`)) return `${path}-${n}`;
  throw new Error(`${path} and ${asideMax} like it exist: clear them away first.`);
}
