/** `islet probe`: what answers at a host or on a serial line, found by reading alone. */
import { isAbsolute, join, relative } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type FindProgress, type FindReport, findDevices } from "../../firmware-bridge/find/find-devices.ts";
import { foundText } from "../../firmware-bridge/find/found.ts";
import { type LibraryMap, readLibrary } from "../../firmware-bridge/find/library.ts";
import { targetsOf } from "../../firmware-bridge/find/targets.ts";
import { AskedWrongly } from "./asked.ts";

/** The maps that come with the project. */
const ownMaps = join(import.meta.dirname, "../../config/maps");
/** Progress is told this often, ms. */
const progressMs = 2_000;
const unitsMax = 247;

interface ProbeOptions {
  readonly units?: readonly number[];
  readonly baud?: number;
  readonly parity?: "none" | "even" | "odd";
  readonly stopBits?: number;
  readonly framing?: "tcp" | "rtu";
  readonly maps?: string;
  readonly json?: boolean;
}

export function probeCommand(program: Command): void {
  program
    .command("probe")
    .description("find out what answers at a host or on a serial line, by reading alone")
    .argument("<place...>", "HOST, HOST:PORT or a serial line such as /dev/ttyUSB0")
    .option("--units <list>", "Modbus units to ask, such as 1-10,126; otherwise the usual ones", unitList)
    .option("--baud <speed>", "speed of the serial line; otherwise the usual ones are tried", wholeNumber)
    .addOption(new Option("--parity <parity>", "with --baud").choices(["none", "even", "odd"]))
    .option("--stop-bits <n>", "with --baud", wholeNumber)
    .addOption(new Option("--framing <framing>", "rtu: the host passes serial bytes through").choices(["tcp", "rtu"]))
    .option("--maps <folder>", "an installer's own maps, besides those that come with the project")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nOnly reads. A device that no map recognises is called unknown, with what it looks like and what it said.\nThe exit code is 0 when every device that answered was recognised, 1 when one was not or none answered.\n",
    )
    .action(async (places: string[], options: ProbeOptions) => {
      const report = await probe(places, options);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : inLines(report));
      const sure = report.devices.length > 0 && report.devices.every(({ verdict }) => verdict === "recognised");
      if (!sure) process.exitCode = 1;
    });
}

async function probe(places: readonly string[], options: ProbeOptions): Promise<FindReport> {
  const library = libraryOf(options.maps);
  const { units, baud: baudRate, parity, framing } = options;
  const stopBits = options.stopBits === 2 ? 2 : 1;
  const choices = {
    ...(units && { units }),
    ...(baudRate !== undefined && ({ baudRate, stopBits } as const)),
    ...(parity && { parity }),
    ...(framing && { framing }),
  };
  const targets = places.flatMap((place) => {
    const found = targetsOf(place, library, choices);
    if (found === undefined)
      throw new AskedWrongly(`${place} is no HOST, HOST:PORT or serial line such as /dev/ttyUSB0`);
    return found;
  });
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once("SIGINT", interrupted);
  try {
    return await findDevices(targets, { library, onProgress: telling(), signal: stop.signal });
  } finally {
    process.off("SIGINT", interrupted);
  }
}

/** The project's maps and an installer's own; the latter first. */
function libraryOf(folder: string | undefined): LibraryMap[] {
  const own = folder === undefined ? undefined : readLibrary(folder);
  for (const { file, line, setting, sentence } of own?.mistakes ?? [])
    process.stderr.write(`${file}:${line} ${setting} ${sentence}: this map is left out\n`);
  return [...(own?.maps ?? []), ...readLibrary(ownMaps).maps].map(({ file, map }) => ({ file: shortPath(file), map }));
}

function shortPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") || isAbsolute(short) ? file : short;
}

/** Tells on standard error where the search is, now and then. */
function telling(): (progress: FindProgress) => void {
  let toldMs = performance.now();
  return ({ address, unit, done, of }) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    process.stderr.write(`${address}, unit ${unit} (${done + 1} of ${of})\n`);
  };
}

function inLines({ devices, silent, requests }: FindReport): string {
  const lines = devices.map(foundText);
  // Of an address where somebody answers, the units that are silent are no news.
  const answering = new Set(devices.map(({ address }) => address));
  const reasons = new Map<string, string>();
  for (const { address, unit, reason } of silent)
    if (!answering.has(address)) reasons.set(address, unit === null ? reason : "nobody answers at the units asked");
  for (const [address, reason] of reasons) lines.push(`${address}: ${reason}`);
  lines.push(`${devices.length} found, ${requests} reads, nothing written.`);
  return `${lines.join("\n")}\n`;
}

function unitList(text: string): readonly number[] {
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

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
