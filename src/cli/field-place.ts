/** What commands that go to real devices have in common: how a person names a place, and the maps that are there. */
import { isAbsolute, join, relative } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { FindTarget } from "../../firmware-bridge/find/find-devices.ts";
import { type LibraryMap, readLibrary } from "../../firmware-bridge/find/library.ts";
import { type TargetChoices, targetsOf } from "../../firmware-bridge/find/targets.ts";
import { AskedWrongly } from "./asked.ts";

/** The maps that come with the project. */
const ownMaps = join(import.meta.dirname, "../../config/maps");
const unitsMax = 247;

/** A connection that is secured: Modbus/TCP Security. */
export interface TlsOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsFingerprint?: string;
  readonly tlsName?: string;
}

/** How a serial line, a gateway or a secured connection is set up. */
export interface LineOptions extends TlsOptions {
  readonly baud?: number;
  readonly parity?: "none" | "even" | "odd";
  readonly stopBits?: number;
  readonly framing?: "tcp" | "rtu";
}

/** Adds the options of a secured connection to a command. */
export function withTlsOptions(command: Command): Command {
  return command
    .option("--tls-cert <file>", "secured (Modbus/TCP Security, port 802 unless said): our certificate, PEM")
    .option("--tls-key <file>", "with --tls-cert: its private key, PEM")
    .option("--tls-ca <file>", "with --tls-cert: issuer of the device's certificate, PEM")
    .option("--tls-fingerprint <sha256>", "in place of --tls-ca: the device's own certificate")
    .option("--tls-name <name>", "name in the device's certificate where it is not the host");
}

/** The settings of a secured connection; undefined for a plain one. Throws `AskedWrongly` for half of them. */
export function tlsOf({ tlsCert, tlsKey, tlsCa, tlsFingerprint, tlsName }: TlsOptions): TargetChoices["tls"] {
  if ([tlsCert, tlsKey, tlsCa, tlsFingerprint, tlsName].every((one) => one === undefined)) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new AskedWrongly("a secured connection needs --tls-cert and --tls-key");
  if ((tlsCa === undefined) === (tlsFingerprint === undefined))
    throw new AskedWrongly("a secured connection needs --tls-ca or --tls-fingerprint, and not both");
  if (tlsFingerprint !== undefined && !/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(tlsFingerprint))
    throw new AskedWrongly("--tls-fingerprint is a SHA-256 in hexadecimal, 64 digits");
  return {
    certificateFile: tlsCert,
    keyFile: tlsKey,
    ...(tlsCa !== undefined && { caFile: tlsCa }),
    ...(tlsFingerprint !== undefined && { fingerprint: tlsFingerprint }),
    ...(tlsName !== undefined && { serverName: tlsName }),
  };
}

/** Adds the options of lines, gateways and secured connections to a command. */
export function withLineOptions(command: Command): Command {
  return withTlsOptions(command)
    .option("--baud <speed>", "speed of the serial line; otherwise the usual ones are tried", wholeNumber)
    .addOption(new Option("--parity <parity>", "with --baud").choices(["none", "even", "odd"]))
    .option("--stop-bits <n>", "with --baud", wholeNumber)
    .addOption(new Option("--framing <framing>", "rtu: the host passes serial bytes through").choices(["tcp", "rtu"]));
}

/** The addresses that a place stands for. Throws `AskedWrongly` for what is no place. */
export function targetsAt(
  place: string,
  library: readonly LibraryMap[],
  options: LineOptions,
  units?: readonly number[],
): FindTarget[] {
  const { baud: baudRate, parity, stopBits, framing } = options;
  const tls = tlsOf(options);
  if (tls !== undefined && (framing === "rtu" || place.startsWith("/")))
    throw new AskedWrongly("a secured connection goes with a host and Modbus TCP alone");
  const found = targetsOf(place, library, {
    ...(units && { units }),
    ...(baudRate !== undefined && { baudRate, stopBits: stopBits === 2 ? 2 : 1 }),
    ...(parity && { parity }),
    ...(framing && { framing }),
    ...(tls && { tls }),
  });
  if (found === undefined) throw new AskedWrongly(`${place} is no HOST, HOST:PORT or serial line such as /dev/ttyUSB0`);
  return found;
}

/** The project's maps and an installer's own; the latter first. Files with mistakes are told and left out. */
export function libraryOf(folder: string | undefined): LibraryMap[] {
  const own = folder === undefined ? undefined : readLibrary(folder);
  for (const { file, line, setting, sentence } of own?.mistakes ?? [])
    process.stderr.write(`${file}:${line} ${setting} ${sentence}: this map is left out\n`);
  return [...(own?.maps ?? []), ...readLibrary(ownMaps).maps].map(({ file, map }) => ({ file: shortPath(file), map }));
}

function shortPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") || isAbsolute(short) ? file : short;
}

/** `1-10,126` → each unit. */
export function unitList(text: string): readonly number[] {
  const units = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim());
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || last > unitsMax || first > last)
      throw new InvalidArgumentError("It is a list of units from 0 to 247, such as 1-10,126.");
    for (let unit = first; unit <= last; unit += 1) units.add(unit);
  }
  return [...units];
}

/** A whole number of up to six digits. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
