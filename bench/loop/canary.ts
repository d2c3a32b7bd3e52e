/** The canary beside the control loop (`canary.c`): compiled where there is a compiler, one on each processor. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Lateness } from "../../src/app/control/control-loop.ts";
import { controlPriority } from "../../src/app/control/real-time.ts";

const periodUs = 1_000;
/** A lateness of the machine from here on is worth comparing, µs. */
const outlierUs = 1_000;
/** A lateness of the loop that the machine explains by this share or more is the machine's. */
const explainedShare = 0.5;

export interface Canary {
  /** What the machine did to the canaries: the longest lateness, ms, and each from 1 ms on. */
  readonly maxMs: number;
  readonly outliers: readonly { readonly atMs: number; readonly lateMs: number }[];
}

/** Starts canaries for `seconds`; null where no C compiler is. */
export function startCanaries(seconds: number): Promise<Canary> | null {
  const folder = mkdtempSync(join(tmpdir(), "islet-canary-"));
  const program = join(folder, "canary");
  try {
    execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "canary.c")], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  const cpus = Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
  const words = [periodUs, seconds, controlPriority + 1, outlierUs].map(String);
  return Promise.all(cpus.map((cpu) => output(spawn(program, [String(cpu), ...words])))).then((texts) => {
    rmSync(folder, { recursive: true, force: true });
    return parse(texts);
  });
}

function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve) => child.on("close", () => resolve(text)));
}

function parse(texts: readonly string[]): Canary {
  let maxMs = 0;
  const outliers: { atMs: number; lateMs: number }[] = [];
  for (const line of texts.join("\n").split("\n")) {
    const [first, second, third] = line.split(" ");
    if (first === "end") maxMs = Math.max(maxMs, Number(third));
    else if (first !== "fifo" && second !== undefined) outliers.push({ atMs: Number(first), lateMs: Number(second) });
  }
  return { maxMs, outliers };
}

/** Whether the canaries were kept from running in the same time: then the machine stalled, not the loop. */
export function isMachines({ atMs, lateMs }: Lateness, { outliers }: Canary): boolean {
  let sharedMs = 0;
  for (const other of outliers) {
    sharedMs = Math.max(sharedMs, Math.min(atMs, other.atMs) - Math.max(atMs - lateMs, other.atMs - other.lateMs));
  }
  return sharedMs >= explainedShare * lateMs;
}
