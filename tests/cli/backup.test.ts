/** `islet backup` and `islet restore` as a person runs them: nothing lost, nothing widened, and plain words where it is refused. */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAudit } from "../../src/app/audit/audit.ts";
import { openBackup, sealBackup } from "../../src/app/backup/backup-format.ts";
import { openPermitStore } from "../../src/app/permits/permit.ts";
import { type Permit, signPermit } from "../../src/app/permits/permit-format.ts";
import { loadSite } from "../../src/app/site/load-config.ts";
import { openStore } from "../../src/app/store/store.ts";
import { isletFile } from "../lib/islet-file.ts";

const root = join(import.meta.dirname, "../..");
const password = "a long enough password";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

const permit: Permit = {
  id: "permit-1",
  serial: 3,
  utility: "Valley Power",
  reference: "NEM-4711",
  site: "First site",
  serviceMode: "parallel-export",
  exportLimitW: 25_000,
  gridProfile: "vde-ar-n-4105-2018",
  validFrom: "2026-01-01T00:00:00Z",
  validUntil: "2099-01-01T00:00:00Z",
  equipment: [{ serialNumber: "A1", firmware: ["2.1"] }],
  transferDevice: "none",
};

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-backup-"));
  mkdirSync(at("etc"));
  writeFileSync(at("etc/utility.pem"), publicKey.export({ type: "spki", format: "pem" }).toString());
  const site = readFileSync(join(root, "config/minimal.yaml"), "utf8")
    .replace("port: 15200 }", "port: 15200, map: meter.yaml }")
    .concat(`permit: { anchors: [utility.pem] }\nstateDir: ${at("state")}\n`);
  writeFileSync(at("etc/site.yaml"), site);
  cpSync(join(root, "config/maps/eastron-sdm630.yaml"), at("etc/meter.yaml"));
  mkdirSync(at("state"));
  const auditLog = openAudit({ path: at("state/audit.db"), now: () => Date.parse("2026-05-01T10:00:00Z") });
  for (let n = 0; n < 20; n++) auditLog.append({ kind: "test", actor: "controller", body: { n } });
  auditLog.close();
  openStore({ path: at("state/islet.db"), onOwed: () => undefined }).close();
  writeFileSync(at("state/accounts.json"), '{"version":1,"accounts":[],"tokens":[]}');
  writeFileSync(at("password"), `${password}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const islet = (...args: string[]): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [isletFile, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
};
const backup = (): ReturnType<typeof islet> =>
  islet("backup", "--config", "etc/site.yaml", "--out", "site.backup", "--password-file", "password");
const restore = (...more: string[]): ReturnType<typeof islet> =>
  islet("restore", "site.backup", "--into", "etc", "--password-file", "password", ...more);
const permits = () => openPermitStore(loadSite(at("etc/site.yaml")).config);
const installPermit = (): void => {
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  writeFileSync(at("etc/signed.json"), JSON.stringify(signPermit(permit, key)));
  expect(islet("permit", "install", "etc/signed.json", "--config", "etc/site.yaml")).toMatchObject({ status: 0 });
};
const loseTheMachine = (): void => {
  for (const name of readdirSync(folder))
    if (!/^(site\.backup|password)$/.test(name)) rmSync(at(name), { recursive: true });
};

describe("a backup", () => {
  test("brings everything to a new machine, and the permit only when a person says that it stands", () => {
    installPermit();
    expect(backup()).toMatchObject({ status: 0 });
    const before = { site: readFileSync(at("etc/site.yaml")), head: headOf() };
    loseTheMachine();
    const cautious = restore();
    expect(cautious).toMatchObject({ status: 0 });
    expect(cautious.said).toMatch(/was not put into force: this machine can't know whether it was revoked/);
    expect(existsSync(at("state/permit.json"))).toBe(false);
    expect(readFileSync(at("etc/site.yaml"))).toEqual(before.site);
    expect(existsSync(at("etc/meter.yaml"))).toBe(true);
    // One record more: that it was restored.
    expect(headOf().records).toBe(before.head.records + 1);
    loseTheMachine();
    expect(restore("--permit-not-revoked").said).toMatch(/NEM-4711, serial 3, is in force again/);
    expect(existsSync(at("state/permit.json"))).toBe(true);
    expect(islet("audit", "verify", "state/audit.db")).toMatchObject({ status: 0 });
  });

  test("a permit that was revoked after it does not come back, whoever asks", () => {
    installPermit();
    backup();
    expect(islet("permit", "revoke", "--config", "etc/site.yaml", "--reason", "trial").status).toBe(0);
    const { status, said } = restore("--permit-not-revoked");
    expect(status).toBe(0);
    expect(said).toMatch(/was revoked on \d{4}-\d\d-\d\d and does not come back/);
    expect(existsSync(at("state/permit.json"))).toBe(false);
    expect(permits().inForce([{ serialNumber: "A1", firmware: "2.1" }]).facts).toMatchObject({ exportLimitW: 0 });
    // What was there before is kept.
    expect(readdirSync(folder).filter((name) => name.startsWith("state.before-restore"))).toHaveLength(1);
  });

  test("overwrites no other, and says what it holds without changing anything", () => {
    backup();
    expect(backup()).toMatchObject({ status: 2, said: expect.stringMatching(/site\.backup exists/) });
    const { said } = restore("--list");
    expect(said).toMatch(/First site, made by Islet .*\naudit log: 20 records/);
    expect(said).toMatch(/config\/meter\.yaml/);
    expect(readdirSync(folder).sort()).toEqual(["etc", "password", "site.backup", "state"]);
  });
});

const headOf = (): { records: number } => {
  const log = openAudit({ path: at("state/audit.db"), now: Date.now, readOnly: true });
  const head = log.head();
  log.close();
  return head;
};

describe("what is refused, in words, with everything left as it is", () => {
  const refusals: [string, (sealed: Buffer) => Buffer, RegExp][] = [
    ["cut off", (sealed) => sealed.subarray(0, -7), /altered or cut off/],
    ["altered in the middle", (sealed) => flip(sealed, sealed.length >> 1), /altered or cut off/],
    ["altered in its header", (sealed) => flip(sealed, 40), /altered or cut off|beginning of this backup is damaged/],
    ["something else", () => Buffer.from("PK\u0003\u0004 a zip"), /This is no backup of Islet/],
    ["empty", () => Buffer.alloc(0), /This is no backup of Islet/],
    [
      "of a newer Islet",
      (sealed) => {
        const opened = openBackup(sealed, password);
        if (!opened.ok) throw new Error(opened.error);
        const { meta, files } = opened.value;
        return sealBackup({ meta: { ...meta, version: "99.0.0" }, files }, password);
      },
      /of Islet 99\.0\.0, newer than this one/,
    ],
    [
      "that writes outside its place",
      (sealed) => {
        const opened = openBackup(sealed, password);
        if (!opened.ok) throw new Error(opened.error);
        const { meta, files } = opened.value;
        return sealBackup(
          { meta, files: [...files, { place: "config", path: "../evil", bytes: Buffer.from("x") }] },
          password,
        );
      },
      /list of files can't be read/,
    ],
  ];
  test.each(refusals)("%s", (_, change, sentence) => {
    backup();
    writeFileSync(at("site.backup"), change(readFileSync(at("site.backup"))));
    const before = readdirSync(folder).sort();
    expect(restore()).toMatchObject({ status: 1, said: expect.stringMatching(sentence) });
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(existsSync(at("evil"))).toBe(false);
  });

  const flip = (sealed: Buffer, index: number): Buffer => {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    return changed;
  };

  test("another password", () => {
    backup();
    writeFileSync(at("password"), "a wrong long password\n");
    expect(restore()).toMatchObject({ status: 1, said: expect.stringMatching(/The password is another one/) });
  });

  test("a password that is too short, or none", () => {
    writeFileSync(at("password"), "short\n");
    expect(backup()).toMatchObject({ status: 2, said: expect.stringMatching(/at least 10 characters/) });
    const { status, said } = islet("backup", "--config", "etc/site.yaml", "--out", "x.backup");
    expect([status, existsSync(at("x.backup"))]).toEqual([2, false]);
    expect(said).toMatch(/give --password-file, or set ISLET_BACKUP_PASSWORD/);
  });
});
