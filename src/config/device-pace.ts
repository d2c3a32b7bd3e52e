/**
 * From which age on a reading is old, for each device: never sooner than its line can fetch the next one or two. A read that
 * is missed now and then is no loss of what it measures; three in a row are.
 */
import { lineOf } from "./device-names.ts";
import { pccMeteringOf } from "./pcc-metering.ts";
import type { ModbusPlace } from "./site/modbus.ts";
import type { SiteConfig } from "./site.ts";
import { wholeTransferDevice } from "./transfer-parts.ts";

/** Rounds of a line without a good read before a reading is old. */
const rounds = 3;
/** A serial exchange as it usually is: request, reply of some thirty registers, and the device's own time, ms. */
const serialBytes = 8 + 65;
const serialAnswerMs = 50;
/** Own time of a device in the network, ms. */
const networkAnswerMs = 10;

/** Every device of the site that is spoken to. */
function placesOf(config: SiteConfig): ModbusPlace[] {
  const { pcc, devices, evses, loadPanel, pv } = config;
  const places: ModbusPlace[] = [...devices, ...evses.map(({ stage }) => stage)];
  if (pccMeteringOf(config) === "meter") places.push(pcc.meter);
  const transferDevice = wholeTransferDevice(config);
  if (transferDevice !== undefined) places.push(transferDevice);
  if (loadPanel) places.push(loadPanel);
  places.push(...pv);
  return places;
}

/** Time for one exchange with a device, ms. */
function exchangeMs({ serial, baudRate = 9_600, parity = "none", stopBits = 1, pauseMs }: ModbusPlace): number {
  if (serial === undefined) return networkAnswerMs + pauseMs;
  const bits = 9 + (parity === "none" ? 0 : 1) + stopBits;
  return (1_000 * bits * serialBytes) / baudRate + serialAnswerMs + pauseMs;
}

/** How old a reading of `device` becomes on its line before it counts as old, ms, where nothing is configured. */
export function lineAgeMs(config: SiteConfig, device: ModbusPlace): number {
  const line = lineOf(device);
  const sharing = placesOf(config).filter((place) => lineOf(place) === line);
  // A serial line and a gateway serve one exchange at a time; each device is read and, in turn, written.
  const exchanges = sharing.length > 1 || device.serial !== undefined ? 2 : 1;
  return rounds * exchanges * sharing.reduce((sum, place) => sum + exchangeMs(place), 0);
}

/** Age from which a reading of `device` is old, ms: as configured, else from its line, at least `floorMs`. */
export const freshMs = (config: SiteConfig, device: ModbusPlace, floorMs: number): number =>
  device.freshMs > 0 ? device.freshMs : Math.max(floorMs, lineAgeMs(config, device));
