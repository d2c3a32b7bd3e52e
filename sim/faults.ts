/**
 * Raises and clears the faults of `faults.table.ts` by name, and makes seeded schedules of them, so that a seed is enough to
 * repeat everything that went wrong.
 */
import { err, ok, type Result } from "../src/domain/result.ts";
import { type FaultRow, type FaultTarget, faultRows, linkOfFault, ownErrors, type SiteLinks } from "./faults.table.ts";
import type { Link } from "./link.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Targets that exist once per EVSE. */
const perEvse: readonly FaultTarget[] = ["stage", "vehicle", "session", "stageLink"];

export const faultTargets: readonly FaultTarget[] = [...new Set(faultRows.map(({ target }) => target))];

export interface RaisedFault {
  readonly target: FaultTarget;
  readonly error: string;
  /** Counts from 0; 0 for what the site has only one of. */
  readonly evse: number;
}

/** One fault of a schedule: from when to when, ms after the start. */
export interface ScheduledFault extends RaisedFault {
  readonly fromMs: number;
  readonly toMs: number;
}

export class Faults {
  readonly raised: RaisedFault[] = [];
  readonly #world: World;
  readonly #links: SiteLinks;
  readonly #noWires = new Map<Link, string>();

  constructor(world: World, links: SiteLinks) {
    this.#world = world;
    this.#links = links;
  }

  /** A link without a wire of its own, and why: what would have to happen on its wire is refused from now on. */
  hasNoWire(link: Link, sentence: string): void {
    this.#noWires.set(link, sentence);
  }

  /** Raises or clears one. The error is a sentence that says what would have been right. */
  set(target: string, error: string, evse: number, active: boolean): Result<FaultRow> {
    const known = faultRows.filter((row) => row.target === target);
    if (known.length === 0) return err(`target "${target}" is not one of ${faultTargets.join(", ")}`);
    const row = known.find((candidate) => candidate.error === error);
    if (row === undefined) {
      return err(`error "${error}" of ${target} is not one of ${known.map((candidate) => candidate.error).join(", ")}`);
    }
    const count = this.#world.stages.length;
    const needsEvse = perEvse.includes(row.target);
    if (needsEvse && !(Number.isInteger(evse) && evse >= 0 && evse < count)) {
      return err(`evse ${evse + 1} is not one of 1 to ${count}`);
    }
    const place = { world: this.#world, links: this.#links, evse: needsEvse ? evse : 0 };
    const link = linkOfFault(row.target, place);
    const refusal = link && !ownErrors.includes(error) ? this.#noWires.get(link) : undefined;
    const missing = row.refusal?.(place) ?? "";
    if (active && refusal !== undefined) return err(`${target} ${error}: ${refusal}`);
    if (missing !== "") return err(`${target} ${error}: ${missing}`);
    const at = this.raised.findIndex((f) => f.target === target && f.error === error && f.evse === place.evse);
    if (active) {
      row.on(place);
      if (at < 0) this.raised.push({ target: row.target, error, evse: place.evse });
    } else {
      row.off(place);
      if (at >= 0) this.raised.splice(at, 1);
    }
    return ok(row);
  }

  clearAll(): void {
    for (const { target, error, evse } of [...this.raised]) this.set(target, error, evse, false);
  }
}

/**
 * A schedule of single faults, one after another and never two at once: each comes after a random pause and stays for a random
 * while. `pauseS` is the mean pause, `stayS` the mean stay.
 */
export function faultSchedule(
  random: Random,
  evseCount: number,
  lengthMs: number,
  pauseS: number,
  stayS: number,
): ScheduledFault[] {
  const candidates = faultRows.filter((row) => row.random);
  const schedule: ScheduledFault[] = [];
  const scheduledMax = 10_000;
  let atMs = 1000 * random.waiting(pauseS);
  while (atMs < lengthMs && schedule.length < scheduledMax) {
    const row = random.pick(candidates);
    const toMs = atMs + 1000 * random.waiting(stayS);
    schedule.push({ target: row.target, error: row.error, evse: random.below(evseCount), fromMs: atMs, toMs });
    atMs = toMs + 1000 * random.waiting(pauseS);
  }
  return schedule;
}
