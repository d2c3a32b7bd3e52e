/** What the bridge must be told about a site: plain values, made by whoever reads the configuration. */

import type { SerialSettings } from "../src/protocols/modbus/byte-line.ts";
import type { TlsSettings } from "../src/protocols/modbus/tls.ts";
import type { DeviceMap } from "./maps/device-map.ts";
import type { Identity } from "./maps/sunspec-binding.ts";
import type { BusContactSettings, SummedMeter, TransferPartsSettings } from "./parts/settings.ts";

/** How a device is reached: over the network or a serial line. */
export type LinkSettings =
  /** `rtu-over-tcp`: a gateway that passes serial bytes through. */
  | {
      readonly kind: "tcp" | "rtu-over-tcp";
      readonly host: string;
      readonly port: number;
      readonly connectDelayMs?: number;
      /** Of `tcp`: Modbus/TCP Security. */
      readonly tls?: TlsSettings;
    }
  | ({ readonly kind: "rtu"; readonly connectDelayMs?: number } & SerialSettings);

/** How a device wants to be spoken to. */
export interface DevicePace {
  /** Longest time for a reply, ms. While a device answers fast, it is given up sooner. */
  readonly replyTimeoutMs: number;
  /** Shortest time between the end of a request and the next one, ms. */
  readonly pauseMs: number;
  readonly maxInFlight: number;
  /** Most registers in one read. */
  readonly maxRegisters: number;
  /** Registers that nobody asked for may be read along between two facts. */
  readonly mergeGaps: boolean;
  /** The reply may name any unit. */
  readonly anyUnitInReply: boolean;
  /** Exceptions besides 5 and 6 that mean "later" and not "no". */
  readonly busyExceptions?: readonly number[];
}

export const usualPace: DevicePace = {
  replyTimeoutMs: 1_000,
  pauseMs: 0,
  maxInFlight: 2,
  maxRegisters: 125,
  mergeGaps: true,
  anyUnitInReply: false,
};

/** A device: its name, its link and unit, its map, its pace. */
export interface DeviceSettings {
  /** For reports: `Bay 4`, `PCC meter`. */
  readonly name: string;
  readonly link: LinkSettings;
  readonly unit: number;
  /** Of a device that does not speak SunSpec; without it the device is discovered. */
  readonly map?: DeviceMap;
  /** What was commissioned; only the fields that are given are compared. */
  readonly expected?: Partial<Identity>;
  readonly pace?: Partial<DevicePace>;
  /** Of a load panel or PV: age from which its values are unknown, ms. Without it a second, or some of its own replies. */
  readonly freshMs?: number;
  /** Of a meter: K1's position rests on its voltage, so that a voltage which stands still is no sign of life. */
  readonly asVoltmeter?: boolean;
}

/** A power stage with its ratings, W, and the time after which it falls back by itself, s. */
export interface StageSettings extends DeviceSettings {
  /** Time after which the stage reverts to zero when setpoints stop, whole seconds. */
  readonly reversionS: number;
  /** Used where the stage does not tell its present ability. Magnitudes. */
  readonly ratedChargeW: number;
  readonly ratedDischargeW: number;
  /**
   * With a map: the stage is only charged, so that a setpoint which outlives the controller takes power and gives none. Such a
   * stage may do without a watchdog. Default false.
   */
  readonly onlyCharges?: boolean;
  /** Standard SunSpec stages only: write 704.VarSet. Default false: the stage's own functions decide. */
  readonly reactiveByController?: boolean;
  /** The stage has no grid-support functions: nothing is written to or compared with models 703–712. */
  readonly functionsByController?: boolean;
}

/** The meter at the PCC, and whether it counts import as positive. */
export interface MeterSettings extends DeviceSettings {
  readonly importPositive: boolean;
  /** Time between two samples as configured, ms. */
  readonly updateMs?: number;
}

/** A meter or I/O module that is no place of its own in the process image: parts of the site are made of it. */
export interface NamedDeviceSettings extends DeviceSettings {
  readonly kind: "meter" | "io";
}

/** A PV inverter. */
export interface PvSettings extends DeviceSettings {
  /** Where the device does not tell its rating, W. */
  readonly ratedW?: number;
  /** Nothing is written to it. */
  readonly watchedOnly?: boolean;
}

/** All devices of a site. */
export interface BridgeSettings {
  /** Line to line; for a single-phase service the voltage between its two wires. */
  readonly nominalVoltageV: number;
  readonly phases: "single" | "split" | "three";
  readonly stages: readonly StageSettings[];
  readonly meter?: MeterSettings;
  /** Instead of one meter: named devices whose sum is the exchange with the grid, import positive. */
  readonly meterSum?: readonly SummedMeter[];
  readonly transferDevice?: DeviceSettings;
  /** Further meters and I/O modules. */
  readonly devices?: readonly NamedDeviceSettings[];
  /** A transfer device made of parts; `transferDevice` is left out then. */
  readonly transferParts?: TransferPartsSettings;
  /** Contacts of a generator and of the bond between neutral and ground. */
  readonly busContacts?: BusContactSettings;
  /** May be the same unit as the transfer device. */
  readonly loadPanel?: DeviceSettings;
  readonly pv?: readonly PvSettings[];
  /** A command that does not change is written again after this time. */
  readonly refreshMs?: number;
  /** Smaller changes of power wait for the refresh, except cuts. */
  readonly deadBandW?: number;
}

export const defaultRefreshMs = 250;
export const defaultDeadBandW = 20;
