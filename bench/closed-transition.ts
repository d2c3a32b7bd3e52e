/**
 * `npm run -s bench -- closed-transition`: attempts to return to the grid in synchronism, with the product's own control cycle
 * on the simulated plant, at a random voltage, frequency, angle, travel time and noise. `--attempts N` (default 10,000),
 * `--seed N` (default 1), `--site N` repeats the 50 attempts of one site and prints each.
 *
 * The surge is what two ideal voltages would drive through 0.1 pu of reactance, on the stages' rated current. Inside the window
 * it can't be more than at its corner, 1.05 pu and 0.95 pu 20° apart: 3.61 times rated. Real stages limit their own current to
 * about 1.2 times rated, so the figure is on the safe side.
 */
import { parseArgs } from "node:util";
import { attemptKinds } from "../sim/proofs/closed-attempts.table.ts";
import { type Attempt, attemptsAtSite, closedAttempts } from "../sim/proofs/closed-attempts.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

/** A figure with the bound that it is held to. */
interface BoundFigure extends Figure {
  readonly limit?: number;
  readonly ok?: boolean;
}

const window = { voltagePu: 0.1, frequencyHz: 0.3, angleDeg: 20 };
const surgeMaxPu = 3.61;
const parallelMaxMs = 100;
const travelMaxMs = 50;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { attempts: { type: "string" }, seed: { type: "string" }, site: { type: "string" } },
    strict: true,
  });
  const attempts = wholeNumber("--attempts", values.attempts, 10_000);
  const seed = wholeNumber("--seed", values.seed, 1);
  const all: Attempt[] = [];
  if (values.site !== undefined) {
    for (const attempt of attemptsAtSite(wholeNumber("--site", values.site, 1))) {
      all.push(attempt);
      say(sentenceOf(attempt));
    }
  } else {
    let told = 0;
    const onSite = (done: number): void => {
      if (done < told + 1_000) return;
      told = done;
      say(`${done} of ${attempts} attempts`);
    };
    for (const attempt of closedAttempts({ attempts, seed, onSite })) all.push(attempt);
  }
  tell(all, say);
  return { name: "closed-transition", figures: figuresOf(all) };
}

function figuresOf(all: readonly Attempt[]): BoundFigure[] {
  const figures: BoundFigure[] = [];
  const add = (name: string, value: number, unit: string, limit?: number): void => {
    figures.push(limit === undefined ? { name, value, unit } : { name, value, unit, limit, ok: value <= limit });
  };
  const closed = all.filter((attempt) => attempt.closed);
  const fair = closed.filter(({ overtaken }) => !overtaken);
  const joined = fair.filter(({ formed }) => formed);
  const sound = fair.filter(({ kind }) => kind.fault !== true && kind.upsets !== true);
  const overtaken = closed.filter((attempt) => attempt.overtaken);
  const never = all.filter(({ kind }) => kind.never === true);
  add("attempts", all.length, "");
  add("closed", closed.length, "");
  add("refused", all.length - closed.length, "");
  add("closed with a grid or a relay that forbids it", never.filter((attempt) => attempt.closed).length, "", 0);
  add("closed outside the window", joined.filter(({ inStep }) => !inStep).length, "", 0);
  add("forbidden by the plant's truth", all.filter(({ violations }) => violations.length > 0).length, "attempts", 0);
  add(
    "largest difference of voltage at touch",
    largest(joined, (a) => Math.abs(a.differencePu)),
    "pu",
    window.voltagePu,
  );
  add(
    "largest slip at touch",
    largest(joined, (a) => Math.abs(a.slipHz)),
    "Hz",
    window.frequencyHz,
  );
  add(
    "largest angle at touch",
    largest(joined, (a) => Math.abs(a.angleDeg)),
    "°",
    window.angleDeg,
  );
  add("surge at touch, p50", share(joined, 0.5), "× rated", surgeMaxPu);
  add("surge at touch, p99", share(joined, 0.99), "× rated", surgeMaxPu);
  add("surge at touch, max", share(joined, 1), "× rated", surgeMaxPu);
  const broken = closed.filter(({ kind }) => kind.fault === true);
  add(
    "longest in parallel, nothing broken",
    largest(sound, (a) => a.parallelMs),
    "ms",
    parallelMaxMs,
  );
  // With a contact that lies or a controller that dies the device's own timer ends it: 100 ms, and K1's way open.
  add(
    "longest in parallel, something broken",
    largest(broken, (a) => a.parallelMs),
    "ms",
    parallelMaxMs + travelMaxMs,
  );
  add(
    "critical load dark, nothing broken",
    largest(sound, (a) => a.darkMs),
    "ms",
    0,
  );
  add("from the request to the touch, mean", mean(closed.map(({ tookMs }) => tookMs / 1_000)), "s");
  // A contact travel under way cannot be stopped: what the grid does while the contact travels is counted apart.
  add("overtaken: the grid moved or failed while the contact travelled", overtaken.length, "");
  add("overtaken: surge, max", overtaken.length > 0 ? share(overtaken, 1) : 0, "× rated");
  add(
    "overtaken: longest in parallel",
    largest(overtaken, (a) => a.parallelMs),
    "ms",
    parallelMaxMs,
  );
  return figures;
}

/** A line for each kind of attempt, and each attempt that should not have been. */
function tell(all: readonly Attempt[], say: (line: string) => void): void {
  say("kind                                attempts  closed  |dV| pu  |df| Hz  angle °   surge  parallel ms  dark ms");
  for (const kind of attemptKinds) {
    const of = all.filter((attempt) => attempt.kind.name === kind.name);
    const closed = of.filter((attempt) => attempt.closed);
    const joined = closed.filter(({ formed, overtaken }) => formed && !overtaken);
    const cells = [
      largest(joined, (a) => Math.abs(a.differencePu)).toFixed(3),
      largest(joined, (a) => Math.abs(a.slipHz)).toFixed(3),
      largest(joined, (a) => Math.abs(a.angleDeg)).toFixed(1),
      largest(joined, (a) => a.surgePu).toFixed(2),
      largest(closed, (a) => a.parallelMs).toFixed(0),
      largest(of, (a) => a.darkMs).toFixed(0),
    ].map((cell) => cell.padStart(9));
    say(`${kind.name.padEnd(34)} ${`${of.length}`.padStart(9)} ${`${closed.length}`.padStart(7)} ${cells.join("")}`);
  }
  for (const attempt of all) {
    const { violations, closed, inStep, formed, overtaken } = attempt;
    if (violations.length > 0 || (closed && formed && !inStep && !overtaken)) say(`NOT held: ${sentenceOf(attempt)}`);
  }
}

function sentenceOf(attempt: Attempt): string {
  const { site, index, kind, travelMs, closed, differencePu, slipHz, angleDeg, surgePu, parallelMs, violations } =
    attempt;
  const touch = closed
    ? `closed with ${differencePu.toFixed(3)} pu, ${slipHz.toFixed(3)} Hz, ${angleDeg.toFixed(1)}°, surge ${surgePu.toFixed(2)}, ${parallelMs.toFixed(0)} ms in parallel`
    : "stayed open";
  const said = violations.length > 0 ? `; forbidden: ${violations.join(", ")}` : "";
  const late = attempt.overtaken ? ", overtaken while the contact travelled" : "";
  return `site ${site}, attempt ${index}, ${kind.name}, travel ${travelMs.toFixed(0)} ms: ${touch}${late}${said}`;
}

function largest(of: readonly Attempt[], value: (attempt: Attempt) => number): number {
  let most = 0;
  for (const attempt of of) if (value(attempt) > most) most = value(attempt);
  return most;
}

function share(of: readonly Attempt[], part: number): number {
  const sorted = of.map(({ surgePu }) => surgePu).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function wholeNumber(option: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} ${text}: give a whole number of 1 or more`);
  return value;
}
