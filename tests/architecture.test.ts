/** The arrows between folders: who may import whom. A new arrow is a decision, made here and in the design, never in passing. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** A stratum, its folder, and what it may import besides itself: strata and packages (`*` any, none unless said). */
const strata: readonly { name: string; folder: string; may: readonly string[]; packages: readonly string[] }[] = [
  { name: "domain", folder: "src/domain", may: [], packages: [] },
  { name: "config", folder: "src/config", may: ["domain"], packages: ["zod", "yaml"] },
  { name: "core", folder: "src/core", may: ["domain", "config"], packages: [] },
  { name: "modbus", folder: "src/protocols/modbus", may: ["domain", "config"], packages: ["*"] },
  { name: "sunspec", folder: "src/protocols/sunspec", may: ["domain", "config", "modbus"], packages: ["*"] },
  { name: "exi", folder: "src/protocols/exi", may: ["domain"], packages: ["*"] },
  { name: "iso15118", folder: "src/protocols/iso15118", may: ["domain", "config", "exi"], packages: ["*"] },
  { name: "ocpp", folder: "src/protocols/ocpp", may: ["domain", "config"], packages: ["*"] },
  { name: "bridge", folder: "firmware-bridge", may: ["domain", "modbus", "sunspec"], packages: ["*"] },
  {
    name: "app",
    folder: "src/app",
    may: ["domain", "config", "core", "modbus", "sunspec", "exi", "iso15118", "ocpp", "bridge"],
    packages: ["*"],
  },
  { name: "page", folder: "src/dashboard/page", may: ["domain", "dashboard"], packages: ["uplot"] },
  { name: "dashboard", folder: "src/dashboard", may: ["app", "domain", "config", "page"], packages: ["*"] },
  {
    name: "cli",
    folder: "src/cli",
    may: ["app", "dashboard", "domain", "config", "core", "exi", "iso15118", "bridge", "sim"],
    packages: ["*"],
  },
  { name: "plant", folder: "sim/plant", may: ["domain"], packages: [] },
  { name: "chance", folder: "sim/random.ts", may: ["plant"], packages: [] },
  {
    name: "peers",
    folder: "sim/peers",
    may: ["domain", "config", "modbus", "sunspec", "exi", "iso15118", "ocpp", "bridge", "plant", "chance"],
    packages: ["*"],
  },
  {
    name: "sim",
    folder: "sim",
    may: ["plant", "peers", "chance", "domain", "config", "core", "bridge", "app"],
    packages: ["*"],
  },
];

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
