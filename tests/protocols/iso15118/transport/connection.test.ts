/** Bytes of a vehicle's connection: in pieces, in heaps, wrong, too many; and discovery. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usualBattery, type VehicleOptions } from "../../../../sim/peers/vehicle/steps.ts";
import { driveSession } from "../../../../sim/peers/vehicle/vehicle.ts";
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import { sap } from "../../../../src/protocols/iso15118/messages/app-protocol.ts";
import { dinOffered, iso2Offered, iso20DcOffered } from "../../../../src/protocols/iso15118/sessions/app-protocol.ts";
import { createConnection, type VehicleConnection } from "../../../../src/protocols/iso15118/transport/connection.ts";
import { answerDiscovery } from "../../../../src/protocols/iso15118/transport/discovery.ts";
import { frameOf, payloadBytesMax } from "../../../../src/protocols/iso15118/transport/frames.ts";
import { wires } from "../../../../src/protocols/iso15118/transport/messages.ts";
import { chargerFacts, obey, ownId } from "../sessions/charger.ts";

const facts = () => chargerFacts({ minW: -60_000, setpointW: 5_000 });
const connect = (more: { secure?: boolean; iso20Plain?: boolean } = {}, its = facts()): VehicleConnection =>
  createConnection({
    facts: its,
    newSessionId: () => ownId,
    paused: undefined,
    mutual: false,
    secure: false,
    certificate: "",
    iso20Plain: true,
    nowMs: 0,
    ...more,
  });
const handshakeFor = ({ namespace, major }: { namespace: string; major: number }): Uint8Array =>
  frameOf(
    0x8001,
    codecOf(sap)
      .encode("supportedAppProtocolReq", {
        AppProtocol: [
          { ProtocolNamespace: namespace, VersionNumberMajor: major, VersionNumberMinor: 0, SchemaID: 3, Priority: 1 },
        ],
      })
      .slice(),
  );
const answerOf = (frame: Uint8Array) => codecOf(sap).decode(frame.subarray(8)).value;

const vehicle: VehicleOptions = {
  protocol: "ISO 15118-20",
  bidirectional: true,
  voltageV: 400,
  rounds: 5,
  currentA: 60,
  unixS: () => 1_780_000_000,
};

/** A vehicle on this connection; its bytes arrive in pieces of so many. Time goes on when nobody says anything. */
async function drive(options: VehicleOptions, pieceBytes: number, its = facts()) {
  const connection = connect({}, its);
  const back: Uint8Array[] = [];
  let nowMs = 0;
  let closed = false;
  const take = ({ frames, close }: { frames: readonly Uint8Array[]; close: boolean }): void => {
    for (const frame of frames) back.push(frame.slice());
    closed ||= close;
    if (connection.session) obey(its, connection.session.order);
  };
  const result = await driveSession(
    {
      send(bytes) {
        for (let at = 0; at < bytes.length; at += pieceBytes)
          take(connection.receive(bytes.slice(at, at + pieceBytes), (nowMs += 1)));
      },
      async next() {
        for (let i = 0; i < 1_000 && back.length === 0 && !closed; i++) take(connection.tick((nowMs += 20)));
        return back.shift();
      },
    },
    options,
  );
  return { result, session: connection.session!, its };
}

describe("a whole session through the connection", () => {
  it.each([
    ["DIN SPEC 70121", false, 1],
    ["DIN SPEC 70121", false, 100_000],
    ["ISO 15118-2", false, 7],
    ["ISO 15118-20", false, 3],
    ["ISO 15118-20", true, 1],
  ] as const)("%s, both directions %s, in pieces of %i bytes", async (protocol, bidirectional, piece) => {
    const { result, session, its } = await drive({ ...vehicle, protocol, bidirectional }, piece);
    expect(result).toMatchObject({ complete: true, trouble: "" });
    expect(session).toMatchObject({ end: "stopped", order: { phase: "idle", currentA: 0 } });
    expect(its.contactorsClosed).toBe(false);
  });
});

describe("MCS, the plug for trucks", () => {
  const power = 3_750_000;
  const mcs = () => {
    const its = chargerFacts({ minW: -power, maxW: power, setpointW: -power });
    Object.assign(its, { connector: "mcs", presentVoltageV: 0 });
    Object.assign(its.ratings, { maxVoltageV: 1_250, maxCurrentA: 3_000, maxW: power, minW: -power });
    return its;
  };
  const battery = { ...usualBattery, capacityWh: 800_000, chargeW: power, dischargeW: power };
  const truck = { ...vehicle, energy: "mcs", voltageV: 1_240, battery } as const;

  it.each([
    ["both directions", true, 9],
    ["charging", false, 8],
  ])("%s: its own service, and the whole range comes through", async (_, bidirectional, serviceId) => {
    const { result, session, its } = await drive({ ...truck, bidirectional }, 100_000, mcs());
    expect(result).toMatchObject({ complete: true, trouble: "" });
    expect(session.loop.choice.serviceId).toBe(serviceId);
    expect(its.contactorsClosed).toBe(false);
    const mode = Object.entries(result.lastLoop!).find(([name]) => name.endsWith("_CLResControlMode"))![1] as Record<
      string,
      { Value: number; Exponent: number }
    >;
    const numberAt = (name: string): number => mode[name]!.Value * 10 ** mode[name]!.Exponent;
    expect(numberAt("EVSEMaximumVoltage")).toBe(1_250);
    if (bidirectional) expect(numberAt("EVSEMaximumDischargePower")).toBe(power);
  });
  it("a vehicle by CCS is not served there, nor a truck at CCS, and the older protocols don't know it", async () => {
    expect((await drive(vehicle, 100_000, mcs())).result.trouble).toBe("ServiceDetail: FAILED_ServiceIDInvalid");
    expect((await drive(truck, 100_000)).result.trouble).toBe("ServiceDetail: FAILED_ServiceIDInvalid");
    for (const offered of [dinOffered, iso2Offered])
      expect(answerOf(connect({}, mcs()).receive(handshakeFor(offered), 1).frames[0]!)).toEqual({
        ResponseCode: "Failed_NoNegotiation",
      });
  });
});

describe("what a connection refuses", () => {
  it("a message that can't be read in a session ends it with power off", async () => {
    const connection = connect();
    connection.receive(handshakeFor(dinOffered), 1);
    expect(connection.receive(frameOf(0x8001, Uint8Array.of(0x80, 0xff, 0xff)), 2)).toMatchObject({
      frames: [],
      close: true,
    });
    expect(connection.session).toMatchObject({ end: "failed", order: { phase: "idle" } });
  });

  it("no protocol in common: answered, then closed; another message first: closed without an answer", () => {
    const { frames, close } = connect().receive(handshakeFor({ namespace: "urn:x", major: 1 }), 1);
    expect([frames.length, close]).toEqual([1, true]);
    expect(answerOf(frames[0]!)).toEqual({ ResponseCode: "Failed_NoNegotiation" });
    expect(connect().receive(frameOf(0x8001, Uint8Array.of(1, 2, 3)), 1)).toMatchObject({ frames: [], close: true });
  });

  it.each([
    ["DIN on TLS", dinOffered, { secure: true }],
    ["-20 on plain TCP where that is not allowed", iso20DcOffered, { iso20Plain: false }],
  ])("%s is not spoken", (_, offered, how) => {
    expect(answerOf(connect(how).receive(handshakeFor(offered), 1).frames[0]!)).toEqual({
      ResponseCode: "Failed_NoNegotiation",
    });
  });

  it.each([
    ["another version", Uint8Array.of(2, 0xfd, 0x80, 1, 0, 0, 0, 0)],
    ["no complement of the version", Uint8Array.of(1, 0xff, 0x80, 1, 0, 0, 0, 0)],
    ["a frame of 4 GB", Uint8Array.of(1, 0xfe, 0x80, 1, 0xff, 0xff, 0xff, 0xff)],
    ["a first frame of 20 kB", Uint8Array.of(1, 0xfe, 0x80, 1, 0, 0, 0x4e, 0x20)],
  ])("%s closes at once", (_, bytes) => expect(connect().receive(bytes, 1)).toMatchObject({ frames: [], close: true }));

  it("frames of unknown type are ignored, and not for ever", () => {
    const connection = connect();
    const alien = frameOf(0x9999, Uint8Array.of(1));
    for (let i = 0; i < 10; i++) expect(connection.receive(alien, 1).close).toBe(false);
    expect(connection.receive(alien, 1).close).toBe(true);
  });

  it("a flood of frames in one piece is cut off", () => {
    const one = handshakeFor(dinOffered);
    const many = new Uint8Array(one.length * 200);
    for (let i = 0; i < 200; i++) many.set(one, i * one.length);
    expect(connect().receive(many, 1).close).toBe(true);
  });

  it("a connection on which nothing comes is closed after 10 s", () => {
    const connection = connect();
    expect(connection.tick(10_000).close).toBe(false);
    expect(connection.tick(10_001)).toMatchObject({ close: true, reason: "no message in 10 s" });
  });

  it.each([dinOffered, iso2Offered, iso20DcOffered].map((offered) => [offered.namespace, offered] as const))(
    "%s: an element of the schema that is no message closes, as anything else that can't be read",
    (_, offered) => {
      const types = offered === iso20DcOffered ? [0x8002, 0x8003, 0x8004] : [0x8001];
      const ends = new Map<string, number>();
      // The element's number is in the first two bytes behind the header; 0x38 ends several of them at once.
      for (const type of types) {
        for (let number = 0; number < 0x1_0000; number += 32) {
          const connection = connect();
          connection.receive(handshakeFor(offered), 1);
          const { close, reason } = connection.receive(
            frameOf(type, Uint8Array.of(0x80, number >> 8, number & 0xff)),
            2,
          );
          const end = close ? reason.replace(/:.*/, "") : "goes on";
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
      }
      expect([...ends.keys()]).toEqual(["a message that can't be read"]);
    },
  );

  it("any bytes after the handshake, in any pieces: it never throws, and never leaves power on once it has closed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...wires.map(({ offered }) => offered)),
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }),
        fc.boolean(),
        (offered, pieces, framed) => {
          const connection = connect();
          connection.receive(handshakeFor(offered), 1);
          let closed = false;
          for (const piece of pieces) {
            const type = offered === iso20DcOffered ? 0x8002 : 0x8001;
            const { close, frames } = connection.receive(framed ? frameOf(type, piece) : piece, 2);
            closed ||= close;
            for (const frame of frames) expect(frame.length).toBeLessThan(payloadBytesMax);
          }
          if (closed) expect(connection.session).toMatchObject({ order: { phase: "idle", currentA: 0 } });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("good messages with one bit changed, anywhere in a session: never a throw, never power after the close", async () => {
    for (const protocol of ["DIN SPEC 70121", "ISO 15118-2", "ISO 15118-20"] as const) {
      const sent: Uint8Array[] = [];
      const its = facts();
      const recorder = connect({}, its);
      await driveSession(
        {
          send: (bytes) => void sent.push(bytes.slice()),
          async next() {
            let output = recorder.receive(sent.at(-1)!, sent.length);
            for (let i = 0; i < 100 && output.frames.length === 0 && !output.close; i++) {
              if (recorder.session) obey(its, recorder.session.order);
              output = recorder.tick(sent.length + 20 * i);
            }
            if (recorder.session) obey(its, recorder.session.order);
            return output.frames[0]?.slice();
          },
        },
        { ...vehicle, protocol },
      );
      for (let at = 0; at < sent.length; at++) {
        for (let bit = 64; bit < sent[at]!.length * 8; bit += 5) {
          const other = facts();
          const connection = connect({}, other);
          let closed = false;
          for (const [i, bytes] of sent.slice(0, at + 1).entries()) {
            const piece = bytes.slice();
            if (i === at) piece[bit >> 3]! ^= 1 << (bit & 7);
            let output = connection.receive(piece, i);
            for (let k = 0; k < 4 && output.frames.length === 0 && !output.close; k++) {
              if (connection.session) obey(other, connection.session.order);
              output = connection.tick(i + k);
            }
            if (connection.session) obey(other, connection.session.order);
            closed = output.close;
            if (closed) break;
          }
          if (closed && connection.session)
            expect(connection.session.order).toMatchObject({ phase: "idle", currentA: 0 });
        }
      }
    }
  });
});

describe("discovery", () => {
  const address = Uint8Array.from({ length: 16 }, (_, i) => i);
  const ask = (security: number, transport = 0): Uint8Array => frameOf(0x9000, Uint8Array.of(security, transport));
  const says = (answer: Uint8Array | undefined) =>
    answer === undefined ? "nothing" : [answer[24]! * 256 + answer[25]!, answer[26]];
  it.each([
    ["TLS asked, TLS open", ask(0x00), 61_000, 62_000, [61_000, 0x00]],
    [
      "TLS asked, only TCP open: told so (Audi, Tesla Model X go on without)",
      ask(0x00),
      undefined,
      62_000,
      [62_000, 0x10],
    ],
    ["none asked, both open", ask(0x10), 61_000, 62_000, [62_000, 0x10]],
    ["none asked, only TLS open", ask(0x10), 61_000, undefined, [61_000, 0x00]],
    ["nothing open", ask(0x00), undefined, undefined, "nothing"],
    ["another transport than TCP", ask(0x00, 0x10), 61_000, 62_000, "nothing"],
    ["a security that there is not", ask(0x77), 61_000, 62_000, "nothing"],
    ["another payload type", frameOf(0x9002, Uint8Array.of(0, 0)), 61_000, 62_000, "nothing"],
    ["a payload that is too long", frameOf(0x9000, Uint8Array.of(0, 0, 0)), 61_000, 62_000, "nothing"],
    ["bytes behind it", Uint8Array.from([...ask(0x00), 0]), 61_000, 62_000, "nothing"],
    ["no frame at all", Uint8Array.of(1, 2, 3), 61_000, 62_000, "nothing"],
  ])("%s", (_, datagram, tlsPort, tcpPort, expected) =>
    expect(says(answerDiscovery(datagram, { address, tlsPort, tcpPort }))).toEqual(expected),
  );
});
