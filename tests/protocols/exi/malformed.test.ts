import { describe, expect, test } from "vitest";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import { anyCodecOf, bytesOf, hexOf, type MalformedVector, readVectors } from "./support/vectors.ts";

const vectors = readVectors<MalformedVector>("malformed.jsonl");

/** How a stream ends: refused with a code and a bit, or read as a message that is written as these bytes. */
function verdict({ schemaSet, exi }: MalformedVector): ExiError | string {
  const codec = anyCodecOf(schemaSet);
  try {
    const { root, value } = codec.decode(bytesOf(exi));
    return hexOf(codec.encode(root, value));
  } catch (error) {
    if (error instanceof ExiError) return error;
    throw error;
  }
}

describe("malformed streams", () => {
  test("there are 239", () => expect(vectors.length).toBe(239));

  test.each(vectors.map((vector) => [vector.id, vector.cls, vector] as const))("%s %s", (id, cls, vector) => {
    const result = verdict(vector);
    if (cls.startsWith("trailing-")) {
      expect(vector.exi.startsWith(result as string), "read as the message in front").toBe(true);
    } else if (cls.startsWith("VALID") || cls.includes("valid;") || id === anotherSignature) {
      expect(result).toBe(vector.exi);
    } else if (cls === "single-bit-flip" && typeof result === "string") {
      expect(result, "another valid message, to the bit").toBe(vector.exi);
    } else {
      expect(result).toBeInstanceOf(ExiError);
      expect((result as ExiError).bit, "names a bit").toBeGreaterThanOrEqual(0);
      expect((result as ExiError).bit).toBeLessThanOrEqual(vector.exi.length * 4);
    }
  });

  /** A run of 0xff within the octets of SignatureValue: another valid message, which only verification tells apart. */
  const anotherSignature = "mal-0096";

  test.each([
    ["an enumeration's number behind its last word", "mal-0225", "enumeration", 12],
    ["a reference to an earlier string of this field", "mal-0227", "value-hit", 13],
    ["a reference to an earlier string of any field", "mal-0228", "value-hit", 13],
    ["a length of 2^28", "mal-0229", "length", 13],
    ["a number in twelve groups", "mal-0230", "range", 32],
    ["an unsignedInt of 2^35", "mal-0231", "range", 32],
    ["a priority of 32", "mal-0232", "range", 65],
    ["a 21st entry of 20", "mal-0234", "trailing", undefined],
    ["a surrogate", "mal-0235", "character", 21],
    ["a character behind U+10FFFF", "mal-0236", "range", 21],
    ["a NUL", "mal-0237", "character", 21],
    ["101 characters of 100", "mal-0238", "length", 13],
    ["an undeclared attribute", "mal-0239", "event-code", 10],
    ["a cookie", "mal-0005", "header", 0],
    ["options in the header", "mal-0006", "header", 0],
    ["no bytes", "mal-0001", "truncated", 0],
    ["a header and nothing else", "mal-0002", "truncated", 8],
    ["a root element that is none", "mal-0012", "root", 8],
  ])("%s: named and pointed at", (_, id, code, bit) => {
    const result = verdict(vectors.find((vector) => vector.id === id)!);
    expect(result).toMatchObject(bit === undefined ? { code } : { code, bit });
  });
});
