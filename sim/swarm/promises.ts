/**
 * What a swarm's site is held to, by the plant's truth: nothing forbidden ever; limits within the response that the site has
 * time for; and, in the quiet end of each stretch, that what is asked for and allowed is delivered, and that people are told
 * what holds back the rest. Each oracle is plain arithmetic on the plant, none of it the controller's.
 */
import { minuteMs } from "../../src/domain/units.ts";
import { Invariants } from "../checkers/invariants.ts";
import type { Site } from "../story/site.ts";
import type { SwarmSite } from "./site.ts";

export interface BrokenPromise {
  readonly promise: string;
  /** Since the day's start, ms. */
  readonly atMs: number;
  readonly detail: string;
}

/** So many are kept of one run. */
const brokenMax = 20;
/** Plain response to a step of the load, on top of meter and slow chargers, ms. */
const responseMs = 2_000;
/** After a fault, a restart, or an event that changes who may do what, limits are not judged for so long, ms. */
const unsettledMs = 45_000;
/** Share of what could be delivered that must be. The rest is margin at limits, taper and the meter's error. */
const deliveredShare = 0.85;
const slackW = 1_500;
/** Modes in which a quiet site with a good grid rests. */
const restingModes: readonly string[] = ["loadOnly", "parallel"];

/** What the swarm's run knows and the promises ask. */
export interface Surroundings {
  /** Since when neither fault nor death nor trouble has gone on, ms of the world; Infinity while one does. */
  readonly calmSinceMs: number;
  /** Inside the quiet end of a stretch. */
  readonly judged: boolean;
}

export class SwarmPromises {
  readonly broken: BrokenPromise[] = [];
  readonly invariants: Invariants;
  readonly #swarm: SwarmSite;
  readonly #startMs: number;
  readonly #seen = new Set<string>();
  readonly #allowedMs: number;
  #overMs = [0, 0];
  #minuteAtMs: number;
  #deliveredW = 0;
  #deliverableW = 0;
  #looks = 0;
  /** Of each EVSE in this minute: what it asked for, and what it got in that direction, sums of looks, W. */
  readonly #wantedW: Float64Array;
  readonly #gotW: Float64Array;

  constructor(swarm: SwarmSite, site: Site, fromMs: number) {
    this.#swarm = swarm;
    this.#startMs = site.nowMs - fromMs;
    this.#minuteAtMs = site.nowMs;
    this.#wantedW = new Float64Array(swarm.evses.length);
    this.#gotW = new Float64Array(swarm.evses.length);
    this.invariants = new Invariants(
      site.world.stages.map(({ ratedVA }) => ratedVA),
      swarm.closedTransition,
      site.world.meter.config.updateMs,
    );
    const slowestMs = Math.max(
      ...site.world.stages.map(({ config }) => 5 * config.tauMs + (1_000 * config.ratedW) / config.slewWPerS),
    );
    this.#allowedMs = responseMs + 4 * site.world.meter.config.updateMs + slowestMs;
  }

  /** Once a tick, after the controller's step. */
  look(site: Site, tickMs: number, { calmSinceMs, judged }: Surroundings): void {
    if (site.controller !== undefined) this.invariants.check(site.snapshot, site.commands, site.nowMs);
    const settled = site.nowMs - calmSinceMs >= unsettledMs;
    this.#limits(site, tickMs, settled);
    if (judged) this.#delivery(site);
    else this.#beginMinute(site);
  }

  #beginMinute(site: Site): void {
    this.#minuteAtMs = site.nowMs;
    this.#deliveredW = 0;
    this.#deliverableW = 0;
    this.#looks = 0;
    this.#wantedW.fill(0);
    this.#gotW.fill(0);
  }

  /** What only shows afterwards. */
  end(site: Site): void {
    const { truth, books } = site.world;
    for (const { kind, atMs, durationMs } of truth.violations)
      this.#note(`never ${kind.replaceAll("-", " ")}`, atMs, `for ${Math.round(durationMs)} ms`);
    for (const { name, atMs, evse } of this.invariants.broken.slice(0, 1))
      this.#note(name, atMs, evse >= 0 ? `EVSE ${evse + 1}` : "the site");
    const { errorPct } = books.balance();
    if (!(errorPct <= 0.1)) this.#note("the plant's energy balance closes", site.nowMs, `${errorPct.toFixed(3)} %`);
  }

  /** Whether anything forbidden has happened so far: a run may end then. */
  safe(site: Site): boolean {
    return site.world.truth.violations.length === 0 && this.invariants.broken.length === 0;
  }

  #note(promise: string, atMs: number, detail: string): void {
    if (this.#seen.has(promise) || this.broken.length >= brokenMax) return;
    this.#seen.add(promise);
    this.broken.push({ promise, atMs: atMs - this.#startMs, detail });
  }

  #limits(site: Site, tickMs: number, settled: boolean): void {
    const { network, transferDevice, grid } = site.world;
    const limited = settled && grid.present && (transferDevice.closed || !this.#swarm.hasK1);
    const { stagesW, pccW } = network;
    // What the chargers themselves do beyond it: a building alone above its limit is nobody's fault.
    this.#limit(0, limited, Math.min(pccW - importLimitW(this.#swarm, site), stagesW), site, tickMs);
    this.#limit(1, limited, Math.min(-pccW - exportLimitW(this.#swarm, site), -stagesW), site, tickMs);
  }

  #limit(side: 0 | 1, limited: boolean, overW: number, site: Site, tickMs: number): void {
    if (!limited || overW <= 200 + 0.02 * site.world.truth.ratedW) {
      this.#overMs[side] = 0;
      return;
    }
    this.#overMs[side] = this.#overMs[side]! + tickMs;
    if (this.#overMs[side]! <= this.#allowedMs) return;
    const name = side === 0 ? "import" : "export";
    const detail = `${Math.round(overW)} W beyond it for longer than ${Math.round(this.#allowedMs)} ms`;
    this.#note(`the ${name} limit is held`, site.nowMs, detail);
  }

  #delivery(site: Site): void {
    const { network, transferDevice, grid } = site.world;
    const mode = site.controller?.mode ?? "dead";
    if (!restingModes.includes(mode)) {
      this.#note(
        "a quiet site with a good grid rests on it",
        site.nowMs,
        `mode ${mode}, row ${site.controller?.row ?? ""}`,
      );
      return;
    }
    if (this.#swarm.hasK1 && !transferDevice.closed)
      this.#note("the mode says what K1 is", site.nowMs, `mode ${mode}, K1 open`);
    if (!grid.present) return;
    this.#looks++;
    this.#deliveredW += network.stagesW;
    this.#deliverableW += deliverable(this.#swarm, site);
    for (let i = 0; i < this.#wantedW.length; i++) {
      const wantedW = wantedOf(site, i);
      this.#wantedW[i] = this.#wantedW[i]! + Math.abs(wantedW);
      this.#gotW[i] = this.#gotW[i]! + Math.sign(wantedW) * site.world.stages[i]!.truePowerW;
    }
    if (site.nowMs - this.#minuteAtMs >= minuteMs) this.#judgeMinute(site);
  }

  #judgeMinute(site: Site): void {
    const deliveredW = this.#deliveredW / this.#looks;
    const couldW = this.#deliverableW / this.#looks;
    const least = deliveredShare * Math.abs(couldW) - slackW - 0.05 * site.world.truth.ratedW;
    if (Math.sign(couldW) * deliveredW < least)
      this.#note(
        couldW > 0
          ? "charging that is asked for and allowed is delivered"
          : "discharging that is asked for and allowed is delivered",
        site.nowMs,
        `${kW(deliveredW)} of ${kW(couldW)}`,
      );
    this.#told(site);
    this.#beginMinute(site);
  }

  /** Each EVSE that gets far less than it asks for says what holds it back. */
  #told(site: Site): void {
    for (let i = 0; i < this.#wantedW.length; i++) {
      const wantedW = this.#wantedW[i]! / this.#looks;
      if (wantedW < 2_000 || this.#gotW[i]! / this.#looks > 0.5 * wantedW) continue;
      if ((site.controller?.explain?.(i) ?? []).length === 0)
        this.#note("what holds an EVSE back is told", site.nowMs, `EVSE ${i + 1} asks for ${kW(wantedW)}`);
    }
  }
}

const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1)} kW`;

/** The import limit in force, W. */
function importLimitW({ importLimitW: siteW }: SwarmSite, { station }: Site): number {
  return Math.min(siteW, station.importLimitW);
}

/** The export limit in force, W; nothing where the site may not give. */
function exportLimitW({ exportLimitW: siteW }: SwarmSite, { station }: Site): number {
  const { permit } = station;
  return Math.min(siteW, station.exportLimitW, permit.mode === "parallel-export" ? permit.exportLimitW : 0);
}

/** What an EVSE is asked for and could do by charger, vehicle and battery, W; 0 for one that nobody may use. */
function wantedOf(site: Site, evse: number): number {
  const request = site.station.evses[evse]!;
  const vehicle = site.world.vehicles[evse]!;
  const stage = site.world.stages[evse]!;
  if (!vehicle.connected || request.paused || !request.authorized) return 0;
  if (request.requestedW >= 0) {
    const mostW = Math.min(request.requestedW, vehicle.canChargeW, stage.maxChargeW);
    return mostW < vehicle.minChargeW ? 0 : mostW;
  }
  // Near the reserve it is let alone.
  if (vehicle.socPct < request.reservePct + 4) return 0;
  const mostW = Math.min(-request.requestedW, vehicle.canDischargeW, stage.maxDischargeW);
  return mostW < vehicle.minDischargeW ? 0 : -mostW;
}

/** What all stages together could do within the limits in force, W. */
function deliverable(swarm: SwarmSite, site: Site): number {
  const { network, truth, stages } = site.world;
  let chargeW = 0;
  let dischargeW = 0;
  for (let i = 0; i < stages.length; i++) {
    const wantedW = wantedOf(site, i);
    if (wantedW > 0) chargeW += wantedW;
    else dischargeW -= wantedW;
  }
  const othersW = network.pccW - network.stagesW;
  if (chargeW > 0) return Math.max(0, Math.min(chargeW, importLimitW(swarm, site) - othersW));
  if (!truth.mayDischarge) return 0;
  return -Math.max(0, Math.min(dischargeW, exportLimitW(swarm, site) + othersW));
}
