/**
 * What the rest of the process requests and allows, for the control thread: one row of numbers, latest values only. People,
 * backend and vehicles write here through `station`; the control thread copies it into its snapshot before each step.
 */

import { requestSources } from "../../../core/setpoints/schedule.ts";
import type { EvseFacts, PermitFacts, SiteFacts, Snapshot } from "../../../core/snapshot.ts";
import { serviceModes } from "../../../domain/modes.ts";
import { struct } from "./struct.ts";

/** What people, backend and plans say about an EVSE; its vehicle's facts come from the stage or the session. */
export type EvseInputs = Pick<
  EvseFacts,
  | "authorized"
  | "dischargeEnabled"
  | "reservePct"
  | "targetPct"
  | "departsAtMs"
  | "requestedW"
  | "requestSource"
  | "requestUntilMs"
  | "planW"
  | "planUntilMs"
  | "planShort"
  | "chargeNow"
  | "backendMinW"
  | "backendMaxW"
  | "operatorMinW"
  | "operatorMaxW"
  | "linkMinW"
  | "linkMaxW"
  | "paused"
>;
const evseInputs = struct<EvseInputs>([
  ["authorized", "flag"],
  ["dischargeEnabled", "flag"],
  ["reservePct", "number"],
  ["targetPct", "number"],
  ["departsAtMs", "number"],
  ["requestedW", "number"],
  ["requestSource", requestSources],
  ["requestUntilMs", "number"],
  ["planW", "number"],
  ["planUntilMs", "number"],
  ["planShort", "flag"],
  ["chargeNow", "flag"],
  ["backendMinW", "number"],
  ["backendMaxW", "number"],
  ["operatorMinW", "number"],
  ["operatorMaxW", "number"],
  ["linkMinW", "number"],
  ["linkMaxW", "number"],
  ["paused", "flag"],
]);

const permitInputs = struct<PermitFacts>([
  ["mode", serviceModes],
  ["validFromMs", "number"],
  ["validUntilMs", "number"],
  ["revoked", "flag"],
  ["exportLimitW", "number"],
  ["equipmentMatches", "flag"],
  ["backupNotified", "flag"],
]);

/** The part of `SiteFacts` that comes from people and backends; loads and PV are measured. */
type SiteInputs = Omit<SiteFacts, "permit" | "tierLoadW" | "pvPowerW">;
const siteInputs = struct<SiteInputs>([
  ["serviceEnabled", "flag"],
  ["serviceWithdrawn", "flag"],
  ["relayLatched", "flag"],
  ["transferTrip", "flag"],
  ["permissive", "flag"],
  ["upstreamClosed", "flag"],
  ["islandRequested", "flag"],
  ["islandRequestUntilMs", "number"],
  ["resetRequest", "flag"],
  ["storedGeneration", "number"],
  ["backendMinW", "number"],
  ["backendMaxW", "number"],
  ["operatorImportLimitW", "number"],
  ["operatorExportLimitW", "number"],
  ["linkMinW", "number"],
  ["linkMaxW", "number"],
  ["linkImportLimitW", "number"],
  ["linkExportLimitW", "number"],
  ["planImportW", "number"],
  ["planImportUntilMs", "number"],
  ["tiersFedMax", "number"],
]);

/** When the writer wrote, monotonic ms: old inputs are no inputs. */
const head = 1;

/** Inputs older than this are the inputs of a main thread that hangs: caps hold, requests lapse by themselves, service stops. */
export const inputsStaleMs = 5_000;

export const inputsLength = (evseCount: number): number =>
  head + permitInputs.length + siteInputs.length + evseCount * evseInputs.length;

export function writeInputs(target: Float64Array, evses: readonly EvseInputs[], site: SiteFacts, nowMs: number): void {
  target[0] = nowMs;
  permitInputs.write(target, head, site.permit);
  siteInputs.write(target, head + permitInputs.length, site);
  let at = head + permitInputs.length + siteInputs.length;
  for (let i = 0; i < evses.length; i++, at += evseInputs.length) evseInputs.write(target, at, evses[i]!);
}

/** Copies inputs into the snapshot. Inputs too old stop service: a main thread that hangs can't revoke a permit. */
export function readInputs(source: Float64Array, snapshot: Snapshot, nowMs: number): void {
  const { site, evses } = snapshot;
  permitInputs.read(source, head, site.permit);
  siteInputs.read(source, head + permitInputs.length, site);
  let at = head + permitInputs.length + siteInputs.length;
  for (let i = 0; i < evses.length; i++, at += evseInputs.length) evseInputs.read(source, at, evses[i]!);
  if (!(nowMs - source[0]! <= inputsStaleMs)) {
    site.serviceEnabled = false;
    site.islandRequested = false;
    site.resetRequest = false;
  }
}
