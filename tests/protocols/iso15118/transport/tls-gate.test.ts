/** What a vehicle's first message says of its TLS, in pieces and out of shape. */
import { describe, expect, test } from "vitest";
import { offersTls13 } from "../../../../src/protocols/iso15118/transport/tls-gate.ts";

const u16 = (value: number): number[] => [value >> 8, value & 0xff];
/** A hello with these extensions, by number and content. */
function hello(
  extensions: readonly (readonly [number, readonly number[]])[],
  more: readonly number[] = [],
): Uint8Array {
  const listed = extensions.flatMap(([kind, bytes]) => [...u16(kind), ...u16(bytes.length), ...bytes]);
  const body = [
    3,
    3,
    ...new Array<number>(32).fill(7),
    0,
    ...u16(2),
    0xc0,
    0x23,
    1,
    0,
    ...u16(listed.length),
    ...listed,
  ];
  const message = [1, 0, ...u16(body.length), ...body, ...more];
  return Uint8Array.from([22, 3, 1, ...u16(message.length), ...message]);
}
const versions = (...list: number[]): readonly [number, readonly number[]] => [
  43,
  [2 * list.length, ...list.flatMap(u16)],
];
const name: readonly [number, readonly number[]] = [0, [0, 1, 2]];

describe("TLS 1.3 is offered", () => {
  test.each([
    ["a hello with it among its versions", hello([name, versions(0x0304, 0x0303)]), true],
    ["one with older versions only", hello([versions(0x0303, 0x0302)]), false],
    ["one without that list, as TLS 1.2 has it", hello([name]), false],
    ["one without extensions", hello([]), false],
    ["another record", Uint8Array.of(23, 3, 3, 0, 1, 0), false],
    ["a protocol of its own", Uint8Array.of(1, 0xfe, 0x80, 1), false],
    ["another message", Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0), false],
    [
      "lengths that lead out of it",
      Uint8Array.from([22, 3, 1, 0, 44, 1, 0, 0, 40, 3, 3, ...new Array<number>(32).fill(0), 255, 0, 0, 0, 0, 0]),
      false,
    ],
    ["a record longer than any", Uint8Array.of(22, 3, 1, 0xff, 0xff), false],
    ["nothing yet", new Uint8Array(0), undefined],
  ])("%s → %s", (_, bytes, offers) => {
    expect(offersTls13(bytes)).toBe(offers);
  });

  test("in pieces: not known until all of it is there", () => {
    const whole = hello([name, versions(0x0304)]);
    for (let length = 0; length < whole.length; length++)
      expect(offersTls13(whole.subarray(0, length))).toBeUndefined();
    expect(offersTls13(whole)).toBe(true);
  });
});
