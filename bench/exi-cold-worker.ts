/** A fresh process of the `exi` bench: loads the message sets, codes each bench message of them 100 times, tells the cost. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SchemaSet } from "../src/protocols/exi/schema.ts";

const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
const heapKiB = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1024;
};
const wanted = process.argv.slice(2);
const vectors = readFileSync(join(import.meta.dirname, "../tests/golden/exi/bench.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { schemaSet: string; exi: string })
  .filter(({ schemaSet }) => wanted.includes(schemaSet));

const heapBefore = heapKiB();
/** Milliseconds of processor time. */
const now = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const start = now();
const { codecOf } = await import("../src/protocols/exi/codec.ts");
const sets: Record<string, SchemaSet> =
  wanted.length === 1 && wanted[0] === "iso20-dc"
    ? { "iso20-dc": (await import("../src/protocols/iso15118/messages/iso20-dc.ts")).iso20Dc }
    : (await import("../src/protocols/iso15118/messages/index.ts")).schemaSets;
const codecs = wanted.map((name) => [name, codecOf(sets[name]!)] as const);
const loadMs = now() - start;
const heapLoaded = heapKiB();

const byName = new Map(codecs);
const firstMs: number[] = [];
const hundredMs: number[] = [];
for (const { schemaSet, exi } of vectors) {
  const codec = byName.get(schemaSet)!;
  const bytes = Buffer.from(exi, "hex");
  const round = (): void => {
    const { root, value } = codec.decode(bytes) as { root: never; value: never };
    codec.encode(root, value);
  };
  const startMs = now();
  round();
  firstMs.push(now() - startMs);
  for (let i = 0; i < 99; i++) round();
  hundredMs.push(now() - startMs);
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
process.stdout.write(
  JSON.stringify([
    { name: "load time of the module and its sets", value: loadMs, unit: "ms" },
    { name: "heap after loading", value: heapLoaded - heapBefore, unit: "KiB" },
    { name: "very first message, decoded and encoded", value: firstMs[0], unit: "ms" },
    { name: "first message of a kind, mean", value: sum(firstMs) / firstMs.length, unit: "ms" },
    { name: "mean of the first hundred of a kind", value: (sum(hundredMs) / hundredMs.length) * 10, unit: "µs" },
    { name: "heap after the messages", value: heapKiB() - heapBefore, unit: "KiB" },
  ]),
);
