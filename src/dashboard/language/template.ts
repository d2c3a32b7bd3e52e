/**
 * Templates as text that can be translated. `{0}` stands for the first value. In markup every text between tags and every
 * attribute that is read to people is a message of its own; the rest stays as it is.
 */

/** A template in another order of its values. */
export interface Written {
  readonly texts: readonly string[];
  /** Which value follows each text. */
  readonly order: readonly number[];
}

/** A piece of markup with `{0}` in it; `message` when people read it. */
export interface Segment {
  readonly markup: string;
  readonly message: boolean;
}

/** Attributes that people read or hear. */
const spokenAttributes = /((?:aria-label|aria-valuetext|title|placeholder|alt|data-l)=")([^"]*)(")/g;
/** Their content is no text for people. */
const silentTags = /^<(?:style|script|code)\b/;
/** Names, units and marks that are the same in every language. */
const sameEverywhere = /\b(?:Islet|kWh?|kVA|MWh|Wh|Hz|pu|PV|PCC|K1|NO|NC|UTC|ms|min|CSV|SHA|p99|Bearer)\b/g;

/** Whether a text has words in it that could be translated. */
export const hasWords = (text: string): boolean =>
  /[A-Za-z]{2}/.test(
    text
      .replace(/\{\d+\}/g, "")
      .replace(/&\w+;/g, "")
      .replace(sameEverywhere, ""),
  );

/** The text of a template, its values numbered. */
export const idOf = (strings: readonly string[]): string =>
  strings.map((text, i) => (i === 0 ? text : `{${i - 1}}${text}`)).join("");

/** A text without the space around it; inner space is one space, a space that must not break is `~`. */
export function split(text: string): { readonly before: string; readonly id: string; readonly after: string } {
  const [, before = "", inner = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return { before, id: inner.replaceAll("\u00a0", "~").replace(/\s+/g, " "), after };
}

/** A label's English as a short key (FNV-1a, 32 bits, its last five digits to base 36): what the browser loads has no English. */
export function shortKey(id: string): string {
  let hash = 2_166_136_261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16_777_619);
  return (hash >>> 0).toString(36).slice(-5);
}

/** A part of a tag: ` aria-label="…" data-x="…"`. */
const attributesOnly = /^\s*(?:[\w-]+="[^"]*"\s*)+$/;

/** Markup in pieces, which together are the whole. */
export function segmentsOf(strings: readonly string[]): Segment[] {
  const tokens = idOf(strings).match(/<!--[\s\S]*?-->|<[^>]*>?|[^<]+/g) ?? [];
  const out: Segment[] = [];
  let silent = false;
  for (const token of tokens) {
    const inTag = token.startsWith("<") || attributesOnly.test(token);
    if (!inTag) out.push({ markup: token, message: !silent && hasWords(token) });
    else {
      silent = silentTags.test(token);
      let from = 0;
      for (const found of token.matchAll(spokenAttributes)) {
        const [, name = "", text = ""] = found;
        const at = found.index + name.length;
        out.push({ markup: token.slice(from, at), message: false }, { markup: text, message: hasWords(text) });
        from = at + text.length;
      }
      out.push({ markup: token.slice(from), message: false });
    }
  }
  return out;
}
