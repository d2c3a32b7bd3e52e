import { expect, test } from "vitest";
import { mutantsOf, spoilt } from "./mutants.ts";

const versions = (code: string): string[] => mutantsOf("x.ts", code).map((mutant) => spoilt(code, mutant));

test.each<[string, string, readonly string[]]>([
  ["bounds and comparisons", "f(a < b);", ["f(a <= b);", "f(a >= b);", ";"]],
  ["equality", "const x = a === b;", ["const x = a !== b;"]],
  ["and, or, not", "const x = !a || b;", ["const x = !a && b;", "const x = a || b;"]],
  ["arithmetic and numbers", "const x = a * 3;", ["const x = a / 3;", "const x = a * 6;"]],
  ["a condition", "if (a) throw b;", ["if (!(a)) throw b;"]],
  ["a choice", "const x = a ? b : c;", ["const x = !(a) ? b : c;"]],
  ["a sign", "const x = -a;", ["const x = a;"]],
  ["yes and no", "const x = true;", ["const x = false;"]],
  ["the greater", "const x = Math.max(a, b);", ["const x = Math.min(a, b);"]],
  ["a statement", "a = b;", [";"]],
  [
    "types, imports and texts stay",
    'import { a } from "b";\ntype T = 1 | 2;\nconst x: 3 = y as 3;\nconst s = "a < b";',
    [],
  ],
  [
    "inside of a wrapper",
    "const x = (a < b) as boolean;",
    ["const x = (a <= b) as boolean;", "const x = (a >= b) as boolean;"],
  ],
])("what is spoilt in %s", (_, code, expected) => expect(versions(code).sort()).toEqual([...expected].sort()));

test("a mistake is told with its line, what stood there and what stands there now", () => {
  expect(mutantsOf("x.ts", "f();\nconst x = a - b;")[1]).toMatchObject({
    path: "x.ts",
    line: 2,
    was: "a - b",
    is: "a + b",
  });
});
