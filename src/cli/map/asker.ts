/** Questions to a person at a terminal, or to a file of answers on standard input, one a line. */
import { createInterface, type Interface } from "node:readline";
import { AskedWrongly } from "../asked.ts";

/** How an answer is read: its value, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

/** Asks one question after the other. A wrong answer is asked again of a person, and ends a run that reads from a file. */
export class Asker {
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  readonly #isPerson = process.stdin.isTTY === true;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor() {
    this.#lines = createInterface({ input: process.stdin, terminal: false });
    this.#lines.on("line", (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
    this.#lines.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  close(): void {
    this.#lines.close();
  }

  tell(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** The answer as `read` takes it; an empty one is `standard`. Without a standard an answer is needed. */
  async ask<T>(question: string, read: (answer: string) => Reading<T>, standard?: T): Promise<T> {
    for (;;) {
      const shown = standard === undefined || standard === "" ? "" : ` (${String(standard)})`;
      process.stdout.write(`${question}${shown} `);
      const line = await this.#next();
      if (!this.#isPerson) process.stdout.write(`${line ?? ""}\n`);
      const answer = (line ?? "").replace(/\s+#.*$/, "").trim();
      if (answer === "") {
        if (standard !== undefined) return standard;
        if (line === undefined) throw new AskedWrongly(`the answers ended before this one: ${question}`);
        this.#refuse("an answer is needed");
        continue;
      }
      const reading = read(answer);
      if ("value" in reading) return reading.value;
      this.#refuse(`"${answer}" ${reading.wrong}`);
    }
  }

  #refuse(why: string): void {
    if (!this.#isPerson) throw new AskedWrongly(why);
    this.tell(why);
  }

  async #next(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#waiting.shift();
  }
}

/** Any text of at most 200 characters. */
export const text = (answer: string): Reading<string> =>
  answer.length <= 200 ? { value: answer } : { wrong: "is longer than 200 characters" };

/** A number, also as 0x34. */
export const number = (answer: string): Reading<number> => {
  const value = Number(answer);
  return Number.isFinite(value) ? { value } : { wrong: "is no number" };
};

/** Whole numbers, apart by spaces or commas. */
export const wholes = (answer: string): Reading<readonly number[]> => {
  const value = answer.split(/[\s,]+/).map(Number);
  return value.every((one) => Number.isInteger(one)) ? { value } : { wrong: "is no list of whole numbers" };
};

export const yesNo = (answer: string): Reading<"yes" | "no"> => {
  if (/^y(es)?$/i.test(answer)) return { value: "yes" };
  return /^no?$/i.test(answer) ? { value: "no" } : { wrong: "must be yes or no" };
};

/** One of some words. */
export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (answer: string): Reading<T> => {
    const value = words.find((word) => word === answer);
    return value === undefined ? { wrong: `must be one of ${words.join(", ")}` } : { value };
  };
