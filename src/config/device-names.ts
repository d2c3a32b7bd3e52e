/** What is known of devices without their settings: names, bounds and lines. The control process loads no settings' forms. */
import type { ModbusPlace } from "./site/modbus.ts";

/** Most meters and modules that a site may list. */
export const devicesMax = 16;
/** What the meter of `pcc.meter` is called where a part names its device, and in every fault. */
export const pccMeterName = "PCC meter";
/** Most inputs and outputs of one module that a site may use. */
export const inputsMax = 16;
export const outputsMax = 8;

/** What makes two devices share one connection: the line, or host and port. */
export const lineOf = ({ host, port, serial }: ModbusPlace): string => serial ?? `${host}:${port}`;
