/**
 * Import and export registers of each EVSE that never run backwards (requirement R34). They follow the power stage's own
 * registers, which go on counting while the controller is down; where a stage has none or does not answer, power is
 * integrated and the energy so counted is marked as estimated. Kept once a second, all EVSEs together.
 */
import type { OcppStore } from "../protocols/ocpp/ports.ts";

const collection = "energy";
/** What is kept at most this old, ms: the most that a power cut can cost. */
const keepMs = 1_000;
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

interface Kept extends EnergyRegister {
  /** The stage's registers when last seen; null before. */
  stageImportWh: number | null;
  stageExportWh: number | null;
}

const empty: Kept = { importWh: 0, exportWh: 0, estimatedWh: 0, stageImportWh: null, stageExportWh: null };

export function createEnergyRegisters(store: OcppStore, count: number): EnergyRegisters {
  const kept = Array.from({ length: count }, (_, index): Kept => {
    const text = store.get(collection, String(index));
    return text === undefined ? { ...empty } : { ...empty, ...(JSON.parse(text) as Kept) };
  });
  const lastMs = new Array<number>(count).fill(Number.NaN);
  let keptAtMs = Number.NEGATIVE_INFINITY;
  let changed = false;

  /** Growth of a stage's register since it was last seen; a register that runs backwards belongs to another stage. */
  function growth(stageWh: number, before: number | null): number {
    if (before === null) return 0;
    return stageWh >= before ? stageWh - before : 0;
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
    if (!changed) return;
    changed = false;
    store.atomically(() => {
      kept.forEach((register, index) => {
        store.put(collection, String(index), JSON.stringify(register));
      });
    });
  }

  return {
    update(index, { importWh, exportWh, powerW }, nowMs) {
      const register = kept[index]!;
      const before = register.importWh + register.exportWh;
      if (Number.isFinite(importWh) && Number.isFinite(exportWh)) {
        register.importWh += growth(importWh, register.stageImportWh);
        register.exportWh += growth(exportWh, register.stageExportWh);
        changed ||= register.stageImportWh === null;
        register.stageImportWh = importWh;
        register.stageExportWh = exportWh;
      } else integrate(register, index, powerW, nowMs);
      lastMs[index] = nowMs;
      changed ||= register.importWh + register.exportWh !== before;
      if (nowMs - keptAtMs >= keepMs) {
        keptAtMs = nowMs;
        flush();
      }
      return register;
    },
    flush,
  };
}
