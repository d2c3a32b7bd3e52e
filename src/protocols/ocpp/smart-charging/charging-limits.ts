/**
 * The limits that charging profiles make at each moment, as the site is told them: for the station as a whole and for each
 * EVSE, again at the next change of any profile.
 */
import type { Flexibility } from "../bidirectional/flexibility.ts";
import { followedW } from "../bidirectional/local-frequency.ts";
import type { Context } from "../context.ts";
import type { BackendLimit, Cancel } from "../ports.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { OperationMode, SchedulePeriod } from "../transport/messages.table.ts";
import { createEvaluation, type Limit, type ScheduleContext } from "./composite.ts";
import { memoryLost, type Profiles, type Stored } from "./profiles.ts";
import { createZone } from "./timezone.ts";

/** Profile id of a cap that no profile has set: zero while it is not known what the profiles allow. */
const unknownProfile = -1;

/** Which transactions run, as far as profiles depend on them. */
export interface SmartChargingFacts {
  transaction(evseId: number): Transaction | null;
  running(): Transaction[];
  /** Who pays has been promised charging only: energy may not leave the vehicle. */
  chargesOnly(evseId: number): boolean;
  /** What an EVSE follows has changed; it has a transaction. */
  modeChanged(evseId: number, mode: OperationMode): void;
}

/** Tells the site what the profiles allow. */
export interface ChargingLimits {
  /** Emits every limit as it is now, and again at the next change, but at least once per refresh interval. */
  emit(): void;
  /** The EVSE with its transaction as profiles see it. `evseId` counts from 1 and must exist. */
  scheduleContext(evseId: number): ScheduleContext;
  /** The period that decides at an EVSE now, where it has curves. */
  follows(evseId: number): SchedulePeriod | null;
}

/** Why nobody can say what the profiles allow now, with how that ends; "" when it is known. */
function whyUnknown(lost: readonly string[], stored: readonly Stored[], isTimeWrong: boolean): string {
  if (lost.includes(memoryLost))
    return "The memory of charging profiles was lost. Charging waits at zero until the backend sets or clears a charging profile.";
  if (lost.length > 0)
    return `Charging profile ${lost[0]} on record cannot be read. Charging waits at zero until the backend sets it anew or clears it.`;
  const timed = stored.some(
    ({ profile }) => profile.chargingProfileKind !== "Relative" || profile.validFrom || profile.validTo,
  );
  return timed && isTimeWrong
    ? "The clock shows a time before the last one on record, so it is not known which limit of the charging profiles holds. Charging waits at zero until the clock is set."
    : "";
}

/** Limits that nobody has been told yet. */
export function createChargingLimits(
  context: Context,
  profiles: Profiles,
  facts: SmartChargingFacts,
  flexibility: Flexibility,
): ChargingLimits {
  const { config, port, clock, model } = context;
  const zone = createZone(config.timeZone);
  /** Whether the port holds a limit of ours, by EVSE, once it has been told at all: null is only told once. */
  const told = new Map<number, boolean>();
  let unknownSaid = "";
  let refresh: Cancel | null = null;

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
      priority: transaction !== null && flexibility.hasPriority(transaction.transactionId),
      zone,
    };
  }

  const lease = (): number => clock.monotonicMs() + config.leaseMs;
  /** Nothing may flow. */
  const nothing = (profileId: number): BackendLimit => ({
    ...{ minW: 0, maxW: 0, requestedW: 0, isFirm: false, profileId },
    requestUntilMs: lease(),
  });
  const toLimit = ({ limitW, minW, maxW, mode, profileId }: Readonly<Limit>): BackendLimit => ({
    ...{ minW, maxW, requestedW: limitW, isFirm: mode !== "ChargingOnly", profileId },
    requestUntilMs: lease(),
  });

  /** The limit of one EVSE: what follows the grid is worked out, and no more leaves a vehicle than its driver and the DER controls allow. */
  function limitOf(evseId: number, limit: Readonly<Limit> | null): BackendLimit | null {
    const given = limit && toLimit(limit);
    flexibility.followedHz.delete(evseId);
    if (given && limit?.follows) {
      const { frequencyHz } = port.evses[evseId - 1]!;
      flexibility.followedHz.set(evseId, frequencyHz);
      const askedW = followedW(limit.follows, frequencyHz, flexibility.signal);
      given.requestedW = Math.min(Math.max(askedW, given.minW), given.maxW);
    }
    const isOneWay = facts.chargesOnly(evseId) || flexibility.switchedOff.has(evseId);
    if (!isOneWay && flexibility.dischargeShare >= 1) return given;
    const floorW = isOneWay ? 0 : -flexibility.dischargeShare * config.evses[evseId - 1]!.maxDischargeW;
    const open = given ?? {
      ...nothing(unknownProfile),
      ...{ minW: Number.NEGATIVE_INFINITY, maxW: Number.POSITIVE_INFINITY, requestedW: Number.NaN },
    };
    return { ...open, minW: Math.max(open.minW, floorW), requestedW: Math.max(open.requestedW, floorW) };
  }

  /** Tells each change of the mode that a transaction follows. */
  function follow(evseId: number, limit: Readonly<Limit> | null): void {
    const mode = limit?.mode ?? "ChargingOnly";
    const transaction = facts.transaction(evseId);
    if (transaction && mode !== (transaction.operationMode ?? "ChargingOnly")) facts.modeChanged(evseId, mode);
  }

  function tell(evseId: number, limit: BackendLimit | null): void {
    if (!limit && told.get(evseId) === false) return;
    told.set(evseId, limit !== null);
    port.limit(evseId, limit);
  }

  /**
   * The station's maximum counts for the sum (id 0) and for each EVSE; a negative one is a discharge of the station as a
   * whole, shared equally between the EVSEs that are in a transaction. A maximum of zero or more leaves open what EVSEs
   * are asked to discharge: the lowest limit counts.
   */
  function emit(): number {
    const nowMs = context.nowMs();
    const stored = profiles.inForce();
    let nextMs = Number.POSITIVE_INFINITY;
    if (!model.flag("SmartChargingCtrlr", "Enabled") || (stored.length === 0 && profiles.unreadable().length === 0)) {
      tell(0, null);
      for (let evseId = 1; evseId <= config.evses.length; evseId++) {
        tell(evseId, limitOf(evseId, null));
        follow(evseId, null);
      }
      return nextMs;
    }
    const why = whyUnknown(profiles.unreadable(), stored, nowMs < config.clockFloorMs);
    if (why !== unknownSaid) {
      if (why === "") context.log("info", "It is known again what the charging profiles allow.");
      else context.log("error", why);
    }
    unknownSaid = why;
    if (why !== "") {
      for (let evseId = 0; evseId <= config.evses.length; evseId++) tell(evseId, nothing(unknownProfile));
      return nextMs;
    }
    const limits: (BackendLimit | null)[] = [];
    let dischargeW = 0;
    for (let evseId = 1; evseId <= config.evses.length; evseId++) {
      const { limit, untilMs } = createEvaluation(stored, nowMs, scheduleContext(evseId)).at(nowMs);
      nextMs = Math.min(nextMs, untilMs);
      limits.push(limitOf(evseId, limit));
      if (limit && facts.transaction(evseId)) dischargeW += Math.min(limit.minW, 0);
      follow(evseId, limit);
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

  return {
    emit: run,
    scheduleContext,
    follows(evseId) {
      const nowMs = context.nowMs();
      return createEvaluation(profiles.inForce(), nowMs, scheduleContext(evseId)).at(nowMs).limit?.follows ?? null;
    },
  };
}
