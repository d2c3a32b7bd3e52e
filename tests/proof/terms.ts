/** Terms over booleans and small whole numbers: printed for a solver, and evaluated here, so that both mean the same. */

/** A constant, the name of a variable, or an operator with its terms. */
export type Term = boolean | number | string | readonly [Operator, ...Term[]];
export type Operator = "and" | "or" | "not" | "=>" | "=" | "ite" | "+" | "-" | "<" | "<=" | ">=";

export const and = (...terms: Term[]): Term => ["and", true, ...terms];
export const or = (...terms: Term[]): Term => ["or", false, ...terms];
export const not = (term: Term): Term => ["not", term];
export const implies = (a: Term, b: Term): Term => ["=>", a, b];
export const equal = (a: Term, b: Term): Term => ["=", a, b];
export const ifElse = (when: Term, a: Term, b: Term): Term => ["ite", when, a, b];

export type Value = boolean | number;
export type Values = ReadonlyMap<string, Value>;

/** In the language of SMT-LIB 2. */
export function toSmt(term: Term): string {
  if (typeof term === "string") return `|${term}|`;
  if (typeof term !== "object") return String(term);
  const [operator, ...terms] = term;
  return `(${operator} ${terms.map(toSmt).join(" ")})`;
}

/** Every variable of a term. */
export function variablesOf(term: Term, into: Set<string> = new Set()): Set<string> {
  if (typeof term === "string") into.add(term);
  else if (typeof term === "object") for (const part of term.slice(1) as Term[]) variablesOf(part, into);
  return into;
}

/** What a term is worth; throws for a variable without a value. */
export function evaluate(term: Term, values: Values): Value {
  if (typeof term === "string") {
    const value = values.get(term);
    if (value === undefined) throw new RangeError(`${term} has no value`);
    return value;
  }
  if (typeof term !== "object") return term;
  const [operator, ...terms] = term;
  const worth = (i: number): Value => evaluate(terms[i]!, values);
  switch (operator) {
    case "and":
      return terms.every((_, i) => worth(i) === true);
    case "or":
      return terms.some((_, i) => worth(i) === true);
    case "not":
      return worth(0) !== true;
    case "=>":
      return worth(0) !== true || worth(1) === true;
    case "=":
      return worth(0) === worth(1);
    case "ite":
      return worth(0) === true ? worth(1) : worth(2);
    case "+":
      return Number(worth(0)) + Number(worth(1));
    case "-":
      return Number(worth(0)) - Number(worth(1));
    case "<":
      return Number(worth(0)) < Number(worth(1));
    case "<=":
      return Number(worth(0)) <= Number(worth(1));
    case ">=":
      return Number(worth(0)) >= Number(worth(1));
  }
}
