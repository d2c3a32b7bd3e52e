/** A main thread that hangs can neither revoke nor ask: service stops, and what it asked for is over. */
import { expect, test } from "vitest";
import { inputsLength, inputsStaleMs, readInputs, writeInputs } from "../../src/app/control/shared/inputs.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

test.each([
  ["in time", inputsStaleMs, true],
  ["too old", inputsStaleMs + 1, false],
])("inputs %s", (_, ageMs, stand) => {
  const from = createSnapshot(1, 0);
  Object.assign(from.site, {
    serviceEnabled: true,
    islandRequested: true,
    resetRequest: true,
    operatorImportLimitW: 4_000,
  });
  from.evses[0]!.operatorMaxW = 0;
  const row = new Float64Array(inputsLength(1));
  writeInputs(row, from.evses, from.site, 10_000);
  const to = createSnapshot(1, 0);
  readInputs(row, to, 10_000 + ageMs);
  expect(to.site).toMatchObject({
    serviceEnabled: stand,
    islandRequested: stand,
    resetRequest: stand,
    operatorImportLimitW: 4_000,
  });
  expect(to.evses[0]!.operatorMaxW).toBe(0);
});
