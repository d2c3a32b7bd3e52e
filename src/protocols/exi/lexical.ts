/** The text form of simple values, as XML and JSON show it. */
import { fail, integerValue, type Place, show } from "./interpret-simple.ts";
import type { BinaryType, SimpleType } from "./schema.ts";

/** A value as text: decimal numbers, upper-case hexadecimal digits, base64 without line breaks. */
export function toText(type: SimpleType, value: unknown): string {
  if (type.kind === "binary") return octetsToText(type, value as Uint8Array);
  return String(value);
}

const octetsToText = (type: BinaryType, octets: Uint8Array): string =>
  type.text === "hex" ? hex(octets) : base64(octets);

// Neither Node's Buffer nor the newest methods of Uint8Array: a browser has the one as little as an older Node has the other.

function hex(octets: Uint8Array): string {
  let digits = "";
  for (const octet of octets) digits += octet.toString(16).padStart(2, "0");
  return digits.toUpperCase();
}

function base64(octets: Uint8Array): string {
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return btoa(binary);
}

/** Digits of the largest integer that is read; beyond them the number is out of every range. */
const digitsMax = 200;

/**
 * A value from its text. White space around numbers, words and octets is ignored, as XML Schema has it; in strings it
 * counts. Lengths and ranges are left to the encoder.
 */
export function fromText(type: SimpleType, text: string, place: Place): unknown {
  if (type.kind === "string") return text;
  const trimmed = text.trim();
  switch (type.kind) {
    case "boolean":
      if (trimmed === "true" || trimmed === "1") return true;
      if (trimmed === "false" || trimmed === "0") return false;
      throw fail(place, "type", `${show(text)} is not a boolean`);
    case "enumeration":
      if (!type.values.includes(trimmed)) {
        throw fail(place, "enumeration", `${show(text)} is none of ${type.values.join(", ")}`);
      }
      return trimmed;
    case "integer": {
      if (!/^[+-]?\d+$/.test(trimmed)) throw fail(place, "type", `${show(text)} is not a whole number`);
      if (trimmed.length > digitsMax) throw fail(place, "range", `a number of ${trimmed.length} digits`);
      return integerValue(BigInt(trimmed.replace(/^\+/, "")), type);
    }
    case "binary":
      return octetsFromText(type, trimmed.replace(/\s+/g, ""), place);
  }
}

function octetsFromText(type: BinaryType, digits: string, place: Place): Uint8Array {
  if (type.text === "hex") {
    if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw fail(place, "type", "not pairs of hexadecimal digits");
    return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
      Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
    );
  }
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)) {
    throw fail(place, "type", "not base64");
  }
  return Uint8Array.from(atob(digits), (letter) => letter.charCodeAt(0));
}
