/** Plays a seed: its site, its day, in virtual time with the product's own control cycle; and says which promise broke first. */
import { hourMs } from "../../src/domain/units.ts";
import { startIsletOn } from "../story/islet-controller.ts";
import { Site, type StartController } from "../story/site.ts";
import { allow } from "../story/vocabulary.ts";
import { type SwarmEvent, stretch, swarmDay } from "./day.ts";
import { type BrokenPromise, SwarmPromises } from "./promises.ts";
import { type SwarmSite, type SwarmSiteOptions, swarmSite } from "./site.ts";

/** Reasons and modes that are kept for a report. */
const modesMax = 40;

export interface SwarmOptions extends SwarmSiteOptions {
  readonly hours: number;
  /** Events left out, by their place in the day: how a failure is narrowed down. */
  readonly without?: ReadonlySet<number>;
  /** The part of the day that is played, ms since its beginning; without it the whole. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Ends the run this long after the first promise has broken, ms. */
  readonly endAfterMs?: number;
  /** Another controller, for those who want to see the swarm find something. */
  readonly start?: StartController;
}

export interface SwarmResult {
  readonly seed: number;
  readonly ok: boolean;
  readonly site: string;
  readonly simulatedS: number;
  readonly ticks: number;
  readonly wallS: number;
  readonly broken: readonly BrokenPromise[];
  /** Modes in the order in which the controller went through them, the last ones, "12345.678 s loadOnly (row)". */
  readonly modes: readonly string[];
  /** What bound each EVSE when the first promise broke, or at the end. */
  readonly reasons: readonly string[];
}

/** Events that begin or end, in order. */
interface Moment {
  readonly atMs: number;
  readonly act: (site: Site) => void;
  /** +1 trouble begins, -1 it ends, 0 neither. */
  readonly trouble: number;
}

/** Of what begins at `fromMs` or later, but for those left out by their place in the day. */
function momentsOf(events: readonly SwarmEvent[], without: ReadonlySet<number>, fromMs: number): Moment[] {
  const moments: Moment[] = [];
  for (const [i, { atMs, begin, toMs, end, unsettles }] of events.entries()) {
    if (without.has(i) || atMs < fromMs) continue;
    moments.push({ atMs, act: begin, trouble: unsettles && end !== undefined ? 1 : 0 });
    if (end !== undefined) moments.push({ atMs: toMs, act: end, trouble: unsettles ? -1 : 0 });
  }
  return moments.sort((a, b) => a.atMs - b.atMs);
}

export function runSwarm(seed: number, options: SwarmOptions): SwarmResult {
  const swarm = swarmSite(seed, options);
  return new SwarmRun(swarm, options).play();
}

class SwarmRun {
  readonly #swarm: SwarmSite;
  readonly #options: SwarmOptions;
  readonly #site: Site;
  readonly #promises: SwarmPromises;
  readonly #modes: string[] = [];
  #mode = "";

  constructor(swarm: SwarmSite, options: SwarmOptions) {
    this.#swarm = swarm;
    this.#options = options;
    this.#site = new Site(swarm.world, "", swarm.tickMs, options.start ?? startIsletOn(swarm.loaded));
    const { world } = this.#site;
    allow(this.#site, { mode: swarm.serviceMode, exportLimitW: swarm.exportLimitW });
    for (const [i, { reservePct }] of swarm.loaded.config.evses.entries())
      this.#site.station.evses[i]!.reservePct = reservePct;
    for (const pv of world.pvs) pv.heldW = 0;
    world.building.hold(0.3 * swarm.buildingMaxW);
    this.#promises = new SwarmPromises(swarm, this.#site, options.fromMs ?? 0);
  }

  play(): SwarmResult {
    const beganMs = performance.now();
    const { hours, without = new Set<number>(), endAfterMs } = this.#options;
    const { fromMs = 0, toMs = hours * hourMs } = this.#options;
    const site = this.#site;
    const { tickMs } = site;
    const moments = momentsOf(swarmDay(this.#swarm, hours), without, fromMs);
    // Where the day began, on the plant's clock.
    const startMs = site.nowMs - fromMs;
    const endMs = startMs + toMs;
    let next = 0;
    let troubles = 0;
    let calmSinceMs = site.nowMs;
    let stopAtMs = endMs;
    let reasons: readonly string[] | undefined;
    for (let tickAtMs = site.nowMs + tickMs; tickAtMs <= stopAtMs; tickAtMs += tickMs) {
      while (next < moments.length && startMs + moments[next]!.atMs <= tickAtMs) {
        const { atMs, act, trouble } = moments[next++]!;
        site.world.advanceTo(Math.max(site.nowMs, startMs + atMs));
        act(site);
        troubles += trouble;
        if (trouble !== 0) calmSinceMs = site.nowMs;
      }
      site.tick(tickAtMs);
      this.#watchMode(startMs);
      const inStretchMs = (tickAtMs - startMs) % stretch.lengthMs;
      this.#promises.look(site, tickMs, {
        calmSinceMs: troubles > 0 ? Number.POSITIVE_INFINITY : calmSinceMs,
        judged: inStretchMs >= stretch.judgedFromMs,
      });
      const failed = this.#promises.broken.length > 0 || !this.#promises.safe(site);
      if (failed && reasons === undefined) {
        reasons = reasonsOf(site);
        if (endAfterMs !== undefined) stopAtMs = Math.min(stopAtMs, site.nowMs + endAfterMs);
      }
    }
    this.#promises.end(site);
    const { broken } = this.#promises;
    return {
      seed: this.#swarm.seed,
      ok: broken.length === 0,
      site: this.#swarm.sentence,
      simulatedS: Math.round(site.elapsedMs / 1_000),
      ticks: site.ticks,
      wallS: (performance.now() - beganMs) / 1_000,
      broken: [...broken].sort((a, b) => a.atMs - b.atMs),
      modes: this.#modes,
      reasons: reasons ?? [],
    };
  }

  #watchMode(startMs: number): void {
    const mode = this.#site.controller?.mode ?? "dead";
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#modes.push(
      `${((this.#site.nowMs - startMs) / 1_000).toFixed(3)} s ${mode} (${this.#site.controller?.row ?? ""})`,
    );
    if (this.#modes.length > modesMax) this.#modes.shift();
  }
}

/** What binds each EVSE, in words of the controller. */
const reasonsOf = (site: Site): string[] =>
  site.world.stages
    .map((_, i) => `EVSE ${i + 1}: ${(site.controller?.explain?.(i) ?? []).join(", ") || "nothing"}`)
    .slice(0, 8);
