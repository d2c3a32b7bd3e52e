/** What Islet 0.1 left behind goes on in this version, or is refused with the sentence that says what to do. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAudit } from "../../src/app/audit/audit.ts";
import { openPeople } from "../../src/app/people.ts";
import { openPermitStore, type PermitStore } from "../../src/app/permits/permit.ts";
import { auditedHistory } from "../../src/app/permits/permit-history.ts";
import { checkSite } from "../../src/app/site/load-config.ts";
import { openModeRecord } from "../../src/app/store/mode-record.ts";
import { openStore } from "../../src/app/store/store.ts";
import { createEnergyRegisters } from "../../src/app/store/store-energy.ts";
import { complaintText, retiredSettings } from "../../src/config/parse.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { openAccounts } from "../../src/dashboard/access/accounts.ts";
import { siteOf01 } from "../lib/state-0.1.ts";

let folder: string;
beforeEach(() => {
  folder = siteOf01();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, "state", name);

function config(): SiteConfig {
  const site = checkSite(join(folder, "site.yaml"));
  if (!site.ok) throw new Error(site.error.map(complaintText).join("\n"));
  const { config } = site.value;
  const anchors = config.permit.anchors.map((file) => resolve(folder, file));
  return { ...config, stateDir: join(folder, "state"), permit: { ...config.permit, anchors } };
}

describe("a state folder of 0.1", () => {
  test("settings of people stand", () => {
    const store = openStore({ path: at("islet.db") });
    expect(store.sentence).toBe("");
    const { evses, site } = createSnapshot(2, 1);
    const people = openPeople(config(), store, { evses, site, flush: () => undefined }, at("people.json"));
    expect(people.sentence).toBe("");
    expect(site.operatorImportLimitW).toBe(120_000);
    expect(
      evses.map(({ reservePct, operatorMaxW, dischargeEnabled }) => [reservePct, operatorMaxW, dischargeEnabled]),
    ).toEqual([
      [45, Number.POSITIVE_INFINITY, true],
      [30, 0, true],
    ]);
    people.stop();
    store.close();
  });

  test("energies go on, and what is owed to the backend is still owed", () => {
    const store = openStore({ path: at("islet.db") });
    expect([store.queued(), store.head()?.action]).toEqual([1, "SecurityEventNotification"]);
    const registers = createEnergyRegisters(store, 2);
    const silent = { importWh: Number.NaN, exportWh: Number.NaN, powerW: 0 };
    expect(registers.update(0, silent, 0)).toMatchObject({ importWh: 105, exportWh: 0 });
    store.close();
  });

  test("the chain of the audit log goes on where it was", () => {
    const audit = openAudit({ path: at("audit.db"), now: () => Date.UTC(2026, 11, 1) });
    expect(audit.verify()).toMatchObject({ ok: true, records: 8 });
    audit.append({ kind: "start", actor: "controller", body: {} });
    expect(audit.verify()).toMatchObject({ ok: true, records: 9 });
    audit.close();
  });

  test.each(["locked", "island", "closing", "none"])("the stored intent %s stands", (intent) => {
    const written = { ...(JSON.parse(readFileSync(at("intent.json"), "utf8")) as object), intent };
    writeFileSync(at("intent.json"), JSON.stringify(written));
    const { record, sentence } = openModeRecord(at("intent.json"));
    expect(record).toMatchObject({ intent, startsLeft: 1, returnBlocked: true, opensUnproven: false });
    expect(sentence).toBe(`Stored intent: ${intent}.`);
  });

  test("accounts and their passwords count", async () => {
    const accounts = openAccounts(at("accounts.json"));
    expect(await accounts.check("Ann", "a password of 0.1")).toMatchObject({ ok: true });
  });
});

describe("a permit of 0.1", () => {
  const open = (): PermitStore => {
    const audit = openAudit({ path: at("audit.db"), now: Date.now, readOnly: true });
    const history = auditedHistory(audit);
    audit.close();
    return openPermitStore(config(), history);
  };
  const found = ["SIM-001", "SIM-002"].map((serialNumber) => ({ serialNumber, firmware: "1.0.0" }));

  test("is in force for the stages that it names", () => {
    expect(open().inForce(found)).toMatchObject({
      refusal: undefined,
      facts: { mode: "parallel-non-export", equipmentMatches: true, revoked: false },
    });
  });

  test("is refused for another firmware, as before", () => {
    const other = found.map((stage) => ({ ...stage, firmware: "2.0.0" }));
    expect(open().inForce(other).facts.equipmentMatches).toBe(false);
  });

  test("that 0.1 revoked stays revoked", () => {
    copyFileSync(join(folder, "permit-history-revoked.json"), at("permit-history.json"));
    expect(open().inForce(found)).toMatchObject({ facts: { revoked: true }, refusal: { reason: "revoked" } });
  });
});

describe("site files of 0.1", () => {
  const complaints = (file: string): string[] => {
    const site = checkSite(join(folder, file));
    return site.ok ? [] : site.error.map((one) => complaintText({ ...one, file }));
  };
  const change = (file: string, from: string, to: string): void => {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  };

  test("are read as they are", () => expect(complaints("site.yaml")).toEqual([]));

  test("with a setting that is gone → told what to do with it", () => {
    change("site.yaml", "proven: true", "proven: true, noisePct: 0.3");
    expect(complaints("site.yaml")).toEqual([
      "site.yaml:15: pcc.meter.noisePct is 0.3: was a setting of 0.1: the noise is learnt now. Remove the line",
    ]);
  });

  test("with a promise that can't be kept → told what can", () => {
    change("site.yaml", "exportLimitW: 0", "exportLimitW: 0\n  inadvertentExport: { responseBoundMs: 100 }");
    expect(complaints("site.yaml").join()).toMatch(
      /^site\.yaml:15: pcc\.inadvertentExport\.responseBoundMs is 100: .*\d/,
    );
  });

  test("with a stage whose map has no watchdog → no discharging, and what to write", () => {
    const said = complaints("mapped.yaml");
    expect(said).toHaveLength(3);
    expect(said.join("\n")).toMatch(
      /watchdog:.*blueprint\.yaml[\s\S]*stage\.identity\.serialNumber[\s\S]*stage\.identity\.firmware/,
    );
    change("mapped.yaml", ", dischargeEnabled: true", "");
    change("mapped.yaml", ", maxDischargeW: 60000", "");
    expect(complaints("mapped.yaml")).toEqual([]);
  });

  test("every setting that is gone is in the upgrade notes", () => {
    const notes = readFileSync(join(import.meta.dirname, "../../docs/upgrade.md"), "utf8");
    expect(Object.keys(retiredSettings).filter((setting) => !notes.includes(setting))).toEqual([]);
  });
});
