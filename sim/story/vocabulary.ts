/** Words that stories and checks share: readings of the plant's truth and acts of people. */
import type { ServiceMode } from "../../src/domain/modes.ts";
import { dayMs, minuteMs } from "../../src/domain/units.ts";
import { clockMs, localToUtcMs } from "../calendar.ts";
import type { VehicleConfig } from "../plant/vehicle.ts";
import type { Site } from "./site.ts";

/** What all stages give together, W; 0 while they take. */
export function dischargingW(site: Site): number {
  const powerW = site.world.network.stagesW;
  return powerW < 0 ? -powerW : 0;
}

export function chargingOf(site: Site): number {
  const powerW = site.world.network.stagesW;
  return powerW > 0 ? powerW : 0;
}

/** Whether the site's stages give power while K1 joins them to a live grid. */
export function givesToGrid(site: Site): boolean {
  const { world } = site;
  return world.transferDevice.closed && world.grid.present && world.network.stagesW < -0.003 * world.truth.ratedW;
}

/** State of charge of the emptiest vehicle, percent; NaN without vehicles. */
export function lowestSocPct(site: Site): number {
  let lowest = Number.NaN;
  for (const vehicle of site.world.vehicles) {
    if (vehicle.connected && !(vehicle.socPct >= lowest)) lowest = vehicle.socPct;
  }
  return lowest;
}

export function utcAt(site: Site, localTime: string): number {
  return localToUtcMs(localTime, site.world.config.utcOffsetMinutes);
}

/** Holds the building at a demand that is left after its photovoltaic plant has been subtracted, as of now. */
export function buildingNetW(site: Site, netW: number): void {
  let pvW = 0;
  for (const pv of site.world.pvs) if (pv.config.side === "grid") pvW += pv.powerW;
  site.world.building.hold(netW + pvW);
}

/** A permission to operate comes into force, in the controller's hands and in truth. */
export function allow(site: Site, permit: { mode: ServiceMode; exportLimitW: number }): void {
  const { station, world } = site;
  const parallel = permit.mode === "parallel-export" || permit.mode === "parallel-non-export";
  Object.assign(station.permit, {
    mode: permit.mode,
    exportLimitW: permit.exportLimitW,
    validFromMs: world.wallMs - 1_000,
    validUntilMs: world.wallMs + 400 * 24 * 3_600_000,
    revoked: false,
    equipmentMatches: true,
    backupNotified: true,
  });
  world.truth.mayDischarge = parallel;
  world.truth.exportLimitW = permit.exportLimitW;
}

/** The utility takes the permission back. */
export function revoke(site: Site): void {
  site.station.permit.revoked = true;
  site.world.truth.mayDischarge = false;
}

/** Net power of all stages, kW; positive charges. */
export const stagesKW = (site: Site): number => site.world.network.stagesW / 1000;

/** Whether any setpoint in force asks for discharge. */
export function commandsDischarge(site: Site): boolean {
  for (const command of site.commands.stages) if (command.role === "discharge" && command.powerW < 0) return true;
  return false;
}

const permitReasons: readonly string[] = ["permit-discharge", "mode", "service-mode", "permit-none", "permit-revoked"];

/** 1 when EVSE 1's request is cut for a reason that speaks of permission or mode; 0 otherwise. */
export function refusedWithReason(site: Site): number {
  const reasons = site.controller?.explain?.(0) ?? [];
  return reasons.some((reason) => permitReasons.includes(reason)) ? 1 : 0;
}

/** Days pass on the calendar; the monotonic clock does not notice. */
export function turnCalendar(site: Site, days: number): void {
  site.world.calendarShiftMs += days * 24 * 3_600_000;
}

/** A story time ("13:45", "+1 02:00") as UTC, ms. */
export function utcOf(site: Site, storyTime: string): number {
  const { wallStartMs, utcOffsetMinutes } = site.world.config;
  const localMs = wallStartMs + utcOffsetMinutes * minuteMs;
  return wallStartMs - (localMs % dayMs) + clockMs(storyTime);
}

/** A vehicle comes to an EVSE, says when it wants to leave and what it keeps for itself. */
export function arrives(
  site: Site,
  evse: number,
  vehicle: VehicleConfig,
  plan: { readonly leavesAt?: string; readonly reservePct?: number } = {},
): void {
  const request = site.station.evses[evse]!;
  request.departsAtMs = plan.leavesAt === undefined ? Number.NaN : utcOf(site, plan.leavesAt);
  if (plan.reservePct !== undefined) request.reservePct = plan.reservePct;
  request.paused = false;
  site.world.plug(evse, vehicle);
}

/** The driver presses stop: nothing may flow any more, and the connector will be pulled in a moment. */
export function pressesStop(site: Site, evse: number): void {
  site.station.evses[evse]!.paused = true;
}

/** The connector is pulled. */
export function leaves(site: Site, evse: number): void {
  const request = site.station.evses[evse]!;
  site.world.unplug(evse);
  request.paused = false;
  request.departsAtMs = Number.NaN;
}

/** Links of a busy fieldbus: each stage answers late and loses a request now and then. */
export function busyFieldbus(site: Site, delayMs: number, lossShare: number): void {
  for (const { link } of site.bridge.stagePorts) {
    link.delayMs = delayMs;
    link.lossShare = lossShare;
  }
}

/** Least distance of any plugged vehicle's state of charge from the reserve that it was promised, percent. */
export function aboveReservePct(site: Site): number {
  let least = Number.NaN;
  for (let i = 0; i < site.world.vehicles.length; i++) {
    const vehicle = site.world.vehicles[i]!;
    const abovePct = vehicle.socPct - site.station.evses[i]!.reservePct;
    if (vehicle.connected && vehicle.bidirectional && !(abovePct >= least)) least = abovePct;
  }
  return least;
}

/** What people are told of the island. */
export const islandPhase = (site: Site): string => site.controller?.island?.phase ?? "none";
/** Hours that a tier goes on being fed, as the controller tells people; NaN while it tells nothing. */
export const toldH =
  (tier: number) =>
  (site: Site): number =>
    site.controller?.island?.runway.fedH[tier] ?? Number.NaN;
/** Hours that the energy above all reserves lasts for what is fed now. */
export const energyH = (site: Site): number => site.controller?.island?.runwayH ?? Number.NaN;
