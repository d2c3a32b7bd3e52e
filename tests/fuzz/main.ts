/**
 * `npm run -s fuzz -- parsers [name…]`: spoilt input for every reader of foreign bytes (`parsers.table.ts`).
 * `npm run -s fuzz -- --frames 1000000`: the attack on a listening charger (`vehicle-fuzz.ts`) in full.
 * Prints JSON; exit code 1 when something was found or disturbed. The same seed sends the same.
 */
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    "tls-share": { type: "string", default: "0.3" },
    runs: { type: "string", default: "20000" },
    seconds: { type: "string", default: "60" },
  },
});
const [what = "vehicle", ...names] = positionals;
if (what === "parsers") await fuzzParsers();
else if (what === "vehicle") await fuzzCharger();
else {
  process.stderr.write(`there is no fuzzing of ${what}: parsers or vehicle\n`);
  process.exitCode = 2;
}

/** Each reader that is named, or all: at most `--runs` inputs and `--seconds` for each. */
async function fuzzParsers(): Promise<void> {
  const { parsers } = await import("./parsers.table.ts");
  const { fuzzParser } = await import("./parser-fuzz.ts");
  const unknown = names.filter((name) => !parsers.some((parser) => parser.name === name));
  if (unknown.length > 0) {
    const known = parsers.map(({ name }) => `"${name}"`).join(", ");
    process.stderr.write(`there is no reader ${unknown.join(", ")}; there are ${known}\n`);
    process.exitCode = 2;
    return;
  }
  for (const parser of parsers) {
    if (names.length > 0 && !names.includes(parser.name)) continue;
    process.stderr.write(`${parser.name} …\n`);
    const untilMs = performance.now() + 1_000 * Number(values.seconds);
    const result = await fuzzParser(parser, {
      runs: Number(values.runs),
      seed: Number(values.seed),
      isOver: () => performance.now() > untilMs,
      guided: true,
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.findings.length > 0) process.exitCode = 1;
  }
}

async function fuzzCharger(): Promise<void> {
  const { fuzz } = await import("./vehicle-fuzz.ts");
  let said = 0;
  const result = await fuzz({
    frames: Number(values.frames),
    seed: Number(values.seed),
    tlsShare: Number(values["tls-share"]),
    onProgress(sent) {
      if (sent - said < 100_000) return;
      said = sent;
      process.stderr.write(`${sent} frames\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const grown = result.heapAfterMb - result.heapBeforeMb;
  if (result.badSessions.length > 0 || result.left > 0 || result.closedWithoutLoop > 0 || grown > 30)
    process.exitCode = 1;
}
