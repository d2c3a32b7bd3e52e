/** A sheet of the package: fields with their origin, tables, and what is missing with who must give it. */
import { type Evidence, placeText } from "./evidence.ts";

export type Giver = "installer" | "manufacturer" | "utility" | "owner";

/** What nobody has given yet. */
export interface Missing {
  readonly what: string;
  readonly who: Giver;
  /** The setting, file or command by which it comes in. */
  readonly how: string;
}

/** One line: what it is, what it says, where that stands. */
export interface Field {
  readonly label: string;
  readonly value: string;
  readonly origin: string;
}

export interface Table {
  readonly title: string;
  readonly origin: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Sheet {
  readonly id: string;
  readonly title: string;
  readonly notes: readonly string[];
  readonly fields: readonly Field[];
  readonly tables: readonly Table[];
}

/** What a field says whose value nobody has given. */
export const notGiven = (who: Giver): string => `not given: by the ${who}`;

/** Collects a sheet line by line, and what is missing on the way. */
export class SheetMaker {
  readonly #evidence: Evidence;
  readonly #id: string;
  readonly #title: string;
  readonly #fields: Field[] = [];
  readonly #tables: Table[] = [];
  readonly #notes: string[] = [];
  readonly missing: Missing[] = [];

  constructor(evidence: Evidence, id: string, title: string) {
    this.#evidence = evidence;
    this.#id = id;
    this.#title = title;
  }

  note(sentence: string): this {
    this.#notes.push(sentence);
    return this;
  }

  /** A value of the configuration; its standard value says so. */
  setting(label: string, path: readonly PropertyKey[], value: string): this {
    return this.fact(label, value, this.#originOf(path));
  }

  /** Likewise, of a setting that may be absent: then somebody must give it. */
  asked(label: string, path: readonly PropertyKey[], value: string | undefined, who: Giver, what = label): this {
    if (value !== undefined) return this.fact(label, value, placeText(this.#evidence, path));
    return this.lacks(label, what, who, `${path.join(".")} in ${this.#evidence.file}`);
  }

  fact(label: string, value: string, origin: string): this {
    this.#fields.push({ label, value, origin });
    return this;
  }

  /** A line without a value. */
  lacks(label: string, what: string, who: Giver, how: string): this {
    this.#fields.push({ label, value: notGiven(who), origin: how });
    return this.miss(what, who, how);
  }

  miss(what: string, who: Giver, how: string): this {
    this.missing.push({ what, who, how });
    return this;
  }

  /** `origin`: a setting by its path, or in words. */
  table(
    title: string,
    origin: readonly PropertyKey[] | string,
    columns: readonly string[],
    rows: readonly (readonly string[])[],
  ): this {
    const told = typeof origin === "string" ? origin : this.#originOf(origin);
    if (rows.length > 0) this.#tables.push({ title, origin: told, columns, rows });
    return this;
  }

  #originOf(path: readonly PropertyKey[]): string {
    const { file, find } = this.#evidence;
    return find(path).given ? placeText(this.#evidence, path) : `${file}: standard value of ${path.join(".")}`;
  }

  done(): Sheet {
    return { id: this.#id, title: this.#title, notes: this.#notes, fields: this.#fields, tables: this.#tables };
  }
}
