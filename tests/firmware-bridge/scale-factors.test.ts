/** Field problem: meters and stages that change their scale factors while they run (dbus-solaredge#14, openbridgeserver#1255). */
import { afterEach, describe, expect, test } from "vitest";
import { startSite, type TestSite } from "./site.ts";

let site: TestSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const read = ({ bridge, snapshot }: TestSite): Promise<void> => bridge.readAll(snapshot, performance.now() + 200);

describe("a scale factor that changes while the device runs", () => {
  test("a meter's W_SF from 2 to 1 and its value with it → the same power, and the report names the change", async () => {
    site = await startSite({ meterModel: 203 });
    const { bridge, snapshot, meterFace, meter } = site;
    await bridge.discover({ verify: false });
    meter.powerW = 118_000;
    await read(site);
    expect(snapshot.meter.powerW).toBeCloseTo(118_000, -3);
    meterFace.set(203, "W_SF", 1);
    meterFace.live(203, "W", () => 231_000);
    await read(site);
    expect(snapshot.meter.powerW).toBe(231_000);
    const report = bridge.reports().find((one) => one.kind === "meter")!;
    expect(report.fault).toMatchObject({
      code: "scale-changed",
      sentence: expect.stringMatching(/PCC meter .*203\.W_SF, register \d+: from 2 to 1/),
    });
    expect(report.faults).toMatchObject([{ fault: "scale-changed", detail: expect.stringContaining("203.W_SF") }]);
  });

  test("a scale factor that says not implemented → the power is unknown, not what it was", async () => {
    site = await startSite({ meterModel: 203 });
    const { bridge, snapshot, meterFace } = site;
    await bridge.discover({ verify: false });
    await read(site);
    expect(snapshot.meter.powerW).toBeGreaterThan(0);
    meterFace.set(203, "W_SF", Number.NaN);
    await read(site);
    expect(snapshot.meter.powerW).toBeNaN();
    expect(snapshot.meter.voltagePu).toBeGreaterThan(0.9);
  });

  for (const stageModel of [true, false]) {
    test(`a stage ${stageModel ? "with" : "without"} our model whose W_SF changes → its power follows`, async () => {
      site = await startSite({ stageModel });
      const { bridge, snapshot, stages, faces } = site;
      await bridge.discover({ verify: false });
      Object.assign(stages[0]!, { role: "discharge", powerW: -42_000 });
      await read(site);
      expect(snapshot.stages[0]!.powerW).toBe(-42_000);
      const { face } = faces[0]!;
      const model = stageModel ? 64_901 : 701;
      const before = face.get(model, "W_SF");
      face.set(model, "W_SF", before + 1);
      face.live(model, "W", () => 30_000);
      await read(site);
      expect(snapshot.stages[0]!.powerW).toBe(-30_000);
    });
  }
});
