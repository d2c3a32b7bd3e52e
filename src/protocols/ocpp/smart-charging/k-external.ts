/**
 * K11–K14: limits from outside the backend: an energy manager, the utility, an operator on site. They are installed as
 * external constraints, told with NotifyChargingLimit, and their end with ClearedChargingLimit.
 */
import type { Context } from "../context.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { ChargingSchedule, RequestOf } from "../transport/messages.table.ts";
import type { SmartCharging } from "./k-smart-charging.ts";

/** Profile ids of external constraints: one for each source and EVSE. */
const externalProfileBase = 1_800_000_000;
const evsesPerSource = 10_000;

/** Who set a limit besides the backend. */
export type ExternalSource = "EMS" | "SO" | "Other";
const sources: readonly ExternalSource[] = ["EMS", "SO", "Other"];

/** A limit of an external system for an EVSE, or the station with id 0. Negative discharges. */
export interface ExternalLimit {
  source: ExternalSource;
  evseId: number;
  limitW: number;
  gridCritical: boolean;
}

/** Limits by others than the backend, and their report to it. */
export interface ExternalLimits {
  set(limit: ExternalLimit): void;
  release(source: ExternalSource, evseId: number): void;
}

export interface ExternalFacts {
  running(): Transaction[];
  /** A transaction's limit has changed for a reason outside the backend. */
  rateChanged(evseId: number): void;
}

export function createExternalLimits(
  context: Context,
  smartCharging: SmartCharging,
  facts: ExternalFacts,
): ExternalLimits {
  const { model, session } = context;
  const idOf = (source: ExternalSource, evseId: number): number =>
    externalProfileBase + sources.indexOf(source) * evsesPerSource + evseId;
  const told = new Map<number, number>();

  /** Whether a change is large enough to be told (LimitChangeSignificance, percent). */
  function significant(id: number, limitW: number): boolean {
    const before = told.get(id);
    if (before === undefined) return true;
    const percent = (Math.abs(limitW - before) / Math.max(Math.abs(before), 1)) * 100;
    return percent >= model.number("SmartChargingCtrlr", "LimitChangeSignificance");
  }

  function changed(evseId: number): void {
    for (const transaction of facts.running())
      if (evseId === 0 || transaction.evseId === evseId) facts.rateChanged(transaction.evseId);
  }

  return {
    set({ source, evseId, limitW, gridCritical }) {
      if (!model.flag("SmartChargingCtrlr", "ExternalControlSignalsEnabled")) return;
      const id = idOf(source, evseId);
      const schedule: ChargingSchedule = {
        id,
        startSchedule: context.iso(),
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: Math.trunc(limitW * 10) / 10 }],
      };
      const persist = smartCharging.profiles.install({
        evseId,
        source,
        profile: {
          id,
          stackLevel: sources.indexOf(source),
          chargingProfilePurpose: "ChargingStationExternalConstraints",
          chargingProfileKind: "Absolute",
          chargingSchedule: [schedule],
        },
      });
      smartCharging.emit();
      persist();
      if (!significant(id, limitW)) return;
      told.set(id, limitW);
      const request: RequestOf<"NotifyChargingLimit"> = {
        chargingLimit: { chargingLimitSource: source, isGridCritical: gridCritical },
        evseId,
        ...(model.flag("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules") && { chargingSchedule: [schedule] }),
      };
      session.tell("NotifyChargingLimit", request);
      changed(evseId);
    },
    release(source, evseId) {
      const id = idOf(source, evseId);
      if (smartCharging.profiles.remove((stored) => stored.profile.id === id).length === 0) return;
      told.delete(id);
      smartCharging.emit();
      session.tell("ClearedChargingLimit", { chargingLimitSource: source, evseId });
      changed(evseId);
    },
  };
}
