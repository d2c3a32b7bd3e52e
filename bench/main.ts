/**
 * `npm run -s bench -- NAME --json`: figures about speed, in ratios where they are to be compared. Timing lives here and
 * not in tests. Each bench is a file beside this one that exports `run`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** One measured number. `ratio` is `value` over the value of the figure named in `comparedWith`, taken in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly comparedWith?: string;
  readonly ratio?: number;
}

export interface BenchResult {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** A bound of a bench that has some does not hold, or was not measured: it ends with 1. */
  readonly failed?: boolean;
}

/** Everything after the bench's name, for the bench to read with `parseArgs`. */
export interface BenchOptions {
  readonly args: readonly string[];
  /** Progress for a person; never on standard output. */
  readonly say: (line: string) => void;
}

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => file.slice(0, -3));

const { values, positionals, tokens } = parseArgs({
  options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true,
  strict: false,
  tokens: true,
});

const name = positionals[0];
if (values["help"] || name === undefined || !existsSync(join(folder, `${name}.ts`))) {
  process.stderr.write(`Use: npm run -s bench -- NAME [--json]\nBenches: ${names.join(", ")}\n`);
  process.exit(values["help"] || name === undefined ? 0 : 2);
}

const first = tokens.find((token) => token.kind === "positional")!.index;
const args = process.argv.slice(2).filter((argument, index) => index !== first && argument !== "--json");
const bench = (await import(`./${name}.ts`)) as { run(options: BenchOptions): Promise<BenchResult> };
const result = await bench.run({ args, say: (line) => process.stderr.write(`${line}\n`) });

if (values["json"]) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  for (const { name, value, unit, comparedWith, ratio } of result.figures) {
    const compared =
      comparedWith === undefined
        ? ""
        : `   ${ratio === undefined ? "beside" : `${ratio.toFixed(3)} ×`} ${comparedWith}`;
    process.stdout.write(`${name.padEnd(56)} ${formatValue(value).padStart(12)} ${unit}${compared}\n`);
  }
}
process.exit(result.failed === true ? 1 : 0);

function formatValue(value: number): string {
  return Number.isInteger(value) ? String(value) : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(4);
}
