/**
 * Import and export registers of each EVSE that never run backwards (requirement R34). They follow the power stage's own
 * registers, which go on counting while the controller is down; where a stage has none or does not answer, power is
 * integrated and the energy so counted is marked as estimated. A register of 32 bits that begins anew at its end goes on; one
 * that reads zero once, falls or leaps adds nothing until it is back, or has stayed where it is for a minute (another stage). Kept with each message to the backend and once a minute.
 */
import type { Store } from "./store.ts";
import { wrapWh } from "./wrapped-register.ts";

const collection = "energy";
/**
 * What is kept is at most this old, ms. A power cut costs at most what was integrated since; a stage's own registers go on. A
 * little longer than the usual interval between messages, which keep it as well.
 */
const keepMs = 61_000;
/** A register that fell or leapt is another one when it has stayed there for so long, ms. */
const otherAfterMs = 60_000;
/** Growth that is believed beyond what the rating gives, Wh: registers of coarse resolution step. */
const stepWh = 1_100;
const ratingMargin = 1.5;
/** Longest gap that is bridged by integration, ms; beyond it the power in between is not known. */
const bridgeMaxMs = 5_000;

/** Registers of one EVSE, Wh. */
export interface EnergyRegister {
  importWh: number;
  exportWh: number;
  /** Part of both that was integrated from power instead of counted by the stage. */
  estimatedWh: number;
}

export interface EnergyReading {
  /** The stage's own registers, Wh; NaN where it has none or does not answer. */
  importWh: number;
  exportWh: number;
  powerW: number;
}

export interface EnergyRegisters {
  /** Takes a reading of EVSE `index` (from 0) at a monotonic moment and returns the register, the same object each time. */
  update(index: number, reading: EnergyReading, nowMs: number): EnergyRegister;
  /** Keeps what is not kept yet: at shutdown. */
  flush(): void;
}

/** Where a register stands that does not continue its base. */
interface Candidate {
  importWh: number;
  exportWh: number;
  sinceMs: number;
}

interface Kept extends EnergyRegister {
  /** The stage's registers when last seen; null before. */
  stageImportWh: number | null;
  stageExportWh: number | null;
}

const empty: Kept = { importWh: 0, exportWh: 0, estimatedWh: 0, stageImportWh: null, stageExportWh: null };

export function createEnergyRegisters(
  store: Pick<Store, "get" | "put" | "atomically" | "alongside">,
  count: number,
  ratedW: readonly number[] = [],
): EnergyRegisters {
  const kept = Array.from({ length: count }, (_, index): Kept => {
    const text = store.get(collection, String(index));
    return text === undefined ? { ...empty } : { ...empty, ...(JSON.parse(text) as Kept) };
  });
  const lastMs = new Array<number>(count).fill(Number.NaN);
  let keptAtMs = Number.NEGATIVE_INFINITY;
  let seenMs = Number.NEGATIVE_INFINITY;
  const changed = new Set<number>();
  const candidates = new Array<Candidate | null>(count).fill(null);

  /** Whether a reading continues the one before, as far as the rating allows in that time. */
  function continues(
    index: number,
    now: EnergyReading,
    importWh: number,
    exportWh: number,
    elapsedMs: number,
  ): boolean {
    const grownWh = now.importWh - importWh + now.exportWh - exportWh;
    // After a start nobody knows how long the stage went on counting.
    const mostWh = Number.isFinite(elapsedMs)
      ? ((ratedW[index] ?? Number.POSITIVE_INFINITY) * ratingMargin * elapsedMs) / 3_600_000 + stepWh
      : Number.POSITIVE_INFINITY;
    return now.importWh >= importWh && now.exportWh >= exportWh && grownWh <= mostWh;
  }

  /** All that a register can count, Wh, where it fell because it had reached its end; 0 where it did otherwise. */
  function spanOf(index: number, beforeWh: number, nowWh: number, elapsedMs: number): number {
    const rated = ratedW[index];
    if (rated === undefined || !Number.isFinite(elapsedMs)) return 0;
    return wrapWh(beforeWh, nowWh, (rated * ratingMargin * elapsedMs) / 3_600_000);
  }

  function countRegister(register: Kept, index: number, reading: EnergyReading, nowMs: number): void {
    const { stageImportWh, stageExportWh } = register;
    if (stageImportWh === null || stageExportWh === null) {
      // What the stage counts from here on is not lost with a power cut.
      keptAtMs = Number.NEGATIVE_INFINITY;
      rebase(register, index, reading, reading.importWh, reading.exportWh);
      return;
    }
    const elapsedMs = nowMs - lastMs[index]!;
    if (continues(index, reading, stageImportWh, stageExportWh, elapsedMs)) {
      rebase(register, index, reading, stageImportWh, stageExportWh);
      return;
    }
    const [importWrapWh, exportWrapWh] = [
      spanOf(index, stageImportWh, reading.importWh, elapsedMs),
      spanOf(index, stageExportWh, reading.exportWh, elapsedMs),
    ];
    const [fromImportWh, fromExportWh] = [stageImportWh - importWrapWh, stageExportWh - exportWrapWh];
    if (importWrapWh + exportWrapWh > 0 && continues(index, reading, fromImportWh, fromExportWh, elapsedMs)) {
      rebase(register, index, reading, fromImportWh, fromExportWh);
      return;
    }
    const candidate = candidates[index]!;
    if (
      candidate === null ||
      !continues(index, reading, candidate.importWh, candidate.exportWh, nowMs - candidate.sinceMs)
    )
      candidates[index] = { importWh: reading.importWh, exportWh: reading.exportWh, sinceMs: nowMs };
    else if (nowMs - candidate.sinceMs >= otherAfterMs)
      rebase(register, index, reading, candidate.importWh, candidate.exportWh);
  }

  /** Counts from a base on, and goes on from the reading. */
  function rebase(
    register: Kept,
    index: number,
    { importWh, exportWh }: EnergyReading,
    fromImportWh: number,
    fromExportWh: number,
  ): void {
    if (importWh !== register.stageImportWh || exportWh !== register.stageExportWh) changed.add(index);
    register.importWh += importWh - fromImportWh;
    register.exportWh += exportWh - fromExportWh;
    register.stageImportWh = importWh;
    register.stageExportWh = exportWh;
    candidates[index] = null;
  }

  function integrate(register: Kept, index: number, powerW: number, nowMs: number): void {
    const elapsedMs = nowMs - lastMs[index]!;
    if (!Number.isFinite(powerW) || !(elapsedMs > 0 && elapsedMs <= bridgeMaxMs)) return;
    const energyWh = (Math.abs(powerW) * elapsedMs) / 3_600_000;
    if (powerW > 0) register.importWh += energyWh;
    else register.exportWh += energyWh;
    register.estimatedWh += energyWh;
    // What was estimated must not be counted again when the stage answers: its registers start anew from there.
    register.stageImportWh = register.stageExportWh = null;
  }

  function flush(): void {
    keptAtMs = seenMs;
    if (changed.size === 0) return;
    store.atomically(() => {
      for (const index of changed) store.put(collection, String(index), JSON.stringify(kept[index]));
    });
    changed.clear();
  }
  // What the backend is told never runs backwards, whatever a power cut costs.
  store.alongside(flush);

  return {
    update(index, reading, nowMs) {
      const register = kept[index]!;
      const estimatedWh = register.estimatedWh;
      if (Number.isFinite(reading.importWh) && Number.isFinite(reading.exportWh))
        countRegister(register, index, reading, nowMs);
      else integrate(register, index, reading.powerW, nowMs);
      if (register.estimatedWh !== estimatedWh) changed.add(index);
      // Time passes for a register that is held as for one that goes on only when it continued.
      if (candidates[index] === null) lastMs[index] = nowMs;
      seenMs = nowMs;
      if (nowMs - keptAtMs >= keepMs) flush();
      return register;
    },
    flush,
  };
}
