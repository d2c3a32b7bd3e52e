/**
 * A laboratory's file: figures for procedures that no rig here can give. JSON: the laboratory, the code that it tried, and for
 * each procedure its report and rows. A file about another code is refused: figures of two codes make no certification.
 */
import { err, ok, type Result } from "../domain/result.ts";
import { isWithin } from "./accuracy.ts";
import { gravest, type Procedure, type ProcedureResult, type Row } from "./procedure.ts";

export interface Laboratory {
  readonly name: string;
  readonly results: readonly ProcedureResult[];
}

const rowsMax = 1_000;
const charactersMax = 1_000_000;

type Raw = Readonly<Record<string, unknown>>;
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= 500;
const isFigure = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/**
 * From a file's text to its results, or one sentence on what is wrong. `code` is the profile's base that is being tried; what the
 * rig runs itself (`isRun`) is not taken from a file.
 */
export function parseLaboratory(
  text: string,
  code: string,
  known: readonly Procedure[],
  isRun: (procedure: Procedure) => boolean,
): Result<Laboratory, string> {
  if (text.length > charactersMax) return err(`it is longer than ${charactersMax} characters`);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (failure) {
    return err(`it is no JSON: ${(failure as Error).message}`);
  }
  if (!isRaw(raw) || !isText(raw["laboratory"]) || !isText(raw["code"]) || !Array.isArray(raw["procedures"]))
    return err("it must have `laboratory`, `code` and `procedures`");
  if (raw["code"] !== code)
    return err(`it is about ${raw["code"]}, and this certification about ${code}: two codes can't be mixed`);
  const results: ProcedureResult[] = [];
  for (const one of raw["procedures"] as unknown[]) {
    const result = readProcedure(one, known, isRun);
    if (!result.ok) return result;
    if (results.some(({ id }) => id === result.value.id)) return err(`${result.value.id} stands there twice`);
    results.push(result.value);
  }
  return ok({ name: raw["laboratory"], results });
}

function readProcedure(
  raw: unknown,
  known: readonly Procedure[],
  isRun: (procedure: Procedure) => boolean,
): Result<ProcedureResult, string> {
  if (!isRaw(raw) || !isText(raw["id"]) || !isText(raw["report"]) || !Array.isArray(raw["rows"]))
    return err("each procedure must have `id`, `report` and `rows`");
  const procedure = known.find(({ id }) => id === raw["id"]);
  if (!procedure) return err(`there is no procedure ${raw["id"]}`);
  if (isRun(procedure)) return err(`${procedure.id} is run on the rig and takes no laboratory's figures`);
  if (raw["rows"].length === 0 || raw["rows"].length > rowsMax)
    return err(`${procedure.id} must have 1 to ${rowsMax} rows`);
  const rows: Row[] = [];
  for (const one of raw["rows"] as unknown[]) {
    const row = readRow(one);
    if (!row)
      return err(
        `a row of ${procedure.id} must have name, setting, quantity and unit as text, measured and uncertainty as numbers, and low or high`,
      );
    rows.push(row);
  }
  const { id, title, clause } = procedure;
  return ok({
    id,
    title,
    clause,
    verdict: gravest(rows.map(({ verdict }) => verdict)),
    why: `laboratory's report ${raw["report"]}`,
    rows,
  });
}

/** The verdict follows from the figures: a laboratory's own word is not taken. */
function readRow(raw: unknown): Row | undefined {
  if (!isRaw(raw)) return undefined;
  const { name, setting, quantity, unit, measured, uncertainty, direction = "discharging" } = raw;
  const low = raw["low"] ?? null;
  const high = raw["high"] ?? null;
  if (!isText(name) || !isText(setting) || !isText(quantity) || !isText(unit)) return undefined;
  if (!isFigure(measured) || !isFigure(uncertainty) || (direction !== "discharging" && direction !== "charging"))
    return undefined;
  if ((low !== null && !isFigure(low)) || (high !== null && !isFigure(high)) || (low === null && high === null))
    return undefined;
  const band = { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY };
  const verdict = isWithin(measured, band) ? "pass" : "fail";
  return { name, setting, quantity, unit, measured, uncertainty, direction, low, high, verdict, why: "" };
}
