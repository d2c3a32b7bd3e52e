/**
 * The codec of a schema set: messages and fragments to EXI and back.
 *
 * What the generated functions refuse goes to the interpreter: it names what is wrong and where, or reads the few legal
 * forms that they do not know (an empty text that is left out).
 */
import { BitReader, BitWriter, messageBytesMax, trailingBytesMax } from "./bits.ts";
import { type Unit, unitOf } from "./compiler/compile.ts";
import { cursor, input, inputView, output, outputView } from "./compiler/scratch.ts";
import { ExiError } from "./errors.ts";
import { documentGrammar, type FragmentGrammar, fragmentGrammar } from "./grammar.ts";
import {
  type Fragment,
  type FragmentName,
  fragmentCode,
  interpretDocument,
  interpretFragment,
  type Message,
  writeDocument,
  writeFragment,
} from "./interpret.ts";
import type { Option, Roots, SchemaSet } from "./schema.ts";

/** A message of a set: `{ root, value }`, where `root` tells the type of `value`. */
export type MessageOf<S> = { [K in keyof Roots<S> & string]: { root: K; value: Roots<S>[K] } }[keyof Roots<S> & string];

/** Encodes and decodes the documents and fragments of one set of schemas. */
export interface Codec<S> {
  readonly set: S;
  /** How often the interpreter had to look at a message: malformed ones, and rare legal forms. */
  readonly counts: { interpreted: number };
  /**
   * The message as EXI. Nobody else writes these bytes, but their ArrayBuffer is shared with other messages: copy them
   * (`slice`) before it is transferred or read as a whole. Throws an ExiError that names the field.
   */
  encode<K extends keyof Roots<S> & string>(root: K, value: Roots<S>[K]): Uint8Array;
  /** The same into `target` from `offset`; returns the number of bytes. The fastest way; it allocates nothing. */
  encodeInto<K extends keyof Roots<S> & string>(
    root: K,
    value: Roots<S>[K],
    target: Uint8Array,
    offset?: number,
  ): number;
  /** The message in these bytes. Throws an ExiError that names the bit. Octets in it are views: copy what is kept. */
  decode(bytes: Uint8Array): MessageOf<S>;
  /** A single element, as signatures digest it. */
  encodeFragment(name: FragmentName, value: unknown): Uint8Array;
  decodeFragment(bytes: Uint8Array): Fragment;
}

/** What can stand at the top of a message or fragment: its unit, unless only the interpreter codes it. */
interface Top {
  readonly name: string;
  readonly unit: Unit | undefined;
}

const header = 0x80;
const headerBits = 8;
const copyByLoopMax = 100;

const codecs = new WeakMap<SchemaSet, Codec<SchemaSet>>();

/** The codec of a set. Asking again gives the same one; nothing is compiled before the first message. */
export function codecOf<S extends SchemaSet>(set: S): Codec<S> {
  let codec = codecs.get(set);
  if (codec === undefined) codecs.set(set, (codec = createCodec(set)));
  return codec as unknown as Codec<S>;
}

function createCodec(set: SchemaSet): Codec<SchemaSet> {
  const counts = { interpreted: 0 };
  const document = documentGrammar(set);
  const roots = document.roots.map(top);
  const codes = new Map(roots.map(({ name }, code) => [name, code]));
  let lazyFragments: { grammar: FragmentGrammar; tops: Top[] } | undefined;
  const fragments = (): { grammar: FragmentGrammar; tops: Top[] } => {
    if (lazyFragments === undefined) {
      const grammar = fragmentGrammar(set);
      lazyFragments = { grammar, tops: grammar.elements.map(top) };
    }
    return lazyFragments;
  };

  /** Leaves the message in the output and returns its length in bytes. */
  const encodeRoot = (root: string, value: unknown): number => {
    const code = codes.get(root);
    const unit = code === undefined ? undefined : roots[code]!.unit;
    if (unit !== undefined) {
      try {
        const end = unit.encode(value, start(code!, document.width));
        if (end <= messageBytesMax * 8) return (end + 7) >>> 3;
      } catch {
        // The interpreter says what is wrong.
      }
    }
    counts.interpreted++;
    const writer = new BitWriter();
    writeDocument(writer, set, root, value);
    return finish(writer);
  };

  const encodeFragment = (name: FragmentName, value: unknown): Uint8Array => {
    const { grammar, tops } = fragments();
    const code = fragmentCode(set, name);
    const unit = tops[code]?.unit;
    if (unit !== undefined) {
      try {
        const p = unit.encode(value, start(code, grammar.width));
        outputView.setUint32(p >>> 3, (output[p >>> 3]! << 24) | (grammar.end << (32 - grammar.width - (p & 7))));
        const end = p + grammar.width;
        if (end <= messageBytesMax * 8) return copy((end + 7) >>> 3);
      } catch {
        // The interpreter says what is wrong.
      }
    }
    counts.interpreted++;
    const writer = new BitWriter();
    writeFragment(writer, set, name, value);
    return writer.finish();
  };

  const decode = (bytes: Uint8Array): Message => {
    load(bytes);
    const root = bytes[0] === header ? roots[peek(headerBits, document.width)] : undefined;
    if (root?.unit !== undefined) {
      try {
        const value = root.unit.decode(headerBits + document.width);
        if (isEnd(bytes, cursor.position)) return { root: root.name, value };
      } catch {
        // The interpreter says what is wrong.
      }
    }
    counts.interpreted++;
    return interpretDocument(new BitReader(bytes), set);
  };

  const decodeFragment = (bytes: Uint8Array): Fragment => {
    const { grammar, tops } = fragments();
    load(bytes);
    const code = bytes[0] === header ? peek(headerBits, grammar.width) : tops.length;
    const unit = tops[code]?.unit;
    if (unit !== undefined) {
      try {
        const value = unit.decode(headerBits + grammar.width);
        const end = cursor.position;
        if (peek(end, grammar.width) === grammar.end && isEnd(bytes, end + grammar.width)) {
          const { name, namespace } = grammar.elements[code]!;
          return { name, namespace: namespace.uri, value };
        }
      } catch {
        // The interpreter says what is wrong.
      }
    }
    counts.interpreted++;
    return interpretFragment(new BitReader(bytes), set);
  };

  const codec = {
    set,
    counts,
    encode: (root: string, value: unknown): Uint8Array => copy(encodeRoot(root, value)),
    encodeInto(root: string, value: unknown, target: Uint8Array, offset = 0): number {
      const length = encodeRoot(root, value);
      if (offset + length > target.length) {
        throw new ExiError(
          "message-too-large",
          `the message takes ${length} bytes, the target has ${target.length - offset}`,
        );
      }
      copyInto(target, offset, length);
      return length;
    },
    decode,
    encodeFragment,
    decodeFragment,
  };
  return codec as Codec<SchemaSet>;
}

const top = ({ name, type }: { name: string; type: Option["type"] | "relaxed" }): Top => ({
  name,
  unit: typeof type === "string" || type.kind !== "complex" ? undefined : unitOf(type, name),
});

// ── The buffers ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Begins a message: header and first code. Returns the position behind them. */
function start(code: number, width: number): number {
  outputView.setUint32(0, ((header << width) | code) << (32 - headerBits - width));
  return headerBits + width;
}

/** Puts what the interpreter wrote where generated functions leave their messages. */
function finish(writer: BitWriter): number {
  const bytes = writer.finish();
  output.set(bytes);
  return bytes.length;
}

/** Messages of some hundred bytes share a block; larger ones have their own. */
const poolBytes = 8_192;
let pool = new ArrayBuffer(poolBytes);
let poolUsed = 0;

/** A message in bytes that nobody else writes, from a pool. */
function copy(length: number): Uint8Array {
  if (length > poolBytes >>> 1) {
    const own = new Uint8Array(length);
    copyInto(own, 0, length);
    return own;
  }
  if (poolUsed + length > poolBytes) {
    pool = new ArrayBuffer(poolBytes);
    poolUsed = 0;
  }
  const bytes = new Uint8Array(pool, poolUsed, length);
  poolUsed += (length + 7) & ~7;
  copyInto(bytes, 0, length);
  return bytes;
}

function copyInto(target: Uint8Array, offset: number, length: number): void {
  if (length > copyByLoopMax) target.set(output.subarray(0, length), offset);
  else for (let i = 0; i < length; i++) target[offset + i] = output[i]!;
}

function load(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new ExiError("type", `a message is a Uint8Array, not a ${typeof bytes}`);
  const { length } = bytes;
  if (length > messageBytesMax) {
    throw new ExiError("message-too-large", `${length} bytes, at most ${messageBytesMax}`, {
      bit: messageBytesMax * 8,
    });
  }
  if (length > copyByLoopMax) input.set(bytes);
  else for (let i = 0; i < length; i++) input[i] = bytes[i]!;
  cursor.end = length * 8;
}

const peek = (p: number, width: number): number => (inputView.getUint32(p >>> 3) << (p & 7)) >>> (32 - width);

/** Is the message complete here, with zeros up to the byte's end and hardly anything behind it? */
function isEnd(bytes: Uint8Array, p: number): boolean {
  const end = (p + 7) >>> 3;
  const padding = -p & 7;
  if (end > bytes.length || bytes.length - end > trailingBytesMax) return false;
  return padding === 0 || (bytes[end - 1]! & ((1 << padding) - 1)) === 0;
}
