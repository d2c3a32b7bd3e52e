/**
 * Words as numbers: modes, reasons, causes and names of rows travel and are recorded as their place in one growing list. A
 * word that is met for the first time is added to it; all others cost a look-up and no memory.
 */
export class Words {
  readonly list: string[] = [];
  readonly #isComplete: boolean;
  readonly #codes = new Map<string, number>();

  /** `isComplete`: somebody else numbers the words, and one that is not in the list has no number (−1). */
  constructor(isComplete = false) {
    this.#isComplete = isComplete;
  }

  /** Throws beyond `wordsMax`: a core with that many words puts free text where a word belongs. */
  code(word: string): number {
    const known = this.#codes.get(word);
    if (known !== undefined) return known;
    if (this.#isComplete) return -1;
    return this.add(word);
  }

  /** A new word at the end of the list; its number. */
  add(word: string): number {
    if (this.list.length >= wordsMax) throw new RangeError(`there are more than ${wordsMax} words`);
    const code = this.list.length;
    this.#codes.set(word, code);
    this.list.push(word);
    return code;
  }

  /** The word of a number; "" for a number that stands for none. */
  word(code: number): string {
    return this.list[code] ?? "";
  }

  /** An empty list again. */
  restart(): void {
    this.list.length = 0;
    this.#codes.clear();
  }
}

/** Rows of modes, reasons, sources and causes are some hundred. */
const wordsMax = 4_096;
