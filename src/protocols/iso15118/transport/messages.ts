/** From frames to requests by name and back, for each protocol: which set, which payload type, where the header is. */
import { codecOf } from "../../exi/codec.ts";
import { ExiError } from "../../exi/errors.ts";
import type { SchemaSet } from "../../exi/schema.ts";
import { sap } from "../messages/app-protocol.ts";
import { din } from "../messages/din.ts";
import { iso2 } from "../messages/iso2.ts";
import { iso20Ac } from "../messages/iso20-ac.ts";
import { iso20Common } from "../messages/iso20-common-messages.ts";
import { iso20Dc } from "../messages/iso20-dc.ts";
import { dinOffered, iso2Offered, iso20AcOffered, iso20DcOffered, type Offered } from "../sessions/app-protocol.ts";
import { dinProtocol } from "../sessions/din.ts";
import { iso2Protocol } from "../sessions/iso2.ts";
import { iso20Protocol } from "../sessions/iso20.ts";
import type { Fields, Protocol } from "../sessions/session.ts";
import { bytesOfHex, hexOf } from "../sessions/wire-values.ts";
import type { Signature } from "../signatures.ts";

/** A request or response: its name with `Req` or `Res`, its fields without the header. */
export interface Named {
  readonly name: string;
  readonly body: Fields;
  /** Hexadecimal. */
  readonly sessionId: string;
  /** Of the header, over elements of the body. */
  readonly signature?: Signature | undefined;
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
const acPayload = 0x8003;
const dcPayload = 0x8004;
const schedulePayload = 0x8101;
const meteringPayload = 0x8102;

/** What every message of DIN SPEC 70121 and ISO 15118-2 is wrapped in. */
const enveloping = "V2G_Message";

interface Enveloped {
  readonly Header: { readonly SessionID: Uint8Array; readonly Signature?: Signature };
  readonly Body: Readonly<Record<string, Fields>>;
}

function envelope(offered: Offered, protocol: Protocol, set: typeof din | typeof iso2): Wire {
  const codec = codecOf(set as typeof din);
  return {
    offered,
    protocol,
    takes: (payloadType) => payloadType === plainPayload,
    decode(_, payload) {
      const { root, value } = codec.decode(payload);
      if (root !== enveloping) throw new ExiError("root", `${root} is no message`);
      const { Header, Body } = value as unknown as Enveloped;
      const [name = "", body = {}] = Object.entries(Body)[0] ?? [];
      return { name, body, sessionId: hexOf(Header.SessionID), signature: Header.Signature };
    },
    encode: (_, { name, body, sessionId, signature }) =>
      codec.encode(enveloping, {
        Header: { SessionID: bytesOfHex(sessionId), ...(signature === undefined ? {} : { Signature: signature }) },
        Body: { [name]: body },
      } as never),
  };
}

const iso20Sets = new Map<number, SchemaSet>([
  [commonPayload, iso20Common],
  [acPayload, iso20Ac],
  [dcPayload, iso20Dc],
  [schedulePayload, iso20Common],
  [meteringPayload, iso20Common],
] as unknown as [number, SchemaSet][]);
const iso20Codec = (payloadType: number) => codecOf((iso20Sets.get(payloadType) ?? iso20Common) as typeof iso20Common);

/** Every message of ISO 15118-20 is its own root and carries its header itself. */
const iso20Wire = (offered: Offered): Wire => ({
  offered,
  protocol: iso20Protocol,
  takes: (payloadType) => iso20Sets.has(payloadType),
  decode(payloadType, payload) {
    const { root, value } = iso20Codec(payloadType).decode(payload);
    const { Header, ...body } = value as { Header?: Enveloped["Header"] };
    // A schema's other elements, parts that are signed for example, stand alone as well as messages do.
    if (Header === undefined) throw new ExiError("root", `${root} is no message`);
    return { name: root, body, sessionId: hexOf(Header.SessionID), signature: Header.Signature };
  },
  encode: (payloadType, { name, body, sessionId, signature }, unixS) =>
    iso20Codec(payloadType).encode(
      name as "SessionStopRes",
      {
        Header: {
          SessionID: bytesOfHex(sessionId),
          TimeStamp: Math.max(0, Math.round(unixS)),
          ...(signature === undefined ? {} : { Signature: signature }),
        },
        ...body,
      } as never,
    ),
});

/** All protocols that the charger speaks; which of them on a connection, its connector and its encryption say. */
export const wires: readonly Wire[] = [
  iso20Wire(iso20DcOffered),
  iso20Wire(iso20AcOffered),
  envelope(iso2Offered, iso2Protocol, iso2),
  envelope(dinOffered, dinProtocol, din),
];

/** The payload type under which a request of this name goes out. */
export const payloadTypeOf = (wire: Wire, name: string): number =>
  wire.protocol !== iso20Protocol
    ? plainPayload
    : name.startsWith("DC_")
      ? dcPayload
      : name.startsWith("AC_")
        ? acPayload
        : name === "MeteringConfirmation"
          ? meteringPayload
          : commonPayload;

/** Compiles every codec: to be called before a vehicle is told where to connect, so that its first message is as fast as the rest. */
export function prepareCodecs(): void {
  for (const set of [sap, din, iso2, iso20Common, iso20Dc, iso20Ac]) codecOf(set as typeof din);
}
