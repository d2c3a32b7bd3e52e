/**
 * The simulator as a test rig: a stiff grid source, true values as instruments, and as equipment the product's composition of
 * core and bridge over one stage whose protections are set to the code's. Virtual time; a seed makes the same run again.
 */
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import type { Accuracy, Play, Recording, Rig, RigFacts, Segment } from "../../src/certify/rig.ts";
import { playS, samplesMax } from "../../src/certify/rig.ts";
import type { GridProfile, GridSettings } from "../../src/config/grid-profiles.ts";
import type { Core } from "../../src/core/core.ts";
import { applyGridSettings } from "../../src/core/grid/der.ts";
import { invariant } from "../../src/domain/result.ts";
import type { StageConfig } from "../plant/stage/stage-config.ts";
import { startIsletOn } from "../story/islet-controller.ts";
import { Site } from "../story/site.ts";
import { schoolBus, worldFor } from "../world-config.ts";
import { protectionsFor } from "./stage-settings.ts";

/** Period of the control loop and distance of the samples: short runs are looked at more closely, ms. */
const fineMs = 10;
const coarseMs = 20;
const fineForS = 90;
const ratedW = 60_000;
const nominalVoltageV = 480;
const dayMs = 86_400_000;
/** After the ramp into service the equipment is left alone for so long before a run begins, s. */
const settleS = 4;

/** Charging begins on a slow ramp of its own, s. */
const chargingS = 65;

/** True values: what remains is the distance between two samples. */
const trueInstruments: Accuracy = {
  voltagePu: 1e-6,
  frequencyHz: 1e-6,
  activePu: 1e-6,
  reactivePu: 1e-6,
  timeS: fineMs / 1_000,
};

/** What is wrong with the equipment: it makes something else of the settings that it was given, or its stage is another. */
export interface PlantedFault {
  readonly settings?: (settings: Readonly<GridSettings>) => Readonly<GridSettings>;
  readonly stage?: Partial<StageConfig>;
}

export interface SimulatedRigOptions {
  readonly profile: GridProfile;
  readonly seed: number;
  readonly instruments?: Accuracy;
  /** For tests: a fault in the equipment. */
  readonly planted?: PlantedFault;
}

const benchFile = fileURLToPath(new URL("bench.yaml", import.meta.url));

/** The rig for a code's profile. */
export function simulatedRig({ profile, seed, instruments = trueInstruments, planted = {} }: SimulatedRigOptions): Rig {
  const { nominalFrequencyHz } = profile.settings;
  const facts: RigFacts = {
    name: "simulator",
    equipment: "Islet's control cycle with one simulated stage of 60 kW, 60 kVA",
    seed,
    nominalFrequencyHz,
    ratedW,
    ratedVA: ratedW,
    instruments,
  };
  const bench = loadSite(benchFile);
  const config = {
    ...bench.config,
    site: { ...bench.config.site, nominalFrequencyHz: String(nominalFrequencyHz) },
  } as LoadedSite["config"];
  return {
    facts,
    async play(play) {
      // Between two runs others have their turn: signals, timers.
      await setImmediate();
      const settings = planted.settings ? planted.settings(play.settings) : play.settings;
      const loaded = { ...bench, config, profile: { ...profile, settings } };
      return new Run(loaded, seed, planted, playS(play) > fineForS ? coarseMs : fineMs).play(play);
    },
  };
}

/** One run on equipment that was started for it. */
class Run {
  readonly site: Site;
  readonly #settings: Readonly<GridSettings>;
  readonly #planted: PlantedFault;
  readonly #tickMs: number;
  #dueMs: number;

  constructor(loaded: LoadedSite, seed: number, planted: PlantedFault, tickMs: number) {
    this.#tickMs = tickMs;
    const { settings } = loaded.profile;
    this.#settings = settings;
    this.#planted = planted;
    const world = worldFor({
      seed,
      startsAt: "2027-05-03 10:00",
      stageW: [ratedW],
      nominalVoltageV,
      phases: 3,
      nominalFrequencyHz: settings.nominalFrequencyHz,
      stage: {
        ratedVar: 0.5 * ratedW,
        standbyW: 0,
        enterServiceDelayS: settings.enterDelayS,
        protections: protectionsFor(settings),
        ...planted.stage,
      },
      grid: { sourceImpedancePu: 0, wanderPu: 0, wanderHz: 0 },
      building: { scale: 0, flicker: 0 },
      // A battery emulator: it does not run empty or full.
      vehicles: [
        {
          ...schoolBus,
          capacityWh: 1e9,
          socPct: 60,
          maxChargeW: ratedW,
          maxDischargeW: ratedW,
          minChargeW: 0,
          minDischargeW: 0,
        },
      ],
    });
    this.site = new Site(world, benchFile, tickMs, startIsletOn(loaded));
    this.site.world.building.hold(0);
    Object.assign(this.site.station.permit, {
      mode: "parallel-export",
      validFromMs: this.site.world.wallMs - 1_000,
      validUntilMs: this.site.world.wallMs + 30 * dayMs,
      exportLimitW: 2 * ratedW,
      equipmentMatches: true,
      backupNotified: true,
    });
    this.#dueMs = this.site.nowMs;
  }

  play(play: Play): Recording {
    const { segments, cold = false } = play;
    const tickMs = this.#tickMs;
    const count = Math.round((playS(play) * 1_000) / tickMs);
    invariant(count <= samplesMax, `a run of ${count} samples; at most ${samplesMax}`);
    const { enterDelayS, enterRampS } = this.#settings;
    this.#request(segments[0]?.requestPu ?? 1);
    if (!cold) this.#ticks(enterDelayS + enterRampS + settleS);
    if (!cold && (segments[0]?.requestPu ?? 1) < 0) this.#ticks(chargingS);
    const recording: Recording = {
      stepS: tickMs / 1_000,
      voltagePu: new Float64Array(count),
      frequencyHz: new Float64Array(count),
      activePu: new Float64Array(count),
      reactivePu: new Float64Array(count),
    };
    let at = 0;
    for (const segment of segments) at = this.#segment(segment, recording, at);
    return recording;
  }

  #segment(segment: Segment, recording: Recording, from: number): number {
    const { station, world } = this.site;
    const tickMs = this.#tickMs;
    if (segment.requestPu !== undefined) this.#request(segment.requestPu);
    if (segment.permit !== undefined) station.serviceEnabled = segment.permit;
    if (segment.settings) this.#change(segment.settings);
    if (segment.phaseJumpDeg !== undefined) world.setGrid({ phaseJumpDeg: segment.phaseJumpDeg });
    const { grid } = world;
    const fromPu = grid.setVoltagePu;
    const fromHz = grid.frequencyHz;
    const { voltagePu = fromPu, frequencyHz = fromHz, rampS = 0, forS } = segment;
    if (rampS === 0 && (voltagePu !== fromPu || frequencyHz !== fromHz)) world.setGrid({ voltagePu, frequencyHz });
    const samples = Math.min(Math.round((forS * 1_000) / tickMs), recording.activePu.length - from);
    for (let i = 0; i < samples; i++) {
      if (rampS > 0) {
        const share = Math.min(1, ((i + 1) * tickMs) / 1_000 / rampS);
        grid.apply({
          voltagePu: fromPu + share * (voltagePu - fromPu),
          frequencyHz: fromHz + share * (frequencyHz - fromHz),
        });
      }
      this.#tick();
      this.#look(recording, from + i);
    }
    return from + samples;
  }

  #request(pu: number): void {
    this.site.station.requestAll(-pu * ratedW);
  }

  /** As the backend would write a setting while the equipment runs. */
  #change(changes: Partial<GridSettings>): void {
    const core = (this.site.controller as unknown as { readonly core: Core }).core;
    const asked = { ...this.#settings, ...changes };
    const wanted = this.#planted.settings ? this.#planted.settings(asked) : asked;
    for (const der of [core.meterGrid, core.deviceGrid, ...core.stageGrids]) if (der) applyGridSettings(der, wanted);
  }

  #ticks(durationS: number): void {
    const count = Math.ceil((durationS * 1_000) / this.#tickMs);
    for (let i = 0; i < count; i++) this.#tick();
  }

  #tick(): void {
    this.#dueMs += this.#tickMs;
    this.site.tick(this.#dueMs);
  }

  #look(recording: Recording, at: number): void {
    const { network, gridSide } = this.site.world;
    recording.voltagePu[at] = gridSide.voltagePu;
    recording.frequencyHz[at] = gridSide.frequencyHz;
    recording.activePu[at] = -network.pccW / ratedW;
    recording.reactivePu[at] = -network.pccVar / ratedW;
  }
}
