/**
 * Acceptance scenario 3: energised on 3 March, permitted on 14 April with 25 kW of export, revoked. Six weeks are told by
 * turning the calendar by a week every five minutes: the permit looks at the calendar, the loop at its own clock.
 */
import { atEnd, least, longestMs, mean, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { allow, commandsDischarge, refusedWithReason, revoke, stagesKW, turnCalendar } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-03-03 09:00",
    utcOffsetMinutes: -480,
    stageW: [60_000],
    nominalVoltageV: 480,
    phases: 3,
    vehicles: [{ ...schoolBus, socPct: random.between(60, 90) }],
  });
}

function checks(): Check[] {
  return [
    ["power before the permit",                   least(stagesKW, "09:00", "09:40"),                        "≥", -0.1, "kW"],
    ["discharge commanded before the permit",     longestMs(commandsDischarge, "09:00", "09:40"),           "=", 0,    "ms"],
    ["each refusal has a reason",                 least(refusedWithReason, "09:06", "09:40"),               "=", 1,    "yes"],
    ["in service after the permit",               secondsUntil((s) => stagesKW(s) < -1, "09:40", 100),      "≥", 300,  "s"],
    ["most export under the permit",              most((s) => -s.world.network.pccW / 1000, "09:40", "10:00:01"), "≤", 25.25, "kW"],
    ["longest export above the permit",           atEnd((s) => s.world.truth.exportExcess.longestMs),       "≤", 500,  "ms"],
    ["clipped to the permit, not far below it",   mean((s) => -s.world.network.pccW / 1000, "09:53", "10:00"), "≥", 23, "kW"],
    ["discharge still commanded after the end",   longestMs(commandsDischarge, "10:00:00", "10:10"),        "≤", 120,  "ms"],
    ["power gone after the permit's end",         secondsUntil((s) => Math.abs(stagesKW(s)) < 0.3, "10:00", 500), "≤", 0.5, "s"],
    ["power later",                               least(stagesKW, "10:00:02", "10:10"),                     "≥", -0.1, "kW"],
  ];
}

const aWeekLater = (at: string, day: string) =>
  [at, `A week has passed: it is ${day}.`, (s: Site) => turnCalendar(s, 7)] as const;

export const permitDay: Scenario = {
  name: "permit-day",
  sentence: "A charger waits six weeks for its permit, exports what it permits, and loses it.",
  siteFile: "sim/scenarios/sites/permit-day.yaml",
  tickMs: 20,
  from: "09:00",
  to: "10:10",
  world,
  begins: (site) => { site.world.truth.importLimitW = 100_000; },
  checks,
  story: [
    ["09:05", "The backend asks for 30 kW out of the bus.",                     (s) => s.station.requestAll(-30_000)],
    aWeekLater("09:10", "10 March"),
    aWeekLater("09:15", "17 March"),
    aWeekLater("09:20", "24 March"),
    aWeekLater("09:25", "31 March"),
    aWeekLater("09:30", "7 April"),
    aWeekLater("09:35", "14 April"),
    ["09:40", "The permit comes: parallel operation, at most 25 kW exported.",  (s) => allow(s, { mode: "parallel-export", exportLimitW: 25_000 })],
    ["10:00", "The utility revokes it.",                                        revoke],
  ],
};
