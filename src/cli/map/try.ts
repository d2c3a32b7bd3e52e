/** `islet map try`: each row of a map read from the real device, with its words, its age and what is odd about it. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { disagreement, oddness } from "../../../firmware-bridge/find/fact-words.table.ts";
import { type LiveMap, readRows } from "../../../firmware-bridge/find/live.ts";
import { type OpenDevice, openDevice } from "../../../firmware-bridge/find/open-device.ts";
import { safeWrite } from "../../../firmware-bridge/find/safe-write.ts";
import type { DeviceMap } from "../../../firmware-bridge/maps/device-map.ts";
import { mapFileMistakeText, parseMapFile } from "../../../firmware-bridge/maps/map-file.ts";
import { type DevicePace, usualPace } from "../../../firmware-bridge/settings.ts";
import { AskedWrongly } from "../asked.ts";
import { type LineOptions, targetsAt, wholeNumber, withLineOptions } from "../field-place.ts";

const roundsMax = 60;
/** Pause between two rounds, ms. */
const betweenMs = 1_000;

interface TryOptions extends LineOptions {
  readonly unit: number;
  readonly rounds: number;
  readonly write?: string;
  readonly json?: boolean;
}

export function addTry(map: Command): void {
  withLineOptions(
    map
      .command("try")
      .description("read each row of a map from the real device: value, words, age, what is odd")
      .argument("<file>", "the map")
      .argument("<place>", "HOST, HOST:PORT or a serial line such as /dev/ttyUSB0")
      .option("--unit <n>", "Modbus unit", wholeNumber, 1)
      .option("--rounds <n>", "so many reads, one a second, to see what moves", wholeNumber, 3),
  )
    .option(
      "--write <command>",
      "after reading, offers to write zero, off or stop to this command; asks before it does",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nOnly reads, unless --write is given and the question is answered with yes.\nThe exit code is 0 when every row was read and is plausible, 1 when one is not.\n",
    )
    .action(async (file: string, place: string, options: TryOptions) => {
      const parsed = parseMapFile(readText(file), file);
      if (!parsed.ok) throw new Error(`the map has mistakes:\n${parsed.error.map(mapFileMistakeText).join("\n")}`);
      const device = await openAt(place, options, paceOf(parsed.value));
      try {
        const trial = await tryMap(device, parsed.value, options);
        process.stdout.write(options.json ? `${JSON.stringify(trial)}\n` : inLines(trial));
        if (trial.rows.some(({ odd }) => odd !== "") || trial.disagreement !== "") process.exitCode = 1;
        if (options.write !== undefined) await offerWrite(device, parsed.value, options.unit, options.write);
      } finally {
        device.close();
      }
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (failure) {
    throw new Error(`${file} can't be read (${(failure as NodeJS.ErrnoException).code})`);
  }
}

const paceOf = ({ link = {} }: DeviceMap): Partial<DevicePace> => {
  const { replyTimeoutMs = usualPace.replyTimeoutMs, pauseMs = 0, unitIdInReply } = link;
  return { replyTimeoutMs, pauseMs, anyUnitInReply: unitIdInReply === "any" };
};

/** Opens the address that a place stands for, a serial line at its usual speed where none is named. */
export async function openAt(
  place: string,
  options: LineOptions & { readonly unit: number },
  pace: Partial<DevicePace> = {},
): Promise<OpenDevice> {
  const targets = targetsAt(place, [], { framing: "tcp", ...options }, [options.unit]);
  const device = await openDevice(targets[0]!.link, options.unit, pace);
  if ("failure" in device) throw new Error(device.failure);
  return device;
}

interface TriedRow {
  readonly fact: string;
  /** null: not known. */
  readonly value: number | null;
  readonly functionCode: number;
  readonly address: number;
  readonly words: readonly (readonly number[] | null)[];
  /** Time since its words last changed in these rounds, s; null where they did not. */
  readonly ageS: number | null;
  readonly tookMs: number;
  readonly odd: string;
}

interface Trial {
  readonly rows: readonly TriedRow[];
  readonly disagreement: string;
  readonly rounds: number;
}

async function tryMap({ access }: OpenDevice, map: DeviceMap, { unit, rounds }: TryOptions): Promise<Trial> {
  const count = Math.max(1, Math.min(roundsMax, rounds));
  let live: LiveMap | undefined;
  const changedMs = new Map<string, number>();
  let lastMs = 0;
  for (let round = 0; round < count; round += 1) {
    if (round > 0) await new Promise((resolve) => setTimeout(resolve, betweenMs));
    const now = await readRows(access, unit, map);
    lastMs = performance.now();
    for (const [i, read] of now.reads.entries()) {
      const before = live?.reads[i]?.words;
      if (before && read.words && before.join() !== read.words.join())
        for (const fact of read.facts) changedMs.set(fact, lastMs);
    }
    live = now;
  }
  const { values, reads } = live!;
  const rows = map.facts.map(({ name }): TriedRow => {
    const own = reads.filter(({ facts }) => facts.includes(name));
    const refused = own.find(({ words }) => words === null);
    const value = values[name]!;
    const changed = changedMs.get(name);
    return {
      fact: name,
      value: Number.isNaN(value) ? null : value,
      functionCode: own[0]!.functionCode,
      address: own[0]!.address,
      words: own.map(({ words }) => words),
      ageS: changed === undefined ? null : (lastMs - changed) / 1_000,
      tookMs: own.reduce((sum, { tookMs }) => sum + tookMs, 0),
      odd: refused === undefined ? oddness(name, value) : refused.refusal,
    };
  });
  return { rows, disagreement: disagreement(values), rounds: count };
}

const spaces: Readonly<Record<number, string>> = { 1: "coil", 2: "input", 3: "register", 4: "input reg." };

function inLines({ rows, disagreement: sum, rounds }: Trial): string {
  const lines = rows.map(({ fact, value, functionCode, address, words, ageS, tookMs, odd }) => {
    const number = value === null ? "?" : `${Number(value.toPrecision(7))}`;
    const place = `${spaces[functionCode]} ${address}`;
    const raw = words.map((one) => (one === null ? "-" : one.map(hex).join(" "))).join(" + ");
    const age = rounds === 1 ? "" : ageS === null ? "stands" : `${ageS.toFixed(1)} s old`;
    return `${fact.padEnd(18)} ${number.padStart(12)}  ${place.padEnd(16)} ${raw.padEnd(10)} ${`${Math.round(tookMs)} ms`.padStart(7)}  ${age.padEnd(9)} ${odd}`.trimEnd();
  });
  if (sum !== "") lines.push(sum);
  const odd = rows.filter(({ odd: what }) => what !== "").length + (sum === "" ? 0 : 1);
  lines.push(`${rows.length} facts, ${odd === 0 ? "all plausible" : `${odd} odd`}; nothing written.`);
  return `${lines.join("\n")}\n`;
}

const hex = (word: number): string => word.toString(16).padStart(4, "0");

/** Asks, and writes the safe value only after a plain yes. */
async function offerWrite({ access }: OpenDevice, map: DeviceMap, unit: number, name: string): Promise<void> {
  const write = safeWrite(map, name, unit);
  if ("refusal" in write) throw new AskedWrongly(write.refusal);
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  const answer = await lines.question(`This will ${write.sentence}. Type yes to do it: `).catch(() => "");
  lines.close();
  if (answer.trim() !== "yes") {
    process.stdout.write("Nothing was written.\n");
    return;
  }
  const outcome = await access.attempt(write.exchange);
  if (outcome.ok) process.stdout.write("Written, and acknowledged by the device.\n");
  else {
    const code = outcome.error === "exception" ? ` ${write.exchange.exceptionCode}` : "";
    throw new Error(`not taken: ${outcome.error}${code}`);
  }
}
