/** What each battery really gives, learnt while it feeds the site. */
import { hourMs } from "../../domain/units.ts";
import type { Snapshot } from "../snapshot.ts";

/** A battery's energy per percent counts from a fall of this much, fully from that much on, percent. */
const tuning = { learnFromPct: 0.5, learntAtPct: 5 } as const;

/** What each battery has given since a reference, and what that makes of its energy per percent. */
export interface BatteryGauge {
  /** From the battery to the AC side, while nothing is learnt; in (0, 1]. */
  readonly efficiency: number;
  /** Wh at the AC side per percent of charge; NaN while nothing is learnt: then the capacity that it tells counts. */
  readonly whPerPct: Float64Array;
  /** What counted when the present reference began. */
  readonly beforePerPct: Float64Array;
  /** Charge at the reference, always a moment at which the reading fell (batteries tell in steps); NaN while waiting for one. */
  readonly fromPct: Float64Array;
  readonly lastPct: Float64Array;
  /** Given since the reading last fell, Wh: a battery that tells whole percents falls in between as well. */
  readonly sinceWh: Float64Array;
  readonly givenWh: Float64Array;
  /** Capacity that the vehicle told: another one is another vehicle. */
  readonly toldWh: Float64Array;
}

/** Batteries of which nothing is learnt: their own word counts, less the losses of `efficiency`. */
export const createBatteryGauge = (stageCount: number, efficiency: number): BatteryGauge => ({
  efficiency,
  whPerPct: new Float64Array(stageCount).fill(Number.NaN),
  beforePerPct: new Float64Array(stageCount).fill(Number.NaN),
  fromPct: new Float64Array(stageCount).fill(Number.NaN),
  lastPct: new Float64Array(stageCount).fill(Number.NaN),
  sinceWh: new Float64Array(stageCount),
  givenWh: new Float64Array(stageCount),
  toldWh: new Float64Array(stageCount).fill(Number.NaN),
});

/** Learns while vehicles feed the site. What one tells of itself is the start, what it gave is the truth. */
export function learnBatteries(gauge: BatteryGauge, { stages, evses }: Snapshot, periodMs: number): void {
  const { efficiency, whPerPct, beforePerPct, fromPct, lastPct, sinceWh, givenWh, toldWh } = gauge;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    const evse = evses[i]!;
    const socPct = evse.connected && evse.socPct >= 0 ? evse.socPct : stage.socPct;
    const capacityWh = evse.connected && evse.capacityWh > 0 ? evse.capacityWh : stage.capacityWh;
    if (capacityWh !== toldWh[i] || !stage.vehicleConnected) {
      toldWh[i] = capacityWh;
      whPerPct[i] = Number.NaN;
      lastPct[i] = Number.NaN;
    }
    if (!(socPct <= lastPct[i]!) || stage.powerW > 0) {
      // Another vehicle, or it charges: a new reference; what was learnt stays.
      fromPct[i] = Number.NaN;
      lastPct[i] = socPct;
      sinceWh[i] = 0;
      beforePerPct[i] = whPerPct[i]! > 0 ? whPerPct[i]! : (capacityWh * efficiency) / 100;
      continue;
    }
    const nowWh = stage.powerW < 0 ? (-stage.powerW * periodMs) / hourMs : 0;
    givenWh[i]! += nowWh;
    sinceWh[i]! += nowWh;
    if (socPct === lastPct[i]) continue;
    lastPct[i] = socPct;
    sinceWh[i] = 0;
    if (Number.isNaN(fromPct[i]!)) {
      fromPct[i] = socPct;
      givenWh[i] = 0;
      continue;
    }
    const fallenPct = fromPct[i]! - socPct;
    if (fallenPct < tuning.learnFromPct) continue;
    const before = beforePerPct[i]!;
    const weight = before > 0 ? Math.min(1, fallenPct / tuning.learntAtPct) : 1;
    whPerPct[i] = (weight * givenWh[i]!) / fallenPct + (weight < 1 ? (1 - weight) * before : 0);
  }
}
