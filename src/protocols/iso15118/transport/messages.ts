/** From frames to requests by name and back, for each protocol: which set, which payload type, where the header is. */
import { codecOf } from "../../exi/codec.ts";
import { din } from "../messages/din.ts";
import { iso2 } from "../messages/iso2.ts";
import { iso20Common } from "../messages/iso20-common-messages.ts";
import { iso20Dc } from "../messages/iso20-dc.ts";
import { dinOffered, iso2Offered, iso20DcOffered, type Offered } from "../sessions/app-protocol.ts";
import { dinProtocol } from "../sessions/din.ts";
import { iso2Protocol } from "../sessions/iso2.ts";
import { iso20Protocol } from "../sessions/iso20.ts";
import type { Fields, Protocol } from "../sessions/session.ts";
import { bytesOfHex, hexOf } from "../sessions/wire-values.ts";

/** A request or response: its name with `Req` or `Res`, its fields without the header. */
export interface Named {
  readonly name: string;
  readonly body: Fields;
  /** Hexadecimal. */
  readonly sessionId: string;
}

export interface Wire {
  readonly offered: Offered;
  readonly protocol: Protocol;
  /** Whether this protocol's messages come with this payload type. */
  takes(payloadType: number): boolean;
  /** Throws an ExiError for bytes that are none of its messages. */
  decode(payloadType: number, payload: Uint8Array): Named;
  /** The payload type of an answer is that of its request. */
  encode(payloadType: number, message: Named, unixS: number): Uint8Array;
}

/** Handshake, DIN SPEC 70121 and ISO 15118-2. */
export const plainPayload = 0x8001;
const commonPayload = 0x8002;
const dcPayload = 0x8004;
const schedulePayload = 0x8101;
const meteringPayload = 0x8102;

interface Enveloped {
  readonly Header: { readonly SessionID: Uint8Array };
  readonly Body: Readonly<Record<string, Fields>>;
}

function envelope(offered: Offered, protocol: Protocol, set: typeof din | typeof iso2): Wire {
  const codec = codecOf(set as typeof din);
  return {
    offered,
    protocol,
    takes: (payloadType) => payloadType === plainPayload,
    decode(_, payload) {
      const { Header, Body } = codec.decode(payload).value as unknown as Enveloped;
      const [name = "", body = {}] = Object.entries(Body)[0] ?? [];
      return { name, body, sessionId: hexOf(Header.SessionID) };
    },
    encode: (_, { name, body, sessionId }) =>
      codec.encode("V2G_Message", { Header: { SessionID: bytesOfHex(sessionId) }, Body: { [name]: body } } as never),
  };
}

const iso20Types = new Set([commonPayload, dcPayload, schedulePayload, meteringPayload]);

/** Every message of ISO 15118-20 is its own root and carries its header itself. */
const iso20Wire: Wire = {
  offered: iso20DcOffered,
  protocol: iso20Protocol,
  takes: (payloadType) => iso20Types.has(payloadType),
  decode(payloadType, payload) {
    const { root, value } =
      payloadType === dcPayload ? codecOf(iso20Dc).decode(payload) : codecOf(iso20Common).decode(payload);
    const { Header, ...body } = value as { Header?: { SessionID: Uint8Array } };
    return { name: root, body, sessionId: hexOf(Header?.SessionID) };
  },
  encode(payloadType, { name, body, sessionId }, unixS) {
    const value = {
      Header: { SessionID: bytesOfHex(sessionId), TimeStamp: Math.max(0, Math.round(unixS)) },
      ...body,
    } as never;
    return payloadType === dcPayload
      ? codecOf(iso20Dc).encode(name as "DC_CableCheckRes", value)
      : codecOf(iso20Common).encode(name as "SessionStopRes", value);
  },
};

/** All protocols that the charger speaks. */
export const wires: readonly Wire[] = [
  iso20Wire,
  envelope(iso2Offered, iso2Protocol, iso2),
  envelope(dinOffered, dinProtocol, din),
];

/** The payload type under which a request of this name goes out. */
export const payloadTypeOf = (wire: Wire, name: string): number =>
  wire.protocol !== iso20Protocol ? plainPayload : name.startsWith("DC_") ? dcPayload : commonPayload;
