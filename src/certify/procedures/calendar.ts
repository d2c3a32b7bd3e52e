/**
 * A Limited Generation Profile (Rule 21, 288 values) at the edges of its hours: of a day, of a month and where the clock
 * changes. Power is below the next value before the edge; what holds is asked of the platform's calendar, not of the equipment.
 */
import type { GridProfile } from "../../config/grid-profiles.ts";
import { conditions } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { most } from "../reading.ts";
import { powerOf, recorded } from "../recorded.ts";

const timeZone = "America/Los_Angeles";
const beforeS = 20;
const afterS = 15;
const beyondPu = 0.005;
const hours = 24;

/** A different value for each hour and month, so that a wrong hour or month shows. */
const profilePu: readonly (readonly number[])[] = Array.from({ length: 12 }, (_, month) =>
  Array.from({ length: hours }, (_, hour) => Number((0.2 + 0.1 * ((5 * hour + 3 * month) % 8)).toFixed(2))),
);

/** The file's value at a moment, by the platform's calendar. */
function valueAt(utcMs: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    month: "numeric",
    hour: "numeric",
  }).formatToParts(utcMs);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
  return profilePu[read("month") - 1]![read("hour")]!;
}

const edges: readonly (readonly [name: string, utcMs: number])[] = [
  ["an hour of a day in May", Date.UTC(2027, 4, 4, 19)],
  ["the next hour", Date.UTC(2027, 4, 4, 20)],
  ["midnight", Date.UTC(2027, 4, 5, 7)],
  ["the first of a month", Date.UTC(2027, 5, 1, 7)],
  ["the clock goes forward", Date.UTC(2027, 2, 14, 10)],
  ["the hour after the clock went forward", Date.UTC(2027, 2, 14, 11)],
  ["the clock goes back", Date.UTC(2027, 10, 7, 9)],
  ["the end of the hour that came twice", Date.UTC(2027, 10, 7, 10)],
  ["the turn of the year", Date.UTC(2028, 0, 1, 8)],
];

export function generationProfileCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  return edges.flatMap(([name, edgeMs], i): readonly Case[] => {
    const [before, after] = [valueAt(edgeMs - 1), valueAt(edgeMs)];
    const record = recorded({
      settings,
      segments: [{ forS: beforeS + afterS, requestPu: 1, loadPu: 0 }],
      site: { profilePu, timeZone, clockMs: edgeMs - beforeS * 1_000 },
    });
    const common = {
      direction: "discharging" as const,
      setting: `${before} before, ${after} after`,
      unit: "of rating",
      ability: "calendar" as const,
      needs: { activePu: 0.01 },
      ...(i === 0 && { quick: true as const }),
    };
    return [
      {
        ...common,
        name: `${name}: before it`,
        quantity: "most export",
        run: powerOf(record, (r) => ({
          measured: most(r, r.exchangePu!, 0, beforeS - 2 * r.stepS),
          low: before - 0.1,
          high: before + beyondPu,
        })),
      },
      {
        ...common,
        name: `${name}: after it`,
        quantity: "most export",
        run: powerOf(record, (r) => ({
          measured: most(r, r.exchangePu!, beforeS, Number.POSITIVE_INFINITY),
          low: after - 0.1,
          high: after + beyondPu,
        })),
      },
    ];
  });
}
