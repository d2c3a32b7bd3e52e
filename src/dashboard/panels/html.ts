/** Making HTML from values: everything that is not itself `Html` is escaped, so that a vehicle's name can never be markup. */

import { Label, writtenMarkup } from "../language/language.ts";

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

export type Part = Html | Label | string | number | null | undefined | false | readonly Part[];

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? "");

function write(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part instanceof Label) return escapeHtml(part.toString());
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "number") return Number.isInteger(part) ? String(part) : String(Math.round(part * 100) / 100);
  if (typeof part === "string") return escapeHtml(part);
  return part.map(write).join("");
}

/** Markup with its values, its text in the language of the reader. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const other = writtenMarkup(strings);
  const texts = other?.texts ?? strings;
  let out = texts[0] ?? "";
  for (let i = 1; i < texts.length; i++) out += write(parts[other?.order[i - 1] ?? i - 1]) + (texts[i] ?? "");
  return new Html(out);
}

/** Text that is markup already: only for constants of this project. */
export const raw = (text: string): Html => new Html(text);
