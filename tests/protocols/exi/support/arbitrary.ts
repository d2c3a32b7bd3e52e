/** Random values of a schema type, for properties. */
import fc from "fast-check";
import { isXmlCharacter } from "../../../../src/protocols/exi/characters.ts";
import type { ComplexType, Option, SchemaType, SimpleType, Slot } from "../../../../src/protocols/exi/schema.ts";

const itemsMax = 4;
const charactersMax = 40;
const octetsMax = 600;

const character = fc
  .oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
    { weight: 1, arbitrary: fc.constantFrom(0x09, 0x0a, 0x0d, 0x7f, 0x80, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10ffff) },
    { weight: 1, arbitrary: fc.integer({ min: 0xa0, max: 0x10ffff }) },
  )
  .filter(isXmlCharacter);

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(character, { maxLength: Math.min(maxLength, charactersMax) })
    .map((codePoints) => String.fromCodePoint(...codePoints));

export function arbitraryOf(type: SchemaType): fc.Arbitrary<unknown> {
  return type.kind === "complex" ? complex(type) : simple(type);
}

function simple(type: SimpleType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "enumeration":
      return fc.constantFrom(...type.values);
    case "string":
      return fc.oneof(
        { weight: 9, arbitrary: text(type.maxLength) },
        { weight: 1, arbitrary: fc.constant("x".repeat(Math.min(type.maxLength, 500))) },
      );
    case "binary":
      return fc
        .oneof(
          { weight: 9, arbitrary: fc.uint8Array({ maxLength: Math.min(type.maxLength, 40) }) },
          {
            weight: 1,
            arbitrary: fc.uint8Array({ minLength: 17, maxLength: Math.max(17, Math.min(type.maxLength, octetsMax)) }),
          },
        )
        .filter((octets) => octets.length <= type.maxLength);
    case "integer": {
      const { min, max } = type;
      const edges = [min, min + 1n, max - 1n, max, 0n, -1n, 127n, 128n, 16383n, 16384n, (1n << 53n) - 1n, 1n << 53n];
      const within = edges.filter((edge) => edge >= min && edge <= max);
      const small = (value: bigint): boolean => value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
      return fc
        .oneof(
          fc.bigInt({ min, max }),
          fc.constantFrom(...within),
          fc.bigInt({ min: largest(min, smallest(max, 0n)), max: smallest(max, 999n) }),
        )
        .map((value) => (type.as === "bigint" || !small(value) ? value : Number(value)));
    }
  }
}

const smallest = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const codable = (option: Option): option is Option & { type: SchemaType } => typeof option.type !== "string";

function complex(type: ComplexType): fc.Arbitrary<unknown> {
  const parts: fc.Arbitrary<Record<string, unknown>>[] = [];
  for (const attribute of type.attributes) {
    const one = simple(attribute.type).map((value) => ({ [attribute.name]: value }));
    parts.push(attribute.required ? one : maybe(one));
  }
  if (type.text !== undefined) parts.push(simple(type.text).map((value) => ({ value })));
  for (const slot of type.slots) {
    const one = slotOf(slot);
    if (one !== undefined) parts.push(one);
  }
  return fc.tuple(...parts).map((values) => Object.assign({}, ...values) as unknown);
}

const maybe = (one: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.option(one, { nil: {}, freq: 2 });

function slotOf(slot: Slot): fc.Arbitrary<Record<string, unknown>> | undefined {
  const options = slot.options.filter(codable);
  if (options.length === 0) return undefined;
  const one = (option: (typeof options)[number], key: string): fc.Arbitrary<Record<string, unknown>> => {
    const rest = option.rest.map(slotOf).filter((part) => part !== undefined);
    const first = arbitraryOf(option.type).map((value) => ({ [key]: value }));
    return fc.tuple(first, ...rest).map((values) => Object.assign({}, ...values) as Record<string, unknown>);
  };
  const pick = fc.oneof(...options.map((option) => one(option, slot.shape === "one" ? slot.key : option.name)));
  if (slot.shape === "one" || slot.shape === "pick") return slot.min > 0 ? pick : maybe(pick);
  const item = slot.shape === "picks" ? pick : arbitraryOf(options[0]!.type);
  const few = fc.array(item, { minLength: Math.max(1, slot.min), maxLength: Math.min(slot.max, slot.min + itemsMax) });
  // Full lists have a grammar of their own: nothing but what follows may come.
  const full = fc.array(item, { minLength: slot.max, maxLength: slot.max });
  const list = (slot.max <= 24 ? fc.oneof({ weight: 5, arbitrary: few }, { weight: 1, arbitrary: full }) : few).map(
    (items) => ({ [slot.key]: items }),
  );
  return slot.min > 0 ? list : maybe(list);
}
