/** Every setting has a row: a new one without a test, or without a reason why it needs none, fails here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { siteSettings } from "../../src/config/site.ts";
import { otherSettings, owedSettings, testedSettings } from "./settings.table.ts";
import { withUnwiring } from "./site/unwired-parser.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

/** Dotted paths of all settings, as `islet check-config --settings` prints them. */
function pathsOf(node: Node, path: string): string[] {
  if (node.items !== undefined) return pathsOf(node.items, `${path}[]`);
  if (node.properties === undefined) return [path];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    pathsOf(child, path === "" ? name : `${path}.${name}`),
  );
}

const settings = pathsOf(z.toJSONSchema(siteSettings, { io: "input" }) as Node, "");
const rows = [...testedSettings, ...owedSettings, ...otherSettings].map(({ setting }) => setting);

describe("the table of settings", () => {
  it("has a row for every setting, and none twice", () => {
    expect(settings.filter((setting) => !rows.includes(setting))).toEqual([]);
    expect(rows.filter((setting, i) => rows.indexOf(setting) !== i)).toEqual([]);
  });

  it("names no setting that is not there", () => {
    expect(rows.filter((setting) => !settings.includes(setting))).toEqual([]);
  });

  it("finds the test of each that can limit, forbid or open something", () => {
    const missing = testedSettings.filter(({ setting, file }) => {
      const source = readFileSync(join(import.meta.dirname, file), "utf8");
      return !source.includes(`it("${setting}: `);
    });
    expect(missing).toEqual([]);
  });

  it("can be tried: the parser has the place where a setting is replaced", () => {
    const parser = readFileSync(join(import.meta.dirname, "../../src/config/parse.ts"), "utf8");
    expect(() => withUnwiring(parser)).not.toThrow();
  });
});
