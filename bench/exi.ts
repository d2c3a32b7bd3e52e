/**
 * `npm run -s bench -- exi [--json] [--rounds N] [--compare FILE]`: the EXI codec, warm and cold.
 *
 * Warm: ns of processor time per message from and to plain objects, the fastest round, after the functions are optimised
 * (others' load only ever adds). The machine's pace is taken beside each message by a fixed loop; `ratio` compares with libcbv2g (generated C) as measured once on a
 * machine of known pace, scaled to this one's, or as FILE has it (JSON lines `{name, encodeNs, decodeNs}` of a run
 * beside this one).
 * Cold: what a fresh process pays for loading, for its first message and for its first hundred; see exi-cold-worker.ts.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { codecOf } from "../src/protocols/exi/codec.ts";
import type { SchemaSet } from "../src/protocols/exi/schema.ts";
import { schemaSets } from "../src/protocols/iso15118/messages/index.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

interface BenchMessage {
  readonly name: string;
  readonly schemaSet: string;
  readonly exi: string;
}

interface Reference {
  readonly name: string;
  readonly encodeNs: number;
  readonly decodeNs: number;
}

/** libcbv2g 54fed4d, gcc -O2, the fastest of 21 rounds, where a turn of the calibration loop took `referencePaceNs`. */
const reference: readonly Reference[] = [
  { name: "SupportedAppProtocolReq", encodeNs: 1982, decodeNs: 2358 },
  { name: "20 SessionSetupReq", encodeNs: 374, decodeNs: 475 },
  { name: "20 AuthorizationReq PnC+Signature", encodeNs: 22591, decodeNs: 25934 },
  { name: "20 DC_ChargeParameterDiscoveryReq", encodeNs: 520, decodeNs: 585 },
  { name: "20 DC_ChargeLoopReq BPT", encodeNs: 883, decodeNs: 957 },
  { name: "20 DC_ChargeLoopRes BPT", encodeNs: 790, decodeNs: 911 },
  { name: "20 ScheduleExchangeRes", encodeNs: 5176, decodeNs: 6395 },
  { name: "2 CurrentDemandReq", encodeNs: 552, decodeNs: 638 },
  { name: "2 CurrentDemandRes", encodeNs: 956, decodeNs: 1187 },
  { name: "20 PowerDeliveryReq 24 entries", encodeNs: 2486, decodeNs: 2988 },
  { name: "20 CertificateInstallationRes+Signature", encodeNs: 39914, decodeNs: 40184 },
];
const referencePaceNs = 1.623;

const vectors = join(import.meta.dirname, "../tests/golden/exi/bench.jsonl");
const warmUpCalls = 60_000;
const roundMs = 15;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: "string", default: "15" }, compare: { type: "string" } },
  });
  const rounds = Number(values.rounds);
  const messages = lines<BenchMessage>(vectors);
  const measured = values.compare === undefined ? undefined : lines<Reference>(values.compare);

  const subjects = messages.map((message) => subjectOf(message));
  for (const { name, encode, decode } of subjects) {
    say(`warming up ${name}`);
    for (let i = 0; i < warmUpCalls; i++) {
      encode();
      decode();
    }
  }
  const times = subjects.map(() => ({ encode: [] as number[], decode: [] as number[], pace: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const [i, { encode, decode }] of subjects.entries()) {
      times[i]!.pace.push(paceNs());
      times[i]!.encode.push(nsPerCall(encode));
      times[i]!.decode.push(nsPerCall(decode));
    }
  }

  const pace = Math.min(...times.flatMap((one) => one.pace));
  const figures: Figure[] = [{ name: "calibration: one turn of the fixed loop", value: pace, unit: "ns" }];
  for (const [i, { name, bytes }] of subjects.entries()) {
    for (const direction of ["encode", "decode"] as const) {
      const value = Math.min(...times[i]![direction]);
      const compared = (measured ?? reference).find((one) => one.name === name);
      const scale = measured === undefined ? Math.min(...times[i]!.pace) / referencePaceNs : 1;
      const theirs = compared === undefined ? undefined : compared[`${direction}Ns`] * scale;
      figures.push(
        theirs === undefined
          ? { name: `${name}: ${direction}`, value, unit: "ns" }
          : { name: `${name}: ${direction}`, value, unit: "ns", comparedWith: "libcbv2g", ratio: value / theirs },
        { name: `${name}: ${direction} per byte`, value: value / bytes, unit: "ns/B" },
        {
          name: `${name}: ${direction} in turns`,
          value: value / Math.min(...times[i]!.pace),
          unit: "turns",
          comparedWith: "calibration: one turn of the fixed loop",
          ratio: value / Math.min(...times[i]!.pace),
        },
      );
    }
  }
  say("cold processes");
  figures.push(...cold());
  return { name: "exi", figures };
}

interface Subject {
  readonly name: string;
  readonly bytes: number;
  readonly encode: () => unknown;
  readonly decode: () => unknown;
}

const target = new Uint8Array(65_536);

function subjectOf({ name, schemaSet, exi }: BenchMessage): Subject {
  const codec = codecOf(schemaSets[schemaSet as keyof typeof schemaSets] as SchemaSet<Record<string, unknown>>);
  const bytes = new Uint8Array(Buffer.from(exi, "hex"));
  const { root, value } = codec.decode(bytes);
  return {
    name,
    bytes: bytes.length,
    encode: () => codec.encodeInto(root, value, target),
    decode: () => codec.decode(bytes),
  };
}

/** Processes of their own: nothing is warm there, and nothing of them warms this one. */
function cold(): Figure[] {
  const figures: Figure[] = [];
  const worker = join(import.meta.dirname, "exi-cold-worker.ts");
  const cache = mkdtempSync(join(tmpdir(), "islet-exi-"));
  const kinds = [
    { label: "no compile cache", env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } },
    { label: "compile cache", env: { ...process.env, NODE_COMPILE_CACHE: cache } },
  ];
  for (const { label, env } of kinds) {
    for (const sets of [["iso20-dc"], Object.keys(schemaSets)]) {
      const run = (): Figure[] =>
        JSON.parse(
          execFileSync(process.execPath, ["--expose-gc", worker, ...sets], { encoding: "utf8", env }),
        ) as Figure[];
      run();
      const runs = Array.from({ length: 5 }, run);
      for (const [i, { name, unit }] of runs[0]!.entries()) {
        const value = median(runs.map((one) => one[i]!.value));
        figures.push({ name: `cold, ${label}, ${sets.length === 1 ? sets[0] : "all sets"}: ${name}`, value, unit });
      }
    }
  }
  rmSync(cache, { recursive: true, force: true });
  return figures;
}

/** Time of all threads of this process: collecting garbage counts, waiting for a core that others use does not. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function nsPerCall(call: () => unknown): number {
  const startNs = cpuNs();
  const endNs = startNs + roundMs * 1_000_000;
  let calls = 0;
  while (cpuNs() < endNs) {
    for (let i = 0; i < 500; i++) call();
    calls += 500;
  }
  return (cpuNs() - startNs) / calls;
}

const paceTurns = 2_000_000;
let seed = 1;

/** One turn of a loop of dependent integer steps, which no compiler shortens. */
function paceNs(): number {
  const startNs = cpuNs();
  let x = seed;
  for (let i = 0; i < paceTurns; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  seed = x;
  return (cpuNs() - startNs) / paceTurns;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function lines<T>(file: string): T[] {
  const text = readFileSync(file, "utf8").trim();
  return text.split("\n").map((line) => JSON.parse(line) as T);
}
