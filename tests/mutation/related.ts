/** Which tests run a source file: those that import it, the nearest first. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { readModule } from "../../scripts/house/modules.ts";
import { realTimeTests } from "../../vitest.config.ts";

/** Tests of the tree itself: they read files as text, and say nothing of what the code does. */
const ofTheTree = /^tests\/(docs|house|architecture|real-time|mutation|replant|swarm\/bugs)/;

/** For each source file the tests that reach it, nearest first; paths from `root` on. */
export function testsBySource(root: string): ReadonlyMap<string, readonly string[]> {
  const paths = globSync(["{src,firmware-bridge,sim,scripts,tests,bench}/**/*.ts", "vitest.config.ts"], { cwd: root });
  const known = new Set(paths);
  const imports = new Map<string, string[]>();
  for (const path of paths) {
    const { imports: named } = readModule(path, readFileSync(join(root, path), "utf8"));
    const local = named
      .filter(({ from }) => from.startsWith("."))
      .map(({ from }) => normalize(join(dirname(path), from)));
    imports.set(
      path,
      local.filter((one) => known.has(one)),
    );
  }
  const slow = new Set(realTimeTests());
  const tests = paths.filter(
    (path) => path.endsWith(".test.ts") && !ofTheTree.test(path) && !slow.has(join(root, path)),
  );
  const found = new Map<string, { readonly test: string; readonly steps: number }[]>();
  for (const test of tests) {
    let edge = [test];
    const seen = new Set(edge);
    for (let steps = 0; edge.length > 0; steps += 1) {
      for (const path of edge) {
        const list = found.get(path) ?? [];
        list.push({ test, steps });
        found.set(path, list);
      }
      edge = [...new Set(edge.flatMap((path) => imports.get(path) ?? []))].filter((path) => !seen.has(path));
      for (const path of edge) seen.add(path);
    }
  }
  const near = (source: string, test: string): number => sharedFolders(source, test);
  return new Map(
    [...found].map(([source, list]) => [
      source,
      list.sort((a, b) => a.steps - b.steps || near(source, b.test) - near(source, a.test)).map(({ test }) => test),
    ]),
  );
}

/** How many folders two paths share beneath `src` and `tests`. */
function sharedFolders(source: string, test: string): number {
  const [a, b] = [source, test].map((path) => dirname(path).split("/").slice(1));
  let shared = 0;
  while (shared < a!.length && a![shared] === b![shared]) shared += 1;
  return shared;
}
