/**
 * Export and import control at the point of common coupling (PCC): how much all stages together may charge or discharge
 * in this tick, so that the meter stays inside both limits. A time-aligned load observer, an asymmetric envelope for each
 * limit and phase, and supervision of the meter. `allocation.ts` shares the result; `pcc/lead.ts` hastens cuts.
 * Core sign: positive is from the grid to the vehicle. Stages may charge and discharge at the same time: sums count.
 */
import { serveMaxPu, serveMinPu } from "../../domain/electrical.ts";
import { Quality } from "../../domain/quality.ts";
import type { StageCommand } from "../commands.ts";
import type { MeterFacts, StageFacts } from "../snapshot.ts";
import { type Channel, type ExportControl, holdMs, type Side, type SiteBudget } from "./control-state.ts";
import { watchDelays } from "./dynamics/delay-watch.ts";
import {
  asConfigured,
  forgetComparison,
  judgeMeter,
  noteExcess,
  noteReadings,
  noteSlowUpdate,
} from "./dynamics/dynamics.ts";
import { measuredSum } from "./dynamics/stage-history.ts";
import { learnNoise, lowerEnvelope, restartEnvelope, sampleEnvelope, tickEnvelope } from "./envelope.ts";
import { advanceObserver, fillStagePowers, PowerSource } from "./load-observer.ts";
import { checkScale, endDoubt, gainAnswerMaxMs, watchGain } from "./meter-proof/gain-watch.ts";
import { noteLoadSteps, type RatioVerdict, voteRatio } from "./meter-proof/ratio-votes.ts";
import { restartRises, watchRises } from "./meter-proof/rise-watch.ts";
import { noteMove, restartProof } from "./meter-proof/sign-proof.ts";
import { condemnMeter, resetMeter, superviseMeter } from "./meter-supervision.ts";
import type { PccLimits } from "./pcc-limits.ts";

export {
  createExportControl,
  createSiteBudget,
  type ExportControl,
  type ExportControlConfig,
  type ProtectiveGroup,
  type SiteBudget,
} from "./control-state.ts";

/** k_m: the margin grows by 2 σ of a sample. The sliding minimum adds about 2 σ more. */
const marginSigmas = 2;
/**
 * A fresh sample has waited for its tick, by half of one on average. A quarter is reckoned with, and no more than this, ms:
 * guessed too old, a window hides a part of the load behind the stages' moves, and an excess lasts longer than is promised.
 */
const sampleAgeTicks = 0.25;
const sampleAgeMaxMs = 10;
const sampleAgeMs = (tickMs: number): number => Math.min(sampleAgeTicks * tickMs, sampleAgeMaxMs);
/** A stage that does less than its model gives room to others only through this filter; one that does more acts at once. */
const shortfallFilterMs = 1_000;
/** The challenge of a suspect meter: 3 % of the stages' sum, at least 6 σ and 5 steps of the meter. */
const challengeShare = 0.03;
const challengeSigmas = 6;
const challengeQuanta = 5;
/** Where less flows than that, the end of it is one as well, from so much on. */
const challengeLeastShare = 0.01;
const challengeLeastQuanta = 2.5;
/** What flows until a meter that stands still has shown that it lives, in challenges: enough to move by one. */
const showChallenges = 1.2;
/** Less than this share of the stages' sum is no power. */
const idleShare = 0.005;
/** With a silent meter discharge ramps to zero within this time. */
const staleRampMs = 300;
/** An excess of the PCC's limits: beyond this share of the stages' sum and this many σ. */
const excessShare = 0.005;
const excessSigmas = 4;
/** While the dynamics are measured instead of configured: how much slower power rises, and how slowly excess counts, ms. */
const measuredRiseShare = 0.5;
const measuredExcessMs = 5_000;
/** For each level of the last resort: how much slower power rises, and how much wider the margin is, of the stages' sum. */
const levelRiseShare = 0.25;
const levelMarginShare = 0.01;
/** Until the meter is proven, and as the distance from a limit at which a move counts as free: shares of the stages' sum. */
const unprovenShare = 0.1;
const freeShare = 0.05;

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
  control.sinceMs = control.steppedAtMs < nowMs ? nowMs - control.steppedAtMs : 0;
  control.steppedAtMs = nowMs;
  advanceObserver(o, previousCommands, stages, nowMs, holdMs);
  watchDelays(control.delays, o, stages);
  const d = control.dynamics;
  const disturbed = nowMs < control.besideFromMs || nowMs < control.calmFromMs;
  noteReadings(d, o, stages, control.shares, disturbed, nowMs);
  o.slowStages = d.measured;

  let netW = 0;
  for (let i = 0; i < n; i++) if (o.powerSource[i] === PowerSource.model) netW += o.modelW[i]!;
  control.netW = netW;
  const s = control.supervision;
  const wasChallenging = s.challenging;
  setChallenge(control);
  s.followsLaterMs = Math.max(d.stageLaterMs, control.delays.laterMs);
  s.idle = Math.abs(netW) < idleShare * control.scaleW;
  superviseMeter(s, meter, Math.abs(wasChallenging ? control.challengeFromW : netW) > control.challengeLeastW, nowMs);
  if (s.challenging && !wasChallenging) control.challengeFromW = netW;
  control.gainWatch.challenged = wasChallenging && s.hasSample;
  control.gainWatch.challengeW = control.challengeW;

  if (s.hasSample) {
    control.sampleUntilMs = meter.sampleAtMs - d.latencyMs - sampleAgeMs(control.config.tickMs);
    control.sampleFromMs = control.sampleUntilMs - d.windowMs;
    o.spanUntilMs = control.sampleUntilMs;
    o.spanFromMs = control.sampleFromMs;
    fillStagePowers(o, control.sampleStageW);
  }
  for (let c = 0; c < control.channels.length; c++) {
    stepChannel(control, c, meter, limits, nowMs, out);
  }
  if (isApart(control, meter, stages)) control.besideFromMs = nowMs + calmAfterMs;
  if (hasSag(control, stages)) control.calmFromMs = nowMs + calmAfterMs;
  if (s.hasSample) {
    if (nowMs < control.besideFromMs) forgetComparison(d);
    else watchDynamics(control, meter, limits, nowMs);
    control.started = true;
    proveMeter(control, meter, stages, out, nowMs);
  }
  out.quality = s.quality;
  capTotals(control, limits, out);
  boundGroups(control, out);
  out.availableDischargeW = Math.max(0, Math.min(-out.minW[0]!, out.totalDischargeCapW));
  out.availableChargeW = Math.max(0, Math.min(out.maxW[0]!, out.totalChargeCapW));
}

/**
 * A person on site has looked at it: meter and stages are taken as configured again, and a condemned meter counts again and
 * has to be proven by the stages' moves.
 */
export function resetExportControl(control: ExportControl): void {
  if (control.dynamics.cause !== "") asConfigured(control.dynamics);
  if (!control.supervision.condemned) return;
  resetMeter(control.supervision);
  restartProof(control.signProof);
}

/** Compares the ways of reckoning the load with this sample, and counts excesses of the PCC's limits. */
function watchDynamics(
  { dynamics: d, channels, config, supervision }: ExportControl,
  { powerW, sampleAtMs }: MeterFacts,
  { exportLimitW, importLimitW }: PccLimits,
  nowMs: number,
): void {
  const { sigmaW } = channels[0]!.noise;
  d.ways.sampleMeterW = powerW;
  if (supervision.updateMs > supervision.toldUpdateMs && d.cause === "") noteSlowUpdate(d, supervision.updateMs, nowMs);
  d.ways.sampleEndMs = sampleAtMs - sampleAgeTicks * config.tickMs;
  judgeMeter(d, nowMs);
  d.overW = Math.max(-powerW - exportLimitW, powerW - importLimitW);
  d.overLeastW = Math.max(excessShare * channels[0]!.scaleW, excessSigmas * sigmaW);
  noteExcess(d, nowMs);
}

function proveMeter(
  control: ExportControl,
  meter: MeterFacts,
  stages: readonly StageFacts[],
  out: SiteBudget,
  nowMs: number,
): void {
  const { netW, gainWatch: gain, signProof: proof } = control;
  const roomW = freeShare * control.scaleW;
  const beside = nowMs >= control.besideFromMs && nowMs >= control.calmFromMs && allHeard(control, stages, nowMs);
  const free = beside && netW - roomW > out.minW[0]! && netW + roomW < out.maxW[0]!;
  // By what the stages say: a model that is too fast would put the meter in the wrong.
  measureSample(control, 0);
  const sample = control.proofSample;
  sample.meterW = meter.powerW;
  sample.stagesW = control.dynamics.history.meanW;
  sample.sigmaW = control.channels[0]!.noise.sigmaW;
  gain.netW = netW;
  // The moves of a probe are for the probe to judge.
  proof.leastW = gain.doubted ? notProbes * gain.lessW : 0;
  noteLoadSteps(proof.votes, nowMs);
  let verdict = noteMove(proof, free, nowMs);
  if (verdict === "none") verdict = doubtMeter(control, beside, nowMs);
  if (verdict === "none") return;
  endDoubt(gain);
  condemnMeter(control.supervision, verdict === "reversed" ? "meter-reversed" : "meter-implausible");
}

/** The same where a limit binds: by probes, once a jump of the meter or rises that it did not show give a reason. */
function doubtMeter(control: ExportControl, beside: boolean, nowMs: number): RatioVerdict {
  const { gainWatch: gain, riseWatch: rise, dynamics } = control;
  const { votes } = control.signProof;
  // Slower stages are told apart by their readings. A meter of another scale may look like a slower one, so that goes on.
  gain.laterMs = 2 * Math.max(0, dynamics.meterLaterMs);
  if ((dynamics.measured && dynamics.cause !== "meter-slower") || gain.answerMs > gainAnswerMaxMs) {
    endDoubt(gain);
    return "none";
  }
  if (beside) watchRises(rise, nowMs);
  else restartRises(rise);
  const { goodVotes } = votes;
  if (rise.isUnseen) checkScale(gain, nowMs);
  let verdict: RatioVerdict = "none";
  gain.oddVotes = votes.odd;
  if (watchGain(gain, nowMs)) verdict = voteRatio(votes, gain.answer, gain.answerError, gain.laterMs === 0);
  // A meter that has just shown a move in whole is in no doubt about its scale.
  if (votes.goodVotes > goodVotes) rise.isUnseen = false;
  if (votes.odd === 0 && (votes.goodVotes > goodVotes || !gain.checking)) endDoubt(gain);
  return verdict;
}

/** While there are probes a move counts as another one from so many of them on. */
const notProbes = 2;

/** When a disturbed supply is back everything starts at once, which takes so long, ms. */
const calmAfterMs = 15_000;

/**
 * Without a grid, or in an island, the meter sees nothing of the stages: what they do there proves nothing about it, nor
 * about how fast they are. Afterwards the load moves by itself while the stages begin again: no cause and effect.
 */
function isApart(control: ExportControl, meter: MeterFacts, stages: readonly StageFacts[]): boolean {
  if (meter.voltagePu < serveMinPu || meter.voltagePu > serveMaxPu) return true;
  for (let i = 0; i < control.stageCount; i++) if (stages[i]!.role === "forming") return true;
  return false;
}

/** The same for the proof of the meter's sign, where a stage saw a sag that the meter did not see. */
function hasSag(control: ExportControl, stages: readonly StageFacts[]): boolean {
  for (let i = 0; i < control.stageCount; i++) if (stages[i]!.voltagePu < serveMinPu) return true;
  return false;
}

/** A stage that has not answered for so many ticks does what nobody knows. */
const answerMaxTicks = 3;

/**
 * What a stage is thought to do whose link has just broken, or that answers with old values, proves nothing: the command may
 * never have reached it.
 */
function allHeard(control: ExportControl, stages: readonly StageFacts[], nowMs: number): boolean {
  const heardSinceMs = nowMs - answerMaxTicks * control.config.tickMs;
  const { powerSource } = control.observer;
  for (let i = 0; i < control.stageCount; i++) {
    if (stages[i]!.atMs < heardSinceMs || powerSource[i] === PowerSource.lastKnown) return false;
  }
  return true;
}

/** Steps 3 to 9 for the PCC (c = 0) or one phase. */
function stepChannel(
  control: ExportControl,
  c: number,
  meter: MeterFacts,
  limits: PccLimits,
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
    if (o.powerSource[i] === PowerSource.model) deviationW += share * o.deviationW[i]!;
    else fixedW += share * o.modelW[i]!;
    jumpW += share * o.jumpW[i]!;
  }
  const exportSide = channel.exportSide;
  const importSide = channel.importSide;
  if (jumpW > 0) lowerEnvelope(exportSide.envelope, jumpW, nowMs);
  else if (jumpW < 0) lowerEnvelope(importSide.envelope, -jumpW, nowMs);

  const phaseW = c === 0 ? meter.powerW : meter.phasePowerW[c - 1]!;
  if (s.hasSample && Number.isFinite(phaseW)) {
    const stagesW = sampleStagesW(control, c);
    const loadW = phaseW - stagesW;
    if (c === 0) out.loadW = loadW;
    learnNoise(channel.noise, loadW);
    if (control.started) {
      exportSide.envelope.sampleW = loadW;
      importSide.envelope.sampleW = -loadW;
      sampleEnvelope(exportSide.envelope, channel.noise, nowMs, channel.tuning);
      sampleEnvelope(importSide.envelope, channel.noise, nowMs, channel.tuning);
    } else {
      // Power starts from what flows now and rises slowly.
      const exportLimitW = c === 0 ? limits.exportLimitW : config.phaseExportLimitW;
      const importLimitW = c === 0 ? limits.importLimitW : config.phaseImportLimitW;
      exportSide.limitW = exportLimitW;
      importSide.limitW = importLimitW;
      exportSide.startW = -stagesW;
      importSide.startW = stagesW;
      restartEnvelope(exportSide.envelope, loadW, nowMs);
      restartEnvelope(importSide.envelope, -loadW, nowMs);
    }
  }
  const exportLimitW = c === 0 ? limits.exportLimitW : config.phaseExportLimitW;
  const importLimitW = c === 0 ? limits.importLimitW : config.phaseImportLimitW;
  exportSide.askedLimitW = exportLimitW;
  exportSide.newExcessW = -deviationW;
  stepSide(control, channel, exportSide, nowMs);
  importSide.askedLimitW = importLimitW;
  importSide.newExcessW = deviationW;
  stepSide(control, channel, importSide, nowMs);
  out.minW[c] = -exportSide.availableW - fixedW;
  out.maxW[c] = importSide.availableW - fixedW;
  out.minReason[c] = c === 0 ? limits.exportReason : "phase-limit";
  out.minSource[c] = c === 0 ? limits.exportSource : "pcc-meter";
  out.maxReason[c] = c === 0 ? limits.importReason : "phase-limit";
  out.maxSource[c] = c === 0 ? limits.importSource : "pcc-meter";
}

/** What all stages did in the window of the sample, W: by their models, or by their readings once those have proven right. */
function sampleStagesW(control: ExportControl, c: number): number {
  const { dynamics } = control;
  if (!dynamics.measured) return sumOf(control, c, control.sampleStageW);
  measureSample(control, c);
  return dynamics.history.meanW;
}

/** What the stages' readings say that they did in the window of the sample, W, into `dynamics.meanW`. */
function measureSample({ dynamics, sampleFromMs, sampleUntilMs }: ExportControl, c: number): void {
  dynamics.history.spanFromMs = sampleFromMs;
  dynamics.history.spanUntilMs = sampleUntilMs;
  measuredSum(dynamics.history, c);
}

/** Sum of the stages' powers in a channel, W. */
function sumOf(control: ExportControl, c: number, powerW: Float64Array): number {
  const base = c * control.stageCount;
  let sumW = 0;
  for (let i = 0; i < control.stageCount; i++) sumW += control.shares[base + i]! * powerW[i]!;
  return sumW;
}

/** Beyond this a limit is none: 1 TW. */
const unlimitedW = 1e12;

/** Slower in every doubt about the dynamics: half once they are measured, a quarter for each level of the last resort. */
const riseShareOf = (measured: boolean, level: number): number =>
  (measured ? measuredRiseShare : 1) * levelRiseShare ** level;

/** Steps 7 to 9 of one side of a channel: from what stands in its fields to its `availableW`. */
function stepSide(control: ExportControl, channel: Channel, side: Side, nowMs: number): void {
  const dtMs = control.sinceMs;
  const { mayRise, mayShow } = control.supervision;
  const e = side.envelope;
  const { measured, level } = control.dynamics;
  e.riseW = mayRise || mayShow ? riseShareOf(measured, level) * channel.tuning.riseWPerMs * dtMs : 0;
  if (measured) e.overcutW = 0;
  tickEnvelope(e, nowMs, channel.tuning);
  // A stage that is slower than its model looks disobedient for a while after each move: no haste with it, and no room for it.
  const moreW = (measured ? Math.max(0, side.newExcessW) : side.newExcessW) - side.excessW;
  const filterMs = measured ? measuredExcessMs : moreW >= 0 ? 0 : shortfallFilterMs;
  side.excessW += (dtMs / (filterMs + dtMs || 1)) * moreW;
  const limitW = side.askedLimitW;
  if (limitW >= unlimitedW) {
    side.limitW = unlimitedW;
    side.availableW = Number.POSITIVE_INFINITY;
    return;
  }
  const risenW = side.limitW + e.riseW;
  side.limitW = limitW < risenW ? limitW : risenW;
  const { gainError } = control.config.meter;
  const marginW =
    channel.marginFixedW +
    marginSigmas * channel.noise.sigmaW +
    gainError * side.limitW +
    level * levelMarginShare * channel.scaleW;
  side.startW += e.riseW;
  if (side.startW > channel.scaleW) side.startW = Number.POSITIVE_INFINITY;
  const roomW = Math.min(e.valueW + side.limitW, side.startW);
  side.availableW = roomW - e.overcutW - e.aheadW - marginW - side.excessW;
}

function setChallenge(control: ExportControl): void {
  control.challengeW = Math.max(
    challengeShare * control.scaleW,
    challengeSigmas * control.channels[0]!.noise.sigmaW,
    challengeQuanta * control.config.meter.quantumW,
  );
  control.challengeLeastW = Math.max(
    challengeLeastShare * control.scaleW,
    challengeSigmas * control.channels[0]!.noise.sigmaW,
    challengeLeastQuanta * control.config.meter.quantumW,
  );
}

/** What a meter in doubt leaves: a challenge moves the sum, a stale meter ends discharge and leaves the fallback for charging. */
function capTotals(control: ExportControl, limits: PccLimits, out: SiteBudget): void {
  const s = control.supervision;
  const needsMeter =
    limits.exportLimitW < unlimitedW || limits.importLimitW < unlimitedW || control.channels.length > 1;
  if (s.quality === Quality.good || !needsMeter) {
    const wholeW = control.signProof.votes.proven || !needsMeter ? control.scaleW : unprovenShare * control.scaleW;
    out.totalDischargeCapW = wholeW;
    out.totalChargeCapW = wholeW;
    out.totalCapReason = "meter-unproven";
  } else {
    control.started = false;
    out.totalCapReason = s.reason === "" ? "meter-stale" : s.reason;
    // A silent link ends in a ramp; a meter that lies ends discharge at once.
    const stepW = s.quality === Quality.stale ? (control.scaleW * control.sinceMs) / staleRampMs : control.scaleW;
    out.totalDischargeCapW = Math.max(0, out.totalDischargeCapW - stepW);
    out.totalChargeCapW = Math.max(
      Math.min(control.config.fallbackChargeW, control.scaleW),
      out.totalChargeCapW - stepW,
    );
    // The limits at the PCC cannot be checked; the fallback stands in for them.
    for (let c = 0; c < control.channels.length; c++) {
      out.minW[c] = Number.NEGATIVE_INFINITY;
      out.maxW[c] = Number.POSITIVE_INFINITY;
    }
  }
  const { gainWatch: gain } = control;
  if (gain.probing) {
    const { heldW, lessW } = gain;
    if (heldW < 0 ? out.minW[0]! > heldW + lessW : out.maxW[0]! < heldW - lessW) gain.followed = true;
  }
  if (gain.doubted && s.quality === Quality.good) {
    // What flows may stay; beyond it only as much as of an unproven meter.
    const mostW = Math.max(Math.abs(control.netW), unprovenShare * control.scaleW);
    out.totalDischargeCapW = Math.min(out.totalDischargeCapW, mostW);
    out.totalChargeCapW = Math.min(out.totalChargeCapW, mostW);
  }
  if ((!s.mayRise || gain.probing) && s.quality === Quality.good) {
    // No increases; and while challenging or probing, a little less of whatever flows.
    // Also beyond a probe: a meter that stands still during it would not be seen to live.
    const heldW = s.challenging ? control.challengeFromW : gain.probing ? gain.heldW : control.netW;
    const lessW = s.challenging ? Math.min(control.challengeW, Math.abs(heldW)) : gain.probing ? gain.lessW : 0;
    if (s.mayShow && !gain.probing) {
      const mostW = Math.max(Math.abs(control.netW), showChallenges * control.challengeW);
      out.minW[0] = Math.max(out.minW[0]!, -mostW);
      out.maxW[0] = Math.min(out.maxW[0]!, mostW);
      return;
    }
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
      if (o.powerSource[i] === PowerSource.model) deviationW += o.deviationW[i]!;
      else fixedW += o.modelW[i]!;
    }
    // Only what is beyond the models counts: a vehicle that takes less than asked makes no room behind a conductor.
    out.minW[c] = -group.discharge.limitW - fixedW + Math.max(0, -deviationW);
    out.maxW[c] = group.charge.limitW - fixedW - Math.max(0, deviationW);
    out.minReason[c] = group.discharge.reason;
    out.minSource[c] = group.discharge.source;
    out.maxReason[c] = group.charge.reason;
    out.maxSource[c] = group.charge.source;
  }
}
