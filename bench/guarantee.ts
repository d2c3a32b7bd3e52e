/**
 * The promises of limits at the PCC against the truth, in virtual time: `--seed N` (default 1), `--steps N` of the load for
 * each site and side (default 1000), `--only ID,ID` some sites, `--minutes N` a budget of real time: a site that has not begun
 * by then is named as not run. `--json` prints the figures with their bounds. Ends with 1 where a bound does not hold.
 */
import { parseArgs } from "node:util";
import { guaranteeRows } from "./export-control/guarantee.table.ts";
import { type GuaranteeResult, measureGuarantee } from "./export-control/guarantee.ts";
import { type BenchOptions, type BenchResult, type BoundFigure, wholeNumber } from "./lib/bounds.ts";

/** Room under the limit that is used where nothing moves, at least; falls and rises by themselves, below. */
const usedLeast = 0.9;
const swingsMost = 1;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
}
