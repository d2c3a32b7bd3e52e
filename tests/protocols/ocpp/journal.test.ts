import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCsms } from "../../../sim/peers/csms.ts";
import { energyOf } from "../../../sim/peers/csms-core.ts";
import { createVirtualClock } from "../../../sim/peers/virtual-clock.ts";
import { readStore } from "../../../src/app/store/read-store.ts";
import { createHarness, token } from "./harness.ts";
import { plantWh } from "./kill-child.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** More on request: `KILLS=1000 vitest run tests/protocols/ocpp/journal.test.ts`. */
const kills = Number(process.env["KILLS"] ?? 6);
/** Nobody listens there: port 1 of this machine. */
const nowhere = "ws://127.0.0.1:1";

test(`${kills} kills of the process: the ledger has every event once, in order, with the plant's energy`, async () => {
  const startMs = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const path = join(folder, "store.db");
  const csms = await startCsms({ strict: true });
  const random = createVirtualClock(0, 7).random;
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") };
  const script = new URL("kill-child.ts", import.meta.url).pathname;
  /** A process that has loaded and waits for its life to begin. */
  const load = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [script, path, String(startMs)], { env, stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve, reject) => {
      child.stdout?.once("data", resolve);
      child.once("error", reject);
    });
    return child;
  };
  const live = (child: ChildProcess, url: string): void => void child.stdin?.write(`${url}\n`);
  const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once("exit", resolve));
  let spare = load();
  for (let i = 0; i < kills; i++) {
    const child = await spare;
    // The next one loads while this one lives: a kill costs little more than its life.
    spare = load();
    const gone = ended(child);
    // Every fourth life never finds its backend.
    const online = i % 4 !== 3;
    const heard = csms.core.received.length;
    live(child, online ? csms.url : nowhere);
    // Half of the others are let speak first, so that their end comes in the middle of transactions and not of the start.
    if (online && i % 2 === 0) for (let n = 0; n < 300 && csms.core.received.length === heard; n++) await pause(10);
    await pause(random() * 700);
    // Every third life has its link cut as well, a little before.
    if (i % 3 === 0 && csms.connected().length > 0) {
      csms.cut("killed");
      await pause(random() * 100);
    }
    child.kill("SIGKILL");
    await gone;
  }
  const last = await spare;
  live(last, csms.url);
  const queued = (): number => {
    const store = readStore(path);
    const count = store.queued();
    store.close();
    return count;
  };
  // The last life goes on making events: what was left over has been delivered when little is left.
  for (let i = 0; i < 2400; i++) {
    await pause(25);
    if (i > 40 && i % 8 === 0 && queued() < 5 && csms.core.ledger.report().ended > kills / 4) break;
  }
  const gone = ended(last);
  last.kill("SIGKILL");
  await gone;
  const report = csms.core.ledger.report();
  if (kills >= 100) process.stderr.write(`${kills} kills: ${JSON.stringify(report)}\n`);
  expect(csms.violations).toEqual([]);
  expect(report).toMatchObject({ conflicting: 0, outOfOrder: 0, gaps: 0, malformed: 0 });
  expect(report.ended).toBeGreaterThan(kills / 4);
  for (const entry of csms.core.ledger.transactions.values())
    for (const value of entry.events.flatMap((event) => event.meterValue ?? [])) {
      const reading = value.sampledValue.find((one) => one.measurand === "Energy.Active.Import.Register");
      if (reading)
        expect(Math.abs(reading.value - plantWh(Date.parse(value.timestamp), startMs))).toBeLessThanOrEqual(1);
    }
  await csms.close();
  rmSync(folder, { recursive: true });
}, 3_600_000);

test("200 cuts of the link at random moments: every event once, in order, energy as at the plant", async () => {
  const h = await createHarness({
    variables: {
      "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1",
      "OCPPCommCtrlr.RetryBackOffRandomRange": "1",
      "SampledDataCtrlr.TxUpdatedInterval": "7",
      "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    },
  });
  const { random } = h.clock;
  const plant: { transactionId: string; importWh: number; exportWh: number }[] = [];
  let begin = { importWh: 0, exportWh: 0 };
  for (let i = 0; i < 200; i++) {
    const view = h.site.evses[0]!;
    if (view.connected && random() < 0.3) {
      const id = h.station.transactions()[0]?.transactionId;
      await h.unplug(1);
      if (id !== undefined)
        plant.push({
          transactionId: id,
          importWh: view.importWh - begin.importWh,
          exportWh: view.exportWh - begin.exportWh,
        });
    } else if (!view.connected) {
      begin = { importWh: view.importWh, exportWh: view.exportWh };
      await h.plug(1);
      await h.present(token(), 1);
    }
    h.link.latencyMs = random() * 400;
    await h.run(random() * 8000, 250);
    h.link.cut();
    h.link.up = random() < 0.6;
    await h.run(random() * 4000, 250);
    h.link.up = true;
    if (i % 10 === 0) await h.restart();
  }
  h.link.latencyMs = 5;
  if (h.site.evses[0]!.connected) await h.unplug(1);
  await h.run(120_000, 500);
  const report = h.core.ledger.report();
  expect(report).toMatchObject({ conflicting: 0, outOfOrder: 0, gaps: 0, malformed: 0 });
  expect(report.transactions).toBe(report.ended);
  expect(h.store.queued()).toBe(0);
  for (const { transactionId, importWh, exportWh } of plant) {
    const told = energyOf(h.core.ledger.transactions.get(transactionId)!);
    expect(Math.abs(told.importWh - importWh)).toBeLessThanOrEqual(1);
    expect(Math.abs(told.exportWh - exportWh)).toBeLessThanOrEqual(1);
  }
});

test("a full journal drops intermediate values evenly and never a start or an end", async () => {
  const h = await createHarness({
    config: { journalMax: 100 },
    variables: {
      "SampledDataCtrlr.TxUpdatedInterval": "10",
      "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
      "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
    },
  });
  h.link.up = false;
  h.link.cut();
  for (let i = 0; i < 5; i++) {
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(400_000, 1000);
    await h.unplug(1);
  }
  expect(h.store.queued()).toBeLessThanOrEqual(110);
  h.link.up = true;
  await h.run(200_000, 1000);
  const report = h.core.ledger.report();
  expect(report).toMatchObject({ transactions: 5, ended: 5, conflicting: 0, outOfOrder: 0, malformed: 0 });
  expect(report.gaps).toBeGreaterThan(0);
  expect(h.store.journal.dropped()).toBe(report.gaps);
});

test("nothing is sent that is not durable yet", async () => {
  const h = await createHarness();
  const sentInside: string[] = [];
  let inside = false;
  const { atomically } = h.store;
  h.store.atomically = (run) => {
    inside = true;
    try {
      return atomically(run);
    } finally {
      inside = false;
    }
  };
  const { head } = h.store;
  h.store.head = () => {
    if (inside) sentInside.push("looked for something to send");
    return head();
  };
  await h.plug(1);
  await h.present(token(), 1);
  await h.run(70_000, 500);
  await h.unplug(1);
  expect(h.events().length).toBeGreaterThan(3);
  expect(sentInside).toEqual([]);
});
