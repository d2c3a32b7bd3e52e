/** Questions about what is read: the register from the manual, then which of its readings is the right one. */
import {
  type Candidate,
  candidatesFor,
  candidateText,
  type SpaceWords,
} from "../../../firmware-bridge/find/candidates.ts";
import { factWords } from "../../../firmware-bridge/find/fact-words.table.ts";
import { askWords } from "../../../firmware-bridge/find/live.ts";
import type { OpenDevice } from "../../../firmware-bridge/find/open-device.ts";
import type { ReadFunction } from "../../../firmware-bridge/maps/device-map.ts";
import { type Asker, oneOf, type Reading, wholes, yesNo } from "./asker.ts";
import type { Draft, DraftRow } from "./draft.ts";

/** [fact, needed]; what comes after `|` is only asked where the one before has no register. */
type Asked = readonly [name: string, needed?: "needed"];
const asked: Readonly<Record<string, readonly Asked[]>> = {
  meter: [
    ["powerW", "needed"],
    ["powerAW"],
    ["powerBW"],
    ["powerCW"],
    ["voltageAV"],
    ["voltageBV"],
    ["voltageCV"],
    ["frequencyHz"],
  ],
  stage: [
    ["powerW", "needed"],
    ["roleCode"],
    ["on"],
    ["phaseVoltageV"],
    ["lineVoltageV"],
    ["frequencyHz"],
    ["vehicleConnected"],
    ["antiIslanding"],
    ["socPct"],
    ["maxChargeW"],
    ["maxDischargeW"],
    ["importWh"],
    ["exportWh"],
    ["watchdogTripped"],
  ],
  pv: [["powerW", "needed"], ["ratedW"]],
  "transfer-device": [
    ["contactNo", "needed"],
    ["contactNc", "needed"],
    ["gridPhaseVoltageV", "needed"],
    ["gridFrequencyHz", "needed"],
    ["busPhaseVoltageV", "needed"],
    ["busFrequencyHz"],
  ],
};
/** What may be asked for here. */
export const kindsAsked = ["meter", "stage", "pv", "transfer-device"] as const;
/** One of a pair is enough: the second is asked for where the first has no register. */
const instead: Readonly<Record<string, string>> = { on: "roleCode", lineVoltageV: "phaseVoltageV" };

const yesNoFacts = ["on", "vehicleConnected", "antiIslanding", "watchdogTripped"];
const contactFacts = ["contactNo", "contactNc"];
const roles = ["off", "charge", "discharge"] as const;
const slowFacts: Readonly<Record<string, string>> = {
  socPct: "second",
  importWh: "second",
  exportWh: "second",
  maxChargeW: "second",
  maxDischargeW: "second",
  ratedW: "slow",
};
/** What a device is recognised by where its name is not known. */
const markRanges: Readonly<Record<string, string>> = {
  frequencyHz: "[45, 65]",
  voltageAV: "[50, 500]",
  phaseVoltageV: "[50, 500]",
  lineVoltageV: "[80, 800]",
  powerW: "[-10000000, 10000000]",
  socPct: "[0, 100]",
};
const candidatesMax = 8;
const types = ["float32", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float64", "bit"] as const;

/** The device that is asked live, while its map is made. */
export interface LiveDevice {
  readonly access: OpenDevice["access"];
  readonly unit: number;
}

/** Asks for the facts of a kind of device. */
export class FactsAsked {
  readonly #asker: Asker;
  readonly #draft: Draft;
  readonly #device: LiveDevice | undefined;

  constructor(asker: Asker, draft: Draft, device: LiveDevice | undefined) {
    this.#asker = asker;
    this.#draft = draft;
    this.#device = device;
  }

  async all(): Promise<void> {
    for (const [name, needed] of asked[this.#draft.kind] ?? []) {
      const first = instead[name];
      if (first !== undefined && this.#draft.facts.has(first)) continue;
      await this.#fact(name, needed === "needed");
    }
  }

  async #fact(name: string, needed: boolean): Promise<void> {
    const words = factWords.find(([fact]) => fact === name)?.[1] ?? name;
    const bitToo = hasWords(name) ? ", with .BIT for one bit of it" : "";
    const question = `${name}: ${words}${needed ? " (needed)" : ""}. Register${bitToo}?`;
    const place = await this.#asker.ask<RegisterPlace | "">(question, registerPlace, needed ? undefined : "");
    if (place === "") return;
    const row = new Map<string, string>([["address", `${place.address}`]]);
    if (place.bit !== undefined) {
      row.set("type", "bitfield16");
      row.set("bit", `${place.bit}`);
    } else {
      const live = await this.#candidates(name, place.address - this.#draft.firstRegister);
      const chosen = await this.#choose(live);
      if (chosen === undefined) await this.#byHand(row);
      else takePlace(row, chosen);
      if (!hasWords(name) && row.get("type") !== "bit") {
        const { scale, offset } = await this.#asker.ask("Times, and plus where that is not 0?", scaling, {
          scale: chosen?.place.scale ?? 1,
          offset: 0,
          toString: () => `${chosen?.place.scale ?? 1}`,
        });
        if (scale !== 1) row.set("scale", `${scale}`);
        if (offset !== 0) row.set("offset", `${offset}`);
      }
    }
    await this.#meaning(name, row);
    this.#draft.facts.set(name, row);
    this.#mark(name, row);
  }

  /** What the device says there, in every register space that answers. */
  async #candidates(name: string, address: number): Promise<readonly Candidate[]> {
    if (this.#device === undefined) return [];
    const { access, unit } = this.#device;
    const bits = contactFacts.includes(name) || yesNoFacts.includes(name);
    const spaces: SpaceWords[] = [];
    for (const readFunction of (bits ? [3, 4, 2, 1] : [3, 4]) as readonly ReadFunction[]) {
      const bytes = await askWords(access, unit, readFunction, address);
      if (bytes !== undefined) spaces.push({ readFunction, bytes });
    }
    if (spaces.length === 0)
      this.#asker.tell("  The device gives nothing there: is the register right, and counted from 0 or 1?");
    return candidatesFor(name, address, spaces);
  }

  async #choose(candidates: readonly Candidate[]): Promise<Candidate | undefined> {
    if (candidates.length === 0) return undefined;
    const shown = candidates.slice(0, candidatesMax);
    shown.forEach((one, i) => {
      this.#asker.tell(`  ${i + 1}  ${candidateText(one)}${one.plausible ? "" : "   (not plausible)"}`);
    });
    const n = await this.#asker.ask(
      "Which is it? A number, or words such as int32 low input; 0: none of these.",
      (answer) => whichOf(answer, candidates, shown.length),
      candidates[0]!.plausible ? 1 : 0,
    );
    return candidates[n - 1];
  }

  async #byHand(row: Map<string, string>): Promise<void> {
    const type = await this.#asker.ask(`Type: ${types.join(", ")}?`, oneOf(types), "int16");
    row.set("type", type);
    const spaces = type === "bit" ? (["coil", "input"] as const) : (["holding", "input"] as const);
    const space = await this.#asker.ask(`In which registers: ${spaces.join(", ")}?`, oneOf(spaces), spaces[0]);
    const code = type === "bit" ? (space === "coil" ? 1 : 2) : space === "input" ? 4 : 3;
    if (code !== 3) row.set("function", `${code}`);
    if (/32|64/.test(type)) {
      const order = await this.#asker.ask("Does the high word come first?", yesNo, "yes");
      if (order === "no") row.set("wordOrder", "little");
    }
  }

  /** Direction of powers, words of numbers, how often it is read. */
  async #meaning(name: string, row: Map<string, string>): Promise<void> {
    const { kind } = this.#draft;
    if (/^power[ABC]?W$/.test(name) && kind !== "pv") {
      const taken = kind === "stage" ? "it charges" : "power is taken from the grid";
      const positive = await this.#asker.ask(`Is it positive when ${taken}?`, yesNo, "yes");
      if (positive === "no") row.set("sign", "generation");
    }
    if (name === "roleCode") row.set("codes", await this.#codes(roles));
    if (yesNoFacts.includes(name)) row.set("codes", await this.#codes(["no", "yes"]));
    if (contactFacts.includes(name)) row.set("codes", await this.#codes(["open", "closed"]));
    const pace = slowFacts[name];
    if (pace !== undefined) row.set("pace", pace);
  }

  async #codes(words: readonly string[]): Promise<string> {
    const pairs: string[] = [];
    for (const word of words) {
      const numbers = await this.#asker.ask<readonly number[] | "">(`Numbers that mean ${word}?`, wholes, "");
      if (numbers !== "") pairs.push(`${word}: ${numbers.length === 1 ? numbers[0] : `[${numbers.join(", ")}]`}`);
    }
    return `{ ${pairs.join(", ")} }`;
  }

  /** Numbers in narrow ranges are what such a device is recognised by. */
  #mark(name: string, row: DraftRow): void {
    const range = markRanges[name];
    if (range === undefined) return;
    const keys = ["address", "type", "function", "wordOrder", "scale", "offset"];
    this.#draft.marks.push(new Map([...[...row].filter(([key]) => keys.includes(key)), ["between", range]]));
  }
}

const hasWords = (name: string): boolean =>
  name === "roleCode" || yesNoFacts.includes(name) || contactFacts.includes(name);

interface RegisterPlace {
  readonly address: number;
  readonly bit?: number;
}

/** `0x34`, or `130.4`: bit 4 of register 130. */
function registerPlace(answer: string): Reading<RegisterPlace> {
  const match = /^(0x[0-9a-f]+|\d+)(?:\.(\d{1,2}))?$/i.exec(answer);
  if (match === null) return { wrong: "is no register: a number such as 52 or 0x34, with .4 for its bit 4" };
  return { value: { address: Number(match[1]), ...(match[2] !== undefined && { bit: Number(match[2]) }) } };
}

/** `0.1`, or `0.1 -40`. */
function scaling(answer: string): Reading<{ readonly scale: number; readonly offset: number }> {
  const [scale, offset = 0, ...more] = answer.split(/\s+/).map(Number);
  const good = Number.isFinite(scale) && scale !== 0 && Number.isFinite(offset) && more.length === 0;
  return good ? { value: { scale: scale!, offset } } : { wrong: "must be one number, or two: times and plus" };
}

/** A number of the list, or the words of a reading, shown or not. */
function whichOf(answer: string, candidates: readonly Candidate[], shown: number): Reading<number> {
  const n = Number(answer);
  if (Number.isInteger(n) && n >= 0 && n <= shown) return { value: n };
  const [type, ...words] = answer.split(/\s+/);
  const order = words.includes("low") ? "CDAB" : undefined;
  const input = words.includes("input");
  const at = candidates.findIndex(
    ({ place }) => place.type === type && place.order === order && (place.readFunction === 4) === input,
  );
  return at >= 0
    ? { value: at + 1 }
    : { wrong: `must be 0 to ${shown}, or a type with low and input where they apply` };
}

function takePlace(row: Map<string, string>, { place: { type, readFunction, order } }: Candidate): void {
  row.set("type", type);
  if (readFunction !== 3) row.set("function", `${readFunction}`);
  if (order === "CDAB") row.set("wordOrder", "little");
}
