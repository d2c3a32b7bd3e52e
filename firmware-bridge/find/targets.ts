/** From what a person names (a host, a port, a serial line) to the addresses that are searched. */
import type { TlsSettings } from "../../src/protocols/modbus/tls.ts";
import type { LinkSettings } from "../settings.ts";
import { type FindTarget, usualPorts, usualUnits } from "./find-devices.ts";
import type { LibraryMap } from "./library.ts";

/** How serial lines are usually set up, the most usual first. */
const usualLines = [
  { baudRate: 9_600, parity: "none", stopBits: 1 },
  { baudRate: 19_200, parity: "even", stopBits: 1 },
  { baudRate: 19_200, parity: "none", stopBits: 2 },
  { baudRate: 38_400, parity: "none", stopBits: 1 },
  { baudRate: 115_200, parity: "none", stopBits: 1 },
] as const;
/** Modbus/TCP Security. */
export const securedPort = 802;
/** Time that some devices need after a connection before they answer, ms. */
const connectDelayMs = 300;

/** What a person may say besides the place. */
export interface TargetChoices {
  readonly units?: readonly number[];
  readonly baudRate?: number;
  readonly parity?: "none" | "even" | "odd";
  readonly stopBits?: 1 | 2;
  /** Serial bytes passed through by a gateway: without it both are tried. */
  readonly framing?: "tcp" | "rtu";
  /** The connection is secured: Modbus TCP alone. */
  readonly tls?: TlsSettings;
}

/** The addresses of a place: `host`, `host:port`, `[v6]:port` or `/dev/…`; undefined for none of these. */
export function targetsOf(
  place: string,
  library: readonly LibraryMap[],
  choices: TargetChoices = {},
): FindTarget[] | undefined {
  const units = choices.units ?? usualUnits(library);
  if (place.startsWith("/")) {
    const { baudRate, parity = "none", stopBits = 1 } = choices;
    const lines = baudRate === undefined ? usualLines : [{ baudRate, parity, stopBits }];
    return lines.map((line): FindTarget => ({ link: { kind: "rtu", path: place, ...line }, units }));
  }
  const named = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(place);
  if (named === null || Number(named[3] ?? 1) < 1 || Number(named[3] ?? 1) > 65_535) return undefined;
  const host = (named[1] ?? named[2])!;
  const { tls } = choices;
  const usual = tls === undefined ? usualPorts(library) : [securedPort];
  const ports = named[3] === undefined ? usual : [Number(named[3])];
  if (tls !== undefined)
    return ports.map((port): FindTarget => ({ link: { kind: "tcp", host, port, connectDelayMs, tls }, units }));
  const kinds = choices.framing === undefined ? (["tcp", "rtu"] as const) : [choices.framing];
  return ports.flatMap((port) =>
    kinds.map((framing): FindTarget => {
      const kind: LinkSettings["kind"] = framing === "rtu" ? "rtu-over-tcp" : "tcp";
      return { link: { kind, host, port, connectDelayMs }, units };
    }),
  );
}
