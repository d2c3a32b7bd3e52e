/** The vehicles of a site and where they are, kept up to date with reports and transactions; what they need reaches the core. */
import type { SiteConfig } from "../../config/site.ts";
import type { Identifier } from "../../domain/fleet/vehicles.ts";
import { invariant } from "../../domain/result.ts";
import { tableZone, type ZoneOffsets } from "../../domain/time-zone.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Log } from "../log.ts";
import type { People } from "../people.ts";
import type { Documents } from "../store/store.ts";
import { createPresence, type Presence } from "./presence.ts";
import { openVehicles, type Vehicles } from "./vehicles.ts";

/** A transaction as far as it tells who is plugged in. */
export interface StartedTransaction {
  readonly evseId: number;
  readonly startedBy: { readonly idToken: string; readonly type: string } | null;
}

export interface Fleet {
  readonly vehicles: Vehicles;
  readonly presence: Presence;
  readonly zone: ZoneOffsets;
  /** Takes a report over when it is time. */
  look(report: ControlReport, transactions: readonly StartedTransaction[], nowMs: number): void;
  /** The next look is due at once: somebody has changed something. */
  expire(): void;
}

/** Plugs, cards and timetables are looked at this often, ms. */
const everyMs = 500;

export function openFleet(config: SiteConfig, store: Documents, people: People, log: Log): Fleet {
  const tabled = tableZone(config.site.timeZone);
  invariant(tabled.ok, "the configuration's time zone has been checked");
  const zone = tabled.value;
  const vehicles = openVehicles(config, store, zone);
  if (vehicles.sentence !== "") log("warn", vehicles.sentence);
  const presence = createPresence({
    vehicles,
    store,
    places: config.evses.map(({ vehicle }) => vehicle),
    asked(evse) {
      const departs = people.get("departsAtMs", evse);
      const target = people.get("targetPct", evse);
      if (departs === undefined && target === undefined) return null;
      return {
        departsAtMs: departs?.value ?? Number.NaN,
        targetPct: target?.value ?? Number.NaN,
        atMs: Math.max(departs?.atMs ?? 0, target?.atMs ?? 0),
      };
    },
  });
  let dueMs = Number.NEGATIVE_INFINITY;

  /** What the vehicle at an EVSE needs, where it is not a person who has said it. */
  const tell = (evse: number, capacityWh: number): void => {
    const here = presence.at(evse);
    const need = here?.need;
    const ownWh = here?.vehicle?.entry.capacityWh;
    const wholeWh = ownWh !== undefined && ownWh > 0 ? ownWh : capacityWh;
    people.vehicle(evse, {
      reservePct: here?.vehicle?.entry.reservePct ?? 0,
      ...(need == null || need.from === "person"
        ? { departsAtMs: Number.NaN, targetPct: Number.NaN }
        : { departsAtMs: need.departsAtMs, targetPct: Math.min(100, (need.neededWh / wholeWh) * 100) }),
    });
  };

  return {
    vehicles,
    presence,
    zone,
    look(report, transactions, nowMs) {
      if (nowMs < dueMs && nowMs >= dueMs - everyMs) return;
      dueMs = nowMs + everyMs;
      presence.look(report, cardsOf(transactions), nowMs);
      for (let i = 0; i < report.stages.length; i++) {
        const { capacityWh, vehicleConnected } = report.stages[i]!;
        if (vehicleConnected && capacityWh > 0) presence.told(i + 1, { capacityWh }, "stage", nowMs);
        tell(i + 1, capacityWh);
      }
    },
    expire() {
      dueMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Cards and tokens by EVSE. */
function cardsOf(transactions: readonly StartedTransaction[]): ReadonlyMap<number, Identifier> {
  const cards = new Map<number, Identifier>();
  for (const { evseId, startedBy } of transactions) {
    if (startedBy === null || startedBy.type === "NoAuthorization" || startedBy.idToken === "") continue;
    cards.set(evseId, { kind: kinds[startedBy.type] ?? "idToken", value: startedBy.idToken });
  }
  return cards;
}

/** Types of tokens of OCPP 2.0.1 that are more than a token. */
const kinds: Readonly<Record<string, Identifier["kind"]>> = {
  ISO14443: "rfid",
  ISO15693: "rfid",
  eMAID: "emaId",
  MacAddress: "mac",
};
