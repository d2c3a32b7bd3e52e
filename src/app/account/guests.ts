/** Visiting vehicles and the agreements that they come under (requirement R36). */
import type { Agreement } from "../../config/agreements-file.ts";
import { dayOfDate, startOfDayMs } from "../../domain/calendar.ts";
import { type Identifier, identifierKey, identifiersOf, type VehicleEntry } from "../../domain/fleet/vehicles.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import type { AidTerms } from "../../settlement/account/mutual-aid.ts";

/** An agreement as the settlement takes it: its local days as moments. */
export function termsOf(agreement: Agreement, zone: ZoneOffsets): AidTerms {
  const { account, currency, energyPerKWh, wearPerKWh, supplyPerKWh, leastAtLeavingWh, travel } = agreement;
  return {
    account,
    currency,
    energyPerKWh,
    wearPerKWh,
    supplyPerKWh,
    leastAtLeavingWh,
    fromMs: startOfDayMs(zone, dayOfDate(agreement.from)!),
    untilMs: startOfDayMs(zone, dayOfDate(agreement.until)! + 1),
    travelPerVisit: travel.paidBy === "host" ? travel.perVisit : 0,
  };
}

/** The account of the agreement that is in force for a vehicle; null where it is no guest. */
export function guestAccount(
  agreements: readonly Agreement[],
  zone: ZoneOffsets,
): (told: readonly Identifier[], entry: VehicleEntry | null, nowMs: number) => string | null {
  const rows = agreements.map((agreement) => ({
    account: agreement.account,
    keys: new Set(agreement.vehicles.map(identifierKey)),
    terms: termsOf(agreement, zone),
  }));
  return (told, entry, nowMs) => {
    const keys = [...told, ...(entry === null ? [] : identifiersOf(entry))].map(identifierKey);
    const row = rows.find(
      ({ keys: theirs, terms }) =>
        nowMs >= terms.fromMs && nowMs < terms.untilMs && keys.some((key) => theirs.has(key)),
    );
    return row?.account ?? null;
  };
}
