/**
 * Vehicles as things of their own: what a person has entered of them, what was learned of them, and when they leave. A
 * vehicle is not a bay: names, needs and timetables are the vehicle's, power is the charger's.
 *
 * Energy: Wh in the battery. Power: W on the AC side, magnitudes. Shares: percent.
 */

/** What tells who is plugged in. `mac` and `evccId` name the vehicle's communication controller; the others are cards. */
export const identifierKinds = ["evccId", "mac", "emaId", "idToken", "rfid"] as const;
export type IdentifierKind = (typeof identifierKinds)[number];

export interface Identifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** 1 is served before 2, and 2 before 3, where not all can be. */
export const priorities = [1, 2, 3] as const;
export type Priority = (typeof priorities)[number];

/** What a departure needs: a route's energy, or a state of charge, or energy in the battery. Nothing: full. */
export interface DepartureNeed {
  /** Id of a route. */
  readonly route?: string | undefined;
  readonly needPct?: number | undefined;
  readonly needWh?: number | undefined;
  readonly priority?: Priority | undefined;
}

/** Leaves at this local time on these days; back at `backAt`, on the next day where that is not later. */
export interface WeeklyDeparture extends DepartureNeed {
  readonly days: readonly Weekday[];
  readonly leavesAt: string;
  readonly backAt?: string | undefined;
}

/** One date on which the weekly pattern does not hold. Without `leavesAt` the vehicle stays. */
export interface ExceptionDay extends DepartureNeed {
  readonly date: string;
  readonly leavesAt?: string | null | undefined;
  readonly backAt?: string | undefined;
  readonly reason?: string | undefined;
}

/** What a person enters of a vehicle; what is left out is learned, or the charger's. */
export interface VehicleEntry {
  readonly id: string;
  readonly name: string;
  readonly evccIds: readonly string[];
  readonly macs: readonly string[];
  readonly emaIds: readonly string[];
  readonly idTokens: readonly string[];
  readonly rfids: readonly string[];
  readonly capacityWh?: number | undefined;
  readonly chargeEfficiencyPct?: number | undefined;
  readonly dischargeEfficiencyPct?: number | undefined;
  readonly minChargeW?: number | undefined;
  readonly maxChargeW?: number | undefined;
  readonly maxDischargeW?: number | undefined;
  readonly bidirectional?: boolean | undefined;
  /** From here on the battery takes less, percent; and what it still takes when full, W. */
  readonly taperFromPct?: number | undefined;
  readonly taperFullW?: number | undefined;
  /** What a kWh given back costs in wear, in the tariff's currency. */
  readonly wearPerKWh?: number | undefined;
  readonly minPct?: number | undefined;
  readonly maxPct?: number | undefined;
  /** Kept in the battery; raises the charger's. */
  readonly reservePct?: number | undefined;
  readonly weekly: readonly WeeklyDeparture[];
  readonly exceptions: readonly ExceptionDay[];
}

export interface Route {
  readonly id: string;
  readonly name: string;
  /** Energy from leaving to being back, Wh in the battery. */
  readonly energyWh: number;
}

/** Where something learned comes from, for people. */
export const learnedFrom = ["iso15118", "ocpp", "stage", "history"] as const;
export type LearnedFrom = (typeof learnedFrom)[number];

/** What may be learned of a vehicle. */
export const learnedNames = [
  "capacityWh",
  "minChargeW",
  "maxChargeW",
  "maxDischargeW",
  "bidirectional",
  /** Energy that it takes from the battery between leaving and being back, as a rule. */
  "usedWh",
  /** When it is back, minutes of the local day, as a rule. */
  "backAtMinutes",
] as const;
export type LearnedName = (typeof learnedNames)[number];

/** One learned value; flags are 0 and 1. */
export interface Learned {
  readonly value: number;
  readonly from: LearnedFrom;
  readonly atMs: number;
}
export type LearnedFacts = Readonly<Partial<Record<LearnedName, Learned>>>;

/** A value in use: as entered where it was, else as learned, else unknown (NaN). */
export function factOf(
  entry: VehicleEntry,
  learned: LearnedFacts,
  name: Exclude<LearnedName, "usedWh" | "backAtMinutes">,
): number {
  const entered = entry[name];
  if (entered !== undefined) return Number(entered);
  return learned[name]?.value ?? Number.NaN;
}

/** All identifiers of a vehicle. */
export const identifiersOf = (entry: VehicleEntry): readonly Identifier[] => [
  ...entry.evccIds.map((value) => ({ kind: "evccId", value }) as const),
  ...entry.macs.map((value) => ({ kind: "mac", value }) as const),
  ...entry.emaIds.map((value) => ({ kind: "emaId", value }) as const),
  ...entry.idTokens.map((value) => ({ kind: "idToken", value }) as const),
  ...entry.rfids.map((value) => ({ kind: "rfid", value }) as const),
];

/**
 * What identifiers are compared by: without the case and separators in which readers, backends and vehicles differ. A
 * communication controller's id is its MAC in DIN 70121 and ISO 15118-2, and a card's number may be told as RFID or as token.
 */
export function identifierKey({ kind, value }: Identifier): string {
  const plain = value.toUpperCase().replace(/[\s:._-]/g, "");
  return kind === "evccId" || kind === "mac" ? `ev ${plain}` : `card ${plain}`;
}

/** Identifiers that more than one vehicle has. */
export function sharedIdentifiers(
  entries: readonly VehicleEntry[],
): readonly { readonly identifier: Identifier; readonly ids: readonly string[] }[] {
  const owners = new Map<string, { identifier: Identifier; ids: string[] }>();
  for (const entry of entries) {
    for (const identifier of identifiersOf(entry)) {
      const key = identifierKey(identifier);
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, { identifier, ids: [entry.id] });
      else if (!owner.ids.includes(entry.id)) owner.ids.push(entry.id);
    }
  }
  return [...owners.values()].filter(({ ids }) => ids.length > 1);
}

/** Energy in the battery that a departure needs, Wh; NaN while the capacity that it depends on is not known. */
export function neededWh(
  need: DepartureNeed,
  { minPct = 0, maxPct = 100 }: Pick<VehicleEntry, "minPct" | "maxPct">,
  capacityWh: number,
  routes: ReadonlyMap<string, Route>,
): number {
  if (need.needWh !== undefined) return need.needWh;
  if (need.needPct !== undefined) return (need.needPct / 100) * capacityWh;
  const route = need.route === undefined ? undefined : routes.get(need.route);
  if (route !== undefined) return route.energyWh + (minPct / 100) * (capacityWh >= 0 ? capacityWh : Number.NaN);
  return (maxPct / 100) * capacityWh;
}

/** Why a need can't be: a sentence's end, for example `needs 420.0 kWh, and the battery holds 350.0 kWh`; "" when it can. */
export function impossibleNeed(
  need: DepartureNeed,
  entry: Pick<VehicleEntry, "minPct" | "maxPct">,
  capacityWh: number,
  routes: ReadonlyMap<string, Route>,
): string {
  if (need.route !== undefined && !routes.has(need.route)) return `names the route ${need.route}, which is not known`;
  const named = [need.route, need.needPct, need.needWh].filter((one) => one !== undefined).length;
  if (named > 1) return "names more than one of route, needPct and needWh";
  const neededOf = neededWh(need, entry, capacityWh, routes);
  const mostWh = ((entry.maxPct ?? 100) / 100) * capacityWh;
  if (!(neededOf > mostWh)) return "";
  const kWh = (wh: number): string => `${(wh / 1000).toFixed(1)} kWh`;
  return `needs ${kWh(neededOf)}, and the battery takes ${kWh(mostWh)}`;
}
