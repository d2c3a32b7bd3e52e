/** One link for each host and port or serial line, shared by the units behind it. */
import { SerialLine, TcpLine } from "../../src/protocols/modbus/byte-line.ts";
import type { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import type { ModbusLink } from "../../src/protocols/modbus/link.ts";
import { RtuLink } from "../../src/protocols/modbus/rtu-link.ts";
import { TcpLink } from "../../src/protocols/modbus/tcp-link.ts";
import type { LinkSettings } from "../settings.ts";

/** Makes the link for a device's settings; tests replace it. */
export type TransportFactory = (settings: LinkSettings, deadlines: Deadlines) => ModbusLink;

/** Modbus TCP, RTU over TCP or a serial line, as the settings say. */
export const createTransport: TransportFactory = (settings, deadlines) => {
  const options = {
    connectDelayMs: settings.connectDelayMs ?? 0,
    ...(settings.kind === "tcp" && settings.tls !== undefined && { tls: settings.tls }),
  };
  switch (settings.kind) {
    case "tcp":
      return new TcpLink(settings.host, settings.port, deadlines, options);
    case "rtu-over-tcp":
      return new RtuLink(new TcpLine(settings.host, settings.port), deadlines, options);
    case "rtu":
      return new RtuLink(new SerialLine(settings), deadlines, options);
  }
};

/** What must be one connection: two sockets to one host and port are never opened, whatever is spoken over them. */
export const linkKey = (settings: LinkSettings): string =>
  settings.kind === "rtu" ? settings.path : `${settings.host}:${settings.port}`;
