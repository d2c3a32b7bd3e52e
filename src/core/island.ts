/**
 * The island as one organ: which stages form it, at which voltage and frequency, which tiers are fed, how much PV may join,
 * and how it ends. The mode machine decides whether there is an island at all; nothing here touches K1.
 *
 * Several forming stages share the load by the droop in their firmware, all with one reference. One begins on the dead bus;
 * the others join a bus that is live, and synchronise themselves before they close (a duty of CONTRACT.md). A vehicle is
 * swapped by bringing the next one in before the old one goes.
 */
import { minuteMs } from "../domain/units.ts";
import type { Commands } from "./commands.ts";
import { formVoltagePu, limitPv, steerIsland } from "./island-setpoints.ts";
import {
  closedLoadW,
  createTierState,
  type IslandSupply,
  type IslandTier,
  learnTierLoads,
  nextTier,
  openAllTiers,
  openLastTier,
  restoreByGrid,
  stepTiers,
  type TierState,
  type TierTuning,
} from "./island-tiers.ts";
import type { ModeOutput } from "./modes.ts";
import { usableWh } from "./runway.ts";
import type { EvseFacts, Snapshot, StageFacts } from "./snapshot.ts";

export interface IslandConfig {
  readonly nominalFrequencyHz: number;
  readonly tiers: readonly IslandTier[];
  readonly tierTuning: TierTuning;
  /** Rating of each stage, discharging, W. */
  readonly ratedW: readonly number[];
  /** PV that may join: 0 W when there is none, and the only way to curtail it. */
  readonly pv: { readonly ratedW: number; readonly curtail: "command" | "frequency-shift" };
  /** State of charge kept in the vehicle at each stage, percent; the vehicle's own wish may be higher. */
  readonly reservePct: readonly number[];
  /** Share of stored energy that arrives at the AC side. */
  readonly efficiency: number;
}

/** Times and bounds of the forming set. */
const tuning = {
  /** The first tier is closed onto a bus of at least this voltage, pu. */
  feedFromPu: 0.9,
  /** A stage that was chosen to begin and does not form after this is passed over. */
  beginMaxMs: 5_000,
  /** Between two stages that join. */
  joinEveryMs: 2_000,
  /** What the set must be able to carry, as a multiple of the load to come. */
  marginPu: 1.1,
  /** One leaves when the rest would still be loaded below this share, for so long. */
  restPu: 0.7,
  restHoldMs: 2 * minuteMs,
  /** A vehicle's departure is prepared so early. */
  departMs: 3 * minuteMs,
  /** The reserve is near: energy for so long at the present load; the heir comes in. */
  relayH: 0.05,
  /** The end is announced so early, and ordered when so little is left. */
  announceH: 0.25,
  finishH: 1 / 60,
  /** After an ordered end it begins again only with energy for so long. */
  restartH: 0.25,
} as const;

/** A tier that takes less than this is taken for shed, W. */
const shedBelowW = 1;

/** What people see of it. */
export type IslandPhase = "none" | "starting" | "stepping" | "steady" | "ending" | "ended";

export interface IslandState {
  phase: IslandPhase;
  /** 1 for each stage that is commanded to form. */
  readonly forms: Uint8Array;
  /** Stages passed over in this start because they did not form. */
  readonly failed: Uint8Array;
  readonly tiers: TierState;
  beganMs: number;
  joinedMs: number;
  idleSinceMs: number;
  /** Correction of the common frequency reference, Hz. */
  trimHz: number;
  shiftHz: number;
  pvLimitW: number;
  /** Hours that the energy above reserve lasts at the present load; NaN unknown, Infinity without load. */
  runwayH: number;
  energyWh: number;
  /** It ended because energy ran out; it may begin again with more. */
  spent: boolean;
  readonly supply: IslandSupply;
  lastMs: number;
}

export const createIsland = (config: IslandConfig, stageCount: number): IslandState => ({
  phase: "none",
  forms: new Uint8Array(stageCount),
  failed: new Uint8Array(stageCount),
  tiers: createTierState(config.tiers),
  beganMs: Number.NaN,
  joinedMs: Number.NEGATIVE_INFINITY,
  idleSinceMs: Number.NaN,
  trimHz: 0,
  shiftHz: 0,
  pvLimitW: Number.POSITIVE_INFINITY,
  runwayH: Number.NaN,
  energyWh: Number.NaN,
  spent: false,
  supply: { loadW: 0, abilityW: 0, sagging: false, energyWh: Number.NaN, pvW: 0 },
  lastMs: Number.NaN,
});

/**
 * One tick. `eligible[i]` is 1 where stage i may form at all: listed, answering, allowed, its vehicle above reserve. Writes
 * roles and set-points of forming stages, tiers and the PV limit into `commands`; leaves other stages' commands alone.
 * Returns whether an island that isn't there yet may begin (`ModeFacts.sourceReady`).
 */
export function stepIsland(
  island: IslandState,
  config: IslandConfig,
  mode: ModeOutput,
  eligible: Uint8Array,
  snapshot: Snapshot,
  commands: Commands,
  nowMs: number,
): boolean {
  const periodMs = nowMs > island.lastMs ? nowMs - island.lastMs : 0;
  island.lastMs = nowMs;
  measure(island, config, eligible, snapshot);
  if (island.spent && island.energyWh > restartWh(config)) island.spent = false;

  const busLive = snapshot.transferDevice.busVoltagePu >= 0.5;
  learnTierLoads(island.tiers, snapshot.site.tierLoadW, periodMs, busLive);
  if (mode.form) {
    if (island.phase === "none") begin(island, snapshot, nowMs);
    chooseFormers(island, config, eligible, snapshot, busLive, nowMs);
    island.tiers.fedMax = snapshot.site.tiersFedMax;
    // While the voltage still rises for the first time nothing is fed, and a low voltage is no overload.
    const busUp = snapshot.transferDevice.busVoltagePu >= tuning.feedFromPu;
    if (busUp || (busLive && island.phase !== "starting")) feed(island, config, nowMs);
    steerIsland(island, config, mode.steer, snapshot.transferDevice, busLive, periodMs);
    limitPv(island, config, snapshot, periodMs);
  } else {
    rest(island, config, mode, nowMs);
  }

  for (let i = 0; i < island.forms.length; i++) {
    if (!mode.form) continue;
    const command = commands.stages[i]!;
    const forms = island.forms[i] === 1;
    command.role = forms ? "forming" : "off";
    command.powerW = 0;
    command.reactiveVar = 0;
    command.formVoltagePu = forms ? formVoltagePu(mode.steer, snapshot.transferDevice) : 0;
    command.formFrequencyHz = forms ? config.nominalFrequencyHz + island.trimHz + island.shiftHz : 0;
  }
  for (let t = 0; t < island.tiers.closed.length; t++) commands.tierClosed[t] = island.tiers.closed[t]!;
  commands.pvLimitW = island.pvLimitW;
  return !island.spent && anyOf(eligible);
}

function measure(island: IslandState, config: IslandConfig, eligible: Uint8Array, snapshot: Snapshot): void {
  const { supply } = island;
  const { stages, evses, site, transferDevice } = snapshot;
  let energyWh = 0;
  let abilityW = 0;
  let givenW = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    if (eligible[i] === 1 || stage.role === "forming") energyWh += energyOf(config, i, evses[i]!, stage);
    if (stage.role !== "forming") continue;
    abilityW += abilityOf(stage, config.ratedW[i]!);
    givenW -= stage.powerW;
  }
  const pvW = site.pvPowerW > 0 ? site.pvPowerW : 0;
  supply.pvW = pvW;
  supply.abilityW = abilityW;
  supply.energyWh = energyWh;
  supply.loadW = givenW;
  supply.sagging = abilityW > 0 && transferDevice.busVoltagePu >= 0.1 && transferDevice.busVoltagePu < 0.85;
  island.energyWh = energyWh;
  const netW = closedLoadW(island.tiers) - pvW;
  island.runwayH = netW > 0 ? energyWh / netW : Number.POSITIVE_INFINITY;
}

/** The stage itself is asked where no session tells: a dark start has none. Unknown energy stays unknown for the sum. */
function energyOf(config: IslandConfig, i: number, evse: EvseFacts, stage: StageFacts): number {
  const socPct = evse.connected && evse.socPct >= 0 ? evse.socPct : stage.socPct;
  const ownPct = evse.connected && evse.reservePct > 0 ? evse.reservePct : 0;
  const sitePct = config.reservePct[i]!;
  return usableWh(socPct, ownPct > sitePct ? ownPct : sitePct, evse.capacityWh, config.efficiency);
}

const abilityOf = (stage: StageFacts, ratedW: number): number =>
  stage.maxDischargeW >= 0 && stage.maxDischargeW < ratedW ? stage.maxDischargeW : ratedW;

function restartWh({ tiers }: IslandConfig): number {
  return (tiers[0]?.loadW ?? 0) * tuning.restartH;
}

/** A running island that was adopted keeps who forms it; a new one begins with nobody and all tiers open. */
function begin(island: IslandState, { stages, site }: Snapshot, nowMs: number): void {
  island.phase = "starting";
  island.beganMs = nowMs;
  island.joinedMs = nowMs;
  island.idleSinceMs = Number.NaN;
  island.failed.fill(0);
  for (let i = 0; i < stages.length; i++) island.forms[i] = stages[i]!.role === "forming" ? 1 : 0;
  if (!anyOf(island.forms)) {
    openAllTiers(island.tiers, nowMs);
    return;
  }
  // Adopted: a tier that takes nothing was shed before the restart and waits for its turn.
  const { closed } = island.tiers;
  for (let t = 0; t < closed.length; t++) closed[t] = !(site.tierLoadW[t]! < shedBelowW);
}

/** No island: nobody forms, PV is free, and tiers wait open on a dead bus or come back with the grid. */
function rest(island: IslandState, config: IslandConfig, mode: ModeOutput, nowMs: number): void {
  if (island.phase !== "none") {
    island.phase = "none";
    island.forms.fill(0);
    island.trimHz = 0;
    island.shiftHz = 0;
  }
  island.pvLimitW = Number.POSITIVE_INFINITY;
  island.tiers.fedMax = Number.POSITIVE_INFINITY;
  if (mode.mode === "isolated") openAllTiers(island.tiers, nowMs);
  else if (mode.mayCharge || mode.mayDischarge) restoreByGrid(island.tiers, config.tierTuning, nowMs);
}

function chooseFormers(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  busLive: boolean,
  nowMs: number,
): void {
  const { forms, failed } = island;
  if (island.phase === "ended") return;
  let forming = 0;
  let leaving = -1;
  for (let i = 0; i < forms.length; i++) {
    if (forms[i] === 0) continue;
    const reports = snapshot.stages[i]!.role === "forming";
    if (reports) forming++;
    if (reports && (eligible[i] === 0 || isLeaving(island, config, i, snapshot))) leaving = i;
    // Chosen, but it does not come: somebody else is tried. One that stops being eligible before it forms is dropped.
    if (!reports && (eligible[i] === 0 || nowMs - island.joinedMs >= tuning.beginMaxMs)) {
      forms[i] = 0;
      failed[i] = 1;
    }
  }

  const joining = pending(island, snapshot);
  if (!busLive || forming === 0) {
    if (!joining) add(island, config, eligible, snapshot, -1, nowMs);
    return;
  }
  if (leaving >= 0) {
    // First the heir, then the farewell. Alone and without an heir it stays until its reserve ends the island.
    if (forming > 1 && enoughWithout(island, config, leaving, snapshot)) forms[leaving] = 0;
    else if (
      !joining &&
      nowMs - island.joinedMs >= tuning.joinEveryMs &&
      !add(island, config, eligible, snapshot, leaving, nowMs)
    ) {
      if (eligible[leaving] === 0 && forming > 1) forms[leaving] = 0;
    }
    if (eligible[leaving] === 0 && forming === 1 && !pending(island, snapshot)) forms[leaving] = 0;
    return;
  }
  const next = nextTier(island.tiers);
  const comingW = next < 0 ? 0 : island.tiers.loadW[next]! * config.tiers[next]!.inrushFactor;
  const needW = (closedLoadW(island.tiers) + comingW) * tuning.marginPu;
  if (island.supply.abilityW < needW) {
    if (!joining && nowMs - island.joinedMs >= tuning.joinEveryMs) add(island, config, eligible, snapshot, -1, nowMs);
    island.idleSinceMs = Number.NaN;
    return;
  }
  dismissIdle(island, config, snapshot, forming, needW, nowMs);
}

/** Energy near its reserve while others have more, or a departure that is near. */
function isLeaving(island: IslandState, config: IslandConfig, i: number, { evses, stages, wallMs }: Snapshot): boolean {
  const evse = evses[i]!;
  if (evse.departsAtMs - wallMs < tuning.departMs) return true;
  const shareW = -stages[i]!.powerW;
  const ownWh = energyOf(config, i, evse, stages[i]!);
  return shareW > 0 && ownWh < shareW * tuning.relayH && island.energyWh > 2 * ownWh;
}

/** Somebody is chosen and does not form yet. */
function pending({ forms }: IslandState, { stages }: Snapshot): boolean {
  for (let i = 0; i < forms.length; i++) if (forms[i] === 1 && stages[i]!.role !== "forming") return true;
  return false;
}

/** Whether the others carry the load when `leaving` goes. */
function enoughWithout(island: IslandState, config: IslandConfig, leaving: number, { stages }: Snapshot): boolean {
  const withoutW = island.supply.abilityW - abilityOf(stages[leaving]!, config.ratedW[leaving]!);
  return withoutW >= island.supply.loadW;
}

/** Chooses the eligible stage with the most energy that it can give, `except` one; false when there is none. */
function add(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  except: number,
  nowMs: number,
): boolean {
  let best = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let pass = 0; pass < 2 && best < 0; pass++) {
    // When all have failed once, all are tried again.
    if (pass === 1) island.failed.fill(0);
    for (let i = 0; i < eligible.length; i++) {
      if (eligible[i] === 0 || island.forms[i] === 1 || island.failed[i] === 1 || i === except) continue;
      const stage = snapshot.stages[i]!;
      const energyWh = energyOf(config, i, snapshot.evses[i]!, stage);
      const soon = snapshot.evses[i]!.departsAtMs - snapshot.wallMs < 2 * tuning.departMs;
      const score =
        (energyWh >= 0 ? energyWh : stage.socPct) * (soon ? 0.01 : 1) + abilityOf(stage, config.ratedW[i]!) * 1e-3;
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
  }
  if (best < 0) return false;
  island.forms[best] = 1;
  island.joinedMs = nowMs;
  return true;
}

/** One more than needed, for long: the one with the least energy rests. */
function dismissIdle(
  island: IslandState,
  config: IslandConfig,
  snapshot: Snapshot,
  forming: number,
  needW: number,
  nowMs: number,
): void {
  let weakest = -1;
  let leastWh = Number.POSITIVE_INFINITY;
  for (let i = 0; i < island.forms.length; i++) {
    if (island.forms[i] === 0) continue;
    const ownWh = energyOf(config, i, snapshot.evses[i]!, snapshot.stages[i]!);
    if (ownWh < leastWh) {
      weakest = i;
      leastWh = ownWh;
    }
  }
  const spareW =
    weakest < 0 ? 0 : island.supply.abilityW - abilityOf(snapshot.stages[weakest]!, config.ratedW[weakest]!);
  const spare = forming > 1 && spareW * tuning.restPu >= Math.max(needW, island.supply.loadW);
  island.idleSinceMs = !spare ? Number.NaN : Number.isNaN(island.idleSinceMs) ? nowMs : island.idleSinceMs;
  if (nowMs - island.idleSinceMs < tuning.restHoldMs || !spare) return;
  island.forms[weakest] = 0;
  island.idleSinceMs = Number.NaN;
}

/** Tiers, and the end when energy runs out: announced, ordered from the least important, restartable. */
function feed(island: IslandState, config: IslandConfig, nowMs: number): void {
  if (island.phase === "ended") return;
  const { runwayH, tiers } = island;
  if (runwayH < tuning.finishH) {
    if (nowMs - tiers.changedMs < config.tierTuning.stepMs) return;
    if (openLastTier(tiers, nowMs)) return;
  }
  if (island.phase === "ending" && nextTier(tiers) === 0) {
    island.phase = "ended";
    island.spent = true;
    island.forms.fill(0);
    return;
  }
  stepTiers(tiers, config.tiers, island.supply, config.tierTuning, nowMs);
  if (runwayH < tuning.announceH) island.phase = "ending";
  else island.phase = nextTier(tiers) < 0 ? "steady" : "stepping";
}

function anyOf(flags: Uint8Array): boolean {
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) return true;
  return false;
}
