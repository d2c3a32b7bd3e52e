import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { createEnergyRegisters } from "../../src/app/store/store-energy.ts";
import { createHarness, type Harness, token } from "../protocols/ocpp/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "write-budget-"));
afterAll(() => rmSync(folder, { recursive: true }));

const chargers = 20;
/** Shorter than on a site, where it is a minute: what a message costs is the same. */
const reportEveryMs = 20_000;
/** What a day of 20 chargers, all of them busy all the time, may write for its messages, MB: measured 6. */
const budgetMBPerDay = 15;
const messagesPerDay = chargers * 24 * 60;

/** Bytes that reach the write-ahead log while `run` goes on: what the disk is given, apart from its copy into the file. */
async function loggedBytes(file: string, run: () => Promise<void>): Promise<number> {
  const other = new DatabaseSync(file);
  other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  other.close();
  await run();
  return statSync(`${file}-wal`).size;
}

/** All chargers busy, each since another moment, with registers that are kept with each message. */
async function busyDepot(file: string): Promise<Harness> {
  const h = await createHarness({
    evses: chargers,
    storePath: file,
    variables: { "SampledDataCtrlr.TxUpdatedInterval": String(reportEveryMs / 1_000) },
  });
  for (let evse = 1; evse <= chargers; evse++) {
    await h.plug(evse);
    await h.present(token(), evse);
    await h.run(reportEveryMs / chargers, reportEveryMs / chargers);
  }
  return h;
}

test("the messages of 20 busy chargers keep to their share of the disk's life", async () => {
  const file = join(folder, "busy.db");
  const h = await busyDepot(file);
  const registers = createEnergyRegisters(h.store, chargers);
  const pass = async (reports: number): Promise<void> => {
    for (let step = 0; step < 2 * reports; step++) {
      await h.run(reportEveryMs / 2, reportEveryMs / 2);
      for (const [index, { importWh, exportWh, powerW }] of h.site.evses.entries())
        registers.update(index, { importWh, exportWh, powerW }, h.clock.monotonicMs());
    }
  };
  // The readings of all fall on the same moments by then.
  await pass(11);
  const before = h.events().length;
  const bytes = await loggedBytes(file, () => pass(4));
  const messages = h.events().length - before;
  expect(messages).toBeGreaterThanOrEqual(4 * chargers);
  const perDayMB = ((bytes / messages) * messagesPerDay) / 1e6;
  expect(perDayMB).toBeLessThan(budgetMBPerDay);
});
