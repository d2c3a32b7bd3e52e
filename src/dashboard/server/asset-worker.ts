/**
 * Makes what the browser loads: the page's TypeScript with its types stripped, following the imports from `page/main.ts`;
 * the style sheet; uPlot. In a thread of its own, which takes its time beside a control loop that runs already, and whose
 * options keep Node's note that stripping is young out of the log.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, relative, resolve, sep } from "node:path";
import { parentPort } from "node:worker_threads";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { german } from "../language/de/german.ts";
import { spanish } from "../language/es/spanish.ts";
import type { Catalogs, Language, WordsPart } from "../language/language.ts";
import { shortKey } from "../language/template.ts";
import type { Asset, Assets } from "./assets.ts";

const here = import.meta.dirname;
/** Modules may come from the source folder only; its URL is `/m/`. */
const root = resolve(here, "../..");
const modulesMax = 100;
/** One sheet for each panel, in this order: what comes later wins. They are inlined into the page as one. */
const sheets = [
  "tokens",
  "header",
  "grid",
  "mode",
  "diagram",
  "actions",
  "chargers",
  "day",
  "island",
  "events",
  "health",
  "dialog",
  "tablet",
  "phone",
  "marks",
  "plain-pages",
  "places",
];

/** Reads, strips and compresses everything. */
export function makeAssets(): Assets {
  const byPath = new Map<string, Asset>();
  const modules: string[] = [];
  const add = (path: string, type: string, text: string | Buffer): string => {
    byPath.set(path, makeAsset(path, type, Buffer.from(text)));
    return path;
  };
  const walk = (file: string): void => {
    const path = `/m/${relative(root, file).split(sep).join("/")}`;
    if (byPath.has(path)) return;
    if (byPath.size >= modulesMax) throw new Error(`The page imports more than ${modulesMax} modules.`);
    if (!file.startsWith(root + sep)) throw new Error(`The page imports ${file}, which is outside ${root}.`);
    const text = stripTypes(readFileSync(file, "utf8"));
    add(path, "text/javascript; charset=utf-8", text);
    modules.push(path);
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith(".")) throw new Error(`${file} imports "${specifier}", which a browser cannot find.`);
      walk(resolve(dirname(file), specifier));
    }
  };
  walk(resolve(here, "../page/main.ts"));
  // The overview preloads its own modules only.
  const overview = [...modules];
  walk(resolve(here, "../page/place.ts"));
  const addWords = (path: string, language: Language, part: WordsPart): string =>
    add(
      `/m/words/${path}.js`,
      "text/javascript; charset=utf-8",
      `import { addCatalog, readBy } from "/m/dashboard/language/language.ts";\naddCatalog("${language}", ${JSON.stringify(part)});\nreadBy(() => "${language}");\n`,
    );
  /** Only what the browser says itself, in parts; the gateway writes the other pages. */
  const wordsOf = (language: Language, { page, sentences, reasons, endings, units, phrases, ...all }: Catalogs) => ({
    first: addWords(language, language, { short: shortened(page), sentences, reasons, endings, units, phrases }),
    events: addWords(`${language}-events`, language, { events: all.events }),
    faults: addWords(`${language}-faults`, language, { faults: all.faults }),
  });
  const uplot = createRequire(import.meta.url).resolve("uplot");
  const chart = add(
    "/m/uplot.js",
    "text/javascript; charset=utf-8",
    readFileSync(resolve(dirname(uplot), "uPlot.iife.min.js")),
  );
  const words = { de: wordsOf("de", german), es: wordsOf("es", spanish) };
  return {
    byPath,
    words,
    main: "/m/dashboard/page/main.ts",
    place: "/m/dashboard/page/place.ts",
    chart,
    modules: overview,
    style: squeeze(sheets.map((name) => readFileSync(resolve(here, `../page/style/${name}.css`), "utf8")).join("\n")),
  };
}

/** Labels by their short keys; two with the same key would be said for each other. */
function shortened(page: Catalogs["page"]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [id, said] of Object.entries(page)) {
    const key = shortKey(id);
    if (out[key] !== undefined) throw new Error(`Two labels have the short key ${key}; one of them is “${id}”.`);
    out[key] = said;
  }
  return out;
}

/** Comments that stand on lines of their own. */
const comments = /^[ \t]*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)[ \t]*$/gm;

/** Types become spaces; comments, empty lines and the ends of lines then go, since nobody reads them here. */
function stripTypes(text: string): string {
  return stripTypeScriptTypes(text)
    .replace(comments, "")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

const squeeze = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s*\n\s*/g, "\n")
    .trim();

/** Static imports that are left after stripping; type imports are gone by then. */
function importsOf(text: string): string[] {
  return [
    ...text.matchAll(/^\s*(?:import|export)\b[^"'`;]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']/gm),
  ].map((found) => found[1] ?? found[2] ?? "");
}

function makeAsset(path: string, type: string, body: Buffer): Asset {
  return {
    path,
    type,
    body,
    gzip: gzipSync(body, { level: 9 }),
    brotli: brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
  };
}

parentPort?.postMessage(makeAssets());
