/** The codec as a package: built, imported by its entries in Node and in a browser, and held to the golden vectors there. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVectors } from "../protocols/exi/support/vectors.ts";
import { browserAvailable, launch } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const source = join(root, "packages/v2g-exi");
const tsc = join(root, "node_modules/typescript/bin/tsc");
const run = browserAvailable() ? describe : describe.skip;

let folder: string;
let installed: string;

const compile = (...args: string[]): string =>
  execFileSync(process.execPath, [tsc, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], cwd: folder });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v2g-exi-"));
  installed = join(folder, "node_modules/@islet/v2g-exi");
  mkdirSync(installed, { recursive: true });
  cpSync(join(source, "package.json"), join(installed, "package.json"));
  execFileSync(process.execPath, [tsc, "-p", join(source, "tsconfig.json"), "--outDir", join(installed, "dist")]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("imported by a stranger", () => {
  test("by its entries, in Node", () => {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "use.mjs"),
      `import { codecOf, toXml } from "@islet/v2g-exi"; import { iso2 } from "@islet/v2g-exi/iso2";
       const codec = codecOf(iso2);
       const bytes = codec.encode("V2G_Message", { Header: { SessionID: new Uint8Array(8) }, Body: { SessionSetupReq: { EVCCID: new Uint8Array(6) } } });
       console.log(bytes.length, toXml(iso2, codec.decode(bytes)).includes("SessionSetupReq"));`,
    );
    expect(execFileSync(process.execPath, [join(folder, "use.mjs")], { encoding: "utf8" })).toMatch(/^\d+ true\n$/);
  });

  test("with the types of each set: a field that is misspelt does not compile", () => {
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--target",
      "esnext",
      "--types",
      "",
    ];
    const program = (field: string): string =>
      `import { codecOf } from "@islet/v2g-exi"; import { iso20Dc, type Messages } from "@islet/v2g-exi/iso20-dc";
       const request: Messages["DC_CableCheckReq"] = { Header: { SessionID: new Uint8Array(8), ${field}: 1 } };
       export const bytes: Uint8Array = codecOf(iso20Dc).encode("DC_CableCheckReq", request);`;
    writeFileSync(join(folder, "good.ts"), program("TimeStamp"));
    compile(...options, "good.ts");
    writeFileSync(join(folder, "bad.ts"), program("TimeStomp"));
    expect(() => compile(...options, "bad.ts")).toThrow();
  });

  test("nothing of Node in it", () => {
    const files = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" });
    const scripts = files.filter((file) => file.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(30);
    const wrong = scripts.filter((file) =>
      /from "node:|require\(|process\./.test(readFileSync(join(installed, "dist", file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });
});

/** What runs in the page: each message read and written again, by itself and by way of its XML. */
const pageScript = `
import { codecOf, fromXml, toXml } from "/packages/v2g-exi/src/index.js";
const sets = new Map();
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
async function setOf(name) {
  if (!sets.has(name)) {
    const loaded = await import("/packages/v2g-exi/src/" + name + ".js");
    sets.set(name, Object.values(loaded).find((one) => typeof one === "object"));
  }
  return sets.get(name);
}
window.judge = async (all) => {
  const results = [];
  for (const { id, schemaSet, exi } of all) {
    try {
      const set = await setOf(schemaSet);
      const codec = codecOf(set);
      const message = codec.decode(Uint8Array.from(exi.match(/../g) ?? [], (two) => Number.parseInt(two, 16)));
      const again = hex(codec.encode(message.root, message.value));
      const read = fromXml(set, toXml(set, message));
      const byXml = hex(codec.encode(read.root, read.value));
      results.push({ id, ok: again === exi && byXml === exi, why: again === exi ? byXml : again });
    } catch (error) {
      results.push({ id, ok: false, why: String(error) });
    }
  }
  return results;
};`;

interface Judged {
  readonly id: string;
  readonly ok: boolean;
  readonly why: string;
}

run("in a browser", () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  /** Sent with the page: where code may not be made from text, the interpreter does the work. */
  let policy = "";

  beforeAll(async () => {
    server = createServer(({ url = "/" }, response) => {
      if (policy !== "") response.setHeader("content-security-policy", policy);
      if (url === "/")
        response
          .setHeader("content-type", "text/html")
          .end('<!doctype html><title>codec</title><script type="module" src="/page.js"></script>');
      else if (url === "/page.js") response.setHeader("content-type", "text/javascript").end(pageScript);
      else
        try {
          const text = readFileSync(join(installed, "dist", new URL(url, "http://host").pathname));
          response.setHeader("content-type", "text/javascript").end(text);
        } catch {
          response.writeHead(404).end();
        }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const vectors = readVectors("public.jsonl.gz").filter(
    ({ fragment, reencode }) => !fragment && reencode === undefined,
  );

  test.each([
    ["with generated code", "", vectors.length],
    ["where a policy forbids it", "default-src 'self'", 150],
  ])(
    "every message of the vectors is read and written as it was, %s",
    async (_, rule, most) => {
      policy = rule;
      const page = await browser.newPage();
      await page.goto(origin);
      const given = vectors.slice(0, most).map(({ id, schemaSet, exi }) => ({ id, schemaSet, exi }));
      await page.waitForFunction(() => "judge" in globalThis);
      const judged = await page.evaluate(
        (all) => (globalThis as unknown as { judge(all: unknown): Promise<Judged[]> }).judge(all),
        given,
      );
      await page.close();
      expect(judged.length).toBe(Math.min(most, vectors.length));
      expect(judged.filter(({ ok }) => !ok)).toEqual([]);
    },
    60_000,
  );
});
