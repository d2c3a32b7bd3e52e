/**
 * Operating modes of a control that this client carries out: a row for each, with its element, how its value is read, and its
 * bit in what the device says it can do. A control that has none of them is answered as not applicable.
 * Source: bits and elements as in bsgip/envoy-schema; CSIP-AUS adds the limits at the connection point.
 */

export interface ModeRow {
  readonly element: string;
  /** `watts`: with a power of ten. `percent`: hundredths of a percent. `flag`: 1 true, 0 false. */
  readonly read: "watts" | "percent" | "flag";
  /** Whether a value below zero means something. */
  readonly signed: boolean;
  /** Its bit, and in which of the maps. */
  readonly bit: number;
  readonly map: "modes" | "doe" | "vpp";
}

export const modes = {
  expLimW: { element: "opModExpLimW", read: "watts", signed: false, bit: 0, map: "doe" },
  impLimW: { element: "opModImpLimW", read: "watts", signed: false, bit: 1, map: "doe" },
  genLimW: { element: "opModGenLimW", read: "watts", signed: false, bit: 2, map: "doe" },
  loadLimW: { element: "opModLoadLimW", read: "watts", signed: false, bit: 3, map: "doe" },
  maxLimPct: { element: "opModMaxLimW", read: "percent", signed: false, bit: 20, map: "modes" },
  connect: { element: "opModConnect", read: "flag", signed: false, bit: 2, map: "modes" },
  energize: { element: "opModEnergize", read: "flag", signed: false, bit: 3, map: "modes" },
  fixedPct: { element: "opModFixedW", read: "percent", signed: true, bit: 7, map: "modes" },
  targetW: { element: "opModTargetW", read: "watts", signed: true, bit: 22, map: "modes" },
  storageTargetW: { element: "opModStorageTargetW", read: "watts", signed: true, bit: 0, map: "vpp" },
} as const satisfies Record<string, ModeRow>;

export type ModeName = keyof typeof modes;
export const modeNames = Object.keys(modes) as ModeName[];

/** Values by mode: watts, percent, or 1 and 0. */
export type ModeValues = Readonly<Partial<Record<ModeName, number>>>;
