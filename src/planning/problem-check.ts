/**
 * Checks a problem that came from outside, and mends what can be mended so that there is a plan all the same. Every mend is named:
 * what was wrong, what is used instead. Unknown energy, time or identity drops the stay, because no plan for a vehicle is better than
 * an absurd one; an unknown limit counts as zero.
 */
import {
  type DemandCharge,
  groupsMax,
  type PlanningEvent,
  type PlanningGroup,
  type PlanningPreferences,
  type PlanningProblem,
  type PlanningStay,
  type PlanningTariff,
  slotsMax,
  staysMax,
} from "./problem.ts";

export interface PlanningFault {
  readonly code: FaultCode;
  /** What it is about: `site`, `tariff`, an event, or `evse-01@slot`. */
  readonly where: string;
  readonly sentence: string;
}

export type FaultCode =
  | "not-a-problem"
  | "too-large"
  | "not-a-number"
  | "wrong-length"
  | "out-of-range"
  | "price-implausible"
  | "export-above-import"
  | "departure-past"
  | "departure-before-arrival"
  | "stays-overlap"
  | "energy-unknown"
  | "energy-impossible"
  | "need-above-maximum"
  | "load-above-import-limit";

/** Faults that are told; more of the same day tell nothing new. */
const faultsMax = 100;
/** Dearest price that is taken for one, per kWh. */
const priceMax = 1_000;
const efficiencyDefault = 0.92;

export interface CheckedProblem {
  /** `null`: nothing can be planned at all. */
  readonly problem: PlanningProblem | null;
  readonly faults: readonly PlanningFault[];
}

export function checkProblem(raw: unknown): CheckedProblem {
  const faults: PlanningFault[] = [];
  const tell: Tell = (code, where, sentence) => {
    if (faults.length < faultsMax) faults.push({ code, where, sentence });
  };
  if (!isRecord(raw)) {
    tell("not-a-problem", "problem", "The problem is not an object.");
    return { problem: null, faults };
  }
  const slotMinutes = raw["slotMinutes"];
  const slots = raw["slots"];
  if (!isNumber(slotMinutes) || slotMinutes <= 0 || slotMinutes > 24 * 60) {
    tell("not-a-problem", "slotMinutes", `The slot's length is ${told(slotMinutes)}: it must be minutes above 0.`);
    return { problem: null, faults };
  }
  if (!isNumber(slots) || !Number.isInteger(slots) || slots < 1 || slots > slotsMax) {
    tell("too-large", "slots", `The number of slots is ${told(slots)}: it must be 1 to ${slotsMax}.`);
    return { problem: null, faults };
  }
  const site = checkSite(record(raw["site"]), slots, tell);
  const problem: PlanningProblem = {
    ...(typeof raw["id"] === "string" ? { id: raw["id"] } : {}),
    ...(typeof raw["currency"] === "string" ? { currency: raw["currency"] } : {}),
    ...(Number.isSafeInteger(raw["firstSlot"]) ? { firstSlot: raw["firstSlot"] as number } : {}),
    slotMinutes,
    slots,
    site,
    tariff: checkTariff(record(raw["tariff"]), slots, tell),
    events: list(raw["events"]).flatMap((event) => checkEvent(record(event), slots, tell)),
    stays: checkStays(list(raw["stays"]), slots, tell),
    ...checkPrevious(raw["previous"], tell),
    preferences: checkPreferences(record(raw["preferences"]), tell),
  };
  return { problem, faults };
}

/** A plan in force that can't be read is none: the new one is made without it. */
function checkPrevious(raw: unknown, tell: Tell): Pick<PlanningProblem, "previous"> {
  if (raw === undefined || raw === null) return {};
  const powerW = record(raw)["powerW"];
  const sound =
    isRecord(powerW) && Object.values(powerW).every((powers) => Array.isArray(powers) && powers.every(isNumber));
  if (sound) return { previous: { powerW: powerW as Readonly<Record<string, readonly number[]>> } };
  tell("not-a-number", "previous", "The plan in force can't be read; the new one is made without it.");
  return {};
}

function checkPreferences(raw: Raw, tell: Tell): PlanningPreferences {
  const price = (key: keyof PlanningPreferences): PlanningPreferences => {
    const value = raw[key];
    if (value === undefined) return {};
    if (isNumber(value) && value >= 0 && value <= priceMax) return { [key]: value };
    tell("out-of-range", "preferences", `${key} is ${told(value)}; its default is used.`);
    return {};
  };
  return { ...price("peacePerKWh"), ...price("unearnedPeakPerKWh") };
}

type Tell = (code: FaultCode, where: string, sentence: string) => void;
type Raw = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const record = (value: unknown): Raw => (isRecord(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const told = (value: unknown): string => (value === undefined ? "missing" : String(value).slice(0, 40));

/** A series of one number for each slot; a gap takes `instead`, or the number before it when `instead` is undefined. */
function series(raw: unknown, slots: number, where: string, what: string, tell: Tell, instead?: number): number[] {
  const values = list(raw);
  const result: number[] = [];
  let gaps = 0;
  for (let t = 0; t < slots; t++) {
    const value = values[t];
    if (isNumber(value)) result.push(value);
    else {
      gaps++;
      result.push(instead ?? result.at(-1) ?? (values.find(isNumber) as number | undefined) ?? 0);
    }
  }
  if (values.length !== slots) tell("wrong-length", where, `${what} has ${values.length} of ${slots} slots.`);
  if (gaps > 0) {
    const used = instead === undefined ? "the value before it" : String(instead);
    tell("not-a-number", where, `${what} is unknown in ${gaps} slots; ${used} is used there.`);
  }
  return result;
}

function checkSite(raw: Raw, slots: number, tell: Tell): PlanningProblem["site"] {
  const magnitudes = (key: string, what: string, instead?: number): number[] => {
    const values = series(raw[key], slots, "site", what, tell, instead);
    const negative = values.filter((value) => value < 0).length;
    if (negative > 0) tell("out-of-range", "site", `${what} is negative in ${negative} slots; 0 is used there.`);
    return values.map((value) => Math.max(0, value));
  };
  const limit = raw["importLimitW"];
  if (!isNumber(limit) || limit < 0) {
    tell("not-a-number", "site", `The import limit is ${told(limit)}; without one nothing may be imported.`);
  }
  const importLimitW = isNumber(limit) ? Math.max(0, limit) : 0;
  const loadW = series(raw["loadW"], slots, "site", "The load forecast", tell);
  const pvW = magnitudes("pvW", "The PV forecast", 0);
  const overloaded = loadW.filter((load, t) => load - pvW[t]! > importLimitW).length;
  if (overloaded > 0) {
    tell(
      "load-above-import-limit",
      "site",
      `The load alone is above the import limit of ${importLimitW} W in ${overloaded} slots.`,
    );
  }
  const backup = raw["backup"];
  return {
    importLimitW,
    exportLimitW: magnitudes("exportLimitW", "The export limit", 0),
    loadW,
    pvW,
    pvCurtailable: raw["pvCurtailable"] === true,
    backup: isRecord(backup)
      ? { requiredWh: series(backup["requiredWh"], slots, "site", "The backup", tell, 0) }
      : null,
    ...groupsOf(raw["groups"], tell),
  };
}

/** A group's unknown limit counts as zero. */
function groupsOf(raw: unknown, tell: Tell): Pick<PlanningProblem["site"], "groups"> {
  const given = list(raw);
  if (given.length === 0) return {};
  if (given.length > groupsMax) tell("too-large", "site", `${given.length} groups: the first ${groupsMax} are kept.`);
  const groups: PlanningGroup[] = given.slice(0, groupsMax).map((entry) => {
    const { id, evseIds, maxChargeW, maxDischargeW } = record(entry);
    const name = typeof id === "string" ? id : "group";
    const limit = (value: unknown, what: string): number => {
      if (isNumber(value) && value >= 0) return value;
      tell("not-a-number", name, `Its limit on ${what} is ${told(value)}; 0 is used.`);
      return 0;
    };
    return {
      id: name,
      evseIds: list(evseIds).filter((one): one is string => typeof one === "string"),
      maxChargeW: limit(maxChargeW, "charging"),
      maxDischargeW: limit(maxDischargeW, "discharging"),
    };
  });
  return { groups };
}

function checkTariff(raw: Raw, slots: number, tell: Tell): PlanningTariff {
  const prices = (key: string, what: string): number[] => {
    const values = series(raw[key], slots, "tariff", what, tell);
    const wild = values.filter((price) => Math.abs(price) > priceMax).length;
    if (wild > 0)
      tell("price-implausible", "tariff", `${what} is beyond ${priceMax} per kWh in ${wild} slots; it is cut there.`);
    return values.map((price) => Math.min(priceMax, Math.max(-priceMax, price)));
  };
  const importPerKWh = prices("importPerKWh", "The import price");
  const exportPerKWh = prices("exportPerKWh", "The export price");
  const inverted = exportPerKWh.filter((price, t) => price > importPerKWh[t]!).length;
  if (inverted > 0) {
    tell(
      "export-above-import",
      "tariff",
      `Export pays more than import costs in ${inverted} slots; the PCC still flows one way at a time.`,
    );
  }
  return {
    importPerKWh,
    exportPerKWh,
    demand: list(raw["demand"]).flatMap((charge) => checkDemand(record(charge), slots, tell)),
  };
}

function checkDemand(raw: Raw, slots: number, tell: Tell): DemandCharge[] {
  const id = typeof raw["id"] === "string" ? raw["id"] : "demand charge";
  const { perKW, peakSoFarW, spreadDays } = raw;
  if (!isNumber(perKW) || perKW < 0) {
    tell("not-a-number", id, `Its price is ${told(perKW)}; the demand charge is left out.`);
    return [];
  }
  if (!isNumber(peakSoFarW)) tell("not-a-number", id, `The peak so far is ${told(peakSoFarW)}; 0 is used.`);
  const counted = list(raw["slots"]).filter(
    (slot): slot is number => isNumber(slot) && Number.isInteger(slot) && slot >= 0 && slot < slots,
  );
  return counted.length === 0
    ? []
    : [
        {
          id,
          perKW,
          slots: counted,
          peakSoFarW: isNumber(peakSoFarW) ? Math.max(0, peakSoFarW) : 0,
          ...(isNumber(spreadDays) && spreadDays > 1 && { spreadDays }),
        },
      ];
}

function checkEvent(raw: Raw, slots: number, tell: Tell): PlanningEvent[] {
  const id = typeof raw["id"] === "string" ? raw["id"] : "event";
  const { fromSlot, toSlot, committedW, payPerKWh, penaltyPerKWh } = raw;
  if (!isNumber(fromSlot) || !isNumber(toSlot) || !isNumber(committedW) || toSlot <= fromSlot) {
    tell("not-a-number", id, "Its slots or its commitment are unknown; the event is left out.");
    return [];
  }
  if (toSlot <= 0 || fromSlot >= slots) return [];
  const length = toSlot - fromSlot;
  const baselineW = series(raw["baselineW"], Math.min(length, slotsMax), id, "The baseline", tell);
  const money = (value: unknown): number => (isNumber(value) && Math.abs(value) <= priceMax ? value : 0);
  return [
    {
      id,
      fromSlot,
      toSlot: fromSlot + baselineW.length,
      baselineW,
      committedW,
      payPerKWh: money(payPerKWh),
      penaltyPerKWh: money(penaltyPerKWh),
    },
  ];
}

function checkStays(raw: readonly unknown[], slots: number, tell: Tell): PlanningStay[] {
  if (raw.length > staysMax) tell("too-large", "stays", `${raw.length} stays: only the first ${staysMax} are planned.`);
  const stays: PlanningStay[] = [];
  for (const entry of raw.slice(0, staysMax)) {
    const stay = checkStay(record(entry), slots, tell);
    if (!stay) continue;
    const other = stays.find(
      ({ evseId, arrivalSlot, departureSlot }) =>
        evseId === stay.evseId && arrivalSlot < stay.departureSlot && stay.arrivalSlot < departureSlot,
    );
    if (other)
      tell(
        "stays-overlap",
        nameOf(stay),
        `It overlaps the stay from slot ${other.arrivalSlot} at the same EVSE; that one is planned.`,
      );
    else stays.push(stay);
  }
  return stays;
}

const nameOf = ({ evseId, arrivalSlot }: Pick<PlanningStay, "evseId" | "arrivalSlot">): string =>
  `${evseId}@${arrivalSlot}`;

function checkStay(raw: Raw, slots: number, tell: Tell): PlanningStay | null {
  const { evseId, arrivalSlot, departureSlot, arrivalWh } = raw;
  if (typeof evseId !== "string" || !isNumber(arrivalSlot) || !isNumber(departureSlot)) {
    tell("not-a-number", told(evseId), "EVSE, arrival or departure is unknown; the stay is not planned.");
    return null;
  }
  const where = nameOf({ evseId, arrivalSlot });
  if (departureSlot <= 0) {
    tell("departure-past", where, "The departure has passed; the stay is not planned.");
    return null;
  }
  if (departureSlot <= arrivalSlot) {
    tell(
      "departure-before-arrival",
      where,
      `It departs in slot ${departureSlot}, before it arrives; the stay is not planned.`,
    );
    return null;
  }
  if (arrivalSlot >= slots) return null;
  if (!isNumber(arrivalWh) || arrivalWh < 0) {
    tell("energy-unknown", where, `The energy at arrival is ${told(arrivalWh)}; the stay is not planned.`);
    return null;
  }
  return checkRatings(raw, { evseId, arrivalSlot, departureSlot, arrivalWh }, where, tell);
}

function checkRatings(
  raw: Raw,
  known: Pick<PlanningStay, "evseId" | "arrivalSlot" | "departureSlot" | "arrivalWh">,
  where: string,
  tell: Tell,
): PlanningStay | null {
  const within = (key: string, lowest: number, highest: number, instead: number, what: string): number => {
    const value = raw[key];
    if (isNumber(value) && value >= lowest && value <= highest) return value;
    tell(isNumber(value) ? "out-of-range" : "not-a-number", where, `${what} is ${told(value)}; ${instead} is used.`);
    return instead;
  };
  const capacityWh = raw["capacityWh"];
  if (!isNumber(capacityWh) || capacityWh <= 0) {
    tell("energy-unknown", where, `The capacity is ${told(capacityWh)}; the stay is not planned.`);
    return null;
  }
  if (known.arrivalWh > capacityWh) {
    tell(
      "energy-impossible",
      where,
      `It arrives with ${Math.round(known.arrivalWh)} of ${capacityWh} Wh; the stay is not planned.`,
    );
    return null;
  }
  const maxWh = within("maxWh", 0, capacityWh, capacityWh, "The highest energy");
  const minWh = within("minWh", 0, maxWh, 0, "The lowest energy");
  const reserveWh = within(
    "reserveWh",
    0,
    maxWh,
    Math.min(maxWh, isNumber(raw["reserveWh"]) ? Math.max(0, raw["reserveWh"]) : minWh),
    "The reserve",
  );
  const maxChargeW = within("maxChargeW", 0, Infinity, 0, "The charging power");
  const maxDischargeW = within("maxDischargeW", 0, Infinity, 0, "The discharging power");
  let neededWh = within("neededWh", 0, Infinity, 0, "The energy needed");
  if (neededWh > maxWh) {
    tell(
      "need-above-maximum",
      where,
      `It needs ${Math.round(neededWh)} Wh of at most ${Math.round(maxWh)}; the most is planned.`,
    );
    neededWh = maxWh;
  }
  const priority = raw["priority"];
  if (priority !== 1 && priority !== 2 && priority !== 3)
    tell("out-of-range", where, `The priority is ${told(priority)}; 2 is used.`);
  return {
    ...known,
    capacityWh,
    minWh,
    reserveWh,
    maxWh,
    neededWh,
    priority: priority === 1 || priority === 3 ? priority : 2,
    maxChargeW,
    maxDischargeW,
    minChargeW: within("minChargeW", 0, maxChargeW, 0, "The lowest charging power"),
    minDischargeW: within("minDischargeW", 0, maxDischargeW || Infinity, 0, "The lowest discharging power"),
    chargeEfficiency: within("chargeEfficiency", 0.3, 1, efficiencyDefault, "The charging efficiency"),
    dischargeEfficiency: within("dischargeEfficiency", 0.3, 1, efficiencyDefault, "The discharging efficiency"),
    taperFromWh: within("taperFromWh", 0, capacityWh, capacityWh, "The start of the taper"),
    taperFullW: within("taperFullW", 0, Infinity, maxChargeW, "The power of a full battery"),
    wearPerKWh: within("wearPerKWh", 0, priceMax, 0, "The wear price"),
    ...(raw["backsUp"] === true && { backsUp: true }),
    ...ownPriceOf(record(raw["ownPrice"])),
  };
}

function ownPriceOf({ slot, perKWh }: Raw): Pick<PlanningStay, "ownPrice"> {
  return isNumber(slot) && isNumber(perKWh) ? { ownPrice: { slot, perKWh } } : {};
}
