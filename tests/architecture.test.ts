/** The arrows between folders: who may import whom. A new arrow is a decision, made here and in the design, never in passing. */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, targetOf } from "../scripts/house/graph.ts";
import { filesPerFolderMax, readModules } from "../scripts/house/judge.ts";
import { strata } from "./strata.table.ts";

const root = join(import.meta.dirname, "..");

/** Commands that start the simulator: the only files of `src` that may import `sim`. */
const simulatorCommands = /^src\/cli\/(certify\/|demo\/|scenario\/|sim|ev|swarm|replay)[\w-]*\.ts$/;

/**
 * The rooms of the core, each with the files or folder that it is, and what it may import besides itself. Decisions know the
 * words of a cycle (snapshot, commands, building blocks) and each other only as said; the cycle knows all decisions, and
 * nothing knows the story (`step.ts`).
 */
const coreRooms: readonly { name: string; is: RegExp; may: readonly string[] }[] = [
  { name: "words", is: /^(snapshot|commands|blocks)\.ts$/, may: [] },
  { name: "modes", is: /^modes\//, may: ["words"] },
  { name: "grid", is: /^grid\//, may: ["words"] },
  { name: "pcc", is: /^pcc\//, may: ["words"] },
  { name: "island", is: /^island\//, may: ["words", "modes"] },
  { name: "setpoints", is: /^setpoints\//, may: ["words", "pcc"] },
  { name: "memory", is: /^core(-config)?\.ts$/, may: ["words", "modes", "grid", "pcc", "island", "setpoints"] },
  { name: "cycle", is: /^cycle\//, may: ["words", "modes", "grid", "pcc", "island", "setpoints", "memory"] },
  { name: "story", is: /^step\.ts$/, may: ["words", "modes", "grid", "pcc", "island", "setpoints", "memory", "cycle"] },
];

const byDepth = [...strata].sort((a, b) => b.folder.length - a.folder.length);
const stratumOf = (path: string) => byDepth.find(({ folder }) => path === folder || path.startsWith(`${folder}/`));

const modules = readModules(root, ["src", "firmware-bridge", "sim", "fleet"]).filter(({ path }) =>
  path.endsWith(".ts"),
);
const files = modules.map(({ path }) => path);

describe("the arrows of the design hold", () => {
  test("every source file belongs to a stratum", () => {
    expect(files.filter((path) => !stratumOf(path))).toEqual([]);
  });

  test("no stratum imports one that it may not know", () => {
    const wrong: string[] = [];
    for (const { path, imports } of modules) {
      const from = stratumOf(path);
      if (!from) continue;
      for (const { from: target } of imports) {
        if (target.startsWith(".")) {
          const to = stratumOf(relative(root, resolve(root, dirname(path), target)));
          if (!to) {
            if (!target.endsWith(".json")) wrong.push(`${path} → ${target}`);
          } else if (to.name !== from.name && !from.may.includes(to.name)) wrong.push(`${path} → ${target}`);
          else if ((to.name === "sim" || to.name === "peers") && from.name === "cli" && !simulatorCommands.test(path))
            wrong.push(`${path} → ${target}`);
        } else {
          const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0]!;
          if (!from.packages.includes("*") && !from.packages.includes(name)) wrong.push(`${path} → ${target}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no files import each other in a circle, types included", () => {
    expect(circles(modules)).toEqual([]);
  });

  test("a folder holds a number of files that one can look over", () => {
    const counts = new Map<string, number>();
    for (const path of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > filesPerFolderMax)).toEqual([]);
  });

  test("the rooms of the core know each other only as said", () => {
    const roomOf = (path: string) => coreRooms.find(({ is }) => is.test(path.slice("src/core/".length)));
    const wrong: string[] = [];
    for (const { path, imports } of modules.filter((module) => module.path.startsWith("src/core/"))) {
      const from = roomOf(path);
      if (!from) wrong.push(`${path} is in no room`);
      for (const target of imports.map((one) => targetOf(path, one.from))) {
        const to = target?.startsWith("src/core/") ? roomOf(target) : undefined;
        if (from && to && to !== from && !from.may.includes(to.name)) wrong.push(`${path} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("what runs in the browser reaches words and pages alone: nothing of the controller, nothing of Node", () => {
    const way = new Map(files.filter((path) => path.startsWith("src/dashboard/page/")).map((path) => [path, path]));
    const wrong: string[] = [];
    for (const [path, how] of way) {
      if (!/^src\/(dashboard|domain)\//.test(path)) wrong.push(how);
      const text = stripComments(readFileSync(join(root, path), "utf8"));
      for (const [, target] of text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?["']([^"']+)["']/gm)) {
        const to = targetOf(path, target!);
        if (to === undefined) {
          if (target!.startsWith("node:") || target!.startsWith(".")) wrong.push(`${how} → ${target}`);
        } else if (!way.has(to)) way.set(to, `${how} → ${to}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(way.size).toBeGreaterThan(10);
  });

  test("the control process loads our own modules alone: each package costs it memory and its start time", () => {
    const packages: string[] = [];
    const seen = new Set<string>();
    const look = (path: string): void => {
      if (seen.has(path) || !path.endsWith(".ts")) return;
      seen.add(path);
      const text = stripComments(readFileSync(join(root, path), "utf8"));
      for (const [, target = ""] of text.matchAll(/^(?:import|export)\s(?!type\b)(?:[^;"']*?\sfrom\s)?"([^"]+)"/gm))
        if (target.startsWith(".")) look(join(dirname(path), target));
        else if (!target.startsWith("node:")) packages.push(`${path} → ${target}`);
    };
    look("src/app/control/control-process.ts");
    expect(seen.size).toBeGreaterThan(100);
    expect(packages).toEqual([]);
  });

  test("core and domain know no clock, timer, random or Node", () => {
    const impure =
      /\bDate\b|\bperformance\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bprocess\b|["']node:/;
    const wrong = files
      .filter((path) => /^src\/(core|domain)\//.test(path))
      .filter((path) => impure.test(stripComments(readFileSync(join(root, path), "utf8"))));
    expect(wrong).toEqual([]);
  });

  test("a plan knows no clock and no random: the same problem gives the same bytes", () => {
    const impure = /\bDate\b|\bperformance\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|["']node:/;
    const wrong = files
      .filter((path) => /^src\/planning\/(?!thread\/)/.test(path))
      .filter((path) => impure.test(stripComments(readFileSync(join(root, path), "utf8"))));
    expect(wrong).toEqual([]);
  });

  test("forecasts and money know no clock and no random either: the moment is an argument", () => {
    const impure = /\bDate\b|\bperformance\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|["']node:/;
    const wrong = files
      .filter((path) => /^src\/(forecast|tariff|settlement)\//.test(path))
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
