import { describe, expect, test } from "vitest";
import { captureOf } from "../../../src/protocols/iso15118/capture.ts";
import { payloadsIn } from "../../../src/protocols/iso15118/explain.ts";

const setup = Buffer.from("80980011d00000", "hex");
const frame = Buffer.concat([Buffer.from("01fe800100000007", "hex"), setup]);

const u16 = (value: number): Buffer => Buffer.from([value >>> 8, value & 255]);
const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);

interface Tcp {
  sequence: number;
  data?: Buffer;
  syn?: boolean;
  from?: number;
  to?: number;
}
const tcp = ({ sequence, data = Buffer.alloc(0), syn = false, from = 50_000, to = 61_341 }: Tcp): Buffer =>
  Buffer.concat([u16(from), u16(to), u32(sequence), u32(0), Buffer.from([0x50, syn ? 2 : 16]), Buffer.alloc(6), data]);
const udp = (data: Buffer): Buffer => Buffer.concat([u16(50_001), u16(15_118), u16(8 + data.length), u16(0), data]);

const ethernet = (type: number, rest: Buffer, tags = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.alloc(12), tags, u16(type), rest]);
const ipv6 = (next: number, payload: Buffer, extension = Buffer.alloc(0)): Buffer => {
  const first = Buffer.concat([Buffer.from([0x60, 0, 0, 0]), u16(extension.length + payload.length)]);
  const address = (last: number): Buffer =>
    Buffer.concat([Buffer.from("fe80", "hex"), Buffer.alloc(13), Buffer.from([last])]);
  const kind = extension.length > 0 ? 0 : next;
  return Buffer.concat([first, Buffer.from([kind, 64]), address(1), address(2), extension, payload]);
};
const ipv4 = (protocol: number, payload: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + payload.length),
    Buffer.alloc(4),
    Buffer.from([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]),
    payload,
  ]);
const over6 = (payload: Buffer): Buffer => ethernet(0x86dd, ipv6(6, payload));

const little32 = (value: number): Buffer => Buffer.from(u32(value).reverse());
function pcapng(packets: readonly Buffer[], linkType = 1): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const length = little32(12 + padded.length);
    return Buffer.concat([little32(type), length, padded, length]);
  };
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([little32(0x1a2b3c4d), Buffer.from([1, 0, 0, 0]), Buffer.alloc(8, 255)])),
    block(1, Buffer.concat([Buffer.from([linkType, 0, 0, 0]), little32(0)])),
    ...packets.map((packet) =>
      block(6, Buffer.concat([Buffer.alloc(12), little32(packet.length), little32(packet.length), packet])),
    ),
  ]);
}
function pcap(packets: readonly Buffer[], order: "big" | "little", linkType = 1): Buffer {
  const word = (value: number): Buffer => (order === "big" ? u32(value) : little32(value));
  return Buffer.concat([
    word(0xa1b2c3d4),
    Buffer.alloc(16),
    word(linkType),
    ...packets.flatMap((packet) => [Buffer.alloc(8), word(packet.length), word(packet.length), packet]),
  ]);
}

const two = Buffer.concat([frame, frame]);
const cut = (at: number, sequence: number): [Buffer, Buffer] => [
  over6(tcp({ sequence, data: two.subarray(0, at) })),
  over6(tcp({ sequence: (sequence + at) >>> 0, data: two.subarray(at) })),
];
const [early, late] = cut(11, 1_001);
const syn = over6(tcp({ sequence: 1_000, syn: true }));

describe("messages over several packets", () => {
  test.each<[string, Buffer]>([
    ["in order", pcapng([syn, early, late])],
    ["out of order", pcapng([syn, late, early])],
    ["repeated", pcapng([syn, early, early, late, late])],
    ["overlapping", pcapng([syn, early, over6(tcp({ sequence: 1_001 + 5, data: two.subarray(5) }))])],
    ["across the wrap of the sequence", pcapng(cut(11, 0xffff_fffe))],
    ["byte by byte", pcapng([...two].map((byte, i) => over6(tcp({ sequence: 7 + i, data: Buffer.from([byte]) }))))],
    ["in a pcap, little endian", pcap([syn, early, late], "little")],
    ["in a pcap, big endian", pcap([early, late], "big")],
    [
      "behind a VLAN tag",
      pcapng(
        [early, late].map((one) =>
          Buffer.concat([one.subarray(0, 12), Buffer.from("81000001", "hex"), one.subarray(12)]),
        ),
      ),
    ],
    [
      "over IPv4",
      pcapng(
        [11, 30].map((to, i) =>
          ethernet(0x0800, ipv4(6, tcp({ sequence: 1 + 11 * i, data: two.subarray(11 * i, to) }))),
        ),
      ),
    ],
    [
      "behind an extension header",
      pcapng([ethernet(0x86dd, ipv6(6, tcp({ sequence: 1, data: two }), Buffer.from([6, 0, 1, 4, 0, 0, 0, 0])))]),
    ],
    ["without a link header", pcapng([ipv6(6, tcp({ sequence: 1, data: two }))], 101)],
  ])("%s", (_, capture) => {
    const payloads = payloadsIn(capture);
    expect(payloads.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).toEqual([
      setup.toString("hex"),
      setup.toString("hex"),
    ]);
    expect(payloads[0]!.stream).toMatch(/:50000 → .*:61341$/);
  });

  test("both sides are kept apart, and a discovery over UDP is read as well", () => {
    const discovery = Buffer.from("01fe9000000000021000", "hex");
    const capture = pcapng([
      ethernet(0x86dd, ipv6(17, udp(discovery))),
      over6(tcp({ sequence: 1, data: frame.subarray(0, 9) })),
      over6(tcp({ sequence: 1, data: frame, from: 61_341, to: 50_000 })),
      over6(tcp({ sequence: 10, data: frame.subarray(9) })),
    ]);
    expect(payloadsIn(capture).map(({ stream, bytes }) => [stream, bytes.length])).toEqual([
      ["[fe80::1]:50001 → [fe80::2]:15118", 2],
      ["[fe80::1]:50000 → [fe80::2]:61341", 7],
      ["[fe80::1]:61341 → [fe80::2]:50000", 7],
    ]);
  });

  test("what was lost on the way is not made up: what stands before and after is", () => {
    const three = Buffer.concat([frame, frame, frame]);
    const capture = pcapng([
      over6(tcp({ sequence: 1, data: three.subarray(0, 20) })),
      over6(tcp({ sequence: 1 + 30, data: three.subarray(30) })),
    ]);
    expect(payloadsIn(capture)).toHaveLength(2);
    expect(captureOf(capture)?.streams).toHaveLength(2);
  });
});

describe("captures without a frame", () => {
  test("say so, and why TLS stays closed", () => {
    const hello = Buffer.from("1603010005010000010303", "hex");
    expect(() => payloadsIn(pcapng([over6(tcp({ sequence: 1, data: hello }))]))).toThrow(
      "No V2GTP frame found in this capture. A connection is encrypted (TLS), and only one side of it is in the capture",
    );
    expect(() => payloadsIn(pcap([], "little"))).toThrow("No V2GTP frame found in this capture.");
  });

  test("damaged files end where they are damaged", () => {
    const whole = pcapng([syn, early, late]);
    for (let length = 24; length < whole.length; length++) {
      const streams = captureOf(whole.subarray(0, length))?.streams ?? null;
      expect(streams!.length).toBeLessThanOrEqual(1);
    }
    for (let i = 0; i < whole.length; i++) {
      const damaged = Buffer.from(whole);
      damaged[i] = 255 - damaged[i]!;
      expect(() => captureOf(damaged)).not.toThrow();
    }
  });
});
