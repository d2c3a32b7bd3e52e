/** What a DER control must fulfil by itself before it is taken (R04), in the order in which 2.1 has it judged. */
import { type DerField, derFields, derRows, type SetControl } from "./der-types.table.ts";

/** Longest time ahead at which a control may begin, and for which it may last, ms. */
const horizonMs = 366 * 24 * 3_600_000;
const curvePointsMax = 10;

/** The window and rank that every kind of control has, absent where it has none. */
export interface Window {
  readonly priority: number;
  readonly startTime?: string;
  readonly duration?: number;
}

/** The part of a request that carries the control. */
export const bodyOf = (request: SetControl): Window => request[derRows[request.controlType].field] as Window;

/** All numbers in a control are numbers. */
const isWhole = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value)
    : typeof value !== "object" || value === null || Object.values(value).every(isWhole);

/** Why a control is refused, in a sentence, or null. */
export function judgeControl(request: SetControl, nowMs: number): string | null {
  const { controlType, isDefault } = request;
  const { field, onlyDefault } = derRows[controlType];
  const given = derFields.filter((one) => request[one] !== undefined);
  if (given.length !== 1 || given[0] !== field) return `A ${controlType} is given by ${field}, and by nothing else.`;
  const { priority, startTime, duration } = bodyOf(request);
  if (!isWhole(request[field])) return "All values must be numbers.";
  if (!(priority >= 0)) return "The priority must be 0 or more.";
  if (duration !== undefined && !(duration >= 0 && duration * 1000 <= horizonMs))
    return "The duration must be 0 or more, and a year at most.";
  const startMs = startTime === undefined ? nowMs : Date.parse(startTime);
  if (!(startMs <= nowMs + horizonMs)) return "It must begin within a year.";
  const why = judgeCurve(request, field);
  if (why !== null) return why;
  if (isDefault && (startTime !== undefined || duration !== undefined)) return "A default has no time window.";
  if (!isDefault && onlyDefault) return `${controlType} can only be a default.`;
  const endsMs = duration === undefined ? Number.POSITIVE_INFINITY : startMs + duration * 1000;
  return endsMs <= nowMs ? "It is over already." : null;
}

function judgeCurve(request: SetControl, field: DerField): string | null {
  const { units } = derRows[request.controlType];
  const curve = field === "curve" ? request.curve : request.limitMaxDischarge?.powerMonitoringMustTrip;
  if (curve === undefined) return null;
  if (curve.curveData.length > curvePointsMax) return `A curve has ${curvePointsMax} points at most.`;
  const allowed = units ?? ["Not_Applicable"];
  return allowed.includes(curve.yUnit) ? null : `Its yUnit must be ${allowed.join(" or ")}.`;
}
