import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Deadlines } from "../../../src/protocols/modbus/deadlines.ts";
import { Exchange, readHolding, writeMultiple } from "../../../src/protocols/modbus/exchange.ts";
import type { ModbusFault } from "../../../src/protocols/modbus/faults.table.ts";
import { transact, whenOpen } from "../../../src/protocols/modbus/link.ts";
import { TcpLink } from "../../../src/protocols/modbus/tcp-link.ts";
import { Peer, type PeerRequest } from "./peer.ts";

const clock = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let peer: Peer;
let link: TcpLink;
let port: number;

const open = async (firstId = 1): Promise<void> => {
  link = new TcpLink("127.0.0.1", port, new Deadlines(clock), { firstId });
  expect(await whenOpen(link, clock() + 1_000, clock)).toBe(true);
};
const within = (ms: number): number => clock() + ms;

beforeEach(async () => {
  peer = new Peer();
  port = await peer.listen();
});
afterEach(async () => {
  link.shut();
  await peer.close();
});

describe("good replies", () => {
  test("a read → the registers, in order", async () => {
    await open();
    const exchange = readHolding(7, 1_000, 5);
    expect((await transact(link, exchange, within(500))).ok).toBe(true);
    expect([0, 1, 2, 3, 4].map((i) => exchange.word(i))).toEqual([1_000, 1_001, 1_002, 1_003, 1_004]);
    expect(peer.requests[0]!.frame.subarray(2)).toEqual(Buffer.from([0, 0, 0, 6, 7, 3, 3, 0xe8, 0, 5]));
  });

  test("writes of one and of several registers → acknowledged", async () => {
    await open();
    const several = writeMultiple(1, 40, 2);
    several.setWord(0, 0x1234);
    several.setWord(1, 0xabcd);
    const one = new Exchange(1, 6, 41, 1);
    one.setWord(0, 99);
    expect((await transact(link, several, within(500))).ok).toBe(true);
    expect((await transact(link, one, within(500))).ok).toBe(true);
    expect(peer.requests[0]!.frame.subarray(7)).toEqual(Buffer.from([16, 0, 40, 0, 2, 4, 0x12, 0x34, 0xab, 0xcd]));
    expect(peer.requests[1]!.frame.subarray(7)).toEqual(Buffer.from([6, 0, 41, 0, 99]));
  });

  test("a reply in single bytes, and two replies in one piece → both taken", async () => {
    await open();
    peer.answer = async ({ socket, good }) => {
      for (const byte of good) {
        socket.write(Buffer.from([byte]));
        await sleep(1);
      }
    };
    expect((await transact(link, readHolding(1, 10, 2), within(1_000))).ok).toBe(true);
    const held: PeerRequest[] = [];
    peer.answer = (request) => {
      held.push(request);
      if (held.length === 2) request.socket.write(Buffer.concat(held.map((one) => one.good)));
    };
    const pair = [readHolding(1, 10, 2), readHolding(1, 20, 2)];
    const outcomes = await Promise.all(pair.map((exchange) => transact(link, exchange, within(500))));
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true]);
    expect(pair.map((exchange) => exchange.word(0))).toEqual([10, 20]);
  });

  test("ten requests at once → never more than two in flight, all answered, in order", async () => {
    await open();
    let inFlight = 0;
    let most = 0;
    peer.answer = ({ socket, good }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        socket.write(good);
      }, 3);
    };
    const exchanges = Array.from({ length: 10 }, (_, i) => readHolding(1, 100 + i, 1));
    const outcomes = await Promise.all(exchanges.map((exchange) => transact(link, exchange, within(1_000))));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(most).toBe(2);
    expect(peer.requests.map(({ frame }) => frame.readUInt16BE(8))).toEqual(exchanges.map(({ address }) => address));
  });

  test("transaction identifiers wrap at 16 bits and are never 8 bits wide", async () => {
    await open(0xfffd);
    for (let i = 0; i < 6; i += 1) expect((await transact(link, readHolding(1, i, 1), within(500))).ok).toBe(true);
    expect(peer.requests.map(({ frame }) => frame.readUInt16BE(0))).toEqual([0xfffe, 0xffff, 0, 1, 2, 3]);
  });
});

/** Spoils a good reply; the fault that it must lead to. */
const spoilt: readonly (readonly [string, ModbusFault, (good: Buffer) => Buffer])[] = [
  ["a wrong unit", "wrong-unit", (b) => set(b, 6, b[6]! + 1)],
  ["a wrong function", "wrong-function", (b) => set(b, 7, 4)],
  ["a wrong protocol identifier", "wrong-protocol", (b) => set(b, 3, 1)],
  ["a transaction identifier that we never used", "wrong-transaction", (b) => set(b, 0, b[0]! ^ 0x40)],
  ["one register too few, consistently", "wrong-length", (b) => resized(b, -2)],
  ["one register too many, consistently", "wrong-length", (b) => resized(b, 2)],
  ["a byte count that lies", "wrong-length", (b) => set(b, 8, b[8]! - 2)],
  ["an impossible frame length", "wrong-length", (b) => set(b, 4, 0xff)],
  ["noise", "wrong-protocol", (b) => Buffer.alloc(b.length, 0xa5)],
];

const set = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = value & 0xff;
  return copy;
};
const resized = (bytes: Buffer, by: number): Buffer => {
  const copy = Buffer.concat([bytes, Buffer.alloc(Math.max(0, by))]).subarray(0, bytes.length + by);
  copy.writeUInt16BE(copy.length - 6, 4);
  copy[8] = copy[8]! + by;
  return copy;
};

describe("bad replies", () => {
  for (const [name, fault, spoil] of spoilt) {
    test(`${name} → ${fault}, old registers kept, connection reopened, next read good`, async () => {
      await open();
      const exchange = readHolding(1, 500, 4);
      expect((await transact(link, exchange, within(500))).ok).toBe(true);
      peer.answer = ({ socket, good }) => socket.write(spoil(good));
      const outcome = await transact(link, exchange, within(200));
      expect(outcome).toEqual({ ok: false, error: fault });
      expect(exchange.word(3)).toBe(503);
      peer.answer = ({ socket, good }) => socket.write(good);
      expect(await whenOpen(link, within(1_000), clock)).toBe(true);
      expect((await transact(link, exchange, within(500))).ok).toBe(true);
      expect(peer.connections).toBe(2);
      expect(link.counters).toMatchObject({ reconnects: 1, lastFault: fault });
    });
  }

  test("a write whose echo names another address → wrong-echo, reopened", async () => {
    await open();
    peer.answer = ({ socket, good }) => socket.write(set(good, 9, good[9]! + 1));
    expect(await transact(link, writeMultiple(1, 40, 2), within(200))).toEqual({ ok: false, error: "wrong-echo" });
    expect(await whenOpen(link, within(1_000), clock)).toBe(true);
    expect(peer.connections).toBe(2);
  });

  test("an exception → its code, and the connection stays", async () => {
    await open();
    peer.answer = ({ socket, frame }) => socket.write(Buffer.from([frame[0]!, frame[1]!, 0, 0, 0, 3, 1, 0x83, 2]));
    const exchange = readHolding(1, 60_000, 1);
    expect(await transact(link, exchange, within(200))).toEqual({ ok: false, error: "exception" });
    expect(exchange.exceptionCode).toBe(2);
    expect(link).toMatchObject({ state: "open", counters: { exceptions: 1, reconnects: 0 } });
  });

  test("a reset in the middle of a reply → reset, then good again", async () => {
    await open();
    peer.answer = ({ socket, good }) => {
      socket.write(good.subarray(0, 10));
      setTimeout(() => socket.resetAndDestroy(), 5);
    };
    expect(await transact(link, readHolding(1, 1, 4), within(300))).toEqual({ ok: false, error: "reset" });
    peer.answer = ({ socket, good }) => socket.write(good);
    expect(await whenOpen(link, within(1_000), clock)).toBe(true);
    const exchange = readHolding(1, 1, 4);
    expect((await transact(link, exchange, within(500))).ok).toBe(true);
    expect(exchange.word(0)).toBe(1);
  });
});

describe("deadlines", () => {
  test("a read without reply → timeout at its deadline, connection kept", async () => {
    await open();
    peer.answer = () => {};
    const before = clock();
    expect(await transact(link, readHolding(1, 1, 1), within(40))).toEqual({ ok: false, error: "timeout" });
    expect(clock() - before).toBeGreaterThanOrEqual(40);
    expect(link).toMatchObject({ state: "open", counters: { timeouts: 1 } });
  });

  test("the late reply of a read → thrown away, never taken for a later one", async () => {
    await open();
    const late: PeerRequest[] = [];
    peer.answer = (request) => late.push(request);
    expect((await transact(link, readHolding(1, 111, 1), within(30))).ok).toBe(false);
    peer.answer = ({ socket, good }) => {
      // The old reply goes out first, then the right one.
      for (const { good: old } of late.splice(0)) socket.write(old);
      socket.write(good);
    };
    const exchange = readHolding(1, 222, 1);
    expect((await transact(link, exchange, within(500))).ok).toBe(true);
    expect(exchange.word(0)).toBe(222);
    expect(link.counters).toMatchObject({ lateReplies: 1, reconnects: 0 });
  });

  test("an identifier whose late reply may still come → not used again after the wrap", async () => {
    await open(0x10);
    peer.answer = () => {};
    await transact(link, readHolding(1, 1, 1), within(20));
    const abandonedId = peer.requests[0]!.frame.readUInt16BE(0);
    expect(abandonedId).toBe(0x11);
    peer.answer = ({ socket, good }) => socket.write(good);
    for (let i = 0; i < 65_600; i += 1) {
      const exchange = readHolding(1, i & 0x7fff, 1);
      const outcome = await transact(link, exchange, within(5_000));
      if (!outcome.ok || exchange.word(0) !== (i & 0x7fff)) throw new Error(`read ${i} went wrong`);
      peer.requests.length = 0;
      if (i === 65_500)
        peer.answer = (request) => {
          expect(request.frame.readUInt16BE(0)).not.toBe(abandonedId);
          request.socket.write(request.good);
        };
    }
  });

  test("a write without acknowledgement → the socket is destroyed, what waits behind it is never sent", async () => {
    await open();
    peer.answer = () => {};
    const writes = [writeMultiple(1, 40, 1), writeMultiple(1, 41, 1), writeMultiple(1, 42, 1)];
    const outcomes = await Promise.all(writes.map((exchange) => transact(link, exchange, within(40))));
    expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.error)).toSorted()).toEqual([
      "not-sent",
      "reopened",
      "write-timeout",
    ]);
    await sleep(100);
    expect(peer.requests.map(({ frame }) => frame.readUInt16BE(8))).toEqual([40, 41]);
    expect(link.counters.reconnects).toBe(1);
  });

  test("a write whose deadline passes while it waits for its turn → never sent, even when its turn comes in time", async () => {
    await open();
    const held: PeerRequest[] = [];
    peer.answer = (request) => held.push(request);
    const first = [readHolding(1, 1, 1), readHolding(1, 2, 1)].map((read) => transact(link, read, within(2_000)));
    const late = transact(link, writeMultiple(1, 40, 1), within(30));
    await sleep(10);
    // The thread is held up past the deadline: the replies and the deadline are seen in the same turn.
    for (const { socket, good } of held) socket.write(good);
    const untilMs = clock() + 60;
    while (clock() < untilMs);
    expect(await late).toEqual({ ok: false, error: "not-sent" });
    expect((await Promise.all(first)).map((outcome) => outcome.ok)).toEqual([true, true]);
    await sleep(50);
    expect(peer.requests.map(({ frame }) => frame[7])).toEqual([3, 3]);
    expect(link.counters.notSent).toBe(1);
  });

  test("reads that are swallowed one after the other → the connection is given up", async () => {
    await open();
    peer.answer = () => {};
    for (let i = 0; i < 3; i += 1) await transact(link, readHolding(1, 1, 1), within(15));
    expect(link.counters.reconnects).toBe(1);
  });
});

describe("no connection", () => {
  test("nobody listens → not-connected at once, and attempts that become rarer", async () => {
    await peer.close();
    link = new TcpLink("127.0.0.1", port, new Deadlines(clock));
    const before = clock();
    const exchange = readHolding(1, 1, 1);
    let requests = 0;
    while (clock() - before < 700) {
      expect(await transact(link, exchange, within(50))).toEqual({ ok: false, error: "not-connected" });
      requests += 1;
      await sleep(5);
    }
    expect(requests).toBeGreaterThan(20);
    // at 0, 20, 60, 140, 300, 620 ms: not one for each request
    expect(link.counters.reconnects).toBeLessThanOrEqual(8);
  });

  test("the device appears later → the link finds it", async () => {
    await peer.close();
    link = new TcpLink("127.0.0.1", port, new Deadlines(clock));
    expect(await whenOpen(link, within(100), clock)).toBe(false);
    peer = new Peer();
    await peer.listen(port);
    expect(await whenOpen(link, within(3_000), clock)).toBe(true);
  });

  test("more requests than the queue holds → queue-full, the rest is answered", async () => {
    await open();
    const held: PeerRequest[] = [];
    peer.answer = (request) => held.push(request);
    const exchanges = Array.from({ length: 80 }, (_, i) => readHolding(1, i, 1));
    const outcomes = exchanges.map((exchange) => transact(link, exchange, within(2_000)));
    await sleep(30);
    peer.answer = ({ socket, good }) => socket.write(good);
    for (const { socket, good } of held) socket.write(good);
    const faults = (await Promise.all(outcomes)).map((outcome) => (outcome.ok ? "ok" : outcome.error));
    expect(faults.filter((fault) => fault === "queue-full").length).toBe(80 - 64 - 2);
    expect(faults.filter((fault) => fault === "ok").length).toBe(66);
  });
});

describe("requests that cannot be", () => {
  for (const [name, make] of [
    ["more than 125 registers to read", () => readHolding(1, 0, 126)],
    ["more than 123 registers to write", () => writeMultiple(1, 0, 124)],
    ["no register", () => readHolding(1, 0, 0)],
    ["past the last register", () => readHolding(1, 65_535, 2)],
    ["unit 256", () => readHolding(256, 0, 1)],
  ] as const) {
    test(`${name} → refused when made`, () => {
      expect(make).toThrow(/unit|registers|register/);
    });
  }
});
