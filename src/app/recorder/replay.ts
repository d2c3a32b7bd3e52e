/**
 * Replays a recording: the same core, set to the recorded state at the beginning of each block and stepped through the recorded
 * inputs, must decide what was decided. The first difference is told with its tick, its moment, its field and both values.
 */
import { type CoreCopy, createCoreCopy, type Step } from "./core-copy.ts";
import { same } from "./format/column.ts";
import { checkOf, exactColumns, numberColumns, type RowNames } from "./format/tick-coder.ts";
import { momentText, type RecordedBlock, type RecordedTick, RecordingRefused, ticksOf } from "./recording-reader.ts";
import { Words } from "./rows/words.ts";

export interface Difference {
  /** Number of the tick in the recording, and its moment, UTC. */
  readonly tick: number;
  readonly at: string;
  readonly field: string;
  readonly recorded: number | boolean | string;
  readonly replayed: number | boolean | string;
  /** The decisions differ since this tick, by their check, though no single value of it is on record. */
  readonly sinceTick: number;
}

/** Columns that only one of the two versions knows. */
export interface UnlikeColumns {
  /** Recorded, and unknown to this version. */
  readonly unknown: readonly string[];
  /** Of this version, and not in the recording. */
  readonly missing: readonly string[];
}

export interface ReplayedTick {
  readonly number: number;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly copy: CoreCopy;
  /** As decided anew. */
  readonly decisions: Float64Array;
}

export interface ReplayOptions {
  /** UTC, ms; everything by default. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Told of each tick from `fromMs` on. */
  readonly onTick?: (tick: ReplayedTick) => void;
  readonly step?: Step;
}

export interface ReplayResult {
  ticks: number;
  blocks: number;
  firstDifference: Difference | null;
  /** Ticks whose decisions differ. */
  differing: number;
  /** Where the recording core itself differed from its copy beside it, when it was recorded. */
  differingThen: number;
  unlike: UnlikeColumns;
}

/** Replays blocks in order. A block that is wholly outside of the asked time is skipped. */
export function replay(blocks: readonly RecordedBlock[], options: ReplayOptions = {}): ReplayResult {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = options;
  const result: ReplayResult = {
    ticks: 0,
    blocks: 0,
    firstDifference: null,
    differing: 0,
    differingThen: 0,
    unlike: { unknown: [], missing: [] },
  };
  for (const block of blocks) {
    const last = block.pieces.at(-1);
    if (last === undefined || last.toMs < fromMs || block.pieces[0]!.fromMs > toMs) continue;
    result.blocks++;
    try {
      new BlockReplay(block, options.step).run(result, fromMs, toMs, options.onTick);
    } catch (failure) {
      if (failure instanceof RecordingRefused) throw failure;
      const why = failure instanceof Error ? failure.message : String(failure);
      throw new RecordingRefused(`a block can't be replayed: the core refuses what it says (${why})`, {
        cause: failure,
      });
    }
  }
  return result;
}

/** Takes numbers of a recorded row to where this version has them. */
export interface RowMap {
  /** For each place of this version's row, the place in the recorded one; −1 for none. */
  readonly from: Int32Array;
  readonly unlike: UnlikeColumns;
  readonly isSame: boolean;
}

export function mapRow(recorded: RowNames, own: RowNames): RowMap {
  const places = new Map(recorded.names.map((name, i) => [name, i]));
  const from = Int32Array.from(own.names, (name, i) => {
    const place = places.get(name);
    return place === undefined || recorded.kinds[place] !== own.kinds[i] ? -1 : place;
  });
  const used = new Set(from);
  const unknown = recorded.names.filter((_, i) => !used.has(i));
  const missing = own.names.filter((_, i) => from[i] === -1);
  return { from, unlike: { unknown, missing }, isSame: unknown.length === 0 && missing.length === 0 };
}

/** What the recording says stands where the map leads; the rest of `into` stays. */
export function mapInto(map: RowMap, row: Float64Array, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) {
    const place = map.from[i]!;
    if (place >= 0) into[i] = row[place]!;
  }
}

class BlockReplay {
  readonly #block: RecordedBlock;
  readonly #words = new Words(true);
  readonly #copy: CoreCopy;
  readonly #inputs: RowMap;
  readonly #decisions: RowMap;
  readonly #state: RowMap;
  readonly #exact: readonly number[];
  readonly #numbers: readonly number[];
  readonly #own: Float64Array;
  readonly #ownInputs: Float64Array;
  /** Since which tick the checks differ, −1 while they agree. */
  #sinceTick = -1;
  #isAgreed = true;

  constructor(block: RecordedBlock, stepCore?: Step) {
    const { header } = block;
    this.#block = block;
    this.#copy = createCoreCopy(header.site, header.periodMs, this.#words, stepCore);
    this.#inputs = mapRow(header.inputs, this.#copy.inputs);
    this.#decisions = mapRow(header.decisions, this.#copy.decisions);
    this.#state = mapRow(header.state, this.#copy.state);
    this.#exact = exactColumns(header.decisions);
    this.#numbers = numberColumns(header.decisions);
    this.#own = new Float64Array(this.#copy.decisions.length);
    this.#ownInputs = new Float64Array(this.#copy.inputs.length);
  }

  run(result: ReplayResult, fromMs: number, toMs: number, onTick: ReplayOptions["onTick"]): void {
    result.unlike = unlikeOf([this.#inputs, this.#decisions, this.#state]);
    const copy = this.#copy;
    const started = this.#start();
    for (const tick of ticksOf(this.#block, (words) => this.#learn(words))) {
      if (!started.done) started.restore();
      mapInto(this.#inputs, tick.inputs, this.#ownInputs);
      copy.run(this.#ownInputs, tick.nowMs, this.#own);
      const { wallMs } = copy.snapshot;
      if (wallMs > toMs) return;
      if (tick.recorded.differences.length > 0) result.differingThen++;
      const difference = this.#compare(tick, wallMs);
      if (difference !== null) result.firstDifference ??= difference;
      if (wallMs < fromMs) continue;
      result.ticks++;
      if (!this.#isAgreed || difference !== null) result.differing++;
      onTick?.({ number: tick.number, nowMs: tick.nowMs, wallMs, copy, decisions: this.#own });
    }
    if (this.#sinceTick >= 0) result.firstDifference ??= this.#unnamed();
  }

  /** The state is put in place once the words of the keyframe are known. */
  #start(): { done: boolean; restore(): void } {
    const started = {
      done: false,
      restore: (): void => {
        started.done = true;
        const row = new Float64Array(this.#copy.state.length);
        this.#copy.state.write(row);
        mapInto(this.#state, this.#block.state, row);
        this.#copy.restore(row, this.#block.keyframe.ledgersSeen);
      },
    };
    return started;
  }

  #learn(words: readonly string[]): void {
    for (const word of words) this.#words.add(word);
  }

  /** The first field of this tick that is known to differ. */
  #compare({ number, recorded }: RecordedTick, wallMs: number): Difference | null {
    const own = this.#own;
    // Rows of another version have no check that could agree.
    this.#isAgreed = !this.#decisions.isSame || (recorded.differences.length === 0 && checkOf(own) === recorded.check);
    if (!this.#isAgreed && this.#sinceTick < 0) this.#sinceTick = number;
    const found = (place: number, value: number): Difference | null => {
      const at = this.#placeOf(place);
      if (at < 0 || same(own[at]!, value)) return null;
      return {
        tick: number,
        at: momentText(wallMs),
        field: this.#block.header.decisions.names[place]!,
        recorded: this.#said(place, value),
        replayed: this.#said(place, own[at]!),
        sinceTick: this.#sinceTick >= 0 ? this.#sinceTick : number,
      };
    };
    for (const [place, value] of recorded.differences) {
      const difference = found(place, value);
      if (difference !== null) return difference;
    }
    if (recorded.differences.length > 0) return null;
    for (let i = 0; i < this.#exact.length; i++) {
      const difference = found(this.#exact[i]!, recorded.exact[i]!);
      if (difference !== null) return difference;
    }
    if (recorded.isAnchor)
      for (let i = 0; i < this.#numbers.length; i++) {
        const difference = found(this.#numbers[i]!, recorded.numbers[i]!);
        if (difference !== null) return difference;
      }
    return null;
  }

  /** Where this version has a recorded decision; −1 for nowhere. */
  readonly #places = new Map<number, number>();
  #placeOf(recordedPlace: number): number {
    if (this.#decisions.isSame) return recordedPlace;
    if (this.#places.size === 0) for (const [i, place] of this.#decisions.from.entries()) this.#places.set(place, i);
    return this.#places.get(recordedPlace) ?? -1;
  }

  #said(place: number, value: number): number | boolean | string {
    const kind = this.#block.header.decisions.kinds[place];
    return kind === "flag" ? value === 1 : kind === "word" ? this.#words.word(value) || "(another word)" : value;
  }

  #unnamed(): Difference {
    return {
      tick: this.#sinceTick,
      at: momentText(this.#copy.snapshot.wallMs),
      field: "a number or a reason",
      recorded: "by its check alone",
      replayed: "another",
      sinceTick: this.#sinceTick,
    };
  }
}

function unlikeOf(maps: readonly RowMap[]): UnlikeColumns {
  return {
    unknown: maps.flatMap(({ unlike }) => unlike.unknown),
    missing: maps.flatMap(({ unlike }) => unlike.missing),
  };
}
