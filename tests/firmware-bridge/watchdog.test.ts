/** A setpoint must not outlive the controller: what a stage does when nobody speaks to it is tried, not believed. */
import { afterEach, describe, expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import { parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import { MemoryLink } from "./memory-link.ts";
import { type RegisterBank, registerBank } from "./register-bank.ts";
import { startSite, type TestSite } from "./site.ts";

const clock = (): number => performance.now();

async function verified(
  watchdog: string,
  bank: RegisterBank,
): Promise<{ verified: boolean; faults: readonly object[] }> {
  const parsed = parseMapFile(
    `device: stage
facts:
  powerW: { address: 0, type: int16 }
  on: { address: 1, type: uint16 }
  watchdogTripped: { address: 2, type: uint16, bit: 0 }
commands:
  powerW: { address: 10, type: int16, onSilence: see watchdog }
  heartbeat: { address: 11, type: uint16, onSilence: see watchdog }
${watchdog}
`,
    "stage.yaml",
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const bridge = createBridge(
    {
      nominalVoltageV: 400,
      phases: "three",
      stages: [
        {
          name: "S",
          link: { kind: "tcp", host: "x", port: 1 },
          unit: 1,
          map: parsed.value,
          reversionS: 5,
          ratedChargeW: 11_000,
          ratedDischargeW: 11_000,
        },
      ],
    },
    () => new MemoryLink(new Map([[1, bank]]), clock),
  );
  const [report] = await bridge.discover();
  return { verified: report!.verified, faults: report!.faults };
}

/** Trips `tripS` after the last write, or never; a write clears it. `keeps` ignores what is written to its time. */
function stageWith({ tripS = Number.POSITIVE_INFINITY, keepsTime = true }): RegisterBank {
  const bank = registerBank();
  let wroteMs = Number.NEGATIVE_INFINITY;
  const { read, write } = bank;
  bank.read = (...args) => {
    bank.holding[2] = clock() - wroteMs > 1_000 * tripS ? 1 : 0;
    return read(...args);
  };
  bank.write = (address, ...rest) => {
    wroteMs = clock();
    return address === 88 && !keepsTime ? 0 : write(address, ...rest);
  };
  return bank;
}
const byRegister =
  "watchdog: { seconds: 5, does: zero, fedBy: any-write, register: { address: 88, type: uint16, write: true } }";
const byWaiting = "watchdog: { seconds: 1, does: zero, fedBy: heartbeat, waitOut: true }";

describe("a stage with a map file", () => {
  test("no watchdog in its map → not verified, and it says what to do", async () => {
    const found = await verified("", stageWith({}));
    expect(found).toMatchObject({ verified: false, faults: [{ fault: "no-watchdog" }] });
  });

  test("its time is written and reads back → verified", async () => {
    const bank = stageWith({});
    expect(await verified(byRegister, bank)).toEqual({ verified: true, faults: [] });
    expect(bank.holding[88]).toBe(5);
  });

  test("its time does not stay → not verified", async () => {
    const found = await verified(byRegister, stageWith({ keepsTime: false }));
    expect(found).toMatchObject({ verified: false, faults: [{ fault: "watchdog-time" }] });
  });

  test("it acts after its time of silence → verified", async () => {
    expect(await verified(byWaiting, stageWith({ tripS: 1 }))).toEqual({ verified: true, faults: [] });
  });

  test("it keeps its last command for ever → not verified", async () => {
    const found = await verified(byWaiting, stageWith({}));
    expect(found).toMatchObject({ verified: false, faults: [{ fault: "watchdog-silent" }] });
  });

  test("it acts much sooner than its map says → not verified", async () => {
    const found = await verified(byWaiting, stageWith({ tripS: 0.1 }));
    expect(found).toMatchObject({ verified: false, faults: [{ fault: "watchdog-time" }] });
  });

  test("it stays tripped although it is fed → not verified", async () => {
    const found = await verified(byWaiting, stageWith({ tripS: -1 }));
    expect(found).toMatchObject({ verified: false, faults: [{ fault: "watchdog-silent" }] });
  });
});

describe("a stage with our own model", () => {
  let site: TestSite | undefined;
  afterEach(async () => {
    await site?.close();
    site = undefined;
  });

  for (const [name, age] of [
    ["stands still", () => 500],
    ["grows on although the heartbeat advances", (): number => clock() % 1e6],
    ["is not told", (): number => Number.NaN],
  ] as const) {
    test(`the age of the controller's heartbeat ${name} → its watchdog is not proven, so it is not verified`, async () => {
      site = await startSite();
      site.faces[0]!.face.live(64_901, "CtlHbAge", age);
      const report = (await site.bridge.discover()).find(({ kind }) => kind === "stage")!;
      expect(report).toMatchObject({ verified: false, faults: [{ fault: "heartbeat-not-watched" }] });
    });
  }
});
