/** English left in a page of another language, found by words that English can't do without and the others don't have. */

/** Function words and the page's commonest verbs. None is a word of German or Spanish, nor a key, a unit or a name. */
const words =
  "the of and or with without from into by for at is are was were be been has have had not nothing this that these those there it its they their what which who whose when where while because than then only every each other another more less between before after until since about above below again does do did can could will would may must should says said shows needs takes comes goes told asked known unknown now here yet still over under out".split(
    " ",
  );
/** The same letters mean something in a language: "an", "am" and "in" in German, "no" and "me" in Spanish. */
const ownWords: Readonly<Record<string, readonly string[]>> = {
  de: ["was", "will", "are", "do"],
  es: ["has", "are"],
};

const saidByOthers = /`[^`]*`|“[^”]*”|„[^“]*“|«[^»]*»|\b[\w.]+\.[\w.]+\b|--[\w-]+/g;

/** Lines of a text that have English words in them, with these. `language`: whose own words look like English ones; any where nobody says. */
export function englishIn(text: string, language?: string): string[] {
  const own = new Set(language === undefined ? Object.values(ownWords).flat() : (ownWords[language] ?? []));
  const looked = words.filter((word) => !own.has(word));
  // Capitals are names: NO is a contact.
  const either = looked.map((word) => `[${word[0]?.toUpperCase()}${word[0]}]${word.slice(1)}`);
  const form = new RegExp(`(?<![\\p{L}\\d_./@-])(?:${either.join("|")})(?![\\p{L}\\d_/@-])`, "u");
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => form.test(line.replace(saidByOthers, " ")));
}

/** Codes as people read them, not their markup. */
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };

/** What people read or hear of a page: its text and the attributes that are read out, one a line. Codes, scripts and the switch of languages are none. */
export function spokenText(markup: string): string {
  const body = markup
    .replace(/<(script|style|code|svg)\b[\s\S]*?<\/\1>/g, (whole, tag: string) =>
      tag === "svg"
        ? (whole.match(/aria-label="[^"]*"|<text[^>]*>[^<]*/g) ?? []).join("\n").replace(/<text[^>]*>/g, "\n")
        : "\n",
    )
    .replace(/<form method="post" action="\/language"[\s\S]*?<\/form>/g, "\n");
  const attributes = [...body.matchAll(/(?:aria-label|aria-valuetext|title|placeholder|alt|data-l)="([^"]*)"/g)].map(
    ([, text = ""]) => text,
  );
  return [body.replace(/<[^>]*>/g, "\n"), ...attributes]
    .join("\n")
    .replace(/&(\w+|#39);/g, (whole, name: string) => entities[name] ?? whole);
}
