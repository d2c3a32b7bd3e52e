/**
 * Text that a stranger may have typed, for places that read line by line: a log, a terminal. Everything that could begin a
 * line, move a cursor, colour a screen or turn the direction of writing becomes a visible escape.
 */

/** Controls of C0 and C1, line and paragraph separators, marks and overrides of direction, the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escapeOf = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** One line without anything unseen, at most `lengthMax` characters of it; what is cut is shown by an ellipsis. */
export function visible(text: string, lengthMax = Number.POSITIVE_INFINITY): string {
  const shown = text.replace(unseen, escapeOf);
  return shown.length <= lengthMax ? shown : `${shown.slice(0, Math.max(0, lengthMax - 1))}…`;
}

/** The same for a person's own words, where an escape would only be in the way: one space instead. */
export const oneLine = (text: string): string => text.replace(unseen, " ").replace(/ {2,}/g, " ").trim();
