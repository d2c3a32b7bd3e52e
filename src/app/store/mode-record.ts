/**
 * What the mode machine was about, on disk, so that a restart knows: a running island is adopted, a lockout stays one, a used start
 * stays used. The file has two slots of fixed size, written in turn and in place, so that storing needs no room on a full disk
 * and a power cut leaves one of them whole. Its room is taken at the start.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { emptyRecord, intentNames, type ModeRecord, startsMax } from "../../core/modes/state.ts";
import { makeFolder, setAside, syncFolder, whyOf } from "./files.ts";

/** One slot, bytes: a page of its own, so that a torn write can't reach the other. */
const slotBytes = 4_096;
const fileBytes = 2 * slotBytes;

const recordSchema = z.strictObject({
  intent: z.enum(intentNames),
  startsLeft: z.int().min(0).max(startsMax),
  returnBlocked: z.boolean(),
  opensUnproven: z.boolean().default(false),
});
type Stored = z.infer<typeof recordSchema>;
const slotSchema = z.strictObject({ sequence: z.int().min(1), record: recordSchema, check: z.string() });

/** What other durable records know of a site whose own mode record is lost. */
export interface ModeWitness {
  /** They show that the site has run before. */
  readonly knowsSite: boolean;
  /** The last that they know is a lockout. */
  readonly lockedOut: boolean;
  /** So says the memory beside the state folder, which an older copy of the folder does not bring back. */
  readonly lockedOutOutside: boolean;
}
const noWitness: ModeWitness = { knowsSite: false, lockedOut: false, lockedOutOutside: false };

export interface ModeRecordFile {
  /** What was on disk at the start; of generation 0. */
  readonly record: ModeRecord;
  /** What was found, for the log. */
  readonly sentence: string;
  /** A person should know: something was lost, or the file can't be prepared. */
  readonly alarm: boolean;
  /** Durable when it returns. Throws where the disk refuses: then the command that waits for it is not given. */
  write(record: Readonly<ModeRecord>): void;
}

/**
 * Opens the record. A missing or damaged one claims nothing that would act: no island, no start left; and it is a lockout where
 * the witness knows of one, or where nothing is left that could tell.
 */
export function openModeRecord(file: string, askWitness: () => ModeWitness = () => noWitness): ModeRecordFile {
  const found = read(file);
  const witness = askWitness();
  const asideName = found.kind === "damaged" ? setAside(file) : "";
  const marked = existsSync(markName(file, "owed"));
  const { record, sentence } = judge(found, witness, marked, asideName);
  let sequence = found.kind === "whole" ? found.sequence : 0;
  let ready = false;
  let trouble = "";

  /** Takes the file's room, with the present record in both slots. */
  function prepare(record: Stored): void {
    makeFolder(dirname(file));
    const fresh = `${file}.new`;
    const [older, newer] = [sequence + 1, sequence + 2];
    const slots = [slot(older, record), slot(newer, record)];
    writeAt(fresh, "w", Buffer.concat(older % 2 === 0 ? slots : slots.reverse()), 0);
    renameSync(fresh, file);
    sequence = newer;
    if (!existsSync(markName(file, "owed"))) closeSync(openSync(markName(file, "none"), "a", 0o600));
    syncFolder(dirname(file));
    ready = true;
  }

  function write({ intent, startsLeft, returnBlocked, opensUnproven }: Readonly<ModeRecord>): void {
    const next: Stored = { intent, startsLeft, returnBlocked, opensUnproven };
    try {
      if (ready && existsSync(file)) {
        // Over the older slot; after a failure over the same one again, never over the last whole one.
        writeAt(file, "r+", slot(sequence + 1, next), ((sequence + 1) % 2) * slotBytes);
        sequence++;
      } else prepare(next);
    } catch (failure) {
      if (intent === "locked") mark(file, "none", "owed");
      throw failure;
    }
    mark(file, "owed", "none");
  }

  try {
    if (found.kind === "whole" && found.roomTaken) ready = true;
    else prepare(record);
  } catch (failure) {
    trouble = ` Its room on the disk can't be taken (${whyOf(failure)}).`;
  }
  const lost = found.kind === "damaged" || (found.kind === "missing" && witness.knowsSite);
  return {
    record,
    sentence: `${sentence}${trouble}`,
    alarm: lost || marked || witness.lockedOutOutside || trouble !== "",
    write,
  };
}

function judge(
  found: Found,
  witness: ModeWitness,
  marked: boolean,
  asideName: string,
): { readonly record: ModeRecord; readonly sentence: string } {
  const cautious = (isLocked: boolean): ModeRecord => ({
    ...emptyRecord,
    intent: isLocked ? "locked" : "none",
    startsLeft: 0,
  });
  if (marked)
    return {
      record: cautious(true),
      sentence:
        "A lockout could not be stored before the last stop. The site stays locked out until a person resets it.",
    };
  if (witness.lockedOutOutside && !(found.kind === "whole" && found.record.intent === "locked"))
    return {
      record: cautious(true),
      sentence:
        "The memory beside the state folder says locked out, the state folder does not: it was stopped before that was stored, or an older one was put back. The site stays locked out until a person resets it.",
    };
  if (found.kind === "whole")
    return { record: { ...found.record, generation: 0 }, sentence: `Stored intent: ${found.record.intent}.` };
  if (found.kind === "missing" && !witness.knowsSite)
    return { record: { ...emptyRecord }, sentence: "No stored intent: first start." };
  const what = found.kind === "missing" ? "The stored intent is missing" : `The stored intent is damaged${asideName}`;
  if (witness.lockedOut)
    return { record: cautious(true), sentence: `${what}; the audit log says locked out, and so the site stays.` };
  if (witness.knowsSite)
    return {
      record: cautious(false),
      sentence: `${what}. The audit log knows of no lockout, so that the site runs; no start of an island counts as left until the grid has been good for a while or a person resets.`,
    };
  return {
    record: cautious(true),
    sentence: `${what}, and no other record tells whether the site was locked out. It stays locked out until a person resets it.`,
  };
}

type Found =
  | { readonly kind: "missing" | "damaged" }
  | { readonly kind: "whole"; readonly record: Stored; readonly sequence: number; readonly roomTaken: boolean };

function read(file: string): Found {
  let text: string;
  try {
    if (statSync(file).size > fileBytes) return { kind: "damaged" };
    text = readFileSync(file, "latin1");
  } catch (failure) {
    return { kind: (failure as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "damaged" };
  }
  const slots = [text.slice(0, slotBytes), text.slice(slotBytes)].flatMap((one) => readSlot(one) ?? []);
  const newest = slots.sort((a, b) => b.sequence - a.sequence)[0];
  if (newest !== undefined) return { kind: "whole", ...newest, roomTaken: text.length === fileBytes };
  // A file of an earlier version: the record alone.
  const plain = recordSchema.safeParse(parseJson(text));
  return plain.success ? { kind: "whole", record: plain.data, sequence: 0, roomTaken: false } : { kind: "damaged" };
}

function readSlot(text: string): { readonly sequence: number; readonly record: Stored } | undefined {
  const parsed = slotSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { sequence, record, check } = parsed.data;
  return check === checkOf(sequence, record) ? { sequence, record } : undefined;
}

const checkOf = (sequence: number, { intent, startsLeft, returnBlocked, opensUnproven }: Stored): string =>
  createHash("sha256")
    .update(`${sequence} ${intent} ${startsLeft} ${returnBlocked} ${opensUnproven}`)
    .digest("hex")
    .slice(0, 16);

/** A slot's text: one line of JSON, filled up with spaces. */
function slot(sequence: number, { intent, startsLeft, returnBlocked, opensUnproven }: Stored): Buffer {
  const record: Stored = { intent, startsLeft, returnBlocked, opensUnproven };
  const text = JSON.stringify({ sequence, record, check: checkOf(sequence, record) });
  return Buffer.from(`${text.padEnd(slotBytes - 1)}\n`);
}

function writeAt(file: string, flags: "w" | "r+", bytes: Buffer, position: number): void {
  const handle = openSync(file, flags, 0o600);
  try {
    const written = writeSync(handle, bytes, 0, bytes.length, position);
    if (written < bytes.length) throw Object.assign(new Error("only a part was written"), { code: "ENOSPC" });
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A file's name that says whether a lockout is owed: renaming needs no room where writing finds none. */
const markName = (file: string, what: "owed" | "none"): string => `${file}.lockout-${what}`;

function mark(file: string, from: "owed" | "none", to: "owed" | "none"): void {
  try {
    renameSync(markName(file, from), markName(file, to));
    syncFolder(dirname(file));
  } catch {
    // It says so already, or the disk refuses this as well: the record stays owed.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
