/**
 * Reads spoilt input with every reader of foreign bytes. A reader takes it or refuses it in its own way; whatever else it
 * throws, and whatever takes longer than its bound, is a finding, narrowed down to a short input. Inputs that reach code that
 * none had reached before are kept and spoilt further (the engine's own coverage tells), so the search goes inwards by itself.
 */
import { Session } from "node:inspector/promises";
import { Random } from "../../sim/random.ts";
import { mutate } from "./mutate.ts";

/** One reader of foreign bytes. */
export interface Parser {
  readonly name: string;
  /** Right inputs, as people and devices write them. */
  readonly corpus: () => readonly (string | Uint8Array)[];
  /** Reads; whether it was taken. It may throw nothing but its refusals. */
  readonly read: (bytes: Buffer) => boolean | Promise<boolean>;
  /** What it throws to refuse. */
  readonly refusals?: readonly (new (
    ...args: never[]
  ) => Error)[];
}

export interface Finding {
  readonly parser: string;
  readonly what: string;
  /** Base64 of the shortest input found. */
  readonly input: string;
}

export interface ParserFuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Ends earlier when this says so; asked after each batch. */
  readonly isOver?: () => boolean;
  /** Follow the engine's coverage: finds more for each run, and each run takes longer. */
  readonly guided?: boolean;
}

export interface ParserFuzzResult {
  readonly parser: string;
  readonly runs: number;
  readonly taken: number;
  /** Inputs that reached new code. */
  readonly kept: number;
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

/** A reader that takes longer for at most 64 kB holds up what runs beside it, ms of this thread's processor time. */
const slowMs = 400;
const slow = "slow";
const batchMax = 32;
const keptMax = 2_000;
const findingsMax = 10;
const narrowingMax = 400;
const whatMax = 300;

/** Fuzzes one reader. */
export async function fuzzParser(parser: Parser, options: ParserFuzzOptions): Promise<ParserFuzzResult> {
  const chance = new Random(options.seed);
  const pool: Buffer[] = parser.corpus().map((one) => Buffer.from(one as Uint8Array));
  const own = pool.length;
  if (own === 0) throw new Error(`${parser.name} has no corpus`);
  for (const [i, right] of pool.entries()) {
    const judged = await judge(parser, right);
    if (judged.what !== "" || !judged.taken)
      throw new Error(`${parser.name}: input ${i} of its corpus is not taken: ${judged.what}`);
  }
  const coverage = options.guided === true ? await followCoverage() : null;
  const findings = new Map<string, Finding>();
  let taken = 0;
  let slowestMs = 0;
  let runs = 0;

  while (runs < options.runs && findings.size < findingsMax && options.isOver?.() !== true) {
    const batch: Buffer[] = [];
    while (batch.length < batchMax && runs + batch.length < options.runs)
      batch.push(mutate(chance.pick(pool), chance, chance.pick(pool)));
    for (const input of batch) {
      runs++;
      const judged = await judge(parser, input);
      if (judged.taken) taken++;
      slowestMs = Math.max(slowestMs, judged.ms);
      if (judged.what !== "" && !findings.has(judged.where))
        findings.set(judged.where, await narrow(parser, input, judged));
    }
    if (coverage === null || !(await coverage.isNew()) || pool.length - own >= keptMax) continue;
    // One of the batch reached something new: whichever does so alone is kept.
    for (const input of batch) {
      await judge(parser, input);
      if (await coverage.adds()) pool.push(input);
    }
  }
  await coverage?.end();
  return { parser: parser.name, runs, taken, kept: pool.length - own, slowestMs, findings: [...findings.values()] };
}

interface Judged {
  readonly taken: boolean;
  readonly ms: number;
  /** What was wrong; empty where nothing was. Two findings with one `where` are one. */
  readonly what: string;
  readonly where: string;
}

async function judge(parser: Parser, input: Buffer): Promise<Judged> {
  const before = process.threadCpuUsage();
  let taken = false;
  let what = "";
  let where = "";
  try {
    taken = await parser.read(Buffer.from(input));
  } catch (error) {
    const refused = parser.refusals?.some((kind) => error instanceof kind) ?? false;
    if (!refused) {
      what = String(error).slice(0, whatMax);
      where = error instanceof Error ? (error.stack ?? what).split("\n").slice(1, 3).join("|") : what;
    }
  }
  const used = process.threadCpuUsage(before);
  const ms = (used.user + used.system) / 1_000;
  if (what === "" && ms > slowMs) {
    what = `took ${Math.round(ms)} ms for ${input.length} bytes`;
    where = slow;
  }
  return { taken, ms, what, where };
}

/** The shortest input with the same fault that a bounded number of tries finds. */
async function narrow(parser: Parser, input: Buffer, judged: Judged): Promise<Finding> {
  let shortest = input;
  // What takes long takes long to narrow down.
  let tries = judged.where === slow ? narrowingMax : 0;
  for (let piece = Math.ceil(input.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let from = 0; from < shortest.length && tries < narrowingMax; ) {
      tries++;
      const less = Buffer.concat([shortest.subarray(0, from), shortest.subarray(from + piece)]);
      if ((await judge(parser, less)).where === judged.where) shortest = less;
      else from += piece;
    }
  }
  return { parser: parser.name, what: judged.what, input: shortest.toString("base64") };
}

/** Which blocks of the product's code have run, as V8 counts them. */
async function followCoverage() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const known = new Set<string>();

  async function fresh(): Promise<string[]> {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const reached: string[] = [];
    for (const { url, scriptId, functions } of result) {
      if (!/\/(src|firmware-bridge|sim)\//.test(url)) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) {
          const block = `${scriptId}/${startOffset}-${endOffset}`;
          if (count > 0 && !known.has(block)) reached.push(block);
        }
    }
    return reached;
  }

  return {
    /** Whether anything new was reached since the last look. */
    async isNew() {
      return (await fresh()).length > 0;
    },
    /** Whether something new was reached since the last look; from now on it is known. */
    async adds() {
      const reached = await fresh();
      for (const block of reached) known.add(block);
      return reached.length > 0;
    },
    async end() {
      await session.post("Profiler.stopPreciseCoverage");
      session.disconnect();
    },
  };
}
