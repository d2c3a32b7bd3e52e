/** What a server says, read into plain values: each resource once, at the edge. Times are seconds UTC of the server. */
import { type ModeName, type ModeValues, modeNames, modes } from "./modes.table.ts";
import {
  attributeOf,
  childOf,
  childrenOf,
  type Element,
  flagOf,
  intAttributeOf,
  intOf,
  linkOf,
  scaledOf,
  textOf,
} from "./xml.ts";

/** Polled at most and at least this often, s, whatever a server says. */
const pollMinS = 1;
const pollMaxS = 86_400;
/** The usual poll rate where a server says none, s. */
export const pollUsualS = 300;
/** A control lasts at most this long, s. */
const durationMaxS = 366 * 86_400;
/** Start and end are shifted at most by this much, s. */
const randomMaxS = 3_600;

/** How often to ask again, s; `otherwise` where the server does not say. */
export function pollRateOf(element: Element, otherwise: number): number {
  const said = intAttributeOf(element, "pollRate");
  return Number.isNaN(said) ? otherwise : boundedRate(said);
}
export const boundedRate = (rateS: number): number => Math.min(pollMaxS, Math.max(pollMinS, rateS));

export interface DeviceCapability {
  readonly timeHref: string;
  readonly endDevicesHref: string;
  readonly usagePointsHref: string;
}
export const readDeviceCapability = (root: Element): DeviceCapability => ({
  timeHref: linkOf(root, "TimeLink"),
  endDevicesHref: linkOf(root, "EndDeviceListLink"),
  usagePointsHref: linkOf(root, "MirrorUsagePointListLink"),
});

export interface EndDevice {
  readonly href: string;
  readonly lfdi: string;
  readonly sfdi: string;
  readonly registrationHref: string;
  readonly assignmentsHref: string;
  readonly dersHref: string;
  readonly connectionPointHref: string;
  readonly logEventsHref: string;
}
export const readEndDevice = (element: Element): EndDevice => ({
  href: attributeOf(element, "href"),
  lfdi: textOf(element, "lFDI").toUpperCase(),
  sfdi: textOf(element, "sFDI"),
  registrationHref: linkOf(element, "RegistrationLink"),
  assignmentsHref: linkOf(element, "FunctionSetAssignmentsListLink"),
  dersHref: linkOf(element, "DERListLink"),
  connectionPointHref: linkOf(element, "ConnectionPointLink"),
  logEventsHref: linkOf(element, "LogEventListLink"),
});

export interface Der {
  readonly href: string;
  readonly capabilityHref: string;
  readonly settingsHref: string;
  readonly statusHref: string;
  readonly availabilityHref: string;
}
export const readDer = (element: Element): Der => ({
  href: attributeOf(element, "href"),
  capabilityHref: linkOf(element, "DERCapabilityLink"),
  settingsHref: linkOf(element, "DERSettingsLink"),
  statusHref: linkOf(element, "DERStatusLink"),
  availabilityHref: linkOf(element, "DERAvailabilityLink"),
});

export interface Program {
  readonly href: string;
  /** Of two programs that say different things the lower counts. */
  readonly primacy: number;
  readonly defaultHref: string;
  readonly controlsHref: string;
}
export const readProgram = (element: Element): Program => ({
  href: attributeOf(element, "href"),
  primacy: bounded(intOf(element, "primacy"), 0, 255, 255),
  defaultHref: linkOf(element, "DefaultDERControlLink"),
  controlsHref: linkOf(element, "DERControlListLink"),
});

/** Status of an event as the server says it. */
export const eventStatus = { scheduled: 0, active: 1, cancelled: 2, cancelledRandomly: 3, superseded: 4 } as const;

export interface Control {
  readonly mrid: string;
  readonly createdS: number;
  readonly status: number;
  readonly startS: number;
  readonly durationS: number;
  readonly randomizeStartS: number;
  readonly randomizeDurationS: number;
  readonly replyTo: string;
  /** Bits: 1 receipt, 2 what becomes of it. */
  readonly responseRequired: number;
  readonly values: ModeValues;
  /** Time over which the change is spread, s; NaN where the control says none. */
  readonly rampS: number;
  /** Why it can't be carried out: nothing in it that this device does, or a value without sense; "" when it can. */
  readonly fault: "" | "not-applicable" | "invalid";
}

export function readControl(element: Element): Control {
  const interval = childOf(element, "interval") ?? {};
  const status = intOf(childOf(element, "EventStatus") ?? {}, "currentStatus");
  const { values, rampS, isInvalid, isEmpty } = readBase(element);
  const startS = intOf(interval, "start");
  const durationS = intOf(interval, "duration");
  const isWrong = isInvalid || !Number.isFinite(startS) || !(durationS > 0 && durationS <= durationMaxS);
  return {
    mrid: textOf(element, "mRID").toUpperCase(),
    createdS: finite(intOf(element, "creationTime"), 0),
    status: bounded(status, 0, 4, eventStatus.scheduled),
    startS: finite(startS, 0),
    durationS: finite(durationS, 0),
    randomizeStartS: bounded(intOf(element, "randomizeStart"), -randomMaxS, randomMaxS, 0),
    randomizeDurationS: bounded(intOf(element, "randomizeDuration"), -randomMaxS, randomMaxS, 0),
    replyTo: attributeOf(element, "replyTo"),
    responseRequired: finite(Number.parseInt(attributeOf(element, "responseRequired") || "0", 16), 0),
    values,
    rampS,
    fault: isWrong ? "invalid" : isEmpty ? "not-applicable" : "",
  };
}

export interface DefaultControl {
  readonly values: ModeValues;
  /** Hundredths of a percent of the greatest power each second; 0: no ramp. NaN where it says none. */
  readonly gradient: number;
}
export function readDefaultControl(element: Element): DefaultControl {
  const gradient = intOf(element, "setGradW");
  return { values: readBase(element).values, gradient: gradient >= 0 ? gradient : Number.NaN };
}

/** Values of the modes that this client knows; a value without sense leaves the tightest in its place. */
function readBase(element: Element): { values: ModeValues; rampS: number; isInvalid: boolean; isEmpty: boolean } {
  const base = childOf(element, "DERControlBase") ?? {};
  const values: Partial<Record<ModeName, number>> = {};
  let isInvalid = false;
  for (const name of modeNames) {
    const { element: tag, read, signed } = modes[name];
    if (childOf(base, tag) === null) continue;
    const value = readValue(base, tag, read);
    if (!Number.isFinite(value) || (value < 0 && !signed)) isInvalid = true;
    else values[name] = value;
  }
  const ramp = intOf(base, "rampTms");
  return {
    values,
    rampS: ramp >= 0 ? ramp / 100 : Number.NaN,
    isInvalid,
    isEmpty: Object.keys(values).length === 0,
  };
}

function readValue(base: Element, tag: string, read: "watts" | "percent" | "flag"): number {
  if (read === "watts") return scaledOf(base, tag);
  if (read === "percent") return intOf(base, tag) / 100;
  const flag = flagOf(base, tag);
  return flag === null ? Number.NaN : Number(flag);
}

/** Program lists that a device is assigned to. */
export const programListsOf = (assignments: Element): readonly string[] =>
  childrenOf(assignments, "FunctionSetAssignments")
    .map((one) => linkOf(one, "DERProgramListLink"))
    .filter((href) => href !== "");

const finite = (value: number, otherwise: number): number => (Number.isFinite(value) ? value : otherwise);
const bounded = (value: number, min: number, max: number, otherwise: number): number =>
  value >= min && value <= max ? value : otherwise;
