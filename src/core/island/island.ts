/**
 * Island control: which stages form it, at which voltage and frequency, which tiers are fed, how much PV may join,
 * and how it ends. The mode machine decides whether there is an island at all; nothing here touches K1.
 *
 * Several forming stages share the load by the droop in their firmware, all with one reference. One begins on the dead bus;
 * the others join a bus that is live, and synchronize themselves before they close (a duty of CONTRACT.md). A vehicle is
 * swapped by bringing the next one in before the old one goes.
 */
import { deadMaxPu, isLivePu, sagBelowPu } from "../../domain/electrical.ts";
import type { Commands } from "../commands.ts";
import type { ModeOutput } from "../modes/machine.ts";
import { panelIsLive, type Snapshot } from "../snapshot.ts";
import { learnBatteries } from "./battery-gauge.ts";
import { forecastIsland } from "./forecast.ts";
import { chooseFormers, energyOf, proveCarriers } from "./formers.ts";
import { formVoltagePu, limitPv, resynchronizeIsland } from "./setpoints.ts";
import type { IslandConfig, IslandState } from "./state.ts";
import { learnTierLoads, nextTier, openAllTiers, openLastTier, restoreByGrid, stepTiers, usualLoadW } from "./tiers.ts";

/** Bounds of feeding and ending. */
const tuning = {
  /** The first tier is closed onto a bus of at least this voltage, pu. */
  feedFromPu: 0.9,
  /** The end is announced so early, and ordered when so little is left. */
  announceH: 0.25,
  finishH: 1 / 60,
  /** Between two tiers when the only source has to go: its driver is waiting. */
  hurriedStepMs: 500,
  /** After an ordered end it begins again only with energy for so long. */
  restartH: 0.25,
} as const;

/** A tier that takes less than this is taken for shed, W. */
const shedBelowW = 1;

/**
 * One tick. `eligible[i]` is 1 where stage i may form at all: listed, answering, allowed, its vehicle above reserve. Writes
 * roles and setpoints of forming stages, tiers and the PV limit into `commands`; leaves other stages' commands alone.
 */
export function stepIsland(
  island: IslandState,
  config: IslandConfig,
  mode: ModeOutput,
  eligible: Uint8Array,
  snapshot: Snapshot,
  commands: Commands,
  nowMs: number,
): void {
  const periodMs = nowMs > island.lastMs ? nowMs - island.lastMs : 0;
  island.lastMs = nowMs;
  learnBatteries(island.gauge, snapshot, periodMs);
  measure(island, config, eligible, snapshot, nowMs);
  if (island.spent && island.energyWh > restartWh(config)) island.spent = false;

  const busLive = isLivePu(snapshot.transferDevice.busVoltagePu);
  const panelLive = panelIsLive(snapshot.site, config.panelFreshMs, nowMs);
  learnTierLoads(island.tiers, snapshot.site.tierLoadW, periodMs, busLive && panelLive);
  if (mode.form) {
    if (island.phase === "none") begin(island, config, snapshot, nowMs);
    chooseFormers(island, config, eligible, snapshot, busLive, nowMs);
    const { tiersFedMax } = snapshot.site;
    island.tiers.fedMax = tiersFedMax < island.tiersTrusted ? tiersFedMax : island.tiersTrusted;
    // While the voltage still rises for the first time nothing is fed, and a low voltage is no overload.
    const busUp = snapshot.transferDevice.busVoltagePu >= tuning.feedFromPu;
    // About to close in synchronism: no inrush moves the bus while K1's contact travels.
    island.tiers.held = mode.resynchronize && snapshot.transferDevice.syncRelay;
    if (busUp || (busLive && island.phase !== "starting")) feed(island, config, nowMs);
    resynchronizeIsland(island, config, mode.resynchronize, snapshot.transferDevice, busLive, periodMs);
    limitPv(island, config, snapshot, periodMs);
  } else {
    rest(island, config, mode, nowMs);
  }

  forecastIsland(island, config, eligible, snapshot, periodMs, nowMs);
  for (let i = 0; i < island.forms.length; i++) {
    if (!mode.form) continue;
    const command = commands.stages[i]!;
    const forms = island.forms[i] === 1;
    command.role = forms ? "forming" : "off";
    command.powerW = 0;
    command.reactiveVar = 0;
    command.formVoltagePu = forms ? formVoltagePu(mode.resynchronize, snapshot.transferDevice) : 0;
    command.formFrequencyHz = forms ? config.nominalFrequencyHz + island.trimHz + island.shiftHz + island.nudgeHz : 0;
  }
  for (let t = 0; t < island.tiers.closed.length; t++) commands.tierClosed[t] = island.tiers.closed[t]!;
  commands.pvLimitW = island.pvLimitW;
}

/** Whether an island that isn't there yet may begin (`ModeFacts.sourceReady`): somebody may form, and energy is left. */
export const islandMayStart = (island: IslandState, eligible: Uint8Array): boolean => !island.spent && anyOf(eligible);

function measure(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  nowMs: number,
): void {
  const { supply } = island;
  const { stages, evses, site, transferDevice } = snapshot;
  let energyWh = 0;
  let givenW = 0;
  let oldestMs = nowMs;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    if (eligible[i] === 1 || stage.role === "forming") energyWh += energyOf(island, config, i, evses[i]!, stage);
    if (stage.role !== "forming") continue;
    givenW -= stage.powerW;
    if (stage.atMs < oldestMs) oldestMs = stage.atMs;
  }
  const pvW = site.pvPowerW > 0 ? site.pvPowerW : 0;
  supply.pvW = pvW;
  supply.energyWh = energyWh;
  supply.loadW = givenW;
  supply.atMs = oldestMs;
  supply.abilityW = proveCarriers(island, config, snapshot, nowMs);
  const { busVoltagePu } = transferDevice;
  supply.sagging = supply.abilityW > 0 && busVoltagePu > deadMaxPu && busVoltagePu < sagBelowPu;
  island.energyWh = energyWh;
  const netW = usualLoadW(island.tiers) - pvW;
  island.runwayH = netW > 0 ? energyWh / netW : Number.POSITIVE_INFINITY;
}

function restartWh({ tiers }: IslandConfig): number {
  return (tiers[0]?.loadW ?? 0) * tuning.restartH;
}

/** A running island that was adopted keeps who forms it; a new one begins with nobody and all tiers open. */
function begin(island: IslandState, { panelFreshMs }: IslandConfig, { stages, site }: Snapshot, nowMs: number): void {
  island.phase = "starting";
  island.beganMs = nowMs;
  island.joinedMs = nowMs;
  island.idleSinceMs = Number.NaN;
  island.finishing = false;
  island.failed.fill(0);
  for (let i = 0; i < stages.length; i++) island.forms[i] = stages[i]!.role === "forming" ? 1 : 0;
  if (!anyOf(island.forms)) {
    openAllTiers(island.tiers, nowMs);
    return;
  }
  // Adopted: a tier that takes nothing was shed before the restart and waits for its turn.
  const { closed } = island.tiers;
  const panelLive = panelIsLive(site, panelFreshMs, nowMs);
  for (let t = 0; t < closed.length; t++) closed[t] = !(panelLive && site.tierLoadW[t]! < shedBelowW);
}

/** No island: nobody forms, PV is free, and tiers wait open on a dead bus or come back with the grid. */
function rest(island: IslandState, config: IslandConfig, mode: ModeOutput, nowMs: number): void {
  if (island.phase !== "none") {
    island.phase = "none";
    island.forms.fill(0);
    island.trimHz = 0;
    island.shiftHz = 0;
    island.surplusMs = 0;
  }
  island.pvLimitW = Number.POSITIVE_INFINITY;
  island.tiers.fedMax = Number.POSITIVE_INFINITY;
  if (mode.mode === "isolated") openAllTiers(island.tiers, nowMs);
  else if (mode.mayCharge || mode.mayDischarge) restoreByGrid(island.tiers, config.tierTuning, nowMs);
}

/** Tiers, and the end when energy runs out: announced, ordered from the least important, restartable. */
function feed(island: IslandState, config: IslandConfig, nowMs: number): void {
  if (island.phase === "ended") return;
  const { runwayH, tiers } = island;
  if (runwayH < tuning.finishH) island.spent = true;
  if (island.spent || island.finishing) {
    island.phase = "ending";
    const everyMs = island.spent ? config.tierTuning.stepMs : tuning.hurriedStepMs;
    if (nowMs - tiers.changedMs < everyMs || openLastTier(tiers, nowMs)) return;
    island.phase = "ended";
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
