/**
 * Whether a password is guessed at the first tries: the commonest words with digits after them, rows of the keyboard, one
 * letter many times, the person's own name. Length and this are all that is asked; no classes of characters.
 */

/** Words that lists of leaked passwords begin with, and those that come to mind in front of this page. */
// biome-ignore format: a list
const words = [
  "password", "passwort", "passw", "kennwort", "contrasena", "motdepasse", "secret", "geheim", "login", "letmein", "welcome",
  "willkommen", "bienvenue", "bienvenido", "hallo", "hello", "iloveyou", "loveyou", "trustno", "sunshine", "princess",
  "football", "baseball", "superman", "batman", "dragon", "monkey", "master", "shadow", "michael", "charlie", "computer",
  "internet", "samsung", "google", "starwars", "whatever", "freedom", "qwerty", "qwertz", "azerty", "asdf", "zxcv", "test",
  "demo", "guest", "root", "user", "admin", "administrator", "installer", "operator", "viewer", "service", "default",
  "changeme", "islet", "charger", "charging", "depot", "station", "energy", "electric", "island", "summer", "winter",
  "spring", "autumn", "january", "monday", "the", "my", "is", "new", "and", "one", "two", "abc", "pass", "word",
] as const;
const byLength = [...words].sort((a, b) => b.length - a.length);

/** Rows that fingers walk along, forwards and backwards. */
const rows = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890123456789",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
];
const runs = [...rows, ...rows.map((row) => [...row].reverse().join(""))];

const distinctMin = 5;
const digitsOnlyMin = 16;
/** Letters that must be left when words, names, runs and years are taken away; two digits count as one. */
const leftMin = 4;
const runMin = 4;

const lookAlikes: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};

/** True when nobody has to guess long. `name` is the account's. */
export function isGuessable(password: string, name: string): boolean {
  const plain = password.normalize("NFKC").toLowerCase();
  const yearless = plain.replace(/(19|20)\d\d/g, " ");
  if (new Set(plain).size < distinctMin) return true;
  if (/^[\d\s.\-/]+$/.test(plain) && plain.replace(/\D/g, "").length < digitsOnlyMin) return true;
  if (isRepeated(plain)) return true;
  const own = name
    .normalize("NFKC")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part.length >= 3);
  const read = [...yearless].map((letter) => lookAlikes[letter] ?? letter).join("");
  return Math.min(left(yearless, own), left(read, own)) < leftMin;
}

/** Letters, and half the digits, that are neither a known word, nor a part of the name, nor a run along a row. */
function left(text: string, own: readonly string[]): number {
  let rest = text;
  for (const word of [...own, ...byLength]) rest = rest.replaceAll(word, " ");
  for (const run of runs) {
    for (let from = 0; from + runMin <= run.length; from++) {
      let to = from + runMin;
      while (to < run.length && rest.includes(run.slice(from, to + 1))) to++;
      rest = rest.replaceAll(run.slice(from, to), " ");
    }
  }
  return rest.replace(/[^\p{L}]/gu, "").length + rest.replace(/[^\p{N}]/gu, "").length / 2;
}

/** A short piece over and over: "abcabcabcabc". */
function isRepeated(text: string): boolean {
  for (let size = 1; size <= text.length / 3; size++)
    if (
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length) === text
    )
      return true;
  return false;
}
