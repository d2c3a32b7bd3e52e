/** Comma-separated values (RFC 4180) as spreadsheets write them: quotes, any of three separators, a byte-order mark. */
import { err, ok, type Result } from "../../domain/result.ts";

export interface CsvRow {
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}
export interface Csv {
  readonly separator: "," | ";" | "\t";
  readonly head: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** Most rows of one file. */
const csvRowsMax = 5_000;

/** The table. Error: a sentence. Empty lines and lines that begin with # are left out. */
export function parseCsv(text: string): Result<Csv> {
  const plain = text.replace(/^\uFEFF/, "");
  const firstLine = plain.split(/\r?\n/).find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
  const separator = ([";", "\t", ","] as const).find((one) => firstLine.includes(one)) ?? ",";
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let startsAt = 1;
  const endRow = (): void => {
    cells.push(cell.trim());
    if (cells.some((one) => one !== "") && !cells[0]!.startsWith("#")) rows.push({ line: startsAt, cells });
    cells = [];
    cell = "";
    startsAt = line + 1;
  };
  for (let i = 0; i < plain.length; i++) {
    const char = plain[i]!;
    if (quoted) {
      if (char === "\n") line++;
      if (char !== '"') cell += char;
      else if (plain[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (char === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (char === separator) {
      cells.push(cell.trim());
      cell = "";
    } else if (char === "\n") {
      endRow();
      line++;
    } else if (char !== "\r") cell += char;
    if (rows.length > csvRowsMax) return err(`The file has more than ${csvRowsMax} rows.`);
  }
  if (quoted) return err(`The quote that opens in line ${startsAt} is never closed.`);
  if (cell !== "" || cells.length > 0) endRow();
  const [head, ...rest] = rows;
  if (head === undefined) return err("The file is empty.");
  if (rest.length === 0) return err("The file has a heading and no rows.");
  return ok({ separator, head: head.cells, rows: rest });
}
