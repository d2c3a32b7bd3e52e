/**
 * What export control is told and what it remembers: configuration, channels with their two sides, the budget of a tick.
 * `export-control.ts` runs it.
 *
 * A channel is a sum of stages that has limits: 0 is the PCC, 1–3 its phases, then protective groups (a conductor, bus or
 * transformer that feeds some of the stages).
 */
import type { LimitSource } from "../../domain/limit-sources.ts";
import { Quality } from "../../domain/quality.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { invariant } from "../../domain/result.ts";
import { createDelayWatch, type DelayWatch } from "./dynamics/delay-watch.ts";
import { commandPeriodModelMaxMs, createSiteDynamics, type SiteDynamics } from "./dynamics/dynamics.ts";
import { createEnvelope, createSampleNoise, type Envelope, type EnvelopeTuning, type SampleNoise } from "./envelope.ts";
import { leadFactor } from "./lead-factor.ts";
import { createLoadObserver, type LoadObserver, type StageResponse } from "./load-observer.ts";
import { createGainWatch, type GainWatch } from "./meter-proof/gain-watch.ts";
import { createProofSample, type ProofSample } from "./meter-proof/proof-sample.ts";
import { createRiseWatch, type RiseWatch } from "./meter-proof/rise-watch.ts";
import { createSignProof, type SignProof } from "./meter-proof/sign-proof.ts";
import { createMeterSupervision, type MeterConfig, type MeterSupervision } from "./meter-supervision.ts";

/** A stage as export control reckons with it: its response, and its share of each phase. */
export interface ControlledStage extends StageResponse {
  /** Share of its power on each phase of the service: ⅓ each for three-phase stages, one 1 for single-phase ones. */
  readonly phaseShare: readonly [number, number, number];
}

/** A conductor, bus or transformer that carries the sum of some stages (NEC 705.13; requirement R14). Magnitudes, W. */
export interface ProtectiveGroup {
  readonly name: string;
  /** Indexes of the stages behind it. */
  readonly stages: readonly number[];
  readonly charge: GroupLimit;
  readonly discharge: GroupLimit;
}

/** What a group carries in one direction, W (a magnitude), why, and who has set it. */
export interface GroupLimit {
  readonly limitW: number;
  readonly reason: ReasonKey;
  readonly source: LimitSource;
}

/** A group as the installer has described it. */
export const installedGroup = (
  name: string,
  reason: ReasonKey,
  stages: readonly number[],
  chargeLimitW: number,
  dischargeLimitW: number,
): ProtectiveGroup => ({
  name,
  stages,
  charge: { limitW: chargeLimitW, reason, source: "installer" },
  discharge: { limitW: dischargeLimitW, reason, source: "installer" },
});

/** What export control reckons with: meter, stages, limits of phases and groups, times in ms. */
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
export const holdMs = 1_000;
/** R: power rises by at most 0.2 of the stages' sum per second. */
const risePerS = 0.2;
/** m0: the fixed margin is 0.2 % of the stages' sum + the meter's offset error. */
const marginShare = 0.002;
/** Memory of the trend of the load, short against the fastest cloud edges (1.5 s). */
const trendMemoryMs = 200;
/** Groups at most, so that a tick has a bound. */
const groupsMax = 16;

/** One side (export or import) of one channel. */
export interface Side {
  readonly envelope: Envelope;
  /** What stages do beyond their models in this direction, W (B). */
  excessW: number;
  /** Limit in force: falls at once, rises with R. */
  limitW: number;
  /** After a start: what flowed then, rising with R, whatever the limit is; Infinity once it binds nothing. */
  startW: number;
  /** In: the limit that is asked for and this tick's excess. Out: net power that all stages may do on this side, W. */
  askedLimitW: number;
  newExcessW: number;
  availableW: number;
}

/** A sum of stages that has limits, with its noise and both of its sides. */
export interface Channel {
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
  readonly minSource: LimitSource[];
  readonly maxReason: ReasonKey[];
  readonly maxSource: LimitSource[];
  /** Whatever charges elsewhere: all discharge together and all charge together at most this, W ≥ 0. */
  totalDischargeCapW: number;
  totalChargeCapW: number;
  totalCapReason: ReasonKey;
  /** Net load of everything but the stages at the PCC, W; NaN before the first sample. */
  loadW: number;
}

/** What export control remembers from tick to tick; written in place. */
export interface ExportControl {
  readonly config: ExportControlConfig;
  readonly stageCount: number;
  /** Sum of the ratings (S). */
  readonly scaleW: number;
  readonly observer: LoadObserver;
  readonly delays: DelayWatch;
  readonly supervision: MeterSupervision;
  /** The last sample, as the meter's proofs compare it. */
  readonly proofSample: ProofSample;
  readonly signProof: SignProof;
  readonly dynamics: SiteDynamics;
  readonly gainWatch: GainWatch;
  readonly riseWatch: RiseWatch;
  /** From then on the stages stand beside a good grid, in front of the meter, for long enough that it shows what they do, ms. */
  besideFromMs: number;
  /** A stage's supply has sagged, and until then loads still come back by themselves, ms. */
  calmFromMs: number;
  /** PCC and, where phases are limited, its three phases. */
  readonly channels: readonly Channel[];
  readonly channelCount: number;
  /** Share of stage i in channel c at [c · stageCount + i]. */
  readonly shares: Float64Array;
  /** Exaggeration of cuts for each stage. */
  readonly leadFactor: Float64Array;
  steppedAtMs: number;
  /** Since the last tick, ms. */
  sinceMs: number;
  started: boolean;
  /** Net power of the stages that follow us by their models, what a challenge takes of it, and the least that can be one, W. */
  netW: number;
  challengeW: number;
  challengeLeastW: number;
  /** Net power of the stages when the challenge began, W. */
  challengeFromW: number;
  /** Window of the last sample in the time of the world, ms. */
  sampleFromMs: number;
  sampleUntilMs: number;
  /** What each stage did in that window, W. */
  readonly sampleStageW: Float64Array;
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
  let readingAgeMs = 0;
  let alwaysMeasured = false;
  for (const stage of config.stages) {
    readingAgeMs = Math.max(readingAgeMs, stage.measureLatencyMs + 0.5 * stage.measureWindowMs);
    scaleW += stage.ratedW;
    if ((stage.commandPeriodMs ?? 0) > commandPeriodModelMaxMs) alwaysMeasured = true;
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
  const proofSample = createProofSample();
  return {
    config,
    stageCount: n,
    scaleW,
    observer,
    delays: createDelayWatch(observer),
    supervision: createMeterSupervision(meter, answerMs, tickMs),
    dynamics: createSiteDynamics(meter, tickMs, meteredChannels, n, scaleW, readingAgeMs, alwaysMeasured),
    proofSample,
    gainWatch: createGainWatch(scaleW, answerMs + meter.latencyMs + meter.windowMs + meter.updateMs, proofSample),
    riseWatch: createRiseWatch(scaleW, proofSample),
    signProof: createSignProof(scaleW, meter.proven ?? true, proofSample),
    besideFromMs: Number.NEGATIVE_INFINITY,
    calmFromMs: Number.NEGATIVE_INFINITY,
    channels,
    channelCount,
    shares,
    leadFactor: Float64Array.from(config.stages, (stage, i) => leadFactor(stage.responseMs, observer.tickGain[i]!)),
    steppedAtMs: Number.NaN,
    sinceMs: 0,
    started: false,
    netW: 0,
    challengeW: 0,
    challengeLeastW: 0,
    challengeFromW: 0,
    sampleFromMs: Number.NaN,
    sampleUntilMs: Number.NaN,
    sampleStageW: new Float64Array(n),
  };
}

function createChannel(scaleW: number, meter: MeterConfig, answerMs: number): Channel {
  const trendMs = 0.5 * meter.windowMs + meter.latencyMs + meter.updateMs + answerMs;
  const side = (): Side => ({
    envelope: createEnvelope(),
    excessW: 0,
    limitW: 0,
    startW: Number.POSITIVE_INFINITY,
    askedLimitW: 0,
    newExcessW: 0,
    availableW: 0,
  });
  return {
    scaleW,
    noise: createSampleNoise(scaleW),
    tuning: {
      holdMs,
      riseWPerMs: (risePerS * scaleW) / 1_000,
      overcutGain: Math.max(1, meter.windowMs / meter.updateMs - 1),
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
    minSource: new Array<LimitSource>(c).fill("installer"),
    maxReason: new Array<ReasonKey>(c).fill("import-limit"),
    maxSource: new Array<LimitSource>(c).fill("installer"),
    totalDischargeCapW: 0,
    totalChargeCapW: 0,
    totalCapReason: "meter-stale",
    loadW: Number.NaN,
  };
}
