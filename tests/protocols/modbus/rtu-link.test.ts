import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Deadlines } from "../../../src/protocols/modbus/deadlines.ts";
import { Exchange, readHolding, writeMultiple } from "../../../src/protocols/modbus/exchange.ts";
import type { ModbusFault } from "../../../src/protocols/modbus/faults.table.ts";
import { transact, whenOpen } from "../../../src/protocols/modbus/link.ts";
import { RtuLink } from "../../../src/protocols/modbus/rtu-link.ts";
import { crc16 } from "./crc16.ts";
import { FakeLine, type SerialRequest, withChecksum } from "./serial-line.ts";

const clock = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const within = (ms: number): number => clock() + ms;
let line: FakeLine;
let link: RtuLink;

const openLink = async (made = new FakeLine()): Promise<void> => {
  line = made;
  link = new RtuLink(line, new Deadlines(clock));
  expect(await whenOpen(link, within(3_000), clock)).toBe(true);
};
beforeEach(() => openLink());
afterEach(() => link.shut());

test("the checksum of these tests is the standard's", () => {
  expect(crc16(Buffer.from("123456789"))).toBe(0x4b37);
});

describe("good replies", () => {
  test("a read, and writes of one and of several registers", async () => {
    const read = readHolding(9, 300, 3);
    const several = writeMultiple(9, 40, 2);
    several.setWord(0, 0x1234);
    several.setWord(1, 0xabcd);
    const one = new Exchange(9, 6, 41, 1);
    one.setWord(0, 77);
    for (const exchange of [read, several, one]) expect((await transact(link, exchange, within(500))).ok).toBe(true);
    expect([0, 1, 2].map((i) => read.word(i))).toEqual([300, 301, 302]);
    expect(line.requests.map((frame) => [...frame.subarray(0, -2)])).toEqual([
      [9, 3, 1, 0x2c, 0, 3],
      [9, 16, 0, 40, 0, 2, 4, 0x12, 0x34, 0xab, 0xcd],
      [9, 6, 0, 41, 0, 77],
    ]);
  });

  test("several requests at once → one at a time on the line", async () => {
    let inFlight = 0;
    let most = 0;
    line.answer = ({ reply, good }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        reply(good);
      }, 4);
    };
    const exchanges = [1, 2, 3, 4].map((address) => readHolding(1, address, 1));
    const outcomes = await Promise.all(exchanges.map((exchange) => transact(link, exchange, within(1_000))));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(exchanges.map((exchange) => exchange.word(0))).toEqual([1, 2, 3, 4]);
    expect(most).toBe(1);
  });
});

/** Like the faults of the TCP link; but a line is not closed for them, and other units go on. */
const spoilt: readonly (readonly [string, ModbusFault, (request: SerialRequest) => void])[] = [
  ["a wrong checksum", "wrong-checksum", ({ reply, good }) => reply(changed(good, good.length - 1))],
  ["a wrong unit", "wrong-unit", ({ reply, good }) => reply(withChecksum(changed(good, 0).subarray(0, -2)))],
  ["a wrong function", "wrong-function", ({ reply, good }) => reply(withChecksum(changed(good, 1).subarray(0, -2)))],
  ["one register too few", "wrong-length", ({ reply, good }) => reply(withChecksum(good.subarray(0, -4)))],
  ["noise", "wrong-checksum", ({ reply, good }) => reply(Buffer.alloc(good.length, 0xa5))],
  ["silence", "timeout", () => {}],
];
const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0x01;
  return copy;
};

describe("bad replies", () => {
  for (const [name, fault, answer] of spoilt) {
    test(`${name} → ${fault}, old registers kept, line kept, next read good`, async () => {
      const exchange = readHolding(1, 500, 4);
      expect((await transact(link, exchange, within(500))).ok).toBe(true);
      line.answer = answer;
      expect(await transact(link, exchange, within(60))).toEqual({ ok: false, error: fault });
      expect(exchange.word(3)).toBe(503);
      line.answer = ({ reply, good }) => reply(good);
      expect((await transact(link, exchange, within(500))).ok).toBe(true);
      expect(line.opens).toBe(1);
      expect(link.counters).toMatchObject({ reconnects: 0, lastFault: fault });
    });
  }

  test("the plug pulled, and put back later → reset, opened again by its path, never twice at once", async () => {
    const exchange = readHolding(1, 500, 4);
    line.answer = ({ unplug }) => {
      line.absent = true;
      unplug();
    };
    expect(await transact(link, exchange, within(500))).toEqual({ ok: false, error: "reset" });
    expect(await whenOpen(link, within(150), clock)).toBe(false);
    expect(link.openFailure).toContain("no such file");
    line.absent = false;
    line.answer = ({ reply, good }) => reply(good);
    expect(await whenOpen(link, within(3_000), clock)).toBe(true);
    expect((await transact(link, exchange, within(500))).ok).toBe(true);
    expect(line).toMatchObject({ opens: 2, overlaps: 0 });
  });

  test("noise in front of the reply, and an adapter that hears itself → the reply is found", async () => {
    line.answer = ({ reply, good }) => reply(Buffer.concat([Buffer.from([0xff, 0, 0xa5]), good]));
    const exchange = readHolding(1, 700, 2);
    expect((await transact(link, exchange, within(300))).ok).toBe(true);
    expect(exchange.word(1)).toBe(701);
    expect(link.counters.strayBytes).toBe(3);
    line.answer = ({ frame, reply, good }) => reply(Buffer.concat([frame, good]));
    expect((await transact(link, exchange, within(300))).ok).toBe(true);
    // From now on the copy of a write is known for what it is, not taken for its acknowledgement.
    line.answer = ({ frame, reply }) => reply(frame);
    const write = new Exchange(1, 6, 41, 1);
    expect(await transact(link, write, within(60))).toEqual({ ok: false, error: "write-timeout" });
  });

  test("two devices at one address, the second a little later → the reply is taken, the rest counted as stray", async () => {
    line.answer = ({ reply, good }) => {
      reply(good);
      setTimeout(() => reply(good), 2);
    };
    expect((await transact(link, readHolding(1, 5, 2), within(300))).ok).toBe(true);
    await sleep(20);
    expect(link.counters.strayBytes).toBe(9);
  });

  test("a silent unit among others → they keep their turns", async () => {
    line.answer = ({ frame, reply, good }) => {
      if (frame[0] === 2) return;
      reply(good);
    };
    const silent = transact(link, readHolding(2, 1, 1), within(2_000), 100);
    const before = clock();
    for (let i = 0; i < 5; i += 1) expect((await transact(link, readHolding(1, i, 1), within(500))).ok).toBe(true);
    expect(await silent).toEqual({ ok: false, error: "timeout" });
    expect(clock() - before).toBeLessThan(200);
  });

  test("a write whose echo names another address → wrong-echo", async () => {
    line.answer = ({ reply, good }) => reply(withChecksum(changed(good, 3).subarray(0, -2)));
    expect(await transact(link, writeMultiple(1, 40, 2), within(200))).toEqual({ ok: false, error: "wrong-echo" });
    expect(link.state).toBe("open");
  });

  test("an exception → its code, and the line stays", async () => {
    line.answer = ({ reply }) => reply(withChecksum(Buffer.from([1, 0x83, 2])));
    const exchange = readHolding(1, 60_000, 1);
    expect(await transact(link, exchange, within(200))).toEqual({ ok: false, error: "exception" });
    expect(exchange.exceptionCode).toBe(2);
    expect(link).toMatchObject({ state: "open", counters: { exceptions: 1, reconnects: 0 } });
  });

  test("a write without acknowledgement → write-timeout, what waits behind it is never sent", async () => {
    line.answer = () => {};
    const writes = [writeMultiple(1, 40, 1), writeMultiple(1, 41, 1)];
    const outcomes = await Promise.all(writes.map((exchange) => transact(link, exchange, within(40))));
    expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.error)).toSorted()).toEqual([
      "not-sent",
      "write-timeout",
    ]);
    expect(line.requests.map((frame) => frame.readUInt16BE(2))).toEqual([40]);
  });

  test("a reply that comes after its deadline → never taken for the answer to a later request", async () => {
    const late: SerialRequest[] = [];
    line.answer = (request) => late.push(request);
    const exchange = readHolding(1, 111, 1);
    expect((await transact(link, exchange, within(30))).ok).toBe(false);
    // It arrives while the line is silent, before the next request.
    setTimeout(() => late[0]!.reply(late[0]!.good), 20);
    line.answer = ({ reply, good }) => reply(good);
    await sleep(5);
    expect(await whenOpen(link, within(3_000), clock)).toBe(true);
    const next = readHolding(1, 222, 1);
    expect((await transact(link, next, within(500))).ok).toBe(true);
    expect(next.word(0)).toBe(222);
    // Late is not stray: nobody has to look for a second device on the line.
    expect(link.counters).toMatchObject({ strayBytes: 0, lateReplies: 1 });
  });
});
