/**
 * What the transfer device K1 is: kinds as data, the synchronism window that a closed transition must lie in, and how often
 * it may still be operated. The sequence itself is in the rows of the mode machine.
 *
 * A controller can't make a device safe that has no interlock of its own: each kind says which interlock it must bring, and
 * `firmware-bridge/CONTRACT.md` says why (the double faults that defeat software).
 */
import type { TransferDeviceFacts } from "../snapshot.ts";

/** How the site can part from the grid: not at all, with an interruption, or without one. */
export type TransferDeviceKindName = "none" | "open-transition" | "microgrid-interconnect";

/** What a kind of transfer device can do, and the sentence that says it to people. */
export interface TransferDeviceKind {
  readonly kind: TransferDeviceKindName;
  readonly sentence: string;
  /** Whether there is a device at all: without one the site can't be cut off and never forms. */
  readonly canIsolate: boolean;
  /** Listed for closed transition: a synchronism-check relay (25) in its own close coil, a handover timer of 100 ms. */
  readonly closedTransition: boolean;
  /** Worst travel time where the site's settings don't say, ms. */
  readonly travelMs: number;
  /** Listed number of operations; a warning comes at 90 %. */
  readonly operationsMax: number;
  /** What the hardware must refuse by itself, whatever is commanded. */
  readonly interlocks: readonly string[];
}

export const transferDeviceKinds: Readonly<Record<TransferDeviceKindName, TransferDeviceKind>> = {
  none: {
    kind: "none",
    sentence: "No transfer device. The site is a part of the grid and can't be cut off from it.",
    canIsolate: false,
    closedTransition: false,
    travelMs: 0,
    operationsMax: 0,
    interlocks: [],
  },
  "open-transition": {
    kind: "open-transition",
    sentence: "A transfer switch. It opens before it closes: loads are interrupted at each change.",
    canIsolate: true,
    closedTransition: false,
    travelMs: 100,
    operationsMax: 6_000,
    interlocks: ["dead-bus relay in the close coil", "mirror contact in the stages' gate enable"],
  },
  "microgrid-interconnect": {
    kind: "microgrid-interconnect",
    sentence:
      "A microgrid interconnect device. It is listed to close in synchronism, so that loads are not interrupted.",
    canIsolate: true,
    closedTransition: true,
    travelMs: 50,
    operationsMax: 10_000,
    interlocks: [
      "dead-bus or synchronism relay (25, 27) in the close coil",
      "mirror contact in the stages' gate enable",
      "handover timer of 100 ms that opens it while a stage still forms",
    ],
  },
};

/** Longest time that two sources may share the bus at a closed transition, ms (requirement R24). */
export const parallelHandoverMaxMs = 100;

/** Window in which the two sides may be joined. */
export interface SyncWindow {
  readonly voltagePu: number;
  readonly frequencyHz: number;
  readonly angleDeg: number;
}

/**
 * Synchronism windows by the sum of the stages' ratings (IEEE 1547-2018 4.10: up to 500 kVA, up to 1500 kVA, above).
 * Rows are ordered; the first that is large enough applies.
 */
const syncWindows: readonly (SyncWindow & { readonly upToVA: number })[] = [
  { upToVA: 500_000, frequencyHz: 0.3, voltagePu: 0.1, angleDeg: 20 },
  { upToVA: 1_500_000, frequencyHz: 0.2, voltagePu: 0.05, angleDeg: 15 },
  { upToVA: Number.POSITIVE_INFINITY, frequencyHz: 0.1, voltagePu: 0.03, angleDeg: 10 },
];

/** The window for a site whose stages together are rated `ratedVA`. */
export function syncWindowFor(ratedVA: number): SyncWindow {
  for (let i = 0; i < syncWindows.length; i++) if (ratedVA <= syncWindows[i]!.upToVA) return syncWindows[i]!;
  return syncWindows[syncWindows.length - 1]!;
}

/**
 * A close is commanded within this share of the window, per unit. The rest is for what changes while the contact travels and
 * for instruments that err; a contact travel under way is only given up when the window itself is left.
 */
const syncAimPu = 0.5;

/** The part of a window in which a close may be commanded. */
export const syncAim = ({ voltagePu, frequencyHz, angleDeg }: SyncWindow): SyncWindow => ({
  voltagePu: voltagePu * syncAimPu,
  frequencyHz: frequencyHz * syncAimPu,
  angleDeg: angleDeg * syncAimPu,
});

/** An angle moved into (-180, 180], degrees. */
export const wrapDeg = (deg: number): number => deg - 360 * Math.ceil((deg - 180) / 360);

/** The angle of the bus ahead of the grid when a contact commanded now touches, degrees; NaN while a side is dead. */
export const angleAtTouchDeg = (device: TransferDeviceFacts, travelMs: number): number =>
  wrapDeg(device.phaseDeg + 360 * (device.busFrequencyHz - device.gridFrequencyHz) * (travelMs / 1000));

/**
 * Whether the two sides are, and at the moment of touch `travelMs` from now still will be, inside the window. The device's
 * own relay is asked apart from this: both must agree before a closed transition.
 */
export function inSyncWindow(device: TransferDeviceFacts, window: SyncWindow, travelMs: number): boolean {
  return (
    Math.abs(device.busVoltagePu - device.gridVoltagePu) <= window.voltagePu &&
    Math.abs(device.busFrequencyHz - device.gridFrequencyHz) <= window.frequencyHz &&
    Math.abs(device.phaseDeg) <= window.angleDeg &&
    Math.abs(angleAtTouchDeg(device, travelMs)) <= window.angleDeg
  );
}

/** How worn the device is: the share of its listed operations already used, per unit; 0 where it has none. */
export const wearPu = (kind: TransferDeviceKind, operations: number): number =>
  kind.operationsMax === 0 ? 0 : operations / kind.operationsMax;
