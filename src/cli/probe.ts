/** `islet probe`: what answers at a host or on a serial line, found by reading alone. */
import type { Command } from "commander";
import { type FindProgress, type FindReport, findDevices } from "../../firmware-bridge/find/find-devices.ts";
import { foundText } from "../../firmware-bridge/find/found.ts";
import { type LineOptions, libraryOf, targetsAt, unitList, withLineOptions } from "./field-place.ts";

/** Progress is told this often, ms. */
const progressMs = 2_000;

interface ProbeOptions extends LineOptions {
  readonly units?: readonly number[];
  readonly maps?: string;
  readonly json?: boolean;
}

export function probeCommand(program: Command): void {
  withLineOptions(
    program
      .command("probe")
      .description("find out what answers at a host or on a serial line, by reading alone")
      .argument("<place...>", "HOST, HOST:PORT or a serial line such as /dev/ttyUSB0")
      .option("--units <list>", "Modbus units to ask, such as 1-10,126; otherwise the usual ones", unitList),
  )
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
  const targets = places.flatMap((place) => targetsAt(place, library, options, options.units));
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once("SIGINT", interrupted);
  try {
    return await findDevices(targets, { library, onProgress: telling(), signal: stop.signal });
  } finally {
    process.off("SIGINT", interrupted);
  }
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
