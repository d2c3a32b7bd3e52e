import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawsVariable, leaveScreenOfTheDead, normalScreen } from "../../src/cli/demo/terminal-screen.ts";
import { renderTerminal, wrap } from "../../src/cli/demo/terminal-view.ts";
import { actionIds } from "../../src/dashboard/actions.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { view } from "../../src/dashboard/view.ts";
import { sampleNames, sampleState } from "../dashboard/sampleStates.ts";

const draw = (state: SiteState, columns: number, rows: number, color = false, keys = "o outage  q quit"): string =>
  renderTerminal(view(state, { role: "operator", supported: actionIds }), { columns, rows, color }, { keys });
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed
const bare = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, "");

describe("terminal view", () => {
  test.each(sampleNames)("%s at 80×24 says mode, PCC, K1, a charger with its reason, loop and keys", (name) => {
    const text = draw(sampleState(name), 80, 24);
    const lines = text.split("\n");
    expect(lines.length).toBe(24);
    const { mode, diagram, chargers } = view(sampleState(name), { role: "operator", supported: actionIds });
    expect(text).toContain(mode.lead.replaceAll("\u00a0", " "));
    expect(text).toContain(diagram.k1.value);
    expect(text).toContain(diagram.meter.value.replaceAll("\u00a0", " "));
    expect(text).toContain("Because");
    expect(chargers.some((charger) => charger.vehicle && text.includes(charger.vehicle))).toBe(true);
    expect(lines.at(-2)).toMatch(/Loop \d+ ms, late/);
    expect(lines.at(-1)).toBe("o outage  q quit");
  });
  test("50 chargers stay within the rows and say how many are not shown", () => {
    const text = draw(sampleState("parallel", 50), 80, 24);
    expect(text.split("\n").length).toBe(24);
    expect(text).toMatch(/… \d+ more/);
    expect(draw(sampleState("parallel", 50), 120, 80)).not.toMatch(/… \d+ more/);
  });
  test("any size stays within its bounds, in every state, with and without colour", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sampleNames),
        fc.integer({ min: 40, max: 220 }),
        fc.integer({ min: 10, max: 90 }),
        fc.boolean(),
        (name, columns, rows, color) => {
          const lines = draw(sampleState(name, 50), columns, rows, color).split("\n");
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(bare(line).length).toBeLessThanOrEqual(columns);
          expect(lines.some((line) => line.includes("Loop"))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
  test("colour only when asked, and the words do not change with it", () => {
    const off = draw(sampleState("locked"), 100, 40);
    const on = draw(sampleState("locked"), 100, 40, true);
    expect(off).not.toContain("\u001b");
    expect(on).toContain("\u001b[1;31m");
    expect(bare(on)).toBe(off);
  });
  test("a name cannot move the cursor or colour the screen", () => {
    const state = sampleState("parallel");
    const evil = {
      ...state,
      evses: state.evses.map((evse) =>
        evse.connected ? { ...evse, vehicle: "\u001b[2J\u001b]0;x\u0007Bus\n" } : evse,
      ),
      site: { ...state.site, name: "A\u001b[31mB" },
    };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(draw(evil, 100, 40)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
  test.each([
    ["one two three", 7, 2, ["one two", "three"]],
    ["one two three four", 7, 1, ["one tw…"]],
    ["", 7, 2, []],
    ["averyverylongword", 7, 2, ["averyv…"]],
  ] as const)("“%s” wraps at %i into %i lines", (text, width, most, lines) =>
    expect(wrap(text, width, most)).toEqual(lines),
  );
  test("beside the bus nothing is cut off: what is too long takes a second line", () => {
    const state = sampleState("parallel");
    const text = draw(
      {
        ...state,
        pccW: 330_900,
        pccKnown: { state: "old", ageMs: 12_000 },
        k1: { ...state.k1, quality: "stale" },
        bus: { ...state.bus, live: null, known: { state: "old", ageMs: 28_000 } },
        health: { ...state.health, meterQuality: "frozen", meterAgeMs: 12_000 },
      },
      150,
      45,
    );
    const beside = text.split("\n").map((line) => line.slice(0, 27).trim());
    const said = beside.join(" ").replace(/ +/g, " ");
    expect(said).toContain("was importing 330.9 kW, 12 s ago");
    expect(said).toContain("NO said closed, NC said closed");
    expect(said).toContain("28 s ago");
  });
});

describe("the other screen of a demonstration that was killed", () => {
  test("is left by one of its processes, and only where it was drawn on", () => {
    const file = join(mkdtempSync(join(tmpdir(), "islet-screen-")), "tty");
    writeFileSync(file, "");
    leaveScreenOfTheDead({}, file);
    expect(readFileSync(file, "utf8")).toBe("");
    leaveScreenOfTheDead({ [drawsVariable]: "1" }, file);
    expect(readFileSync(file, "utf8")).toBe(normalScreen);
    expect(() => leaveScreenOfTheDead({ [drawsVariable]: "1" }, "/nowhere/tty")).not.toThrow();
  });
});
