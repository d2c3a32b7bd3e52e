/** Life without the grid: the ten island scenarios with one seed each (acceptance runs fifty), and controllers that they find out. */
import { describe, expect, test } from "vitest";
import { scenarioNamed } from "../../sim/scenarios/index.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import { runScenario, type Scenario, type ScenarioResult } from "../../sim/story/scenario.ts";
import type { StartController } from "../../sim/story/site.ts";
import type { Commands } from "../../src/core/commands.ts";

const failures = ({ checks }: ScenarioResult): string[] =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ name, value, compare, limit, unit }) => `${name}: ${value}, not ${compare} ${limit} ${unit}`);

describe("ok with Islet's control cycle", () => {
  const runs: readonly (readonly [name: string, seed: number])[] = [
    ["outage-hub", 3],
    ["vehicle-swap", 1],
    ["energy-runs-out", 1],
    // Photovoltaics that obey a limit, and those that only frequency curtails.
    ["mixed-depot", 2],
    ["mixed-depot", 1],
    ["black-start", 1],
    ["planned-island", 1],
    // Its loads come back so that a moment's doubt would condemn the meter.
    ["grid-returns-during-black-start", 19],
    ["closed-transition", 1],
    ["welded-contact", 1],
    ["lying-contact", 1],
  ];
  test.each(runs)("%s, seed %d", (name, seed) => {
    const scenario = scenarioNamed(name);
    expect(scenario, `there is no scenario ${name}`).toBeDefined();
    expect(failures(runScenario(scenario!, startIslet, { seed }))).toEqual([]);
  });
});

/** The product's controller with one mistake: its commands are spoiled on their way. */
const spoiled =
  (spoil: (commands: Commands) => void): StartController =>
  (boot) => {
    const controller = startIslet(boot);
    return {
      step: (snapshot, nowMs) => {
        const commands = controller.step(snapshot, nowMs);
        spoil(commands);
        return commands;
      },
      get mode() {
        return controller.mode ?? "";
      },
    };
  };

const cut = (name: string, to: string): Scenario => ({ ...scenarioNamed(name)!, to });

describe("a scenario finds a controller out that", () => {
  const sinners: readonly (readonly [string, (commands: Commands) => void, Scenario, RegExp])[] = [
    [
      "never sheds a tier",
      ({ tierClosed }) => void tierClosed.fill(true),
      cut("energy-runs-out", "22:40"),
      /fell under load/,
    ],
    [
      "lets photovoltaics run free",
      (commands) => {
        commands.pvLimitW = Number.POSITIVE_INFINITY;
      },
      { ...cut("mixed-depot", "13:05") },
      /tripped|trip of|against its will/,
    ],
    [
      "lets one stage alone form",
      ({ stages }) => {
        for (const stage of stages.slice(1)) if (stage.role === "forming") stage.role = "off";
      },
      cut("vehicle-swap", "18:40"),
      /dark|fell|tripped/,
    ],
  ];
  test.each(sinners)("%s", (_, spoil, scenario, found) => {
    const result = runScenario(scenario, spoiled(spoil), { seed: 2 });
    expect(result.ok).toBe(false);
    expect(failures(result).join("\n")).toMatch(found);
  });
});
