import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { loadAssets } from "../../src/dashboard/server/assets.ts";

test("the page's code is plain JavaScript, made once", async () => {
  const assets = await loadAssets();
  expect(await loadAssets()).toBe(assets);
  const main = assets.byPath.get(assets.main);
  expect(main?.body.toString()).toContain("openStream(");
  expect(main?.body.toString()).not.toContain("import type");
  expect([...assets.byPath.values()].filter(({ path, body }) => path.endsWith(".ts") && body.includes("/**"))).toEqual(
    [],
  );
  expect([...assets.modules].every((path) => assets.byPath.has(path))).toBe(true);
});

test("making it says nothing on standard error", async () => {
  const script = `import { loadAssets } from ${JSON.stringify(join(import.meta.dirname, "../../src/dashboard/server/assets.ts"))}; await loadAssets();`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect([stdout, stderr]).toEqual(["", ""]);
});

test("every size of text is one of the type scale", async () => {
  const { style } = await loadAssets();
  const sizes = [...style.matchAll(/font(?:-size)?:\s*([^;}]*)/g)].map((match) => match[1]!.trim());
  expect(sizes.length).toBeGreaterThan(50);
  expect(sizes.filter((size) => /\d(px|r?em|pt)\b/.test(size))).toEqual([]);
});

test("a language costs at most 20 KB before the first event, and the events come in a script of their own", async () => {
  const { byPath, words } = await loadAssets();
  for (const { first, events } of Object.values(words)) {
    expect([first, (byPath.get(first)?.gzip.length ?? 0) <= 20_000]).toEqual([first, true]);
    expect([events, (byPath.get(events)?.gzip.length ?? 0) <= 12_000]).toEqual([events, true]);
    expect(byPath.get(first)?.body.toString()).not.toContain("Nothing needs you.");
  }
});
