/** Runs procedures one after another on a rig and judges each case by its criterion; the same for every rig. */
import type { GridProfile } from "../config/grid-profiles.ts";
import { isWithin, type TooCoarse, tooCoarse } from "./accuracy.ts";
import { type Case, gravest, type Procedure, type ProcedureResult, type Row } from "./procedure.ts";
import { type Ability, abilityWords, type Rig } from "./rig.ts";

/** Most cases of one procedure, so that a table that grows by mistake is found. */
const casesMax = 400;

export interface CertifyOptions {
  readonly quick: boolean;
  /** Called after each case. */
  readonly onRow?: (procedure: Procedure, row: Row) => void;
}

/** One procedure with all of its cases, or with those of the smoke run. */
export async function runProcedure(
  procedure: Procedure,
  profile: GridProfile,
  rig: Rig,
  { quick, onRow }: CertifyOptions,
): Promise<ProcedureResult> {
  const { id, title, clause, cases, needs, without } = procedure;
  if (!cases) return { id, title, clause, verdict: "not run", why: `needs ${needs}`, rows: [] };
  const all = cases(profile);
  const lacking = all.length === 0 ? [] : lackingAbilities(all, rig);
  const possible = all.filter(({ ability }) => ability === undefined || !lacking.includes(ability));
  if (possible.length === 0 && lacking.length > 0)
    return {
      id,
      title,
      clause,
      verdict: "not run",
      why: `needs ${firstLacking(lacking)
        .map((one) => abilityWords[one])
        .join("; ")}`,
      rows: [],
    };
  const wanted = possible.filter((one) => !quick || one.quick);
  if (wanted.length > casesMax) throw new RangeError(`${id} has ${wanted.length} cases; at most ${casesMax}`);
  const rows: Row[] = [];
  for (const one of wanted) {
    const row = await runCase(one, rig);
    rows.push(row);
    onRow?.(procedure, row);
  }
  const lacks = lacking.map((one) => abilityWords[one]);
  const missing = rows.filter(({ verdict }) => verdict === "not run").length;
  const parts = [
    ...(lacks.length > 0 ? [`the rest needs ${lacks.join("; ")}`] : []),
    ...(missing > 0 ? [`${missing} of ${rows.length} rows could not be run, each with its reason`] : []),
  ];
  const why =
    rows.length > 0
      ? parts.length > 0
        ? `in part: ${parts.join("; ")}`
        : ""
      : quick
        ? "no part of the quick run"
        : without?.(profile) || "the code asks for nothing of it, or no source tells its settings";
  return { id, title, clause, verdict: gravest(rows.map(({ verdict }) => verdict)), why, rows };
}

/** What is asked for first: without registers nobody needs a stranger. */
const firstLacking = (lacking: readonly Ability[]): readonly Ability[] =>
  lacking.includes("registers") ? ["registers"] : lacking;

/** Whether a rig can run anything of a procedure. */
export const canRun = ({ cases }: Procedure, profile: GridProfile, rig: Rig): boolean => {
  const all = cases?.(profile) ?? [];
  const lacking = lackingAbilities(all, rig);
  return all.some(({ ability }) => ability === undefined || !lacking.includes(ability));
};

/** What cases ask of a rig that it has not got. */
function lackingAbilities(cases: readonly Case[], { facts }: Rig): readonly Ability[] {
  const asked = new Set(cases.flatMap(({ ability }) => ability ?? []));
  return [...asked].filter((one) => !facts.abilities?.includes(one));
}

async function runCase(one: Case, rig: Rig): Promise<Row> {
  const { name, direction, setting, quantity, unit } = one;
  const words = { name, direction, setting, quantity, unit };
  const nothing = { measured: null, low: null, high: null, uncertainty: null } as const;
  const coarse = tooCoarse(rig.facts.instruments, one.needs);
  if (coarse.length > 0) return { ...words, ...nothing, verdict: "refused", why: coarse.map(coarseText).join("; ") };
  const found = await one.run(rig);
  if ("missing" in found) return { ...words, ...nothing, verdict: "not run", why: found.missing };
  const { measured, low, high, uncertainty, plot } = found;
  const band = { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY };
  // A figure that could not be found is within nothing.
  const isFigure = Number.isFinite(measured);
  return {
    ...words,
    measured: isFigure ? measured : null,
    low,
    high,
    uncertainty,
    verdict: isWithin(measured, band) && isFigure ? "pass" : "fail",
    why: isFigure ? "" : "it did not happen while it was watched",
    ...(plot && { plot }),
  };
}

const quantityWords = {
  voltagePu: ["voltage", "pu"],
  frequencyHz: ["frequency", "Hz"],
  activePu: ["active power", "of the rating"],
  reactivePu: ["reactive power", "of the rating"],
  timeS: ["time", "s"],
} as const;

/** `voltage is measured to 0.02 pu: the criterion needs 0.005 pu or better`. */
function coarseText({ quantity, has, needs }: TooCoarse): string {
  const [word, unit] = quantityWords[quantity];
  return `${word} is measured to ${Number(has.toPrecision(3))} ${unit}: the criterion needs ${Number(needs.toPrecision(3))} ${unit} or better`;
}
