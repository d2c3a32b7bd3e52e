/** The stories of K1 and its contacts, and what they find out about a controller that trusts where it must prove. */
import { describe, expect, test } from "vitest";
import { scenarioNamed } from "../../sim/scenarios/index.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import { runScenario, type ScenarioResult } from "../../sim/story/scenario.ts";
import type { StartController } from "../../sim/story/site.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";

/** For machines that have much else to do. */
const patienceMs = 300_000;

const failures = ({ checks }: ScenarioResult): string[] =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ name, value, compare, limit, unit }) => `${name}: ${value}, not ${compare} ${limit} ${unit}`);

describe("with Islet's control cycle", () => {
  test.each([
    ["closed-transition", 3],
    ["welded-contact", 6],
    ["lying-contact", 2],
  ] as const)(
    "%s, seed %d",
    (name, seed) => {
      expect(failures(runScenario(scenarioNamed(name)!, startIslet, { seed }))).toEqual([]);
    },
    patienceMs,
  );
});

/** Islet's own control cycle, but it is told something else than what was read. */
const deceived =
  (deceive: (snapshot: Snapshot, lastCommand: string) => void): StartController =>
  (boot) => {
    const islet = startIslet(boot);
    let lastCommand = "none";
    return {
      step(snapshot, nowMs) {
        deceive(snapshot, lastCommand);
        const commands = islet.step(snapshot, nowMs);
        lastCommand = commands.transferDevice;
        return commands;
      },
      get mode() {
        return islet.mode ?? "";
      },
      get row() {
        return islet.row ?? "";
      },
    };
  };

describe("a story finds out a controller that", () => {
  const sinners: readonly (readonly [string, string, number, StartController, RegExp])[] = [
    [
      "takes its own command for the position of K1",
      "welded-contact",
      7,
      deceived(({ transferDevice: device }, lastCommand) => {
        if (lastCommand !== "open") return;
        device.contactNo = "open";
        device.contactNc = "open";
      }),
      /never forming with k1 closed/,
    ],
    [
      "believes one contact",
      "lying-contact",
      1,
      deceived(({ transferDevice: device }) => {
        device.contactNc = device.contactNo;
      }),
      /locked out/,
    ],
    [
      "thinks that it is always in synchronism",
      "closed-transition",
      7,
      deceived(({ transferDevice: device }) => {
        device.syncRelay = true;
        device.phaseDeg = 0;
        device.busFrequencyHz = device.gridFrequencyHz;
      }),
      /closings between two live sides|shelter dark/,
    ],
  ];
  test.each(sinners)(
    "%s",
    (_, name, seed, start, found) => {
      const result = runScenario(scenarioNamed(name)!, start, { seed });
      expect(result.ok).toBe(false);
      expect(failures(result).join("\n")).toMatch(found);
    },
    patienceMs,
  );
});
