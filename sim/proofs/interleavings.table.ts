/**
 * What can happen at any moment of an interleaving: the utility, the contacts, links and devices, people, backend and the
 * controller itself. Every fault of `faults.table.ts` may appear by name; what acts by itself beyond software (K1 closing by
 * itself, a stage that forms or gives without being told) stays out.
 */
import type { ServiceMode } from "../../src/domain/modes.ts";
import type { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { schoolBus } from "../world-config.ts";

export interface InterleavedEvent {
  readonly name: string;
  /** How often, in parts of the whole. */
  readonly parts: number;
  /** Makes the site leave the grid or return to it. */
  readonly transfers?: boolean;
  readonly act: (site: Site, random: Random) => void;
}

type GridChange = Parameters<Site["world"]["setGrid"]>[0];
const grid = (change: (random: Random) => GridChange) => (site: Site, random: Random) => site.world.setGrid(change(random));

/** What the permit in force truly allows, for the plant's judgement. */
export function renewRight({ station, world }: Site): void {
  const { permit } = station;
  const parallel = permit.mode === "parallel-export" || permit.mode === "parallel-non-export";
  world.truth.mayDischarge = parallel && !permit.revoked && station.serviceEnabled && !station.relayLatched;
}

const right = (change: (site: Site, random: Random) => void) => (site: Site, random: Random) => {
  change(site, random);
  renewRight(site);
};

const permitModes: readonly ServiceMode[] = ["load-only", "non-parallel-backup", "parallel-non-export", "parallel-export"];

function request(site: Site, random: Random): void {
  site.station.request(random.below(site.world.stages.length), random.between(-60_000, 60_000));
}

function plugOrUnplug({ world }: Site, random: Random): void {
  const evse = random.below(world.vehicles.length);
  if (world.vehicles[evse]!.connected) world.unplug(evse);
  else world.plug(evse, { ...schoolBus, socPct: random.between(15, 95) });
}

function stepLoad({ world }: Site, random: Random): void {
  random.pick(world.tiers).loadW = random.between(0, 45_000);
  world.stir();
}

export const interleavedEvents: readonly InterleavedEvent[] = [
  // the utility
  { name: "the grid fails",                    parts: 12, transfers: true, act: grid(() => ({ present: false })) },
  { name: "the grid is back",                  parts: 12, transfers: true, act: grid((r) => ({ present: true, voltagePu: r.between(0.96, 1.03), frequencyHz: r.between(59.8, 60.05), phaseJumpDeg: r.between(-180, 180) })) },
  { name: "the voltage sags",                  parts: 4,  act: grid((r) => ({ voltagePu: r.between(0.05, 0.88) })) },
  { name: "the voltage swells",                parts: 2,  act: grid((r) => ({ voltagePu: r.between(1.06, 1.25) })) },
  { name: "the voltage is good",               parts: 6,  act: grid((r) => ({ voltagePu: r.between(0.96, 1.03) })) },
  { name: "the frequency runs away",           parts: 2,  act: grid((r) => ({ frequencyHz: r.between(57.5, 62.5), rocofHzPerS: r.between(0.5, 20) })) },
  { name: "the frequency is good",             parts: 4,  act: grid((r) => ({ frequencyHz: r.between(59.8, 60.05), rocofHzPerS: r.between(0.2, 5) })) },
  { name: "the angle jumps",                   parts: 3,  act: grid((r) => ({ phaseJumpDeg: r.between(-180, 180) })) },
  // people on site
  { name: "an island is requested",               parts: 8,  transfers: true, act: (s) => { s.station.islandRequested = true; } },
  { name: "no island is requested",               parts: 8,  transfers: true, act: (s) => { s.station.islandRequested = false; } },
  { name: "somebody presses reset",            parts: 5,  act: (s) => { s.station.resetRequest = true; } },
  { name: "reset is let go",                   parts: 5,  act: (s) => { s.station.resetRequest = false; } },
  // permit, utility, backend
  { name: "the permit is revoked",             parts: 3,  act: right((s) => { s.station.permit.revoked = true; }) },
  { name: "a permit comes",                    parts: 6,  act: right((s, r) => { s.station.permit.revoked = false; s.station.permit.mode = r.pick(permitModes); s.station.permit.exportLimitW = r.between(0, 60_000); }) },
  { name: "service is not permitted",          parts: 2,  act: right((s) => { s.station.serviceEnabled = false; }) },
  { name: "service is permitted",              parts: 3,  act: right((s) => { s.station.serviceEnabled = true; }) },
  { name: "the reverse-power relay trips",     parts: 1,  act: right((s) => { s.station.relayLatched = true; }) },
  { name: "the reverse-power relay is reset",  parts: 2,  act: right((s) => { s.station.relayLatched = false; }) },
  { name: "somebody asks for power",           parts: 8,  act: request },
  { name: "the backend is gone",               parts: 1,  act: (s) => { s.station.backendUp = false; } },
  { name: "the backend is back",               parts: 1,  act: (s) => { s.station.backendUp = true; } },
  // vehicles and loads
  { name: "a bus comes or goes",               parts: 4,  act: plugOrUnplug },
  { name: "a load steps",                      parts: 5,  act: stepLoad },
  // the controller
  { name: "the controller dies",               parts: 4,  act: (s) => s.killController() },
  { name: "the controller starts",             parts: 6,  act: (s) => { if (s.controller === undefined) s.startController(); } },
  { name: "the controller starts anew",        parts: 2,  act: (s) => { s.killController(); s.startController(); } },
];
/** A fault comes, one of the table's; it goes by itself after a while. */
export const faultParts = 34;
