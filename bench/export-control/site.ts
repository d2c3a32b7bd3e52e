/** The controller at the plant: polls once a tick, runs export control, allocation and lead, writes the commands. */

import { type SiteConfig, siteSettings } from "../../src/config/site.ts";
import { createCommands, type StageCommand } from "../../src/core/commands.ts";
import { createSiteCaps, exportControlConfig } from "../../src/core/core-config.ts";
import {
  createExportControl,
  createSiteBudget,
  type ExportControl,
  type ExportControlConfig,
  type ProtectiveGroup,
  type SiteBudget,
  stepExportControl,
} from "../../src/core/pcc/export-control.ts";
import { createPccLimits, type PccLimits } from "../../src/core/pcc/pcc-limits.ts";
import {
  type Allocation,
  type AllocationRule,
  allocate,
  createAllocation,
} from "../../src/core/setpoints/allocation.ts";
import { leadOnCuts, overshootShare } from "../../src/core/setpoints/lead.ts";
import { createSnapshot, type MeterFacts, type StageFacts } from "../../src/core/snapshot.ts";
import type { Plant } from "./plant.ts";

export interface SiteOptions {
  readonly tickMs: number;
  /** What the controller believes of response and dead time, as a factor of the truth. */
  readonly modelFactor: number;
  readonly rangeW: number;
  /** Cuts may go beyond zero by 0.3 of the rating (charging permitted while discharging). */
  readonly mayOvershoot: boolean;
  readonly rule: AllocationRule;
  readonly phaseImportLimitW: number;
  readonly phaseExportLimitW: number;
  readonly groups: readonly ProtectiveGroup[];
  readonly fallbackChargeW: number;
  /** The meter's sign was proven at commissioning. */
  readonly proven: boolean;
  /** Settings that say something else than the plant does. */
  readonly told?: {
    readonly meter?: Readonly<Record<string, number>>;
    readonly stage?: Readonly<Record<string, number | undefined>>;
  };
}

export const usualOptions: SiteOptions = {
  tickMs: 10,
  modelFactor: 1,
  rangeW: 0,
  mayOvershoot: false,
  rule: "equal",
  phaseImportLimitW: Number.POSITIVE_INFINITY,
  phaseExportLimitW: Number.POSITIVE_INFINITY,
  groups: [],
  fallbackChargeW: 0,
  proven: true,
};

/** What the controller is told: the site file, through the product's own settings. */
function siteConfigOf(plant: Plant, options: SiteOptions): SiteConfig {
  const { meter } = plant;
  const { modelFactor, told } = options;
  const parsed = siteSettings.safeParse({
    site: { name: "bench", timeZone: "UTC", serviceMode: "parallel-export", nominalVoltageV: 480 },
    loop: { periodMs: options.tickMs },
    pcc: {
      importLimitW: Math.min(1e8, 0.375 * options.rangeW),
      meter: {
        host: "meter",
        proven: options.proven,
        updateMs: meter.updateMs,
        windowMs: meter.windowMs,
        latencyMs: meter.latencyMs + meter.jitterMs / 2,
        resolutionW: meter.quantumW ?? 0,
        offsetW: Math.abs(meter.offsetW),
        accuracyClassPct: 100 * Math.abs(meter.gain - 1),
        ...told?.meter,
      },
    },
    evses: plant.stages.map((stage) => ({
      maxChargeW: stage.ratedW,
      maxDischargeW: stage.ratedW,
      phase: phaseOf(stage.phaseShare),
      stage: {
        host: "stage",
        responseMs: stage.responseMs * modelFactor,
        deadTimeMs: stage.deadTimeMs * modelFactor,
        ...(Number.isFinite(stage.rateWPerS) && { slewPctPerS: (100 * stage.rateWPerS) / stage.ratedW }),
        commandPeriodMs: stage.commandPeriodMs ?? 0,
        resolutionW: stage.resolutionW ?? 0,
        ...told?.stage,
      },
    })),
  });
  if (!parsed.success) throw new Error(parsed.error.message);
  return parsed.data;
}

/** The same through the function that reads it. The run's own limits stand beside it. */
function controlOf(config: SiteConfig, options: SiteOptions): ExportControlConfig {
  return {
    ...exportControlConfig(config, createSiteCaps(config.evses.length)),
    phaseImportLimitW: options.phaseImportLimitW,
    phaseExportLimitW: options.phaseExportLimitW,
    groups: options.groups,
    fallbackChargeW: options.fallbackChargeW,
  };
}

function phaseOf(share: readonly [number, number, number]): "all" | "a" | "b" | "c" {
  const one = share.indexOf(1);
  return one < 0 ? "all" : (["a", "b", "c"] as const)[one]!;
}

export class Site {
  readonly plant: Plant;
  readonly options: SiteOptions;
  /** The site file. */
  readonly config: SiteConfig;
  readonly control: ExportControl;
  readonly allocation: Allocation;
  readonly budget: SiteBudget;
  readonly limits: PccLimits = createPccLimits();
  readonly meter: MeterFacts;
  readonly stages: StageFacts[];
  readonly commands: StageCommand[];
  /** Request of each stage, W. */
  readonly requestedW: Float64Array;
  /** Stages whose link is silent, and stages that say that they are off. */
  readonly silent: Uint8Array;
  meterSilent = false;
  ticks = 0;
  readonly #commandW: Float64Array;
  readonly #overshootMinW: Float64Array;
  readonly #overshootMaxW: Float64Array;

  constructor(plant: Plant, options: SiteOptions) {
    this.plant = plant;
    this.options = options;
    const n = plant.stages.length;
    this.config = siteConfigOf(plant, options);
    this.control = createExportControl(controlOf(this.config, options), n);
    this.allocation = createAllocation(this.control, options.rule);
    this.budget = createSiteBudget(this.control);
    const snapshot = createSnapshot(n, 0);
    this.meter = snapshot.meter;
    this.stages = snapshot.stages;
    this.commands = createCommands(n, 0).stages;
    this.requestedW = new Float64Array(n);
    this.silent = new Uint8Array(n);
    this.#commandW = new Float64Array(n);
    this.#overshootMinW = new Float64Array(n);
    this.#overshootMaxW = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const ask = this.allocation.asks[i]!;
      const ratedW = plant.stages[i]!.ratedW;
      ask.minW = -ratedW;
      ask.maxW = ratedW;
      this.#overshootMinW[i] = options.mayOvershoot ? -overshootShare * ratedW : 0;
      this.#overshootMaxW[i] = options.mayOvershoot ? overshootShare * ratedW : 0;
    }
  }

  /** One tick at the plant's present time: read, decide, write. */
  tick(): void {
    const { plant, meter } = this;
    const nowMs = plant.nowMs;
    this.ticks++;
    if (!this.meterSilent) {
      meter.atMs = nowMs;
      if (meter.sampleCount !== plant.sampleCount) {
        meter.sampleCount = plant.sampleCount;
        meter.sampleAtMs = nowMs;
        meter.powerW = plant.shownW[0]!;
        meter.phasePowerW[0] = plant.shownW[1]!;
        meter.phasePowerW[1] = plant.shownW[2]!;
        meter.phasePowerW[2] = plant.shownW[3]!;
      }
    }
    const n = plant.stages.length;
    for (let i = 0; i < n; i++) {
      const stage = this.stages[i]!;
      if (this.silent[i] === 0) {
        stage.atMs = stage.liveAtMs = nowMs;
        stage.powerW = plant.readStage(i);
        stage.role = plant.dropped[i] === 1 ? "off" : "discharge";
        stage.alive = true;
      }
      this.allocation.asks[i]!.requestedW = this.requestedW[i]!;
    }
    stepExportControl(this.control, meter, this.stages, this.commands, this.limits, nowMs, this.budget);
    allocate(this.allocation, this.control, this.budget, nowMs);
    leadOnCuts(
      this.control,
      this.budget,
      this.allocation.setpointW,
      this.#overshootMinW,
      this.#overshootMaxW,
      this.#commandW,
    );
    for (let i = 0; i < n; i++) {
      const powerW = this.#commandW[i]!;
      const command = this.commands[i]!;
      command.powerW = powerW;
      command.role = powerW > 0 ? "charge" : powerW < 0 ? "discharge" : "off";
      if (this.silent[i] === 0) plant.command(i, powerW);
    }
  }

  /** Runs the plant, ticking at the period, for `durationMs`; `each` sees every millisecond. */
  run(durationMs: number, each: (nowMs: number) => void): void {
    for (let ms = 0; ms < durationMs; ms++) {
      this.plant.advance();
      if (this.plant.nowMs % this.options.tickMs === 0) this.tick();
      each(this.plant.nowMs);
    }
  }
}
