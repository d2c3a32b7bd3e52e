/**
 * What `station` does for the core in a real site, for scenarios without sockets: vehicles' facts from the plant, requests and
 * limits with leases as a backend would renew them, the permit, the utility's flag, people on site. A story changes the
 * public fields; `fill` writes them into the snapshot each tick.
 */

import { type EvseFacts, never, type RequestSource, type Snapshot } from "../../src/core/snapshot.ts";
import type { ServiceMode } from "../../src/domain/modes.ts";
import { secondMs } from "../../src/domain/units.ts";
import type { World } from "../world.ts";

/** Leases that a backend keeps renewing while it is there, ms. */
const requestLeaseMs = 60 * secondMs;
const vehicleRenewMs = 100;

/** What somebody wants of one EVSE. */
export interface EvseRequest {
  authorized: boolean;
  dischargeEnabled: boolean;
  reservePct: number;
  targetPct: number;
  /** UTC, ms; NaN unknown. */
  departsAtMs: number;
  requestedW: number;
  requestSource: RequestSource;
  /** The request stops when the battery has reached this, percent. */
  untilPct: number;
  backendMinW: number;
  backendMaxW: number;
  paused: boolean;
}

export interface StubPermit {
  mode: ServiceMode;
  validFromMs: number;
  validUntilMs: number;
  revoked: boolean;
  exportLimitW: number;
  equipmentMatches: boolean;
  backupNotified: boolean;
}

export class StationStub {
  readonly evses: EvseRequest[];
  readonly permit: StubPermit = {
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
  transferTrip = false;
  permissive = true;
  upstreamClosed = true;
  islandRequested = false;
  resetRequest = false;
  importLimitW = Number.POSITIVE_INFINITY;
  exportLimitW = Number.POSITIVE_INFINITY;
  /** Tiers that a person lets an island feed, from the first. */
  tiersFedMax = Number.POSITIVE_INFINITY;
  /** The backend renews its requests only while it is reachable; its caps hold. */
  backendUp = true;

  readonly #world: World;
  readonly #pluggedAtMs: Float64Array;
  readonly #requestUntilMs: Float64Array;
  #nextVehicleMs = never;

  constructor(world: World) {
    this.#world = world;
    this.#pluggedAtMs = new Float64Array(world.stages.length).fill(never);
    this.#requestUntilMs = new Float64Array(world.stages.length).fill(never);
    this.evses = world.stages.map(() => ({
      authorized: true,
      dischargeEnabled: true,
      reservePct: 20,
      targetPct: Number.NaN,
      departsAtMs: Number.NaN,
      requestedW: 0,
      requestSource: "none",
      untilPct: Number.NaN,
      backendMinW: Number.NEGATIVE_INFINITY,
      backendMaxW: Number.POSITIVE_INFINITY,
      paused: false,
    }));
  }

  /** The same request for every EVSE. */
  requestAll(powerW: number, source: RequestSource = "backend", untilPct = Number.NaN): void {
    for (let i = 0; i < this.evses.length; i++) this.request(i, powerW, source, untilPct);
  }

  request(evse: number, powerW: number, source: RequestSource = "backend", untilPct = Number.NaN): void {
    const request = this.evses[evse]!;
    request.requestedW = powerW;
    request.requestSource = source;
    request.untilPct = untilPct;
  }

  fill(snapshot: Snapshot, nowMs: number): void {
    const world = this.#world;
    snapshot.wallMs = world.wallMs;
    const site = snapshot.site;
    site.serviceEnabled = this.serviceEnabled;
    site.serviceWithdrawn = !this.serviceEnabled;
    site.relayLatched = this.relayLatched;
    site.transferTrip = this.transferTrip;
    site.permissive = this.permissive;
    site.upstreamClosed = this.upstreamClosed;
    site.islandRequested = this.islandRequested;
    site.islandRequestUntilMs = this.islandRequested ? nowMs + 1_000 : never;
    site.resetRequest = this.resetRequest;
    site.operatorImportLimitW = this.importLimitW;
    site.operatorExportLimitW = this.exportLimitW;
    site.tiersFedMax = this.tiersFedMax;
    copyPermit(this.permit, site.permit);
    const vehiclesDue = nowMs >= this.#nextVehicleMs;
    if (vehiclesDue) this.#nextVehicleMs = nowMs + vehicleRenewMs;
    for (let i = 0; i < this.evses.length; i++) this.#fillEvse(snapshot.evses[i]!, i, nowMs, vehiclesDue);
  }

  #fillEvse(facts: EvseFacts, index: number, nowMs: number, vehiclesDue: boolean): void {
    const request = this.evses[index]!;
    const vehicle = this.#world.vehicles[index]!;
    if (vehicle.connected !== facts.connected) this.#pluggedAtMs[index] = vehicle.connected ? nowMs : never;
    facts.connected = vehicle.connected;
    facts.pluggedAtMs = this.#pluggedAtMs[index]!;
    facts.authorized = request.authorized && vehicle.connected;
    facts.bidirectional = vehicle.bidirectional;
    facts.dischargeEnabled = request.dischargeEnabled;
    facts.reservePct = request.reservePct;
    facts.targetPct = request.targetPct;
    facts.departsAtMs = request.departsAtMs;
    facts.paused = request.paused;
    facts.backendMinW = request.backendMinW;
    facts.backendMaxW = request.backendMaxW;
    if (this.backendUp) this.#requestUntilMs[index] = nowMs + requestLeaseMs;
    const reached = request.requestedW > 0 && facts.socPct >= request.untilPct;
    facts.requestedW = reached ? 0 : request.requestedW;
    facts.requestSource = request.requestSource;
    facts.requestUntilMs = this.#requestUntilMs[index]!;
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

function copyPermit(from: StubPermit, to: Snapshot["site"]["permit"]): void {
  to.mode = from.mode;
  to.validFromMs = from.validFromMs;
  to.validUntilMs = from.validUntilMs;
  to.revoked = from.revoked;
  to.exportLimitW = from.exportLimitW;
  to.equipmentMatches = from.equipmentMatches;
  to.backupNotified = from.backupNotified;
}
