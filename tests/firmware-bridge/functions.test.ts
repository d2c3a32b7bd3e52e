import { describe, expect, test } from "vitest";
import { planFunctions, tripSteps } from "../../firmware-bridge/stage/function-plan.ts";
import type { GridSettings } from "../../src/config/grid-profiles.table.ts";
import { builtInGridProfile } from "../../src/config/grid-profiles.ts";
import { clock, startSite, type TestSite, type TestSiteOptions } from "./site.ts";

const profile = (differences: Partial<GridSettings> = {}, name = "ieee1547-catB-III"): GridSettings => ({
  ...builtInGridProfile(name)!.settings,
  ...differences,
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const pumpMs = 40;

/** A site whose cycle reads all the time, as the control worker does; it ends with the test. */
const started = async (
  onFinished: (close: () => Promise<void>) => void,
  settings: GridSettings,
  options: TestSiteOptions = {},
): Promise<TestSite> => {
  const site = await startSite(options);
  for (const face of site.faces) face.curves.adoptionMs = 20;
  site.bridge.setFunctions(settings);
  let running = true;
  const pump = (async () => {
    while (running) {
      await site.bridge.readAll(site.snapshot, clock() + 30);
      await sleep(pumpMs);
    }
  })();
  onFinished(async () => {
    running = false;
    await pump;
    await site.close();
  });
  return site;
};
/** What the image says once the stage has been read twice more, however long a busy machine takes for that. */
const verified = async ({ snapshot, bridge }: TestSite): Promise<boolean> => {
  const { device } = bridge.stages[0]!;
  const [seen, untilMs] = [device.reads + 2, clock() + 10_000];
  while (device.reads < seen && clock() < untilMs) await sleep(pumpMs / 2);
  return snapshot.stages[0]!.verified;
};

describe("the plan", () => {
  for (const [name, rows, expected] of [
    [
      "two rows → outer point, vertical step, inner point",
      [
        [120, 0.16],
        [110, 13],
      ],
      [
        [120, 0.16],
        [120, 13],
        [110, 13],
      ],
    ],
    [
      "an unused row → left out",
      [
        [0, 0.16],
        [50, 2],
        [88, 21],
      ],
      [
        [50, 2],
        [50, 21],
        [88, 21],
      ],
    ],
    [
      "three rows → two steps",
      [
        [50, 1.5],
        [70, 11],
        [88, 21],
      ],
      [
        [50, 1.5],
        [50, 11],
        [70, 11],
        [70, 21],
        [88, 21],
      ],
    ],
    ["nothing used → no points", [[0, 1]], []],
  ] as const) {
    test(`trip rows: ${name}`, () => {
      expect(tripSteps(rows)).toEqual(expected);
    });
  }

  for (const [reactiveMode, enabled] of [
    ["none", []],
    ["volt-var", ["705.Ena"]],
    ["watt-var", ["712.Ena"]],
    ["constant-power-factor", ["704.PFWInjEna", "704.PFWAbsEna"]],
    ["constant-var", ["704.VarSetEna"]],
  ] as const) {
    test(`reactive mode ${reactiveMode} → only its enables are on`, () => {
      const plan = planFunctions(profile({ reactiveMode }), { reactiveByController: false });
      const on = plan
        .filter((part) => part.reactive)
        .flatMap((part) => [
          ...part.points
            .filter(([path, value]) => path.endsWith("Ena") && !path.startsWith("WMax") && value === 1)
            .map(([path]) => `${part.model}.${path}`),
          ...(part.enabled ? [`${part.model}.Ena`] : []),
        ]);
      expect(on).toEqual(enabled);
    });
  }
});

test("power factor by active power is a watt-var curve, near enough between its points", () => {
  const settings = profile({ reactiveMode: "power-factor-watt" }, "vde-ar-n-4105-2018");
  const part = planFunctions(settings, { reactiveByController: false }).find(({ model }) => model === 712)!;
  const at = (path: string): number => part.curve!.find(([name]) => name === path)![1];
  const points = [1, 2, 3, 4, 5, 6].map((i) => [at(`Pt[${i}].W`), at(`Pt[${i}].Var`)] as const);
  expect(part.enabled).toBe(true);
  let worst = 0;
  for (let i = 1; i < points.length; i++) {
    const [[w0, q0], [w1, q1]] = [points[i - 1]!, points[i]!];
    expect(w1).toBeGreaterThan(w0);
    for (let share = 0; share <= 1; share += 0.02) {
      const watt = w0 + share * (w1 - w0);
      const factor = watt <= 50 ? 1 : 1 - (0.1 * (watt - 50)) / 50;
      const exact = -watt * Math.sqrt(1 / factor ** 2 - 1);
      worst = Math.max(worst, Math.abs(q0 + share * (q1 - q0) - (watt > 0 ? exact : 0)));
    }
  }
  expect(worst).toBeLessThan(1.1);
});

test("response times that a code states as time constants reach the stage as 90 %", () => {
  const rspTms = (change: Partial<GridSettings>): number => {
    const plan = planFunctions(profile(change, "vde-ar-n-4105-2018"), { reactiveByController: false });
    return plan.find(({ model }) => model === 705)!.curve!.find(([name]) => name === "RspTms")![1];
  };
  expect(rspTms({})).toBeCloseTo((10 / 3) * Math.LN10, 9);
  expect(rspTms({ responseForm: "time-constant" })).toBeCloseTo(10 * Math.LN10, 9);
  expect(rspTms({ responseForm: "open-loop" })).toBe(10);
});

describe.concurrent("configuration", () => {
  for (const [name, settings] of [
    ["Category B, III with volt-var", profile({ reactiveMode: "volt-var", voltWattEnabled: true })],
    ["Category A, I with watt-var", profile({ reactiveMode: "watt-var" }, "ieee1547-catA-I")],
    ["California Rule 21", profile({}, "ca-rule21")],
    ["50 Hz", profile({}, "ieee1547-catB-II-50hz")],
  ] as const) {
    test(`${name} → written, adopted, read back, verified`, async ({ onTestFinished }) => {
      const here = await started(onTestFinished, settings);
      const report = (await here.bridge.discover()).find((one) => one.kind === "stage")!;
      expect(report).toMatchObject({ verified: true, faults: [], mismatch: null });
      expect(await verified(here)).toBe(true);
      const { face } = here.faces[0]!;
      const read = (model: number, path: string): number => face.get(model, path);
      expect(read(703, "ESHzHi")).toBeCloseTo(settings.enterFrequencyMaxHz, 2);
      expect(read(705, "Crv[1].Pt[2].V")).toBeCloseTo(100 * settings.voltVarV2Pu, 1);
      expect(read(705, "Ena")).toBe(settings.reactiveMode === "volt-var" ? 1 : 0);
      expect(read(712, "Ena")).toBe(settings.reactiveMode === "watt-var" ? 1 : 0);
      expect(read(706, "Ena")).toBe(settings.voltWattEnabled ? 1 : 0);
      expect(read(708, "Crv[1].MustTrip.Pt[1].V")).toBeCloseTo(100 * settings.ov2Pu, 1);
      expect(read(709, "Crv[1].MustTrip.Pt[3].Tms")).toBeCloseTo(settings.uf1S, 2);
      expect(read(711, "Ctl[1].KOf")).toBeCloseTo(settings.droopOverPu, 3);
      expect(read(703, "ES")).toBe(1);
      expect(here.stages[0]!.permitService).toBe(true);
    });
  }

  test("a change of the reactive mode → never two on at once", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile({ reactiveMode: "volt-var" }));
    await here.bridge.discover();
    const { face } = here.faces[0]!;
    let most = 0;
    const enables = [
      [705, "Ena"],
      [712, "Ena"],
      [704, "PFWInjEna"],
      [704, "VarSetEna"],
    ] as const;
    const write = face.write.bind(face);
    face.write = (...parameters) => {
      const code = write(...parameters);
      most = Math.max(most, enables.filter(([model, path]) => face.get(model, path) === 1).length);
      return code;
    };
    for (const reactiveMode of ["watt-var", "constant-var", "constant-power-factor", "volt-var"] as const) {
      here.bridge.setFunctions(profile({ reactiveMode }));
      await here.bridge.verifyStages();
      expect(await verified(here)).toBe(true);
    }
    expect(most).toBe(1);
  });

  test("a stage that gives power back → compared but not written", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile());
    Object.assign(here.stages[0]!, { role: "discharge", powerW: -20_000 });
    await here.bridge.discover();
    expect(here.stageServers[0]!.counters.writes).toBe(0);
    expect(await verified(here)).toBe(false);
    Object.assign(here.stages[0]!, { role: "off", powerW: 0 });
    await here.bridge.verifyStages();
    expect(await verified(here)).toBe(true);
  });

  test("an adoption that never ends → adoption-failed, not verified, and verified once it works", async ({
    onTestFinished,
  }) => {
    const here = await started(onTestFinished, profile({ reactiveMode: "volt-var" }));
    here.faces[0]!.curves.adoptionMs = Number.POSITIVE_INFINITY;
    const report = (await here.bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ verified: false, faults: [{ fault: "adoption-failed" }] });
    here.faces[0]!.curves.adoptionMs = 20;
    await here.bridge.verifyStages();
    expect(await verified(here)).toBe(true);
  }, 30_000);

  test("a curve that the stage refuses → adoption-failed with the curve's name", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile({ reactiveMode: "volt-var", voltVarV2Pu: 0.5 }));
    const report = (await here.bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report.faults).toMatchObject([{ fault: "adoption-failed", detail: "705.Crv[2] was refused" }]);
  });

  test("a stage without trip models → mismatch that names the model", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile());
    const { face } = here.faces[0]!;
    // model 707 under another identifier: the stage does not have it
    face.bytes.writeUInt16BE(63_999, 2 * (face.address(707, "Ena") - 2 - face.baseAddress));
    const report = (await here.bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ verified: false });
    expect(report.faults.at(-1)!.detail).toMatch(/707/);
  });
});

describe.concurrent("behind the controller's back", () => {
  for (const stageModel of [true, false]) {
    test(`every point of 703–712 altered in turn on a stage ${stageModel ? "with" : "without"} our model → named and blocked`, async ({
      onTestFinished,
    }) => {
      const here = await started(onTestFinished, profile({ reactiveMode: "volt-var" }), { stageModel });
      await here.bridge.discover();
      expect(await verified(here)).toBe(true);
      const { face, curves } = here.faces[0]!;
      const { guard, device } = here.bridge.stages[0]!;
      // Timers that run by themselves, results, and the setpoint that the cycle itself writes to a standard stage.
      const ownLife = /(RvrtRem|ESDlyRemTms|AdptC..Rslt|VRefAuto)$/;
      const unseen: string[] = [];
      let altered = 0;
      for (let model = 703; model <= 712; model += 1) {
        for (const { path, type } of face.layout(model).points) {
          if (ownLife.test(path) || path === "AntiIslEna") continue;
          if (!stageModel && model === 704 && ["WSet", "WSetPct"].includes(path)) continue;
          const at =
            2 * (face.address(model, path) - face.baseAddress) + (type === "uint32" || type === "int32" ? 3 : 1);
          face.bytes[at] = face.bytes[at]! ^ 0x01;
          guard!.checkSoon(true);
          await here.bridge.verifyStages();
          const name = `${model}.${path}`;
          // A curve's own scale factor or a length moves other values too: any of the model will do.
          if (guard!.agrees || !(guard!.mismatch?.register ?? "").startsWith(`${model}.`)) unseen.push(name);
          altered += 1;
          face.bytes[at] = face.bytes[at]! ^ 0x01;
        }
      }
      expect(unseen).toEqual([]);
      expect(altered).toBeGreaterThan(350);
      guard!.checkSoon(true);
      await here.bridge.verifyStages();
      expect(await verified(here)).toBe(true);
      expect(device.faults).toEqual([]);

      curves.alter(705, "Crv[1].Pt[2].V", 97.1);
      guard!.checkSoon(true);
      await here.bridge.verifyStages();
      expect(await verified(here)).toBe(false);
      expect(here.bridge.reports().find((one) => one.kind === "stage")).toMatchObject({
        mismatch: { register: "705.Crv[1].Pt[2].V", expected: 98, found: 97.1 },
        faults: [{ fault: "function-mismatch", detail: "705.Crv[1].Pt[2].V: expected 98, found 97.1" }],
      });
      // It is not written over until a person says so.
      guard!.checkSoon(true);
      await here.bridge.verifyStages();
      expect(face.get(705, "Crv[1].Pt[2].V")).toBeCloseTo(97.1, 6);
      here.bridge.resetFunctions(0);
      await here.bridge.verifyStages();
      expect(await verified(here)).toBe(true);
      expect(face.get(705, "Crv[1].Pt[2].V")).toBeCloseTo(98, 6);
    }, 60_000);
  }

  test("anti-islanding off → refused at the next comparison, whatever the profile says", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile());
    here.stages[0]!.antiIslanding = false;
    const report = (await here.bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({
      verified: false,
      mismatch: { register: "704.AntiIslEna", expected: 1, found: 0 },
      faults: [{ fault: "anti-islanding-off", detail: "704.AntiIslEna: expected 1, found 0" }],
    });
    await verified(here);
    expect(here.snapshot.stages[0]!.antiIslanding).toBe(false);
  });

  test("a connection that was gone for long → unproven until compared again", async ({ onTestFinished }) => {
    const here = await started(onTestFinished, profile());
    await here.bridge.discover();
    expect(await verified(here)).toBe(true);
    here.stageServers[0]!.freeze();
    await sleep(2_300);
    const { atMs } = here.snapshot.stages[0]!;
    here.stageServers[0]!.thaw();
    const untilMs = clock() + 4_000;
    while (here.snapshot.stages[0]!.atMs === atMs && clock() < untilMs) await sleep(20);
    expect(here.snapshot.stages[0]!.verified).toBe(false);
    await here.bridge.verifyStages();
    expect(await verified(here)).toBe(true);
  });
});
