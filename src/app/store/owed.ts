/** What is in force but not on disk yet, because the disk refused: it is tried again until it is there, and shown until then. */
import { retryMaxMs, retryMinMs } from "./record-keeper.ts";

const owedKinds = ["mode-record", "documents", "audit"] as const;
export type OwedKind = (typeof owedKinds)[number];

/** What each is, for people. */
const kindNames: Readonly<Record<OwedKind, string>> = {
  "mode-record": "what the site is about (lockout, island, starts used)",
  documents: "settings, sessions and energies",
  audit: "the audit log",
};

export const owedText = ({ what, why }: Owed): string => `${kindNames[what]}: ${why}`;

export interface Owed {
  readonly what: OwedKind;
  /** Monotonic ms. */
  readonly sinceMs: number;
  /** In a person's words: "the disk is full". */
  readonly why: string;
}

/** What a part of the process says of its debts. */
export interface Debt {
  readonly owed: Owed | null;
  /** A try may be made now. */
  due(): boolean;
  failed(why: string): void;
  paid(): void;
}

/** `said`: called with the reason when something begins to be owed, and with "" when all is on disk again. */
export function createDebt(what: OwedKind, nowMs: () => number, said: (why: string) => void): Debt {
  let owed: Owed | null = null;
  let failures = 0;
  let nextTryMs = Number.NEGATIVE_INFINITY;
  return {
    get owed() {
      return owed;
    },
    due: () => nowMs() >= nextTryMs,
    failed(why) {
      const begins = owed === null;
      owed = { what, sinceMs: owed?.sinceMs ?? nowMs(), why };
      nextTryMs = nowMs() + Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures, 10));
      failures++;
      if (begins) said(why);
    },
    paid() {
      const was = owed;
      owed = null;
      failures = 0;
      nextTryMs = Number.NEGATIVE_INFINITY;
      if (was !== null) said("");
    },
  };
}
