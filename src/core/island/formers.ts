/**
 * Which stages form the island. One begins on the dead bus, the others join it when the load needs them; one whose vehicle
 * leaves, reaches its reserve or is stopped by its driver goes when a successor carries its share. Without a successor, tiers are shed
 * until the rest suffice; alone, it ends the island in order.
 */
import { minuteMs } from "../../domain/units.ts";
import type { EvseFacts, Snapshot, StageFacts } from "../snapshot.ts";
import { usableWh } from "./runway.ts";
import type { IslandConfig, IslandState } from "./state.ts";
import { closedLoadW, nextTier, openLastTier } from "./tiers.ts";

const tuning = {
  /** A stage that was chosen and does not carry its share after this is passed over. */
  beginMaxMs: 5_000,
  /** Between two stages that join. */
  joinEveryMs: 2_000,
  /** Share of its part of the load from which a stage counts as carrying; parts below this share of its ability prove nothing. */
  carriesPu: 0.25,
  provenFromPu: 0.02,
  /** Without a load to prove itself with, it counts as carrying after this. */
  provenAfterMs: 2_000,
  /** What the set must be able to carry, as a multiple of the load to come. */
  marginPu: 1.1,
  /** One leaves when the rest would still be loaded below this share, for so long. */
  restPu: 0.7,
  restHoldMs: 2 * minuteMs,
  /** A vehicle's departure is prepared so early; it begins nothing new within `soonMs` of it. */
  departMs: 3 * minuteMs,
  soonMs: 10 * minuteMs,
  /** The reserve is near: energy for so long at the present load; the successor comes in. */
  relayH: 0.05,
  /** Between two tiers that make room for a handover. */
  shedEveryMs: 300,
} as const;

/** What a stage can give without end, W. */
export const abilityOf = (stage: StageFacts, ratedW: number): number =>
  stage.maxDischargeW >= 0 && stage.maxDischargeW < ratedW ? stage.maxDischargeW : ratedW;

/**
 * Energy above reserve of the vehicle at stage `i`, Wh. The stage itself is asked where no session tells: a dark start has
 * none. NaN where nobody knows the battery.
 */
export function energyOf(
  island: IslandState,
  config: IslandConfig,
  i: number,
  evse: EvseFacts,
  stage: StageFacts,
): number {
  const socPct = evse.connected && evse.socPct >= 0 ? evse.socPct : stage.socPct;
  const ownPct = evse.connected && evse.reservePct > 0 ? evse.reservePct : 0;
  const sitePct = config.reservePct[i]!;
  const capacityWh = evse.connected && evse.capacityWh > 0 ? evse.capacityWh : stage.capacityWh;
  const learnt = island.gauge.whPerPct[i]!;
  const whPerPct = learnt > 0 ? learnt : (capacityWh * config.efficiency) / 100;
  const wh = usableWh(socPct, ownPct > sitePct ? ownPct : sitePct, whPerPct) - island.gauge.sinceWh[i]!;
  return wh < 0 ? 0 : wh;
}

/**
 * Marks the stages that hold the bus, and returns what they can give together, W. A role alone may be told too early: one that
 * joins others proves itself by its part of the load, or by time while there is no load to prove it with.
 */
export function proveCarriers(island: IslandState, config: IslandConfig, { stages }: Snapshot, nowMs: number): number {
  const { carries, formsSinceMs, supply } = island;
  let reportedW = 0;
  let reporting = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    if (stage.role !== "forming") formsSinceMs[i] = Number.NaN;
    else {
      if (Number.isNaN(formsSinceMs[i]!)) formsSinceMs[i] = nowMs;
      reportedW += abilityOf(stage, config.ratedW[i]!);
      reporting++;
    }
  }
  let abilityW = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    carries[i] = 0;
    if (stage.role !== "forming") continue;
    const canW = abilityOf(stage, config.ratedW[i]!);
    const partW = reportedW > 0 ? (supply.loadW * canW) / reportedW : 0;
    const proves = Math.abs(partW) >= tuning.provenFromPu * config.ratedW[i]!;
    const isProven = proves
      ? -stage.powerW / partW >= tuning.carriesPu
      : nowMs - formsSinceMs[i]! >= tuning.provenAfterMs;
    if (reporting > 1 && !isProven) continue;
    carries[i] = 1;
    abilityW += canW;
  }
  return abilityW;
}

/** One tick of a running or starting island. */
export function chooseFormers(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  busLive: boolean,
  nowMs: number,
): void {
  if (island.phase === "ended") return;
  const carrying = dropFailed(island, eligible, snapshot, nowMs);
  const joining = someoneJoins(island);
  if (!busLive || carrying === 0) {
    // Who raises the dead bus is given time: one alone is proven by the voltage, and the first loads need not wait for a second.
    const waited = carrying === 0 || nowMs - island.joinedMs >= tuning.beginMaxMs;
    if (!joining && waited) add(island, config, eligible, snapshot, -1, nowMs);
    return;
  }
  const leaving = whoLeaves(island, config, eligible, snapshot);
  island.finishing = false;
  if (leaving >= 0) {
    handOverBeforeLeaving(island, config, eligible, snapshot, leaving, carrying, joining, nowMs);
    return;
  }
  const next = nextTier(island.tiers);
  const comingW = next < 0 ? 0 : island.tiers.loadW[next]! * config.tiers[next]!.inrushFactor;
  // What is fed: as it has been, or as it is now when it has grown.
  const fedW = Math.max(closedLoadW(island.tiers), island.supply.loadW + island.supply.pvW);
  const needW = (fedW + comingW) * tuning.marginPu;
  if (island.supply.abilityW < needW) {
    if (!joining && nowMs - island.joinedMs >= tuning.joinEveryMs) add(island, config, eligible, snapshot, -1, nowMs);
    island.idleSinceMs = Number.NaN;
    return;
  }
  dismissIdle(island, config, snapshot, carrying, needW, nowMs);
}

/** Counts those that carry. Chosen, but it does not come: somebody else is tried. */
function dropFailed(island: IslandState, eligible: Uint8Array, snapshot: Snapshot, nowMs: number): number {
  const { forms, failed } = island;
  let carrying = 0;
  for (let i = 0; i < forms.length; i++) {
    if (forms[i] === 0) continue;
    if (island.carries[i] === 1) {
      carrying++;
      continue;
    }
    const reports = snapshot.stages[i]!.role === "forming";
    if (!reports && (eligible[i] === 0 || nowMs - island.joinedMs >= tuning.beginMaxMs)) {
      forms[i] = 0;
      failed[i] = 1;
    }
  }
  return carrying;
}

/** Somebody is chosen and does not carry yet. */
function someoneJoins(island: IslandState): boolean {
  for (let i = 0; i < island.forms.length; i++) if (island.forms[i] === 1 && island.carries[i] === 0) return true;
  return false;
}

/** The forming stage that goes next: one that must, before one that is about to; -1 when all may stay. */
function whoLeaves(island: IslandState, config: IslandConfig, eligible: Uint8Array, snapshot: Snapshot): number {
  let leaving = -1;
  for (let i = 0; i < island.forms.length; i++) {
    if (island.forms[i] === 0 || snapshot.stages[i]!.role !== "forming") continue;
    if (eligible[i] === 0) return i;
    if (isAboutToLeave(island, config, i, snapshot)) leaving = i;
  }
  return leaving;
}

/** Energy near its reserve while others have more, or a departure that is near. */
function isAboutToLeave(island: IslandState, config: IslandConfig, i: number, snapshot: Snapshot): boolean {
  const evse = snapshot.evses[i]!;
  const stage = snapshot.stages[i]!;
  if (evse.departsAtMs - snapshot.wallMs < tuning.departMs) return true;
  const shareW = -stage.powerW;
  const ownWh = energyOf(island, config, i, evse, stage);
  return shareW > 0 && ownWh < shareW * tuning.relayH && island.energyWh > 2 * ownWh;
}

/** The successor comes in before the leaving stage is released. One that only plans to leave stays while nobody can take over. */
function handOverBeforeLeaving(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  leaving: number,
  carrying: number,
  joining: boolean,
  nowMs: number,
): void {
  const must = eligible[leaving] === 0;
  const others = island.carries[leaving] === 1 ? carrying - 1 : carrying;
  if (others > 0 && enoughWithout(island, config, leaving, snapshot)) {
    island.forms[leaving] = 0;
    return;
  }
  if (joining) {
    // A successor that reports and does not carry is none.
    if (must && nowMs - island.joinedMs >= tuning.beginMaxMs) passOver(island, leaving);
    return;
  }
  const mayJoin = must || nowMs - island.joinedMs >= tuning.joinEveryMs;
  if (mayJoin && add(island, config, eligible, snapshot, leaving, nowMs)) return;
  if (!must) return;
  if (others === 0) island.finishing = true;
  else if (nowMs - island.tiers.changedMs >= tuning.shedEveryMs) openLastTier(island.tiers, nowMs);
}

function passOver(island: IslandState, leaving: number): void {
  for (let i = 0; i < island.forms.length; i++) {
    if (i === leaving || island.forms[i] === 0 || island.carries[i] === 1) continue;
    island.forms[i] = 0;
    island.failed[i] = 1;
  }
}

/** Whether the others carry the load when `leaving` goes: only those count that carry already. */
function enoughWithout(island: IslandState, config: IslandConfig, leaving: number, snapshot: Snapshot): boolean {
  let abilityW = 0;
  for (let i = 0; i < island.forms.length; i++) {
    if (i === leaving || island.forms[i] === 0 || island.carries[i] === 0) continue;
    abilityW += abilityOf(snapshot.stages[i]!, config.ratedW[i]!);
  }
  return abilityW >= island.supply.loadW;
}

/**
 * Chooses an eligible stage, `except` one; false when there is none. Who leaves first comes first, because what it carries
 * leaves with it, but nobody who leaves soon; among equals the one with the most energy.
 */
function add(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  except: number,
  nowMs: number,
): boolean {
  let best = -1;
  for (let pass = 0; pass < 2 && best < 0; pass++) {
    // When all have failed once, all are tried again.
    if (pass === 1) island.failed.fill(0);
    for (let i = 0; i < eligible.length; i++) {
      if (eligible[i] === 0 || island.forms[i] === 1 || island.failed[i] === 1 || i === except) continue;
      if (best < 0 || comesBefore(island, config, snapshot, i, best)) best = i;
    }
  }
  if (best < 0) return false;
  island.forms[best] = 1;
  island.joinedMs = nowMs;
  return true;
}

function comesBefore(
  island: IslandState,
  config: IslandConfig,
  { stages, evses, wallMs }: Snapshot,
  a: number,
  b: number,
): boolean {
  const aLeavesInMs = evses[a]!.departsAtMs - wallMs;
  const bLeavesInMs = evses[b]!.departsAtMs - wallMs;
  const aSoon = aLeavesInMs < tuning.soonMs;
  const bSoon = bLeavesInMs < tuning.soonMs;
  if (aSoon !== bSoon) return bSoon;
  const aKnown = aLeavesInMs < Number.POSITIVE_INFINITY;
  const bKnown = bLeavesInMs < Number.POSITIVE_INFINITY;
  if (aKnown !== bKnown) return aKnown;
  if (aKnown && aLeavesInMs !== bLeavesInMs) return aLeavesInMs < bLeavesInMs;
  return worth(island, config, a, evses[a]!, stages[a]!) > worth(island, config, b, evses[b]!, stages[b]!);
}

/** Energy, or the state of charge where nobody knows the battery's size; a little for what it can give at once. */
function worth(island: IslandState, config: IslandConfig, i: number, evse: EvseFacts, stage: StageFacts): number {
  const energyWh = energyOf(island, config, i, evse, stage);
  return (energyWh >= 0 ? energyWh : stage.socPct) + abilityOf(stage, config.ratedW[i]!) * 1e-3;
}

/** One more than needed, for long: the one with the least energy rests. */
function dismissIdle(
  island: IslandState,
  config: IslandConfig,
  snapshot: Snapshot,
  carrying: number,
  needW: number,
  nowMs: number,
): void {
  let weakest = -1;
  let leastWh = Number.POSITIVE_INFINITY;
  for (let i = 0; i < island.forms.length; i++) {
    if (island.forms[i] === 0) continue;
    const ownWh = energyOf(island, config, i, snapshot.evses[i]!, snapshot.stages[i]!);
    if (ownWh < leastWh) {
      weakest = i;
      leastWh = ownWh;
    }
  }
  const spareW =
    weakest < 0 ? 0 : island.supply.abilityW - abilityOf(snapshot.stages[weakest]!, config.ratedW[weakest]!);
  const spare = carrying > 1 && spareW * tuning.restPu >= Math.max(needW, island.supply.loadW);
  island.idleSinceMs = !spare ? Number.NaN : Number.isNaN(island.idleSinceMs) ? nowMs : island.idleSinceMs;
  if (nowMs - island.idleSinceMs < tuning.restHoldMs || !spare) return;
  island.forms[weakest] = 0;
  island.idleSinceMs = Number.NaN;
}
