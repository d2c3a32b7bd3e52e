/**
 * Runs a story on a site in virtual time and judges it: a scenario is data (a world, events with sentences, checks with
 * limits), the controller is whoever is plugged in. A seed and a scenario's name reproduce a run bit for bit.
 */
import { hourMs, minuteMs } from "../../src/domain/units.ts";
import { clockMs } from "../calendar.ts";
import { Invariants } from "../checkers/invariants.ts";
import type { Probe } from "../checkers/probes.ts";
import { forbidden } from "../plant/truth.ts";
import type { WorldConfig } from "../world-config.ts";
import { Site, type StartController } from "./site.ts";

/** [when, what happens in words, what it does]. It happens a random tenth of a second after `when`: no event waits for a tick. */
export type StoryEvent = readonly [at: string, sentence: string, act: (site: Site) => void];

export type Comparison = "≤" | "≥" | "=";

/** [what is checked in words, what is looked at, how it compares, with what, unit]. */
export type Check = readonly [name: string, probe: Probe, compare: Comparison, limit: number, unit: string];

export interface Scenario {
  readonly name: string;
  readonly sentence: string;
  /** The controller's configuration of this site; sites that differ by seed name each their own. */
  readonly siteFile: string | ((seed: number) => string);
  readonly tickMs: number;
  /** Longer ticks for the hours in which nothing happens: after a minute without event, change of mode or anything fast. */
  readonly quietTickMs?: number;
  readonly from: string;
  readonly to: string;
  /** True where K1 may close onto a bus that a stage forms, after a synchronism check. */
  readonly closedTransition?: boolean;
  world(seed: number): WorldConfig;
  /** What is true before the story begins: permit, requests, limits. */
  readonly begins: (site: Site) => void;
  readonly story: readonly StoryEvent[];
  /** Made anew for each run, because probes remember. */
  checks(): readonly Check[];
  /** A story that is told in another way than by the clock of one day. */
  readonly run?: (start: StartController, options: ScenarioOptions) => Omit<ScenarioResult, "ok" | "wallS">;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly value: number | null;
  readonly compare: Comparison;
  readonly limit: number;
  readonly unit: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly simulatedS: number;
  readonly wallS: number;
  readonly checks: readonly CheckResult[];
}

export interface ScenarioOptions {
  readonly seed?: number;
  readonly tickMs?: number;
  /** Called after each event, for a person who watches. */
  readonly onEvent?: (at: string, sentence: string, site: Site) => void;
  /** Called once each simulated minute. */
  readonly onMinute?: (site: Site) => void;
  /** Called once each simulated hour. */
  readonly onHour?: (site: Site) => void;
}

const eventJitterMs = 100;
/** Nothing has happened for so long, and nothing is about to happen: the site is quiet. */
const quietAfterMs = minuteMs;
const quietBeforeMs = 5_000;
/** The site's own tolerance on limits at the PCC, as a share of the stages' ratings. */
const toleranceShare = 0.002;

interface RunningProbe {
  readonly probe: Probe;
  readonly fromMs: number;
  readonly toMs: number;
}

export function runScenario(scenario: Scenario, start: StartController, options: ScenarioOptions = {}): ScenarioResult {
  const beganMs = performance.now();
  if (scenario.run) {
    const told = scenario.run(start, options);
    return { ...told, ok: told.checks.every(({ ok }) => ok), wallS: (performance.now() - beganMs) / 1000 };
  }
  const seed = options.seed ?? 1;
  const tickMs = options.tickMs ?? scenario.tickMs;
  const world = scenario.world(seed);
  const { siteFile } = scenario;
  const site = new Site(world, typeof siteFile === "string" ? siteFile : siteFile(seed), tickMs, start);
  const run = new ScenarioRun(scenario, site);
  run.play(options);
  const checks = run.judge();
  return {
    name: scenario.name,
    seed,
    ok: checks.every((check) => check.ok),
    simulatedS: Math.round(site.elapsedMs) / 1000,
    wallS: (performance.now() - beganMs) / 1000,
    checks,
  };
}

/** One run, kept apart so that tests can look inside it. */
class ScenarioRun {
  readonly site: Site;
  readonly invariants: Invariants;
  readonly #scenario: Scenario;
  readonly #startMs: number;
  readonly #beginClockMs: number;
  readonly #checks: readonly Check[];
  readonly #probes: RunningProbe[];
  #mode = "";
  #modeAtMs = Number.NEGATIVE_INFINITY;

  constructor(scenario: Scenario, site: Site) {
    this.#scenario = scenario;
    this.site = site;
    this.#startMs = site.nowMs;
    this.#beginClockMs = clockMs(scenario.from);
    const ratings = site.world.stages.map((stage) => stage.ratedVA);
    this.invariants = new Invariants(ratings, scenario.closedTransition ?? false);
    this.#checks = scenario.checks();
    this.#probes = this.#checks.map(([, probe]) => ({
      probe,
      fromMs: probe.from === undefined ? this.#startMs : this.#momentMs(probe.from),
      toMs: probe.to === undefined ? Number.POSITIVE_INFINITY : this.#momentMs(probe.to),
    }));
    site.world.truth.toleranceW = toleranceShare * site.world.truth.ratedW;
    scenario.begins(site);
  }

  /** A story time on the monotonic clock, ms. */
  #momentMs(text: string): number {
    return this.#startMs + clockMs(text) - this.#beginClockMs;
  }

  play(options: ScenarioOptions): void {
    const { site } = this;
    const { tickMs } = site;
    // Whoever asks for another tick gets it throughout.
    const quietTickMs = tickMs === this.#scenario.tickMs ? this.#scenario.quietTickMs : undefined;
    const random = site.world.random.stream("story");
    const story = this.#scenario.story;
    const dueMs = story.map(([at]) => this.#momentMs(at) + eventJitterMs * random.uniform());
    const endMs = this.#momentMs(this.#scenario.to);
    let next = 0;
    let minuteAtMs = this.#startMs + minuteMs;
    let hourAtMs = this.#startMs + hourMs;
    let eventAtMs = this.#startMs;
    let lengthMs = tickMs;
    for (let tickAtMs = this.#startMs + tickMs; tickAtMs <= endMs; tickAtMs += lengthMs) {
      while (next < story.length && dueMs[next]! <= tickAtMs) {
        const event = story[next]!;
        site.world.advanceTo(Math.max(site.nowMs, dueMs[next]!));
        event[2](site);
        eventAtMs = site.nowMs;
        options.onEvent?.(event[0], event[1], site);
        next++;
      }
      site.tick(tickAtMs);
      if (site.controller !== undefined) this.invariants.check(site.snapshot, site.commands, site.nowMs);
      this.#look(lengthMs);
      lengthMs = tickMs;
      if (quietTickMs !== undefined && this.#isQuiet(eventAtMs, dueMs[next] ?? endMs)) lengthMs = quietTickMs;
      if (site.nowMs >= minuteAtMs) {
        minuteAtMs += minuteMs;
        options.onMinute?.(site);
      }
      if (site.nowMs >= hourAtMs) {
        hourAtMs += hourMs;
        options.onHour?.(site);
      }
    }
  }

  #isQuiet(eventAtMs: number, nextAtMs: number): boolean {
    const { world, nowMs, controller } = this.site;
    const mode = controller?.mode ?? "dead";
    if (mode !== this.#mode) {
      this.#mode = mode;
      this.#modeAtMs = nowMs;
    }
    const fromMs = Math.max(eventAtMs, this.#modeAtMs, world.stirredAtMs) + quietAfterMs;
    return nowMs >= fromMs && nextAtMs - nowMs > quietBeforeMs;
  }

  #look(tickMs: number): void {
    const nowMs = this.site.nowMs;
    for (let i = 0; i < this.#probes.length; i++) {
      const { probe, fromMs, toMs } = this.#probes[i]!;
      if (nowMs >= fromMs && nowMs <= toMs) probe.look(this.site, tickMs, nowMs - fromMs);
    }
  }

  judge(): CheckResult[] {
    const { site } = this;
    const results = this.#checks.map(([name, probe, compare, limit, unit]) =>
      judged(name, probe.value(site), compare, limit, unit),
    );
    const { truth, books } = site.world;
    for (const kind of forbidden) {
      results.push(judged(`never ${kind.replaceAll("-", " ")}`, truth.counts[kind], "=", 0, "times"));
    }
    results.push(judged("invariants broken between facts and commands", this.invariants.total, "=", 0, "ticks"));
    results.push(judged("energy balance of the plant", books.balance().errorPct, "≤", 0.1, "%"));
    return results;
  }
}

export function judged(name: string, value: number, compare: Comparison, limit: number, unit: string): CheckResult {
  const ok = compare === "≤" ? value <= limit : compare === "≥" ? value >= limit : value === limit;
  return { name, ok, value: Number.isFinite(value) ? rounded(value) : null, compare, limit, unit };
}

const rounded = (value: number): number => Number(value.toPrecision(6));
