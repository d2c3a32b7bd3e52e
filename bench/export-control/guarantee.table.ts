/** Sites for which the promise of a limit is put to the test: stages, loop, meter, and what the stages are like. */
import type { HostileSpec } from "./hostile.ts";

export interface GuaranteeRow {
  readonly id: string;
  readonly says: string;
  readonly spec: HostileSpec;
}

// biome-ignore format: one site a line
export const guaranteeRows: readonly GuaranteeRow[] = [
  { id: "1-fast",      says: "1 stage, loop 10 ms, 20 ms meter",                        spec: { stageCount: 1,  tickMs: 10,  meter: { updateMs: 20 },                                    stage: {}, told: {} } },
  { id: "2-usual",     says: "2 stages, loop 20 ms, 50 ms meter",                       spec: { stageCount: 2,  tickMs: 20,  meter: { updateMs: 50 },                                    stage: {}, told: {} } },
  { id: "4-loop40",    says: "4 stages, loop 40 ms, 100 ms meter",                      spec: { stageCount: 4,  tickMs: 40,  meter: { updateMs: 100 },                                   stage: {}, told: {} } },
  { id: "1-loop100",   says: "1 stage, loop 100 ms, 200 ms meter 50 ms late",           spec: { stageCount: 1,  tickMs: 100, meter: { updateMs: 200, latencyMs: 50 },                    stage: {}, told: {} } },
  { id: "2-avg1000",   says: "2 stages, loop 40 ms, 100 ms meter that averages 1 s",    spec: { stageCount: 2,  tickMs: 40,  meter: { updateMs: 100, windowMs: 1_000 },                  stage: {}, told: {} } },
  { id: "4-avg400",    says: "4 stages, loop 20 ms, 20 ms meter that averages 400 ms",  spec: { stageCount: 4,  tickMs: 20,  meter: { updateMs: 20, windowMs: 400 },                     stage: {}, told: {} } },
  { id: "2-m1000",     says: "2 stages, loop 100 ms, 1 s meter 300 ms late",            spec: { stageCount: 2,  tickMs: 100, meter: { updateMs: 1_000, latencyMs: 300 },                 stage: {}, told: {} } },
  { id: "8-tau200",    says: "8 stages of 200 ms, loop 20 ms, 50 ms meter",             spec: { stageCount: 8,  tickMs: 20,  meter: { updateMs: 50 },                                    stage: { responseMs: 200 }, told: {} } },
  { id: "1-dead500",   says: "1 stage with 500 ms dead time, loop 40 ms, 100 ms meter", spec: { stageCount: 1,  tickMs: 40,  meter: { updateMs: 100 },                                   stage: { deadTimeMs: 500 }, told: {} } },
  { id: "4-slew100",   says: "4 stages with 100 %/s, loop 20 ms, 200 ms meter",         spec: { stageCount: 4,  tickMs: 20,  meter: { updateMs: 200 },                                   stage: { rateWPerS: 60_000 }, told: {} } },
  { id: "2-command",   says: "2 stages with a command each 400 ms, loop 40 ms, 200 ms meter", spec: { stageCount: 2, tickMs: 40, meter: { updateMs: 200 },                              stage: { commandPeriodMs: 400 }, told: {} } },
  { id: "2-slow",      says: "2 stages: dead time 1 s, 500 ms, slew 50 %/s, 500 ms meter 100 ms late, loop 40 ms", spec: { stageCount: 2, tickMs: 40, meter: { updateMs: 500, latencyMs: 100 }, stage: { deadTimeMs: 1_000, responseMs: 500, rateWPerS: 30_000 }, told: {} } },
];
