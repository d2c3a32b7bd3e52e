/** What a source file says of itself: imports, exports, functions and their length, docstrings. Read by vitest's own parser. */
import { parseAst } from "vitest/node";

/** A node of the syntax tree, as far as this script looks at it. */
interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** One import: the module named, and the names taken from it (`*`: all of them, or nobody can say which). */
export interface Import {
  from: string;
  names: readonly string[];
  /** Passed on under the same or another name (`export … from`): exported name → name in the module it comes from. */
  passedOn?: ReadonlyMap<string, string>;
}

/** One name that a module gives to others. `kind`: what stands behind it; `usedHere`: the module itself uses it as well. */
export interface Export {
  name: string;
  kind: "function" | "type" | "class" | "value";
  line: number;
  documented: boolean;
  usedHere: boolean;
}

/** A function with the lines from its first to its last, inner functions included. */
export interface FunctionSpan {
  name: string;
  line: number;
  lines: number;
}

export interface Module {
  path: string;
  lines: number;
  imports: readonly Import[];
  /** Files named by a string: workers and other programs that are started. */
  started: readonly string[];
  exports: readonly Export[];
  functions: readonly FunctionSpan[];
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) found.push(...value.filter(isNode));
  }
  return found;
}

function* walk(node: SyntaxNode, parents: readonly SyntaxNode[] = []): Generator<[SyntaxNode, readonly SyntaxNode[]]> {
  yield [node, parents];
  const inner = [...parents, node];
  for (const child of children(node)) yield* walk(child, inner);
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const typeDeclarations = new Set(["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "TSEnumDeclaration"]);

const nameOf = (node: unknown): string | undefined =>
  isNode(node) ? ((node["name"] ?? node["value"]) as string | undefined) : undefined;

/** The name under which people know a function: its own, or that of the variable, property or method that holds it. */
function functionName(node: SyntaxNode, parents: readonly SyntaxNode[]): string {
  const own = nameOf(node["id"]);
  if (own) return own;
  for (const parent of [...parents].reverse().slice(0, 3)) {
    const name = nameOf(parent["id"]) ?? nameOf(parent["key"]);
    if (name) return name;
  }
  return "(nameless)";
}

/** Names bound by a pattern: `a`, `{ a, b: c }`, `[a, b]`. */
function boundNames(pattern: SyntaxNode): string[] {
  if (pattern.type === "Identifier") return [pattern["name"] as string];
  if (pattern.type === "Property") return boundNames(pattern["value"] as SyntaxNode);
  return children(pattern).flatMap(boundNames);
}

/** Reads one source file. Throws when it can't be parsed. */
export function readModule(path: string, text: string): Module {
  const program = parseAst(text, { lang: "ts" }) as unknown as SyntaxNode;
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineAt = (offset: number): number => {
    let [low, high] = [0, lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  /** A docstring stands right before the statement, with nothing but white space between. */
  const documented = (node: SyntaxNode): boolean => /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.test(text.slice(0, node.start));

  const imports: Import[] = [];
  const started: string[] = [];
  const functions: FunctionSpan[] = [];
  const mentions = new Map<string, number>();
  const given: Omit<Export, "usedHere">[] = [];
  const body = program["body"] as SyntaxNode[];
  const kinds = new Map<string, { kind: Export["kind"]; node: SyntaxNode }>();

  for (const statement of body) {
    const declaration = (isNode(statement["declaration"]) ? statement["declaration"] : statement) as SyntaxNode;
    const declared: [string, Export["kind"]][] = [];
    if (declaration.type === "FunctionDeclaration" || declaration.type === "TSDeclareFunction")
      declared.push([nameOf(declaration["id"]) ?? "default", "function"]);
    else if (declaration.type === "ClassDeclaration") declared.push([nameOf(declaration["id"]) ?? "default", "class"]);
    else if (typeDeclarations.has(declaration.type)) declared.push([nameOf(declaration["id"]) ?? "default", "type"]);
    else if (declaration.type === "VariableDeclaration")
      for (const one of declaration["declarations"] as SyntaxNode[]) {
        const kind = isNode(one["init"]) && functionTypes.has(one["init"].type) ? "function" : "value";
        for (const name of boundNames(one["id"] as SyntaxNode)) declared.push([name, kind]);
      }
    for (const [name, kind] of declared) kinds.set(name, { kind, node: statement });
    if (statement.type === "ExportNamedDeclaration" && isNode(statement["declaration"]))
      for (const [name, kind] of declared)
        given.push({ name, kind, line: lineAt(statement.start), documented: documented(statement) });
  }

  for (const statement of body) {
    const source = nameOf(statement["source"]);
    if (statement.type === "ImportDeclaration" && source) {
      const specifiers = statement["specifiers"] as SyntaxNode[];
      imports.push({
        from: source,
        names: specifiers.map((one) =>
          one.type === "ImportNamespaceSpecifier" ? "*" : (nameOf(one["imported"]) ?? "default"),
        ),
      });
    } else if (statement.type === "ExportAllDeclaration" && source) {
      imports.push({ from: source, names: ["*"] });
    } else if (statement.type === "ExportNamedDeclaration" && !isNode(statement["declaration"])) {
      const specifiers = statement["specifiers"] as SyntaxNode[];
      const passedOn = new Map(specifiers.map((one) => [nameOf(one["exported"])!, nameOf(one["local"])!]));
      if (source) imports.push({ from: source, names: [], passedOn });
      for (const [name, local] of passedOn) {
        const known = kinds.get(local);
        given.push({
          name,
          kind: known?.kind ?? "value",
          line: lineAt(statement.start),
          documented: source !== undefined || (known !== undefined && documented(known.node)),
        });
      }
    } else if (statement.type === "ExportDefaultDeclaration") {
      given.push({ name: "default", kind: "value", line: lineAt(statement.start), documented: documented(statement) });
    }
  }

  for (const [node, parents] of walk(program)) {
    if (functionTypes.has(node.type)) {
      const first = lineAt(node.start);
      functions.push({ name: functionName(node, parents), line: first, lines: lineAt(node.end) - first + 1 });
    } else if (node.type === "ImportExpression" || node.type === "TSImportType") {
      const source = nameOf(node["source"]);
      if (source) imports.push({ from: source, names: ["*"] });
    } else if (node.type === "Literal") {
      const value = node["value"];
      if (typeof value === "string" && /^[\w./-]+\.(ts|mjs)$/.test(value)) started.push(value);
    } else if (node.type === "Identifier") {
      const name = node["name"] as string;
      mentions.set(name, (mentions.get(name) ?? 0) + 1);
    }
  }

  return {
    path,
    lines: lineStarts.length - (text.endsWith("\n") ? 1 : 0),
    imports,
    started,
    exports: given.map((one) => ({ ...one, usedHere: (mentions.get(one.name) ?? 0) > 1 })),
    functions,
  };
}
