/**
 * Captures of network traffic (pcap and pcapng) as the streams that flowed: TCP put together in the order of its sequence
 * numbers, however it was cut into packets, repeated or reordered; UDP datagrams each for itself. IPv4 and IPv6 over
 * Ethernet (with VLAN tags), Linux cooked captures, and bare IP. File formats as the public drafts of the IETF's opsawg
 * describe them (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
 */

/** What one side said to the other, in one piece. */
export interface Stream {
  /** `[fe80::1]:50000 → [fe80::2]:61341`. */
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly bytes: Uint8Array;
  /** When each stretch of it was seen: where it ends, and its time in ms since 1970; ascending. */
  readonly times: readonly { readonly end: number; readonly tMs: number }[];
}

/** A capture: what was said, and the secrets of TLS that were recorded with it (key log lines). */
export interface Capture {
  readonly streams: readonly Stream[];
  readonly keyLog: string;
}

/** Streams that are kept apart, beyond which packets of further ones are left out. */
const streamsMax = 10_000;

interface Packet {
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly tMs: number;
}

interface Segment {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly tMs: number;
}

/** Test equipment tells the secrets of its connections in datagrams of their own. */
const keyLogLine = /^[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]{64,128}\s*$/im;

/** A capture with its streams in the order of their first packets; null when the bytes are no capture. */
export function captureOf(bytes: Uint8Array): Capture | null {
  const found = packetsOf(bytes);
  if (found === null) return null;
  const { packets, secrets } = found;
  const streams: Stream[] = [];
  const segments = new Map<string, Segment[]>();
  const order: (Stream | string)[] = [];
  for (const packet of packets) {
    const found = transportOf(packet);
    if (found === null || found.bytes.length === 0 || order.length >= streamsMax) continue;
    if (found.sequence === null) {
      const times = [{ end: found.bytes.length, tMs: packet.tMs }];
      order.push({ name: found.name, protocol: "udp", bytes: found.bytes, times });
      const text = Buffer.from(found.bytes).toString("latin1");
      if (keyLogLine.test(text)) secrets.push(text);
      continue;
    }
    const known = segments.get(found.name);
    const segment = { sequence: found.sequence, bytes: found.bytes, tMs: packet.tMs };
    if (known) known.push(segment);
    else {
      segments.set(found.name, [segment]);
      order.push(found.name);
    }
  }
  for (const one of order) {
    if (typeof one !== "string") streams.push(one);
    else for (const part of joined(segments.get(one)!)) streams.push({ name: one, protocol: "tcp", ...part });
  }
  return { streams, keyLog: secrets.join("\n") };
}

/** Segments in the order of their sequence numbers, which wrap; what came twice once, in pieces where something is missing. */
function joined(segments: readonly Segment[]): Pick<Stream, "bytes" | "times">[] {
  const base = segments[0]!.sequence;
  const placed = segments
    .map(({ sequence, bytes, tMs }) => ({ at: (sequence - base) | 0, bytes, tMs }))
    .sort((a, b) => a.at - b.at || b.bytes.length - a.bytes.length);
  const pieces: { bytes: Uint8Array[]; times: { end: number; tMs: number }[]; from: number }[] = [];
  let end = Number.NaN;
  for (const { at, bytes, tMs } of placed) {
    const last = pieces.at(-1);
    if (last === undefined || !(at <= end)) {
      pieces.push({ bytes: [bytes], times: [{ end: bytes.length, tMs }], from: at });
      end = at + bytes.length;
    } else if (at + bytes.length > end) {
      last.bytes.push(bytes.subarray(end - at));
      end = at + bytes.length;
      // What was missing and came late is seen no earlier than what came before it.
      last.times.push({ end: end - last.from, tMs: Math.max(tMs, last.times.at(-1)!.tMs) });
    }
  }
  return pieces.map(({ bytes, times }) => ({ bytes: Buffer.concat(bytes), times }));
}

// ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The packets of a file, and the key log texts that it has. */
interface Packets {
  readonly packets: readonly Packet[];
  readonly secrets: string[];
}

function packetsOf(bytes: Uint8Array): Packets | null {
  if (bytes.length < 24) return null;
  const magic = viewOf(bytes).getUint32(0);
  if (magic === 0x0a0d0d0a) return packetsOfBlocks(bytes);
  const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
  if (!little && magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) return null;
  const view = viewOf(bytes);
  const linkType = view.getUint32(20, little) & 0xffff;
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at + 8, little);
    if (at + 16 + length > bytes.length) break;
    // In nanoseconds where the magic number says so, otherwise in microseconds.
    const fine = view.getUint32(at + 4, little) / (magic === 0x4d3cb2a1 || magic === 0xa1b23c4d ? 1e6 : 1e3);
    const tMs = view.getUint32(at, little) * 1000 + fine;
    packets.push({ linkType, tMs, bytes: bytes.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return { packets, secrets: [] };
}

/** The resolution of an interface's times in ms: option 9, a power of ten or, with its highest bit, of two. */
function tickOf(view: DataView, from: number, end: number, little: boolean): number {
  for (let at = from; at + 4 <= end; ) {
    const length = view.getUint16(at + 2, little);
    if (view.getUint16(at, little) === 9 && at + 5 <= end) {
      const resolution = view.getUint8(at + 4);
      return 1000 * (resolution & 0x80 ? 2 ** -(resolution & 0x7f) : 10 ** -resolution);
    }
    at += 4 + length + (-length & 3);
  }
  return 1e-3;
}

/** The blocks of a pcapng file: sections with their byte order, interfaces with their link types, packets. */
function packetsOfBlocks(bytes: Uint8Array): Packets {
  const view = viewOf(bytes);
  const packets: Packet[] = [];
  const secrets: string[] = [];
  let linkTypes: number[] = [];
  let ticksMs: number[] = [];
  let little = true;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const isSection = view.getUint32(at) === 0x0a0d0d0a;
    if (isSection) {
      little = view.getUint32(at + 8) === 0x4d3c2b1a;
      linkTypes = [];
      ticksMs = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    const next = at + length;
    if (length < 12 || length % 4 !== 0 || next > bytes.length) break;
    const body = at + 8;
    const bodyEnd = next - 4;
    if (type === 1 && body + 2 <= bodyEnd) {
      linkTypes.push(view.getUint16(body, little));
      ticksMs.push(tickOf(view, body + 8, bodyEnd, little));
    }
    // Decryption secrets, of the kind that is a key log of TLS.
    if (type === 10 && body + 8 <= bodyEnd && view.getUint32(body, little) === 0x544c534b) {
      const textEnd = Math.min(bodyEnd, body + 8 + view.getUint32(body + 4, little));
      secrets.push(Buffer.from(bytes.subarray(body + 8, textEnd)).toString("latin1"));
    }
    // Enhanced, obsolete and simple packet blocks.
    if ((type === 6 || type === 2) && body + 20 <= bodyEnd) {
      const interfaceId = type === 6 ? view.getUint32(body, little) : view.getUint16(body, little);
      const captured = view.getUint32(body + 12, little);
      const start = body + 20;
      const tick = view.getUint32(body + 4, little) * 2 ** 32 + view.getUint32(body + 8, little);
      packets.push({
        linkType: linkTypes[interfaceId] ?? 1,
        tMs: tick * (ticksMs[interfaceId] ?? 1e-3),
        bytes: bytes.subarray(start, Math.min(start + captured, bodyEnd)),
      });
    }
    if (type === 3 && body + 4 <= bodyEnd) {
      const captured = Math.min(view.getUint32(body, little), bodyEnd - body - 4);
      packets.push({ linkType: linkTypes[0] ?? 1, tMs: 0, bytes: bytes.subarray(body + 4, body + 4 + captured) });
    }
    at = next;
  }
  return { packets, secrets };
}

// ── Packets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A payload with who says it to whom; `sequence` of TCP, null of UDP. */
interface Transport {
  readonly name: string;
  readonly sequence: number | null;
  readonly bytes: Uint8Array;
}

const etherIpv4 = 0x0800;
const etherIpv6 = 0x86dd;
const etherVlan = new Set([0x8100, 0x88a8]);
const protocolTcp = 6;
const protocolUdp = 17;
/** IPv6 extension headers that carry their own length in units of eight bytes. */
const extensions = new Set([0, 43, 60]);

/** Where the network's packet begins in a link's frame, or −1. */
function networkAt({ linkType, bytes }: Packet): number {
  const view = viewOf(bytes);
  const ether = (typeAt: number): number => {
    let at = typeAt;
    while (at + 6 <= bytes.length && etherVlan.has(view.getUint16(at))) at += 4;
    if (at + 2 > bytes.length) return -1;
    const type = view.getUint16(at);
    return type === etherIpv4 || type === etherIpv6 ? at + 2 : -1;
  };
  if (linkType === 1) return ether(12);
  if (linkType === 113) return ether(14);
  // Cooked captures of version 2 have the type in front and a header of 20 bytes.
  if (linkType === 276) return bytes.length > 20 ? 20 : -1;
  if (linkType === 0 || linkType === 108) return 4;
  return [12, 14, 101, 228, 229].includes(linkType) ? 0 : -1;
}

function transportOf(packet: Packet): Transport | null {
  const at = networkAt(packet);
  const { bytes } = packet;
  if (at < 0 || at + 20 > bytes.length) return null;
  const version = bytes[at]! >>> 4;
  if (version === 4) return ofIpv4(bytes.subarray(at));
  return version === 6 ? ofIpv6(bytes.subarray(at)) : null;
}

function ofIpv4(bytes: Uint8Array): Transport | null {
  const view = viewOf(bytes);
  const header = (bytes[0]! & 15) * 4;
  const total = view.getUint16(2) || bytes.length;
  // A later part of a packet that was split has no ports; V2G packets are never split.
  if ((view.getUint16(6) & 0x1fff) !== 0) return null;
  const text = (at: number): string => [...bytes.subarray(at, at + 4)].join(".");
  return ofPorts(bytes.subarray(header, Math.min(total, bytes.length)), bytes[9]!, text(12), text(16));
}

function ofIpv6(bytes: Uint8Array): Transport | null {
  if (bytes.length < 40) return null;
  const view = viewOf(bytes);
  const end = Math.min(40 + (view.getUint16(4) || bytes.length), bytes.length);
  let next = bytes[6]!;
  let at = 40;
  while (extensions.has(next) && at + 8 <= end) {
    next = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  const text = (from: number): string =>
    `[${Array.from({ length: 8 }, (_, i) => view.getUint16(from + 2 * i).toString(16)).join(":")}]`.replace(
      /(:0){2,}(?=[:\]])/,
      ":",
    );
  return ofPorts(bytes.subarray(at, end), next, text(8), text(24));
}

function ofPorts(bytes: Uint8Array, protocol: number, from: string, to: string): Transport | null {
  if (bytes.length < 8 || (protocol !== protocolTcp && protocol !== protocolUdp)) return null;
  const view = viewOf(bytes);
  const name = `${from}:${view.getUint16(0)} → ${to}:${view.getUint16(2)}`;
  if (protocol === protocolUdp) return { name, sequence: null, bytes: bytes.subarray(8) };
  if (bytes.length < 20) return null;
  const synchronizes = (bytes[13]! & 2) !== 0;
  const sequence = (view.getUint32(4) + (synchronizes ? 1 : 0)) >>> 0;
  return { name, sequence, bytes: bytes.subarray((bytes[12]! >>> 4) * 4) };
}
