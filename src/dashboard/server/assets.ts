/**
 * What the browser loads: made once in each process (`asset-worker.ts`), or with the package. At run time no path into the file
 * system.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Language } from "../language/language.ts";

/** What the browser loads. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
  readonly etag: string;
}

export interface Assets {
  readonly byPath: ReadonlyMap<string, Asset>;
  readonly main: string;
  /** Script of the pages beside the overview. */
  readonly place: string;
  readonly chart: string;
  /** Modules in the order of their imports, for preloading. */
  readonly modules: readonly string[];
  /** Scripts with the words of each language but English: what every page needs, what events say, what devices lack. */
  readonly words: Readonly<Partial<Record<Language, Readonly<Record<"first" | "events" | "faults", string>>>>>;
  readonly style: string;
}

/** A package brings them, and is spared the compiler that strips the types. */
const packaged = join(import.meta.dirname, "page-assets");
let made: Promise<Assets> | null = null;

/** Rejects when a file is missing or imports what a browser cannot find. */
export function loadAssets(): Promise<Assets> {
  if (made === null && existsSync(packaged))
    made = Promise.resolve(withBuffers(deserialize(readFileSync(packaged)) as Assets));
  made ??= new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./asset-worker.ts", import.meta.url), {
      name: "assets",
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    worker.once("message", (assets: Assets) => resolve(withBuffers(assets)));
    worker.once("error", reject);
  });
  return made;
}

/** Between threads buffers lose their kind, not their bytes. */
function withBuffers({ byPath, ...rest }: Assets): Assets {
  const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const restored = [...byPath.values()].map(
    (asset): Asset => ({
      ...asset,
      body: buffer(asset.body),
      gzip: buffer(asset.gzip),
      brotli: buffer(asset.brotli),
    }),
  );
  return { ...rest, byPath: new Map(restored.map((asset) => [asset.path, asset])) };
}
