/** A serial port through the operating system, with a pair of pseudo-terminals in place of a wire. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { constants, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { afterEach, describe, expect, test } from "vitest";
import { characterBits, SerialLine, sttyArguments } from "../../../src/protocols/modbus/byte-line.ts";
import { Deadlines } from "../../../src/protocols/modbus/deadlines.ts";
import { readHolding } from "../../../src/protocols/modbus/exchange.ts";
import { transact, whenOpen } from "../../../src/protocols/modbus/link.ts";
import { RtuLink } from "../../../src/protocols/modbus/rtu-link.ts";
import { longestStallMs } from "../../lib/standstill.ts";
import { goodReply } from "./serial-line.ts";

const clock = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const within = (ms: number): number => clock() + ms;
const hasPair = spawnSync("socat", ["-V"]).status === 0 && spawnSync("stty", ["--version"]).status === 0;
const wire = hasPair ? describe : describe.skip;
const settings = { baudRate: 19_200, parity: "none", stopBits: 1 } as const;

test("eight data bits, parity and stop bits make a character; stty is told all of them", () => {
  expect(characterBits({ path: "", baudRate: 9_600, parity: "none", stopBits: 1 })).toBe(10);
  expect(characterBits({ path: "", baudRate: 9_600, parity: "even", stopBits: 1 })).toBe(11);
  const told = sttyArguments({ path: "/dev/ttyUSB0", baudRate: 38_400, parity: "odd", stopBits: 2 }).join(" ");
  expect(told).toContain("-F /dev/ttyUSB0 38400 raw");
  expect(told).toContain("parenb parodd cstopb");
});

/** Two ends of a wire and a device at the far one that answers after `delayMs`. */
class Wire {
  readonly folder = mkdtempSync(join(tmpdir(), "islet-serial-"));
  readonly near = join(this.folder, "near");
  delayMs = 5;
  requests = 0;
  #socat: ChildProcess | undefined;
  #device: ReadStream | undefined;

  async plug(): Promise<void> {
    const far = join(this.folder, "far");
    this.#socat = spawn("socat", [`pty,raw,echo=0,link=${this.near}`, `pty,raw,echo=0,link=${far}`], {
      stdio: "ignore",
    });
    for (let i = 0; i < 200 && !(existsSync(this.near) && existsSync(far)); i += 1) await sleep(10);
    const fd = openSync(far, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const device = new ReadStream(fd);
    this.#device = device;
    let pending = Buffer.alloc(0);
    device.on("error", () => undefined);
    device.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      if (pending.length < 8) return;
      const reply = goodReply(pending.subarray(0, 8));
      pending = Buffer.alloc(0);
      this.requests += 1;
      setTimeout(() => !device.destroyed && writeSync(fd, reply), this.delayMs);
    });
  }

  async unplug(): Promise<void> {
    this.#device?.destroy();
    this.#socat?.kill();
    for (let i = 0; i < 200 && existsSync(this.near); i += 1) await sleep(10);
  }

  async end(): Promise<void> {
    await this.unplug();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

wire(`a serial port (needs socat and stty)`, () => {
  let wire: Wire;
  let link: RtuLink;
  const start = async (): Promise<void> => {
    wire = new Wire();
    await wire.plug();
    link = new RtuLink(new SerialLine({ path: wire.near, ...settings }), new Deadlines(clock));
    expect(await whenOpen(link, within(3_000), clock)).toBe(true);
  };
  afterEach(async () => {
    link.shut();
    await wire.end();
  });

  test("replies are seen when they come, also when nothing else happens", async () => {
    await start();
    for (const delayMs of [5, 200, 600]) {
      wire.delayMs = delayMs;
      const exchange = readHolding(1, 100, 4);
      const before = clock();
      expect((await transact(link, exchange, within(3_000), 2_000)).ok).toBe(true);
      expect(exchange.word(3)).toBe(103);
      expect(clock() - before).toBeLessThan(delayMs + 150 + longestStallMs(before));
    }
  });

  test("many reads one after the other → none lost, none late", async () => {
    await start();
    for (let i = 0; i < 60; i += 1) {
      const exchange = readHolding(1, i, 2);
      expect((await transact(link, exchange, within(2_000), 1_000)).ok).toBe(true);
      expect(exchange.word(0)).toBe(i);
    }
    expect(link.counters).toMatchObject({ timeouts: 0, malformed: 0, reconnects: 0 });
  });

  test("the adapter unplugged and plugged in again (yaacov#240, mqmgateway#9) → back by its path", async () => {
    await start();
    await wire.unplug();
    const lostMs = clock();
    while (link.state === "open" && clock() - lostMs < 2_000) await sleep(10);
    expect(await whenOpen(link, within(500), clock)).toBe(false);
    expect(link.openFailure).toMatch(/no such file/i);
    await wire.plug();
    expect(await whenOpen(link, within(4_000), clock)).toBe(true);
    const exchange = readHolding(1, 40, 2);
    expect((await transact(link, exchange, within(2_000), 1_000)).ok).toBe(true);
    expect(exchange.word(1)).toBe(41);
  });
});
