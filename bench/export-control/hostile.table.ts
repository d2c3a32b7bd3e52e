/** Hostile and hard sites: what the plant is, what the controller is told, and what must hold after 40 s. */
import type { HostileSpec } from "./hostile.ts";

export interface HostileRow {
  readonly id: string;
  readonly says: string;
  readonly spec: HostileSpec;
  /** What must be found; "" where the configuration is right and nothing may be. */
  readonly cause: "" | "meter-slower" | "stage-slower";
  /** Found at the latest so long after the first step of the load, ms; without it whenever it matters. */
  readonly foundMs?: number;
  /** Time above the limit in the quiet seconds, ms per s; 0 where nothing is said. */
  readonly steadyMsPerS?: number;
}

const right = { meter: {}, stage: {}, told: {} };
const usualStage = { deadTimeMs: 15, responseMs: 50, slewPctPerS: undefined, commandPeriodMs: 0, resolutionW: 0 };
const averages = (updateMs: number, windowMs: number): HostileSpec => ({
  ...right, meter: { updateMs, windowMs }, told: { meter: { windowMs: updateMs } },
});
const stage = (spec: HostileSpec["stage"]): HostileSpec => ({ ...right, stage: spec, told: { stage: usualStage } });

export const hostileRows: readonly HostileRow[] = [
  { id: "usual",        says: "20 ms meter, told right",                        spec: right, cause: "" },
  { id: "m200",         says: "200 ms meter, told right",                       spec: { ...right, meter: { updateMs: 200 } }, cause: "" },
  { id: "m1000",        says: "1 s meter, told right",                          spec: { ...right, meter: { updateMs: 1_000, windowMs: 1_000 } }, cause: "" },
  { id: "m1000-jitter", says: "1 s meter with 300 ms jitter, told 20/20/10",    spec: { ...right, meter: { updateMs: 1_000, windowMs: 1_000, jitterMs: 300 }, told: { meter: { updateMs: 20, windowMs: 20, latencyMs: 10 } } }, cause: "meter-slower", foundMs: 30_000 },
  { id: "m500-lost",    says: "500 ms meter, 5 % lost, jitter 200 ms",          spec: { ...right, meter: { updateMs: 500, windowMs: 500, lostShare: 0.05, jitterMs: 200 } }, cause: "" },
  { id: "home-coarse",  says: "home of 10 kW, 200 ms meter of 10 W",            spec: { ...right, stageCount: 1, stageRatedW: 10_000, meter: { updateMs: 200, quantumW: 10 }, sigmaShare: 0, loadSigmaShare: 0.0002 }, cause: "" },
  { id: "coarse",       says: "100 ms meter of 100 W, quiet",                   spec: { ...right, meter: { updateMs: 100, quantumW: 100 }, sigmaShare: 0, loadSigmaShare: 0.0002 }, cause: "" },
  { id: "avg-100-1000", says: "updates 100 ms, averages 1 s, told 100",         spec: averages(100, 1_000), cause: "meter-slower", foundMs: 30_000 },
  { id: "avg-20-400",   says: "updates 20 ms, averages 400 ms, told 20",        spec: averages(20, 400), cause: "meter-slower" },
  { id: "avg-20-700",   says: "updates 20 ms, averages 700 ms, told 20",        spec: averages(20, 700), cause: "meter-slower" },
  { id: "avg-20-1000",  says: "updates 20 ms, averages 1 s, told 20",           spec: averages(20, 1_000), cause: "meter-slower" },
  { id: "avg-told",     says: "updates 100 ms, averages 1 s, told right",       spec: { ...right, meter: { updateMs: 100, windowMs: 1_000 } }, cause: "" },
  { id: "late-90",      says: "100 ms meter, 90 ms late, told 10",              spec: { ...right, meter: { updateMs: 100, windowMs: 100, latencyMs: 90 }, told: { meter: { latencyMs: 10 } } }, cause: "meter-slower" },
  { id: "tau-300",      says: "stage of 300 ms, told 50",                       spec: stage({ responseMs: 300 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "tau-1000",     says: "stage of 1 s, told 50 ms",                       spec: stage({ responseMs: 1_000 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "tau-3000",     says: "stage of 3 s, told 50 ms",                       spec: stage({ responseMs: 3_000 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "slew-33",      says: "slew 33 %/s, not told",                          spec: stage({ rateWPerS: 20_000 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "slew-10",      says: "slew 10 %/s, not told",                          spec: stage({ rateWPerS: 6_000 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "slew-told",    says: "slew 10 %/s, told",                              spec: { ...right, stage: { rateWPerS: 6_000 } }, cause: "" },
  { id: "dead-300",     says: "dead time 300 ms, told 15",                      spec: stage({ deadTimeMs: 300 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "dead-500",     says: "dead time 500 ms, told 15",                      spec: stage({ deadTimeMs: 500 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "dead-2000",    says: "dead time 2 s and 0.5 s, told 15/50",            spec: stage({ deadTimeMs: 2_000, responseMs: 500 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "dead-3000",    says: "dead time 3 s and 1 s, told 1 s, 1 s meter",     spec: { ...right, meter: { updateMs: 1_000, windowMs: 1_000 }, stage: { deadTimeMs: 3_000, responseMs: 1_000 }, told: { stage: { deadTimeMs: 1_000 } } }, cause: "stage-slower", foundMs: 30_000 },
  { id: "dead-told",    says: "dead time 3 s and 1 s, told, 1 s meter",         spec: { ...right, meter: { updateMs: 1_000, windowMs: 1_000 }, stage: { deadTimeMs: 3_000, responseMs: 1_000 } }, cause: "" },
  { id: "period",       says: "stage takes one command a second, not told",     spec: stage({ commandPeriodMs: 1_000 }), cause: "stage-slower", foundMs: 30_000 },
  { id: "period-told",  says: "stage takes one command a second, told",         spec: { ...right, stage: { commandPeriodMs: 1_000 } }, cause: "" },
  { id: "round-1",      says: "commands rounded to 1 %, not told",              spec: stage({ resolutionW: 600 }), cause: "" },
  { id: "round-5",      says: "commands rounded to 5 %, not told",              spec: stage({ resolutionW: 3_000 }), cause: "", steadyMsPerS: 10 },
  { id: "round-told",   says: "commands rounded to 5 %, told",                  spec: { ...right, stage: { resolutionW: 3_000 } }, cause: "" },
  { id: "offset",       says: "meter off by 1 %, told",                         spec: { ...right, meter: { offsetW: 2_400 } }, cause: "" },
  { id: "small-limit",  says: "limit of a tenth, 200 ms meter, quiet",          spec: { ...right, meter: { updateMs: 200 }, sigmaShare: 0.0005, limitShare: 0.1 }, cause: "" },
];
