/**
 * Stages behind links that take their time: one request at a time on each line, writes and reads in turn, and what a write
 * says is what was decided when its turn came. The plant must have no write time of its own.
 */
import { between, type Dice } from "../../../bench/export-control/plant.ts";
import type { Site } from "../../../bench/export-control/site.ts";

const refreshMs = 250;
const deadBandW = 20;

interface Job {
  readonly stage: number;
  readonly isWrite: boolean;
  readonly powerW: number;
  readonly untilMs: number;
}

export interface LinkOptions {
  /** From a request to its answer, ms, within ± 50 %. */
  readonly requestMs: number;
  /** All stages behind one gateway. */
  readonly shared: boolean;
}

class Line {
  readonly #units: readonly number[];
  readonly #site: Site;
  readonly #requestMs: () => number;
  readonly #writtenW = new Map<number, number>();
  readonly #writtenMs = new Map<number, number>();
  #job: Job | undefined;
  #readTurn = 0;
  #writeTurn = 0;

  constructor(site: Site, units: readonly number[], requestMs: () => number) {
    this.#site = site;
    this.#units = units;
    this.#requestMs = requestMs;
  }

  advance(nowMs: number): void {
    if (this.#job !== undefined && nowMs < this.#job.untilMs) return;
    const done = this.#job;
    if (done !== undefined) this.#end(done, nowMs);
    const owed = done?.isWrite === true ? undefined : this.#nextDue(nowMs);
    const stage = owed ?? this.#units[this.#readTurn++ % this.#units.length]!;
    const { powerW } = this.#site.commands[stage]!;
    this.#job = { stage, isWrite: owed !== undefined, powerW, untilMs: nowMs + this.#requestMs() };
  }

  #nextDue(nowMs: number): number | undefined {
    const count = this.#units.length;
    for (let step = 1; step <= count; step += 1) {
      const turn = (this.#writeTurn + step) % count;
      if (!this.#isDue(this.#units[turn]!, nowMs)) continue;
      this.#writeTurn = turn;
      return this.#units[turn];
    }
    return undefined;
  }

  #isDue(unit: number, nowMs: number): boolean {
    const away = Math.abs(this.#site.commands[unit]!.powerW - (this.#writtenW.get(unit) ?? 0)) > deadBandW;
    return away || nowMs - (this.#writtenMs.get(unit) ?? 0) > refreshMs;
  }

  #end({ stage, isWrite, powerW }: Job, nowMs: number): void {
    const { plant, stages } = this.#site;
    const facts = stages[stage]!;
    if (isWrite) {
      plant.command(stage, powerW);
      this.#writtenW.set(stage, powerW);
      this.#writtenMs.set(stage, nowMs);
      facts.acknowledgedW = powerW;
      facts.acknowledgedAtMs = nowMs;
      return;
    }
    facts.atMs = facts.liveAtMs = nowMs;
    facts.powerW = plant.readStage(stage);
    facts.role = "discharge";
    facts.alive = true;
  }
}

/** Puts the site's stages behind such links; call what is returned each millisecond. */
export function slowLinks(site: Site, dice: Dice, { requestMs, shared }: LinkOptions): (nowMs: number) => void {
  site.silent.fill(1);
  const all = site.stages.map((_, i) => i);
  const groups = shared ? [all] : all.map((i) => [i]);
  const lines = groups.map((units) => new Line(site, units, () => Math.round(requestMs * between(dice, 0.5, 1.5))));
  return (nowMs) => {
    for (const line of lines) line.advance(nowMs);
  };
}
