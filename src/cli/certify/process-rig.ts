/**
 * A test rig that a program of somebody else drives: one line of JSON for each run, one for its recording (`docs/certify.md`).
 * Nothing it says is believed unseen: lengths, figures and times are checked, and a program that falls silent is ended.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Ability, Accuracy, Play, Recording, Rig, RigFacts, Touch } from "../../certify/rig.ts";
import { abilities, islandWatchedS, playS, samplesMax } from "../../certify/rig.ts";

/** A rig may take so long beyond a run's own time to bring source and equipment into its conditions, s. */
const graceS = 900;
const helloS = 60;
/** Most that it may say to one question, bytes: a recording of the longest run has a tenth of it. */
const answerMax = 200_000_000;
/** Of a recording against the time that was asked for. */
const lengthShare = 0.01;

export interface ProcessRig extends Rig {
  close(): void;
}

/** Starts the program and waits for its facts; throws with a sentence where they are not usable. */
export async function processRig(command: string, nominalHz: number): Promise<ProcessRig> {
  const driver = new Driver(command);
  try {
    const facts = readFacts(await driver.answer(helloS), command);
    if (facts.nominalFrequencyHz !== nominalHz)
      throw new Error(`the rig is at ${facts.nominalFrequencyHz} Hz, the code for ${nominalHz} Hz`);
    return {
      facts,
      async play(play) {
        driver.ask({ play });
        const hasExchange = facts.abilities?.includes("load") ?? false;
        return readRecording(await driver.answer(playS(play) + graceS), play, hasExchange);
      },
      async island(load) {
        driver.ask({ island: load });
        return readIsland(await driver.answer(islandWatchedS + graceS));
      },
      async couple(sides) {
        driver.ask({ couple: sides });
        return readTouch(await driver.answer(sides.forS + graceS));
      },
      close: () => driver.close(),
    };
  } catch (failure) {
    driver.close();
    throw failure;
  }
}

/** The program and the lines between it and us. */
class Driver {
  readonly #command: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #failed = "";
  /** Bytes since the last question. */
  #said = 0;

  constructor(command: string) {
    this.#command = command;
    this.#process = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.pipe(process.stderr, { end: false });
    this.#process.on("error", ({ message }) => (this.#failed = message));
    this.#process.stdin.on("error", ({ message }) => (this.#failed = message));
    this.#process.stdout.on("data", ({ length }: Buffer) => {
      this.#said += length;
      if (this.#said <= answerMax) return;
      this.#failed = `it said more than ${answerMax} bytes at once`;
      this.#process.stdout.destroy();
    });
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  ask(line: object): void {
    this.#said = 0;
    this.#process.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** The next line as an object; throws where none comes in time or it tells of an error. */
  async answer(withinS: number): Promise<Readonly<Record<string, unknown>>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(this.#wrong(`it did not answer within ${Math.round(withinS)} s`)),
        withinS * 1_000,
      );
    });
    const next = await Promise.race([this.#lines.next(), late]).finally(() => clearTimeout(timer));
    if (next.done) throw this.#wrong(this.#failed || "it ended");
    let raw: unknown;
    try {
      raw = JSON.parse(next.value);
    } catch {
      throw this.#wrong("its line is no JSON");
    }
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) throw this.#wrong("its line is no JSON object");
    const answer = raw as Readonly<Record<string, unknown>>;
    if ("error" in answer) throw this.#wrong(String(answer["error"]));
    return answer;
  }

  close(): void {
    this.#reader.close();
    this.#process.stdin.end();
    // The shell and what it started.
    if (this.#process.pid !== undefined && this.#process.exitCode === null) {
      try {
        process.kill(-this.#process.pid, "SIGTERM");
      } catch {
        // It has ended by itself.
      }
    }
  }

  #wrong(what: string): Error {
    return new Error(`the rig's driver (${this.#command}): ${what}`);
  }
}

const isAbove0 = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value > 0;

function readFacts(raw: Readonly<Record<string, unknown>>, command: string): RigFacts {
  const { name, equipment, nominalFrequencyHz, ratedW, ratedVA } = raw;
  if (typeof name !== "string" || typeof equipment !== "string")
    throw new Error(`${command}: \`name\` and \`equipment\` must be text`);
  if (!isAbove0(nominalFrequencyHz) || !isAbove0(ratedW) || !isAbove0(ratedVA))
    throw new Error(`${command}: \`nominalFrequencyHz\`, \`ratedW\` and \`ratedVA\` must be numbers above 0`);
  return {
    name,
    equipment,
    seed: 0,
    nominalFrequencyHz,
    ratedW,
    ratedVA,
    instruments: readAccuracy(raw["instruments"], command),
    abilities: readAbilities(raw["abilities"], command),
  };
}

/** Abilities that a program can have: what is asked of it in lines. */
const askable: readonly Ability[] = abilities.filter((one) => one !== "chain");

function readAbilities(raw: unknown, command: string): readonly Ability[] {
  if (raw === undefined) return [];
  const wrong = Array.isArray(raw) ? raw.find((one) => !askable.includes(one)) : raw;
  if (!Array.isArray(raw) || wrong !== undefined)
    throw new Error(`${command}: \`abilities\` must be some of ${askable.join(", ")}`);
  return raw as readonly Ability[];
}

function readIsland({ livedS }: Readonly<Record<string, unknown>>): number {
  if (livedS === null) return Number.POSITIVE_INFINITY;
  if (typeof livedS !== "number" || !(livedS >= 0))
    throw new Error("the rig's island: `livedS` must be seconds, or null where it still lives");
  return livedS;
}

function readTouch({ touch }: Readonly<Record<string, unknown>>): Touch {
  if (touch === null) return null;
  const { differencePu, slipHz, angleDeg } = (touch ?? {}) as Readonly<Record<string, unknown>>;
  if (![differencePu, slipHz, angleDeg].every(Number.isFinite))
    throw new Error("the rig's coupling: `touch` must have `differencePu`, `slipHz` and `angleDeg`, or be null");
  return { differencePu, slipHz, angleDeg } as NonNullable<Touch>;
}

const quantities = ["voltagePu", "frequencyHz", "activePu", "reactivePu", "timeS"] as const;

/** Accuracies of instruments as a file or a driver states them. */
export function readAccuracy(raw: unknown, from: string): Accuracy {
  const given = (typeof raw === "object" && raw !== null ? raw : {}) as Readonly<Record<string, unknown>>;
  const wrong = quantities.find((quantity) => !isAbove0(given[quantity]));
  if (wrong !== undefined)
    throw new Error(`${from}: \`${wrong}\` must be the largest error of the instrument, a number above 0`);
  return Object.fromEntries(quantities.map((quantity) => [quantity, given[quantity]])) as unknown as Accuracy;
}

const channels = ["voltagePu", "frequencyHz", "activePu", "reactivePu"] as const;

function readRecording(raw: Readonly<Record<string, unknown>>, play: Play, hasExchange: boolean): Recording {
  const { stepS } = raw;
  if (!isAbove0(stepS)) throw new Error("the rig's recording: `stepS` must be a number above 0");
  const wanted = playS(play) / stepS;
  const series = [...channels, ...(hasExchange ? (["exchangePu"] as const) : [])].map((channel) => {
    const values = raw[channel];
    if (!Array.isArray(values) || values.length > samplesMax || !values.every(Number.isFinite))
      throw new Error(`the rig's recording: \`${channel}\` must be at most ${samplesMax} numbers`);
    if (Math.abs(values.length - wanted) > Math.max(1, lengthShare * wanted))
      throw new Error(
        `the rig's recording: \`${channel}\` has ${values.length} samples, the run was ${Math.round(wanted)}`,
      );
    return [channel, Float64Array.from(values as number[])] as const;
  });
  return { stepS, ...(Object.fromEntries(series) as Pick<Recording, (typeof channels)[number]>) };
}
