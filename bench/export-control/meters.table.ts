/** Meters and stages that are otherwise than the site file says, and healthy ones, for `bench meters`. */
import type { Plant } from "./plant.ts";
import type { WrongSpec } from "./wrong.ts";

export interface WrongRow {
  readonly id: string;
  readonly says: string;
  /** What is wrong, on top of the meter's and stages' own times. */
  readonly spec: Partial<WrongSpec>;
  /** Too slow, which is enough to say; else the meter must not be believed any more. */
  readonly isSlow?: boolean;
}

const scale = (factor: number) => ({
  change: (plant: Plant) => {
    plant.meterScale = factor;
  },
});
const laterMs = 20_000;
const told = { deadTimeMs: 15, responseMs: 50, slewPctPerS: undefined, commandPeriodMs: 0, resolutionW: 0 };

// biome-ignore format: one kind a line
export const wrongRows: readonly WrongRow[] = [
  { id: "reversed",      says: "sign reversed from the start",              spec: scale(-1) },
  { id: "reversed-new",  says: "the same, not proven at commissioning",     spec: { ...scale(-1), unproven: true } },
  { id: "reversed-late", says: "sign turns while it runs",                  spec: { ...scale(-1), atMs: laterMs } },
  { id: "elsewhere",     says: "measures the load alone from the start",    spec: { change: (plant) => { plant.meterElsewhere = true; } } },
  { id: "elsewhere-new", says: "the same, not proven at commissioning",     spec: { change: (plant) => { plant.meterElsewhere = true; }, unproven: true } },
  { id: "elsewhere-late", says: "measures the load alone from a moment on", spec: { change: (plant) => { plant.meterElsewhere = true; }, atMs: laterMs } },
  { id: "zero-late",     says: "shows nothing but noise from a moment on",  spec: { ...scale(0), atMs: laterMs } },
  { id: "x0.1",          says: "a tenth from the start",                    spec: scale(0.1) },
  { id: "x0.1-late",     says: "a tenth from a moment on",                  spec: { ...scale(0.1), atMs: laterMs } },
  { id: "x0.2-late",     says: "a fifth from a moment on",                  spec: { ...scale(0.2), atMs: laterMs } },
  { id: "x0.3-late",     says: "three tenths from a moment on",             spec: { ...scale(0.3), atMs: laterMs } },
  { id: "x0.5",          says: "half from the start",                       spec: scale(0.5) },
  { id: "x0.5-late",     says: "half from a moment on",                     spec: { ...scale(0.5), atMs: laterMs } },
  { id: "x2-late",       says: "double from a moment on",                   spec: { ...scale(2), atMs: laterMs } },
  { id: "x10-late",      says: "ten times from a moment on",                spec: { ...scale(10), atMs: laterMs } },
  { id: "frozen-late",   says: "stands still from a moment on",             spec: { change: (plant) => { plant.meterFrozen = true; }, atMs: laterMs } },
  { id: "averages",      says: "averages 1 s, told as it updates",          spec: { meter: { windowMs: 1_000 } }, isSlow: true },
  { id: "late-stage",    says: "stages with dead time 500 ms, told 15",     spec: { stage: { deadTimeMs: 500 }, told: { stage: told } }, isSlow: true },
  { id: "slow-stage",    says: "stages of 1 s, told 50 ms",                 spec: { stage: { responseMs: 1_000 }, told: { stage: told } }, isSlow: true },
  { id: "slew-stage",    says: "stages of 10 %/s, not told",                spec: { stage: { rateWPerS: 6_000 }, told: { stage: told } }, isSlow: true },
];

/** Times of healthy meters and stages, and how quiet they are; each is told as it is. */
export const healthyWorlds: readonly WrongSpec[] = [200, 500, 1_000, 100, 20].flatMap((updateMs) =>
  [15, 1_000].flatMap((deadTimeMs) =>
    [0.0005, 0.003].flatMap((sigmaShare) =>
      (["moves", "limit"] as const).flatMap((asks) =>
        [true, false].map((countsSamples): WrongSpec => ({
          meter: { updateMs, windowMs: updateMs },
          stage: { deadTimeMs },
          told: { stage: { deadTimeMs } },
          asks,
          sigmaShare,
          countsSamples,
        })),
      ),
    ),
  ),
);
