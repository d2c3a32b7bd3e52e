/** Making HTML from values: everything that is not itself `Html` is escaped, so that a vehicle's name can never be markup. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? "");

function write(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "number") return Number.isInteger(part) ? String(part) : String(Math.round(part * 100) / 100);
  if (typeof part === "string") return escapeHtml(part);
  return part.map(write).join("");
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = strings[0] ?? "";
  for (let i = 0; i < parts.length; i++) out += write(parts[i]) + (strings[i + 1] ?? "");
  return new Html(out);
}

/** Text that is markup already: only for constants of this project. */
export const raw = (text: string): Html => new Html(text);
