/**
 * Frames that no vehicle sends, against a charger that listens: mutated messages at every step of whole sessions, frames of
 * noise, wrong headers, floods, half-open connections; over TCP and inside TLS. Beside it another place whose vehicle must not
 * notice. The same seed sends the same frames.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { VehicleOptions } from "../../sim/peers/vehicle/steps.ts";
import { driveSession, type Stream } from "../../sim/peers/vehicle/vehicle.ts";
import { Random } from "../../sim/random.ts";
import type { Session } from "../../src/protocols/iso15118/sessions/session.ts";
import { frameOf } from "../../src/protocols/iso15118/transport/frames.ts";
import { startVehicleListener, type VehicleListener } from "../../src/protocols/iso15118/transport/listener.ts";
import { certificate } from "../protocols/iso15118/contracts/pki.ts";
import { chargerFacts, obey } from "../protocols/iso15118/sessions/charger.ts";

export interface FuzzOptions {
  /** Frames that are sent in all. */
  readonly frames: number;
  /** Of which inside TLS. */
  readonly tlsShare: number;
  readonly seed: number;
  readonly onProgress?: (sent: number) => void;
}

export interface FuzzResult {
  readonly frames: number;
  readonly connections: number;
  readonly tlsFrames: number;
  /** Sessions of the undisturbed place, and those that did not complete. */
  readonly goodSessions: number;
  readonly badSessions: readonly string[];
  /** Ticks in which contactors were closed although no session was in its loop. */
  readonly closedWithoutLoop: number;
  readonly heapBeforeMb: number;
  readonly heapAfterMb: number;
  /** Connections that the attacked charger still holds at the end. */
  readonly left: number;
  readonly seconds: number;
}

/** Attackers at a time; a charger takes four connections. */
const attackers = 3;
const vehicles: readonly Partial<VehicleOptions>[] = [
  { protocol: "DIN SPEC 70121", bidirectional: false },
  { protocol: "ISO 15118-2", bidirectional: false },
  { protocol: "ISO 15118-20", bidirectional: true },
  { protocol: "ISO 15118-20", bidirectional: true, scheduled: true },
];
const base: VehicleOptions = {
  protocol: "ISO 15118-20",
  bidirectional: true,
  voltageV: 400,
  rounds: 3,
  currentA: 60,
  unixS: () => 1_780_000_000,
};

interface Place {
  readonly listener: VehicleListener;
  readonly sessions: Set<Session>;
  readonly count: { closedWithoutLoop: number; ended: number };
}

async function openPlace(tls?: { cert: string; key: string }): Promise<Place> {
  const facts = chargerFacts({ minW: -60_000, setpointW: 5_000 });
  const count = { closedWithoutLoop: 0, ended: 0 };
  const sessions = new Set<Session>();
  const listener = await startVehicleListener({
    host: "127.0.0.1",
    port: 0,
    tls: tls && { port: 0, ...tls },
    iso20Plain: true,
    facts,
    now: () => performance.now(),
    onSession(session) {
      if (session.end === "") sessions.add(session);
      else sessions.delete(session);
      obey(facts, session.order);
      const inEnergy = ["loop", "loopDc", "precharging", "precharged"].includes(session.state);
      if (facts.contactorsClosed && !inEnergy) count.closedWithoutLoop++;
    },
    onEnd(_, session) {
      count.ended++;
      if (session !== undefined) sessions.delete(session);
    },
  });
  return { listener, sessions, count };
}

function streamOf(socket: Socket): Stream & { readonly isClosed: () => boolean } {
  const came: Uint8Array[] = [];
  let closed = false;
  let wake = (): void => undefined;
  const end = (): void => {
    closed = true;
    wake();
  };
  socket.on("data", (bytes: Buffer) => {
    came.push(bytes);
    wake();
  });
  socket.on("close", end);
  socket.on("error", end);
  return {
    isClosed: () => closed,
    send: (bytes) => void (closed || socket.write(bytes)),
    async next() {
      while (came.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
      return came.shift();
    },
  };
}

/** An attacker waits for an answer as long as this, ms. */
const answerMaxMs = 30;
const nothingFor = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());

const below = (random: Random, most: number): number => Math.floor(random.uniform() * most);

/** Bits, bytes, lengths, types: a frame that is nearly one. */
function mutate(random: Random, frame: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(frame);
  switch (below(random, 8)) {
    case 0:
      bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
      return bytes;
    case 1:
      for (let i = 8; i < bytes.length; i++) bytes[i] = below(random, 256);
      return bytes;
    case 2:
      return bytes.subarray(0, 8 + below(random, Math.max(1, bytes.length - 8)));
    case 3:
      bytes[4 + below(random, 4)] = below(random, 256);
      return bytes;
    case 4:
      bytes[2] = below(random, 2) === 0 ? 0x80 : below(random, 256);
      bytes[3] = below(random, 256);
      return bytes;
    case 5: {
      const more = new Uint8Array(below(random, 2_000));
      for (let i = 0; i < more.length; i++) more[i] = below(random, 256);
      return frameOf(0x8001 + below(random, 4), more);
    }
    default:
      // Behind the header alone: most of what decodes wrongly, or rightly to something else.
      for (let i = 0; i < 1 + below(random, 4); i++)
        bytes[8 + below(random, Math.max(1, bytes.length - 8))] = below(random, 256);
      return bytes;
  }
}

/** Attacks until so many frames have gone out. */
export async function fuzz({ frames, tlsShare, seed, onProgress }: FuzzOptions): Promise<FuzzResult> {
  const made = certificate({ name: "localhost" });
  const tls = { cert: made.pem, key: made.key.export({ type: "pkcs8", format: "pem" }).toString() };
  const attacked = await openPlace(tls);
  const quiet = await openPlace();
  const fromMs = performance.now();
  const sent = { frames: 0, tlsFrames: 0, connections: 0 };
  let going = true;

  const goodSessions = { count: 0, bad: [] as string[] };
  async function charge(): Promise<void> {
    for (let i = 0; going || i === 0; i++) {
      const socket = connect(quiet.listener.tcpPort!, "127.0.0.1");
      await once(socket, "connect");
      const result = await driveSession(streamOf(socket), { ...base, ...vehicles[i % vehicles.length], rounds: 10 });
      socket.destroy();
      goodSessions.count++;
      if (!result.complete) goodSessions.bad.push(result.trouble);
      // A vehicle pauses between two sessions; the machine is for the attack.
      await new Promise<void>((resolve) => setTimeout(resolve, 50));
    }
  }

  async function attackOnce(random: Random): Promise<void> {
    const inTls = random.uniform() < tlsShare;
    const { tcpPort, tlsPort } = attacked.listener;
    const socket = inTls
      ? connectTls({ port: tlsPort!, host: "127.0.0.1", rejectUnauthorized: false })
      : connect(tcpPort!, "127.0.0.1");
    sent.connections++;
    const stream = streamOf(socket);
    const count = (number: number): void => {
      sent.frames += number;
      if (inTls) sent.tlsFrames += number;
    };
    try {
      await Promise.race([
        once(socket, inTls ? "secureConnect" : "connect"),
        new Promise((_, reject) => socket.once("close", reject)),
      ]);
      const kind = below(random, 10);
      const options = { ...base, ...vehicles[below(random, vehicles.length)] };
      if (kind < 8) {
        // A vehicle whose frames go wrong from some step on, several for one.
        const goodFor = below(random, 14);
        let step = 0;
        const several = 1 + below(random, 60);
        await driveSession(
          {
            // A charger that waits for the rest of a frame says nothing: the attacker does not wait for it.
            next: () => Promise.race([stream.next(), nothingFor(answerMaxMs)]),
            send(bytes) {
              if (step++ < goodFor) return stream.send(bytes);
              const wrong = Array.from({ length: several }, () => mutate(random, bytes));
              count(several);
              stream.send(Buffer.concat(wrong));
            },
          },
          options,
        );
      } else {
        const noise = Array.from({ length: 20 }, () =>
          mutate(
            random,
            frameOf(
              0x8001,
              new Uint8Array(40).map(() => below(random, 256)),
            ),
          ),
        );
        count(noise.length);
        // In pieces, and left half-open now and then.
        for (const piece of noise) stream.send(piece);
        if (below(random, 4) > 0) await Promise.race([stream.next(), new Promise((resolve) => setTimeout(resolve, 5))]);
      }
    } catch {
      // Closed before it was open: the charger has enough.
    } finally {
      socket.destroy();
    }
  }

  async function attack(number: number): Promise<void> {
    const random = new Random(seed * 1_000 + number);
    while (sent.frames < frames) {
      await attackOnce(random);
      onProgress?.(sent.frames);
    }
  }

  const good = charge();
  // What is compiled and kept at first is no leak.
  await Promise.all(Array.from({ length: attackers }, (_, i) => attackFor(i)));
  async function attackFor(i: number): Promise<void> {
    const random = new Random(seed * 7_000 + i);
    for (let n = 0; n < 60; n++) await attackOnce(random);
  }
  globalThis.gc?.();
  const heapBeforeMb = process.memoryUsage().heapUsed / 1e6;
  await Promise.all(Array.from({ length: attackers }, (_, i) => attack(i)));
  going = false;
  await good;
  // Half-open connections are closed by the charger; those of the attack are gone already.
  await new Promise<void>((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  const heapAfterMb = process.memoryUsage().heapUsed / 1e6;
  const left = attacked.sessions.size;
  const closedWithoutLoop = attacked.count.closedWithoutLoop;
  await attacked.listener.stop();
  await quiet.listener.stop();
  return {
    ...sent,
    goodSessions: goodSessions.count,
    badSessions: goodSessions.bad,
    closedWithoutLoop,
    heapBeforeMb,
    heapAfterMb,
    left,
    seconds: (performance.now() - fromMs) / 1000,
  };
}
