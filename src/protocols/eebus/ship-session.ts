/**
 * What two SHIP nodes settle on a connection before they exchange data, in its order: that they are there, that they trust each
 * other, the format, that no PIN is asked, and who they are. Message names and order are after enbility/ship-go (`ship/hs_*.go`),
 * which cites SHIP 13.4.3 to 13.4.7. Sends and closes through its options; knows no socket and no clock.
 */
import { createHello } from "./ship-hello.ts";
import { at, fromShip, type Json, textOf, toShip } from "./ship-json.ts";

const kinds = { init: 0, control: 1, data: 2, end: 3 } as const;

/** The other side has so long for each step, ms (SHIP 4.2, as ship-go has it). */
const stepMaxMs = 10_000;
/** Data that comes before our side is done. */
const earlyMax = 16;

const closeNormally = 4_001;
const closeRejected = 4_452;

export type ShipPhase = "init" | "hello" | "protocol" | "pin" | "access" | "data" | "closed";

export interface ShipSessionOptions {
  readonly role: "server" | "client";
  readonly shipId: string;
  /** Whether a person trusts the other side. */
  readonly isTrusted: () => boolean;
  readonly send: (bytes: Uint8Array) => void;
  readonly close: (code: number, reason: string) => void;
  /** Both sides are through. `remoteId`: how the other one calls itself. */
  readonly onReady: (remoteId: string) => void;
  readonly onData: (datagram: Json) => void;
  /** Calls once after so many ms; returns how to cancel. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export interface ShipSession {
  readonly phase: ShipPhase;
  start(): void;
  take(bytes: Uint8Array): void;
  /** A person trusts the other side now, or no longer. */
  trustChanged(): void;
  sendData(datagram: Json): void;
  /** Says goodbye. */
  end(): void;
  /** The connection is gone. */
  lost(): void;
}

const format = { format: ["JSON-UTF8"] } as const;
const handshake = (handshakeType: "announceMax" | "select"): Json => ({
  messageProtocolHandshake: { handshakeType, version: { major: 1, minor: 0 }, formats: format },
});

export function createShipSession(options: ShipSessionOptions): ShipSession {
  const { role, shipId, isTrusted, onReady, onData, after } = options;
  let phase: ShipPhase = "init";
  let cancel = (): void => undefined;
  const early: Json[] = [];

  const wait = (ms: number, run: () => void): void => {
    cancel();
    cancel = after(ms, run);
  };
  function close(code: number, reason: string): void {
    if (phase === "closed") return;
    phase = "closed";
    cancel();
    options.close(code, reason);
  }
  const late = (): void => close(closeNormally, "timeout");
  function send(message: Json, kind: number = kinds.control): void {
    const [[name, body] = ["", null]] = Object.entries(message as Record<string, Json>);
    const text = JSON.stringify({ [name]: toShip(body) });
    options.send(Buffer.concat([Uint8Array.of(kind), Buffer.from(text, "utf8")]));
  }

  const hello = createHello({
    isTrusted,
    send,
    wait,
    reject: () => close(closeRejected, "Node rejected by application"),
    done() {
      phase = "protocol";
      wait(stepMaxMs, late);
      if (role === "client") send(handshake("announceMax"));
    },
  });

  function takeProtocol(message: Json | undefined) {
    const type = textOf(at(message, "handshakeType"));
    if (role === "server" && type === "announceMax") return send(handshake("select"));
    if (type !== "select") return close(closeNormally, "unexpected handshake");
    if (role === "client") send(handshake("select"));
    phase = "pin";
    wait(stepMaxMs, late);
    send({ connectionPinState: { pinState: "none" } });
  }
  function takePin(message: Json | undefined) {
    const state = textOf(at(message, "pinState"));
    if (state !== "none" && state !== "pinOk" && state !== "optional")
      return close(closeNormally, "a PIN is asked for");
    phase = "access";
    wait(stepMaxMs, late);
    send({ accessMethodsRequest: {} });
  }
  function takeAccess(message: Json | undefined) {
    const id = textOf(at(message, "id"));
    if (id === undefined || id.length > 200) return close(closeNormally, "no SHIP id");
    cancel();
    phase = "data";
    onReady(id);
    for (const datagram of early.splice(0)) onData(datagram);
  }

  function takeControl(message: Json) {
    const isAt = (wanted: ShipPhase): boolean => phase === wanted;
    const has = (name: string): boolean => at(message, name) !== undefined;
    if (has("accessMethodsRequest") && (isAt("pin") || isAt("access") || isAt("data")))
      return send({ accessMethods: { id: shipId } });
    if (has("connectionHello") && isAt("hello")) return hello.take(at(message, "connectionHello"));
    // A node that is ready may say so again while the other one is already a step further.
    if (has("connectionHello") && isAt("protocol")) return;
    if (has("messageProtocolHandshake") && isAt("protocol"))
      return takeProtocol(at(message, "messageProtocolHandshake"));
    if (has("connectionPinState") && isAt("pin")) return takePin(at(message, "connectionPinState"));
    if (has("accessMethods") && isAt("access")) return takeAccess(at(message, "accessMethods"));
    close(closeNormally, "unexpected message");
  }

  function takeEnd(message: Json): void {
    if (textOf(at(message, "connectionClose", "phase")) === "announce")
      send({ connectionClose: { phase: "confirm" } }, kinds.end);
    close(closeNormally, "close");
  }

  function takeData(message: Json) {
    const datagram = at(message, "data", "payload", "datagram");
    if (datagram === undefined) return;
    if (phase === "data") return onData(datagram);
    if (early.length < earlyMax) early.push(datagram);
    else close(closeNormally, "too early");
  }

  return {
    get phase() {
      return phase;
    },
    start() {
      wait(stepMaxMs, late);
      if (role === "client") options.send(Uint8Array.of(kinds.init, 0));
    },
    take(bytes) {
      if (phase === "closed" || bytes.length === 0) return;
      if (phase === "init") {
        if (bytes[0] !== kinds.init || (bytes[1] ?? 0) !== 0) return close(closeNormally, "no SHIP");
        if (role === "server") options.send(Uint8Array.of(kinds.init, 0));
        phase = "hello";
        return hello.begin();
      }
      const message = read(bytes);
      if (message === null) return close(closeNormally, "not readable");
      if (bytes[0] === kinds.control) takeControl(message);
      else if (bytes[0] === kinds.data) takeData(message);
      else if (bytes[0] === kinds.end) takeEnd(message);
      else close(closeNormally, "unknown kind of message");
    },
    trustChanged() {
      if (phase === "closed" || phase === "init") return;
      if (isTrusted()) hello.trusted();
      else if (hello.isReady) close(closeRejected, "Node rejected by application");
    },
    sendData(datagram) {
      if (phase !== "data") return;
      const body = [{ header: [{ protocolId: "ee1.0" }] }, { payload: { datagram: toShip(datagram) } }];
      const text = JSON.stringify({ data: body });
      options.send(Buffer.concat([Uint8Array.of(kinds.data), Buffer.from(text, "utf8")]));
    },
    end() {
      if (phase === "data") send({ connectionClose: { phase: "announce", maxTime: 500 } }, kinds.end);
      close(closeNormally, "close");
    },
    lost() {
      phase = "closed";
      cancel();
    },
  };
}

/** A message behind its first byte; null where it can't be read. Some devices end messages with zeros. */
function read(bytes: Uint8Array): Json | null {
  try {
    const text = Buffer.from(bytes.subarray(1)).toString("utf8").replace(/\0+$/, "");
    return fromShip(JSON.parse(text) as Json);
  } catch {
    return null;
  }
}
