/**
 * May the meter at the PCC be believed? Stale (the link is silent), frozen (the link answers, the values stand still),
 * implausible (impossible values). A still block decides nothing by itself: a quiet site with a coarse meter looks the
 * same. So: suspicion first, then a challenge (we change our power and look whether the meter sees it), then the verdict.
 * Source: the study of the control loop, "supervision of the meter"; requirement R15 (discharge 0 within 2 s).
 */
import { Quality } from "../../domain/quality.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { clamp, hourMs } from "../../domain/units.ts";
import type { MeterFacts } from "../snapshot.ts";

/** The meter at the PCC as its data sheet says: period, window and latency, ms; range, resolution and accuracy, W. */
export interface MeterConfig {
  /** Interval between new samples, ms. */
  readonly updateMs: number;
  /** Averaging window of a sample, ms. */
  readonly windowMs: number;
  /** From the end of the window until we can read it, ms. */
  readonly latencyMs: number;
  /** Largest magnitude that it can measure, W. */
  readonly rangeW: number;
  /** Its constant error, W: added to the margin. */
  readonly offsetErrorW: number;
  /** Its error in proportion to what it shows: at a limit the margin grows by this share of it. */
  readonly gainError: number;
  /** Resolution of its power value, W. */
  readonly quantumW: number;
  /** False: sign and place were not proven at commissioning, so power stays small until the stages' moves prove them. */
  readonly proven?: boolean;
}

/** No sample for this many intervals plus `noRiseAfterMs`: no increases. */
const noRiseAfterSamples = 3;
const noRiseAfterMs = 50;
/** No sample for this long: power goes to zero (R15 leaves 2 s; the stages need the rest). */
const zeroAfterMs = 1_000;
/** No answer for this long, or for two intervals: the link is silent, whatever the values did before. */
const linkSilentMs = zeroAfterMs / 2;
/** Still blocks before suspicion: at least, and at most this long. */
const stillBlocksMin = 3;
const stillForMaxMs = 800;
/**
 * With less power than a challenge could move, a block that stands still this long is frozen: as late as R15 allows, because a
 * quiet meter of coarse resolution (100 W, 0.1 V) stands still for up to 18 samples. A standing sequence needs no such time.
 * Before that the stages may give or take a little more, which shows as well as a challenge does.
 */
const stillSmallMs = 1_600;
/**
 * Without any power nothing has been tried: the next sample counts again at once, and a meter that has stood still for longer
 * gets so many times as long before it is called frozen the next time, at most this, ms.
 */
const idleStillFactor = 1.5;
const idleStillMaxMs = 10_000;
/** At most one false suspicion in this time. */
const suspicionEveryMs = hourMs;
/**
 * Without a sample the load may step unseen. When the third one in a row is overdue, power makes room for that (see
 * `lead.ts`) …
 */
const overdueSamplesMin = 3;
/** … but not within this time, which a link may need to send a request again … */
const overdueMinMs = 200;
/** … and not of a meter that often stands still by itself, beyond this many still blocks between two changes (15 %). */
const overdueRepeatsMax = 0.176;
/** A live but quiet meter shows first that it lives: the stages move a little, one sample and this long before. */
const proveBeforeMs = 100;
/** Memory of the learnt repeat rate: about 200 samples. */
const repeatGain = 0.005;
/** After a verdict, plausible samples for this long before the meter counts again. */
const trustAgainAfterMs = 5_000;
/** Phases and total may differ by this share of the range. */
const phaseSumShare = 0.01;
/**
 * They are told by different reads, or by several meters: while power moves they do not fit for a moment. Until this is over the
 * total counts, and power does not rise, ms.
 */
const phasesApartMaxMs = 1_000;

/** So many samples show how often the meter really has one: the shortest gap between them, at most so long, ms. */
const gapSamples = 8;
const learntUpdateMaxMs = 2_000;
/** Gaps this many times longer than configured are not chance. */
const clearlySlower = 2.5;
/**
 * … where so much moved in each, as a share of the range and in steps of the resolution: a quiet meter shows the same again
 * and again, and then the next digit.
 */
const gapMovedShare = 0.001;
const gapMovedQuanta = 5;

/** Whether the meter's samples come, move and may be believed, and since when. */
export interface MeterSupervision {
  readonly config: MeterConfig;
  /** Interval between new samples as configured, or the tick where that is longer: no sample is seen between two ticks, ms. */
  readonly toldUpdateMs: number;
  /** Interval between new samples: as configured, or as the meter shows when it is clearly slower, ms. */
  updateMs: number;
  /** The shortest gap of the samples so far, how many of them followed a move, and the last power shown, W. */
  gapMs: number;
  gaps: number;
  shownW: number;
  /** From the challenge until it must show: write, dead time, response, latency, two windows. */
  readonly challengeMs: number;
  quality: Quality;
  /** Why it is not believed; "" while it is. */
  reason: ReasonKey | "";
  /** A new, plausible sample has arrived in this tick. */
  hasSample: boolean;
  /** Power may rise. */
  mayRise: boolean;
  /** The stages shall move a little, so that the meter can show whether it lives. */
  challenging: boolean;
  /** Samples are missing for so long that a step of the load may have gone unseen for too long. Ends with the next one. */
  overdue: boolean;
  sampleCount: number;
  sampleAtMs: number;
  suspectedAtMs: number;
  /** Since when the stages have moved for the meter to show it; infinite while they do not, ms. */
  challengedAtMs: number;
  /** The block stands still and there is too little power for a challenge: a little more may flow, and would show. */
  mayShow: boolean;
  /** In: by how much the latest stage follows later than configured, ms; and that the stages give and take nothing. */
  followsLaterMs: number;
  idle: boolean;
  /** How long the block may stand still without power until it is called frozen, ms. */
  idleStillMs: number;
  trustedFromMs: number;
  /** Since when phases and total do not fit; infinite while they do. */
  apartSinceMs: number;
  /** Mean number of still blocks between two changes. */
  repeats: number;
  /** Condemned until a person resets it: reversed, or it does not see the stages. */
  condemned: boolean;
}

/** `answerMs` is the slowest stage's write + dead time + two time constants. */
export function createMeterSupervision(config: MeterConfig, answerMs: number, tickMs = 0): MeterSupervision {
  const toldUpdateMs = Math.max(config.updateMs, tickMs);
  return {
    config,
    toldUpdateMs,
    updateMs: toldUpdateMs,
    gapMs: Number.POSITIVE_INFINITY,
    gaps: 0,
    shownW: Number.NaN,
    challengeMs: answerMs + config.latencyMs + 2 * config.windowMs,
    quality: Quality.missing,
    reason: "meter-stale",
    hasSample: false,
    mayRise: false,
    challenging: false,
    overdue: false,
    sampleCount: Number.NaN,
    sampleAtMs: Number.NEGATIVE_INFINITY,
    suspectedAtMs: Number.POSITIVE_INFINITY,
    challengedAtMs: Number.POSITIVE_INFINITY,
    mayShow: false,
    followsLaterMs: 0,
    idle: false,
    idleStillMs: stillSmallMs,
    apartSinceMs: Number.POSITIVE_INFINITY,
    trustedFromMs: Number.NEGATIVE_INFINITY,
    repeats: 0,
    condemned: false,
  };
}

/** Still blocks that make the meter suspect, from the learnt repeat rate. */
export function stillBlocksToSuspect(s: MeterSupervision): number {
  const { updateMs } = s;
  const most = Math.max(1, Math.floor(stillForMaxMs / updateMs));
  const least = Math.min(stillBlocksMin, most);
  const repeatChance = s.repeats / (1 + s.repeats);
  if (repeatChance <= 0) return least;
  return clamp(Math.ceil(Math.log(updateMs / suspicionEveryMs) / Math.log(repeatChance)), least, most);
}

/** A meter that shows NaN or more than its range is broken or miswired. */
const isInRange = ({ powerW }: MeterFacts, rangeW: number): boolean => Math.abs(powerW) <= rangeW;

function phasesFit(meter: MeterFacts, rangeW: number): boolean {
  const powerW = meter.powerW;
  const a = meter.phasePowerW[0];
  const b = meter.phasePowerW[1];
  const c = meter.phasePowerW[2];
  if (Number.isNaN(a) && Number.isNaN(b) && Number.isNaN(c)) return true;
  const sum = (Number.isNaN(a) ? 0 : a) + (Number.isNaN(b) ? 0 : b) + (Number.isNaN(c) ? 0 : c);
  return Math.abs(sum - powerW) <= phaseSumShare * rangeW;
}

/** One tick. `canChallenge`: the stages have power to move; without it a still meter is only held, then called frozen. */
export function superviseMeter(s: MeterSupervision, meter: MeterFacts, canChallenge: boolean, nowMs: number): void {
  s.hasSample = false;
  if (s.condemned) {
    if (meter.sampleCount === s.sampleCount || !(meter.sampleAtMs > s.sampleAtMs)) return;
    s.sampleCount = meter.sampleCount;
    s.sampleAtMs = meter.sampleAtMs;
    if (!isInRange(meter, s.config.rangeW) || !phasesFit(meter, s.config.rangeW))
      s.trustedFromMs = nowMs + trustAgainAfterMs;
    return;
  }
  const { updateMs } = s;
  if (meter.sampleCount !== s.sampleCount && meter.sampleAtMs > s.sampleAtMs) {
    if (Number.isFinite(s.sampleAtMs)) {
      learnUpdate(s, meter);
      learnStillness(s, meter.sampleAtMs - s.sampleAtMs);
      const repeats = Math.max(0, Math.round((meter.sampleAtMs - s.sampleAtMs) / updateMs) - 1);
      s.repeats += repeatGain * (Math.min(repeats, stillForMaxMs / updateMs) - s.repeats);
    }
    s.sampleCount = meter.sampleCount;
    s.sampleAtMs = meter.sampleAtMs;
    s.shownW = meter.powerW;
    s.suspectedAtMs = Number.POSITIVE_INFINITY;
    const apart = !phasesFit(meter, s.config.rangeW);
    if (!apart) s.apartSinceMs = Number.POSITIVE_INFINITY;
    else if (s.apartSinceMs === Number.POSITIVE_INFINITY) s.apartSinceMs = nowMs;
    if (!isInRange(meter, s.config.rangeW) || (apart && nowMs - s.apartSinceMs >= phasesApartMaxMs)) {
      s.trustedFromMs = nowMs + trustAgainAfterMs;
      judge(s, Quality.implausible, "meter-implausible");
      return;
    }
    if (nowMs < s.trustedFromMs) return;
    s.hasSample = true;
    judge(s, Quality.good, "");
    if (apart) s.mayRise = false;
    return;
  }
  if (s.quality !== Quality.good) return;
  const silentMs = nowMs - s.sampleAtMs;
  const readMs = meter.atMs - s.sampleAtMs;
  const overdueAfterMs =
    s.repeats > overdueRepeatsMax ? Number.POSITIVE_INFINITY : Math.max(overdueMinMs, overdueSamplesMin * updateMs);
  s.overdue = silentMs >= overdueAfterMs;
  if (silentMs > noRiseAfterSamples * updateMs + noRiseAfterMs) s.mayRise = false;
  const linkIsSilent = nowMs - meter.atMs >= Math.max(linkSilentMs, 2 * updateMs);
  if (meter.countsSamples || readMs < updateMs || linkIsSilent) {
    // The link is silent, or the meter itself says that there is nothing new.
    if (silentMs >= Math.max(zeroAfterMs, 2 * updateMs)) {
      if (readMs < silentMs - linkSilentMs) judge(s, Quality.stale, "meter-stale");
      else declareFrozen(s, nowMs);
    }
    return;
  }
  if (s.suspectedAtMs === Number.POSITIVE_INFINITY) {
    const stillBlocks = Math.floor(readMs / updateMs) - 1;
    const proving = silentMs >= overdueAfterMs - Math.max(updateMs, proveBeforeMs);
    if (stillBlocks >= stillBlocksToSuspect(s)) s.suspectedAtMs = nowMs;
    else if (!proving) return;
  }
  s.mayRise = false;
  if (!canChallenge) s.challengedAtMs = Number.POSITIVE_INFINITY;
  else if (!s.challenging) s.challengedAtMs = nowMs;
  s.challenging = canChallenge;
  s.mayShow = !canChallenge && silentMs < Math.max(stillSmallMs, 2 * updateMs);
  // The stages move before the meter is suspect: what counts is how long it has had to show that.
  const shown = nowMs - s.challengedAtMs >= s.challengeMs + s.followsLaterMs && nowMs >= s.suspectedAtMs;
  const stillMaxMs = Math.max(s.idle ? s.idleStillMs : stillSmallMs, 2 * updateMs);
  if (canChallenge ? shown : silentMs >= stillMaxMs) {
    declareFrozen(s, nowMs);
    if (!canChallenge && s.idle) s.trustedFromMs = nowMs;
  } else if (nowMs - meter.atMs >= zeroAfterMs) judge(s, Quality.stale, "meter-stale");
}

/** A quiet meter has short gaps now and then; one that is slower than configured never has. */
function learnUpdate(s: MeterSupervision, { sampleAtMs, powerW }: MeterFacts): void {
  const gapMs = sampleAtMs - s.sampleAtMs;
  if (gapMs < s.gapMs) s.gapMs = gapMs;
  const movedW = Math.abs(powerW - s.shownW);
  if (!(movedW > Math.max(gapMovedShare * s.config.rangeW, gapMovedQuanta * s.config.quantumW))) return;
  s.gaps++;
  if (s.gaps < gapSamples) return;
  const { toldUpdateMs: updateMs } = s;
  s.updateMs = s.gapMs > clearlySlower * updateMs ? Math.min(s.gapMs, learntUpdateMaxMs) : updateMs;
  s.gapMs = Number.POSITIVE_INFINITY;
  s.gaps = 0;
}

/** It has stood still without power, and lives. */
function learnStillness(s: MeterSupervision, stillMs: number): void {
  if (!s.idle || (s.quality !== Quality.good && s.quality !== Quality.frozen)) return;
  s.idleStillMs = Math.max(s.idleStillMs, Math.min(idleStillFactor * stillMs, idleStillMaxMs));
}

/** The meter contradicts the stages: not believed until `resetMeter`. */
export function condemnMeter(s: MeterSupervision, reason: ReasonKey): void {
  s.condemned = true;
  s.hasSample = false;
  judge(s, Quality.implausible, reason);
}

/** Condemned for what its power says against the stages, and otherwise alive and sensible. */
export function showsVoltage(s: MeterSupervision, nowMs: number): boolean {
  const alive = nowMs - s.sampleAtMs < Math.max(stillSmallMs, 2 * s.updateMs);
  return s.condemned && alive && nowMs >= s.trustedFromMs;
}

/** A person has looked at the meter. */
export function resetMeter(s: MeterSupervision): void {
  s.condemned = false;
  s.trustedFromMs = Number.NEGATIVE_INFINITY;
}

function declareFrozen(s: MeterSupervision, nowMs: number): void {
  s.trustedFromMs = nowMs + trustAgainAfterMs;
  judge(s, Quality.frozen, "meter-frozen");
}

function judge(s: MeterSupervision, quality: Quality, reason: ReasonKey | ""): void {
  s.quality = quality;
  s.reason = reason;
  s.mayRise = quality === Quality.good;
  s.challenging = false;
  s.mayShow = false;
  s.overdue = false;
}
