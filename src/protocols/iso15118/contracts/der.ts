/** As much DER (X.690) as a certificate's basic constraints need: node:crypto tells everything else. */

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Elements one behind the other. Throws when the octets do not fit. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? Number.NaN;
    let from = at + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (bytes[from + i] ?? Number.NaN);
      from += size;
    }
    if (!(from + length <= bytes.length)) throw new Error("DER that ends too early");
    elements.push({ tag, content: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return elements;
}

const extensionsTag = 0xa3;
const booleanTag = 0x01;
const integerTag = 0x02;
/** Object identifier 2.5.29.19. */
const basicConstraints = "551d13";

/** How many authorities may follow below this certificate (RFC 5280, basicConstraints); Infinity where it does not say. */
export function pathLengthOf(certificate: Uint8Array): number {
  const [whole] = elementsOf(certificate);
  const [body] = elementsOf(whole?.content ?? new Uint8Array(0));
  const extensions = elementsOf(body?.content ?? new Uint8Array(0)).find(({ tag }) => tag === extensionsTag);
  const [list] = elementsOf(extensions?.content ?? new Uint8Array(0));
  for (const extension of elementsOf(list?.content ?? new Uint8Array(0))) {
    const [id, ...rest] = elementsOf(extension.content);
    if (id === undefined || Buffer.from(id.content).toString("hex") !== basicConstraints) continue;
    const value = rest.find(({ tag }) => tag !== booleanTag);
    const [constraints] = elementsOf(value?.content ?? new Uint8Array(0));
    const length = elementsOf(constraints?.content ?? new Uint8Array(0)).find(({ tag }) => tag === integerTag);
    return length === undefined ? Number.POSITIVE_INFINITY : (length.content[0] ?? 0);
  }
  return Number.POSITIVE_INFINITY;
}
