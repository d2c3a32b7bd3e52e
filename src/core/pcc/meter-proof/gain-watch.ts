/**
 * A second line against a meter whose scale or sign has changed. Its power falls to a tenth or a hundredth, or turns round, from
 * one sample to the next while the stages stay where they are, in the direction in which they move power, so that an excess would
 * be hidden; or rises of the stages have not shown at it (`rise-watch.ts`). That alone may be a load. So: no increase, then the
 * stages come down a little, a few times, and the meter must fall by as much. Each answer is a vote (`ratio-votes.ts`), and good
 * ones end the doubt. Field problems: dbus-solaredge#14, openbridgeserver#1255, evcc#2162 (scale factors that change at run time).
 */

import type { ProofSample } from "./proof-sample.ts";

/** So far may two samples be from a factor of ten or a hundred: a share of the larger one, and σ of a sample. */
const factorShare = 0.12;
const factorSigmas = 2;
/** The larger of both powers counts from this share of the stages' sum and so many σ on. */
const jumpShare = 0.04;
const jumpSigmas = 10;
/**
 * A power turned round is the same within this share, and is large: a load that happens to turn the exchange round is far more
 * usual than a meter that does, and each doubt costs a moment in which nothing rises.
 */
const turnedShare = 0.03;
const turnedFromShare = 0.15;
/** The stages themselves may explain so much of the jump. */
const explainedShare = 0.25;
/** A probe moves by this share of the stages' sum, at least by so many σ; it needs power to move. */
const probeShare = 0.05;
const probeSigmas = 8;
/** Samples of which the mean is taken before and after a probe, and how far the stages may move meanwhile, of their sum. */
const meanSamples = 3;
const stillShare = 0.01;
/**
 * Meters and stages may be slower than configured: so long it waits at least after a jump and after each move, and longer once
 * answers were odd, ms.
 */
const settleMinMs = 1_200;
const settleOddMs = 2_400;
/**
 * The stages must have moved by this share of a probe before its answer counts, and not by more than that other one: then
 * they followed a step of the load, and a power at the PCC that is the same as before is our own doing.
 */
const movedShare = 0.5;
const movedMaxShare = 1.5;
/**
 * From one check to the next at least so long, and twice as long with each that has found nothing, at most that other time, ms:
 * beside clouds a check costs room and tells little.
 */
const checkEveryMs = 30_000;
const checkEveryMaxMs = 600_000;
/**
 * Where an answer takes longer than this the load moves meanwhile, checks would cost too much of the room, and a meter that only
 * averages for longer than configured looks as if its scale were wrong before anybody knows better, ms.
 */
const checkAnswerMaxMs = 500;
/** A probe that moves nothing for so many times the wait begins anew. */
const waitsMax = 3;
/** After so many probes, answered or not, the doubt ends: nothing can be found out while the load moves so much. */
const probesMax = 9;
/**
 * A limit that became tighter than a probe while that was under way: then the stages followed a fall of the load, which gives any
 * answer between these. A meter that is turned round makes a limit tighter as well, and answers below them.
 */
const followedMin = -0.4;
const followedMax = 1;
/** A step of the load in a doubt: from this share of the stages' sum and so many σ on, while they move by less than this. */
const stepShare = 0.01;
const stepSigmas = 6;
const stepStillShare = 0.003;
/** A step of up to so many probes in their direction may be the answer to one. */
const answerMost = 1.5;
/** A power that has fallen to a tenth or turned round is a vote for that ratio, known within this. */
const jumpError = 0.05;

/** Whether the stages' answer at the meter has the size that their ratings say. */
export interface GainWatch {
  readonly scaleW: number;
  /** From a command until the meter must show it in whole, ms. */
  readonly answerMs: number;
  /** The meter's scale is in doubt: nothing may rise. */
  doubted: boolean;
  /** The doubt is a check, no more: nothing odd has been seen. And when the next one may begin, ms. */
  checking: boolean;
  checkFromMs: number;
  checkEveryMs: number;
  /** In: by how much the meter is later than configured, ms, which makes every answer uncertain: longer waits. */
  laterMs: number;
  /** In: answers that were odd in the same way so far. Then the meter may be slower than anybody knows: longer waits. */
  oddVotes: number;
  /** While a probe is under way: net power of the stages when it began and what it takes of it, W. */
  probing: boolean;
  heldW: number;
  lessW: number;
  readonly sample: ProofSample;
  /** In: the stages' net power by their models, W. */
  netW: number;
  /** In: the sample answers a challenge of a meter that stood still; how far the challenge moves the stages, W. */
  challenged: boolean;
  challengeW: number;
  // what stands before a probe, and what is being averaged
  beforeMeterW: number;
  beforeStagesW: number;
  /** Steps of the load since the doubt began, W: taken off what the meter shows. */
  loadStepsW: number;
  sumMeterW: number;
  sumStagesW: number;
  count: number;
  waitUntilMs: number;
  /** How often the stages were found where they were before the probe. */
  waits: number;
  probes: number;
  /** In: a limit was tighter than the probe under way. */
  followed: boolean;
  /** Out: what a probe, or the jump that began the doubt, has shown, and its error, one σ. */
  answer: number;
  answerError: number;
  lastMeterW: number;
  lastStagesW: number;
}

/** Nothing doubted; `answerMs` is the time in which a step of the stages shows at the meter. */
export function createGainWatch(scaleW: number, answerMs: number, sample: ProofSample): GainWatch {
  return {
    scaleW,
    answerMs,
    doubted: false,
    checking: false,
    checkFromMs: Number.NEGATIVE_INFINITY,
    checkEveryMs,
    laterMs: 0,
    oddVotes: 0,
    probing: false,
    heldW: 0,
    lessW: 0,
    sample,
    netW: 0,
    challenged: false,
    challengeW: 0,
    beforeMeterW: Number.NaN,
    beforeStagesW: Number.NaN,
    loadStepsW: 0,
    sumMeterW: 0,
    sumStagesW: 0,
    count: 0,
    waitUntilMs: Number.NEGATIVE_INFINITY,
    waits: 0,
    probes: 0,
    followed: false,
    answer: Number.NaN,
    answerError: 0,
    lastMeterW: Number.NaN,
    lastStagesW: Number.NaN,
  };
}

/** A probe of a slower site takes so long that loads move meanwhile: there the stages' free moves alone prove the meter, ms. */
export const gainAnswerMaxMs = 3_000;

/** One sample. True when there is an `answer`. */
export function watchGain(w: GainWatch, nowMs: number): boolean {
  const jump = w.doubted ? Number.NaN : jumpRatio(w);
  const shownW = w.sample.meterW - w.lastMeterW;
  const movedW = w.sample.stagesW - w.lastStagesW;
  w.lastMeterW = w.sample.meterW;
  w.lastStagesW = w.sample.stagesW;
  if (!Number.isNaN(jump)) {
    doubtScale(w, nowMs);
    w.answer = jump;
    w.answerError = jumpError;
    return true;
  }
  // A meter so quiet that it stood still has nothing but the challenge to show, and would not live to see the end of a probe.
  if (w.doubted && w.challenged && isMoved(movedW, w.challengeW)) {
    waitFor(w, nowMs);
    return hasAnswer(w, shownW, movedW, 1);
  }
  if (!w.doubted) return false;
  noteLoadStep(w, shownW, movedW);
  if (nowMs < w.waitUntilMs) return false;
  if (w.count > 0 && Math.abs(w.sample.stagesW - w.sumStagesW / w.count) > stillShare * w.scaleW) {
    // The stages still move: their answer to a step of the load, or to the probe.
    waitFor(w, nowMs);
    return false;
  }
  w.sumMeterW += w.sample.meterW - w.loadStepsW;
  w.sumStagesW += w.sample.stagesW;
  w.count++;
  if (w.count < meanSamples) return false;
  const meterW = w.sumMeterW / w.count;
  const stagesW = w.sumStagesW / w.count;
  if (w.probing && Math.abs(stagesW - w.beforeStagesW) < movedShare * w.lessW && w.waits < waitsMax) {
    // Not moved yet.
    w.waits++;
    waitFor(w, nowMs);
    return false;
  }
  const answered =
    w.probing &&
    isMoved(stagesW - w.beforeStagesW, w.lessW) &&
    hasAnswer(w, meterW - w.beforeMeterW, stagesW - w.beforeStagesW, meanSamples);
  probe(w, meterW, stagesW, nowMs);
  return answered;
}

/** Much has risen and nothing has shown that the meter sees it: the same probes, now and then. */
export function checkScale(w: GainWatch, nowMs: number): void {
  if (w.doubted || nowMs < w.checkFromMs || w.answerMs > checkAnswerMaxMs) return;
  doubtScale(w, nowMs);
  w.checking = true;
  w.checkFromMs = nowMs + w.checkEveryMs;
  w.checkEveryMs = Math.min(2 * w.checkEveryMs, checkEveryMaxMs);
}

/** From here on the meter's scale is in doubt, unless it is already. */
function doubtScale(w: GainWatch, nowMs: number): void {
  w.checking = false;
  if (w.doubted) return;
  w.doubted = true;
  w.probing = false;
  w.probes = 0;
  w.loadStepsW = 0;
  w.beforeStagesW = Number.NaN;
  waitFor(w, nowMs);
}

/**
 * The load steps while the stages stand still: that is no part of the answer. A meter that is later than configured shows the
 * probe itself in such a moment, though, so a step that may be the answer stays in.
 */
function noteLoadStep(w: GainWatch, shownW: number, movedW: number): void {
  if (Math.abs(shownW) < Math.max(stepShare * w.scaleW, stepSigmas * w.sample.sigmaW)) return;
  if (Math.abs(movedW) > stepStillShare * w.scaleW) return;
  const answer = w.probing ? -shownW / (Math.sign(w.heldW) * w.lessW) : 0;
  if (answer > 0 && answer <= answerMost) return;
  w.loadStepsW += shownW;
}

const isMoved = (movedW: number, askedW: number): boolean =>
  Math.abs(movedW) >= movedShare * askedW && Math.abs(movedW) <= movedMaxShare * askedW;

const waitMs = (w: GainWatch): number =>
  Math.max(w.laterMs > 0 || w.oddVotes > (w.checking ? 0 : 1) ? settleOddMs : settleMinMs, w.answerMs + w.laterMs);

function waitFor(w: GainWatch, nowMs: number): void {
  w.waitUntilMs = nowMs + waitMs(w);
  restartMean(w);
}

/** A tenth, a hundredth or −1 where the meter's power has just become so much of what it was; NaN else. */
function jumpRatio(w: GainWatch): number {
  const was = Math.abs(w.lastMeterW);
  const is = Math.abs(w.sample.meterW);
  const larger = Math.max(was, is);
  if (!(larger > Math.max(jumpShare * w.scaleW, jumpSigmas * w.sample.sigmaW))) return Number.NaN;
  if (w.netW * w.lastMeterW <= 0) return Number.NaN;
  const slackW = factorShare * larger + factorSigmas * w.sample.sigmaW;
  const stageStepW = Math.abs(w.sample.stagesW - w.lastStagesW);
  // The same power the other way round: transformers or a sign that were turned.
  if (w.lastMeterW * w.sample.meterW < 0) {
    const sameW = turnedShare * larger + factorSigmas * w.sample.sigmaW;
    const isSame = Math.abs(w.lastMeterW + w.sample.meterW) <= sameW;
    return isSame && larger > turnedFromShare * w.scaleW && stageStepW <= turnedShare * larger ? -1 : Number.NaN;
  }
  // What hides an excess is less than before, in the direction in which the stages move power.
  if (is > was || stageStepW > explainedShare * (was - is)) return Number.NaN;
  const smaller = Math.min(was, is);
  if (Math.abs(larger - 10 * smaller) <= slackW) return 0.1;
  return Math.abs(larger - 100 * smaller) <= slackW ? 0.01 : Number.NaN;
}

/** What the stages' move has shown; false where they may have followed the load. */
function hasAnswer(w: GainWatch, shownW: number, movedW: number, samples: number): boolean {
  w.answer = shownW / movedW;
  w.answerError = (w.sample.sigmaW * Math.sqrt(2 / samples)) / Math.abs(movedW);
  return !(w.followed && w.answer > followedMin && w.answer < followedMax);
}

/** Begins the next probe from what the means say, where there is power to move. */
function probe(w: GainWatch, meterW: number, stagesW: number, nowMs: number): void {
  // A check goes on only as long as each answer is odd in the same way.
  if (++w.probes > (w.checking ? Math.min(1 + w.oddVotes, probesMax) : probesMax)) {
    endDoubt(w);
    return;
  }
  const lessW = Math.max(probeShare * w.scaleW, probeSigmas * w.sample.sigmaW);
  // Stages that are still on their way to where they were told to be would not move any further.
  w.probing = Math.abs(w.netW) > lessW && Math.abs(stagesW - w.netW) <= movedShare * lessW;
  w.waits = 0;
  w.followed = false;
  waitFor(w, nowMs);
  if (!w.probing) return;
  w.heldW = w.netW;
  w.lessW = lessW;
  w.beforeMeterW = meterW;
  w.beforeStagesW = stagesW;
}

function restartMean(w: GainWatch): void {
  w.sumMeterW = 0;
  w.sumStagesW = 0;
  w.count = 0;
}

/** The meter is believed again. */
export function endDoubt(w: GainWatch): void {
  w.checking = false;
  w.doubted = false;
  w.probing = false;
  restartMean(w);
}
