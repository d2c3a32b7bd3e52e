/**
 * A second memory of what must never be forgotten, in a file beside the state folder: permits installed and revoked, a lockout
 * that stands, the latest moment that the clock has honestly shown. An older copy of the state folder that somebody puts back
 * is found out by it. Whoever may write both can forge both: it bounds mistakes and restored backups, not attackers.
 */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { setAside, writeWhole } from "../store/files.ts";
import { emptyHistory, historySchema, joinHistories, type PermitHistory } from "./permit-history.ts";

const schema = z.strictObject({
  permits: historySchema,
  lockedOut: z.boolean(),
  /** ms UTC; null while nothing is known. */
  clockFloorMs: z.number().nullable(),
});

export interface Witnessed {
  readonly permits: PermitHistory;
  readonly lockedOut: boolean;
  /** ms UTC; −Infinity while nothing is known. */
  readonly clockFloorMs: number;
}

export interface Witness {
  readonly file: string;
  read(): Witnessed;
  /** What is wrong with the file, for the log; empty while nothing is. */
  readonly sentence: string;
  /** Adds to what is known; a clock floor only rises, unless `mayLower`. Throws where the disk refuses. */
  add(news: Partial<Witnessed>, mayLower?: boolean): void;
}

const bytesMax = 1_000_000;
const nothing: Witnessed = { permits: emptyHistory, lockedOut: false, clockFloorMs: Number.NEGATIVE_INFINITY };

/** The witness of a state folder lies beside it. */
export const witnessFile = (stateDir: string): string => `${resolve(stateDir)}.witness.json`;

export function openWitness(stateDir: string): Witness {
  const file = witnessFile(stateDir);
  let sentence = "";
  const read = (): Witnessed => {
    let text: string;
    try {
      text = statSync(file).size > bytesMax ? "" : readFileSync(file, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") sentence = `The witness beside the state folder can't be read: ${message}.`;
      return nothing;
    }
    try {
      const { clockFloorMs, ...rest } = schema.parse(JSON.parse(text));
      return { ...rest, clockFloorMs: clockFloorMs ?? Number.NEGATIVE_INFINITY };
    } catch {
      sentence = `The witness beside the state folder was damaged${setAside(file)}: a lockout, a revoked permit or the time that only it knew is forgotten.`;
      return nothing;
    }
  };
  return {
    file,
    read,
    get sentence() {
      return sentence;
    },
    add(news, mayLower = false) {
      const before = read();
      const floorMs = news.clockFloorMs ?? Number.NEGATIVE_INFINITY;
      const after: Witnessed = {
        permits: joinHistories(before.permits, news.permits ?? emptyHistory),
        lockedOut: news.lockedOut ?? before.lockedOut,
        clockFloorMs: mayLower ? floorMs : Math.max(before.clockFloorMs, floorMs),
      };
      const text = JSON.stringify({
        ...after,
        clockFloorMs: Number.isFinite(after.clockFloorMs) ? after.clockFloorMs : null,
      });
      writeWhole(file, text);
    },
  };
}
