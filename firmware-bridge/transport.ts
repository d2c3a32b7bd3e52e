/** One link for each host and port or serial line, shared by the units behind it. */
import type { Deadlines } from "../src/protocols/modbus/deadlines.ts";
import type { ModbusLink } from "../src/protocols/modbus/link.ts";
import { RtuLink } from "../src/protocols/modbus/rtu-link.ts";
import { TcpLink } from "../src/protocols/modbus/tcp-link.ts";
import type { LinkSettings } from "./settings.ts";

export type TransportFactory = (settings: LinkSettings, deadlines: Deadlines) => ModbusLink;

export const createTransport: TransportFactory = (settings, deadlines) =>
  settings.kind === "tcp" ? new TcpLink(settings.host, settings.port, deadlines) : new RtuLink(settings, deadlines);

export const linkKey = (settings: LinkSettings): string =>
  settings.kind === "tcp" ? `tcp ${settings.host}:${settings.port}` : `rtu ${settings.path}`;
