/** The acceptance scenarios with the product's own control cycle, as far as they are quick; the long ones are cut short. */
import { describe, expect, test } from "vitest";
import { scenarioNamed, scenarios } from "../../sim/scenarios/index.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import { runScenario, type Scenario, type ScenarioResult } from "../../sim/story/scenario.ts";
import { plainController } from "../sim/plain-controller.ts";

const failures = ({ checks }: ScenarioResult): string[] =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ name, value, compare, limit, unit }) => `${name}: ${value}, not ${compare} ${limit} ${unit}`);

/** The first part of a story, with the checks that can be judged by then. */
function until(scenario: Scenario, to: string, keep: readonly string[]): Scenario {
  return { ...scenario, to, checks: () => scenario.checks().filter(([name]) => keep.includes(name)) };
}

const afternoon = until({ ...scenarioNamed("depot-day")!, from: "16:12" }, "17:02", [
  "discharging before the load falls",
  "longest export above the limit",
  "feeding the dead grid after the outage",
  "critical panel supplied after the outage",
  "stages that form the island",
]);
const firstNight = until(scenarioNamed("home-backup")!, "22:00", [
  "power while the grid is up",
  "discharge commanded while the grid is up",
  "each refusal has a reason",
  "house dark without the truck",
  "from plugging in to a lit house",
]);

/** A story is bounded by its own virtual time; on two busy cores the longest takes a minute and a half, ms. */
const storyMaxMs = 400_000;

describe("with Islet's control cycle", { timeout: storyMaxMs }, () => {
  const quick: readonly (readonly [Scenario, number])[] = [
    [scenarioNamed("permit-day")!, 1],
    [scenarioNamed("permit-day")!, 101],
    [scenarioNamed("blind-meter")!, 1],
    [scenarioNamed("blind-meter")!, 102],
    [scenarioNamed("vehicles-misbehave")!, 1],
    [scenarioNamed("vehicles-sleep")!, 1],
    [scenarioNamed("vehicle-in-the-dark")!, 1],
    [afternoon, 1],
    [firstNight, 1],
  ];
  test.each(quick.map(([scenario, seed]) => [scenario.name, seed, scenario] as const))(
    "%s, seed %d",
    (_, seed, scenario) => {
      expect(failures(runScenario(scenario, startIslet, { seed }))).toEqual([]);
    },
  );

  test("the same seed gives the same result, number for number", () => {
    const scenario = scenarioNamed("blind-meter")!;
    const numbers = () =>
      runScenario(until(scenario, "08:16", ["from the failure to zero"]), startIslet, { seed: 9 }).checks;
    expect(numbers()).toEqual(numbers());
  });
});

describe("a scenario finds a controller out that", { timeout: storyMaxMs }, () => {
  const sinners: readonly (readonly [string, Parameters<typeof plainController>[0], Scenario, RegExp])[] = [
    [
      "ignores the meter",
      { mistake: "ignore-meter" },
      until(scenarioNamed("depot-day")!, "16:32", ["longest export above the limit"]),
      /longest export/,
    ],
    [
      "forms while K1 is closed",
      { mistake: "form-while-closed" },
      until(scenarioNamed("depot-day")!, "17:02", []),
      /forming with k1 closed|invariants/,
    ],
    [
      "discharges without a permit",
      { mistake: "discharge-without-permit" },
      until(scenarioNamed("permit-day")!, "09:30", []),
      /without right|invariants/,
    ],
    [
      "closes K1 without stopping",
      { mistake: "close-without-stopping" },
      until(scenarioNamed("depot-day")!, "19:11", []),
      /forming with k1 closed|synchronism/,
    ],
  ];
  test.each(sinners)("%s", (_, options, scenario, found) => {
    const result = runScenario(scenario, plainController(options), { seed: 1, tickMs: 50 });
    expect(result.ok).toBe(false);
    expect(failures(result).join("\n")).toMatch(found);
  });
});

describe("every scenario", () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s reads as a story", (_, scenario) => {
    expect(scenario.sentence).toMatch(/^[A-Z].*\.$/);
    for (const [, sentence] of scenario.story) expect(sentence).toMatch(/^[A-Z].*\.$/);
    const names = scenario.checks().map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
