/**
 * The acceptance table of export control: what is varied in each row, and what must hold in each column
 * (meter 20 ms at ticks of 10 and 20 ms, meter 100 ms at ticks of 10 and 20 ms). Times in ms.
 */
import type { StepSpec } from "./steps.ts";

export const columns = [
  { meterMs: 20,  tickMs: 10 },
  { meterMs: 20,  tickMs: 20 },
  { meterMs: 100, tickMs: 10 },
  { meterMs: 100, tickMs: 20 },
] as const;

export type Four = readonly [number, number, number, number];

export interface StepRow {
  readonly id: string;
  readonly says: string;
  readonly spec: Partial<StepSpec>;
  /** Bounds of the time above the limit; rows without a bound of the study are held to requirement R10 (500 ms). */
  readonly p50?: Four;
  readonly p99?: Four;
  readonly max?: Four;
  /** Margin bound, share of the stages' sum, where the row is about it. */
  readonly margin?: Four;
}

const r10: Four = [500, 500, 500, 500];

export const stepRows: readonly StepRow[] = [
  { id: "export",       says: "discharging, load stays >= 20 %",          spec: {},
    p50: [95, 100, 185, 190], p99: [150, 160, 250, 260], max: [200, 200, 300, 300], margin: [0.022, 0.022, 0.018, 0.018] },
  { id: "import",       says: "charging, room stays >= 20 %",             spec: { side: "import" },
    p50: [95, 100, 185, 190], p99: [150, 160, 250, 260], max: [200, 200, 300, 300] },
  { id: "drop",         says: "full drop to zero, floor 0",               spec: { ratioMin: 0, ratioMax: 0, loadSigmaShare: 0 },
    max: [370, 380, 460, 490] },
  { id: "drop-import",  says: "full drop to zero, charging",              spec: { side: "import", ratioMin: 0, ratioMax: 0, loadSigmaShare: 0 },
    max: [370, 380, 460, 490] },
  { id: "drop-overshoot", says: "full drop, cuts may go beyond zero",       spec: { ratioMin: 0, ratioMax: 0, loadSigmaShare: 0, mayOvershoot: true },
    max: r10 },
  { id: "model-half",   says: "model x 0.5",                              spec: { modelFactor: 0.5 },
    p99: [160, 170, 400, 450] },
  { id: "model-more",   says: "model x 1.5",                              spec: { modelFactor: 1.5 },
    p99: [160, 170, 400, 450] },
  { id: "lost",         says: "5 % of the samples lost",                  spec: { lostShare: 0.05 },
    max: [200, 200, 450, 450] },
  { id: "samples-lost", says: "every sample lost for 0.6 s after the step", spec: { lostMs: 600 },
    max: [450, 450, 450, 450] },
  { id: "stress-half",  says: "20 stages, 5 % lost, jitter, 0.5 % noise, model x 0.5", spec: { stageCount: 20, lostShare: 0.05, jitterMs: 10, sigmaShare: 0.005, modelFactor: 0.5 },
    p99: r10 },
  { id: "stress-more",  says: "20 stages, 5 % lost, jitter, 0.5 % noise, model x 1.5", spec: { stageCount: 20, lostShare: 0.05, jitterMs: 10, sigmaShare: 0.005, modelFactor: 1.5 },
    p99: r10 },
  { id: "depot",        says: "20 stages",                                spec: { stageCount: 20 },
    p50: [95, 100, 185, 190], p99: [150, 160, 250, 260], max: [200, 200, 300, 300] },
  { id: "phases",       says: "limits per phase, single-phase stages",    spec: { perPhase: true, stageCount: 6 },
    p50: [95, 100, 185, 190], p99: [150, 160, 250, 260], max: [200, 200, 300, 300] },
  { id: "phases-import", says: "limits per phase, charging",              spec: { perPhase: true, stageCount: 6, side: "import" },
    p50: [95, 100, 185, 190], p99: [150, 160, 250, 260], max: [200, 200, 300, 300] },
  { id: "mixed",        says: "stages of 20, 50 and 200 ms",              spec: { stageCount: 9, responsesMs: [20, 50, 200] },
    max: r10 },
  { id: "mixed-min",    says: "the same, 0 or at least 10 %",             spec: { stageCount: 9, responsesMs: [20, 50, 200], minShareP: 0.1 },
    max: r10 },
  { id: "drops-out",    says: "mixed, one stage drops out before the step", spec: { stageCount: 9, responsesMs: [20, 50, 200], dropsOut: true },
    max: r10 },
  { id: "disobeys",     says: "one of 4 stays where it is (load >= 35 %)", spec: { stuckStages: 1, ratioMin: 0.35 },
    max: r10 },
  { id: "fast",         says: "stages of 20 ms",                          spec: { responsesMs: [20] },
    max: r10 },
  { id: "slow",         says: "stages of 200 ms",                         spec: { responsesMs: [200] },
    max: r10 },
  { id: "ramped",       says: "stages with 5 P/s",                        spec: { rateShareP: 5 },
    max: r10 },
];

/** From a meter fault to zero, ms. Frozen: the study's bounds; silent: requirement R15. */
export const frozenMax: Four = [700, 700, 1_300, 1_300];
export const silentMax: Four = [2_000, 2_000, 2_000, 2_000];
/** Longest stretch above the limit in cloud ramps: R10. */
export const cloudMax: Four = r10;
