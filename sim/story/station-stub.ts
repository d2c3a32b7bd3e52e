/**
 * What `station` does for the core in a real site, for scenarios without sockets: vehicles' facts from the plant, wishes and
 * limits with leases as a backend would renew them, the permit, the utility's flag, people on site. A story changes the
 * public fields; `fill` writes them into the snapshot each tick.
 */

import { type EvseFacts, never, type Snapshot, type WishSource } from "../../src/core/snapshot.ts";
import type { ServiceMode } from "../../src/domain/modes.ts";
import { secondMs } from "../../src/domain/units.ts";
import type { World } from "../world.ts";

/** Leases that a backend keeps renewing while it is there, ms. */
const wishLeaseMs = 60 * secondMs;
const vehicleRenewMs = 100;

/** What somebody wants of one EVSE. */
export interface EvseWish {
  authorized: boolean;
  dischargeEnabled: boolean;
  reservePct: number;
  targetPct: number;
  /** UTC, ms; NaN unknown. */
  departsAtMs: number;
  wishW: number;
  wishSource: WishSource;
  /** The wish stops when the battery has reached this, percent. */
  untilPct: number;
  backendMinW: number;
  backendMaxW: number;
  paused: boolean;
}

export interface PermitWish {
  mode: ServiceMode;
  validFromMs: number;
  validUntilMs: number;
  revoked: boolean;
  exportLimitW: number;
  equipmentMatches: boolean;
  backupNotified: boolean;
}

export class StationStub {
  readonly evses: EvseWish[];
  readonly permit: PermitWish = {
    mode: "load-only",
    validFromMs: Number.NaN,
    validUntilMs: Number.NaN,
    revoked: false,
    exportLimitW: 0,
    equipmentMatches: false,
    backupNotified: false,
  };
  serviceEnabled = true;
  relayLatched = false;
  islandWish = false;
  resetRequest = false;
  importLimitW = Number.POSITIVE_INFINITY;
  exportLimitW = Number.POSITIVE_INFINITY;
  /** Tiers that a person lets an island feed, from the first. */
  tiersFedMax = Number.POSITIVE_INFINITY;
  /** The backend renews its requests only while it is reachable; its caps hold. */
  backendUp = true;

  readonly #world: World;
  readonly #pluggedAtMs: Float64Array;
  readonly #wishUntilMs: Float64Array;
  #nextVehicleMs = never;

  constructor(world: World) {
    this.#world = world;
    this.#pluggedAtMs = new Float64Array(world.stages.length).fill(never);
    this.#wishUntilMs = new Float64Array(world.stages.length).fill(never);
    this.evses = world.stages.map(() => ({
      authorized: true,
      dischargeEnabled: true,
      reservePct: 20,
      targetPct: Number.NaN,
      departsAtMs: Number.NaN,
      wishW: 0,
      wishSource: "none",
      untilPct: Number.NaN,
      backendMinW: Number.NEGATIVE_INFINITY,
      backendMaxW: Number.POSITIVE_INFINITY,
      paused: false,
    }));
  }

  /** The same wish for every EVSE. */
  wishAll(powerW: number, source: WishSource = "backend", untilPct = Number.NaN): void {
    for (let i = 0; i < this.evses.length; i++) this.wish(i, powerW, source, untilPct);
  }

  wish(evse: number, powerW: number, source: WishSource = "backend", untilPct = Number.NaN): void {
    const wish = this.evses[evse]!;
    wish.wishW = powerW;
    wish.wishSource = source;
    wish.untilPct = untilPct;
  }

  fill(snapshot: Snapshot, nowMs: number): void {
    const world = this.#world;
    snapshot.wallMs = world.wallMs;
    const site = snapshot.site;
    site.serviceEnabled = this.serviceEnabled;
    site.relayLatched = this.relayLatched;
    site.islandWish = this.islandWish;
    site.islandWishUntilMs = this.islandWish ? nowMs + 1_000 : never;
    site.resetRequest = this.resetRequest;
    site.importLimitW = this.importLimitW;
    site.exportLimitW = this.exportLimitW;
    site.tiersFedMax = this.tiersFedMax;
    copyPermit(this.permit, site.permit);
    const vehiclesDue = nowMs >= this.#nextVehicleMs;
    if (vehiclesDue) this.#nextVehicleMs = nowMs + vehicleRenewMs;
    for (let i = 0; i < this.evses.length; i++) this.#fillEvse(snapshot.evses[i]!, i, nowMs, vehiclesDue);
  }

  #fillEvse(facts: EvseFacts, index: number, nowMs: number, vehiclesDue: boolean): void {
    const wish = this.evses[index]!;
    const vehicle = this.#world.vehicles[index]!;
    if (vehicle.connected !== facts.connected) this.#pluggedAtMs[index] = vehicle.connected ? nowMs : never;
    facts.connected = vehicle.connected;
    facts.pluggedAtMs = this.#pluggedAtMs[index]!;
    facts.authorized = wish.authorized && vehicle.connected;
    facts.bidirectional = vehicle.bidirectional;
    facts.dischargeEnabled = wish.dischargeEnabled;
    facts.reservePct = wish.reservePct;
    facts.targetPct = wish.targetPct;
    facts.departsAtMs = wish.departsAtMs;
    facts.paused = wish.paused;
    facts.backendMinW = wish.backendMinW;
    facts.backendMaxW = wish.backendMaxW;
    if (this.backendUp) this.#wishUntilMs[index] = nowMs + wishLeaseMs;
    const reached = wish.wishW > 0 && facts.socPct >= wish.untilPct;
    facts.wishW = reached ? 0 : wish.wishW;
    facts.wishSource = wish.wishSource;
    facts.wishUntilMs = this.#wishUntilMs[index]!;
    if (!vehiclesDue || vehicle.silent || !vehicle.connected) return;
    facts.vehicleAtMs = nowMs;
    facts.vehicleMinChargeW = vehicle.minChargeW;
    facts.vehicleMaxChargeW = vehicle.canChargeW;
    facts.vehicleMinDischargeW = vehicle.minDischargeW;
    facts.vehicleMaxDischargeW = vehicle.canDischargeW;
    facts.socPct = vehicle.toldSocPct;
    facts.capacityWh = vehicle.toldCapacityWh;
  }
}

function copyPermit(from: PermitWish, to: Snapshot["site"]["permit"]): void {
  to.mode = from.mode;
  to.validFromMs = from.validFromMs;
  to.validUntilMs = from.validUntilMs;
  to.revoked = from.revoked;
  to.exportLimitW = from.exportLimitW;
  to.equipmentMatches = from.equipmentMatches;
  to.backupNotified = from.backupNotified;
}
