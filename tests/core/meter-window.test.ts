/** A meter that does not average: its window must not become nothing, because a load is reckoned over it. */
import { expect, test } from "vitest";
import { parseSiteConfig } from "../../src/config/parse.ts";
import { meterWindowMs } from "../../src/core/core-config.ts";

const windowOf = (given: string): number => {
  const parsed = parseSiteConfig(
    `site: { name: T, nominalVoltageV: 480 }\npcc: { importLimitW: 50000, meter: { host: m, updateMs: 100${given} } }\nevses: [{ stage: { host: s }, maxChargeW: 11000 }]\n`,
    "site.yaml",
  );
  return parsed.ok ? meterWindowMs(parsed.value.pcc.meter) : Number.NaN;
};

test.each([
  ["", 100],
  [", windowMs: 200", 200],
  [", windowMs: 0", 1],
])("windowMs %j → %d ms", (given, windowMs) => {
  expect(windowOf(given)).toBe(windowMs);
});
