/**
 * A file of a recording as blocks that can be replayed. Whatever is damaged is left out and told; what can't be understood at
 * all is refused with a sentence.
 */
import { type Frame, scanFrames } from "./format/frames.ts";
import {
  factsOf,
  fromSparse,
  type GapFacts,
  type HeaderFacts,
  type IncidentFacts,
  type KeyframeFacts,
  type RecordedSite,
  schemaNumber,
  type TicksFacts,
  unpackNames,
} from "./format/payloads.ts";
import { fingerprintOf, siteOfPlain } from "./format/plain-site.ts";
import { RangeDecoder } from "./format/range-coder.ts";
import { type RecordedDecisions, type RowNames, TickCoder } from "./format/tick-coder.ts";

/** It is no recording, or one of a later Islet. */
export class RecordingRefused extends Error {}

/** UTC; a recording may hold ticks whose wall clock was not known. */
export const momentText = (ms: number): string =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : "a moment that no clock told";

export interface RecordedHeader {
  readonly version: string;
  readonly engine: string;
  readonly fingerprint: string;
  readonly site: RecordedSite;
  readonly periodMs: number;
  readonly inputs: RowNames;
  readonly decisions: RowNames;
  readonly state: RowNames;
}

export interface RecordedPiece extends TicksFacts {
  readonly bytes: Uint8Array;
}

export interface RecordedBlock {
  readonly header: RecordedHeader;
  readonly keyframe: KeyframeFacts;
  /** The core's state before the first tick. */
  readonly state: Float64Array;
  readonly pieces: readonly RecordedPiece[];
}

export interface Recording {
  readonly name: string;
  readonly blocks: readonly RecordedBlock[];
  readonly gaps: readonly GapFacts[];
  readonly incidents: readonly IncidentFacts[];
  /** What of the file can't be read, in sentences. */
  readonly damage: readonly string[];
}

/** Throws `RecordingRefused`. */
export function readRecording(bytes: Uint8Array, name: string): Recording {
  const { frames, spoilt } = scanFrames(bytes);
  const first = frames[0];
  if (first === undefined) throw new RecordingRefused(`${name} is no recording of Islet: it has no readable part`);
  const reading = new Reading(name);
  if (first.kind !== "header")
    throw new RecordingRefused(`${name} has lost its beginning, without which it can't be read`);
  for (const { at, length } of spoilt) {
    const isEnd = at + length === bytes.length;
    reading.damage.push(
      isEnd
        ? `the last ${length} bytes of ${name} are not whole: the writing was cut off there`
        : `${length} bytes of ${name} from byte ${at} on are damaged; the ticks up to the next block can't be replayed`,
    );
  }
  for (const frame of frames) reading.take(frame);
  return reading.finish();
}

class Reading {
  readonly name: string;
  readonly damage: string[] = [];
  readonly #blocks: RecordedBlock[] = [];
  readonly #gaps: GapFacts[] = [];
  readonly #incidents: IncidentFacts[] = [];
  #header: RecordedHeader | null = null;
  #block: { keyframe: KeyframeFacts; state: Float64Array; pieces: RecordedPiece[] } | null = null;
  #nextTick = 0;

  constructor(name: string) {
    this.name = name;
  }

  take(frame: Frame): void {
    try {
      this.#take(frame);
    } catch (failure) {
      if (failure instanceof RecordingRefused) throw failure;
      if (frame.kind === "header") {
        const why = failure instanceof Error ? failure.message : String(failure);
        throw new RecordingRefused(`the beginning of ${this.name} can't be understood (${why})`);
      }
      this.#block = null;
      this.damage.push(
        `part ${frame.number} of ${this.name} can't be understood; the ticks up to the next block are left out`,
      );
    }
  }

  #take({ kind, payload, number }: Frame): void {
    if (kind === "header") {
      this.#header = headerOf(payload, this.name);
      this.#block = null;
    } else if (kind === "keyframe") this.#begin(payload);
    else if (kind === "ticks") {
      const { facts, bytes } = factsOf<TicksFacts>(payload, false);
      if (this.#block === null) return;
      if (facts.tick !== this.#nextTick) {
        this.#block = null;
        this.damage.push(
          `ticks are missing before part ${number} of ${this.name}; it is left out up to the next block`,
        );
        return;
      }
      this.#nextTick = facts.tick + facts.ticks;
      this.#block.pieces.push({ ...facts, bytes });
    } else if (kind === "gap") {
      this.#gaps.push(factsOf<GapFacts>(payload, false).facts);
      this.#block = null;
    } else this.#incidents.push(factsOf<IncidentFacts>(payload, false).facts);
  }

  #begin(payload: Uint8Array): void {
    this.#block = null;
    const header = this.#header;
    if (header === null) return;
    const { facts, bytes } = factsOf<KeyframeFacts>(payload, true);
    const state = fromSparse(bytes, new Float64Array(header.state.names.length));
    this.#block = { keyframe: facts, state, pieces: [] };
    this.#nextTick = facts.tick;
    this.#blocks.push({ header, ...this.#block });
  }

  finish(): Recording {
    return {
      name: this.name,
      blocks: this.#blocks,
      gaps: this.#gaps,
      incidents: this.#incidents,
      damage: this.damage,
    };
  }
}

function headerOf(payload: Uint8Array, name: string): RecordedHeader {
  const { facts, bytes } = factsOf<HeaderFacts>(payload, true);
  if (!(facts.schema <= schemaNumber))
    throw new RecordingRefused(
      `${name} was written by Islet ${facts.version} in a later form (${facts.schema}) than this version reads (${schemaNumber}): replay it with that version`,
    );
  const text = Buffer.from(bytes).toString();
  if (fingerprintOf(text) !== facts.fingerprint)
    throw new RecordingRefused(`the site in ${name} does not match its fingerprint: the file was altered`);
  return {
    version: facts.version,
    engine: facts.engine,
    fingerprint: facts.fingerprint,
    site: siteOfPlain(text),
    periodMs: facts.periodMs,
    inputs: unpackNames(facts.inputs),
    decisions: unpackNames(facts.decisions),
    state: unpackNames(facts.state),
  };
}

/** One tick of a block. The rows are written in place: whoever keeps them copies. */
export interface RecordedTick {
  readonly number: number;
  readonly nowMs: number;
  readonly inputs: Float64Array;
  readonly recorded: RecordedDecisions;
}

/** Every tick of a block; `newWords` is told of words as they appear. Throws `RecordingRefused` where the ticks make no sense. */
export function* ticksOf(block: RecordedBlock, newWords: (words: readonly string[]) => void): Generator<RecordedTick> {
  const { header, keyframe, pieces } = block;
  const coder = new TickCoder(header.inputs, header.decisions, header.periodMs);
  const inputs = new Float64Array(header.inputs.names.length);
  newWords(keyframe.words);
  for (const piece of pieces) {
    newWords(piece.words);
    const decoder = new RangeDecoder(piece.bytes);
    for (let i = 0; i < piece.ticks; i++) {
      const nowMs = coder.decode(decoder, inputs);
      if (decoder.isBeyondEnd)
        throw new RecordingRefused(
          `the ticks from ${piece.tick} on end before their number is full: the file was altered`,
        );
      yield { number: piece.tick + i, nowMs, inputs, recorded: coder.recorded };
    }
  }
}
