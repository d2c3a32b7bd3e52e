/**
 * A small XML parser: namespaces, the five entities and character references, CDATA, comments.
 * No DOCTYPE (hence no entities of its own), and every size and depth is bounded.
 */
import { isXmlCharacter } from "./characters.ts";
import { ExiError } from "./errors.ts";

/** Largest text that is parsed: a message of the largest size in base64 and tags. */
const xmlLengthMax = 16 << 20;
const depthMax = 64;
const attributesMax = 64;

/** A name with its namespace. */
export interface XmlName {
  readonly name: string;
  readonly namespace: string;
}
/** An attribute as written. */
export interface XmlAttribute extends XmlName {
  readonly value: string;
}
/** An element with its attributes, its children and the text between them. */
export interface XmlElement extends XmlName {
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** All text directly within the element. */
  readonly text: string;
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/";

type Scope = ReadonlyMap<string, string>;

const name = "[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*";
const openTag = new RegExp(`<(?:(${name}):)?(${name})`, "y");
const closeTag = new RegExp(`</(?:(${name}):)?(${name})\\s*>`, "y");
const attribute = new RegExp(`\\s+(?:(${name}):)?(${name})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, "y");
const tagEnd = /\s*(\/?)>/y;
const skipped = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>/y;
const cdata = /<!\[CDATA\[([\s\S]*?)\]\]>/y;
const text = /[^<]+/y;

/** The root element of a text. Throws an ExiError with code `xml` that says where the text is wrong. */
export function parseXml(source: string): XmlElement {
  if (source.length > xmlLengthMax) throw new ExiError("message-too-large", `more than ${xmlLengthMax} characters`);
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;

  const wrong = (what: string): ExiError => {
    const before = source.slice(0, at).split("\n");
    return new ExiError("xml", `line ${before.length}, column ${before.at(-1)!.length + 1}: ${what}`);
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const skip = (): void => {
    while (match(/\s+/y) !== null || match(skipped) !== null);
  };

  const resolveReferences = (raw: string): string => {
    const plain = raw.replace(/\r\n?/g, "\n");
    const value = plain.includes("&")
      ? plain.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8})?;?/g, (whole, reference) => character(whole, reference))
      : plain;
    for (const one of value) {
      if (!isXmlCharacter(one.codePointAt(0)!)) throw wrong("a character that XML does not allow");
    }
    return value;
  };
  const character = (whole: string, reference: string | undefined): string => {
    const named = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }[reference ?? ""];
    if (named !== undefined && whole.endsWith(";")) return named;
    if (reference?.startsWith("#") && whole.endsWith(";")) {
      const hex = reference[1] === "x";
      const codePoint = Number.parseInt(reference.slice(hex ? 2 : 1), hex ? 16 : 10);
      if (isXmlCharacter(codePoint)) return String.fromCodePoint(codePoint);
    }
    throw wrong(`${whole} is no character`);
  };

  const readElement = (outer: Scope, depth: number): XmlElement => {
    const open = match(openTag);
    if (open === null)
      throw wrong(source.startsWith("<!DOCTYPE", at) ? "DOCTYPE is not accepted" : "expected an element");
    if (depth > depthMax) throw wrong(`elements nested more than ${depthMax} deep`);
    const raw: { prefix: string; name: string; value: string }[] = [];
    const scope = new Map(outer);
    for (let found = match(attribute); found !== null; found = match(attribute)) {
      if (raw.length === attributesMax) throw wrong(`more than ${attributesMax} attributes`);
      const [, prefix = "", local = "", double, single] = found;
      const value = resolveReferences((double ?? single ?? "").replace(/[\t\n\r]/g, " "));
      if (prefix === "xmlns") scope.set(local, value);
      else if (prefix === "" && local === "xmlns") scope.set("", value);
      else raw.push({ prefix, name: local, value });
    }
    const end = match(tagEnd);
    if (end === null) throw wrong("expected the end of a tag");
    const resolve = (prefix: string): string => {
      const namespace = prefix === "" ? (scope.get("") ?? "") : scope.get(prefix);
      if (namespace === undefined) throw wrong(`prefix ${prefix} is not declared`);
      return namespace;
    };
    const attributes = raw.map((one) => ({
      name: one.name,
      namespace: one.prefix === "" ? "" : resolve(one.prefix),
      value: one.value,
    }));
    const element = { name: open[2]!, namespace: resolve(open[1] ?? ""), attributes };
    if (end[1] === "/") return { ...element, children: [], text: "" };

    const children: XmlElement[] = [];
    let content = "";
    for (;;) {
      const plain = match(text);
      if (plain !== null) content += resolveReferences(plain[0]);
      else if (match(skipped) !== null) continue;
      else if (source.startsWith("</", at)) break;
      else {
        const section = match(cdata);
        if (section !== null) content += section[1];
        else if (at >= source.length) throw wrong(`<${open[2]}> is not closed`);
        else children.push(readElement(scope, depth + 1));
      }
    }
    const close = match(closeTag);
    if (close === null || close[1] !== open[1] || close[2] !== open[2]) throw wrong(`expected </${open[2]}>`);
    return { ...element, children, text: content };
  };

  skip();
  const root = readElement(
    new Map([
      ["xml", xmlNamespace],
      ["xmlns", xmlnsNamespace],
    ]),
    1,
  );
  skip();
  if (at < source.length) throw wrong("more behind the root element");
  return root;
}
