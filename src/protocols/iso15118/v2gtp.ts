/**
 * V2GTP, the frame around every message on TCP: version, its complement, payload type, length, big-endian.
 * Payload types as the public headers of libcbv2g name them.
 */
import type { SchemaSetName } from "./messages/index.ts";

export const v2gtpHeaderBytes = 8;
const version = 0x01;

/** What a payload is: EXI of one of these sets (the first that reads it), or something that is not EXI. */
export interface PayloadType {
  readonly code: number;
  readonly name: string;
  readonly sets: readonly SchemaSetName[];
}

const type = (code: number, name: string, ...sets: SchemaSetName[]): PayloadType => ({ code, name, sets });

export const payloadTypes: readonly PayloadType[] = [
  type(0x8001, "handshake, DIN SPEC 70121 or ISO 15118-2", "sap", "iso2", "din"),
  type(0x8002, "ISO 15118-20, common messages", "iso20-common"),
  type(0x8003, "ISO 15118-20, AC", "iso20-ac"),
  type(0x8004, "ISO 15118-20, DC", "iso20-dc"),
  type(0x8005, "ISO 15118-20, automatic connection device", "iso20-acdp"),
  type(0x8006, "ISO 15118-20, wireless", "iso20-wpt"),
  type(0x8101, "ISO 15118-20, schedule renegotiation", "iso20-common"),
  type(0x8102, "ISO 15118-20, metering confirmation", "iso20-common"),
  type(0x8103, "ISO 15118-20, status of automatic connection device", "iso20-acdp"),
  type(0x8104, "ISO 15118-20, parking status", "iso20-common"),
  type(0x9000, "discovery request"),
  type(0x9001, "discovery response"),
  type(0x9002, "discovery request, wireless"),
  type(0x9003, "discovery response, wireless"),
];

/** The header of a V2GTP message (ISO 15118-2). */
export interface V2gtpHeader {
  readonly payloadType: number;
  readonly payloadBytes: number;
}

/** The header at `offset`, or undefined if there is none: too few bytes, another version, or no complement of it. */
export function readV2gtpHeader(bytes: Uint8Array, offset = 0): V2gtpHeader | undefined {
  if (bytes.length - offset < v2gtpHeaderBytes) return undefined;
  if (bytes[offset] !== version || bytes[offset + 1] !== (~version & 0xff)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, v2gtpHeaderBytes);
  return { payloadType: view.getUint16(2), payloadBytes: view.getUint32(4) };
}

/** Writes a header in front of a payload that stands, or will stand, behind it. */
export function writeV2gtpHeader(target: Uint8Array, offset: number, { payloadType, payloadBytes }: V2gtpHeader): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, v2gtpHeaderBytes);
  view.setUint8(0, version);
  view.setUint8(1, ~version & 0xff);
  view.setUint16(2, payloadType);
  view.setUint32(4, payloadBytes);
}
