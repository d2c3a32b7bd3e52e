/**
 * Twenty-seven vehicles in session, charging and discharging. Each of their known misbehaviours begins in one of them, all at the
 * same time: power is zero in time, contactors open without current, people are told once and by name, and nobody else notices.
 */
import { happened } from "../../checkers/island-probes.ts";
import { at, least, most, secondsUntil } from "../../checkers/probes.ts";
import type { SessionUse } from "../../peers/vehicle/plugged.ts";
import { usualPort } from "../../plant/stage/vehicle-port.ts";
import type { Check, Scenario, StoryEvent } from "../../story/scenario.ts";
import type { Site } from "../../story/site.ts";
import { allow } from "../../story/vocabulary.ts";
import { schoolBus, worldFor } from "../../world-config.ts";

interface Row {
  readonly habit: string;
  readonly protocol: SessionUse["protocol"];
  readonly requestW: number;
  /** Power is zero within so long, s; Infinity: the session goes on, with at least so much power of what was asked. */
  readonly zeroWithinS: number;
}

const takesW = 2_000;
const givesW = -2_000;
/** A message that ends the session: the vehicle's next round, its answer, one cycle and the stage. */
const atOnceS = 0.6;
/** A vehicle of ISO 15118-20 may be silent for half a second, one of the older protocols for three. */
const silentS = 1.1;
const oldSilentS = 3.6;
const goesOn = Number.POSITIVE_INFINITY;

const rows: readonly Row[] = [
  { habit: "",                     protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "",                     protocol: "20",  requestW: givesW, zeroWithinS: goesOn },
  { habit: "",                     protocol: "din", requestW: takesW, zeroWithinS: goesOn },
  { habit: "silent",               protocol: "20",  requestW: givesW, zeroWithinS: silentS },
  { habit: "silent",               protocol: "2",   requestW: takesW, zeroWithinS: oldSilentS },
  { habit: "late",                 protocol: "20",  requestW: givesW, zeroWithinS: silentS },
  { habit: "pieces",               protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "half-frame",           protocol: "20",  requestW: givesW, zeroWithinS: silentS },
  { habit: "oversized",            protocol: "20",  requestW: takesW, zeroWithinS: atOnceS },
  { habit: "garbage",              protocol: "20",  requestW: givesW, zeroWithinS: atOnceS },
  { habit: "garbage",              protocol: "din", requestW: takesW, zeroWithinS: atOnceS },
  { habit: "flood",                protocol: "20",  requestW: givesW, zeroWithinS: goesOn },
  { habit: "wrong-session",        protocol: "2",   requestW: takesW, zeroWithinS: atOnceS },
  { habit: "out-of-order",         protocol: "20",  requestW: takesW, zeroWithinS: atOnceS },
  { habit: "greedy",               protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "negative-discharge",   protocol: "20",  requestW: givesW, zeroWithinS: goesOn },
  { habit: "absurd-exponent",      protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "full-window",          protocol: "20",  requestW: givesW, zeroWithinS: atOnceS },
  { habit: "pilot-leaves",         protocol: "20",  requestW: givesW, zeroWithinS: atOnceS },
  { habit: "clock-goes-back",      protocol: "20",  requestW: givesW, zeroWithinS: goesOn },
  { habit: "leaves-in-loop",       protocol: "20",  requestW: takesW, zeroWithinS: atOnceS },
  { habit: "reports-fault",        protocol: "din", requestW: takesW, zeroWithinS: atOnceS },
  { habit: "asks-standby",         protocol: "20",  requestW: givesW, zeroWithinS: goesOn },
  { habit: "renegotiates",         protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "boasts",               protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "leaves-in-precharge",  protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
  { habit: "never-ready",          protocol: "20",  requestW: takesW, zeroWithinS: goesOn },
];
/** These misbehave before there is any energy: from the plug-in on. */
const beforeEnergy: readonly string[] = ["leaves-in-precharge", "never-ready"];
/** These end no session: power comes back by itself, or the vehicle has said that it wants to give none. */
const keepTheirSession: readonly string[] = ["late", "full-window", "reports-fault"];
/** These end their session themselves, in order: nobody is warned. */
const endInOrder: readonly string[] = ["leaves-in-loop"];

const begin = "10:00:30";
const over = "10:00:39";
/** By then a session is over and the vehicle has not begun the next one: it is ended at once, or after 5 s (older protocols: 10 s) of silence. */
const endedBy = (zeroWithinS: number): string =>
  zeroWithinS === atOnceS ? "10:00:33" : zeroWithinS === silentS ? "10:00:38" : "10:00:42.5";

const powerW = (evse: number) => (site: Site): number => site.world.stages[evse]!.truePowerW;
const isOff = (evse: number) => (site: Site): boolean => powerW(evse)(site) === 0;
const underLoad = (site: Site): number => {
  let times = 0;
  for (const { port } of site.world.stages) times += port!.openedUnderLoad;
  return times;
};
const closed = (evse: number) => (site: Site): number => (site.world.stages[evse]!.port!.closed ? 1 : 0);
const nameOf = (evse: number): string => `VEHICLE${evse + 1}`;
/** Lines in which people are told that this vehicle's session was ended. DIN SPEC 70121 and ISO 15118-2 know an address only. */
const toldOf = (evse: number) => (site: Site): number => {
  const { protocol } = rows[evse]!;
  const start = `Bay ${evse + 1}: the session with vehicle ${protocol === "20" ? nameOf(evse) : ""}`;
  return site.sessions!.told.filter(({ level, text }) => level === "warn" && text.startsWith(start)).length;
};

function checksOf({ habit, requestW, zeroWithinS }: Row, evse: number): Check[] {
  const what = `${habit === "" ? "no habit" : habit} at bay ${evse + 1}`;
  const share = (site: Site): number => powerW(evse)(site) / requestW;
  if (beforeEnergy.includes(habit))
    return [
      [`${what}: power`, most((site) => Math.abs(powerW(evse)(site)), "10:00:02", begin), "=", 0, "W"],
      [`${what}: contactors closed`, most(closed(evse), "10:00:02", begin), "=", 0, "times"],
    ];
  const before: Check = [`${what}: power before`, at("10:00:29", share), "≥", 0.9, "of what was asked"];
  if (zeroWithinS === goesOn) return [before, [`${what}: power meanwhile`, least(share, begin, over), "≥", 0.9, "of what was asked"]];
  const zero: Check = [`${what}: until power is zero`, secondsUntil(isOff(evse), begin, 200), "≤", zeroWithinS, "s"];
  if (keepTheirSession.includes(habit)) return [before, zero];
  return [
    before,
    zero,
    [`${what}: contactors closed at the end`, at(endedBy(zeroWithinS), closed(evse)), "=", 0, "times"],
    [`${what}: people are told`, happened(toldOf(evse), begin, endedBy(zeroWithinS)), "=", endInOrder.includes(habit) ? 0 : 1, "times"],
    [`${what}: power after it behaves again`, at("10:01:08", share), "≥", 0.9, "of what was asked"],
  ];
}

/** Raises or clears the habit of each vehicle that has one. */
function misbehave(site: Site, active: boolean): void {
  rows.forEach(({ habit }, evse) => {
    if (habit === "" || beforeEnergy.includes(habit)) return;
    const done = site.faults.set("session", habit, evse, active);
    if (!done.ok) throw new Error(done.error);
  });
}

const story: readonly StoryEvent[] = [
  [begin, "All that vehicles are known for begins at once, each in another one.", (site) => misbehave(site, true)],
  ["10:00:40", "All of them behave again.", (site) => misbehave(site, false)],
];

export const vehiclesMisbehave: Scenario = {
  name: "vehicles-misbehave",
  sentence: "Vehicles in session misbehave in every known way: power to zero in time, contactors open without current, one line each.",
  siteFile: "sim/scenarios/sites/vehicles-misbehave.yaml",
  tickMs: 20,
  from: "10:00",
  to: "10:01:09",
  world: (seed) =>
    worldFor({
      seed,
      startsAt: "2006-06-14 10:00",
      stageW: rows.map(() => 30_000),
      nominalVoltageV: 480,
      phases: 3,
      stage: { port: usualPort, enterServiceDelayS: 1 },
      vehicles: rows.map(() => ({ ...schoolBus, socPct: 60 })),
    }),
  begins(site) {
    allow(site, { mode: "parallel-export", exportLimitW: 100_000 });
    rows.forEach(({ habit, protocol, requestW }, evse) => {
      const early = beforeEnergy.includes(habit) ? habit : "";
      site.uses[evse] = { protocol, scheduled: false, habit: early, id: nameOf(evse) };
      site.station.request(evse, requestW);
    });
  },
  checks: () => [
    ...rows.flatMap(checksOf),
    ["contactors opened under current", happened(underLoad), "=", 0, "times"],
  ],
  story,
};
