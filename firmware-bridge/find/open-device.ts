/** One unit at one address, opened for a person who tries something by hand. */
import { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import type { Clock, ModbusLink } from "../../src/protocols/modbus/link.ts";
import { whenOpen } from "../../src/protocols/modbus/link.ts";
import { RegisterAccess } from "../device/register-access.ts";
import { createTransport } from "../device/transport.ts";
import { type DevicePace, type LinkSettings, usualPace } from "../settings.ts";

const connectMaxMs = 2_500;
/** A small device takes a second or two for a handshake. */
const handshakeMaxMs = 6_000;

/** Time for a connection before its address counts as one where nobody listens, ms. */
export const connectWaitMs = (link: LinkSettings): number =>
  link.kind === "tcp" && link.tls !== undefined ? handshakeMaxMs : connectMaxMs;

/** An open device; `close` when done. */
export interface OpenDevice {
  readonly access: RegisterAccess;
  readonly link: ModbusLink;
  close(): void;
}

/** Connects; the error says why it could not. */
export async function openDevice(
  settings: LinkSettings,
  unit: number,
  pace: Partial<DevicePace> = {},
): Promise<OpenDevice | { readonly failure: string }> {
  const clock: Clock = () => performance.now();
  const link = createTransport(settings, new Deadlines(clock));
  const whole = { ...usualPace, maxInFlight: 1, ...pace };
  link.setPace(unit, whole);
  if (!(await whenOpen(link, clock() + connectWaitMs(settings), clock))) {
    link.shut();
    return { failure: `${link.name}: ${link.openFailure || "no connection"}` };
  }
  return { access: new RegisterAccess(link, unit, whole, clock), link, close: () => link.shut() };
}
