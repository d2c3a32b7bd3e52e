/** Over-voltage by the mean of ten minutes: high for long, though never high enough for the fast trips. */
import { expect, test } from "vitest";
import { builtInGridProfile } from "../../../src/config/grid-profiles.ts";
import { createBench, run, setVoltage } from "./fixture.ts";

const vde = builtInGridProfile("vde-ar-n-4105-2018")!.settings;
/** Only the mean; the plain over-voltage trip is out of the way. */
const settings = { ...vde, ov1Pu: 1.25, ov1S: 3_600, reactiveMode: "none", droopEnabled: false } as const;

test.each([
  ["1.11 pu without a break: not before the mean is above", [[1.11, 540]], "in service"],
  ["1.11 pu without a break for more than ten minutes", [[1.11, 606]], "trip"],
  [
    "1.13 pu for eight minutes: the mean is above already",
    [
      [1.0, 600],
      [1.13, 480],
    ],
    "trip",
  ],
  [
    "1.13 pu and 1.05 pu in turn",
    Array.from({ length: 10 }, () => [
      [1.13, 60],
      [1.05, 60],
    ]).flat(),
    "in service",
  ],
  ["1.10 pu for an hour", [[1.1, 3_600]], "in service"],
] as const)("%s", (_, story, status) => {
  const bench = createBench(settings);
  for (const [voltagePu, s] of story) {
    setVoltage(bench, voltagePu!);
    run(bench, s!);
  }
  expect(bench.der.outcome.inService).toBe(status === "in service");
  if (status === "trip") expect(bench.der.outcome.cause).toBe("ov-mean");
});
