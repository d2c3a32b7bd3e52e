import { describe, expect, test } from "vitest";
import { BitReader } from "../../../src/protocols/exi/bits.ts";
import { type Codec, codecOf } from "../../../src/protocols/exi/codec.ts";
import { attribute, namespace, optional, repeat, schemaSet } from "../../../src/protocols/exi/dsl.ts";
import { interpretDocument } from "../../../src/protocols/exi/interpret.ts";
import type { SchemaSet, Type } from "../../../src/protocols/exi/schema.ts";
import { enumeration, restrict, xs } from "../../../src/protocols/exi/simple-types.ts";
import { bytesOf, hexOf } from "./support/vectors.ts";

type AnyCodec = Codec<SchemaSet<Record<string, unknown>>>;

const { sequence, elements } = namespace("urn:example:limits", { prefix: "l" });
const codecFor = (type: Type<never>, where: "element" | "attribute" | "list"): AnyCodec => {
  const field = { element: type, attribute: optional(attribute(type)), list: repeat(type, 1, 5) }[where];
  const Root = sequence({ Field: field as Type<unknown>, After: xs.boolean });
  return codecOf(schemaSet("limits", elements({ Root }))) as unknown as AnyCodec;
};

/** Two types that are coded alike: what the wider one writes, the narrower one must refuse where it is outside. */
const cases = [
  [
    "an unsigned number",
    xs.unsignedInt,
    restrict(xs.unsignedInt, { minInclusive: 100, maxInclusive: 70_000 }),
    [100, 127, 128, 70_000],
    [0, 1, 99, 70_001, 4_294_967_295],
  ],
  ["a small unsigned number", xs.unsignedInt, xs.unsignedShort, [0, 65_535], [65_536, 2_097_151, 2_097_152]],
  [
    "a signed number",
    xs.int,
    restrict(xs.int, { minInclusive: -5_000, maxInclusive: 6_000 }),
    [-5_000, 0, 6_000],
    [-5_001, 6_001, -2_147_483_648],
  ],
  ["a short", xs.int, xs.short, [-32_768, 32_767], [-32_769, 32_768]],
  ["an int", xs.long, xs.int, [-2_147_483_648, 2_147_483_647], [-2_147_483_649, 2_147_483_648]],
  ["an unsigned int", xs.unsignedLong, xs.unsignedInt, [0, 4_294_967_295], [4_294_967_296, 2n ** 60n]],
  ["an unsigned long", xs.integer, xs.long, [], []],
  [
    "a number in bits",
    restrict(xs.byte, { minInclusive: 3, maxInclusive: 10 }),
    restrict(xs.byte, { minInclusive: 3, maxInclusive: 7 }),
    [3, 7],
    [8, 10],
  ],
  ["a word", enumeration("a", "b", "c", "d"), enumeration("a", "b", "c"), ["a", "c"], ["d"]],
  [
    "text",
    xs.string,
    restrict(xs.string, { maxLength: 5 }),
    ["", "abcde", "é🔌"],
    ["abcdef", "x".repeat(200), "🔌🔌🔌🔌🔌🔌"],
  ],
  [
    "octets",
    xs.hexBinary,
    restrict(xs.hexBinary, { maxLength: 3 }),
    ["", "010203"].map(bytesOf),
    ["01020304", "00".repeat(300)].map(bytesOf),
  ],
] as const;

const positions = ["element", "attribute", "list"] as const;

describe.each(positions)("limits of a value as %s", (where) => {
  test.each(cases)("%s", (_, wide, narrow, inside, outside) => {
    const [writer, reader] = [codecFor(wide as Type<never>, where), codecFor(narrow as Type<never>, where)];
    const value = (one: unknown): unknown => ({ Field: where === "list" ? [one, one] : one, After: true });
    for (const one of inside) {
      const bytes = writer.encode("Root", value(one));
      expect(hexOf(reader.encode("Root", reader.decode(bytes).value)), String(one)).toBe(hexOf(bytes));
    }
    expect(reader.counts.interpreted, "generated functions took what is inside").toBe(0);
    for (const one of outside) {
      const bytes = writer.encode("Root", value(one));
      const refused = expect.objectContaining({
        name: "ExiError",
        code: expect.stringMatching(/range|length|enumeration|type/),
      });
      expect(() => reader.decode(bytes), String(one)).toThrow(refused);
      expect(() => interpretDocument(new BitReader(bytes), reader.set), String(one)).toThrow(refused);
      expect(() => reader.encode("Root", value(one)), String(one)).toThrow(refused);
    }
  });
});

test.each([
  ["64 bits", xs.unsignedLong, [0, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n], [2n ** 64n, -1]],
  [
    "64 bits with a sign",
    xs.long,
    [-(2 ** 53) + 1, -(2n ** 53n), -(2n ** 63n), 2n ** 63n - 1n],
    [2n ** 63n, -(2n ** 63n) - 1n],
  ],
  ["no range", xs.integer, [0n, -1n, 10n ** 100n, -(2n ** 448n), 2n ** 448n - 1n], [2n ** 448n]],
] as const)("integers of %s are kept to the last digit", (_, type, inside, outside) => {
  const codec = codecFor(type as Type<never>, "element");
  for (const one of inside) {
    expect(codec.decode(codec.encode("Root", { Field: one, After: false })).value).toEqual({
      Field: one,
      After: false,
    });
  }
  for (const one of outside) expect(() => codec.encode("Root", { Field: one, After: false })).toThrow(/outside/);
});

test("a number has one form only", () => {
  const codec = codecFor(xs.unsignedInt as Type<never>, "element");
  // 80 | root 0, start, text | 5 | end, start, text, true, end, end
  const five = codec.encode("Root", { Field: 5, After: true });
  expect(hexOf(five)).toBe("8000a200");
  // The same with 5 as 0x85 0x00.
  expect(() => codec.decode(bytesOf("8010a00100"))).toThrow(
    expect.objectContaining({ code: "overlong-integer", bit: 11 }),
  );
});

describe("what a caller gets wrong is said as it is", () => {
  const codec = codecFor(restrict(xs.string, { maxLength: 15 }) as Type<never>, "element");
  test.each([
    ["a little too long", "a".repeat(16), "length 16, at most 15"],
    ["much too long", "a".repeat(400), "more than 15 characters (400 units of UTF-16)"],
    ["pairs, a little too many", "😀".repeat(15) + "a", "more than 15 characters (31 units of UTF-16)"],
  ])("a text that is %s", (_, text, sentence) => {
    expect(() => codec.encode("Root", { Field: text, After: true })).toThrow(sentence);
  });
  test("as many characters as may be, however they are written", () => {
    expect(() => codec.encode("Root", { Field: "😀".repeat(15), After: true })).not.toThrow();
  });
  test.each(["80", [128], null, undefined, 5])("bytes that are none: %j", (bytes) => {
    expect(() => codec.decode(bytes as never)).toThrow("a message is a Uint8Array");
    expect(() => codec.decodeFragment(bytes as never)).toThrow("a message is a Uint8Array");
  });
});
