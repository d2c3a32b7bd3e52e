/**
 * What is spoilt, one place at a time: each row names a small mistake that a person could make, and where in the syntax it can be
 * made. Nothing here changes types, imports or texts for people.
 */

/** A node of the syntax tree, as far as this table looks at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** From `start` to `end` of the file stands `text` instead. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Operator {
  readonly name: string;
  readonly of: (node: SyntaxNode, code: string) => readonly Replacement[];
}

const isNode = (value: unknown): value is SyntaxNode => typeof value === "object" && value !== null && "type" in value;
const nodeAt = (node: SyntaxNode, field: string): SyntaxNode => node[field] as SyntaxNode;
const textOf = ({ start, end }: SyntaxNode, code: string): string => code.slice(start, end);

/** The operator's sign between two operands. */
function signReplaced(node: SyntaxNode, code: string, by: string): Replacement[] {
  const [left, right] = [nodeAt(node, "left"), nodeAt(node, "right")];
  const sign = node["operator"] as string;
  const at = code.indexOf(sign, left.end);
  return at < 0 || at >= right.start ? [] : [{ start: at, end: at + sign.length, text: by }];
}

/** Another sign for a binary operator. */
const signs = (name: string, others: Readonly<Record<string, string>>): Operator => ({
  name,
  of: (node, code) => {
    const isBinary = node.type === "BinaryExpression" || node.type === "LogicalExpression";
    const other = isBinary ? others[node["operator"] as string] : undefined;
    return other === undefined ? [] : signReplaced(node, code, other);
  },
});

const negated = (field: string, types: readonly string[]) => (node: SyntaxNode, code: string) => {
  const test = types.includes(node.type) ? node[field] : undefined;
  return isNode(test) ? [{ start: test.start, end: test.end, text: `!(${textOf(test, code)})` }] : [];
};

const otherExtreme: Readonly<Record<string, string>> = { max: "min", min: "max" };

export const operators: readonly Operator[] = [
  signs("a bound that belongs to it, or not", { "<": "<=", "<=": "<", ">": ">=", ">=": ">" }),
  signs("a comparison turned round", { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "===": "!==", "!==": "===" }),
  signs("and for or", { "&&": "||", "||": "&&" }),
  signs("plus for minus, times for by", { "+": "-", "-": "+", "*": "/", "/": "*" }),
  { name: "a condition turned round", of: negated("test", ["IfStatement", "ConditionalExpression"]) },
  {
    name: "a not left out",
    of: (node, code) => {
      if (node.type !== "UnaryExpression" || node["operator"] !== "!") return [];
      return [{ start: node.start, end: node.end, text: textOf(nodeAt(node, "argument"), code) }];
    },
  },
  {
    name: "a sign left out",
    of: (node, code) => {
      if (node.type !== "UnaryExpression" || node["operator"] !== "-") return [];
      const argument = nodeAt(node, "argument");
      return argument.type === "Literal" ? [] : [{ start: node.start, end: node.end, text: textOf(argument, code) }];
    },
  },
  {
    name: "yes for no",
    of: (node) => {
      if (node.type !== "Literal" || typeof node["value"] !== "boolean") return [];
      return [{ start: node.start, end: node.end, text: String(node["value"] === false) }];
    },
  },
  {
    name: "another number",
    of: (node) => {
      if (node.type !== "Literal" || typeof node["value"] !== "number") return [];
      const other = node["value"] === 0 ? 1 : 2 * node["value"];
      return [{ start: node.start, end: node.end, text: String(other) }];
    },
  },
  {
    name: "the greater for the smaller",
    of: (node) => {
      if (node.type !== "MemberExpression" || nodeAt(node, "object")["name"] !== "Math") return [];
      const property = nodeAt(node, "property");
      const other = otherExtreme[property["name"] as string];
      return other === undefined ? [] : [{ start: property.start, end: property.end, text: other }];
    },
  },
  {
    name: "a statement left out",
    of: (node) => {
      if (node.type !== "ExpressionStatement") return [];
      const { type } = nodeAt(node, "expression");
      const counts = ["AssignmentExpression", "CallExpression", "UpdateExpression", "AwaitExpression"].includes(type);
      return counts ? [{ start: node.start, end: node.end, text: ";" }] : [];
    },
  },
];
