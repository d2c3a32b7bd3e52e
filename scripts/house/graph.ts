/** Who imports whom: import circles, names that nobody imports, packages that nobody needs. */
import { dirname, posix } from "node:path";
import type { Export, Module } from "./modules.ts";

/** The file that a relative import means, as a path from the root; undefined for packages. */
export const targetOf = (path: string, from: string): string | undefined =>
  from.startsWith(".") ? posix.normalize(posix.join(dirname(path), from)) : undefined;

/** The package that an import means (`@scope/name`, or the first word); undefined for files and Node's own modules. */
function packageOf(from: string): string | undefined {
  if (from.startsWith(".") || from.startsWith("node:")) return undefined;
  return from.startsWith("@") ? from.split("/").slice(0, 2).join("/") : from.split("/")[0]!;
}

/** Groups of files that import each other in a circle, types included (strongly connected components of two or more). */
export function circles(modules: readonly Module[]): string[][] {
  const known = new Map(modules.map((module) => [module.path, module]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const { from } of known.get(path)!.imports) {
      const next = targetOf(path, from);
      if (!next || !known.has(next)) continue;
      if (!index.has(next)) {
        visit(next);
        low.set(path, Math.min(low.get(path)!, low.get(next)!));
      } else if (stack.includes(next)) low.set(path, Math.min(low.get(path)!, index.get(next)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) found.push(group.sort());
  };
  for (const { path } of modules) if (!index.has(path)) visit(path);
  return found.sort();
}

/** A name that is given to others, and the file that gives it. */
export interface DeadExport extends Export {
  path: string;
}

/**
 * Exports that no other file takes. A type that its own file uses is no dead one: it is part of what the file's functions
 * say. `entries`: files whose exports are read by others than the project's own code.
 */
export function deadExports(modules: readonly Module[], entries: (path: string) => boolean): DeadExport[] {
  const taken = new Map<string, Set<string>>();
  const take = (path: string, name: string): void => {
    if (!taken.has(path)) taken.set(path, new Set());
    taken.get(path)!.add(name);
  };
  for (const { path, imports } of modules)
    for (const { from, names, passedOn } of imports) {
      const target = targetOf(path, from);
      if (!target) continue;
      for (const name of names) take(target, name);
      for (const name of passedOn?.values() ?? []) take(target, name);
    }
  const dead: DeadExport[] = [];
  for (const { path, exports } of modules) {
    const names = taken.get(path) ?? new Set();
    if (entries(path) || names.has("*")) continue;
    for (const one of exports)
      if (!names.has(one.name) && !(one.kind === "type" && one.usedHere)) dead.push({ ...one, path });
  }
  return dead;
}

/** Files that nothing imports or starts, and that are no entry. */
export function deadFiles(modules: readonly Module[], entries: (path: string) => boolean): string[] {
  const reached = new Set<string>();
  for (const { path, imports, started } of modules)
    for (const target of [
      ...imports.map((one) => targetOf(path, one.from)),
      ...started.flatMap((file) => [file, posix.join(dirname(path), file)]),
    ])
      if (target && target !== path) reached.add(posix.normalize(target));
  return modules.map(({ path }) => path).filter((path) => !reached.has(path) && !entries(path));
}

/** What of `package.json` is to be judged. */
export interface Manifest {
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
  scripts?: Readonly<Record<string, string>>;
}

/**
 * Packages that the manifest names and nothing uses, and packages for running that only tests, benches or scripts use.
 * `product`: whether a file is part of what runs on site. `mentioned`: packages used otherwise than by an import, with why.
 */
export function unusedPackages(
  modules: readonly Module[],
  manifest: Manifest,
  product: (path: string) => boolean,
  mentioned: Readonly<Record<string, string>>,
): string[] {
  const used = new Set<string>();
  const usedByProduct = new Set<string>();
  for (const { path, imports } of modules)
    for (const { from } of imports) {
      const name = packageOf(from);
      if (!name) continue;
      used.add(name);
      if (product(path)) usedByProduct.add(name);
    }
  const wrong: string[] = [];
  for (const name of Object.keys(manifest.dependencies ?? {}))
    if (!usedByProduct.has(name) && !(name in mentioned))
      wrong.push(`${name}: ${used.has(name) ? "used by tests, benches or scripts only: a devDependency" : "unused"}`);
  for (const name of Object.keys(manifest.devDependencies ?? {}))
    if (!used.has(name) && !(name in mentioned)) wrong.push(`${name}: unused`);
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  for (const name of used) if (!(name in named)) wrong.push(`${name}: imported, but not in package.json`);
  return wrong;
}
