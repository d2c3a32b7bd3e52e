/** Schedules that vehicles may choose from: how many, until when they are waited for, and whether a vehicle keeps to one. */
import type { ChargerFacts, ChosenSchedule, ScheduleEntry } from "./contract.ts";
import type { SessionContext } from "./session.ts";
import { scheduleWaitMaxMs } from "./times.ts";

/** Tuples of an offer. */
const tuplesMax = 3;
/** A vehicle's profile may be above its schedule by so much, for what its units round. */
const roundedShare = 1.01;

/** What is offered, with identifiers from 1 on, never more than the ratings. */
export function offeredSchedules({ schedules, ratings }: ChargerFacts): {
  readonly id: number;
  readonly entries: readonly ScheduleEntry[];
}[] {
  const offered = schedules.length === 0 ? [[{ startS: 0, maxW: ratings.maxW }]] : schedules.slice(0, tuplesMax);
  return offered.map((entries, i) => ({
    id: i + 1,
    entries: entries.map(({ startS, maxW }) => ({ startS, maxW: Math.min(Math.max(0, maxW), ratings.maxW) })),
  }));
}

/** The vehicle is to ask again: what it may choose from is not known yet. */
export const awaitsSchedule = ({ facts, inStateMs }: SessionContext): boolean =>
  facts.scheduleAwaited && inStateMs < scheduleWaitMaxMs;

/** The identifier that was chosen, for the answers of the loop. */
export const chosenId = ({ chosen }: SessionContext): number => (chosen?.tuple ?? 0) + 1;

/** Takes a vehicle's choice: `unknown` is not one of those that were offered, `beyond` promises more than it has. */
export function choose(
  context: SessionContext,
  id: number,
  entries: readonly ScheduleEntry[],
): "" | "unknown" | "beyond" {
  const { facts } = context;
  const taken = offeredSchedules(facts).find((one) => one.id === id);
  if (taken === undefined) return "unknown";
  // Without a schedule of somebody's the ratings are no promise that could be broken: the limits of the loop hold anyway.
  if (facts.schedules.length > 0 && isBeyond(entries, taken.entries)) return "beyond";
  const before = context.chosen;
  const chosen: ChosenSchedule = { tuple: id - 1, entries };
  if (before === undefined || JSON.stringify(before) !== JSON.stringify(chosen)) context.chosen = chosen;
  return "";
}

/** Judged where either changes; before its first entry a schedule says nothing. */
function isBeyond(profile: readonly ScheduleEntry[], schedule: readonly ScheduleEntry[]): boolean {
  const maxWAt = (entries: readonly ScheduleEntry[], atS: number): number =>
    entries.findLast(({ startS }) => startS <= atS)?.maxW ?? Number.NaN;
  return [...profile, ...schedule].some(
    ({ startS }) => maxWAt(profile, startS) > roundedShare * maxWAt(schedule, startS),
  );
}
