/**
 * An RS-485 line at a real speed behind a pair of pseudo-terminals: several units, one exchange at a time, each byte takes its
 * time. Whoever speaks while another exchange is under way has caused a collision. Needs socat and stty.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { constants, existsSync, mkdtempSync, openSync, realpathSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { until } from "../site/judge.ts";
import { answerTo, type RegisterDevice, type WireWrite } from "../site/modbus-server.ts";
import { sealed } from "../site/rtu.ts";

export const hasSerialPair = spawnSync("socat", ["-V"]).status === 0 && spawnSync("stty", ["--version"]).status === 0;

/** Start, eight data, stop. */
const bitsPerByte = 10;
const wholeRequest = 8;

/** Bytes of a request from unit to checksum; NaN while that is not known. */
function requestLength(bytes: Buffer): number {
  if (bytes.length < 2) return Number.NaN;
  if (bytes[1] !== 15 && bytes[1] !== 16) return wholeRequest;
  return bytes.length < 7 ? Number.NaN : 9 + bytes[6]!;
}

export class SerialLine {
  readonly folder = mkdtempSync(join(tmpdir(), "islet-line-"));
  readonly path = join(this.folder, "near");
  readonly units: ReadonlyMap<number, RegisterDevice>;
  readonly writes: WireWrite[] = [];
  readonly reads: { readonly atMs: number; readonly unit: number; readonly address: number }[] = [];
  readonly refused: {
    readonly atMs: number;
    readonly unit: number;
    readonly address: number;
    readonly code: number;
  }[] = [];
  /** Units that do not answer. */
  readonly silent = new Set<number>();
  collisions = 0;
  readonly #byteMs: number;
  readonly #turnaroundMs: () => number;
  #freeAtMs = 0;
  #socat: ChildProcess | undefined;
  /** Keeps the number that the adapter had from being given to it again. */
  #other: ChildProcess | undefined;
  #end: ReadStream | undefined;

  constructor(units: ReadonlyMap<number, RegisterDevice>, baudRate: number, turnaroundMs: () => number) {
    this.units = units;
    this.#byteMs = (1_000 * bitsPerByte) / baudRate;
    this.#turnaroundMs = turnaroundMs;
  }

  async plug(): Promise<void> {
    const far = join(this.folder, "far");
    this.#socat = spawn("socat", [`pty,raw,echo=0,link=${this.path}`, `pty,raw,echo=0,link=${far}`], {
      stdio: "ignore",
    });
    await until(() => existsSync(this.path) && existsSync(far), 3_000, 10);
    const fd = openSync(far, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const end = new ReadStream(fd);
    this.#end = end;
    let pending: Buffer = Buffer.alloc(0);
    end.on("error", () => undefined);
    end.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      const length = requestLength(pending);
      if (!(pending.length >= length)) return;
      const request = pending.subarray(0, length);
      pending = Buffer.alloc(0);
      this.#serve(Buffer.from(request), (reply) => !end.destroyed && writeSync(fd, reply));
    });
  }

  async unplug(): Promise<void> {
    this.#end?.destroy();
    this.#socat?.kill();
    await until(() => !existsSync(this.path), 3_000, 10);
  }

  /** The device behind the path, as udev's link to it has it: another number after `plugElsewhere`. */
  get device(): string {
    return realpathSync(this.path);
  }

  /** Plugged in again while something else has taken its number: the path leads to another device. */
  async plugElsewhere(): Promise<void> {
    const taken = join(this.folder, "taken");
    this.#other = spawn("socat", [`pty,raw,echo=0,link=${taken}`, "pty,raw,echo=0"], { stdio: "ignore" });
    await until(() => existsSync(taken), 3_000, 10);
    await this.plug();
  }

  async remove(): Promise<void> {
    await this.unplug();
    this.#other?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #serve(request: Buffer, reply: (bytes: Buffer) => void): void {
    const nowMs = performance.now();
    if (nowMs < this.#freeAtMs - 1) {
      this.collisions += 1;
      return;
    }
    const unit = request[0]!;
    const device = this.units.get(unit);
    if (device === undefined || this.silent.has(unit) || !sealed(request.subarray(0, -2)).equals(request)) return;
    const requestMs = request.length * this.#byteMs + this.#turnaroundMs();
    this.#freeAtMs = nowMs + requestMs;
    setTimeout(() => {
      const body = answerTo(device, unit, request.subarray(1, -2), (write) => this.writes.push(write), 125);
      const address = request.readUInt16BE(2);
      if (body[0]! >= 0x80) this.refused.push({ atMs: performance.now(), unit, address, code: body[1]! });
      else if (body[0]! <= 4) this.reads.push({ atMs: performance.now(), unit, address });
      const frame = sealed(Buffer.concat([Buffer.from([unit]), body]));
      const frameMs = frame.length * this.#byteMs;
      this.#freeAtMs = performance.now() + frameMs;
      setTimeout(() => reply(frame), frameMs);
    }, requestMs);
  }
}
