/**
 * Ticks into frames: a header for each file, a keyframe with the whole state of the core at the beginning of each block, and the
 * ticks in pieces that are handed on every minute, so that little is lost when the power goes. No files here: frames go to
 * whoever keeps them.
 */

import { isletVersion } from "../version.ts";
import type { CoreCopy } from "./core-copy.ts";
import type { FrameKind } from "./format/frames.ts";
import {
  type GapCause,
  type GapFacts,
  type HeaderFacts,
  type KeyframeFacts,
  packNames,
  payloadOf,
  type RecordedSite,
  schemaNumber,
  sparse,
  type TicksFacts,
} from "./format/payloads.ts";
import { fingerprintOf, plainSite } from "./format/plain-site.ts";
import { RangeEncoder } from "./format/range-coder.ts";
import { TickCoder } from "./format/tick-coder.ts";
import type { Words } from "./rows/words.ts";

/** A replay can start at the beginning of a block. */
const blockMs = 600_000;
/** Ticks are handed on at least this often; the first ones of a block sooner. Half of it would cost the disk as much again: what a file system notes of a file that grows. */
const pieceMs = 60_000;
const firstPieceMs = 5_000;
/** Longer than any loop sleeps: a tick after it is no neighbour of the one before, but the encoder copes. */
const ticksMax = 20_000;

export interface FrameSink {
  frame(kind: FrameKind, payload: Uint8Array): void;
  /** Whether the next block should begin a new file; asked before each block. */
  isFull(): boolean;
}

export class RecordingWriter {
  readonly #copy: CoreCopy;
  readonly #words: Words;
  readonly #sink: FrameSink;
  readonly #header: Uint8Array;
  readonly #base: Float64Array;
  readonly #state: Float64Array;
  readonly #encoder = new RangeEncoder();
  readonly #periodMs: number;
  #coder: TickCoder | null = null;
  #hasFile = false;
  #blockUntilMs = 0;
  #pieceUntilMs = 0;
  #tick = 0;
  #ticks = 0;
  #fromMs = 0;
  #toMs = 0;
  #wordsTold = 0;
  #isFirstPiece = true;

  constructor(site: RecordedSite, periodMs: number, copy: CoreCopy, words: Words, sink: FrameSink) {
    this.#copy = copy;
    this.#words = words;
    this.#sink = sink;
    this.#periodMs = periodMs;
    this.#base = new Float64Array(copy.state.length);
    this.#state = new Float64Array(copy.state.length);
    this.#header = headerPayload(site, periodMs, copy);
  }

  /** Ticks of this recording so far. */
  get tick(): number {
    return this.#tick;
  }

  /** One tick; `again` as the copy beside decided on the same inputs. Before the first one of a block the state is `begin`'s. */
  add(nowMs: number, inputs: Float64Array, decisions: Float64Array, again: Float64Array): void {
    if (this.#coder === null) return;
    const { wallMs } = this.#copy.snapshot;
    if (this.#ticks === 0) {
      this.#fromMs = wallMs;
      this.#pieceUntilMs = nowMs + (this.#isFirstPiece ? firstPieceMs : pieceMs);
      this.#isFirstPiece = false;
    }
    this.#coder.encode(this.#encoder, nowMs, inputs, decisions, again);
    this.#toMs = wallMs;
    this.#ticks++;
    this.#tick++;
    if (nowMs >= this.#pieceUntilMs || this.#ticks >= ticksMax) this.flush();
  }

  /** Whether a new block is due at this moment of the loop, ms. */
  blockIsDue(nowMs: number): boolean {
    return this.#coder === null || nowMs >= this.#blockUntilMs;
  }

  /** A new block from the state of the copy as it is now; ticks before it are handed on. */
  begin(nowMs: number, wallMs: number): void {
    this.flush();
    if (!this.#hasFile || this.#sink.isFull()) this.#sink.frame("header", this.#header);
    this.#hasFile = true;
    const { acts, state } = this.#copy;
    state.write(this.#state);
    const facts: KeyframeFacts = {
      tick: this.#tick,
      nowMs,
      wallMs,
      ledgersSeen: acts.ledgersSeen,
      words: this.#words.list,
    };
    this.#wordsTold = this.#words.list.length;
    this.#sink.frame("keyframe", payloadOf(facts, sparse(this.#state, this.#base), true));
    this.#coder = new TickCoder(this.#copy.inputs, this.#copy.decisions, this.#periodMs);
    this.#blockUntilMs = nowMs + blockMs;
    this.#isFirstPiece = true;
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.#ticks === 0) return;
    const facts: TicksFacts = {
      tick: this.#tick - this.#ticks,
      ticks: this.#ticks,
      fromMs: this.#fromMs,
      toMs: this.#toMs,
      words: this.#words.list.slice(this.#wordsTold),
    };
    this.#wordsTold = this.#words.list.length;
    this.#ticks = 0;
    this.#sink.frame("ticks", payloadOf(facts, this.#encoder.finish(), false));
  }

  /** Ticks are missing from here on, until `begin`. */
  gap(cause: GapCause, ticks: number, atMs: number): void {
    this.flush();
    this.#coder = null;
    const facts: GapFacts = { cause, ticks, atMs };
    if (this.#hasFile) this.#sink.frame("gap", payloadOf(facts, new Uint8Array(0), false));
  }

  /** The next block begins a new file: the one before is lost or closed. */
  leaveFile(): void {
    this.#hasFile = false;
    this.#coder = null;
    this.#ticks = 0;
    this.#encoder.finish();
  }
}

/** The base of all states is zero: the keyframes of a file share nothing that could be lost with its header. */
function headerPayload(site: RecordedSite, periodMs: number, copy: CoreCopy): Uint8Array {
  const text = plainSite(site);
  const facts: HeaderFacts = {
    schema: schemaNumber,
    version: isletVersion(),
    engine: `Node.js ${process.versions.node}, ${process.arch}`,
    fingerprint: fingerprintOf(text),
    periodMs,
    inputs: packNames(copy.inputs),
    decisions: packNames(copy.decisions),
    state: packNames(copy.state),
  };
  return payloadOf(facts, Buffer.from(text), true);
}
