/** A kind of contradiction: what contradicts what, and what to do. */
import type { ConfigComplaint } from "../../config/parse.ts";
import type { Evidence } from "../evidence.ts";

/** Two places that can't both be true. */
export interface Clash {
  /** What is said here and there, with figures. */
  readonly sentence: string;
  readonly here: string;
  readonly there: string;
}

export interface ContradictionRow {
  readonly kind: string;
  /** One side and the other, in words. */
  readonly between: readonly [string, string];
  /** What to do. */
  readonly todo: string;
  /** Looks for it in the site's files. */
  readonly find?: (evidence: Evidence) => readonly Clash[];
  /** Where the configuration's own checks refuse it before: whether a complaint is of this kind. */
  readonly complaint?: (complaint: ConfigComplaint) => boolean;
}

/** One clash where a condition holds, else none. */
export const when = (holds: boolean, clash: () => Clash): readonly Clash[] => (holds ? [clash()] : []);
