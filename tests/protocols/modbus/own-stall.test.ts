/** A thread that stood still must not take its own absence for the silence of a device. */
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { Deadlines } from "../../../src/protocols/modbus/deadlines.ts";
import { readHolding, writeMultiple } from "../../../src/protocols/modbus/exchange.ts";
import { transact, whenOpen } from "../../../src/protocols/modbus/link.ts";
import { TcpLink } from "../../../src/protocols/modbus/tcp-link.ts";
import { longestStallMs } from "../../lib/standstill.ts";

const clock = (): number => performance.now();
const stand = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** A peer in a thread of its own: answers reads with zeros and acknowledges writes, at once, or swallows everything. */
const peerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const server = require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (frame) => {
    if (workerData.silent) return;
    const write = frame[7] === 16;
    const count = frame.readUInt16BE(10);
    const pdu = write ? frame.subarray(7, 12) : Buffer.concat([Buffer.from([frame[7], 2 * count]), Buffer.alloc(2 * count)]);
    const reply = Buffer.alloc(7 + pdu.length);
    frame.copy(reply, 0, 0, 2);
    reply.writeUInt16BE(1 + pdu.length, 4);
    reply[6] = frame[6];
    pdu.copy(reply, 7);
    socket.write(reply);
  });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let worker: Worker;
let link: TcpLink;

async function open(silent: boolean): Promise<void> {
  worker = new Worker(peerSource, { eval: true, workerData: { silent } });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  link = new TcpLink("127.0.0.1", port, new Deadlines(clock));
  expect(await whenOpen(link, clock() + 5_000, clock)).toBe(true);
}

afterEach(async () => {
  link.shut();
  await worker.terminate();
});

for (const [name, make] of [
  ["a read", () => readHolding(1, 0, 4)],
  ["a write", () => writeMultiple(1, 0, 2)],
] as const) {
  test(`${name} that was answered while the thread stood still → taken, the connection stays`, async () => {
    await open(false);
    const done = transact(link, make(), clock() + 20);
    stand(300);
    expect((await done).ok).toBe(true);
    expect(link.counters.reconnects).toBe(0);
  });
}

test("a write that nobody answered → given up after the stall all the same", async () => {
  await open(true);
  const done = transact(link, writeMultiple(1, 0, 2), clock() + 20);
  stand(300);
  const fromMs = clock();
  expect(await done).toEqual({ ok: false, error: "write-timeout" });
  // The stall that was made here has ended by then; others are the machine's.
  expect(clock() - fromMs).toBeLessThan(200 + longestStallMs(fromMs + 50));
});
