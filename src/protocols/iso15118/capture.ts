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
}

/** Streams that are kept apart, beyond which packets of further ones are left out. */
const streamsMax = 10_000;

interface Packet {
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

interface Segment {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** The streams of a capture in the order of their first packets; null when the bytes are no capture. */
export function streamsOf(bytes: Uint8Array): Stream[] | null {
  const packets = packetsOf(bytes);
  if (packets === null) return null;
  const streams: Stream[] = [];
  const segments = new Map<string, Segment[]>();
  const order: (Stream | string)[] = [];
  for (const packet of packets) {
    const found = transportOf(packet);
    if (found === null || found.bytes.length === 0 || order.length >= streamsMax) continue;
    if (found.sequence === null) {
      order.push({ name: found.name, protocol: "udp", bytes: found.bytes });
      continue;
    }
    const known = segments.get(found.name);
    const segment = { sequence: found.sequence, bytes: found.bytes };
    if (known) known.push(segment);
    else {
      segments.set(found.name, [segment]);
      order.push(found.name);
    }
  }
  for (const one of order) {
    if (typeof one !== "string") streams.push(one);
    else for (const part of joined(segments.get(one)!)) streams.push({ name: one, protocol: "tcp", bytes: part });
  }
  return streams;
}

/** Segments in the order of their sequence numbers, which wrap; what came twice once, in pieces where something is missing. */
function joined(segments: readonly Segment[]): Uint8Array[] {
  const base = segments[0]!.sequence;
  const placed = segments
    .map(({ sequence, bytes }) => ({ at: (sequence - base) | 0, bytes }))
    .sort((a, b) => a.at - b.at || b.bytes.length - a.bytes.length);
  const pieces: Uint8Array[][] = [];
  let end = Number.NaN;
  for (const { at, bytes } of placed) {
    if (!(at <= end)) {
      pieces.push([bytes]);
      end = at + bytes.length;
    } else if (at + bytes.length > end) {
      pieces.at(-1)!.push(bytes.subarray(end - at));
      end = at + bytes.length;
    }
  }
  return pieces.map((parts) => Buffer.concat(parts));
}

// ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function packetsOf(bytes: Uint8Array): Packet[] | null {
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
    packets.push({ linkType, bytes: bytes.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return packets;
}

/** The blocks of a pcapng file: sections with their byte order, interfaces with their link types, packets. */
function packetsOfBlocks(bytes: Uint8Array): Packet[] {
  const view = viewOf(bytes);
  const packets: Packet[] = [];
  let linkTypes: number[] = [];
  let little = true;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const isSection = view.getUint32(at) === 0x0a0d0d0a;
    if (isSection) {
      little = view.getUint32(at + 8) === 0x4d3c2b1a;
      linkTypes = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    const next = at + length;
    if (length < 12 || length % 4 !== 0 || next > bytes.length) break;
    const body = at + 8;
    const bodyEnd = next - 4;
    if (type === 1 && body + 2 <= bodyEnd) linkTypes.push(view.getUint16(body, little));
    // Enhanced, obsolete and simple packet blocks.
    if ((type === 6 || type === 2) && body + 20 <= bodyEnd) {
      const interfaceId = type === 6 ? view.getUint32(body, little) : view.getUint16(body, little);
      const captured = view.getUint32(body + 12, little);
      const start = body + 20;
      packets.push({
        linkType: linkTypes[interfaceId] ?? 1,
        bytes: bytes.subarray(start, Math.min(start + captured, bodyEnd)),
      });
    }
    if (type === 3 && body + 4 <= bodyEnd) {
      const captured = Math.min(view.getUint32(body, little), bodyEnd - body - 4);
      packets.push({ linkType: linkTypes[0] ?? 1, bytes: bytes.subarray(body + 4, body + 4 + captured) });
    }
    at = next;
  }
  return packets;
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
