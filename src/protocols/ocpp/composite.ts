/**
 * K08: what all charging profiles together allow. At each moment the highest stack level with a running period decides
 * for its purpose; a TxProfile replaces the TxDefaultProfile; the lowest of station maximum, external constraints and
 * transaction profile counts. Limits may be negative (discharge); comparison is the same.
 */
import type { ChargingProfile, ChargingSchedule, RateUnit, SchedulePeriod } from "./messages.table.ts";
import type { Zone } from "./timezone.ts";

export interface InstalledProfile {
  evseId: number;
  profile: ChargingProfile;
  /** Which of up to three schedules the vehicle has chosen (ISO 15118); the first otherwise. */
  chosen?: number;
}

/** The EVSE and its transaction, as far as profiles depend on them. */
export interface ScheduleContext {
  evseId: number;
  supplyPhases: number;
  nominalVoltageV: number;
  /** The EVSE's own abilities, magnitudes. */
  maxChargeW: number;
  maxDischargeW: number;
  transactionId: string | null;
  /** Start of relative schedules, UTC ms. */
  transactionStartMs: number;
  zone: Zone;
}

/** One limit with the moment until which it certainly holds. */
export interface Limit {
  limitW: number;
  profileId: number;
  /** As the deciding period says; undefined where it does not. */
  numberPhases: number | undefined;
  untilMs: number;
}

const dayMs = 24 * 3_600_000;
const recurrenceMs = { Daily: dayMs, Weekly: 7 * dayMs } as const;
/** Profile id of the EVSE's own ability. */
export const noProfile = -1;
const forever = Number.POSITIVE_INFINITY;

export const phasesOf = (period: Pick<SchedulePeriod, "numberPhases">, supplyPhases: number): number =>
  Math.min(period.numberPhases ?? supplyPhases, supplyPhases);

export function toW(
  limit: number,
  unit: RateUnit,
  numberPhases: number | undefined,
  context: Pick<ScheduleContext, "supplyPhases" | "nominalVoltageV">,
): number {
  return unit === "W"
    ? limit
    : limit *
        context.nominalVoltageV *
        phasesOf(numberPhases === undefined ? {} : { numberPhases }, context.supplyPhases);
}

/** When a schedule's clock started, seen from `atMs`, and when it will start anew. Null: not yet (until `nextMs`). */
function startOf(
  profile: ChargingProfile,
  schedule: ChargingSchedule,
  atMs: number,
  context: ScheduleContext,
): { startMs: number | null; nextMs: number } {
  if (profile.chargingProfileKind === "Relative")
    return {
      startMs: context.transactionStartMs <= atMs ? context.transactionStartMs : null,
      nextMs: context.transactionStartMs <= atMs ? forever : context.transactionStartMs,
    };
  const firstMs = Date.parse(schedule.startSchedule ?? "");
  if (atMs < firstMs) return { startMs: null, nextMs: firstMs };
  if (profile.chargingProfileKind === "Absolute") return { startMs: firstMs, nextMs: forever };
  const { zone } = context;
  const everyMs = recurrenceMs[profile.recurrencyKind ?? "Daily"];
  const firstLocalMs = firstMs + zone.offsetMs(firstMs);
  const occurrence = (k: number): number => (k === 0 ? firstMs : zone.utcOf(firstLocalMs + k * everyMs));
  let k = Math.max(Math.floor((atMs + zone.offsetMs(atMs) - firstLocalMs) / everyMs) - 1, 0);
  while (occurrence(k + 1) <= atMs) k += 1;
  return { startMs: occurrence(k), nextMs: occurrence(k + 1) };
}

/** A profile's own limit at a moment, or null, each with the moment at which that may change. */
export function limitOf(
  installed: InstalledProfile,
  atMs: number,
  context: ScheduleContext,
): { limit: Limit | null; untilMs: number } {
  const { profile } = installed;
  const schedule = profile.chargingSchedule[installed.chosen ?? 0] ?? profile.chargingSchedule[0]!;
  const fromMs = profile.validFrom === undefined ? -forever : Date.parse(profile.validFrom);
  const toMs = profile.validTo === undefined ? forever : Date.parse(profile.validTo);
  if (atMs >= toMs) return { limit: null, untilMs: forever };
  if (atMs < fromMs) return { limit: null, untilMs: fromMs };
  const { startMs, nextMs } = startOf(profile, schedule, atMs, context);
  const boundaryMs = Math.min(nextMs, toMs);
  if (startMs === null) return { limit: null, untilMs: boundaryMs };
  const endMs = schedule.duration === undefined ? forever : startMs + schedule.duration * 1000;
  if (atMs >= endMs) return { limit: null, untilMs: boundaryMs };
  const periods = schedule.chargingSchedulePeriod;
  let index = -1;
  while (index + 1 < periods.length && startMs + periods[index + 1]!.startPeriod * 1000 <= atMs) index += 1;
  const following = periods[index + 1];
  const untilMs = Math.min(boundaryMs, endMs, following ? startMs + following.startPeriod * 1000 : forever);
  const period = periods[index];
  if (!period) return { limit: null, untilMs };
  const limitW = toW(period.limit, schedule.chargingRateUnit, period.numberPhases, context);
  return { limit: { limitW, profileId: profile.id, numberPhases: period.numberPhases, untilMs }, untilMs };
}

type Purpose = ChargingProfile["chargingProfilePurpose"];

const applies = (installed: InstalledProfile, purpose: Purpose, context: ScheduleContext): boolean => {
  const { profile, evseId } = installed;
  if (profile.chargingProfilePurpose !== purpose || (evseId !== 0 && evseId !== context.evseId)) return false;
  return (
    purpose !== "TxProfile" || profile.transactionId === undefined || profile.transactionId === context.transactionId
  );
};

/** The deciding limit of a purpose: highest stack level first, an EVSE's own profile before the station's. */
function limitOfPurpose(
  profiles: readonly InstalledProfile[],
  purpose: Purpose,
  atMs: number,
  context: ScheduleContext,
): { limit: Limit | null; untilMs: number } {
  let best: { limit: Limit; stackLevel: number; evseId: number } | null = null;
  let untilMs = forever;
  for (const installed of profiles) {
    if (!applies(installed, purpose, context)) continue;
    const own = limitOf(installed, atMs, context);
    untilMs = Math.min(untilMs, own.untilMs);
    if (!own.limit) continue;
    const { stackLevel } = installed.profile;
    if (!best || stackLevel > best.stackLevel || (stackLevel === best.stackLevel && installed.evseId > best.evseId))
      best = { limit: own.limit, stackLevel, evseId: installed.evseId };
  }
  return { limit: best?.limit ?? null, untilMs };
}

/** What profiles allow one EVSE at a moment; null when none applies. `untilMs` is when that may change. */
export function limitAt(
  profiles: readonly InstalledProfile[],
  atMs: number,
  context: ScheduleContext,
  purposes?: readonly Purpose[],
): { limit: Limit | null; untilMs: number } {
  const use = (purpose: Purpose): boolean => !purposes || purposes.includes(purpose);
  let untilMs = forever;
  const get = (purpose: Purpose): Limit | null => {
    if (!use(purpose)) return null;
    const own = limitOfPurpose(profiles, purpose, atMs, context);
    untilMs = Math.min(untilMs, own.untilMs);
    return own.limit;
  };
  const transaction = (context.transactionId === null ? null : get("TxProfile")) ?? get("TxDefaultProfile");
  let lowest: Limit | null = null;
  for (const limit of [get("ChargingStationMaxProfile"), get("ChargingStationExternalConstraints"), transaction])
    if (limit && (!lowest || limit.limitW < lowest.limitW)) lowest = limit;
  return { limit: lowest && { ...lowest, untilMs }, untilMs };
}

/** Periods of a computed schedule; a stack that changes more often is cut short there. */
const periodsMax = 1024;
/** To the wire's tenth, towards zero: rounding must never allow more, in either direction. */
export const toTenth = (value: number): number => {
  const tenths = Math.trunc(value * 10 + Math.sign(value) * 1e-6) / 10;
  return tenths === 0 ? 0 : tenths;
};

export interface CompositePeriod {
  startPeriod: number;
  limit: number;
  numberPhases?: number;
}

/** The composite schedule of an EVSE from a moment, in the asked unit, equal neighbours merged. */
export function compositeSchedule(
  profiles: readonly InstalledProfile[],
  startMs: number,
  durationS: number,
  unit: RateUnit,
  context: ScheduleContext,
): CompositePeriod[] {
  const periods: CompositePeriod[] = [];
  const endMs = startMs + durationS * 1000;
  for (let atMs = startMs; atMs < endMs && periods.length < periodsMax; ) {
    const { limit, untilMs } = limitAt(profiles, atMs, context);
    const w = Math.max(Math.min(limit?.limitW ?? context.maxChargeW, context.maxChargeW), -context.maxDischargeW);
    const phases = phasesOf(
      limit?.numberPhases === undefined ? {} : { numberPhases: limit.numberPhases },
      context.supplyPhases,
    );
    const value = toTenth(unit === "W" ? w : w / (context.nominalVoltageV * phases));
    const previous = periods.at(-1);
    if (!previous || previous.limit !== value || previous.numberPhases !== limit?.numberPhases) {
      // Boundaries between seconds begin with the next whole one.
      const startPeriod = Math.ceil((atMs - startMs) / 1000);
      if (previous && previous.startPeriod === startPeriod) periods.pop();
      periods.push({
        startPeriod,
        limit: value,
        ...(limit?.numberPhases !== undefined && { numberPhases: limit.numberPhases }),
      });
    }
    atMs = untilMs;
  }
  return periods;
}

/** The whole station's expectation: the sum of its EVSEs, under the station's own maximum (evseId 0). */
export function stationSchedule(
  profiles: readonly InstalledProfile[],
  startMs: number,
  durationS: number,
  unit: RateUnit,
  contexts: readonly ScheduleContext[],
): CompositePeriod[] {
  const first = contexts[0];
  if (!first) return [];
  const periods: CompositePeriod[] = [];
  const endMs = startMs + durationS * 1000;
  for (let atMs = startMs; atMs < endMs && periods.length < periodsMax; ) {
    let sumW = 0;
    let untilMs = forever;
    for (const context of contexts) {
      const own = limitAt(profiles, atMs, context, ["TxProfile", "TxDefaultProfile"]);
      sumW += Math.max(Math.min(own.limit?.limitW ?? context.maxChargeW, context.maxChargeW), -context.maxDischargeW);
      untilMs = Math.min(untilMs, own.untilMs);
    }
    const station = limitAt(profiles, atMs, first, ["ChargingStationMaxProfile", "ChargingStationExternalConstraints"]);
    untilMs = Math.min(untilMs, station.untilMs);
    const w = Math.min(sumW, station.limit?.limitW ?? forever);
    const value = toTenth(unit === "W" ? w : w / (first.nominalVoltageV * first.supplyPhases));
    if (periods.at(-1)?.limit !== value)
      periods.push({ startPeriod: Math.ceil((atMs - startMs) / 1000), limit: value });
    atMs = untilMs;
  }
  return periods;
}
