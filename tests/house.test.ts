/** The shape of the code (`npm run house`): first that the scanner sees what it must, then that the rules hold. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, deadExports, deadFiles, unusedPackages } from "../scripts/house/graph.ts";
import { judge } from "../scripts/house/judge.ts";
import { type Module, readModule } from "../scripts/house/modules.ts";

const files = (texts: Readonly<Record<string, string>>): Module[] =>
  Object.entries(texts).map(([path, text]) => readModule(path, text));
const noEntries = () => false;

describe("the scanner", () => {
  test("sees a circle, one of types as well, and no circle where three files share a fourth", () => {
    const round = files({
      "a.ts": 'import type { B } from "./b.ts";',
      "b.ts": 'export type B = import("./in/c.ts").C;',
      "in/c.ts": 'export { A as C } from "../a.ts";',
    });
    expect(circles(round)).toEqual([["a.ts", "b.ts", "in/c.ts"]]);
    const shared = files({ "a.ts": 'import "./b.ts";\nimport "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": "" });
    expect(circles(shared)).toEqual([]);
  });

  test("counts the lines of functions of every form, inner ones included", () => {
    const { functions } = readModule(
      "a.ts",
      "function one() {\n  const two = () => {\n    return 2;\n  };\n}\nclass C {\n  three() {\n  }\n}\n",
    );
    expect(functions.map(({ name, lines }) => [name, lines])).toEqual([
      ["one", 5],
      ["two", 3],
      ["three", 2],
    ]);
  });

  const dead: [string, Record<string, string>, string[]][] = [
    ["a function that nobody takes", { "a.ts": "export function f() {}" }, ["f"]],
    ["a value that only its own file uses", { "a.ts": "export const a = 1;\nexport const b = a;" }, ["a", "b"]],
    ["no type that its own file's functions speak of", { "a.ts": "export interface A {}\nconst a: A = {};" }, []],
    ["a type that nobody speaks of", { "a.ts": "export interface A {}" }, ["A"]],
    ["nothing that is imported", { "a.ts": "export const a = 1;", "b.ts": 'import { a as x } from "./a.ts";' }, []],
    ["nothing of a file taken as a whole", { "a.ts": "export const a = 1;", "b.ts": 'await import("./a.ts");' }, []],
    [
      "what is passed on and then not taken",
      { "a.ts": "export const a = 1;", "b.ts": 'export { a as b } from "./a.ts";' },
      ["b"],
    ],
  ];
  test.each(dead)("finds dead: %s", (_, texts, names) => {
    expect(deadExports(files(texts), noEntries).map(({ name }) => name)).toEqual(names);
  });

  test("a worker that is named by a string is no dead file", () => {
    const texts = { "a.ts": 'new Worker(new URL("./in/worker.ts", import.meta.url));', "in/worker.ts": "", "b.ts": "" };
    expect(deadFiles(files(texts), (path) => path === "a.ts")).toEqual(["b.ts"]);
  });

  test("tells packages that nothing uses, that only tests use, and that are not in the manifest", () => {
    const modules = files({ "src/a.ts": 'import x from "x/sub";\nimport "@s/p";', "tests/a.ts": 'import "y";' });
    const manifest = { dependencies: { x: "1", y: "1", z: "1", tool: "1" }, devDependencies: { w: "1" } };
    expect(unusedPackages(modules, manifest, (path) => path.startsWith("src/"), { tool: "a command" })).toEqual([
      "y: used by tests, benches or scripts only: a devDependency",
      "z: unused",
      "w: unused",
      "@s/p: imported, but not in package.json",
    ]);
  });

  test("a docstring counts when it stands right before the export", () => {
    const { exports } = readModule(
      "a.ts",
      "/** The file. */\nimport './b.ts';\nexport const f = () => 1;\n/** Says it. */\nexport type T = 1;\n// no\nexport class C {}",
    );
    expect(exports.map(({ name, kind, documented }) => [name, kind, documented])).toEqual([
      ["f", "function", false],
      ["T", "type", true],
      ["C", "class", false],
    ]);
  });
});

describe("the house", () => {
  const verdicts = judge(join(import.meta.dirname, ".."));
  test.each(verdicts)("$rule: $bound", ({ holds, offenders }) => {
    expect(holds ? [] : offenders).toEqual([]);
  });
});
