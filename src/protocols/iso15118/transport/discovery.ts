/**
 * SECC discovery: a vehicle asks by multicast on its own link where the charger listens. Answered is what is really open; a
 * vehicle that asks for TLS where only TCP is open is told so, and goes on without (seen with vehicles of two makers).
 */

import { readV2gtpHeader, v2gtpHeaderBytes } from "../v2gtp.ts";
import { frameOf } from "./frames.ts";

/** UDP port and multicast group (IPv6, link-local) on which vehicles ask. */
export const discoveryPort = 15_118;
export const discoveryGroup = "ff02::1";

const requestPayload = 0x9000;
const responsePayload = 0x9001;
const requestBytes = 2;
const withTls = 0x00;
const withoutTls = 0x10;
const overTcp = 0x00;

/** What is open; the port of each, or undefined. */
export interface Listening {
  /** Sixteen bytes of the IPv6 address on the link from which the vehicle asked. */
  readonly address: Uint8Array;
  readonly tlsPort: number | undefined;
  readonly tcpPort: number | undefined;
}

/** The answer to a datagram, or undefined for everything that is no request or where nothing is open. */
export function answerDiscovery(
  datagram: Uint8Array,
  { address, tlsPort, tcpPort }: Listening,
): Uint8Array | undefined {
  const header = readV2gtpHeader(datagram);
  if (header === undefined || header.payloadType !== requestPayload || header.payloadBytes !== requestBytes)
    return undefined;
  if (datagram.length !== v2gtpHeaderBytes + requestBytes) return undefined;
  const [security, transport] = datagram.subarray(v2gtpHeaderBytes);
  if (transport !== overTcp || (security !== withTls && security !== withoutTls)) return undefined;
  const secure = security === withTls ? tlsPort !== undefined : tcpPort === undefined && tlsPort !== undefined;
  const port = secure ? tlsPort : tcpPort;
  if (port === undefined || address.length !== 16) return undefined;
  const payload = new Uint8Array(20);
  payload.set(address);
  payload[16] = port >> 8;
  payload[17] = port & 0xff;
  payload[18] = secure ? withTls : withoutTls;
  payload[19] = overTcp;
  return frameOf(responsePayload, payload);
}

/** A vehicle's question. */
export const askDiscovery = (secure: boolean): Uint8Array =>
  frameOf(requestPayload, Uint8Array.of(secure ? withTls : withoutTls, overTcp));

/** Where a charger says that it listens, or undefined for what is no answer. */
export function readDiscovery(datagram: Uint8Array): { readonly port: number; readonly secure: boolean } | undefined {
  const header = readV2gtpHeader(datagram);
  if (header?.payloadType !== responsePayload || header.payloadBytes !== 20) return undefined;
  const payload = datagram.subarray(v2gtpHeaderBytes);
  if (payload.length < 20) return undefined;
  return { port: payload[16]! * 256 + payload[17]!, secure: payload[18] === withTls };
}
