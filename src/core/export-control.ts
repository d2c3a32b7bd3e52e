/**
 * Export and import control at the point of common coupling (PCC): how much all stages together may charge or discharge
 * in this tick, so that the meter stays inside both limits. A time-aligned load observer, an asymmetric envelope for each
 * limit and phase, and supervision of the meter. `allocation.ts` shares the result; `pcc/lead.ts` hastens cuts.
 * Core sign: positive is from the grid to the vehicle. Stages may charge and discharge at the same time: sums count.
 *
 * A channel is a sum of stages that has limits: 0 is the PCC, 1–3 its phases, then protective groups (a conductor, bus or
 * transformer that feeds some of the stages).
 */
import { Quality } from "../domain/quality.ts";
import type { ReasonKey } from "../domain/reasons.ts";
import { invariant } from "../domain/result.ts";
import type { StageCommand } from "./commands.ts";
import {
  createEnvelope,
  createSampleNoise,
  type Envelope,
  type EnvelopeTuning,
  learnNoise,
  lowerEnvelope,
  restartEnvelope,
  type SampleNoise,
  sampleEnvelope,
  tickEnvelope,
} from "./pcc/envelope.ts";
import {
  advanceObserver,
  createLoadObserver,
  Follows,
  type LoadObserver,
  meanStagePowerW,
  type StageResponse,
} from "./pcc/load-observer.ts";
import {
  condemnMeter,
  createMeterSupervision,
  type MeterConfig,
  type MeterSupervision,
  resetMeter,
  superviseMeter,
} from "./pcc/meter-supervision.ts";
import type { PccLimits } from "./pcc/pcc-limits.ts";
import { createSignProof, noteMove, restartProof, type SignProof } from "./pcc/sign-proof.ts";
import type { MeterFacts, StageFacts } from "./snapshot.ts";

export interface ControlledStage extends StageResponse {
  /** Share of its power on each phase of the service: ⅓ each for three-phase stages, one 1 for single-phase ones. */
  readonly phaseShare: readonly [number, number, number];
}

/** A conductor, bus or transformer that carries the sum of some stages (NEC 705.13; requirement R14). Magnitudes, W. */
export interface ProtectiveGroup {
  readonly name: string;
  readonly reason: ReasonKey;
  /** Indexes of the stages behind it. */
  readonly stages: readonly number[];
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
}

export interface ExportControlConfig {
  readonly tickMs: number;
  readonly meter: MeterConfig;
  readonly stages: readonly ControlledStage[];
  /** From the command until its write has arrived, ms. */
  readonly writeMs: number;
  /** Without a reading for this long a stage's link counts as lost, ms. */
  readonly linkStaleMs: number;
  /** Limits for each phase of the service, W; Infinity where the service needs none. */
  readonly phaseImportLimitW: number;
  readonly phaseExportLimitW: number;
  readonly groups: readonly ProtectiveGroup[];
  /** All vehicles together may charge this much while the meter cannot be believed, W (R15: import at its fallback). */
  readonly fallbackChargeW: number;
}

/** T_h: a dip of the load is remembered for 1 s, so that inrush does not move the stages up and down. */
const holdMs = 1_000;
/** R: power rises by at most 0.2 of the stages' sum per second. */
const risePerS = 0.2;
/** m0 and k_m: margin = 0.2 % of the stages' sum + meter offset + 2 σ. The sliding minimum adds about 2 σ more. */
const marginShare = 0.002;
const marginSigmas = 2;
/** A fresh sample is on average younger than its tick: a quarter, because guessing newer is the harmless side. */
const sampleAgeTicks = 0.25;
/**
 * The over-cut lasts until the next sample, at most this many intervals: one lost sample does not end it (the study's 1.6
 * did: 425 instead of 340 ms at most with 5 % lost, 100 ms meter, 10 ms tick).
 */
const overcutIntervals = 2.4;
/** Memory of the trend of the load, short against the fastest cloud edges (1.5 s). */
const trendMemoryMs = 200;
/** A stage that does less than its model gives room to others only through this filter; one that does more acts at once. */
const shortfallFilterMs = 1_000;
/** The challenge of a suspect meter: 3 % of the stages' sum, at least 6 σ and 5 steps of the meter. */
const challengeShare = 0.03;
const challengeSigmas = 6;
const challengeQuanta = 5;
/** With a silent meter discharge ramps to zero within this time. */
const blindRampMs = 300;
/** Until the meter is proven, and as the distance from a limit at which a move counts as free: shares of the stages' sum. */
const unprovenShare = 0.1;
const freeShare = 0.05;
/** Groups at most, so that a tick has a bound. */
export const groupsMax = 16;

/** One side (export or import) of one channel. */
interface Side {
  readonly envelope: Envelope;
  /** What stages do beyond their models in this direction, W (B). */
  excessW: number;
  /** Limit in force: falls at once, rises with R. */
  limitW: number;
}

interface Channel {
  readonly scaleW: number;
  readonly noise: SampleNoise;
  readonly tuning: EnvelopeTuning;
  readonly marginFixedW: number;
  readonly exportSide: Side;
  readonly importSide: Side;
}

/** What the stages that follow us may do together in this tick. Rewritten by each `stepExportControl`. */
export interface SiteBudget {
  /** May the meter be believed? */
  quality: Quality;
  /** Net power that all followers together may give or take, W ≥ 0. */
  availableDischargeW: number;
  availableChargeW: number;
  /** For each channel: Σ share · setpoint of the followers stays within [minW, maxW]; minW may be above zero and maxW below. */
  readonly minW: Float64Array;
  readonly maxW: Float64Array;
  readonly minReason: ReasonKey[];
  readonly minSource: string[];
  readonly maxReason: ReasonKey[];
  readonly maxSource: string[];
  /** Whatever charges elsewhere: all discharge together and all charge together at most this, W ≥ 0. */
  grossDischargeW: number;
  grossChargeW: number;
  grossReason: ReasonKey;
  /** Net load of everything but the stages at the PCC, W; NaN before the first sample. */
  loadW: number;
}

export interface ExportControl {
  readonly config: ExportControlConfig;
  readonly stageCount: number;
  /** Sum of the ratings (S). */
  readonly scaleW: number;
  readonly observer: LoadObserver;
  readonly supervision: MeterSupervision;
  readonly signProof: SignProof;
  /** PCC and, where phases are limited, its three phases. */
  readonly channels: readonly Channel[];
  readonly channelCount: number;
  /** Share of stage i in channel c at [c · stageCount + i]. */
  readonly shares: Float64Array;
  steppedAtMs: number;
  started: boolean;
  /** Net power of the stages when the challenge began, W. */
  challengeFromW: number;
  /** Window of the last sample in the time of the world, ms. */
  sampleFromMs: number;
  sampleUntilMs: number;
}

/** Everything the control remembers, made once. `stageCount` must be that of the configuration. */
export function createExportControl(config: ExportControlConfig, stageCount: number): ExportControl {
  const n = stageCount;
  invariant(n === config.stages.length, "export control has one configured response for each stage");
  invariant(config.groups.length <= groupsMax, `at most ${groupsMax} protective groups`);
  const { meter, tickMs } = config;
  const observer = createLoadObserver(
    config.stages,
    tickMs,
    config.writeMs,
    meter.windowMs + meter.latencyMs,
    config.linkStaleMs,
  );
  let scaleW = 0;
  let answerMs = 0;
  for (const stage of config.stages) {
    scaleW += stage.ratedW;
    answerMs = Math.max(answerMs, config.writeMs + stage.deadTimeMs + 2 * stage.responseMs);
  }
  const perPhase = Number.isFinite(config.phaseImportLimitW) || Number.isFinite(config.phaseExportLimitW);
  const meteredChannels = perPhase ? 4 : 1;
  const channelCount = meteredChannels + config.groups.length;
  const shares = new Float64Array(channelCount * n);
  const channels: Channel[] = [];
  for (let c = 0; c < meteredChannels; c++) {
    let channelW = 0;
    for (let i = 0; i < n; i++) {
      const share = c === 0 ? 1 : config.stages[i]!.phaseShare[c - 1]!;
      shares[c * n + i] = share;
      channelW += share * config.stages[i]!.ratedW;
    }
    // A phase without stages still has a scale, so that its noise has a floor.
    channels.push(createChannel(Math.max(channelW, scaleW / 3), meter, 0.5 * answerMs));
  }
  for (let g = 0; g < config.groups.length; g++) {
    for (const i of config.groups[g]!.stages) {
      invariant(Number.isInteger(i) && i >= 0 && i < n, `group ${config.groups[g]!.name} names a stage that exists`);
      shares[(meteredChannels + g) * n + i] = 1;
    }
  }
  return {
    config,
    stageCount: n,
    scaleW,
    observer,
    supervision: createMeterSupervision(meter, answerMs),
    signProof: createSignProof(scaleW, meter.proven ?? true),
    channels,
    channelCount,
    shares,
    steppedAtMs: Number.NaN,
    started: false,
    challengeFromW: 0,
    sampleFromMs: Number.NaN,
    sampleUntilMs: Number.NaN,
  };
}

function createChannel(scaleW: number, meter: MeterConfig, answerMs: number): Channel {
  const trendMs = 0.5 * meter.windowMs + meter.latencyMs + meter.updateMs + answerMs;
  const side = (): Side => ({ envelope: createEnvelope(), excessW: 0, limitW: 0 });
  return {
    scaleW,
    noise: createSampleNoise(scaleW),
    tuning: {
      holdMs,
      riseWPerMs: (risePerS * scaleW) / 1_000,
      overcutGain: Math.max(1, meter.windowMs / meter.updateMs - 1),
      overcutMaxMs: overcutIntervals * meter.updateMs,
      trendGain: meter.updateMs / (meter.updateMs + trendMemoryMs),
      trendSamples: trendMs / meter.updateMs,
    },
    marginFixedW: marginShare * scaleW + meter.offsetErrorW,
    exportSide: side(),
    importSide: side(),
  };
}

/** A budget in which nothing is allowed, for `stepExportControl` to write into. */
export function createSiteBudget(control: ExportControl): SiteBudget {
  const c = control.channelCount;
  return {
    quality: Quality.missing,
    availableDischargeW: 0,
    availableChargeW: 0,
    minW: new Float64Array(c),
    maxW: new Float64Array(c),
    minReason: new Array<ReasonKey>(c).fill("export-limit"),
    minSource: new Array<string>(c).fill(""),
    maxReason: new Array<ReasonKey>(c).fill("import-limit"),
    maxSource: new Array<string>(c).fill(""),
    grossDischargeW: 0,
    grossChargeW: 0,
    grossReason: "meter-stale",
    loadW: Number.NaN,
  };
}

/**
 * One tick. `previousCommands` are the stages' commands as they went out in the last tick. Writes into `out` what the
 * stages that follow us may do together; `allocate` shares it.
 */
export function stepExportControl(
  control: ExportControl,
  meter: MeterFacts,
  stages: readonly StageFacts[],
  previousCommands: readonly StageCommand[],
  limits: PccLimits,
  nowMs: number,
  out: SiteBudget,
): void {
  const o = control.observer;
  const n = control.stageCount;
  const dtMs = control.steppedAtMs < nowMs ? nowMs - control.steppedAtMs : 0;
  control.steppedAtMs = nowMs;
  advanceObserver(o, previousCommands, stages, nowMs, holdMs);

  let netW = 0;
  for (let i = 0; i < n; i++) if (o.follows[i] === Follows.model) netW += o.modelW[i]!;
  const s = control.supervision;
  const wasChallenging = s.challenging;
  const challengeW = challengePowerW(control);
  superviseMeter(s, meter, Math.abs(wasChallenging ? control.challengeFromW : netW) > challengeW, nowMs);
  if (s.challenging && !wasChallenging) control.challengeFromW = netW;

  if (s.hasSample) {
    control.sampleUntilMs = meter.sampleAtMs - s.config.latencyMs - sampleAgeTicks * control.config.tickMs;
    control.sampleFromMs = control.sampleUntilMs - s.config.windowMs;
  }
  for (let c = 0; c < control.channels.length; c++) {
    stepChannel(control, c, meter, limits, dtMs, nowMs, out);
  }
  if (s.hasSample) {
    control.started = true;
    proveMeter(control, meter, netW, out, nowMs);
  }
  out.quality = s.quality;
  boundGross(control, limits, netW, challengeW, dtMs, out);
  boundGroups(control, out);
  out.availableDischargeW = Math.max(0, Math.min(-out.minW[0]!, out.grossDischargeW));
  out.availableChargeW = Math.max(0, Math.min(out.maxW[0]!, out.grossChargeW));
}

/** A person on site has looked at a condemned meter: it counts again, and has to be proven by the stages' moves. */
export function resetExportControl(control: ExportControl): void {
  if (!control.supervision.condemned) return;
  resetMeter(control.supervision);
  restartProof(control.signProof);
}

function proveMeter(control: ExportControl, meter: MeterFacts, netW: number, out: SiteBudget, nowMs: number): void {
  const roomW = freeShare * control.scaleW;
  const free = netW - roomW > out.minW[0]! && netW + roomW < out.maxW[0]!;
  const sigmaW = control.channels[0]!.noise.sigmaW;
  const verdict = noteMove(control.signProof, meter.powerW, meter.powerW - out.loadW, sigmaW, free, nowMs);
  if (verdict !== "none")
    condemnMeter(control.supervision, verdict === "reversed" ? "meter-reversed" : "meter-implausible");
}

/** Steps 3 to 9 for the PCC (c = 0) or one phase. */
function stepChannel(
  control: ExportControl,
  c: number,
  meter: MeterFacts,
  limits: PccLimits,
  dtMs: number,
  nowMs: number,
  out: SiteBudget,
): void {
  const { observer: o, supervision: s, config } = control;
  const n = control.stageCount;
  const channel = control.channels[c]!;
  const base = c * n;
  let fixedW = 0;
  let deviationW = 0;
  let jumpW = 0;
  for (let i = 0; i < n; i++) {
    const share = control.shares[base + i]!;
    if (o.follows[i] === Follows.model) deviationW += share * o.deviationW[i]!;
    else fixedW += share * o.modelW[i]!;
    jumpW += share * o.jumpW[i]!;
  }
  const exportSide = channel.exportSide;
  const importSide = channel.importSide;
  if (jumpW > 0) lowerEnvelope(exportSide.envelope, jumpW, nowMs);
  else if (jumpW < 0) lowerEnvelope(importSide.envelope, -jumpW, nowMs);

  const phaseW = c === 0 ? meter.powerW : meter.phasePowerW[c - 1]!;
  if (s.hasSample && Number.isFinite(phaseW)) {
    const stagesW = channelPowerW(control, c, control.sampleFromMs, control.sampleUntilMs);
    const loadW = phaseW - stagesW;
    if (c === 0) out.loadW = loadW;
    learnNoise(channel.noise, loadW);
    const sigmaW = channel.noise.sigmaW;
    if (control.started) {
      sampleEnvelope(exportSide.envelope, loadW, sigmaW, nowMs, channel.tuning);
      sampleEnvelope(importSide.envelope, -loadW, sigmaW, nowMs, channel.tuning);
    } else {
      // Power starts from what flows now and rises slowly.
      const exportLimitW = c === 0 ? limits.exportLimitW : config.phaseExportLimitW;
      const importLimitW = c === 0 ? limits.importLimitW : config.phaseImportLimitW;
      exportSide.limitW = exportLimitW;
      importSide.limitW = importLimitW;
      restartEnvelope(exportSide.envelope, loadW, exportLimitW < unlimitedW ? -stagesW - exportLimitW : loadW, nowMs);
      restartEnvelope(importSide.envelope, -loadW, importLimitW < unlimitedW ? stagesW - importLimitW : -loadW, nowMs);
    }
  }
  const exportLimitW = c === 0 ? limits.exportLimitW : config.phaseExportLimitW;
  const importLimitW = c === 0 ? limits.importLimitW : config.phaseImportLimitW;
  const dischargeW = stepSide(control, channel, exportSide, exportLimitW, -deviationW, dtMs, nowMs);
  const chargeW = stepSide(control, channel, importSide, importLimitW, deviationW, dtMs, nowMs);
  out.minW[c] = -dischargeW - fixedW;
  out.maxW[c] = chargeW - fixedW;
  out.minReason[c] = c === 0 ? limits.exportReason : "phase-limit";
  out.minSource[c] = c === 0 ? limits.exportSource : "pcc-meter";
  out.maxReason[c] = c === 0 ? limits.importReason : "phase-limit";
  out.maxSource[c] = c === 0 ? limits.importSource : "pcc-meter";
}

/** Mean power of all stages together in a channel between two moments of the world, W, as far as models and readings tell. */
export function channelPowerW(control: ExportControl, c: number, fromMs: number, untilMs: number): number {
  const n = control.stageCount;
  let sumW = 0;
  for (let i = 0; i < n; i++) {
    const share = control.shares[c * n + i]!;
    if (share !== 0) sumW += share * meanStagePowerW(control.observer, i, fromMs, untilMs);
  }
  return sumW;
}

/** Beyond this a limit is none: 1 TW. */
const unlimitedW = 1e12;

/** Net power that the stages may do on one side of a channel before those that do not follow are subtracted, W. */
function stepSide(
  control: ExportControl,
  channel: Channel,
  side: Side,
  limitW: number,
  excessW: number,
  dtMs: number,
  nowMs: number,
): number {
  const s = control.supervision;
  const e = side.envelope;
  tickEnvelope(e, dtMs, nowMs, s.mayRise, channel.tuning);
  const gain = dtMs / (shortfallFilterMs + dtMs);
  side.excessW = excessW >= side.excessW ? excessW : side.excessW + gain * (excessW - side.excessW);
  if (limitW >= unlimitedW) {
    side.limitW = unlimitedW;
    return Number.POSITIVE_INFINITY;
  }
  const risenW = s.mayRise ? side.limitW + channel.tuning.riseWPerMs * dtMs : side.limitW;
  side.limitW = limitW < risenW ? limitW : risenW;
  const marginW = channel.marginFixedW + marginSigmas * channel.noise.sigmaW;
  return e.valueW + side.limitW - e.overcutW - e.aheadW - marginW - side.excessW;
}

function challengePowerW(control: ExportControl): number {
  return Math.max(
    challengeShare * control.scaleW,
    challengeSigmas * control.channels[0]!.noise.sigmaW,
    challengeQuanta * control.config.meter.quantumW,
  );
}

/** What a meter in doubt leaves: a challenge moves the sum, a blind meter ends discharge and leaves the fallback for charging. */
function boundGross(
  control: ExportControl,
  limits: PccLimits,
  netW: number,
  challengeW: number,
  dtMs: number,
  out: SiteBudget,
): void {
  const s = control.supervision;
  const needsMeter =
    limits.exportLimitW < unlimitedW || limits.importLimitW < unlimitedW || control.channels.length > 1;
  if (s.quality === Quality.good || !needsMeter) {
    const wholeW = control.signProof.proven || !needsMeter ? control.scaleW : unprovenShare * control.scaleW;
    out.grossDischargeW = wholeW;
    out.grossChargeW = wholeW;
    out.grossReason = "meter-unproven";
  } else {
    control.started = false;
    out.grossReason = s.reason === "" ? "meter-stale" : s.reason;
    // A silent link ends in a ramp; a meter that lies ends discharge at once.
    const stepW = s.quality === Quality.stale ? (control.scaleW * dtMs) / blindRampMs : control.scaleW;
    out.grossDischargeW = Math.max(0, out.grossDischargeW - stepW);
    out.grossChargeW = Math.max(Math.min(control.config.fallbackChargeW, control.scaleW), out.grossChargeW - stepW);
    // The limits at the PCC cannot be checked; the fallback stands in for them.
    for (let c = 0; c < control.channels.length; c++) {
      out.minW[c] = Number.NEGATIVE_INFINITY;
      out.maxW[c] = Number.POSITIVE_INFINITY;
    }
  }
  if (!s.mayRise && s.quality === Quality.good) {
    // No increases; and while challenging, a little less of whatever flows.
    const heldW = s.challenging ? control.challengeFromW : netW;
    const lessW = s.challenging ? challengeW : 0;
    if (heldW < 0) out.minW[0] = Math.max(out.minW[0]!, heldW + lessW);
    if (heldW > 0) out.maxW[0] = Math.min(out.maxW[0]!, heldW - lessW);
  }
}

/** Protective groups feed stages only, so their limits need no meter: what stages do beyond their models is subtracted. */
function boundGroups(control: ExportControl, out: SiteBudget): void {
  const o = control.observer;
  const n = control.stageCount;
  for (let g = 0; g < control.config.groups.length; g++) {
    const group = control.config.groups[g]!;
    const c = control.channels.length + g;
    let fixedW = 0;
    let deviationW = 0;
    for (let i = 0; i < n; i++) {
      if (control.shares[c * n + i] === 0) continue;
      if (o.follows[i] === Follows.model) deviationW += o.deviationW[i]!;
      else fixedW += o.modelW[i]!;
    }
    // Only what is beyond the models counts: a vehicle that takes less than asked makes no room behind a conductor.
    out.minW[c] = -group.dischargeLimitW - fixedW + Math.max(0, -deviationW);
    out.maxW[c] = group.chargeLimitW - fixedW - Math.max(0, deviationW);
    out.minReason[c] = group.reason;
    out.minSource[c] = group.name;
    out.maxReason[c] = group.reason;
    out.maxSource[c] = group.name;
  }
}
