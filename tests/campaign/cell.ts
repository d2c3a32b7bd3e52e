/** One cell of the campaign: a fault while a site does something, and what became of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../sim/random.ts";
import { mountSmallDisk, noSmallDisk } from "../lib/small-disk.ts";
import { longestStallMs } from "../lib/standstill.ts";
import { sleep, until } from "../product/site/judge.ts";
import { type Product, startProduct } from "../product/site/product.ts";
import type { Fault } from "./faults.table.ts";
import type { Phase } from "./phases.table.ts";

export interface Cell {
  readonly fault: string;
  readonly phase: string;
  readonly verdict: "safe" | "unsafe" | "not recovered" | "not tried";
  /** Until the first line of the log that warns, s; null where nothing was told. */
  readonly toldS: number | null;
  /** From the fault to the end of the last time that the limit was passed, s. */
  readonly safeS: number;
  /** Time that the critical loads were not fed, s. */
  readonly darkS: number;
  /** From the mending until the site does again what it is there for, s; null where it did not. */
  readonly againS: number | null;
  /** What was unsafe, why it was not tried, or the first thing that was told. */
  readonly note: string;
}

/**
 * A power stage whose controller is gone goes to zero by its own watchdog (5 s) with its own time constant; the same again for
 * whoever reads and judges this, on a machine that is busy with several sites. What is longer is unsafe, ms.
 */
const overMaxMs = 7_000;
const toleranceW = 1_500;
const recoverMaxMs = 90_000;
const lookEveryMs = 20;
const keepEveryMs = 4_000;
/** It works when it still does so much later, ms. */
const worksForMs = 500;
const warns = 40;

export async function runCell(fault: Fault, phase: Phase, seed: number): Promise<Cell> {
  const base = { fault: fault.name, phase: phase.name, toldS: null, safeS: 0, darkS: 0, againS: null };
  const why = fault.impossible?.() ?? "";
  if (why !== "") return { ...base, verdict: "not tried", note: why };
  const chance = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), "islet-campaign-"));
  const disk = noSmallDisk === "" ? mountSmallDisk(24_000) : null;
  const { config, ...options } = phase.options;
  let product: Product | undefined;
  try {
    product = await startProduct({
      ...options,
      config: { ...(config as object), ...(disk && { stateDir: disk.folder }) },
      ...(fault.env && { env: fault.env(folder) }),
    });
    if (!(await phase.arrive(product)))
      return { ...base, verdict: "not tried", note: `the site did not get there: mode ${product.mode()}` };
    if (fault.applies?.(product) === false) return { ...base, verdict: "not tried", note: "this site has none" };
    return await strike(fault, phase, { product, disk }, folder, chance);
  } finally {
    await product?.stop();
    disk?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What passed a limit and what was dark, looked at every 20 ms of real time. */
function watch({ plant }: Product, { limit, feeds }: Phase) {
  let lastOverMs = Number.NaN;
  let darkMs = 0;
  let lookedMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - lookedMs, 5 * lookEveryMs);
    lookedMs = nowMs;
    const moment = plant.moments.at(-1);
    if (limit && moment && limit.of(moment) > limit.limitW + toleranceW) lastOverMs = nowMs;
    if (feeds && plant.busPu < 0.5) darkMs += passedMs;
  }, lookEveryMs);
  return {
    stop: () => clearInterval(timer),
    lastOverMs: () => lastOverMs,
    darkMs: () => darkMs,
  };
}

async function strike(
  fault: Fault,
  phase: Phase,
  broken: Parameters<Fault["strike"]>[0],
  folder: string,
  chance: Random,
): Promise<Cell> {
  const { product } = broken;
  const { plant } = product;
  const watching = watch(product, phase);
  const { isEvent = false, withinMs } = phase;
  if (isEvent) phase.challenge?.(product);
  await sleep(chance.between(0, withinMs));
  const fromMs = performance.now();
  const fedBefore = plant.deadLineFedMs;
  const mend = await fault.strike(broken, folder);
  if (!isEvent) phase.challenge?.(product);
  const told = (): { readonly atMs: number; readonly text: string } | undefined =>
    product.log.find(({ atMs, level }) => atMs >= fromMs && level >= warns);
  let first = told();
  await until(() => (first ??= told()) !== undefined && performance.now() - fromMs > fault.forMs, fault.forMs);
  first ??= told();
  const overMs = watching.lastOverMs();
  await mend();
  const mendedMs = performance.now();
  const keeping = setInterval(() => void phase.keep?.(product).catch(() => undefined), keepEveryMs);
  let againMs = 0;
  const works = await until(async () => {
    againMs = performance.now() - mendedMs;
    if (!phase.works(product)) return false;
    await sleep(worksForMs);
    return phase.works(product);
  }, recoverMaxMs);
  clearInterval(keeping);
  const againS = works ? againMs / 1_000 : null;
  first ??= told();
  watching.stop();
  const safeS = Number.isNaN(overMs) ? 0 : (overMs - fromMs) / 1_000;
  const unsafe = [
    1_000 * safeS > overMaxMs + longestStallMs(fromMs) && `${phase.limit!.name} limit passed for ${safeS.toFixed(1)} s`,
    plant.deadLineFedMs > fedBefore && `a dead line was fed for ${plant.deadLineFedMs - fedBefore} ms`,
    plant.asynchronousCloses > 0 && "K1 closed out of synchronism",
  ].filter((one) => one !== false);
  return {
    fault: fault.name,
    phase: phase.name,
    verdict: unsafe.length > 0 ? "unsafe" : works ? "safe" : "not recovered",
    toldS: first === undefined ? null : (first.atMs - fromMs) / 1_000,
    safeS,
    darkS: watching.darkMs() / 1_000,
    againS,
    note:
      unsafe.length > 0
        ? unsafe.join("; ")
        : works
          ? (first?.text ?? "")
          : `mode ${product.mode()}: ${lastWords(product)}`,
  };
}

const lastWords = ({ log }: Product): string =>
  log
    .filter(({ level }) => level >= warns)
    .slice(-2)
    .map(({ text }) => text)
    .join(" | ");
