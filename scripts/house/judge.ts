/** The rules of the house, each with its bound, what it counts and what breaks it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { circles, deadExports, deadFiles, type Manifest, unusedPackages } from "./graph.ts";
import { type Module, readModule } from "./modules.ts";

/** Files that a folder may hold (those of tests aside): more, and a room hides in it. */
export const filesPerFolderMax = 20;
/** Lines of a function, inner functions included: more, and a noun hides in it. */
const functionLinesMax = 150;
/** Share of the exported functions and types of the inner strata that say what they mean. */
const documentedShareMin = 0.8;

const code = ["src", "firmware-bridge", "sim", "fleet"];
const folders = [...code, "bench", "bin", "scripts", "tests"];
const documentedFolders = /^(src\/(core|config|domain|protocols)|firmware-bridge)\//;

/** Files that people, npm or a test runner start. */
const entry =
  /^(bin\/|fleet\/main\.ts$|scripts\/[\w-]+\.(mjs|ts)$|bench\/[\w-]+\.ts$|tests\/.*\.test(-d)?\.ts$|tests\/browser\/|tests\/processor-time\.ts$|tests\/.*\/workers\/|tests\/(model\/main|fuzz\/main|campaign\/main|mutation\/main|power-cuts\/main|proof\/main|swarm\/bugs|replant\/main|product\/(unwire|busy|peers\/josev(-charger)?))\.ts$|src\/dashboard\/page\/(main|place)\.ts$)/;

/** Packages that are used otherwise than by an import. */
const usedOtherwise: Readonly<Record<string, string>> = {
  "@vitest/coverage-v8": "loaded by vitest, in `npm run coverage`",
  "@biomejs/biome": "its command, in `npm run lint`",
  "axe-core": "the browser's checks resolve it by name",
  "@types/node": "the compiler reads it",
  "@types/pg": "the compiler reads it",
  node: "the runtime that `bin/islet.mjs` hands over to",
  typescript: "its command, in `npm run typecheck`",
};

/** One rule: what was counted, the bound, and each thing that breaks it. */
export interface Verdict {
  rule: string;
  found: number | string;
  bound: string;
  holds: boolean;
  offenders: readonly string[];
}

/** Reads all code of the repository. Throws for a file that can't be parsed. */
export function readModules(root: string, within: readonly string[] = folders): Module[] {
  return within
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => /(?<!\.d)\.(ts|mjs)$/.test(path) && !path.includes("node_modules"))
        .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
        .filter((path) => statSync(join(root, path)).isFile()),
    )
    .sort()
    .map((path) => readModule(path, readFileSync(join(root, path), "utf8")));
}

const isCode = ({ path }: Module): boolean => code.some((folder) => path.startsWith(`${folder}/`));
const zero = (rule: string, offenders: readonly string[]): Verdict => ({
  rule,
  found: offenders.length,
  bound: "0",
  holds: offenders.length === 0,
  offenders,
});

function fullFolders(modules: readonly Module[]): Verdict {
  const counts = new Map<string, number>();
  for (const { path } of modules) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return {
    rule: "files per folder, at most",
    found: most,
    bound: `≤ ${filesPerFolderMax}`,
    holds: most <= filesPerFolderMax,
    offenders: [...counts]
      .filter(([, count]) => count > filesPerFolderMax)
      .map(([folder, count]) => `${folder}: ${count}`),
  };
}

/** Share of exported functions and types with a docstring, and those without. */
function documentation(modules: readonly Module[]): { share: number; missing: string[] } {
  const asked = modules
    .filter(({ path }) => documentedFolders.test(path))
    .flatMap(({ path, exports }) => exports.map((one) => ({ ...one, path })))
    .filter(({ kind }) => kind !== "value");
  const missing = asked.filter(({ documented }) => !documented);
  return {
    share: asked.length ? 1 - missing.length / asked.length : 1,
    missing: missing.map(({ path, line, name }) => `${path}:${line} ${name}`),
  };
}

/** Judges the repository at `root` by every rule of the house. */
export function judge(root: string): Verdict[] {
  const all = readModules(root);
  const own = all.filter(isCode);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const isEntry = (path: string): boolean => entry.test(path);
  const { share, missing } = documentation(own);
  const long = own.flatMap(({ path, functions }) =>
    functions
      .filter(({ lines }) => lines > functionLinesMax)
      .map(({ name, line, lines }) => `${path}:${line} ${name}: ${lines} lines`),
  );
  return [
    zero(
      "import circles",
      circles(own).map((group) => group.join(" ↔ ")),
    ),
    fullFolders(own),
    zero(`functions over ${functionLinesMax} lines`, long),
    zero(
      "dead exports",
      deadExports(all, isEntry).map(({ path, line, name, kind }) => `${path}:${line} ${name} (${kind})`),
    ),
    zero("files that nobody imports or starts", deadFiles(all, isEntry)),
    zero(
      "unused or misplaced packages",
      unusedPackages(all, manifest, (path) => /^(src|firmware-bridge|sim|bin)\//.test(path), usedOtherwise),
    ),
    {
      rule: "exported functions and types of core, config, domain, bridge and protocols with a docstring",
      found: `${Math.floor(share * 1000) / 10} %`,
      bound: `≥ ${documentedShareMin * 100} %`,
      holds: share >= documentedShareMin,
      offenders: missing,
    },
  ];
}
