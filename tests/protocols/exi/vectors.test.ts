import { describe, expect, test } from "vitest";
import type { Fragment, Message } from "../../../src/protocols/exi/interpret.ts";
import { fragmentFromXml, fragmentToXml, fromXml, toXml } from "../../../src/protocols/exi/xml.ts";
import { parseXml, type XmlElement } from "../../../src/protocols/exi/xml-parse.ts";
import { anyCodecOf, bytesOf, hexOf, readVectors, setOf, type Vector } from "./support/vectors.ts";

interface View {
  fromXml(xml: string): Message | Fragment;
  toXml(message: Message | Fragment): string;
  encode(message: Message | Fragment): string;
  decode(hex: string): Message | Fragment;
}

/** A vector's document or fragment, through the codec of its set. */
function viewOf({ schemaSet, fragment }: Vector): View {
  const set = setOf(schemaSet);
  const codec = anyCodecOf(schemaSet);
  return fragment === true
    ? {
        fromXml: (xml) => fragmentFromXml(set, xml),
        toXml: (one) => fragmentToXml(set, one as Fragment),
        encode: (one) => hexOf(codec.encodeFragment(one as Fragment, one.value)),
        decode: (hex) => codec.decodeFragment(bytesOf(hex)),
      }
    : {
        fromXml: (xml) => fromXml(set, xml),
        toXml: (one) => toXml(set, one as Message),
        encode: (one) => hexOf(codec.encode((one as Message).root, one.value)),
        decode: (hex) => codec.decode(bytesOf(hex)),
      };
}

/** An XML document without what XML leaves to taste: prefixes, order of attributes, white space between elements. */
function canonical(element: XmlElement): unknown {
  return {
    name: `{${element.namespace}}${element.name}`,
    attributes: element.attributes.map((one) => `{${one.namespace}}${one.name}=${one.value}`).sort(),
    content: element.children.length > 0 ? element.children.map(canonical) : element.text,
  };
}
const document = (xml: string): unknown => canonical(parseXml(xml));

const files = [
  ["public.jsonl.gz", 623],
  ["fragments.jsonl.gz", 239],
  ["bench.jsonl", 11],
] as const;

describe.each(files)("%s", (file, count) => {
  const vectors = readVectors(file);

  test("is complete", () => expect(vectors.length).toBe(count));

  test("XML → the same bytes", () => {
    for (const vector of vectors) {
      const view = viewOf(vector);
      expect(view.encode(view.fromXml(vector.xml)), vector.id).toBe(vector.exi);
    }
  });

  test("bytes → equivalent XML → the same bytes", () => {
    for (const vector of vectors) {
      const view = viewOf(vector);
      const xml = view.toXml(view.decode(vector.exi));
      expect(document(xml), vector.id).toEqual(document(vector.xml));
      expect(view.encode(view.fromXml(xml)), vector.id).toBe(vector.exi);
    }
  });

  test("the legal alternative without empty text is accepted, references to earlier strings are not", () => {
    for (const vector of vectors) {
      const view = viewOf(vector);
      if (vector.exiEmptyEE !== undefined) {
        expect(view.encode(view.decode(vector.exiEmptyEE)), vector.id).toBe(vector.exi);
      }
      if (vector.exiValueHits !== undefined) {
        const hits = vector.exiValueHits;
        expect(() => view.decode(hits), vector.id).toThrow(expect.objectContaining({ name: "ExiError" }));
      }
    }
  });
});

const captures = process.env["ISLET_EXI_REAL"];

describe.skipIf(captures === undefined)("captures of vehicles and chargers", () => {
  const vectors = captures === undefined ? [] : readVectors(captures);

  test("decode to the XML that other codecs see", () => {
    for (const vector of vectors) {
      const view = viewOf(vector);
      expect(document(view.toXml(view.decode(vector.exi))), vector.id).toEqual(document(vector.xml));
    }
  });

  test("encode to the same bytes, but for padding and for empty text that was left out", () => {
    for (const vector of vectors) {
      const view = viewOf(vector);
      const again = view.encode(view.decode(vector.exi));
      if (vector.reencode === "identical") expect(again, vector.id).toBe(vector.exi);
      else if (vector.reencode === "identical+padding") expect(vector.exi, vector.id).toBe(`${again}00`);
      else expect(view.encode(view.decode(again)), vector.id).toBe(again);
    }
  });
});
