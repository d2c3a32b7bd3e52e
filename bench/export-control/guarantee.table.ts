/** Sites for which the promise of a limit is put to the test: stages, loop, meter, and what the stages are like. */
import type { GuaranteeSpec, MeterErrors } from "./guarantee.ts";

export interface GuaranteeRow {
  readonly id: string;
  readonly says: string;
  readonly spec: GuaranteeSpec;
}

type Meter = GuaranteeSpec["meter"];
type Stage = GuaranteeSpec["stage"];

const site = (stageCount: number, tickMs: number, meter: Meter, stage: Stage = {}, more: Partial<GuaranteeSpec> = {}): GuaranteeSpec => ({ stageCount, tickMs, meter, stage, told: {}, ...more });
/** A meter of class 1 with a constant error of 1 % of the stages' sum. */
const class1: MeterErrors = { classPct: 1, offsetShare: 0.01 };
/** A meter without noise whose last digit hides what is smaller. */
const coarse = { sigmaShare: 0 };
const home = { ...coarse, stageRatedW: 10_000 };

// biome-ignore format: one site a line
export const guaranteeRows: readonly GuaranteeRow[] = [
  { id: "1-fast",      says: "1 stage, loop 10 ms, 20 ms meter",                        spec: site(1, 10, { updateMs: 20 }) },
  { id: "2-usual",     says: "2 stages, loop 20 ms, 50 ms meter",                       spec: site(2, 20, { updateMs: 50 }) },
  { id: "4-loop40",    says: "4 stages, loop 40 ms, 100 ms meter",                      spec: site(4, 40, { updateMs: 100 }) },
  { id: "1-loop100",   says: "1 stage, loop 100 ms, 200 ms meter 50 ms late",           spec: site(1, 100, { updateMs: 200, latencyMs: 50 }) },
  { id: "2-avg1000",   says: "2 stages, loop 40 ms, 100 ms meter that averages 1 s",    spec: site(2, 40, { updateMs: 100, windowMs: 1_000 }) },
  { id: "4-avg400",    says: "4 stages, loop 20 ms, 20 ms meter that averages 400 ms",  spec: site(4, 20, { updateMs: 20, windowMs: 400 }) },
  { id: "2-m1000",     says: "2 stages, loop 100 ms, 1 s meter 300 ms late",            spec: site(2, 100, { updateMs: 1_000, latencyMs: 300 }) },
  { id: "8-tau200",    says: "8 stages of 200 ms, loop 20 ms, 50 ms meter",             spec: site(8, 20, { updateMs: 50 }, { responseMs: 200 }) },
  { id: "1-dead500",   says: "1 stage with 500 ms dead time, loop 40 ms, 100 ms meter", spec: site(1, 40, { updateMs: 100 }, { deadTimeMs: 500 }) },
  { id: "4-slew100",   says: "4 stages with 100 %/s, loop 20 ms, 200 ms meter",         spec: site(4, 20, { updateMs: 200 }, { rateWPerS: 60_000 }) },
  { id: "2-command",   says: "2 stages with a command each 400 ms, loop 40 ms, 200 ms meter", spec: site(2, 40, { updateMs: 200 }, { commandPeriodMs: 400 }) },
  { id: "2-slow",      says: "2 stages: dead time 1 s, 500 ms, slew 50 %/s, 500 ms meter 100 ms late, loop 40 ms", spec: site(2, 40, { updateMs: 500, latencyMs: 100 }, { deadTimeMs: 1_000, responseMs: 500, rateWPerS: 30_000 }) },
  // Coarse and inexact meters with stages of every kind: the twelve of the acceptance.
  { id: "m20-d50",     says: "4 stages: dead time 50 ms; 20 ms meter of 10 W",          spec: site(4, 10, { updateMs: 20, quantumW: 10 }, { deadTimeMs: 50 }, coarse) },
  { id: "m20-class1",  says: "4 stages: dead time 300 ms; 20 ms meter of class 1",      spec: site(4, 20, { updateMs: 20 }, { deadTimeMs: 300 }, { errors: class1 }) },
  { id: "m50-slew33",  says: "2 stages: slew 33 %/s; 50 ms meter of class 1",           spec: site(2, 20, { updateMs: 50 }, { rateWPerS: 20_000 }, { errors: class1 }) },
  { id: "m100-w100",   says: "1 stage of 10 kW: dead time 100 ms; 100 ms meter of 100 W", spec: site(1, 20, { updateMs: 100, quantumW: 100 }, { deadTimeMs: 100 }, home) },
  { id: "m100-period", says: "2 stages with a command a second; 100 ms meter of class 1", spec: site(2, 20, { updateMs: 100 }, { commandPeriodMs: 1_000 }, { errors: class1 }) },
  { id: "m200-d1000",  says: "1 stage of 10 kW: dead time 1 s; 200 ms meter of 10 W",   spec: site(1, 20, { updateMs: 200, quantumW: 10 }, { deadTimeMs: 1_000 }, home) },
  { id: "m200-slew10", says: "4 stages: slew 10 %/s; 200 ms meter of 100 W",            spec: site(4, 40, { updateMs: 200, quantumW: 100 }, { rateWPerS: 6_000 }, coarse) },
  { id: "m500-d3000",  says: "2 stages: dead time 3 s, 500 ms; 500 ms meter of class 1", spec: site(2, 40, { updateMs: 500 }, { deadTimeMs: 3_000, responseMs: 500 }, { errors: class1 }) },
  { id: "m500-period", says: "1 stage of 10 kW with a command a second; 500 ms meter of 100 W", spec: site(1, 40, { updateMs: 500, quantumW: 100 }, { commandPeriodMs: 1_000 }, home) },
  { id: "m1000-w10",   says: "1 stage of 10 kW; 1 s meter of 10 W",                     spec: site(1, 20, { updateMs: 1_000, quantumW: 10 }, {}, home) },
  { id: "m1000-w100",  says: "2 stages: dead time 3 s, 1 s, slew 50 %/s; 1 s meter of 100 W 300 ms late", spec: site(2, 100, { updateMs: 1_000, latencyMs: 300, quantumW: 100 }, { deadTimeMs: 3_000, responseMs: 1_000, rateWPerS: 30_000 }, coarse) },
  { id: "m1000-all",   says: "2 stages with a command a second, dead time 500 ms, slew 50 %/s; 1 s meter of class 1", spec: site(2, 40, { updateMs: 1_000 }, { commandPeriodMs: 1_000, deadTimeMs: 500, rateWPerS: 30_000 }, { errors: class1 }) },
];
