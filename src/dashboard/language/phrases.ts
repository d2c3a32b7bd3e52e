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
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/[ ~]/g, "[ \u00a0]"))
    .join("(.+?)");
  const made = { form: new RegExp(`^${source}$`, "s"), names };
  compiled.set(template, made);
  return made;
}

/** Phrases within phrases, at most so deep. */
const depthMax = 3;

/** The text in the reader's language, or as it is. Exact ones first, then in the order of the table. */
export function readPhrase(text: string, known: readonly Phrase[], depth = 0): string {
  if (depth > depthMax || text === "") return text;
  const exact = known.find(({ template }) => template === text);
  if (exact) return exact.said;
  for (const { template, said } of known) {
    if (!template.includes("{")) continue;
    const { form, names } = compile(template);
    const found = form.exec(text);
    if (!found) continue;
    return said.replace(/\{(\w+)\}/g, (_, name: string) =>
      readPhrase(found[names.indexOf(name) + 1] ?? "", known, depth + 1),
    );
  }
  return text;
}
