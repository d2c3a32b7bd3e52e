/** A backend's caps on the sum of all EVSEs, in both directions, with the sum's reason. */
import { expect, test } from "vitest";
import { inParallel, TestSite } from "./site.ts";

for (const [name, minW, lowW, highW] of [
  ["no cap → as asked", Number.NEGATIVE_INFINITY, -60_010, -59_900],
  ["12 kW of discharge for the station → the sum stays within", -12_000, -12_001, -11_500],
  ["no discharge for the station → none", 0, 0, 0],
] as const) {
  test(name, () => {
    const site = inParallel();
    site.snapshot.site.backendMinW = minW;
    site.run(3_000);
    expect(site.sumW).toBeGreaterThanOrEqual(lowW);
    expect(site.sumW).toBeLessThanOrEqual(highW);
    if (Number.isFinite(minW)) expect(site.binding()).toContain("backend-limit");
  });
}

for (const [name, maxW, lowW, highW] of [
  ["9 kW of charging for the station → the sum stays within", 9_000, 8_500, 9_001],
  ["no charging for the station → none", 0, 0, 0],
] as const) {
  test(name, () => {
    const site = new TestSite();
    site.request(30_000);
    site.run(12_000);
    site.snapshot.site.backendMaxW = maxW;
    site.run(3_000);
    expect(site.sumW).toBeGreaterThanOrEqual(lowW);
    expect(site.sumW).toBeLessThanOrEqual(highW);
  });
}
