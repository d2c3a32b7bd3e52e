/**
 * K01–K10: charging profiles and the intents that come of them. A profile acts in the same turn in which it arrives; its
 * cap holds until another replaces it, its request is made anew while it stands, also while there is no connection (use
 * case K06).
 */

import { type Block, type Context, info, isEvse } from "../context.ts";
import type { BackendLimit, Cancel } from "../ports.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { ChargingProfile, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/outbox.ts";
import { createComposer } from "./composer.ts";
import {
  type CompositeSchedule,
  compositeSteps,
  createEvaluation,
  type Limit,
  type ScheduleContext,
  stationSteps,
} from "./composite.ts";
import { createProfiles, memoryLost, type Profiles, type Refusal, type Stored } from "./profiles.ts";
import { createZone } from "./timezone.ts";

/** Longest composite schedule that is computed, s. */
const durationMaxS = 32 * 24 * 3600;
/** Profiles in one ReportChargingProfiles. */
const reportItems = 10;
/** Profile id of a cap that no profile has set: zero while it is not known what the profiles allow. */
const unknownProfile = -1;

/** Charging profiles and what follows from them for each EVSE. */
export interface SmartCharging extends Block {
  readonly profiles: Profiles;
  judgeStarting(evseId: number, profile: ChargingProfile): Refusal | null;
  /** A TxProfile that came with a remote start: held until the transaction has begun. */
  hold(evseId: number, profile: ChargingProfile): void;
  onStarted(transaction: Transaction): void;
  onEnded(transaction: Transaction): void;
  /** Emits every limit as it is now; called on changes and periodically. */
  emit(): void;
  start(): void;
  scheduleContext(evseId: number): ScheduleContext;
  /** A profile has changed the limit of an EVSE's transaction. */
  onProfileSet(listener: (evseId: number, profile: ChargingProfile) => void): void;
}

export interface SmartChargingFacts {
  transaction(evseId: number): Transaction | null;
  running(): Transaction[];
}

export function createSmartCharging(context: Context, facts: SmartChargingFacts): SmartCharging {
  const { config, port, clock, model, session } = context;
  const profiles = createProfiles(context);
  const zone = createZone(config.timeZone);
  const held = new Map<number, ChargingProfile>();
  const listeners: ((evseId: number, profile: ChargingProfile) => void)[] = [];
  const composer = createComposer(clock);
  /** Whether the port holds a limit of ours, by EVSE, once it has been told at all: null is only told once. */
  const told = new Map<number, boolean>();
  let unknownSaid = "";
  let refresh: Cancel | null = null;
  model.provide("SmartChargingCtrlr", "Entries", () => String(profiles.all().length), undefined, "ChargingProfiles");

  function scheduleContext(evseId: number): ScheduleContext {
    const evse = config.evses[evseId - 1]!;
    const transaction = facts.transaction(evseId);
    return {
      evseId,
      supplyPhases: evse.supplyPhases,
      nominalVoltageV: evse.nominalVoltageV,
      maxChargeW: evse.maxChargeW,
      maxDischargeW: evse.maxDischargeW,
      transactionId: transaction?.transactionId ?? null,
      transactionStartMs: transaction?.startedMs ?? context.nowMs(),
      sharers: Math.max(facts.running().length, 1),
      zone,
    };
  }

  function toLimit({ limitW, profileId }: Pick<Limit, "limitW" | "profileId">): BackendLimit {
    const requestUntilMs = clock.monotonicMs() + config.leaseMs;
    return { minW: Math.min(limitW, 0), maxW: Math.max(limitW, 0), requestedW: limitW, requestUntilMs, profileId };
  }

  function tell(evseId: number, limit: BackendLimit | null): void {
    if (!limit && told.get(evseId) === false) return;
    told.set(evseId, limit !== null);
    port.limit(evseId, limit);
  }

  /** Why nobody can say what the profiles allow now, with how that ends; "" when it is known. */
  function unknown(stored: readonly Stored[], nowMs: number): string {
    const lost = profiles.unreadable();
    if (lost.includes(memoryLost))
      return "The memory of charging profiles was lost. Charging waits at zero until the backend sets or clears a charging profile.";
    if (lost.length > 0)
      return `Charging profile ${lost[0]} on record cannot be read. Charging waits at zero until the backend sets it anew or clears it.`;
    const timed = stored.some(
      ({ profile }) => profile.chargingProfileKind !== "Relative" || profile.validFrom || profile.validTo,
    );
    return timed && nowMs < config.clockFloorMs
      ? "The clock shows a time before the last one on record, so it is not known which limit of the charging profiles holds. Charging waits at zero until the clock is set."
      : "";
  }

  /**
   * The station's maximum counts for the sum (id 0) and for each EVSE; a negative one is a discharge of the station as a
   * whole, shared equally between the EVSEs that are in a transaction. A maximum of zero or more leaves open what EVSEs
   * are asked to discharge: the lowest limit counts.
   */
  function emit(): number {
    const nowMs = context.nowMs();
    const stored = profiles.all();
    let nextMs = Number.POSITIVE_INFINITY;
    if (!model.flag("SmartChargingCtrlr", "Enabled") || (stored.length === 0 && profiles.unreadable().length === 0)) {
      for (let evseId = 0; evseId <= config.evses.length; evseId++) tell(evseId, null);
      return nextMs;
    }
    const why = unknown(stored, nowMs);
    if (why !== unknownSaid) {
      if (why === "") context.log("info", "It is known again what the charging profiles allow.");
      else context.log("error", why);
    }
    unknownSaid = why;
    if (why !== "") {
      for (let evseId = 0; evseId <= config.evses.length; evseId++)
        tell(evseId, toLimit({ limitW: 0, profileId: unknownProfile }));
      return nextMs;
    }
    const limits: (BackendLimit | null)[] = [];
    let dischargeW = 0;
    for (let evseId = 1; evseId <= config.evses.length; evseId++) {
      const { limit, untilMs } = createEvaluation(stored, nowMs, scheduleContext(evseId)).at(nowMs);
      nextMs = Math.min(nextMs, untilMs);
      limits.push(limit && toLimit(limit));
      if (limit && facts.transaction(evseId)) dischargeW += Math.min(limit.limitW, 0);
    }
    const station = createEvaluation(stored, nowMs, scheduleContext(1), "station").at(nowMs);
    nextMs = Math.min(nextMs, station.untilMs);
    const whole = station.limit && toLimit(station.limit);
    tell(0, whole && { ...whole, minW: Math.min(whole.minW, dischargeW) });
    limits.forEach((limit, index) => void tell(index + 1, limit));
    return nextMs;
  }

  /** Emits now and again at the next change of any profile, but at least once per refresh interval. */
  function run(): void {
    refresh?.();
    refresh = null;
    const nextMs = emit();
    if (profiles.all().length === 0 && profiles.unreadable().length === 0) return;
    const delayMs = Math.min(Math.max(nextMs - context.nowMs(), 1), config.refreshMs);
    refresh = clock.after("charging limits", delayMs, run);
  }

  function set(request: RequestOf<"SetChargingProfile">): ResponseOf<"SetChargingProfile"> {
    if (!model.flag("SmartChargingCtrlr", "Enabled"))
      return { status: "Rejected", statusInfo: info("NotEnabled", "Smart charging is switched off.") };
    const { evseId, chargingProfile } = request;
    const transaction = evseId > 0 ? facts.transaction(evseId) : null;
    const refusal = profiles.judge(evseId, chargingProfile, transaction?.transactionId ?? null, false);
    if (refusal) {
      context.log("info", `A charging profile was refused: ${refusal.sentence}`, {
        evseId,
        profileId: chargingProfile.id,
      });
      return { status: "Rejected", statusInfo: info(refusal.reasonCode, refusal.sentence) };
    }
    const persist = profiles.install({
      evseId,
      profile: chargingProfile,
      source: "CSO",
      ...(chargingProfile.transactionId !== undefined && { transactionId: chargingProfile.transactionId }),
    });
    profiles.forget(chargingProfile.id);
    run();
    persist();
    for (const listener of listeners) listener(evseId, chargingProfile);
    return { status: "Accepted" };
  }

  function clear({
    chargingProfileId,
    chargingProfileCriteria,
  }: RequestOf<"ClearChargingProfile">): ResponseOf<"ClearChargingProfile"> {
    const criteria = chargingProfileCriteria ?? {};
    const gone = profiles.remove((stored) => {
      if (stored.profile.chargingProfilePurpose === "ChargingStationExternalConstraints") return false;
      if (chargingProfileId !== undefined) return stored.profile.id === chargingProfileId;
      return (
        (criteria.evseId === undefined || criteria.evseId === stored.evseId) &&
        (criteria.chargingProfilePurpose === undefined ||
          criteria.chargingProfilePurpose === stored.profile.chargingProfilePurpose) &&
        (criteria.stackLevel === undefined || criteria.stackLevel === stored.profile.stackLevel)
      );
    });
    const everything = chargingProfileId === undefined && Object.keys(criteria).length === 0;
    const forgotten = profiles.forget(chargingProfileId ?? (everything ? "all" : Number.NaN));
    if (gone.length === 0 && !forgotten) return { status: "Unknown" };
    run();
    return { status: "Accepted" };
  }

  function composite(
    request: RequestOf<"GetCompositeSchedule">,
  ): ResponseOf<"GetCompositeSchedule"> | Promise<ResponseOf<"GetCompositeSchedule">> {
    const { evseId, duration, chargingRateUnit = "W" } = request;
    const refuse = (reasonCode: string, sentence: string): ResponseOf<"GetCompositeSchedule"> => ({
      status: "Rejected",
      statusInfo: info(reasonCode, sentence),
    });
    if (evseId < 0 || evseId > config.evses.length) return refuse("UnknownEvse", `There is no EVSE ${evseId}.`);
    if (!(duration > 0)) return refuse("InvalidValue", "The duration must be positive.");
    const startMs = Math.floor(context.nowMs() / 1000) * 1000;
    const of = [profiles.all(), startMs, Math.min(duration, durationMaxS), chargingRateUnit] as const;
    const steps =
      evseId === 0
        ? stationSteps(
            ...of,
            config.evses.map((_, index) => scheduleContext(index + 1)),
          )
        : compositeSteps(...of, scheduleContext(evseId));
    const answer = ({ periods, durationS }: CompositeSchedule): ResponseOf<"GetCompositeSchedule"> => {
      const [first, ...rest] = periods;
      return {
        status: "Accepted",
        schedule: {
          evseId,
          duration: durationS,
          scheduleStart: context.iso(startMs),
          chargingRateUnit,
          chargingSchedulePeriod: [first!, ...rest],
        },
      };
    };
    const composed = composer.compose(steps);
    if (composed === null) return refuse("Busy", "Too many schedules are being computed.");
    return composed instanceof Promise ? composed.then(answer) : answer(composed);
  }

  function report({
    requestId,
    evseId,
    chargingProfile: wanted,
  }: RequestOf<"GetChargingProfiles">): ResponseOf<"GetChargingProfiles"> {
    profiles.expire();
    const chosen = profiles
      .all()
      .filter(
        (stored) =>
          (evseId === undefined || stored.evseId === evseId) &&
          (!wanted.chargingProfileId || wanted.chargingProfileId.includes(stored.profile.id)) &&
          (!wanted.chargingProfilePurpose || wanted.chargingProfilePurpose === stored.profile.chargingProfilePurpose) &&
          (wanted.stackLevel === undefined || wanted.stackLevel === stored.profile.stackLevel) &&
          (!wanted.chargingLimitSource || wanted.chargingLimitSource.includes(stored.source)),
      );
    if (chosen.length === 0) return { status: "NoProfiles" };
    context.afterAnswer("charging profiles", () => sendReport(requestId, chosen));
    return { status: "Accepted" };
  }

  /** One message carries the profiles of one EVSE and one source. */
  function sendReport(requestId: number, chosen: readonly Stored[]): void {
    const groups = Map.groupBy(chosen, (stored) => `${stored.evseId}|${stored.source}`);
    const parts = [...groups.values()].flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / reportItems) }, (_, i) =>
        group.slice(i * reportItems, (i + 1) * reportItems),
      ),
    );
    parts.forEach((part, index) => {
      const [first, ...rest] = part;
      if (!first) return;
      session.tell(
        "ReportChargingProfiles",
        {
          requestId,
          evseId: first.evseId,
          chargingLimitSource: first.source,
          tbc: index < parts.length - 1,
          chargingProfile: [first.profile, ...rest.map((stored) => stored.profile)],
        },
        { priority: priority.report },
      );
    });
  }

  return {
    profiles,
    handlers: {
      SetChargingProfile: set,
      ClearChargingProfile: clear,
      GetCompositeSchedule: composite,
      GetChargingProfiles: report,
    },
    judgeStarting(evseId, profile) {
      if (profile.chargingProfilePurpose !== "TxProfile")
        return { reasonCode: "InvalidProfile", sentence: "A remote start takes only a TxProfile." };
      return profiles.judge(evseId, profile, null, true);
    },
    hold: (evseId, profile) => void held.set(evseId, profile),
    onStarted(transaction) {
      const profile = held.get(transaction.evseId);
      held.delete(transaction.evseId);
      const { transactionId, evseId } = transaction;
      if (profile) profiles.install({ evseId, profile: { ...profile, transactionId }, source: "CSO", transactionId })();
      run();
    },
    onEnded(transaction) {
      profiles.remove((stored) => stored.transactionId === transaction.transactionId);
      run();
    },
    emit: run,
    start: run,
    scheduleContext(evseId) {
      if (!isEvse(context, evseId)) throw new RangeError(`There is no EVSE ${evseId}.`);
      return scheduleContext(evseId);
    },
    onProfileSet: (listener) => void listeners.push(listener),
  };
}
