/**
 * The program of a package: the sources of `src` without their types and comments, in as few files as the commands and threads
 * ask for. A gateway keeps the text of whatever it runs in memory, and strips types for every process and thread anew where
 * nothing has kept the result.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { serialize } from "node:v8";
import { type Plugin, rolldown } from "rolldown";
import { makeAssets } from "../../src/dashboard/server/asset-worker.ts";

/** Of the sources, what the program reads at run time lies where it lay. */
const dataFolders = ["src", "sim"] as const;
/** Folder of the program in the package, one below its root. */
const programFolder = "program";
/** `new URL("./worker.ts", import.meta.url)`: a file that a thread or process begins with. */
const ownStart = /new URL\(\s*"(\.\/[\w-]+)\.ts",\s*import\.meta\.url,?\s*\)/g;
/** What a file says of its own place, besides that. */
const ownPlace = /import\.meta\.(dirname|url)\b/g;
/** Stand for the package's root, as a path and as an address. */
const rootPath = "ISLET_ROOT_PATH";
const rootUrl = "ISLET_ROOT_URL";
/** Each output begins with these. */
const places = `const ${rootPath}=import.meta.dirname+"/..",${rootUrl}=new URL("../",import.meta.url).href;`;

/** Files keep the places that they have among the sources: what lies beside them, such as register maps, does too. */
function keepPlaces(root: string): Plugin {
  return {
    name: "keep-places",
    transform(code, id) {
      if (!id.startsWith(root) || id.includes("node_modules") || !code.includes("import.meta.")) return null;
      const place = (path: string): string => JSON.stringify(relative(root, path));
      return code
        .replace(ownStart, (_, name: string) => `new URL("${programFolder}/${basename(name)}.js", ${rootUrl})`)
        .replace(ownPlace, (_, what: string) =>
          what === "url" ? `(${rootUrl} + ${place(id)})` : `(${rootPath} + "/" + ${place(dirname(id))})`,
        );
    },
  };
}

/** Files that threads and processes begin with, as the sources name them; by the name of their output. */
function startsOf(root: string): Record<string, string> {
  const starts = [join(root, "src/cli/main.ts")];
  for (const folder of ["src", "sim", "firmware-bridge"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      const file = join(root, folder, entry);
      if (!file.endsWith(".ts")) continue;
      for (const [, name] of readFileSync(file, "utf8").matchAll(ownStart))
        starts.push(join(dirname(file), `${name}.ts`));
    }
  }
  return Object.fromEntries(starts.map((file) => [basename(file, ".ts"), file]));
}

/** Libraries that are loaded by few sites, find files beside themselves, or are wanted as they are. */
const libraries = /^(?:@nats-io|bonjour-service|bufferutil|highs|mqtt|ocpp-rpc|pino|uplot|utf-8-validate)(?:\/|$)/;

/** Writes the program below `into`, with the libraries that every site needs: of those too, only what is used. */
export async function buildProgram(root: string, into: string): Promise<void> {
  const bundle = await rolldown({
    input: startsOf(root),
    platform: "node",
    transform: { target: "esnext" },
    external: (id) => id.startsWith("node:") || libraries.test(id),
    plugins: [keepPlaces(root)],
    logLevel: "silent",
  });
  await bundle.write({
    dir: join(into, programFolder),
    format: "esm",
    minify: true,
    // One character beyond Latin-1 would double what the text takes in memory.
    charset: "ascii",
    banner: places,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundle.close();
  for (const name of dataFolders)
    cpSync(join(root, name), join(into, name), { recursive: true, filter: (file) => !file.endsWith(".ts") });
  const page = join(into, "src/dashboard/server/page-assets");
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, serialize(makeAssets()));
}
