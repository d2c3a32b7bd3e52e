/**
 * A line that carries bytes both ways, as Modbus RTU needs it: a serial port, or a TCP connection to a gateway that passes
 * bytes through. Framing and turns are the link's (`rtu-link.ts`).
 */
import { execFile } from "node:child_process";
import { constants, open as openFile, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { ReadStream } from "node:tty";

/** A line of bytes, serial or over the network, and how long a character takes on it, ms. */
export interface ByteLine {
  /** For people: `rtu /dev/ttyUSB0`. */
  readonly name: string;
  /** Milliseconds that one character takes; 0 where the line's speed is not known. */
  readonly characterMs: number;
  /** `lost` is called once when an open line ends by itself. The promise fails with a sentence. */
  open(received: (bytes: Buffer) => void, lost: () => void): Promise<void>;
  write(bytes: Buffer): void;
  /** Resolves when nothing of the old connection is left: only then may it be opened again. */
  close(): Promise<void>;
}

/** A serial port: path, baud rate, parity, stop bits. */
export interface SerialSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Bits of one character on the wire: start, eight data, parity, stop. */
export const characterBits = ({ parity, stopBits }: SerialSettings): number =>
  9 + (parity === "none" ? 0 : 1) + stopBits;

const sttyTimeoutMs = 1_000;

/** Arguments of `stty` for raw bytes at the line's speed, without flow control and without waiting for a carrier. */
export const sttyArguments = ({ path, baudRate, parity, stopBits }: SerialSettings): string[] => [
  "-F",
  path,
  String(baudRate),
  "raw",
  "-echo",
  "clocal",
  "cread",
  "-crtscts",
  "-hupcl",
  "cs8",
  ...(parity === "none" ? ["-parenb"] : ["parenb", parity === "odd" ? "parodd" : "-parodd"]),
  stopBits === 2 ? "cstopb" : "-cstopb",
  "min",
  "1",
  "time",
  "0",
];

/**
 * A serial port through the operating system's own terminal interface: `stty` (coreutils) sets it up, the runtime's event
 * loop reads and writes it. No native addon, so it may live in the control thread. Opened by path each time: an adapter
 * that was unplugged comes back, under /dev/serial/by-id even with another number.
 */
export class SerialLine implements ByteLine {
  readonly name: string;
  readonly characterMs: number;
  readonly #settings: SerialSettings;
  #stream: ReadStream | undefined;
  #fd = -1;

  constructor(settings: SerialSettings) {
    this.name = `rtu ${settings.path}`;
    this.#settings = settings;
    this.characterMs = (1_000 * characterBits(settings)) / settings.baudRate;
  }

  async open(received: (bytes: Buffer) => void, lost: () => void): Promise<void> {
    await runStty(this.#settings);
    const fd = await openNonBlocking(this.#settings.path);
    const stream = new ReadStream(fd);
    this.#stream = stream;
    this.#fd = fd;
    stream.on("data", (bytes: Buffer) => {
      if (this.#stream === stream) received(bytes);
    });
    const ended = () => {
      if (this.#stream === stream) lost();
    };
    stream.on("error", ended);
    stream.on("end", ended);
    stream.on("close", ended);
  }

  write(bytes: Buffer): void {
    // A request is at most 256 bytes and the line is idle: the driver's buffer of some kilobytes always takes it whole.
    writeSync(this.#fd, bytes);
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#fd = -1;
    if (stream === undefined || stream.closed) return Promise.resolve();
    return new Promise((resolve) => {
      stream.once("close", () => resolve());
      stream.destroy();
    });
  }
}

function runStty(settings: SerialSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile("stty", sttyArguments(settings), { timeout: sttyTimeoutMs }, (failure, _out, errors) => {
      if (failure === null) resolve();
      else reject(new Error(errors.trim() || failure.message));
    });
  });
}

function openNonBlocking(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openFile(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK, (failure, fd) => {
      if (failure === null) resolve(fd);
      else reject(failure);
    });
  });
}

/** Serial bytes through a TCP connection to a transparent gateway (RTU over TCP). */
export class TcpLine implements ByteLine {
  readonly name: string;
  readonly characterMs = 0;
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.name = `rtu-over-tcp ${host}:${port}`;
    this.#host = host;
    this.#port = port;
  }

  open(received: (bytes: Buffer) => void, lost: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
      this.#socket = socket;
      let opened = false;
      socket.on("connect", () => {
        opened = true;
        resolve();
      });
      socket.on("data", (bytes: Buffer) => {
        if (this.#socket === socket) received(bytes);
      });
      socket.on("error", (failure) => {
        if (!opened) reject(failure);
      });
      const ended = () => {
        if (!opened) reject(new Error("closed before it was open"));
        else if (this.#socket === socket) lost();
      };
      socket.on("end", ended);
      socket.on("close", ended);
    });
  }

  write(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined || socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("close", () => resolve());
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    });
  }
}
