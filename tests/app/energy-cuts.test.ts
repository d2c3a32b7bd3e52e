import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createVirtualClock } from "../../sim/peers/virtual-clock.ts";
import { openStore } from "../../src/app/store/store.ts";
import { createEnergyRegisters } from "../../src/app/store/store-energy.ts";

/** More by hand: `ISLET_ENERGY_CUTS=200 npx vitest run tests/app/energy-cuts.test.ts` prints what was lost. */
const cuts = Number(process.env["ISLET_ENERGY_CUTS"] ?? 6);
const folder = mkdtempSync(join(tmpdir(), "energy-cuts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const powerW = 11_000;
const whPerS = powerW / 3_600;
const lookMs = 250;
/** What is said of it: kept a little less often than once a minute, and with each message. */
const saidS = 62;

interface Loss {
  /** Energy that the registers after the cut don't know, as seconds of the power that flowed. */
  readonly seconds: number;
  readonly backwards: boolean;
}

/** A charger works until the power is cut at some moment; then the files as they lie on the disk are opened anew. */
function cut(run: number, workedMs: number, messageEveryMs: number, ownRegister: boolean): Loss {
  const file = join(folder, `${run}.db`);
  const store = openStore({ path: file });
  const registers = createEnergyRegisters(store, 1, [powerW]);
  let toldWh = 0;
  let nowMs = 0;
  const reading = () => {
    const importWh = ownRegister ? 5_000 + (whPerS * nowMs) / 1_000 : Number.NaN;
    return { importWh, exportWh: ownRegister ? 0 : Number.NaN, powerW };
  };
  for (; nowMs <= workedMs; nowMs += lookMs) {
    const { importWh } = registers.update(0, reading(), nowMs);
    if (nowMs > 0 && nowMs % messageEveryMs < lookMs) {
      toldWh = importWh;
      store.enqueue({ action: "TransactionEvent", payload: "{}", transactionId: "t", seqNo: 1, droppable: true });
    }
  }
  const trueWh = (whPerS * (nowMs - lookMs)) / 1_000;
  const left = join(folder, `${run}-left.db`);
  copyFileSync(file, left);
  copyFileSync(`${file}-wal`, `${left}-wal`);
  store.close();
  const storeLeft = openStore({ path: left });
  // A stage that counts has gone on counting; one that does not is at the same moment still.
  const { importWh } = createEnergyRegisters(storeLeft, 1, [powerW]).update(0, reading(), nowMs);
  storeLeft.close();
  const nowWh = ownRegister ? (whPerS * nowMs) / 1_000 : trueWh;
  return { seconds: (nowWh - importWh) / whPerS, backwards: importWh < toldWh - 1e-6 };
}

test.each([
  ["a stage that counts its energy", true, 0.001],
  ["a stage whose energy is estimated", false, saidS],
])(`${cuts} power cuts lose no more than is said: %s`, (_name, ownRegister, mostS) => {
  const { random } = createVirtualClock(0, 11);
  const losses = Array.from({ length: cuts }, (_, run) => {
    const messageEveryMs = [10_000, 60_000, 900_000][run % 3]!;
    return cut(run + (ownRegister ? 0 : 1_000), Math.floor(random() * 300_000), messageEveryMs, ownRegister);
  });
  const seconds = losses.map((loss) => loss.seconds);
  const meanS = seconds.reduce((sum, one) => sum + one, 0) / cuts;
  if (cuts > 100)
    process.stderr.write(
      `${cuts} cuts: ${Math.abs(meanS).toFixed(1)} s of energy lost on average, ${Math.max(0, ...seconds).toFixed(1)} s at most\n`,
    );
  expect(losses.filter(({ backwards }) => backwards)).toEqual([]);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(mostS);
});
