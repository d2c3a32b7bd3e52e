/**
 * A recorded time once more with another setting: two copies of the core on the same inputs, one as recorded and one changed.
 * It shows where decisions part. The inputs stay as they were: the plant does not answer to what would have been decided.
 */
import { type CoreCopy, createCoreCopy } from "./core-copy.ts";
import { same } from "./format/column.ts";
import type { RecordedSite } from "./format/payloads.ts";
import { momentText, type RecordedBlock, ticksOf } from "./recording-reader.ts";
import { mapInto, mapRow, type RowMap } from "./replay.ts";
import { Words } from "./rows/words.ts";

/** The setting can't be changed like that. */
export class SettingRefused extends Error {}

export interface Change {
  /** As in the configuration: `pcc.exportLimitW`, `evses[0].maxChargeW`. */
  readonly setting: string;
  readonly value: number | boolean | string;
}

/** `setting=value`. */
export function changeOf(text: string): Change {
  const match = /^([A-Za-z][\w.[\]]*)=(.+)$/.exec(text);
  if (!match) throw new SettingRefused(`${text} is not like pcc.exportLimitW=5000`);
  const [, setting = "", word = ""] = match;
  const value =
    word === "true" || word === "false" ? word === "true" : Number.isNaN(Number(word)) ? word : Number(word);
  return { setting, value };
}

/** Where a setting stands in the recorded configuration; null where its group is not there. */
function placeOf(
  { config }: RecordedSite,
  setting: string,
): { readonly group: Record<string, unknown>; readonly key: string } | null {
  const steps = setting.split(/[.[\]]+/).filter((step) => step !== "");
  const key = steps.pop();
  let at: unknown = config;
  for (const step of steps) at = isNode(at) ? at[step] : undefined;
  return isNode(at) && key !== undefined ? { group: at, key } : null;
}

const isSet = (site: RecordedSite, { setting }: Change): boolean => {
  const place = placeOf(site, setting);
  return place !== null && place.group[place.key] !== undefined;
};

/** The same site with one setting changed. Throws `SettingRefused` where there is no such setting of that kind. */
function changedSite(recorded: RecordedSite, { setting, value }: Change): RecordedSite {
  const site = { ...recorded, config: structuredClone(recorded.config) };
  const place = placeOf(site, setting);
  if (place === null) throw new SettingRefused(`the recorded configuration has no ${setting}`);
  const before = place.group[place.key];
  if (before === value) throw new SettingRefused(`${setting} was ${value} already`);
  if (before !== undefined && typeof before !== typeof value)
    throw new SettingRefused(`${setting} was ${JSON.stringify(before)}; ${JSON.stringify(value)} is of another kind`);
  place.group[place.key] = value;
  return site;
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

export interface Parting {
  readonly at: string;
  readonly tick: number;
  readonly field: string;
  readonly recorded: number | boolean | string;
  readonly changed: number | boolean | string;
}

export interface WhatIfTick {
  readonly wallMs: number;
  readonly recorded: CoreCopy;
  readonly changed: CoreCopy;
}

export interface WhatIfResult {
  ticks: number;
  /** Ticks in which anything but a reason differs. */
  differing: number;
  /** Where each decision parts for the first time, the earliest first. */
  partings: Parting[];
  /** Largest difference of the sum of all setpoints, W, and when. */
  mostW: number;
  mostAt: string;
}

const partingsMax = 100;

export function whatIf(
  blocks: readonly RecordedBlock[],
  change: Change,
  fromMs: number,
  toMs: number,
  onTick: (tick: WhatIfTick) => void,
): WhatIfResult {
  const result: WhatIfResult = { ticks: 0, differing: 0, partings: [], mostW: 0, mostAt: "" };
  let pair: Pair | null = null;
  let nextTick = -1;
  for (const block of blocks) {
    const last = block.pieces.at(-1);
    if (last === undefined || last.toMs < fromMs || block.pieces[0]!.fromMs > toMs) continue;
    // What the change has led to goes on from block to block, unless ticks are missing between them.
    const goesOn: boolean = pair !== null && block.keyframe.tick === nextTick && pair.fits(block);
    const current: Pair = goesOn && pair !== null ? pair : new Pair(block, change);
    pair = current;
    current.begin(block, goesOn);
    for (const tick of ticksOf(block, (words) => current.learn(words))) {
      const wallMs = current.run(tick.inputs, tick.nowMs);
      nextTick = tick.number + 1;
      if (wallMs > toMs) return result;
      if (wallMs < fromMs) continue;
      result.ticks++;
      current.compare(result, tick.number, wallMs);
      onTick({ wallMs, recorded: current.recorded, changed: current.changed });
    }
  }
  return result;
}

/** Decisions whose parting is told: what is commanded and why the site is as it is; the rest follows from them. */
const isTold = (name: string): boolean =>
  /^(?:mode|commands|setpointW|pccLimits)\b|^machine\.row$/.test(name) && !/UntilMs$/.test(name);

class Pair {
  readonly words = new Words(true);
  readonly recorded: CoreCopy;
  readonly changed: CoreCopy;
  readonly #site: string;
  readonly #inputs: RowMap;
  readonly #state: RowMap;
  readonly #row: Float64Array;
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  /** Numbers of the state that come from the configuration, and differ with the change. */
  readonly #configured: Uint8Array;
  readonly #told: readonly number[];
  readonly #parted = new Set<number>();
  #pending: (() => void) | null = null;

  constructor({ header }: RecordedBlock, change: Change) {
    this.#site = header.fingerprint;
    this.recorded = createCoreCopy(header.site, header.periodMs, this.words);
    try {
      this.changed = createCoreCopy(changedSite(header.site, change), header.periodMs, this.words);
    } catch (failure) {
      if (failure instanceof SettingRefused) throw failure;
      throw new SettingRefused(`no core can be made with ${change.setting} = ${change.value}`);
    }
    this.#inputs = mapRow(header.inputs, this.recorded.inputs);
    this.#state = mapRow(header.state, this.recorded.state);
    this.#row = new Float64Array(this.recorded.inputs.length);
    this.#a = new Float64Array(this.recorded.decisions.length);
    this.#b = new Float64Array(this.recorded.decisions.length);
    const fresh = [this.recorded, this.changed].map(({ state }) => {
      const row = new Float64Array(state.length);
      state.write(row);
      return row;
    });
    if (fresh[0]!.length !== fresh[1]!.length)
      throw new SettingRefused(
        `with ${change.setting} = ${change.value} the core has another shape: only values can be changed`,
      );
    this.#configured = Uint8Array.from(fresh[0]!, (value, i) => (same(value, fresh[1]![i]!) ? 0 : 1));
    if (!this.#configured.includes(1) && !isSet(header.site, change))
      throw new SettingRefused(`nothing in a core depends on ${change.setting}`);
    this.#told = this.recorded.decisions.names.flatMap((name, i) => (isTold(name) ? [i] : []));
  }

  fits({ header }: RecordedBlock): boolean {
    return header.fingerprint === this.#site;
  }

  begin(block: RecordedBlock, goesOn: boolean): void {
    this.words.restart();
    this.#pending = () => {
      const { recorded, changed } = this;
      const row = new Float64Array(recorded.state.length);
      recorded.state.write(row);
      mapInto(this.#state, block.state, row);
      recorded.restore(row, block.keyframe.ledgersSeen);
      if (goesOn) return;
      const own = new Float64Array(row.length);
      changed.state.write(own);
      for (let i = 0; i < row.length; i++) if (this.#configured[i] === 0) own[i] = row[i]!;
      changed.restore(own, block.keyframe.ledgersSeen);
    };
  }

  learn(words: readonly string[]): void {
    for (const word of words) this.words.add(word);
  }

  run(inputs: Float64Array, nowMs: number): number {
    this.#pending?.();
    this.#pending = null;
    mapInto(this.#inputs, inputs, this.#row);
    this.recorded.run(this.#row, nowMs, this.#a);
    this.changed.run(this.#row, nowMs, this.#b);
    return this.recorded.snapshot.wallMs;
  }

  compare(result: WhatIfResult, tick: number, wallMs: number): void {
    let differs = false;
    for (const i of this.#told) {
      if (same(this.#a[i]!, this.#b[i]!)) continue;
      differs = true;
      if (this.#parted.has(i) || result.partings.length >= partingsMax) continue;
      this.#parted.add(i);
      result.partings.push({
        at: momentText(wallMs),
        tick,
        field: this.recorded.decisions.names[i]!,
        recorded: this.#said(i, this.#a[i]!),
        changed: this.#said(i, this.#b[i]!),
      });
    }
    if (!differs) return;
    result.differing++;
    const apartW = Math.abs(sumW(this.recorded) - sumW(this.changed));
    if (!(apartW > result.mostW)) return;
    result.mostW = apartW;
    result.mostAt = momentText(wallMs);
  }

  #said(place: number, value: number): number | boolean | string {
    const kind = this.recorded.decisions.kinds[place];
    return kind === "flag" ? value === 1 : kind === "word" ? this.words.word(value) || "(another word)" : value;
  }
}

export const sumW = ({ core }: CoreCopy): number => core.commands.stages.reduce((sum, { powerW }) => sum + powerW, 0);
