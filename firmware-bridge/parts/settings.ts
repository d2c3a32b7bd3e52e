/** A transfer device made of parts, as the bridge is told of it: devices, inputs and outputs by their places. */

/** Contacts beside K1 and at the grid connection: places of devices, inputs and outputs as below. `freshMs`: age from which a contact is not known. */
export interface BusContactSettings {
  /** `rests`: input that is on while the generator stands still. */
  readonly generator?: { readonly device: number; readonly rests: number; readonly freshMs: number };
  /** The grid operator's: `activeWhen` it reads so, less is asked for. */
  readonly reduction?: {
    readonly device: number;
    readonly input: number;
    readonly activeWhen: 0 | 1;
    readonly freshMs: number;
  };
  readonly bond?: {
    readonly device: number;
    readonly output: number;
    readonly bonded: number;
    readonly unbonded: number;
    readonly freshMs: number;
  };
}

/** One meter of a sum: its place among the named devices, and how it counts. */
export interface SummedMeter {
  readonly device: number;
  readonly sign: 1 | -1;
}

/** How outputs move K1. */
export interface DriveSettings {
  readonly drive: "coil" | "pulse" | "hold-to-run";
  /** Length of a pulse, longest time of a hold-to-run output, ms. */
  readonly onMs: number;
}

/** Where the voltage of one side comes from. `freshMs`: age from which it is unknown. */
export type SideSettings =
  | { readonly kind: "meter"; readonly device: number; readonly freshMs: number }
  /** The meter at the grid connection. */
  | { readonly kind: "pcc-meter"; readonly freshMs: number }
  /** Contacts of a voltage relay: their places on the module. */
  | {
      readonly kind: "relay";
      readonly device: number;
      readonly live: number;
      readonly dead: number;
      readonly freshMs: number;
    };

/** Devices by their place in the list of named devices, inputs and outputs by their place on the module, from 0. */
export interface TransferPartsSettings {
  readonly contacts: { readonly device: number; readonly no: number; readonly nc: number; readonly freshMs: number };
  readonly command: DriveSettings & { readonly device: number; readonly close: number; readonly open?: number };
  readonly grid: SideSettings;
  readonly bus: SideSettings;
}
