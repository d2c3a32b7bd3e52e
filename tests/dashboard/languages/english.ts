/** English left in a page of another language, found by words that English can't do without and the others don't have. */

/** Function words and the page's commonest verbs. None is a word of German or Spanish, nor a key, a unit or a name. */
const words =
  "the of and or with without from into by for at is are was were be been has have had not no nothing this that these those there it its they their what which who whose when where while because than then only every each other another more less between before after until since about above below again does do did can could will would may must should says said shows needs takes comes goes told asked known unknown now here yet still over under out".split(
    " ",
  );
/** The same letters mean something in a language: "an", "am" and "in" in German, "no" and "me" in Spanish. */
const ownWords: Readonly<Record<string, readonly string[]>> = {
  de: ["was", "will", "are"],
  es: ["no", "has", "are"],
};

/** English words in a text. `language`: whose own words look like English ones; any where nobody says. */
export function englishIn(text: string, language?: string): string[] {
  const own = new Set(language === undefined ? Object.values(ownWords).flat() : (ownWords[language] ?? []));
  const plain = text.replace(/`[^`]*`|“[^”]*”|„[^“]*“|«[^»]*»|\b[\w.]+\.[\w.]+\b|--[\w-]+/g, " ");
  return words.filter(
    (word) => !own.has(word) && new RegExp(`(?<![\\p{L}\\d_./@-])${word}(?![\\p{L}\\d_/@-])`, "iu").test(plain),
  );
}
