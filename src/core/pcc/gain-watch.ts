/**
 * A second line against a meter whose scale or sign has changed: its power falls to a tenth or a hundredth, or turns round, from
 * one sample to the next while the stages stay where they are, in the direction in which they move power, so that an excess would
 * be hidden. That alone may be a load. So: no increase, then the stages come down a little, twice at most (four times where the
 * sign is in doubt), and the meter must fall by as much. One that does not shows something else than the exchange of the site.
 * Field problems: dbus-solaredge#14, openbridgeserver#1255, evcc#2162 (scale factors that change at run time).
 */

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
/** Meters and stages may be slower than configured: so long it waits at least after a jump and after each move, ms. */
const settleMinMs = 1_200;
/**
 * The stages must have moved by this share of a probe before its answer counts, and not by more than that other one: then
 * they followed a step of the load, and a power at the PCC that is the same as before is our own doing.
 */
const movedShare = 0.5;
const movedMaxShare = 1.5;
/** A probe that moves nothing for so many times the wait begins anew. */
const waitsMax = 3;
/** An answer within these bounds is a live, whole one and ends the doubt. */
const answerMin = 0.5;
const answerMax = 1.5;
/**
 * An answer of a tenth or less is odd, as the jump was. So many odd ones are the verdict, and so many of the other sign with
 * nothing else between them; any other answer is a load that moved at the same time, and after so many probes the doubt ends.
 */
const tenthMax = 0.25;
const oddMax = 2;
const turnedMin = 4;
const probesMax = 6;

/** Whether the stages' answer at the meter has the size that their ratings say. */
export interface GainWatch {
  readonly scaleW: number;
  /** From a command until the meter must show it in whole, ms. */
  readonly answerMs: number;
  /** The meter's scale is in doubt: nothing may rise. */
  doubted: boolean;
  /** While a probe is under way: net power of the stages when it began and what it takes of it, W. */
  probing: boolean;
  heldW: number;
  lessW: number;
  // In: the sample, what the stages did in its window, noise and the stages' net power by their models.
  sampleMeterW: number;
  sampleStagesW: number;
  sampleSigmaW: number;
  netW: number;
  /** In: the sample answers a challenge of a meter that stood still; how far the challenge moves the stages, W. */
  challenged: boolean;
  challengeW: number;
  // what stands before a probe, and what is being averaged
  beforeMeterW: number;
  beforeStagesW: number;
  sumMeterW: number;
  sumStagesW: number;
  count: number;
  waitUntilMs: number;
  /** How often the stages were found where they were before the probe. */
  waits: number;
  odd: number;
  turned: number;
  probes: number;
  lastMeterW: number;
  lastStagesW: number;
}

/** Nothing doubted; `answerMs` is the time in which a step of the stages shows at the meter. */
export function createGainWatch(scaleW: number, answerMs: number): GainWatch {
  return {
    scaleW,
    answerMs,
    doubted: false,
    probing: false,
    heldW: 0,
    lessW: 0,
    sampleMeterW: Number.NaN,
    sampleStagesW: Number.NaN,
    sampleSigmaW: 0,
    netW: 0,
    challenged: false,
    challengeW: 0,
    beforeMeterW: Number.NaN,
    beforeStagesW: Number.NaN,
    sumMeterW: 0,
    sumStagesW: 0,
    count: 0,
    waitUntilMs: Number.NEGATIVE_INFINITY,
    waits: 0,
    odd: 0,
    turned: 0,
    probes: 0,
    lastMeterW: Number.NaN,
    lastStagesW: Number.NaN,
  };
}

/** A probe of a slower site takes so long that loads move meanwhile: there the stages' free moves alone prove the meter, ms. */
export const gainAnswerMaxMs = 3_000;

/** One sample, in the fields above. True when the meter shows something else than the exchange of the site. */
export function watchGain(w: GainWatch, nowMs: number): boolean {
  const jumped = hasJumped(w);
  const shownW = w.sampleMeterW - w.lastMeterW;
  const movedW = w.sampleStagesW - w.lastStagesW;
  w.lastMeterW = w.sampleMeterW;
  w.lastStagesW = w.sampleStagesW;
  if (jumped && !w.doubted) {
    w.doubted = true;
    w.probing = false;
    w.odd = 0;
    w.turned = 0;
    w.probes = 0;
    w.beforeStagesW = Number.NaN;
    waitFor(w, nowMs);
    return false;
  }
  // A meter so quiet that it stood still has nothing but the challenge to show, and would not live to see the end of a probe.
  if (w.doubted && w.challenged && isMoved(movedW, w.challengeW)) {
    if (isOddAnswer(w, shownW / movedW)) return true;
    waitFor(w, nowMs);
    return false;
  }
  if (!w.doubted || nowMs < w.waitUntilMs) return false;
  if (w.count > 0 && Math.abs(w.sampleStagesW - w.sumStagesW / w.count) > stillShare * w.scaleW) {
    // The stages still move: their answer to a step of the load, or to the probe.
    waitFor(w, nowMs);
    return false;
  }
  w.sumMeterW += w.sampleMeterW;
  w.sumStagesW += w.sampleStagesW;
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
  if (w.probing && isMoved(stagesW - w.beforeStagesW, w.lessW) && isOdd(w, meterW, stagesW)) return true;
  if (w.doubted) probe(w, meterW, stagesW, nowMs);
  return false;
}

const isMoved = (movedW: number, askedW: number): boolean =>
  Math.abs(movedW) >= movedShare * askedW && Math.abs(movedW) <= movedMaxShare * askedW;

function waitFor(w: GainWatch, nowMs: number): void {
  w.waitUntilMs = nowMs + Math.max(settleMinMs, w.answerMs);
  restartMean(w);
}

function hasJumped(w: GainWatch): boolean {
  const was = Math.abs(w.lastMeterW);
  const is = Math.abs(w.sampleMeterW);
  const larger = Math.max(was, is);
  if (!(larger > Math.max(jumpShare * w.scaleW, jumpSigmas * w.sampleSigmaW))) return false;
  if (w.netW * w.lastMeterW <= 0) return false;
  const slackW = factorShare * larger + factorSigmas * w.sampleSigmaW;
  const stageStepW = Math.abs(w.sampleStagesW - w.lastStagesW);
  // The same power the other way round: transformers or a sign that were turned.
  if (w.lastMeterW * w.sampleMeterW < 0) {
    const sameW = turnedShare * larger + factorSigmas * w.sampleSigmaW;
    const isSame = Math.abs(w.lastMeterW + w.sampleMeterW) <= sameW;
    return isSame && larger > turnedFromShare * w.scaleW && stageStepW <= turnedShare * larger;
  }
  // What hides an excess is less than before, in the direction in which the stages move power.
  if (is > was || stageStepW > explainedShare * (was - is)) return false;
  const smaller = Math.min(was, is);
  return Math.abs(larger - 10 * smaller) <= slackW || Math.abs(larger - 100 * smaller) <= slackW;
}

/** The answer to a probe: a good one ends the doubt, the last odd one is the verdict. */
function isOdd(w: GainWatch, meterW: number, stagesW: number): boolean {
  return isOddAnswer(w, (meterW - w.beforeMeterW) / (stagesW - w.beforeStagesW));
}

function isOddAnswer(w: GainWatch, answer: number): boolean {
  w.probes++;
  if ((answer >= answerMin && answer <= answerMax) || w.probes >= probesMax) {
    endDoubt(w);
    return false;
  }
  if (answer > -tenthMax && answer < tenthMax) w.odd++;
  if (answer >= -answerMax && answer <= -answerMin) w.turned++;
  return w.odd >= oddMax || (w.turned >= turnedMin && w.turned === w.probes);
}

/** Begins the next probe from what the means say, where there is power to move. */
function probe(w: GainWatch, meterW: number, stagesW: number, nowMs: number): void {
  const lessW = Math.max(probeShare * w.scaleW, probeSigmas * w.sampleSigmaW);
  // Stages that are still on their way to where they were told to be would not move any further.
  w.probing = Math.abs(w.netW) > lessW && Math.abs(stagesW - w.netW) <= movedShare * lessW;
  w.waits = 0;
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
  w.doubted = false;
  w.probing = false;
  w.odd = 0;
  restartMean(w);
}
