/** What the page's source says to people: messages that are translated, and strings that look like words and are not. */
import { globSync, readFileSync } from "node:fs";
import { parseAst } from "vitest/node";
import { hasWords, idOf, segmentsOf, split } from "../../../src/dashboard/language/template.ts";

/** Read by the browser as well: their words load with the page. */
export const overviewFiles = [
  "src/dashboard/actions.ts",
  ...globSync("src/dashboard/{view,panels,page,actions}/*.ts"),
].sort();
/** Written by the gateway alone. */
export const placeFiles = [
  "src/dashboard/fleet/plan-view.ts",
  ...globSync("src/dashboard/{places,server,installation,access}/*.ts"),
].sort();

export interface Found {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}
type Node = { readonly type: string; readonly start: number; readonly end: number } & Record<string, unknown>;
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const cooked = (template: Node): string[] =>
  (template["quasis"] as { value: { cooked: string } }[]).map(({ value }) => value.cooked);

/** Messages and bare strings of a file. */
export function scan(file: string): { readonly messages: Found[]; readonly bare: Found[] } {
  const code = readFileSync(file, "utf8");
  const messages: Found[] = [];
  const bare: Found[] = [];
  const at = (node: Node, text: string): Found => ({ file, line: code.slice(0, node.start).split("\n").length, text });
  const say = (node: Node, text: string): void => {
    const { id } = split(text);
    if (hasWords(id)) messages.push(at(node, id));
  };
  const visit = (node: Node): void => {
    if (/^Import|^ExportAll|^TS(?!As|NonNull|Satisf)/.test(node.type)) return;
    if (node.type === "TaggedTemplateExpression") {
      const quasi = node["quasi"] as Node;
      const tag = (node["tag"] as { name?: string }).name;
      if (tag === "t") say(node, idOf(cooked(quasi)));
      if (tag === "html") for (const { markup, message } of segmentsOf(cooked(quasi))) if (message) say(node, markup);
      for (const part of quasi["expressions"] as Node[]) visit(part);
      return;
    }
    if (node.type === "CallExpression") {
      const [first] = node["arguments"] as Node[];
      if ((node["callee"] as { name?: string }).name === "label" && typeof first?.["value"] === "string") {
        say(node, first["value"]);
        return;
      }
    }
    if (node.type === "Literal" && typeof node["value"] === "string" && isProse(node["value"]))
      bare.push(at(node, node["value"]));
    if (node.type === "TemplateLiteral") {
      const text = idOf(cooked(node));
      if (isProse(text)) bare.push(at(node, text));
    }
    for (const [key, value] of Object.entries(node))
      if (key !== "start" && key !== "end")
        for (const inner of Array.isArray(value) ? value : [value]) if (isNode(inner)) visit(inner);
  };
  visit(parseAst(code, { lang: "ts" }) as unknown as Node);
  return { messages, bare };
}

/** Several words, or one that begins like a label: not a key, an address, markup, a style. */
const isProse = (text: string): boolean =>
  hasWords(text) &&
  /(?:^|[^\w.#-])[A-Za-z’']{2,},? [a-z][a-z’']+(?: |$|[.,:;?!])|^[A-Z][a-z]+(?: |$)/.test(text) &&
  !/^[<[.#:/]|^M\{|var\(|px |rgba?\(|^[a-z-]+="|^\{\d+\}px|system-ui|charset=/.test(text);
