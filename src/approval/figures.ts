/** Powers, currents and times as a package prints them. */
import type { SiteConfig } from "../config/site.ts";
import { secondMs } from "../domain/units.ts";

type Service = Pick<SiteConfig["site"], "nominalVoltageV" | "phases">;

const phaseFactor = ({ phases }: Service): number => (phases === "three" ? Math.sqrt(3) : 1);

/** Power that a line current carries at nominal voltage and unity power factor, W. */
export const powerOfA = (service: Service, currentA: number): number =>
  phaseFactor(service) * service.nominalVoltageV * currentA;

/** Line current of a power, likewise, A. */
export const currentOfW = (service: Service, powerW: number): number =>
  powerW / (phaseFactor(service) * service.nominalVoltageV);

/** Voltage between a phase and the neutral, V. */
export const phaseVoltageV = ({ phases, nominalVoltageV }: Service): number =>
  phases === "three" ? nominalVoltageV / Math.sqrt(3) : phases === "split" ? nominalVoltageV / 2 : nominalVoltageV;

export const rounded = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
export const kW = (powerW: number): string => `${rounded(powerW / 1_000, 2)} kW`;
export const kVA = (powerVA: number): string => `${rounded(powerVA / 1_000, 2)} kVA`;
export const amps = (currentA: number): string => `${rounded(currentA, 1)} A`;
export const seconds = (ms: number): string => `${rounded(ms / secondMs, 2)} s`;
/** `750 kW (902.1 A)`. */
export const kWAndA = (service: Service, powerW: number): string =>
  `${kW(powerW)} (${amps(currentOfW(service, powerW))})`;

/** A currents' rounding is no contradiction. */
const slackShare = 1e-3;
export const isAbove = (value: number, bound: number): boolean => value > bound * (1 + slackShare);

/** A moment as paper has it: `2026-11-30 14:05 UTC`. */
export const moment = (iso: string): string =>
  iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/, "$1 $2 UTC");
