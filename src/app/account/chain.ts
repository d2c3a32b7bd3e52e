/**
 * The account's rows as they are kept: each with its number, the hash of the one before and its own, over its canonical form. The
 * audit log carries the hash and the station's signature of each, so that a row that is altered, removed or written anew with a chain
 * of its own shows.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { flowRules } from "../../settlement/account/flows.ts";
import { poolRules } from "../../settlement/account/pools.ts";
import { type AccountEntry, contradictionOf } from "../../settlement/account/row.ts";
import { type DocumentSignature, isSigned } from "../commissioning/station-key.ts";

const rowFormat = "islet-fleet-energy-1";
/** The hash before the first row. */
const genesis = createHash("sha256").update("islet-energy-1").digest("hex");

export interface AccountRow extends AccountEntry {
  readonly format: typeof rowFormat;
  readonly site: string;
  /** 1, 2, 3, … without a gap. */
  readonly sequence: number;
  readonly prev: string;
  readonly hash: string;
}

const amount = z.number().int().min(0);
const amounts = z.record(z.string(), amount);
const byName = z.record(z.string(), amounts);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const rowSchema = z.strictObject({
  format: z.literal(rowFormat),
  site: z.string(),
  sequence: z.int().min(1),
  fromMs: z.int(),
  toMs: z.int(),
  parallelMs: amount,
  islandMs: amount,
  unknownMs: amount,
  flows: byName,
  origins: byName,
  given: byName,
  pools: byName,
  batteryLoss: amounts,
  knownMWh: amount,
  batteryExportMWh: amount,
  closureMWh: z.int(),
  closurePpm: amount,
  closes: z.boolean(),
  resolutionMWh: amount,
  estimatedMWh: amount,
  registersWh: z.record(z.string(), z.number()),
  buildingDerived: z.boolean(),
  stays: z.array(
    z.strictObject({
      battery: z.string(),
      evse: z.int(),
      what: z.enum(["arrived", "left"]),
      atMs: z.int(),
      contentMWh: amount.nullable(),
      capacityMWh: amount.nullable(),
    }),
  ),
  rule: z.strictObject({ flows: z.enum(flowRules), pools: z.enum(poolRules), version: z.int() }),
  why: z.array(z.string()),
  prev: hash,
  hash,
});

/** Where a chain ends. */
export interface AccountHead {
  readonly sequence: number;
  readonly hash: string;
}
export const emptyHead: AccountHead = { sequence: 0, hash: genesis };

/** The row that follows a head. */
export function sealRow(head: AccountHead, site: string, entry: AccountEntry): AccountRow {
  const unsealed = { ...entry, format: rowFormat, site, sequence: head.sequence + 1, prev: head.hash } as const;
  return { ...unsealed, hash: hashOf(unsealed) };
}

const hashOf = (unsealed: Omit<AccountRow, "hash">): string =>
  createHash("sha256").update(canonicalJson(unsealed)).digest("hex");

export const rowText = (row: AccountRow): string => canonicalJson(row);

/** A row as it was written, or null: not one bit may differ. */
export function readRow(text: string): AccountRow | null {
  try {
    const value: unknown = JSON.parse(text);
    const parsed = rowSchema.safeParse(value);
    return parsed.success && canonicalJson(value) === text ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What the audit log knows of a row. */
export interface Anchor extends AccountHead {
  readonly signature: string;
  readonly publicKeyPem: string;
}

const signedText = ({ sequence, hash: of }: AccountHead): string => `islet-energy-1\n${sequence}\n${of}`;

export function anchorOf(row: AccountRow, sign: (text: string) => DocumentSignature): Anchor {
  const { sequence, hash: of } = row;
  const { signature, publicKeyPem } = sign(signedText(row));
  return { sequence, hash: of, signature, publicKeyPem };
}

const anchorSchema = z.object({
  what: z.literal("energy account"),
  sequence: z.int().min(1),
  hash,
  signature: z.string(),
  publicKeyPem: z.string(),
});

/** An anchor from the body of a record of the audit log; null for other records. */
export function readAnchor(body: string): Anchor | null {
  try {
    return anchorSchema.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}

export interface AccountVerdict {
  readonly ok: boolean;
  /** Rows that follow one another from the first that is kept. */
  readonly rows: number;
  readonly firstSequence: number;
  readonly head: AccountHead;
  /** Rows whose hash the audit log carries. */
  readonly anchored: number;
  /** The first row at which something is wrong; 0 for the whole. */
  readonly faultAt: number;
  readonly sentence: string;
  /** What is no fault, and a person should know. */
  readonly remarks: readonly string[];
}

/**
 * Follows the rows and compares them with what the audit log knows. `anchors`: from a log that is whole itself, oldest first.
 * `stationKeyPem`: the key that the station signs with, where it is known.
 */
export function verifyAccount(
  texts: Iterable<string>,
  anchors: readonly Anchor[],
  stationKeyPem: string | null,
): AccountVerdict {
  const known = new Map(anchors.map((anchor) => [anchor.sequence, anchor]));
  const remarks: string[] = [];
  let head = emptyHead;
  let rows = 0;
  let firstSequence = 0;
  let anchored = 0;
  let toMs = Number.NEGATIVE_INFINITY;
  const fault = (faultAt: number, sentence: string): AccountVerdict => ({
    ok: false,
    rows,
    firstSequence,
    head,
    anchored,
    faultAt,
    sentence,
    remarks,
  });
  for (const text of texts) {
    const row = readRow(text);
    const due = rows === 0 ? (row?.sequence ?? 1) : head.sequence + 1;
    if (row === null) return fault(due, `Row ${due} is not as it was written.`);
    if (rows === 0) {
      firstSequence = row.sequence;
      const before = row.sequence === 1 ? emptyHead : known.get(row.sequence - 1);
      if (before === undefined) remarks.push(`It begins at row ${row.sequence}; what was before is not known here.`);
      else if (before.hash !== row.prev)
        return fault(
          row.sequence,
          `Row ${row.sequence} does not follow row ${row.sequence - 1} as the audit log knows it.`,
        );
    } else if (row.sequence !== due)
      return fault(due, `Row ${due} is missing or out of its place: row ${row.sequence} stands there.`);
    else if (row.prev !== head.hash) return fault(due, `Row ${due} does not follow the one before it.`);
    const { hash: said, ...unsealed } = row;
    if (hashOf(unsealed) !== said) return fault(row.sequence, `Row ${row.sequence} was altered.`);
    if (row.fromMs < toMs)
      return fault(row.sequence, `Row ${row.sequence} is of a time that the one before it covers.`);
    const contradiction = contradictionOf(row);
    if (contradiction !== "") return fault(row.sequence, `Row ${row.sequence} contradicts itself: ${contradiction}.`);
    const anchor = known.get(row.sequence);
    if (anchor !== undefined) {
      if (anchor.hash !== said)
        return fault(
          row.sequence,
          `Row ${row.sequence} is another than the one that the audit log knows: it, or one before it, was written anew.`,
        );
      if (!isTrulySigned(anchor, stationKeyPem))
        return fault(row.sequence, `The signature of row ${row.sequence} in the audit log is not the station's.`);
      anchored++;
    }
    toMs = row.toMs;
    head = { sequence: row.sequence, hash: said };
    rows++;
  }
  const last = anchors.at(-1);
  if (last !== undefined && last.sequence > head.sequence)
    return fault(
      head.sequence + 1,
      `The audit log knows row ${last.sequence}, and the account ends at row ${head.sequence}: the end was cut off.`,
    );
  const open = head.sequence - (last?.sequence ?? 0);
  if (rows > 0 && open > 0)
    remarks.push(
      open === 1
        ? "The newest row is not in the audit log yet."
        : `The newest ${open} rows are not in the audit log: it was begun anew, or could not be written.`,
    );
  return { ok: true, rows, firstSequence, head, anchored, faultAt: 0, sentence: "", remarks };
}

function isTrulySigned(anchor: Anchor, stationKeyPem: string | null): boolean {
  const { signature, publicKeyPem } = anchor;
  if (stationKeyPem !== null && publicKeyPem !== stationKeyPem) return false;
  try {
    return isSigned(signedText(anchor), { algorithm: "Ed25519", sha256: "", signature, publicKeyPem });
  } catch {
    return false;
  }
}
