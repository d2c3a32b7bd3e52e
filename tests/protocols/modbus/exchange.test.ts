import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Exchange, readHolding, takeReply, writeMultiple } from "../../../src/protocols/modbus/exchange.ts";

const goodRead = (count: number, fill: number): Buffer =>
  Buffer.concat([Buffer.from([3, 2 * count]), Buffer.alloc(2 * count, fill)]);

/** Replies that are nearly right: the function or the byte count often fits, the length seldom does. */
const replies = fc.tuple(
  fc.constantFrom(3, 3, 3, 4, 16, 0x83),
  fc.oneof(
    fc.integer({ min: 1, max: 12 }).map((count) => 2 * count),
    fc.integer({ min: 0, max: 255 }),
  ),
  fc.oneof(
    fc.integer({ min: 1, max: 12 }).chain((count) => fc.uint8Array({ minLength: 2 * count, maxLength: 2 * count })),
    fc.uint8Array({ maxLength: 30 }),
  ),
);

describe("taking a reply", () => {
  test("property: whatever comes, a read is taken only with its function, its length and its byte count", () => {
    fc.assert(
      fc.property(replies, fc.integer({ min: 1, max: 12 }), ([code, byteCount, noise], count) => {
        const bytes = Buffer.from([code, byteCount, ...noise]);
        const exchange = readHolding(1, 0, count);
        exchange.reply.fill(0x77);
        const fault = takeReply(exchange, bytes, 0, bytes.length);
        const good = bytes[0] === 3 && bytes.length === 2 + 2 * count && bytes[1] === 2 * count;
        expect(fault === null).toBe(good);
        if (!good) expect(exchange.reply.every((byte) => byte === 0x77)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test("property: one changed byte of the head of a good reply is always noticed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 1, max: 255 }),
        (count, at, flip) => {
          const bytes = goodRead(count, 5);
          bytes[at] = bytes[at]! ^ flip;
          expect(takeReply(readHolding(1, 0, count), bytes, 0, bytes.length)).not.toBeNull();
        },
      ),
    );
  });

  test("property: one changed byte of an acknowledgement is always noticed", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 255 }),
        (single, at, flip) => {
          const exchange = single ? new Exchange(1, 6, 40, 1) : writeMultiple(1, 40, 3);
          exchange.setWord(0, 0x1234);
          const bytes = Buffer.from(exchange.frame.subarray(7, 12));
          expect(takeReply(exchange, bytes, 0, 5)).toBeNull();
          bytes[at] = bytes[at]! ^ flip;
          expect(takeReply(exchange, bytes, 0, 5)).not.toBeNull();
        },
      ),
    );
  });
});
