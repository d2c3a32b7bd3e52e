/** Vehicles on real sockets: whole sessions over TCP and TLS, several connections, a broken handshake, a vehicle that comes back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VehicleOptions } from "../../sim/peers/vehicle/steps.ts";
import { driveSession, type Stream, type VehicleResult } from "../../sim/peers/vehicle/vehicle.ts";
import { type ContractBackend, createContractDesk } from "../../src/protocols/iso15118/contracts/desk.ts";
import type { ChargerFacts } from "../../src/protocols/iso15118/sessions/contract.ts";
import type { MeterReceipt } from "../../src/protocols/iso15118/sessions/plug-and-charge.ts";
import type { Session } from "../../src/protocols/iso15118/sessions/session.ts";
import {
  type ListenerOptions,
  startVehicleListener,
  type VehicleListener,
} from "../../src/protocols/iso15118/transport/listener.ts";
import { isletFile } from "../lib/islet-file.ts";
import { certificate, hierarchy, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { chargerFacts, obey } from "../protocols/iso15118/sessions/charger.ts";

const patienceMs = 30_000;
const vehicle: VehicleOptions = {
  protocol: "ISO 15118-20",
  bidirectional: true,
  voltageV: 400,
  rounds: 20,
  currentA: 60,
  unixS: () => Date.now() / 1000,
};

let facts: ChargerFacts;
let listener: VehicleListener;
let sessions: Session[];
let ends: string[];
let energyWs: number;
let timer: NodeJS.Timeout;
const sockets: Socket[] = [];

async function listen(more: Partial<ListenerOptions> = {}): Promise<void> {
  listener = await startVehicleListener({
    port: 0,
    host: "127.0.0.1",
    iso20Plain: true,
    facts,
    now: () => performance.now(),
    onSession(session) {
      if (!sessions.includes(session)) sessions.push(session);
      obey(facts, session.order);
    },
    onEnd: (reason) => void ends.push(reason),
    ...more,
  });
}

beforeEach(() => {
  facts = chargerFacts({ minW: -60_000, setpointW: -8_000 });
  sessions = [];
  ends = [];
  energyWs = 0;
  let lastMs = performance.now();
  timer = setInterval(() => {
    const nowMs = performance.now();
    energyWs += (facts.presentVoltageV * facts.presentCurrentA * (nowMs - lastMs)) / 1000;
    lastMs = nowMs;
  }, 2);
});
afterEach(async () => {
  clearInterval(timer);
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.stop();
});

function streamOf(socket: Socket): Stream {
  sockets.push(socket);
  const came: Uint8Array[] = [];
  let closed = false;
  let wake = (): void => {};
  socket.on("data", (bytes: Buffer) => {
    came.push(bytes);
    wake();
  });
  for (const event of ["close", "error"])
    socket.on(event, () => {
      closed = true;
      wake();
    });
  return {
    send: (bytes) => void socket.write(bytes),
    async next() {
      while (came.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
      return came.shift();
    },
  };
}

async function plain(options: Partial<VehicleOptions> = {}): Promise<VehicleResult> {
  const socket = connect(listener.tcpPort!, "127.0.0.1");
  await once(socket, "connect");
  return driveSession(streamOf(socket), { ...vehicle, ...options });
}

describe("whole sessions over TCP", () => {
  it.each<[string, Partial<VehicleOptions>]>([
    ["DIN SPEC 70121", { protocol: "DIN SPEC 70121", bidirectional: false }],
    ["ISO 15118-2 DC", { protocol: "ISO 15118-2", bidirectional: false }],
    ["ISO 15118-2 AC", { protocol: "ISO 15118-2", bidirectional: false, energy: "ac" }],
    ["ISO 15118-20 DC, dynamic", { bidirectional: false }],
    ["ISO 15118-20 DC_BPT, dynamic", {}],
    ["ISO 15118-20 DC, scheduled", { bidirectional: false, scheduled: true }],
    ["ISO 15118-20 DC_BPT, scheduled", { scheduled: true }],
    ["ISO 15118-20 AC, dynamic", { bidirectional: false, energy: "ac" }],
    ["ISO 15118-20 AC_BPT, dynamic", { energy: "ac" }],
    ["ISO 15118-20 AC, scheduled", { bidirectional: false, energy: "ac", scheduled: true }],
    ["ISO 15118-20 AC_BPT, scheduled", { energy: "ac", scheduled: true }],
  ])(
    "%s",
    async (_, options) => {
      if (options.energy === "ac") Object.assign(facts, { connector: "ac3" });
      await listen();
      // A vehicle (Josev's) refuses an answer with a port below the dynamic range.
      expect(listener.tcpPort!).toBeGreaterThanOrEqual(49_152);
      expect(await plain(options)).toMatchObject({ complete: true, trouble: "" });
      expect(sessions.map(({ end }) => end)).toEqual(["stopped"]);
      expect(facts).toMatchObject({ contactorsClosed: false, presentCurrentA: 0 });
    },
    patienceMs,
  );

  it(
    "discharging: energy comes back only while contactors are closed, and the vehicle is told what is wanted",
    async () => {
      await listen();
      const { lastLoop, complete } = await plain({ rounds: 50 });
      expect(complete).toBe(true);
      expect(lastLoop!["BPT_Dynamic_DC_CLResControlMode"]).toMatchObject({
        EVSEMaximumChargePower: { Value: 0 },
        EVSEMaximumDischargePower: { Exponent: 0, Value: 8_000 },
      });
      expect(energyWs).toBeLessThan(0);
    },
    patienceMs,
  );

  it(
    "forty sessions one after another leave nothing behind",
    async () => {
      await listen();
      for (let i = 0; i < 40; i++) expect((await plain({ rounds: 3 })).complete).toBe(true);
      expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(40);
      expect(listener.session).toBeUndefined();
    },
    patienceMs,
  );
});

describe("islet ev", () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      const child = spawn(process.execPath, [isletFile, "ev", ...args]);
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (piece: Buffer) => void (text += piece.toString()));
      child.on("close", (code) => resolve({ code, text }));
    });

  it(
    "goes through a session and prints it; says what stopped it otherwise",
    async () => {
      await listen();
      const at = `127.0.0.1:${listener.tcpPort!}`;
      const good = await run("--connect", at, "--bidirectional");
      expect(good).toMatchObject({ code: 0, text: expect.stringMatching(/The session [0-9a-f]{16} is complete\./) });
      expect(good.text).toContain("DC_ChargeLoop OK");
      facts.authorization = "rejected";
      const refused = await run("--connect", at, "--protocol", "din", "--json");
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.text)).toMatchObject({ complete: false, trouble: "ContractAuthentication: FAILED" });
    },
    patienceMs,
  );
});

describe("one vehicle can't disturb another", () => {
  it(
    "noise, idle connections and too many of them beside a session: it goes on to its end",
    async () => {
      await listen();
      const session = plain({ rounds: 200 });
      for (let i = 0; i < 8; i++) {
        const socket = connect(listener.tcpPort!, "127.0.0.1");
        sockets.push(socket);
        socket.on("error", () => {});
        socket.write(i % 2 === 0 ? "GET / HTTP/1.1\r\n\r\n" : Uint8Array.of(1, 0xfe, 0x80, 1, 0xff, 0xff, 0xff, 0xff));
      }
      expect(await session).toMatchObject({ complete: true });
    },
    patienceMs,
  );

  it(
    "a vehicle that comes back on a new connection: the old session is dropped with power off",
    async () => {
      await listen();
      const first = connect(listener.tcpPort!, "127.0.0.1");
      await once(first, "connect");
      const stuck = driveSession(streamOf(first), { ...vehicle, rounds: 100_000 });
      while (facts.presentCurrentA === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await plain()).toMatchObject({ complete: true });
      expect(await stuck).toMatchObject({ complete: false });
      expect(ends[0]).toBe("the vehicle has opened a newer connection");
      expect(sessions[0]).toMatchObject({ end: "failed", order: { phase: "idle" } });
    },
    patienceMs,
  );

  it(
    "the cable is pulled in the loop: off at once",
    async () => {
      await listen();
      const socket = connect(listener.tcpPort!, "127.0.0.1");
      await once(socket, "connect");
      const stuck = driveSession(streamOf(socket), { ...vehicle, rounds: 100_000 });
      while (facts.presentCurrentA === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
      await stuck;
      const fromMs = performance.now();
      while (facts.contactorsClosed && performance.now() - fromMs < 5_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(facts).toMatchObject({ contactorsClosed: false, presentCurrentA: 0 });
    },
    patienceMs,
  );
});

/** The charger's certificate under the V2G root, the vehicle's under its maker's, and a contract. */
const keys = () => {
  const root = certificate({ name: "V2G root", authority: true });
  const charger = certificate({ name: "localhost", by: root });
  const maker = certificate({ name: "Maker", authority: true });
  const car = certificate({ name: "SIMULATED", by: maker });
  return { root, charger, maker, car, other: certificate({ name: "ANOTHER", by: maker }) };
};
const pemOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }).toString();

describe("over TLS", () => {
  const { root, charger, maker, car, other } = keys();
  const own = { port: 0, cert: charger.pem, key: pemOf(charger) };
  const mutual = { ...own, minVersion: "TLSv1.3", requestCert: true, rejectUnauthorized: true, ca: maker.pem } as const;
  const asCar = (one: Made): object => ({ cert: one.pem, key: pemOf(one) });

  async function overTls(options: Partial<VehicleOptions>, more: object = {}): Promise<VehicleResult> {
    const socket = connectTls({
      port: listener.tlsPort!,
      host: "127.0.0.1",
      ca: root.pem,
      checkServerIdentity: () => undefined,
      ...more,
    });
    await once(socket, "secureConnect");
    return driveSession(streamOf(socket), { ...vehicle, ...options });
  }

  it(
    "-20 over TLS 1.3 with a certificate on both sides, DC and AC; -2 over TLS 1.2",
    async () => {
      await listen({ tls: mutual, iso20Plain: false });
      expect(await overTls({}, asCar(car))).toMatchObject({ complete: true });
      facts.noAcDischarge = "";
      Object.assign(facts, { connector: "ac3" });
      expect(await overTls({ energy: "ac" }, asCar(car))).toMatchObject({ complete: true });
      await listener.stop();
      Object.assign(facts, { connector: "dc" });
      await listen({ tls: { ...own, maxVersion: "TLSv1.2" } });
      expect(await overTls({ protocol: "ISO 15118-2", bidirectional: false }, { maxVersion: "TLSv1.2" })).toMatchObject(
        { complete: true },
      );
    },
    patienceMs,
  );

  it(
    "a certificate is asked of a vehicle that offers TLS 1.3, and of no other one",
    async () => {
      await listen({ tls: { ...mutual, minVersion: "TLSv1.2" }, iso20Plain: false });
      const iso2 = { protocol: "ISO 15118-2", bidirectional: false } as const;
      expect(await overTls(iso2, { maxVersion: "TLSv1.2" })).toMatchObject({ complete: true });
      expect(await overTls({}, asCar(car))).toMatchObject({ complete: true });
      expect(await overTls({}, {}).catch(() => undefined)).not.toMatchObject({ complete: true });
    },
    patienceMs,
  );

  it(
    "Plug & Charge: -2 over TLS 1.2 and -20 over TLS 1.3, without a card, with signed receipts",
    async () => {
      const contract = hierarchy("prime256v1");
      const receipts: MeterReceipt[] = [];
      const backend: ContractBackend = {
        authorize: async () => "accepted",
        certificate: undefined,
        receipt: (receipt) => void receipts.push(receipt),
      };
      const desk = () => createContractDesk({ roots: [contract.root.pem], backend, receiptEveryMs: 50 });
      facts.authorization = "waiting";
      facts.unixS = Date.now() / 1000;
      const owns = {
        contract: {
          emaid: "DEABCC12345678",
          certificate: contract.leaf.der,
          between: contract.between.map(({ der }) => der),
          key: contract.leaf.key,
        },
      };
      await listen({ tls: { ...own, maxVersion: "TLSv1.2" }, desk });
      expect(await overTls({ ...owns, protocol: "ISO 15118-2", bidirectional: false })).toMatchObject({
        complete: true,
        trouble: "",
      });
      await listener.stop();
      await listen({ tls: mutual, iso20Plain: false, desk });
      // One that codes what it signs in the grammar of xmldsig alone.
      const other = { contract: { ...owns.contract, grammar: "xmldsig" } } as const;
      expect(await overTls(other, asCar(car))).toMatchObject({ complete: true, trouble: "" });
      expect(sessions.map(({ vehicle: { emaid } }) => emaid)).toEqual(["DEABCC12345678", "DEABCC12345678"]);
      expect(receipts.length).toBeGreaterThanOrEqual(2);
    },
    patienceMs,
  );

  it(
    "-20: a paused session is joined with the same certificate, and not with another one",
    async () => {
      await listen({ tls: mutual, iso20Plain: false });
      const first = await overTls({ pauses: true }, asCar(car));
      expect(first).toMatchObject({ complete: true });
      facts.authorization = "waiting";
      const stranger = await overTls({ resumes: first.sessionId }, asCar(other));
      // A new session: it wants to know who pays before anything else.
      expect(stranger.trouble).toBe("DC_ChargeParameterDiscovery: FAILED_SequenceError");
      const again = await overTls({ resumes: first.sessionId }, asCar(car));
      expect(again).toMatchObject({ complete: true, sessionId: first.sessionId });
      expect(again.steps[0]).toBe("SessionSetup OK_OldSessionJoined");
    },
    patienceMs,
  );

  it(
    "-2: a paused session is joined by its number and its vehicle, and needs no second card",
    async () => {
      await listen();
      const dc: Partial<VehicleOptions> = { protocol: "ISO 15118-2", bidirectional: false };
      const first = await plain({ ...dc, pauses: true });
      expect(first).toMatchObject({ complete: true });
      facts.authorization = "waiting";
      const again = await plain({ ...dc, resumes: first.sessionId });
      expect(again).toMatchObject({ complete: true, sessionId: first.sessionId });
      expect(again.steps[0]).toBe("SessionSetup OK_OldSessionJoined");
      expect(sessions.map(({ end }) => end)).toEqual(["paused", "stopped"]);
    },
    patienceMs,
  );

  it(
    "a failed handshake ends that connection and no other: noise, no certificate, a foreign and an expired one",
    async () => {
      await listen({ tls: mutual });
      const session = overTls({ rounds: 100 }, asCar(car));
      const noise = connect(listener.tlsPort!, "127.0.0.1");
      sockets.push(noise);
      noise.on("error", () => {});
      noise.write("no handshake");
      const foreign = certificate({ name: "SIMULATED", by: root });
      const late = certificate({ name: "SIMULATED", by: maker, toMs: Date.UTC(2024, 0) });
      const early = certificate({ name: "SIMULATED", by: maker, fromMs: Date.UTC(2048, 0) });
      for (const more of [{}, asCar(foreign), asCar(late), asCar(early)]) {
        const stranger = connectTls({
          port: listener.tlsPort!,
          host: "127.0.0.1",
          ca: root.pem,
          checkServerIdentity: () => undefined,
          ...more,
        });
        sockets.push(stranger);
        stranger.on("error", () => {});
        await new Promise<void>((resolve) => stranger.on("close", () => resolve()));
      }
      expect(await session).toMatchObject({ complete: true });
      expect(sessions).toHaveLength(1);
    },
    patienceMs,
  );
});
