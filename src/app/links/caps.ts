/**
 * Caps that links have set: in force at once, on disk afterwards (or owed to a disk that refuses), and there again after a
 * restart. Of several for the same thing the tightest holds. One ends only by its asker's word, a person's, or the end that
 * its asker has given it.
 */
import { z } from "zod";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Documents } from "../store/store.ts";
import { type AskName, askNames, askRow } from "./asks.table.ts";
import type { Ask, Asker } from "./link-port.ts";
import { type LinkId, links } from "./links.table.ts";

const linkIds = Object.keys(links) as LinkId[];
const capNames = askNames.filter((name) => askRow(name).kind === "cap");

const capSchema = z.object({
  link: z.enum(linkIds as [LinkId, ...LinkId[]]),
  askerId: z.string().max(80),
  asker: z.string().max(80),
  what: z.enum(capNames as [AskName, ...AskName[]]),
  evse: z.number().int().min(0),
  valueW: z.number().min(0),
  /** Last time that it was asked for, ms UTC. */
  atMs: z.number(),
  untilMs: z.number().nullable(),
  renewMs: z.number().nullable(),
  failSafeW: z.number().nullable(),
});
export type Cap = z.infer<typeof capSchema>;

/** Most caps that stand at once, of all links. */
const capsMax = 500;
const collection = "links";

export interface Caps {
  /** False: too many stand. */
  set(asker: Asker, ask: Ask, valueW: number, nowMs: number): boolean;
  /** Takes back those of an asker, or of everybody for a person. How many there were. */
  release(asker: Asker, what: AskName, evse: number): number;
  /** Ends those whose end has come; returns them, and those that have come to be or ceased to be in fail-safe. */
  look(nowMs: number): { readonly ended: readonly Cap[]; readonly changed: readonly Cap[] };
  list(): readonly Cap[];
  isFailSafe(cap: Cap): boolean;
  tightest(what: AskName, evse: number): Cap | null;
  /** Writes what holds now into the inputs of the control thread. */
  apply(): void;
  readonly unreadable: number;
}

interface Inputs {
  readonly evses: readonly Pick<EvseInputs, "linkMinW" | "linkMaxW">[];
  readonly site: {
    linkMinW: number;
    linkMaxW: number;
    linkImportLimitW: number;
    linkExportLimitW: number;
    serviceEnabled: boolean;
    serviceWithdrawn: boolean;
  };
}

export function openCaps(documents: Documents, inputs: Inputs, nowMs: number): Caps {
  const standing = new Map<string, Cap>();
  const failSafe = new Set<Cap>();
  let unreadable = 0;
  for (const { key, value } of documents.entries(collection)) {
    const cap = readCap(value);
    if (cap === null || cap.evse > inputs.evses.length) unreadable++;
    // One that is renewed has its time from now on: its asker had nobody to speak to.
    else standing.set(key, cap.renewMs === null ? cap : { ...cap, atMs: nowMs });
  }

  const inForceW = (cap: Cap): number => (failSafe.has(cap) ? (cap.failSafeW ?? 0) : cap.valueW);
  const tightest = (what: AskName, evse: number): Cap | null => {
    let found: Cap | null = null;
    for (const cap of standing.values())
      if (cap.what === what && cap.evse === evse && (found === null || inForceW(cap) < inForceW(found))) found = cap;
    return found;
  };
  const leftW = (what: AskName, evse: number): number => {
    const cap = tightest(what, evse);
    return cap === null ? Number.POSITIVE_INFINITY : inForceW(cap);
  };
  const minus = (valueW: number): number => (valueW === 0 ? 0 : -valueW);

  return {
    set(asker, ask, valueW, atMs) {
      const key = keyOf(asker, ask.what, ask.evse);
      const before = standing.get(key);
      if (before === undefined && standing.size >= capsMax) return false;
      if (before) failSafe.delete(before);
      const cap: Cap = {
        link: asker.link,
        askerId: asker.id,
        asker: asker.name.slice(0, 80),
        what: ask.what,
        evse: ask.evse,
        valueW,
        atMs,
        untilMs: ask.validS === undefined ? null : atMs + ask.validS * 1_000,
        renewMs: ask.renewS === undefined ? null : ask.renewS * 1_000,
        failSafeW: ask.failSafeW ?? null,
      };
      standing.set(key, cap);
      this.apply();
      // A renewal alone changes nothing that must outlive the process.
      if (before === undefined || !sameWord(before, cap)) documents.put(collection, key, JSON.stringify(cap));
      return true;
    },
    release(asker, what, evse) {
      const gone = [...standing].filter(
        ([key, cap]) => cap.what === what && cap.evse === evse && (asker.isPerson || key === keyOf(asker, what, evse)),
      );
      for (const [key] of gone) standing.delete(key);
      this.apply();
      for (const [key] of gone) documents.remove(collection, key);
      return gone.length;
    },
    look(now) {
      const ended = [...standing].filter(([, { untilMs }]) => untilMs !== null && now >= untilMs);
      for (const [key] of ended) standing.delete(key);
      const changed: Cap[] = [];
      for (const cap of standing.values()) {
        const isDue = cap.renewMs !== null && now - cap.atMs > cap.renewMs;
        if (isDue === failSafe.has(cap)) continue;
        if (isDue) failSafe.add(cap);
        else failSafe.delete(cap);
        changed.push(cap);
      }
      if (ended.length + changed.length > 0) this.apply();
      for (const [key] of ended) documents.remove(collection, key);
      return { ended: ended.map(([, cap]) => cap), changed };
    },
    list: () => [...standing.values()],
    isFailSafe: (cap) => failSafe.has(cap),
    tightest,
    apply() {
      inputs.evses.forEach((evse, i) => {
        evse.linkMaxW = leftW("chargeLimitW", i + 1);
        evse.linkMinW = minus(leftW("dischargeLimitW", i + 1));
      });
      inputs.site.linkMaxW = leftW("chargeLimitW", 0);
      inputs.site.linkMinW = minus(leftW("dischargeLimitW", 0));
      inputs.site.linkImportLimitW = leftW("importLimitW", 0);
      inputs.site.linkExportLimitW = leftW("exportLimitW", 0);
      inputs.site.serviceEnabled = leftW("parallelService", 0) >= 1;
      inputs.site.serviceWithdrawn = !inputs.site.serviceEnabled;
    },
    unreadable,
  };
}

const keyOf = ({ link, id }: Asker, what: AskName, evse: number): string => `${what}/${evse}/${link}/${id}`;

const sameWord = (a: Cap, b: Cap): boolean =>
  a.valueW === b.valueW &&
  a.untilMs === b.untilMs &&
  a.renewMs === b.renewMs &&
  a.failSafeW === b.failSafeW &&
  a.asker === b.asker;

function readCap(text: string): Cap | null {
  try {
    return capSchema.parse(JSON.parse(text));
  } catch {
    // Counted, and said at the start.
    return null;
  }
}
