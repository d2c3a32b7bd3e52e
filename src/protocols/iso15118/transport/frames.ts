/** Whole V2GTP frames out of a stream of bytes: a frame may come in many pieces, and many frames in one piece. Bounded. */
import { readV2gtpHeader, v2gtpHeaderBytes, writeV2gtpHeader } from "../v2gtp.ts";

export interface Frame {
  readonly payloadType: number;
  /** A view into the reader's bytes: decoded before the next `push`. */
  readonly payload: Uint8Array;
}

/** Longest payload before a session exists; nobody has shown who he is. */
export const firstPayloadBytesMax = 16_384;
/** Longest payload later: certificates of ISO 15118-20 need several kilobytes. */
export const payloadBytesMax = 65_535;
/** Frames that are taken out of one push; more is a flood. */
const framesAtOnceMax = 64;

export interface FrameReader {
  /** Frames that are whole by now, or why the stream can't go on. */
  push(bytes: Uint8Array, payloadMax: number): { readonly frames: readonly Frame[]; readonly broken: string };
  /** Bytes of a frame that is not whole yet. */
  readonly pendingBytes: number;
}

export function createFrameReader(): FrameReader {
  let pending = new Uint8Array(0);
  return {
    get pendingBytes() {
      return pending.length;
    },
    push(bytes, payloadMax) {
      const all = new Uint8Array(pending.length + bytes.length);
      all.set(pending);
      all.set(bytes, pending.length);
      const frames: Frame[] = [];
      let at = 0;
      while (all.length - at >= v2gtpHeaderBytes) {
        const header = readV2gtpHeader(all, at);
        if (header === undefined) return { frames, broken: "a header of another version or without its complement" };
        if (header.payloadBytes > payloadMax)
          return { frames, broken: `a frame of ${header.payloadBytes} bytes; at most ${payloadMax} are taken` };
        const end = at + v2gtpHeaderBytes + header.payloadBytes;
        if (end > all.length) break;
        if (frames.length === framesAtOnceMax) return { frames, broken: `more than ${framesAtOnceMax} frames at once` };
        frames.push({ payloadType: header.payloadType, payload: all.subarray(at + v2gtpHeaderBytes, end) });
        at = end;
      }
      pending = all.slice(at);
      return { frames, broken: "" };
    },
  };
}

/** A payload in its frame. */
export function frameOf(payloadType: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(v2gtpHeaderBytes + payload.length);
  writeV2gtpHeader(frame, 0, { payloadType, payloadBytes: payload.length });
  frame.set(payload, v2gtpHeaderBytes);
  return frame;
}
