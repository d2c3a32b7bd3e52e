/**
 * A TLS server that asks a vehicle for its certificate only where its protocol has one: ISO 15118-20 is spoken over TLS 1.3 with
 * certificates on both sides, ISO 15118-2 over TLS 1.2 with the charger's alone, and vehicles of that kind need not be able to
 * answer the question. Which of the two a vehicle is, its first message says, before anything is answered.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";

/** The first message has come, and the handshake is through, each within this. */
const handshakeMaxMs = 10_000;
/** One record: a first message that is longer is none of a vehicle's. */
const recordBytesMax = 16_384;
const headBytes = 5;

const handshakeRecord = 22;
const clientHello = 1;
const supportedVersions = 43;
const tls13 = 0x0304;

/** Whether a client's first bytes offer TLS 1.3; undefined while they are not all there. What is no hello offers nothing. */
export function offersTls13(bytes: Uint8Array): boolean | undefined {
  if (bytes.length < headBytes) return bytes.length > 0 && bytes[0] !== handshakeRecord ? false : undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(3);
  if (bytes[0] !== handshakeRecord || length > recordBytesMax) return false;
  if (bytes.length < headBytes + length) return undefined;
  try {
    return versionsOf(new DataView(bytes.buffer, bytes.byteOffset + headBytes, length)).includes(tls13);
  } catch (thrown) {
    // Lengths that lead out of the record.
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/** Versions that a hello lists beside its own, old one. */
function versionsOf(hello: DataView): number[] {
  if (hello.getUint8(0) !== clientHello) return [];
  // Kind and length, version, random; then three lists before the extensions.
  let at = 4 + 2 + 32;
  at += 1 + hello.getUint8(at);
  at += 2 + hello.getUint16(at);
  at += 1 + hello.getUint8(at);
  const end = at + 2 + hello.getUint16(at);
  at += 2;
  while (at + 4 <= end) {
    const kind = hello.getUint16(at);
    const bytes = hello.getUint16(at + 2);
    if (kind === supportedVersions)
      return Array.from({ length: hello.getUint8(at + 4) >> 1 }, (_, i) => hello.getUint16(at + 5 + 2 * i));
    at += 4 + bytes;
  }
  return [];
}

export interface TlsGate {
  /** To listen with. */
  readonly server: Server;
  /** Another certificate, or other roots, from the next handshake on; whether certificates are asked for changes with it. */
  secure(options: TlsOptions): void;
  /** Ends connections that have not said anything yet. */
  drop(): void;
}

export function createTlsGate(options: TlsOptions, onSecure: (socket: TLSSocket) => void): TlsGate {
  let asks = options.requestCert === true;
  const serverThat = (requestCert: boolean) => {
    const server = createTlsServer({ ...options, requestCert, handshakeTimeout: handshakeMaxMs }, onSecure);
    server.on("tlsClientError", (_, socket) => socket.destroy());
    return server;
  };
  const asking = serverThat(true);
  const trusting = serverThat(false);
  const waiting = new Set<Socket>();

  function greet(socket: Socket): void {
    let came = Buffer.alloc(0);
    const end = (): void => void socket.destroy();
    const timer = setTimeout(end, handshakeMaxMs);
    const isOver = (): void => {
      clearTimeout(timer);
      waiting.delete(socket);
    };
    waiting.add(socket);
    socket.on("error", end);
    socket.on("close", isOver);
    socket.on("data", function look(bytes: Buffer) {
      came = Buffer.concat([came, bytes]);
      const offers = offersTls13(came);
      if (offers === undefined) return;
      socket.off("data", look);
      socket.pause();
      isOver();
      socket.unshift(came);
      (asks && offers ? asking : trusting).emit("connection", socket);
    });
  }

  return {
    server: createServer(greet),
    secure(newest) {
      asks = newest.requestCert === true;
      asking.setSecureContext(newest);
      trusting.setSecureContext(newest);
    },
    drop() {
      for (const socket of waiting) socket.destroy();
    },
  };
}
