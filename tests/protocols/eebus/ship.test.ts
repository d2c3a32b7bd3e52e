/** SHIP: how its JSON is written and read, and what two nodes settle before they exchange data. */
import { describe, expect, it } from "vitest";
import { fromShip, type Json, toShip } from "../../../src/protocols/eebus/ship-json.ts";
import { createShipSession, type ShipSession } from "../../../src/protocols/eebus/ship-session.ts";
import { readDurationMs, readEndInMs, readScaled } from "../../../src/protocols/eebus/spine-values.ts";

describe("JSON of SHIP", () => {
  const rows: readonly [string, Json, Json][] = [
    ["an object", { a: 1, b: "x" }, [{ a: 1 }, { b: "x" }]],
    ["nested", { a: { b: true } }, [{ a: [{ b: true }] }]],
    ["a list of objects", { l: [{ a: 1, b: 2 }, { a: 3 }] }, [{ l: [[{ a: 1 }, { b: 2 }], [{ a: 3 }]] }]],
    ["a list of one object", { l: [{ a: 1 }] }, [{ l: [[{ a: 1 }]] }]],
    ["a list of numbers", { entity: [1, 2] }, [{ entity: [1, 2] }]],
    ["an empty object", { read: {} }, [{ read: [] }]],
  ];
  it.each(rows)("%s is written and read", (_, plain, sent) => {
    expect(toShip(plain)).toEqual(sent);
    expect(fromShip(sent)).toEqual(plain);
  });
  it("an empty list is left out: others read it as an object", () => {
    expect(toShip({ supportedFunction: [], role: "client" })).toEqual([{ role: "client" }]);
  });
  it("objects of a list that were not wrapped are kept apart by a member that comes twice", () => {
    expect(fromShip([{ a: 1 }, { a: 2 }])).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe("values of SPINE", () => {
  const durations: readonly [string, number][] = [
    ["PT1H2M3S", 3_723_000],
    ["P1DT0.5S", 86_400_500],
    ["PT2H", 7_200_000],
    ["P", Number.NaN],
    ["PT", Number.NaN],
    ["1H", Number.NaN],
  ];
  it.each(durations)("%s", (text, ms) => expect(readDurationMs(text)).toBe(ms));
  it("ends are durations or moments; numbers have a power of ten", () => {
    expect(readEndInMs("2027-01-01T00:00:10Z", Date.UTC(2027, 0, 1))).toBe(10_000);
    expect(readEndInMs("tomorrow", 0)).toBeNaN();
    expect(readScaled({ number: 42, scale: 2 })).toBe(4_200);
    expect(readScaled({ number: 42_005, scale: -1 })).toBe(4_200.5);
    expect(readScaled({ number: 4, scale: 400 })).toBeNaN();
    expect(readScaled({})).toBeNaN();
  });
});

/** Two sessions on a wire without delay; timers run when a test says so. */
function pair(trust: { server: boolean; client: boolean }) {
  const wire: [to: "server" | "client", bytes: Uint8Array][] = [];
  const log: string[] = [];
  const data: Json[] = [];
  const timers = new Map<string, () => void>();
  const make = (role: "server" | "client"): ShipSession =>
    createShipSession({
      role,
      shipId: `the-${role}`,
      isTrusted: () => trust[role],
      send: (bytes) => void wire.push([role === "server" ? "client" : "server", bytes]),
      close: (code, reason) => void log.push(`${role} closes ${code} ${reason}`),
      onReady: (id) => void log.push(`${role} is ready with ${id}`),
      onData: (datagram) => void data.push(datagram),
      after(_, run) {
        timers.set(role, run);
        return () => timers.get(role) === run && timers.delete(role);
      },
    });
  const sessions = { server: make("server"), client: make("client") };
  const flow = (): void => {
    for (let i = 0; i < 100 && wire.length > 0; i++) {
      const [to, bytes] = wire.shift()!;
      sessions[to].take(bytes);
    }
  };
  sessions.server.start();
  sessions.client.start();
  flow();
  return { ...sessions, log, data, flow, wire, trust, late: (role: "server" | "client") => timers.get(role)?.() };
}
const bytesOf = (kind: number, text: string): Uint8Array => Buffer.concat([Uint8Array.of(kind), Buffer.from(text)]);

describe("what two SHIP nodes settle", () => {
  it("two that trust each other are through, and exchange data in both directions", () => {
    const it = pair({ server: true, client: true });
    expect(it.log.toSorted()).toEqual(["client is ready with the-server", "server is ready with the-client"]);
    it.client.sendData({ header: { msgCounter: 1 } });
    it.server.sendData({ header: { msgCounter: 2 } });
    it.flow();
    expect(it.data).toEqual([{ header: { msgCounter: 1 } }, { header: { msgCounter: 2 } }]);
  });

  it("one that is not trusted waits, asks for more time, and is let in when a person trusts it", () => {
    const it = pair({ server: false, client: true });
    expect([it.server.phase, it.client.phase]).toEqual(["hello", "hello"]);
    it.late("server");
    it.flow();
    it.trust.server = true;
    it.server.trustChanged();
    it.flow();
    expect([it.server.phase, it.client.phase]).toEqual(["data", "data"]);
  });

  it("one that is never trusted is turned away after a while", () => {
    const it = pair({ server: false, client: true });
    for (let i = 0; i < 30; i++) {
      it.late("server");
      it.flow();
    }
    expect(it.log).toContain("server closes 4452 Node rejected by application");
  });

  it("one that is trusted no longer is turned out", () => {
    const it = pair({ server: true, client: true });
    it.trust.server = false;
    it.server.trustChanged();
    expect(it.log).toContain("server closes 4452 Node rejected by application");
  });

  it("goodbye is confirmed", () => {
    const it = pair({ server: true, client: true });
    it.client.end();
    it.flow();
    expect(it.server.phase).toBe("closed");
  });

  const bad: readonly [string, Uint8Array][] = [
    ["no JSON", bytesOf(1, "{")],
    ["an unknown kind", bytesOf(9, "{}")],
    ["a step that is not due", bytesOf(1, '{"messageProtocolHandshake":[{"handshakeType":"select"}]}')],
    ["a refusal", bytesOf(1, '{"connectionHello":[{"phase":"aborted"}]}')],
    ["a hello of no kind", bytesOf(1, '{"connectionHello":[]}')],
  ];
  it.each(bad)("%s instead of hello ends it", (_, bytes) => {
    const it = pair({ server: false, client: true });
    it.server.take(bytes);
    expect(it.server.phase).toBe("closed");
  });
  it("what is no SHIP at all ends it, and data before the end of the handshake is not lost, and bounded", () => {
    const it = pair({ server: false, client: true });
    for (let i = 0; i < 16; i++) it.server.take(bytesOf(2, '{"data":[{"payload":{"datagram":[]}}]}'));
    expect(it.data).toEqual([]);
    it.trust.server = true;
    it.server.trustChanged();
    it.flow();
    expect(it.data.length).toBe(16);
    const other = pair({ server: false, client: true });
    for (let i = 0; i < 17; i++) other.server.take(bytesOf(2, '{"data":[{"payload":{"datagram":[]}}]}'));
    expect(other.server.phase).toBe("closed");
  });
});
