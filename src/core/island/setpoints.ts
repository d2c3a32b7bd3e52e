/** Setpoints of an island: the frequency and voltage that all forming stages share, and how much PV may join. */
import { isLivePu } from "../../domain/electrical.ts";
import { clamp } from "../../domain/units.ts";
import type { Snapshot, TransferDeviceFacts } from "../snapshot.ts";
import type { IslandConfig, IslandState } from "./state.ts";

const setpointTuning = {
  /** Restoring frequency: time constant, and how far the reference may go from nominal. */
  trimTauMs: 5_000,
  trimMaxHz: 1,
  /** Steering to the grid: slip per degree of angle, and its bounds. */
  slipHzPerDeg: 0.002,
  slipMaxHz: 0.1,
  resyncMaxHz: 0.6,
  resyncMaxPu: 0.05,
  /**
   * Frequency shift that curtails PV: most, and how fast it comes and goes. It stands before PV joins, because inverters take
   * their time to give way and batteries that are full take nothing meanwhile; it goes so slowly that they can follow.
   */
  shiftMaxHz: 1.5,
  shiftUpHzPerS: 0.4,
  shiftDownHzPerS: 0.02,
  /** PV below this share of its rating has not joined yet; up to this share of the room more of it is let in. */
  joinedFromPu: 0.005,
  roomUsedPu: 0.85,
  /**
   * Surplus with all of the shift for so long: the last step, just inside the range in which a stage forms. It is the end of what
   * frequency can do, and people are told; it is kept for the next start.
   */
  shiftLastAfterMs: 500,
  shiftLastFromPu: 0.02,
  shiftLastHz: 1.95,
  /** The last step stays for so long after the surplus has gone. */
  shiftLastHoldMs: 60_000,
  /** A battery takes less from here on, and nothing from there, percent. */
  taperFromPct: 95,
  taperToPct: 99,
  /** Share of what batteries take that PV may count on, and how fast a limit is lifted again, per unit of rating per s. */
  absorbPu: 0.9,
  pvRisePuPerS: 1 / 60,
} as const;
const tuning = setpointTuning;

/** The common frequency reference: restored to nominal, led towards the grid, or shifted against PV. */
export function resynchronizeIsland(
  island: IslandState,
  config: IslandConfig,
  toGrid: boolean,
  device: TransferDeviceFacts,
  busLive: boolean,
  periodMs: number,
): void {
  if (!busLive || !(device.busFrequencyHz > 0)) {
    island.trimHz = 0;
    return;
  }
  let targetHz = config.nominalFrequencyHz + island.shiftHz + island.nudgeHz;
  if (toGrid && device.gridFrequencyHz > 0) {
    // The bus turns ahead of the grid by `phaseDeg`: it must turn more slowly, and the other way round.
    const slipHz = Number.isFinite(device.phaseDeg)
      ? clamp(-device.phaseDeg * tuning.slipHzPerDeg, -tuning.slipMaxHz, tuning.slipMaxHz)
      : 0;
    targetHz = clamp(
      device.gridFrequencyHz + slipHz,
      config.nominalFrequencyHz - tuning.resyncMaxHz,
      config.nominalFrequencyHz + tuning.resyncMaxHz,
    );
  }
  const weight = clamp(periodMs / (toGrid ? tuning.trimTauMs / 10 : tuning.trimTauMs), 0, 1);
  island.trimHz = clamp(
    island.trimHz + (targetHz - device.busFrequencyHz) * weight,
    // A grid is met at its own frequency, whatever PV was held back with.
    -tuning.trimMaxHz - (toGrid ? island.shiftHz : 0),
    tuning.trimMaxHz,
  );
}

/** Voltage of all forming stages, pu: nominal, or the grid's while resynchronizing to it. */
export const formVoltagePu = (toGrid: boolean, { gridVoltagePu }: TransferDeviceFacts): number =>
  toGrid && isLivePu(gridVoltagePu) ? clamp(gridVoltagePu, 1 - tuning.resyncMaxPu, 1 + tuning.resyncMaxPu) : 1;

/** PV may give what loads and batteries take. Down at once, up slowly. */
export function limitPv(
  island: IslandState,
  config: IslandConfig,
  { stages, evses, site }: Snapshot,
  periodMs: number,
): void {
  const { ratedW, curtail } = config.pv;
  if (!(ratedW > 0)) return;
  let absorbW = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    if (stage.role !== "forming") continue;
    const socPct = evses[i]!.connected && evses[i]!.socPct >= 0 ? evses[i]!.socPct : stage.socPct;
    const taper = clamp((tuning.taperToPct - socPct) / (tuning.taperToPct - tuning.taperFromPct), 0, 1);
    absorbW += Math.max(0, stage.maxChargeW) * (Number.isNaN(taper) ? 0 : taper);
  }
  const pvW = site.pvPowerW > 0 ? site.pvPowerW : 0;
  const loadW = Math.max(0, island.supply.loadW + pvW);
  const roomW = Math.max(0, loadW + absorbW * tuning.absorbPu);
  if (curtail === "command") {
    const riseW = (ratedW * tuning.pvRisePuPerS * periodMs) / 1000;
    const beforeW = Math.min(island.pvLimitW, ratedW);
    island.pvLimitW = roomW < beforeW ? roomW : Math.min(roomW, beforeW + riseW);
    return;
  }
  // What flows into batteries beyond what they want tells of PV that nobody measures.
  const excessW = Math.max(pvW - roomW, -island.supply.loadW - absorbW);
  const mayJoin = pvW < tuning.joinedFromPu * ratedW && roomW < ratedW;
  shiftAgainstPv(island, excessW / ratedW, mayJoin, pvW < tuning.roomUsedPu * roomW, periodMs);
}

/**
 * `surplusPu`: what nobody takes, of PV's rating. `mayJoin`: PV is not there yet and would be too much when it comes. `hasRoom`:
 * more of it would be used.
 */
function shiftAgainstPv(
  island: IslandState,
  surplusPu: number,
  mayJoin: boolean,
  hasRoom: boolean,
  periodMs: number,
): void {
  const surplus = surplusPu > 0;
  const atMost = island.shiftHz >= tuning.shiftMaxHz;
  island.surplusMs = surplusPu > tuning.shiftLastFromPu && atMost ? island.surplusMs + periodMs : 0;
  if (island.surplusMs >= tuning.shiftLastAfterMs) island.shiftLastMs = tuning.shiftLastHoldMs;
  else if (!surplus && island.shiftLastMs > 0) island.shiftLastMs = Math.max(0, island.shiftLastMs - periodMs);
  const mostHz = island.shiftLastMs > 0 ? tuning.shiftLastHz : tuning.shiftMaxHz;
  const rises = surplus || mayJoin || island.shiftLastMs > 0;
  const hzPerS = rises ? tuning.shiftUpHzPerS : hasRoom ? -tuning.shiftDownHzPerS : 0;
  const nextHz = clamp(island.shiftHz + (hzPerS * periodMs) / 1000, 0, tuning.shiftLastHz);
  // From the last step it comes down to the first as slowly as from there on.
  island.shiftHz =
    nextHz > mostHz ? Math.max(mostHz, island.shiftHz - (tuning.shiftDownHzPerS * periodMs) / 1000) : nextHz;
}
