/** Every single mistake of the table in one source file. */
import { parseAst } from "vitest/node";
import { operators, type Replacement, type SyntaxNode } from "./operators.table.ts";

/** One mistake in one place. `line` counts from 1; `was` and `is` are what people read. */
export interface Mutant extends Replacement {
  readonly path: string;
  readonly operator: string;
  readonly line: number;
  readonly was: string;
  readonly is: string;
}

/** Of these only the value inside is code that runs. */
const wrappers = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"]);
const skipped = (type: string): boolean =>
  (type.startsWith("TS") && !wrappers.has(type)) || type === "ImportDeclaration" || type === "ImportExpression";

const shownMax = 80;
const short = (text: string): string => text.replace(/\s+/g, " ").slice(0, shownMax);

export function mutantsOf(path: string, code: string): Mutant[] {
  const found: Mutant[] = [];
  const visit = (node: SyntaxNode): void => {
    if (skipped(node.type)) return;
    for (const { name, of } of operators)
      for (const replacement of of(node, code)) {
        const line = code.slice(0, replacement.start).split("\n").length;
        const [from, until] = [node.start, node.end];
        const was = code.slice(from, until);
        const is = code.slice(from, replacement.start) + replacement.text + code.slice(replacement.end, until);
        // A condition stands outside what its row replaces when the node is a whole statement: its own line is enough.
        found.push({ ...replacement, path, operator: name, line, was: short(was), is: short(is) });
      }
    for (const [key, value] of Object.entries(node)) {
      if (key === "typeAnnotation" || key === "returnType" || key === "typeArguments" || key === "typeParameters")
        continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (typeof child === "object" && child !== null && typeof child.type === "string") visit(child as SyntaxNode);
    }
  };
  visit(parseAst(code, { lang: "ts" }) as unknown as SyntaxNode);
  return found;
}

/** The file with the mistake in it. */
export const spoilt = (code: string, { start, end, text }: Replacement): string =>
  code.slice(0, start) + text + code.slice(end);
