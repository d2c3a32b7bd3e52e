/**
 * Words of facts. Some values of a sentence are words themselves ("The power stage of charger 3", "open"); in the state, the
 * logs and the API they are English. A phrase's template is its English with named values; a text that one of them fits is
 * said in the reader's language, its values too. What fits none (a name, a person's own words) stays as it is.
 */
export interface Phrase {
  /** English, with `{name}` for values. */
  readonly template: string;
  readonly said: string;
}

const compiled = new Map<string, { readonly form: RegExp; readonly names: readonly string[] }>();
/** Templates are constants: as many as the tables have. */
function compile(template: string): { readonly form: RegExp; readonly names: readonly string[] } {
  const known = compiled.get(template);
  if (known) return known;
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const source = template
    .split(/\{\w+\}/)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/[ ~]/g, "\\s"))
    .join("(.+?)");
  // The last clause of a list has a full stop that its template has not.
  const made = { form: new RegExp(`^${source}${template.endsWith(".") ? "()" : "(\\.?)"}$`, "s"), names };
  compiled.set(template, made);
  return made;
}

/** Phrases within phrases, at most so deep. */
const depthMax = 4;
/** A measured value with its unit, or a bare number where the template's name says so (`{n}`, `{n2}`). */
const quantity = /^[+-]?\d+\.\d+[ \u00a0](?:kWh?|Wh?|ms|s|min|h|%|Hz|A|V)$/;
const bareNumber = /^[+-]?\d+\.\d+$/;
const sentenceEnd = /(?<=[.!?]) (?=[A-Z“`])/;

/** How a number that stands in a text is written. */
export type WriteNumber = (text: string) => string;

/** Between the parts of a list that each are a clause of their own. */
const listed = /([,;] )(?=[a-z\d])/;

/**
 * The text in the reader's language, or as it is. Exact ones first; then a text of several sentences is read sentence by
 * sentence, a list of clauses clause by clause; then the templates in their order; then "what: why" by its parts.
 */
export function readPhrase(text: string, known: readonly Phrase[], number: WriteNumber, depth = 0): string {
  if (depth > depthMax || text === "") return text;
  const exact = known.find(({ template }) => template === text);
  if (exact) return exact.said;
  // A sentence that goes on after a colon has lost its full stop, and the last clause of a list has one.
  const stopped = known.find(({ template }) => template === `${text}.` || `${template}.` === text);
  if (stopped) return text.endsWith(".") ? `${stopped.said}.` : stopped.said.replace(/\.$/, "");
  const read = (part: string): string => readPhrase(part, known, number, depth + 1);
  const sentences = text.split(sentenceEnd);
  const readSentences = sentences.length > 1 ? sentences.map(read) : sentences;
  const isRead = (all: readonly string[], before: readonly string[]): boolean =>
    all.every((one, i) => one !== before[i]);
  if (sentences.length > 1 && isRead(readSentences, sentences)) return readSentences.join(" ");
  const clauses = text.split(listed);
  const readClauses = clauses.map((clause, i) => (clauses.length === 1 || i % 2 === 1 ? clause : read(clause)));
  if (clauses.length > 1 && readClauses.every((one, i) => i % 2 === 1 || one !== clauses[i]))
    return readClauses.join("");
  for (const { template, said } of known) {
    if (!template.includes("{")) continue;
    const { form, names } = compile(template);
    const found = form.exec(text);
    if (!found) continue;
    const filled = said.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = found[names.indexOf(name) + 1] ?? "";
      const isNumber = quantity.test(value) || (/^n\d?$/.test(name) && bareNumber.test(value));
      return isNumber ? number(value) : read(value);
    });
    return filled + (found.at(-1) ?? "");
  }
  if (sentences.length > 1) return readSentences.join(" ");
  const colon = text.indexOf(": ");
  return colon < 0 ? text : `${read(text.slice(0, colon))}: ${read(text.slice(colon + 2))}`;
}
