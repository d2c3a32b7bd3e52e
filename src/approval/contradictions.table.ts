/** Everything that a package is refused for, one row each, and how it is looked for. */
import type { ConfigComplaint } from "../config/parse.ts";
import { codeRows } from "./contradictions/code.ts";
import { equipmentRows } from "./contradictions/equipment.ts";
import { islandRows } from "./contradictions/island.ts";
import { limitRows } from "./contradictions/limits.ts";
import { paperRows } from "./contradictions/papers.ts";
import type { ContradictionRow } from "./contradictions/row.ts";
import type { Evidence } from "./evidence.ts";

export const contradictionRows: readonly ContradictionRow[] = [
  ...limitRows,
  ...equipmentRows,
  ...islandRows,
  ...codeRows,
  ...paperRows,
];

/** What was found: which kind, both places, what to do. */
export interface Contradiction {
  readonly kind: string;
  readonly sentence: string;
  readonly here: string;
  readonly there: string;
  readonly todo: string;
}

/** Of one kind so many are told; the rest are alike. */
const foundMax = 25;

/** Everything that contradicts itself in the site's files. */
export const contradictionsOf = (evidence: Evidence): readonly Contradiction[] =>
  contradictionRows.flatMap(({ kind, todo, find }) =>
    (find?.(evidence) ?? []).slice(0, foundMax).map((clash) => ({ kind, ...clash, todo })),
  );

/** What the configuration's own checks refuse, by the kind that it is of. */
export function ofComplaint(complaint: ConfigComplaint): Contradiction {
  const { file, line, setting, found, complaint: sentence } = complaint;
  const row = contradictionRows.find((one) => one.complaint?.(complaint));
  return {
    kind: row?.kind ?? "configuration",
    sentence: `${setting === "" ? "the file" : setting}${found === "" ? "" : ` is ${found}`}: ${sentence}`,
    here: `${file}:${line}${setting === "" ? "" : ` ${setting}`}`,
    there: row?.between[1] ?? "what the controller can run",
    todo: row?.todo ?? "Correct it; `islet check-config` says the same.",
  };
}
