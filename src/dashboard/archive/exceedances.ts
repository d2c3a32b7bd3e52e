/** The ledger's exports and imports beyond their limit, as events. What was on record before the start is not told again. */
import type { SiteStation } from "../../app/station.ts";
import type { EventKey } from "../../domain/words.ts";
import type { EventLog } from "../live/events.ts";

type Recent = ReturnType<SiteStation["pcc"]>["recent"][number];

/** Looked at when something is new. */
const recentMax = 20;
const keys: Readonly<Record<Recent["side"], EventKey>> = { export: "exportBeyond", import: "importBeyond" };
const whys: Readonly<Record<Recent["cause"], string>> = {
  "load-step": "A load of the building changed at once.",
  "limit-lowered": "The limit was lowered.",
  "stage-disobeys": "A charger did not follow its setpoint.",
  "stage-lost": "A charger was lost.",
};
/** Loads fall away with the voltage some samples before the chargers have stopped: nobody disobeyed. */
const gridFailedWhy = "The grid failed; the building’s loads fell away before the chargers had stopped.";
/** A single sample lasts no time and still is told, s. */
const shortestS = 0.1;

export interface Exceedances {
  /** `total`: how many the controller has counted so far; `gridFailed`: the grid is without voltage now. */
  look(total: number, nowMs: number, gridFailed: boolean): void;
}

export function createExceedances(station: Pick<SiteStation, "pcc">, events: EventLog): Exceedances {
  const seen = { export: 0, import: 0 };
  for (const { side, sequence } of station.pcc(recentMax).recent) seen[side] = Math.max(seen[side], sequence);
  let noted = seen.export + seen.import;
  return {
    look(total, nowMs, gridFailed) {
      if (total <= noted) return;
      for (const { side, sequence, peakOverW, durationMs, cause, startWallMs } of [
        ...station.pcc(recentMax).recent,
      ].reverse()) {
        if (sequence <= seen[side]) continue;
        seen[side] = sequence;
        const atMs = Number.isFinite(startWallMs) ? Math.round(startWallMs) : nowMs;
        const why = gridFailed && side === "export" ? gridFailedWhy : whys[cause];
        const durationS = Math.max(shortestS, durationMs / 1_000);
        events.note(keys[side], { peakW: peakOverW, durationS, why }, atMs, true);
      }
      noted = seen.export + seen.import;
    },
  };
}
