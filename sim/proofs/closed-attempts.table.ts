/**
 * How the utility, the loads and K1 behave during one attempt to close in synchronism. `again` repeats after a random pause;
 * `upsets` marks a grid that does not stay good; `fault` marks a device that is broken.
 */
import type { Random } from "../random.ts";
import type { Site } from "../story/site.ts";

export interface AttemptKind {
  readonly name: string;
  /** How often, in parts of the whole. */
  readonly parts: number;
  readonly upsets?: boolean;
  readonly fault?: boolean;
  /** K1 must stay open: the grid is not good, or there is no word on synchronism. */
  readonly never?: boolean;
  readonly begin?: (site: Site, random: Random) => void;
  /** Pause between repetitions, ms: least and most. */
  readonly everyMs?: readonly [least: number, most: number];
  readonly again?: (site: Site, random: Random) => void;
}

const faults = (site: Site) => site.world.transferDevice.faults;
const grid = (site: Site, event: Parameters<Site["world"]["setGrid"]>[0]): void => site.world.setGrid(event);

/** Windows for entering service, with room for the utility's own wander. */
export const goodVoltagePu = [0.945, 1.03] as const;
export const goodFrequencyHz = [59.56, 60.05] as const;
const anyVoltage = (random: Random): number => random.between(...goodVoltagePu);
const anyFrequency = (random: Random): number => random.between(...goodFrequencyHz);

/** One tier takes another load at once. */
function stepLoad({ world }: Site, random: Random): void {
  random.pick(world.tiers).loadW = random.between(1_000, 30_000);
  world.stir();
}

/** A grid just outside the windows for entering service, in voltage or in frequency. */
function notGood(site: Site, random: Random): void {
  const bad: readonly (() => Parameters<typeof grid>[1])[] = [
    () => ({ voltagePu: random.between(0.8, 0.89) }),
    () => ({ voltagePu: random.between(1.07, 1.12) }),
    () => ({ frequencyHz: random.between(59.1, 59.44) }),
    () => ({ frequencyHz: random.between(60.16, 60.5) }),
  ];
  grid(site, random.pick(bad)());
}

function restart(site: Site): void {
  if (site.controller === undefined) site.startController();
  else site.killController();
}

export const attemptKinds: readonly AttemptKind[] = [
  { name: "steady grid",                       parts: 30 },
  { name: "drifting frequency",                parts: 15, everyMs: [400, 3_000],   again: (s, r) => grid(s, { frequencyHz: anyFrequency(r), rocofHzPerS: r.between(0.05, 1) }) },
  { name: "hunting frequency",                 parts: 8,  upsets: true, everyMs: [300, 1_500], again: (s, r) => grid(s, { frequencyHz: anyFrequency(r), rocofHzPerS: r.between(1, 3) }) },
  { name: "wandering voltage",                 parts: 7,  everyMs: [100, 1_000],   again: (s, r) => grid(s, { voltagePu: Math.min(1.03, Math.max(0.945, s.world.grid.setVoltagePu + r.between(-0.03, 0.03))) }) },
  { name: "loads that step",                   parts: 10, everyMs: [200, 1_500],   again: stepLoad },
  { name: "grid not good",                     parts: 4,  never: true, upsets: true, begin: notGood },
  { name: "angle that jumps",                  parts: 5,  upsets: true, everyMs: [300, 4_000], again: (s, r) => grid(s, { phaseJumpDeg: r.between(-180, 180) }) },
  { name: "voltage that sags",                 parts: 3,  upsets: true, everyMs: [300, 4_000], again: (s, r) => grid(s, { voltagePu: r.uniform() < 0.5 ? anyVoltage(r) : r.between(0.2, 0.85) }) },
  { name: "grid that fails",                   parts: 3,  upsets: true, everyMs: [50, 4_000],  again: (s) => grid(s, { present: false }) },
  { name: "relay that always says yes",        parts: 4,  fault: true,  begin: (s) => { faults(s).syncRelayStuck = true; }, everyMs: [400, 3_000], again: (s, r) => grid(s, { frequencyHz: anyFrequency(r), rocofHzPerS: r.between(0.05, 2) }) },
  { name: "relay that always says no",         parts: 1,  fault: true, never: true, begin: (s) => { faults(s).syncRelayDead = true; } },
  { name: "grid voltmeter that says normal",   parts: 2,  fault: true,  begin: (s, r) => { faults(s).gridVoltmeterPu = 1; grid(s, { voltagePu: r.between(0.8, 1.1) }); } },
  { name: "bus voltmeter that says normal",    parts: 2,  fault: true,  begin: (s) => { faults(s).busVoltmeterPu = 1; } },
  { name: "K1 slower than listed",             parts: 2,  fault: true,  begin: (s, r) => { faults(s).slowness = r.between(1, 5); } },
  { name: "contact NO that says open",         parts: 1,  fault: true,  begin: (s) => { faults(s).contactNo = "open"; } },
  { name: "contact NC that says open",         parts: 1,  fault: true,  begin: (s) => { faults(s).contactNc = "open"; } },
  { name: "contacts that echo the command",    parts: 1,  fault: true,  begin: (s) => { faults(s).echo = true; } },
  { name: "controller that dies and returns",  parts: 1,  fault: true,  everyMs: [100, 3_000], again: restart },
];
