/** The arrows between folders: who may import whom. A new arrow is a decision, made here and in the design, never in passing. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { strata } from "./strata.table.ts";

const root = join(import.meta.dirname, "..");

/** Commands that start the simulator: the only files of `src` that may import `sim`. */
const simulatorCommands = /^src\/cli\/(demo\/|scenario\/|sim|swarm|replay)[\w-]*\.ts$/;

const byDepth = [...strata].sort((a, b) => b.folder.length - a.folder.length);
const stratumOf = (path: string) => byDepth.find(({ folder }) => path === folder || path.startsWith(`${folder}/`));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
    .map((path) => `${folder}/${path}`);
}

function imports(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const statements = text.matchAll(
    /^\s*(?:import\s+(?:[^"';]*?\sfrom\s*)?|export\s[^"';=]*?\sfrom\s*)["']([^"']+)["']/gm,
  );
  const calls = text.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...calls].map((match) => match[1]!);
}

const files = ["src", "firmware-bridge", "sim"].flatMap(sources);

describe("the arrows of the design hold", () => {
  test("every source file belongs to a stratum", () => {
    expect(files.filter((path) => !stratumOf(path))).toEqual([]);
  });

  test("no stratum imports one that it may not know", () => {
    const wrong: string[] = [];
    for (const path of files) {
      const from = stratumOf(path);
      if (!from) continue;
      for (const target of imports(path)) {
        if (target.startsWith(".")) {
          const to = stratumOf(relative(root, resolve(root, dirname(path), target)));
          if (!to) {
            if (!target.endsWith(".json")) wrong.push(`${path} → ${target}`);
          } else if (to.name !== from.name && !from.may.includes(to.name)) wrong.push(`${path} → ${target}`);
          else if (to.name === "sim" && from.name === "cli" && !simulatorCommands.test(path))
            wrong.push(`${path} → ${target}`);
        } else {
          const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0]!;
          if (!from.packages.includes("*") && !from.packages.includes(name)) wrong.push(`${path} → ${target}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("core and domain know no clock, timer, random or Node", () => {
    const impure =
      /\bDate\b|\bperformance\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bprocess\b|["']node:/;
    const wrong = files
      .filter((path) => /^src\/(core|domain)\//.test(path))
      .filter((path) => impure.test(stripComments(readFileSync(join(root, path), "utf8"))));
    expect(wrong).toEqual([]);
  });

  test("the plant draws no random numbers of its own and reads no clock", () => {
    const impure = /\bDate\b|\bperformance\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|["']node:/;
    const wrong = files
      .filter((path) => path.startsWith("sim/plant/"))
      .filter((path) => impure.test(stripComments(readFileSync(join(root, path), "utf8"))));
    expect(wrong).toEqual([]);
  });
});

const stripComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
