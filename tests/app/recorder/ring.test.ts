import { closeSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { createTickRing, openRingReader, openRingWriter, type RingShape } from "../../../src/app/recorder/tick-ring.ts";

const shape: RingShape = { inputs: 3, decisions: 2, state: 5 };
let fd = -1;
afterEach(() => closeSync(fd));

function ring() {
  fd = createTickRing(shape);
  const writer = openRingWriter(fd, shape);
  const reader = openRingReader(fd, shape);
  const push = (value: number, withState = false): void => {
    writer.inputs.fill(value);
    writer.decisions.fill(-value);
    if (withState) writer.state.fill(100 * value);
    writer.push(1_000 + value, withState, 7);
  };
  return { writer, reader, push };
}

test("ticks arrive in order, whole, and once", () => {
  const { reader, push } = ring();
  expect(reader.next()).toBeNull();
  for (let i = 0; i < 5; i++) push(i);
  for (let i = 0; i < 5; i++) {
    expect(reader.next()).toBe(0);
    expect([reader.nowMs, ...reader.inputs, ...reader.decisions]).toEqual([
      1_000 + i,
      i,
      i,
      i,
      i === 0 ? -0 : -i,
      i === 0 ? -0 : -i,
    ]);
  }
  expect(reader.next()).toBeNull();
});

test("a reader that falls behind is told how many ticks it missed, and the writer never waits", () => {
  const { reader, push } = ring();
  for (let i = 0; i < 5_000; i++) push(i);
  const missed = reader.next()!;
  expect(missed).toBeGreaterThan(3_000);
  expect(reader.inputs[0]).toBe(missed);
  let seen = 1;
  while (reader.next() === 0) seen++;
  expect(missed + seen).toBe(5_000);
});

test("the state comes once it is asked for, and the ticks go on behind it", () => {
  const { writer, reader, push } = ring();
  const state = new Float64Array(5);
  push(0);
  reader.askState();
  expect(reader.takeState(state)).toBeNull();
  push(1);
  expect(writer.stateAsked()).toBe(true);
  push(2, true);
  expect(writer.stateAsked()).toBe(false);
  push(3);
  expect(reader.takeState(state)).toBe(2);
  expect([...state, reader.ledgersSeen()]).toEqual([200, 200, 200, 200, 200, 7]);
  expect(reader.next()).toBe(0);
  expect(reader.inputs[0]).toBe(3);
});

test("words are known to the reader before the tick that uses them", () => {
  const { writer, reader, push } = ring();
  expect([writer.words.code("parallel"), writer.words.code("größer"), writer.words.code("parallel")]).toEqual([
    0, 1, 0,
  ]);
  push(0);
  writer.words.code("later");
  push(1);
  reader.next();
  expect(reader.words.list).toContain("größer");
  reader.next();
  expect(reader.words.list).toEqual(["parallel", "größer", "later"]);
  expect(reader.words.code("never heard")).toBe(-1);
});
