/** One run of the simulated rig: equipment that was started for it, driven along its segments and recorded. */

import type { LoadedSite } from "../../src/app/site/load-config.ts";
import type { Cut, Play, Recording, Segment, Signals } from "../../src/certify/rig.ts";
import { playS, samplesMax } from "../../src/certify/rig.ts";
import type { GridSettings } from "../../src/config/grid-profiles.ts";
import type { Core } from "../../src/core/core.ts";
import { applyGridSettings } from "../../src/core/grid/der.ts";
import { createLimitedGenerationProfile } from "../../src/core/pcc/limited-generation-profile.ts";
import { invariant } from "../../src/domain/result.ts";
import { dayMs } from "../../src/domain/units.ts";
import { startIsletOn } from "../story/islet-controller.ts";
import { Site } from "../story/site.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";
import type { PlantedFault } from "./planted.ts";
import { protectionsFor } from "./stage-settings.ts";

export const ratedW = 60_000;
export const benchFile = new URL("bench.yaml", import.meta.url).pathname;
const nominalVoltageV = 480;
/** After the ramp into service the equipment is left alone for so long before a run begins, s. */
const settleS = 4;
/** Charging begins on a slow ramp of its own, s. */
const chargingS = 65;
/** A source beside the equipment gives so much at most, of its rating. */
const sourceMaxPu = 3;

/** The site of a run: the bench's configuration with the run's own terms. */
export function siteFor(bench: LoadedSite, { site: terms = {} }: Play): LoadedSite {
  const { pcc } = bench.config;
  const watts = (pu: number | undefined, other: number): number => (pu === undefined ? other : pu * ratedW);
  const { minimumImportPu, reverseMarginPu, relayDelayS = 2, profilePu, timeZone } = terms;
  const hasRelay = minimumImportPu !== undefined || reverseMarginPu !== undefined;
  const reversePower = {
    delayS: relayDelayS,
    ...(minimumImportPu !== undefined && { minimumImportW: minimumImportPu * ratedW }),
    ...(reverseMarginPu !== undefined && { reverseMarginW: reverseMarginPu * ratedW }),
  };
  const zone = timeZone ?? bench.config.site.timeZone;
  const profile =
    profilePu &&
    createLimitedGenerationProfile(
      profilePu.map((row) => row.map((pu) => pu * ratedW)),
      zone,
    );
  invariant(profile === undefined || profile.ok, "the run's profile must be 12 months of 24 hours");
  return {
    ...bench,
    config: {
      ...bench.config,
      site: { ...bench.config.site, timeZone: zone },
      pcc: {
        ...pcc,
        exportLimitW: watts(terms.exportLimitPu, pcc.exportLimitW),
        importLimitW: watts(terms.importLimitPu, pcc.importLimitW),
        powerControlMode: terms.controlMode ?? pcc.powerControlMode,
        ...(hasRelay && { reversePower }),
      },
    },
    generationProfile: profile?.ok ? profile.value : null,
  };
}

/** The world around one stage: a stiff grid, a load and a source that stand still, a battery emulator. */
function worldOf(seed: number, settings: Readonly<GridSettings>, planted: PlantedFault): WorldConfig {
  return worldFor({
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
    meter: { ...planted.meter },
    grid: { sourceImpedancePu: 0, wanderPu: 0, wanderHz: 0 },
    building: { scale: 0, flicker: 0, powerFactor: 1 },
    pvs: [{ ratedW: sourceMaxPu * ratedW }],
    // It does not run empty or full.
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
}

export class RigRun {
  readonly site: Site;
  readonly #settings: Readonly<GridSettings>;
  readonly #planted: PlantedFault;
  readonly #tickMs: number;
  #dueMs: number;

  constructor(loaded: LoadedSite, seed: number, planted: PlantedFault, tickMs: number, play: Play) {
    this.#tickMs = tickMs;
    const { settings } = loaded.profile;
    this.#settings = settings;
    this.#planted = planted;
    const world = worldOf(seed, settings, planted);
    const { clockMs } = play.site ?? {};
    const wallStartMs = clockMs === undefined ? world.wallStartMs : clockMs - 1_000 * this.#warmUpS(play);
    this.site = new Site({ ...world, wallStartMs }, benchFile, tickMs, startIsletOn(loaded));
    this.site.world.building.hold(0);
    this.site.world.pvs[0]!.heldW = 0;
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

  #warmUpS({ segments, cold = false }: Play): number {
    if (cold) return 0;
    const { enterDelayS, enterRampS } = this.#settings;
    return enterDelayS + enterRampS + settleS + ((segments[0]?.requestPu ?? 1) < 0 ? chargingS : 0);
  }

  play(play: Play): Recording {
    const { segments } = play;
    const tickMs = this.#tickMs;
    const count = Math.round((playS(play) * 1_000) / tickMs);
    invariant(count <= samplesMax, `a run of ${count} samples; at most ${samplesMax}`);
    const [first] = segments;
    this.#request(first?.requestPu ?? 1);
    if (first?.loadPu !== undefined) this.#load(first.loadPu);
    this.ticks(this.#warmUpS(play));
    const recording: Recording = {
      stepS: tickMs / 1_000,
      voltagePu: new Float64Array(count),
      frequencyHz: new Float64Array(count),
      activePu: new Float64Array(count),
      reactivePu: new Float64Array(count),
      exchangePu: new Float64Array(count),
    };
    let at = 0;
    for (const segment of segments) at = this.#segment(segment, recording, at);
    return recording;
  }

  #segment(segment: Segment, recording: Recording, from: number): number {
    const { station, world } = this.site;
    const tickMs = this.#tickMs;
    if (segment.requestPu !== undefined) this.#request(segment.requestPu);
    if (segment.permit !== undefined) station.serviceEnabled = this.#planted.deaf?.includes("permit") || segment.permit;
    if (segment.settings) this.#change(segment.settings);
    if (segment.loadPu !== undefined) this.#load(segment.loadPu);
    if (segment.mainClosed !== undefined) world.setGrid({ present: segment.mainClosed });
    if (segment.signals) this.#signal(segment.signals);
    if (segment.cut) this.#cut(segment.cut);
    if (segment.restartAfterS !== undefined) this.#restart(segment.restartAfterS);
    if (segment.phaseJumpDeg !== undefined) world.setGrid({ phaseJumpDeg: segment.phaseJumpDeg });
    if (segment.phaseVoltagePu) world.setGrid({ phaseVoltagePu: segment.phaseVoltagePu });
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
      this.tick();
      this.#look(recording, from + i);
    }
    return from + samples;
  }

  #request(pu: number): void {
    this.site.station.requestAll(-pu * ratedW);
  }

  /** Load beside the equipment, or a source there. */
  #load(pu: number): void {
    const { world } = this.site;
    world.building.hold(Math.max(0, pu * ratedW));
    world.pvs[0]!.heldW = Math.max(0, -pu * ratedW);
    world.stir();
  }

  #signal(signals: Partial<Signals>): void {
    const { station } = this.site;
    const deaf = this.#planted.deaf ?? [];
    const { permissive, transferTrip, upstreamClosed, relayTripped, stopped, reset } = signals;
    if (permissive !== undefined && !deaf.includes("permissive")) station.permissive = permissive;
    if (transferTrip !== undefined && !deaf.includes("transferTrip")) station.transferTrip = transferTrip;
    if (upstreamClosed !== undefined && !deaf.includes("upstreamClosed")) station.upstreamClosed = upstreamClosed;
    if (relayTripped !== undefined && !deaf.includes("relayTripped")) station.relayLatched = relayTripped;
    if (stopped !== undefined && !deaf.includes("stopped")) for (const evse of station.evses) evse.paused = stopped;
    if (reset !== undefined) station.resetRequest = reset;
  }

  #cut(cut: Cut): void {
    const { bridge, world } = this.site;
    bridge.meterLink.clear();
    world.meter.faults.clear();
    for (const { link } of bridge.stagePorts) link.clear();
    if (cut === "meter-silent") bridge.meterLink.down = true;
    else if (cut === "meter-frozen") world.meter.faults.frozen = true;
    else if (cut === "meter-reversed") world.meter.faults.reversed = true;
    else if (cut === "stage-link") for (const { link } of bridge.stagePorts) link.down = true;
  }

  #restart(afterS: number): void {
    this.site.killController();
    this.site.after(afterS * 1_000, (site) => site.startController());
  }

  /** As the backend would write a setting while the equipment runs. */
  #change(changes: Partial<GridSettings>): void {
    const core = this.core;
    const asked = { ...this.#settings, ...changes };
    const wanted = this.#planted.settings ? this.#planted.settings(asked) : asked;
    for (const der of [core.meterGrid, core.deviceGrid, ...core.stageGrids]) if (der) applyGridSettings(der, wanted);
  }

  get core(): Core {
    return (this.site.controller as unknown as { readonly core: Core }).core;
  }

  ticks(durationS: number): void {
    const count = Math.ceil((durationS * 1_000) / this.#tickMs);
    for (let i = 0; i < count; i++) this.tick();
  }

  tick(): void {
    this.#dueMs += this.#tickMs;
    this.site.tick(this.#dueMs);
  }

  #look(recording: Recording, at: number): void {
    const { network, gridSide } = this.site.world;
    recording.voltagePu[at] = gridSide.voltagePu;
    recording.frequencyHz[at] = gridSide.frequencyHz;
    recording.activePu[at] = -network.stagesW / ratedW;
    recording.reactivePu[at] = -network.pccVar / ratedW;
    recording.exchangePu![at] = -network.pccW / ratedW;
  }
}
