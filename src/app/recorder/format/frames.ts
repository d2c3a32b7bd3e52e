/**
 * Frames: what a recording consists of on disk. Each says what it is, how long, and two checksums, so that a file that was cut
 * off or spoilt anywhere is read up to there, and after a spoilt frame goes on with the next that is whole.
 *
 * 24 bytes before each: magic, kind, 3 × 0, number in the file, length, CRC-32 of what follows, CRC-32 of these 20.
 */
import { crc32 } from "node:zlib";

const frameKinds = ["header", "keyframe", "ticks", "gap", "incident"] as const;
export type FrameKind = (typeof frameKinds)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly number: number;
  readonly payload: Uint8Array;
}

const magic = 0x3152_4649;
const headBytes = 24;
/** More than any frame of the largest site. */
export const payloadMax = 32_000_000;

export function frameBytes(kind: FrameKind, number: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  bytes[4] = frameKinds.indexOf(kind) + 1;
  view.setUint32(8, number, true);
  view.setUint32(12, payload.length, true);
  view.setUint32(16, crc32(payload), true);
  view.setUint32(20, crc32(bytes.subarray(0, 20)), true);
  bytes.set(payload, headBytes);
  return bytes;
}

export interface FrameScan {
  readonly frames: readonly Frame[];
  /** Bytes that belong to no whole frame: from where, how many. */
  readonly spoilt: readonly { readonly at: number; readonly length: number }[];
}

/** Every whole frame of a file, in order. Never throws. */
export function scanFrames(bytes: Uint8Array): FrameScan {
  const frames: Frame[] = [];
  const spoilt: { at: number; length: number }[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let lostFrom = -1;
  while (at < bytes.length) {
    const frame = frameAt(bytes, view, at);
    if (frame === null) {
      if (lostFrom < 0) lostFrom = at;
      at = nextMagic(bytes, at + 1);
      continue;
    }
    if (lostFrom >= 0) spoilt.push({ at: lostFrom, length: at - lostFrom });
    lostFrom = -1;
    frames.push(frame);
    at += headBytes + frame.payload.length;
  }
  if (lostFrom >= 0) spoilt.push({ at: lostFrom, length: bytes.length - lostFrom });
  return { frames, spoilt };
}

function frameAt(bytes: Uint8Array, view: DataView, at: number): Frame | null {
  if (at + headBytes > bytes.length || view.getUint32(at, true) !== magic) return null;
  if (view.getUint32(at + 20, true) !== crc32(bytes.subarray(at, at + 20))) return null;
  const kind = frameKinds[bytes[at + 4]! - 1];
  const length = view.getUint32(at + 12, true);
  if (kind === undefined || length > payloadMax || at + headBytes + length > bytes.length) return null;
  const payload = bytes.subarray(at + headBytes, at + headBytes + length);
  if (view.getUint32(at + 16, true) !== crc32(payload)) return null;
  return { kind, number: view.getUint32(at + 8, true), payload };
}

const firstByte = magic & 0xff;
function nextMagic(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(firstByte, from);
  return at < 0 ? bytes.length : at;
}
