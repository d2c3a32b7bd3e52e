/** What the bridge must be told about a site: plain values, made by whoever reads the configuration. */
import type { DeviceMap } from "./device-map.ts";
import type { Identity } from "./sunspec-binding.ts";

export type LinkSettings =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | {
      readonly kind: "rtu";
      readonly path: string;
      readonly baudRate: number;
      readonly parity: "none" | "even" | "odd";
      readonly stopBits: 1 | 2;
    };

export interface DeviceSettings {
  /** For reports: `Bay 4`, `PCC meter`. */
  readonly name: string;
  readonly link: LinkSettings;
  readonly unit: number;
  /** Of a device that does not speak SunSpec; without it the device is discovered. */
  readonly map?: DeviceMap;
  /** What was commissioned; only the fields that are given are compared. */
  readonly expected?: Partial<Identity>;
  /** For a device that cannot answer within one cycle: its own time, ms. The cycle does not wait for it. */
  readonly replyTimeoutMs?: number;
}

export interface StageSettings extends DeviceSettings {
  /** Time after which the stage reverts to zero when set-points stop, whole seconds. */
  readonly reversionS: number;
  /** Used where the stage does not tell its present ability. Magnitudes. */
  readonly ratedChargeW: number;
  readonly ratedDischargeW: number;
  /** Standard SunSpec stages only: write 704.VarSet. Default false: the stage's own functions decide. */
  readonly reactiveByController?: boolean;
  /** The stage has no grid-support functions: nothing is written to or compared with models 703–712. */
  readonly functionsByController?: boolean;
}

export interface MeterSettings extends DeviceSettings {
  readonly importPositive: boolean;
}

export interface BridgeSettings {
  /** Line to line; for a single-phase service the voltage between its two wires. */
  readonly nominalVoltageV: number;
  readonly phases: "single" | "split" | "three";
  readonly stages: readonly StageSettings[];
  readonly meter?: MeterSettings;
  readonly transferDevice?: DeviceSettings;
  /** May be the same unit as the transfer device. */
  readonly loadPanel?: DeviceSettings;
  readonly pv?: DeviceSettings;
  /** A command that does not change is written again after this time. */
  readonly refreshMs?: number;
  /** Smaller changes of power wait for the refresh, except cuts. */
  readonly deadBandW?: number;
}

export const defaultRefreshMs = 250;
export const defaultDeadBandW = 20;
