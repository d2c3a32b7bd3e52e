import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BitReader, BitWriter } from "../../../src/protocols/exi/bits.ts";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import { documentGrammar } from "../../../src/protocols/exi/grammar.ts";
import { interpretDocument, writeDocument } from "../../../src/protocols/exi/interpret.ts";
import type { SchemaType } from "../../../src/protocols/exi/schema.ts";
import { fromXml, toXml } from "../../../src/protocols/exi/xml.ts";
import { type SchemaSetName, schemaSets } from "../../../src/protocols/iso15118/messages/index.ts";
import { arbitraryOf } from "./support/arbitrary.ts";
import { anyCodecOf, comparable, hexOf, setOf } from "./support/vectors.ts";

/** Random values per root element; ISLET_EXI_RUNS multiplies them. */
const runs = 12 * Number(process.env["ISLET_EXI_RUNS"] ?? 1);

/** Elements that consist of elements of other schemas, which are refused. */
const onlyWildcards = ["SignatureProperties", "SignatureProperty"];

for (const name of Object.keys(schemaSets) as SchemaSetName[]) {
  const set = setOf(name);
  const codec = anyCodecOf(name);
  const roots = documentGrammar(set).roots.filter(({ type }) => typeof type !== "string");
  describe(`random messages of ${name}`, () => {
    for (const root of roots) {
      const type = root.type as SchemaType;
      if (onlyWildcards.includes(root.name)) continue;
      test(`${root.name}: both implementations write and read the same, and so does XML`, () => {
        fc.assert(
          fc.property(arbitraryOf(type), (value) => {
            const before = codec.counts.interpreted;
            const bytes = codec.encode(root.name, value);
            const decoded = codec.decode(bytes);
            // Only elements of simple type are left to the interpreter.
            if (type.kind === "complex") expect(codec.counts.interpreted, "generated functions took it").toBe(before);
            expect(decoded.root).toBe(root.name);
            expect(comparable(decoded.value)).toEqual(comparable(value));

            const writer = new BitWriter();
            writeDocument(writer, set, root.name, value);
            expect(hexOf(bytes)).toBe(hexOf(writer.finish()));
            expect(comparable(interpretDocument(new BitReader(bytes), set).value)).toEqual(comparable(value));

            const xml = toXml(set, { root: root.name, value });
            expect(comparable(fromXml(set, xml))).toEqual(comparable({ root: root.name, value }));
          }),
          { numRuns: runs },
        );
      });
    }
  });
}

/** What a program without a type checker may put in the place of a field. */
const wrongs = [
  undefined,
  null,
  true,
  "x",
  "",
  -1,
  1.5,
  5e9,
  2 ** 60,
  Number.NaN,
  3n,
  1n << 70n,
  {},
  [],
  [5],
  new Uint8Array(2000),
];

/** The value with the field at a random place replaced; places are counted in the order of a walk. */
function mangled(value: unknown, place: number, wrong: unknown): unknown {
  let left = place;
  const walk = (node: unknown): unknown => {
    if (left-- === 0) return wrong;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null || node instanceof Uint8Array) return node;
    return Object.fromEntries(Object.entries(node).map(([key, field]) => [key, walk(field)]));
  };
  return walk(value);
}

describe("values with a wrong field", () => {
  test.each(Object.keys(schemaSets) as SchemaSetName[])(
    "of %s: refused by both implementations, or the same bytes",
    (name) => {
      const set = setOf(name);
      const codec = anyCodecOf(name);
      const roots = documentGrammar(set).roots.filter(
        ({ name: root, type }) => typeof type !== "string" && !onlyWildcards.includes(root),
      );
      const attempt = (encode: () => Uint8Array): string => {
        try {
          return hexOf(encode());
        } catch (error) {
          if (error instanceof ExiError && error.code !== "internal") return `refused: ${error.code} ${error.path}`;
          throw error;
        }
      };
      const messages = fc.oneof(
        ...roots.map((root) => arbitraryOf(root.type as SchemaType).map((value) => ({ root: root.name, value }))),
      );
      fc.assert(
        fc.property(messages, fc.nat(40), fc.constantFrom(...wrongs), ({ root, value }, place, wrong) => {
          const given = mangled(value, place, wrong);
          const generated = attempt(() => codec.encode(root, given));
          const stated = attempt(() => {
            const writer = new BitWriter();
            writeDocument(writer, set, root, given);
            return writer.finish();
          });
          expect(generated).toBe(stated);
        }),
        { numRuns: 40 * runs },
      );
    },
  );
});
