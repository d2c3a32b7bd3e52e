/** A pcapng file with one TCP connection, and perhaps with the secrets of its encryption. */

const u16 = (value: number): Buffer => Buffer.from([value >>> 8, value & 255]);
const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
const little32 = (value: number): Buffer => Buffer.from(u32(value).reverse());

const ipv6 = (next: number, payload: Buffer, back = false): Buffer => {
  const address = (last: number): Buffer =>
    Buffer.concat([Buffer.from("fe80", "hex"), Buffer.alloc(13), Buffer.from([last])]);
  const head = Buffer.concat([Buffer.from([0x60, 0, 0, 0]), u16(payload.length), Buffer.from([next, 64])]);
  return Buffer.concat([Buffer.alloc(12), u16(0x86dd), head, address(back ? 2 : 1), address(back ? 1 : 2), payload]);
};
const tcp = (from: number, to: number, sequence: number, data: Buffer): Buffer => {
  const header = Buffer.concat([u16(from), u16(to), u32(sequence), u32(0), Buffer.from([0x50, 16]), Buffer.alloc(6)]);
  return ipv6(6, Buffer.concat([header, data]), from > to);
};
const udp = (data: Buffer): Buffer =>
  ipv6(17, Buffer.concat([u16(50_001), u16(49_200), u16(8 + data.length), u16(0), data]));

function block(type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  const length = little32(12 + padded.length);
  return Buffer.concat([little32(type), length, padded, length]);
}

/** Segments of at most 1,400 octets, in turns. */
function segments([toServer, toClient]: readonly [Uint8Array, Uint8Array]): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < Math.max(toServer.length, toClient.length); at += 1_400)
    for (const [bytes, from, to] of [
      [toServer, 50_000, 61_341],
      [toClient, 61_341, 50_000],
    ] as const) {
      const piece = Buffer.from(bytes.subarray(at, at + 1_400));
      if (piece.length > 0) packets.push(tcp(from, to, at + 1, piece));
    }
  return packets;
}

export function captureFile(
  streams: readonly [Uint8Array, Uint8Array],
  secrets: { readonly block?: string; readonly datagram?: string } = {},
): Buffer {
  const packets = segments(streams);
  if (secrets.datagram !== undefined) packets.push(udp(Buffer.from(secrets.datagram)));
  const text = Buffer.from(secrets.block ?? "");
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([little32(0x1a2b3c4d), Buffer.from([1, 0, 0, 0]), Buffer.alloc(8, 255)])),
    block(1, Buffer.concat([Buffer.from([1, 0, 0, 0]), little32(0)])),
    ...(text.length > 0 ? [block(10, Buffer.concat([little32(0x544c534b), little32(text.length), text]))] : []),
    ...packets.map((packet, i) =>
      block(
        6,
        Buffer.concat([
          little32(0),
          little32(0),
          little32(i * 1_000),
          little32(packet.length),
          little32(packet.length),
          packet,
        ]),
      ),
    ),
  ]);
}
