/** The whole cycle on a small site of ideal stages behind an ideal meter: what a test sets, the next ticks see. */

import { type GridProfile, type GridSettings, standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";
import type { SiteConfig } from "../../../src/config/site.ts";
import { type Core, type CoreStart, createCore } from "../../../src/core/core.ts";
import { emptyRecord } from "../../../src/core/modes/state.ts";
import { type ExplainedLimit, explain } from "../../../src/core/setpoints/limits.ts";
import { createSnapshot, type Snapshot } from "../../../src/core/snapshot.ts";
import { step } from "../../../src/core/step.ts";

export const ratedW = 60_000;
const tickMs = 20;
const responseMs = 50;
const left = Math.exp(-tickMs / responseMs);
const wallFromMs = Date.UTC(2027, 5, 1, 19);

export interface SiteOptions {
  readonly evses?: number;
  /** Rating for discharging, where it differs from that for charging. */
  readonly dischargeW?: number;
  readonly pcc?: string;
  /** Further groups of settings. */
  readonly more?: string;
  readonly meter?: string;
  readonly stage?: string;
  readonly evse?: readonly string[];
  readonly settings?: Partial<GridSettings>;
  readonly start?: Partial<CoreStart>;
}

/** Settings in YAML's flow form, for the site's configuration. */
export function siteConfig({
  evses = 2,
  dischargeW = ratedW,
  pcc = "",
  more = "",
  meter = "",
  stage = "",
  evse = [],
}: SiteOptions): SiteConfig {
  const rows = Array.from(
    { length: evses },
    (_, i) =>
      `  - { maxChargeW: ${ratedW}, maxDischargeW: ${dischargeW}, dischargeEnabled: ${dischargeW > 0}, reservePct: 20, stage: { host: h${i}, responseMs: ${responseMs}, deadTimeMs: 0${stage} }${evse[i] ?? ""} }`,
  );
  const text = `
site: { name: T, timeZone: America/Los_Angeles, serviceMode: parallel-export, nominalVoltageV: 480 }
pcc: { importLimitW: 500000, exportLimitW: 500000, meter: { host: m, proven: true, latencyMs: 0${meter} }${pcc} }
${more}
evses:
${rows.join("\n")}
`;
  const parsed = parseSiteConfig(text, "test.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export class TestSite {
  readonly core: Core;
  readonly snapshot: Snapshot;
  nowMs = 0;
  /** What the building takes, W, split evenly on the phases of the service. */
  loadW = 0;
  phaseShare: readonly (readonly number[])[];

  constructor(options: SiteOptions = {}) {
    const config = siteConfig(options);
    const profile: GridProfile = {
      ...standardGridProfile,
      settings: { ...standardGridProfile.settings, enterDelayS: 1, enterRampS: 1, ...options.settings },
    };
    this.core = createCore(config, { profile, record: emptyRecord, nowMs: 0, ...options.start });
    const count = config.evses.length;
    this.snapshot = createSnapshot(count, 0);
    this.phaseShare = config.evses.map(({ phase }) =>
      phase === "all" ? [1 / 3, 1 / 3, 1 / 3] : ["a", "b", "c"].map((name) => (name === phase ? 1 : 0)),
    );
    const { site, meter, stages, evses } = this.snapshot;
    site.serviceEnabled = true;
    Object.assign(site.permit, {
      mode: "parallel-export",
      validFromMs: 0,
      validUntilMs: 1e15,
      equipmentMatches: true,
      exportLimitW: 500_000,
    });
    meter.voltagePu = 1;
    meter.frequencyHz = 60;
    meter.phaseVoltagePu.fill(1);
    for (const stage of stages) {
      Object.assign(stage, { role: "charge", powerW: 0, voltagePu: 1, frequencyHz: 60, alive: true, verified: true });
      Object.assign(stage, { antiIslanding: true, maxChargeW: ratedW, maxDischargeW: ratedW, socPct: 60 });
    }
    for (const evse of evses) {
      Object.assign(evse, { connected: true, authorized: true, bidirectional: true, socPct: 60, capacityWh: 100_000 });
      Object.assign(evse, { vehicleMaxChargeW: ratedW, vehicleMaxDischargeW: ratedW, reservePct: 20 });
      Object.assign(evse, { requestSource: "backend", dischargeEnabled: true });
    }
  }

  request(powerW: number): void {
    for (const evse of this.snapshot.evses) evse.requestedW = powerW;
  }

  run(durationMs: number, each: () => void = () => undefined): this {
    for (let ms = 0; ms < durationMs; ms += tickMs) {
      this.tick();
      each();
    }
    return this;
  }

  tick(): void {
    const { core, snapshot } = this;
    const { meter, stages, evses } = snapshot;
    this.nowMs += tickMs;
    snapshot.wallMs = wallFromMs + this.nowMs;
    meter.atMs = meter.sampleAtMs = this.nowMs;
    meter.sampleCount++;
    meter.phasePowerW.fill(this.loadW / 3 + 0.01 * (meter.sampleCount % 7));
    for (const [i, stage] of stages.entries()) {
      const command = core.commands.stages[i]!;
      stage.atMs = stage.liveAtMs = evses[i]!.vehicleAtMs = this.nowMs;
      evses[i]!.requestUntilMs = this.nowMs + 1_000;
      // The meter shows the mean of the tick, the stage its power at the end.
      const awayW = stage.powerW - command.powerW;
      const meanW = command.powerW + (awayW * responseMs * (1 - left)) / tickMs;
      stage.powerW = command.powerW + awayW * left;
      stage.role = stage.powerW < -1 ? "discharge" : "charge";
      for (let p = 0; p < 3; p++) meter.phasePowerW[p]! += this.phaseShare[i]![p]! * meanW;
    }
    meter.powerW = meter.phasePowerW[0] + meter.phasePowerW[1] + meter.phasePowerW[2];
    step(core, snapshot, this.nowMs);
  }

  setpointW(i = 0): number {
    return this.core.setpointW[i]!;
  }
  /** Sum of the setpoints. */
  get sumW(): number {
    return this.core.setpointW.reduce((sum, powerW) => sum + powerW, 0);
  }
  limits(i = 0): readonly ExplainedLimit[] {
    return explain(this.core.chains.values, i).limits;
  }
  /** Reasons of the limits that moved the setpoint. */
  binding(i = 0): readonly string[] {
    return this.limits(i)
      .filter(({ binds }) => binds)
      .map(({ reason }) => reason);
  }
}

/** A site that has entered service and discharges as requested. */
export function inParallel(options: SiteOptions = {}, requestedW = -30_000): TestSite {
  const site = new TestSite(options);
  site.request(requestedW);
  return site.run(12_000);
}
