/** Which tests run a source file: those that import it, the nearest first. */
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { readModule } from "../../scripts/house/modules.ts";
import { realTimeTests } from "../../vitest.config.ts";

/**
 * Tests of the tree itself read files as text, and say nothing of what the code does; long stories and whole products take
 * minutes each.
 */
const leftOut =
  /^tests\/(docs|house|architecture|real-time|mutation|replant|packaging|product|browser|scenarios|model|proof|swarm|sim\/(swarm|interleavings|full-disk))/;

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
  const tests = paths.filter((path) => path.endsWith(".test.ts") && !leftOut.test(path));
  const waiting = new Set(realTimeTests());
  const found = new Map<string, Reached[]>();
  for (const test of tests) {
    let edge = [test];
    const seen = new Set(edge);
    for (let steps = 0; edge.length > 0; steps += 1) {
      for (const path of edge) {
        const list = found.get(path) ?? [];
        // What waits in real time takes part where it is about this very file.
        if (steps > 1 && waiting.has(join(root, test)) && !isNamesake(path, test)) continue;
        list.push({ test, steps });
        found.set(path, list);
      }
      edge = [...new Set(edge.flatMap((path) => imports.get(path) ?? []))].filter((path) => !seen.has(path));
      for (const path of edge) seen.add(path);
    }
  }
  return new Map(
    [...found].map(([source, list]) => [
      source,
      list.sort((a, b) => orderOf(source, a) - orderOf(source, b)).map(({ test }) => test),
    ]),
  );
}

const isNamesake = (source: string, test: string): boolean => basename(test, ".test.ts") === basename(source, ".ts");

interface Reached {
  readonly test: string;
  /** Imports between the two. */
  readonly steps: number;
}

/** The test that bears the file's name comes first, then those that are near by imports and folders. */
function orderOf(source: string, { test, steps }: Reached): number {
  if (isNamesake(source, test)) return -1;
  return 100 * steps - sharedFolders(source.replace(/^src\//, ""), test.replace(/^tests\//, ""));
}

/** How many folders two paths share from their beginning on. */
function sharedFolders(source: string, test: string): number {
  const [a, b] = [source, test].map((path) => dirname(path).split("/"));
  let shared = 0;
  while (shared < a!.length && a![shared] === b![shared]) shared += 1;
  return shared;
}
