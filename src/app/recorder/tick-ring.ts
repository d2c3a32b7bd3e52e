/**
 * Ticks on their way from the control loop to whoever writes them down: a ring of rows in a file that lies in memory and has no
 * name. The loop writes and never looks whether anybody reads; a reader that falls behind sees by the numbers of the ticks how
 * many it has missed. On request the loop adds its core's whole state once, so that a reader can begin, or begin again after a gap.
 *
 * Layout: a page of counters; words as text, in the order of their numbers; the rows; one state.
 */
import { ftruncateSync, readSync, writeSync } from "node:fs";
import { createNamelessFile } from "../control/shared/latest.ts";
import { Words } from "./rows/words.ts";

const page = 4_096;
const wordsRoom = 16 * page;
/** Counters, 4 bytes each: ticks written, state asked for, state given, bytes of words. */
const ticksAt = 0;
const askedAt = 64;
const givenAt = 128;
const wordsAt = 192;
const firstAsked = 1;
/** Before the numbers of a row: the tick's number and its moment, ms. */
const head = 2;

/** What there is room for, in ticks: some seconds of 20 ms. The reader looks several times a second. */
const slotsMax = 1_024;
const slotsMin = 256;
const roomMax = 16_000_000;

export interface RingShape {
  readonly inputs: number;
  readonly decisions: number;
  /** Room for one state, which may be shorter. */
  readonly state: number;
}

const rowLength = ({ inputs, decisions }: RingShape): number => head + inputs + decisions;
const slotsOf = (shape: RingShape): number =>
  Math.min(slotsMax, Math.max(slotsMin, Math.floor(roomMax / (8 * rowLength(shape)))));
const stateRoom = ({ state }: RingShape): number => Math.ceil((8 * (head + state)) / page) * page;
const rowsAt = page + wordsRoom;
const stateAt = (shape: RingShape): number => rowsAt + 8 * rowLength(shape) * slotsOf(shape);
const roomOf = (shape: RingShape): number => stateAt(shape) + stateRoom(shape);

/** A descriptor for the loop and the reader. Throws where no folder in memory can be written. */
export function createTickRing(shape: RingShape): number {
  const fd = createNamelessFile();
  ftruncateSync(fd, roomOf(shape));
  // Every page exists from now on: the loop never waits for memory.
  const zeros = new Uint8Array(256 * page);
  for (let at = 0; at < roomOf(shape); at += zeros.length)
    writeSync(fd, zeros, 0, Math.min(zeros.length, roomOf(shape) - at), at);
  // The state of the first tick is asked for already: a reader that comes a little later misses nothing.
  writeSync(fd, new Uint32Array([firstAsked]), 0, 4, askedAt);
  return fd;
}

export interface RingWriter {
  readonly words: Words;
  /** Filled by the owner before `push`. */
  readonly inputs: Float64Array;
  readonly decisions: Float64Array;
  readonly state: Float64Array;
  /** The reader wants the state after this tick: filled before `push`. */
  stateAsked(): boolean;
  /** One tick; makes no objects. `ledgersSeen` belongs to the state. */
  push(nowMs: number, withState: boolean, ledgersSeen: number): void;
}

/** The loop's side. */
export function openRingWriter(fd: number, shape: RingShape): RingWriter {
  const words = new Words();
  const row = new Float64Array(rowLength(shape));
  const stateRow = new Float64Array(head + shape.state);
  const counter = new Uint32Array(1);
  const slots = slotsOf(shape);
  const slotBytes = row.byteLength;
  let ticks = 0;
  let wordsWritten = 0;
  let wordBytes = 0;
  let asked = 0;
  let given = 0;

  function put(value: number, at: number): void {
    counter[0] = value;
    writeSync(fd, counter, 0, 4, at);
  }

  /** A word is new a few hundred times in a life. */
  function writeWords(): void {
    const text = Buffer.from(
      words.list
        .slice(wordsWritten)
        .map((word) => `${word}\n`)
        .join(""),
    );
    if (wordBytes + text.length > wordsRoom) throw new RangeError("the words of this core have no room in the ring");
    writeSync(fd, text, 0, text.length, page + wordBytes);
    wordBytes += text.length;
    wordsWritten = words.list.length;
    put(wordBytes, wordsAt);
  }

  return {
    words,
    inputs: row.subarray(head, head + shape.inputs),
    decisions: row.subarray(head + shape.inputs),
    state: stateRow.subarray(head),
    stateAsked() {
      readSync(fd, counter, 0, 4, askedAt);
      asked = counter[0]!;
      return asked !== given;
    },
    push(nowMs, withState, ledgersSeen) {
      if (words.list.length > wordsWritten) writeWords();
      row[0] = ticks;
      row[1] = nowMs;
      writeSync(fd, row, 0, slotBytes, rowsAt + slotBytes * (ticks % slots));
      ticks = (ticks + 1) >>> 0;
      put(ticks, ticksAt);
      if (!withState) return;
      stateRow[0] = row[0]!;
      stateRow[1] = ledgersSeen;
      writeSync(fd, stateRow, 0, stateRow.byteLength, stateAt(shape));
      given = asked;
      put(given, givenAt);
    },
  };
}

export interface RingReader {
  readonly words: Words;
  /** Of the tick that `next` found. */
  readonly inputs: Float64Array;
  readonly decisions: Float64Array;
  readonly tick: number;
  readonly nowMs: number;
  /** Asks the loop for its core's state anew; that of the first tick comes unasked. */
  askState(): void;
  /** The state that was asked for, and after which tick it was; null while it has not come. Then `next` goes on behind it. */
  takeState(into: Float64Array): number | null;
  /** The next tick in order: how many were missed before it; null while there is none. */
  next(): number | null;
  /** Alarms that people had seen by the tick of the state that was taken last. */
  ledgersSeen(): number;
  /** Number of the tick that is read next. */
  nextTick(): number;
}

/** The other side: one reader. */
export function openRingReader(fd: number, shape: RingShape): RingReader {
  const words = new Words(true);
  const row = new Float64Array(rowLength(shape));
  const stateRow = new Float64Array(head + shape.state);
  const counter = new Uint32Array(1);
  const slots = slotsOf(shape);
  const slotBytes = row.byteLength;
  let nextTick = 0;
  let asked = firstAsked;
  let wordBytes = 0;
  let ledgersSeen = 0;

  function get(at: number): number {
    readSync(fd, counter, 0, 4, at);
    return counter[0]!;
  }

  function readWords(): void {
    const written = get(wordsAt);
    if (written === wordBytes) return;
    const text = Buffer.alloc(written - wordBytes);
    readSync(fd, text, 0, text.length, page + wordBytes);
    for (const word of text.toString().split("\n").slice(0, -1)) words.add(word);
    wordBytes = written;
  }

  /** A row that was not written over while it was read. */
  function readRow(tick: number): boolean {
    readSync(fd, row, 0, slotBytes, rowsAt + slotBytes * (tick % slots));
    return row[0] === tick && get(ticksAt) - tick < slots;
  }

  return {
    words,
    inputs: row.subarray(head, head + shape.inputs),
    decisions: row.subarray(head + shape.inputs),
    get tick() {
      return row[0]!;
    },
    get nowMs() {
      return row[1]!;
    },
    askState() {
      asked = (asked + 1) >>> 0;
      counter[0] = asked;
      writeSync(fd, counter, 0, 4, askedAt);
    },
    takeState(into) {
      if (get(givenAt) !== asked) return null;
      readSync(fd, stateRow, 0, 8 * (head + into.length), stateAt(shape));
      readWords();
      into.set(stateRow.subarray(head, head + into.length));
      nextTick = stateRow[0]! + 1;
      ledgersSeen = stateRow[1]!;
      return stateRow[0]!;
    },
    next() {
      const written = get(ticksAt);
      const before = nextTick;
      while (nextTick < written) {
        // Half of the ring ahead of the one who writes: what is read next will not be written over at once.
        if (written - nextTick >= slots) nextTick = written - Math.floor(slots / 2);
        if (readRow(nextTick)) {
          readWords();
          return nextTick++ - before;
        }
        nextTick++;
      }
      return null;
    },
    ledgersSeen: () => ledgersSeen,
    nextTick: () => nextTick,
  };
}
