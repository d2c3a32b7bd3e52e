/** Drives a site tick by tick, with events that fall between ticks, and judges what the controller says in each. */
import { Invariants } from "../checkers/invariants.ts";
import { startIslet } from "../story/islet-controller.ts";
import { Site, type StartController } from "../story/site.ts";
import type { WorldConfig } from "../world-config.ts";

interface DueEvent {
  readonly atMs: number;
  readonly act: (site: Site) => void;
}

/** More than this many events waiting at once means that a story has lost its measure. */
const waitingMax = 1_000;

export class Drive {
  readonly site: Site;
  readonly invariants: Invariants;
  #due: DueEvent[] = [];
  #tickAtMs: number;

  constructor(
    world: WorldConfig,
    siteFile: string,
    tickMs: number,
    closedTransition: boolean,
    start: StartController = startIslet,
  ) {
    this.site = new Site(world, siteFile, tickMs, start);
    const ratings = this.site.world.stages.map(({ ratedVA }) => ratedVA);
    this.invariants = new Invariants(ratings, closedTransition);
    this.#tickAtMs = this.site.nowMs;
  }

  get nowMs(): number {
    return this.site.nowMs;
  }

  /** Something that happens by itself, in `afterMs` from now. */
  after(afterMs: number, act: (site: Site) => void): void {
    if (this.#due.length >= waitingMax) throw new RangeError(`at most ${waitingMax} events can wait`);
    this.#due.push({ atMs: this.nowMs + afterMs, act });
    this.#due.sort((a, b) => a.atMs - b.atMs);
  }

  /** What was to come does not come any more. */
  forget(): void {
    this.#due = [];
  }

  tick(): void {
    const { site } = this;
    this.#tickAtMs += site.tickMs;
    while (this.#due.length > 0 && this.#due[0]!.atMs <= this.#tickAtMs) {
      const { atMs, act } = this.#due.shift()!;
      if (atMs > site.nowMs) site.world.advanceTo(atMs);
      act(site);
    }
    site.tick(this.#tickAtMs);
    if (site.controller !== undefined) this.invariants.check(site.snapshot, site.commands, site.nowMs);
  }

  /** Goes on until a condition holds; false when it does not in time. */
  until(condition: (site: Site) => boolean, mostMs: number, each?: () => void): boolean {
    const endMs = this.nowMs + mostMs;
    while (this.nowMs < endMs) {
      this.tick();
      each?.();
      if (condition(this.site)) return true;
    }
    return false;
  }

  wait(durationMs: number): void {
    this.until(() => false, durationMs);
  }
}
