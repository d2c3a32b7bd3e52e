/**
 * What a black start may cost. While the site is dark, gateway, transfer device and the stages' electronics live on a small
 * auxiliary battery: its energy is counted, each start takes some of it, and enough stays to see the grid return. And what a
 * failed start teaches: a tier whose inrush brought the bus down, or overloaded it twice, stays off until a person on site
 * resets or the grid carries it again. A bus that fell because a vehicle that formed it was unplugged accuses no tier.
 * Dead-bus check, voltage ramp and the number of starts are the mode machine's and the stages' own; the tiers are stepped by
 * `island/tiers.ts`.
 */
import { type Mode, modeColumns } from "../../domain/modes.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { hourMs } from "../../domain/units.ts";
import type { ModeFacts } from "../modes/facts.ts";
import type { ModeState } from "../modes/state.ts";
import type { StageFacts } from "../snapshot.ts";
import type { TierState } from "./tiers.ts";

/** The battery that keeps controller and K1 alive in the dark, and what each start takes of it, Wh and W. */
export interface AuxiliaryConfig {
  readonly capacityWh: number;
  /** What the electronics take while the bus is dark, W. */
  readonly standbyW: number;
  /** What one start takes: precharge, contactor, its own control, Wh. */
  readonly startWh: number;
  /** Kept for seeing the grid return and closing K1, Wh. */
  readonly keepWh: number;
  /** What its charger gives while the bus is live, W. */
  readonly chargeW: number;
}

/** A tier that was closed this long ago is not what brought the bus down, ms. */
const trialMs = 10_000;
/** Overloads by one tier before it stays off; a bus that fell counts as all of them. */
const tierTriesMax = 2;
/** K1's voltmeter may tell that the bus fell before the stage's own read tells why: longer than a stage counts as heard, ms. */
const whyMs = 500;

/** Energy left for starting from darkness, Wh; starts made; why no further one is made. */
export interface BlackStart {
  /** Left in the auxiliary battery, Wh; Infinity where the site has set none. */
  leftWh: number;
  /** Starts since the bus was last live for long. */
  starts: number;
  /** Why the island is not started although it is wanted; "" while nothing forbids it. */
  refusal: ReasonKey | "";
  /** Tiers from this one on stay off; Infinity while all may be fed. */
  fedMax: number;
  /** Overloads that each tier has caused. */
  readonly tries: Uint8Array;
  /** The tier that was closed last, and when. */
  lastTier: number;
  lastTierMs: number;
  /** The tier after which the bus fell, while it is not known why; −1 for none. And when it fell. */
  accused: number;
  fellMs: number;
  /** Stages whose vehicle was plugged in while they formed; and when one of them was last seen without it. */
  readonly plugged: Uint8Array;
  unpluggedMs: number;
  /** What was seen in the cycle before. */
  readonly closedBefore: Uint8Array;
  modeBefore: Mode;
  restBeforeMs: number;
  atMs: number;
  /** Since the cycle before that, ms. */
  sinceMs: number;
}

/** Before the first start, with a full auxiliary battery; without one energy never ends. */
export const createBlackStart = (
  config: AuxiliaryConfig | undefined,
  tierCount: number,
  stageCount: number,
): BlackStart => ({
  leftWh: config?.capacityWh ?? Number.POSITIVE_INFINITY,
  starts: 0,
  refusal: "",
  fedMax: Number.POSITIVE_INFINITY,
  tries: new Uint8Array(tierCount),
  lastTier: -1,
  lastTierMs: Number.NEGATIVE_INFINITY,
  accused: -1,
  fellMs: Number.NEGATIVE_INFINITY,
  plugged: new Uint8Array(stageCount),
  unpluggedMs: Number.NEGATIVE_INFINITY,
  closedBefore: new Uint8Array(tierCount).fill(1),
  modeBefore: "unknown",
  restBeforeMs: Number.NEGATIVE_INFINITY,
  atMs: Number.NaN,
  sinceMs: 0,
});

/**
 * One cycle, before the mode machine: `mode` is what the last cycle left. Takes `sourceReady` back where the auxiliary battery
 * has too little for another start.
 */
export function boundBlackStart(
  b: BlackStart,
  config: AuxiliaryConfig | undefined,
  mode: ModeState,
  facts: ModeFacts,
  tiers: TierState,
  stages: readonly StageFacts[],
): void {
  // The moment of the last cycle, as the mode machine has kept it.
  b.sinceMs = mode.nowMs > b.atMs ? mode.nowMs - b.atMs : 0;
  b.atMs = mode.nowMs;
  const began = mode.mode === "islandStarting" && b.modeBefore !== "islandStarting";
  if (began) b.starts++;
  if (config !== undefined) countEnergy(b, config, facts, began);
  watchVehicles(b, stages);
  watchTiers(b, mode, tiers);
  if (isJoined(mode.mode) || facts.resetRequest) forgive(b, mode.mode);
  const enough = config === undefined || b.leftWh >= config.startWh + config.keepWh;
  b.refusal = refusalOf(mode, facts, enough);
  if (!enough && mode.mode === "isolated") facts.sourceReady = false;
  b.modeBefore = mode.mode;
}

function countEnergy(b: BlackStart, config: AuxiliaryConfig, facts: ModeFacts, began: boolean): void {
  b.leftWh += ((facts.busLive ? config.chargeW : -config.standbyW) * b.sinceMs) / hourMs;
  if (began) b.leftWh -= config.startWh;
  if (b.leftWh > config.capacityWh) b.leftWh = config.capacityWh;
  else if (b.leftWh < 0) b.leftWh = 0;
}

const isJoined = (mode: Mode): boolean => mode === "loadOnly" || mode === "parallel";

/** The grid carries every tier, or a person has looked. */
function forgive(b: BlackStart, mode: Mode): void {
  b.fedMax = Number.POSITIVE_INFINITY;
  b.tries.fill(0);
  b.lastTier = -1;
  b.accused = -1;
  if (isJoined(mode)) b.starts = 0;
}

/** Whether a vehicle that fed the bus is there no more. */
function watchVehicles(b: BlackStart, stages: readonly StageFacts[]): void {
  for (let i = 0; i < stages.length; i++) {
    const { role, vehicleConnected } = stages[i]!;
    if (vehicleConnected) b.plugged[i] = role === "forming" ? 1 : b.plugged[i]!;
    else if (b.plugged[i] === 1) {
      b.plugged[i] = 0;
      b.unpluggedMs = b.atMs;
    }
  }
}

/** A tier that has just been closed and after which the bus fell, or was overloaded. */
function watchTiers(b: BlackStart, { mode, row, nowMs }: ModeState, tiers: TierState): void {
  const fell =
    mode === "isolated" && b.modeBefore !== "isolated" && (row === "start-failed" || row === "island-collapsed");
  const overloaded = tiers.restUntilMs > b.restBeforeMs;
  b.restBeforeMs = tiers.restUntilMs;
  if ((fell || overloaded) && b.lastTier >= 0 && nowMs - b.lastTierMs <= trialMs) {
    if (fell) {
      b.accused = b.lastTier;
      b.fellMs = nowMs;
    } else blame(b, b.lastTier, 1);
    b.lastTier = -1;
  }
  if (b.accused >= 0 && nowMs - b.fellMs >= whyMs) {
    if (b.unpluggedMs < b.fellMs - whyMs) blame(b, b.accused, tierTriesMax);
    b.accused = -1;
  }
  const forms = modeColumns[mode].forming === "forms";
  for (let t = 0; t < tiers.closed.length; t++) {
    const closed = tiers.closed[t] ? 1 : 0;
    if (forms && closed === 1 && b.closedBefore[t] === 0) {
      b.lastTier = t;
      b.lastTierMs = nowMs;
    }
    b.closedBefore[t] = closed;
  }
}

function blame(b: BlackStart, tier: number, tries: number): void {
  b.tries[tier] = b.tries[tier]! + tries;
  if (b.tries[tier]! >= tierTriesMax && tier < b.fedMax) b.fedMax = tier;
}

function refusalOf({ mode, record }: ModeState, facts: ModeFacts, enough: boolean): ReasonKey | "" {
  const wanted =
    mode === "isolated" && facts.backupOK && (facts.gridOut || facts.islandRequested || record.returnBlocked);
  if (!wanted) return "";
  if (record.startsLeft === 0) return "starts-used";
  if (!enough) return "auxiliary-low";
  return facts.sourceReady ? "" : "source-missing";
}
