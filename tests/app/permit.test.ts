/** The permission to operate: what is granted, and every way in which a file is refused. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAudit } from "../../src/app/audit/audit.ts";
import { permittedPairs } from "../../src/app/permits/pairs.ts";
import { openPermitStore, type PermitStore, refusalText } from "../../src/app/permits/permit.ts";
import { type Permit, parsePermit, type SignedPermit, signPermit } from "../../src/app/permits/permit-format.ts";
import { auditedHistory } from "../../src/app/permits/permit-history.ts";
import type { permitRefusals } from "../../src/app/permits/permit-refusals.table.ts";
import { witnessFile } from "../../src/app/permits/witness.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { canonicalJson } from "../../src/domain/canonical-json.ts";

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};
const utility = keyPair();
const stranger = keyPair();

const permit: Permit = {
  id: "permit-1",
  serial: 1,
  utility: "Valley Power",
  reference: "NEM-4711",
  site: "North depot",
  serviceMode: "parallel-export",
  exportLimitW: 25_000,
  gridProfile: "ieee1547-catB-III",
  validFrom: "2026-04-14T00:00:00Z",
  validUntil: "2027-04-14T00:00:00Z",
  equipment: [{ serialNumber: "A1", firmware: ["2.1", "2.2"] }],
  transferDevice: "open-transition",
  backupNotified: "2026-03-01T00:00:00Z",
};
const inForce = Date.parse("2026-06-01T00:00:00Z");
const found = [{ serialNumber: "A1", firmware: "2.1" }];

let folder: string;
let config: SiteConfig;
let store: PermitStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-permit-"));
  writeFileSync(join(folder, "utility.pem"), utility.publicPem);
  config = {
    site: { name: "North depot", gridProfile: "ieee1547-catB-III" },
    transferDevice: { kind: "open-transition" },
    permit: { file: undefined, anchors: [join(folder, "utility.pem")] },
    stateDir: folder,
  } as unknown as SiteConfig;
  store = openPermitStore(config);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(witnessFile(folder), { force: true });
});

const signed = (change: Partial<Permit> = {}, key = utility.privatePem): string =>
  JSON.stringify(signPermit({ ...permit, ...change }, key));
const alter = (change: (file: SignedPermit) => void): string => {
  const file = JSON.parse(signed()) as SignedPermit;
  change(file);
  return JSON.stringify(file);
};

describe("pairs of EVSE and vehicle (UL 1741 SC, SAE J3072)", () => {
  const pair = { evse: "A1", vehicle: "WMIV1abc", evseCertificate: "UL 1741 SC 1", vehicleCertificate: "J3072 1" };
  const permittedAt = (serialNumber: string | undefined) => permittedPairs(store.inForce(found), serialNumber);

  test("are granted to the EVSE that they name, and to no other one", () => {
    expect(permittedAt("A1")).toMatchObject({ vehicles: [], why: expect.stringContaining("no permit") });
    expect(store.install(signed({ pairs: [pair] }), inForce)).toMatchObject({ ok: true });
    expect(permittedAt("A1").vehicles).toEqual(["WMIV1ABC"]);
    expect(permittedAt("B2")).toMatchObject({ vehicles: [], why: expect.stringContaining("names no pair of EVSE B2") });
    expect(permittedAt(undefined).vehicles).toEqual([]);
  });

  test("go with the permit that is revoked", () => {
    store.install(signed({ pairs: [pair] }), inForce);
    store.revoke("trial", inForce);
    expect(permittedAt("A1")).toMatchObject({ vehicles: [], why: expect.stringContaining("not in force") });
  });

  test("added after the signature are a forgery; without pairs the signed bytes are as they were", () => {
    const text = alter(({ permit: its }) => Object.assign(its, { pairs: [pair] }));
    expect(store.install(text, inForce)).toMatchObject({ ok: false, error: { reason: "forged" } });
    expect(canonicalJson(permit)).not.toContain("pairs");
  });

  test.each([
    ["with an EVSE that equipment does not list", { pairs: [{ ...pair, evse: "C3" }] }],
    ["twice", { pairs: [pair, pair] }],
    ["without parallel operation", { pairs: [pair], serviceMode: "non-parallel-backup" as const, exportLimitW: 0 }],
  ])("are malformed %s", (_, change) => {
    expect(() => signed(change)).toThrow(/pairs/);
  });
});

describe("a permit that fits", () => {
  test("grants what it says", () => {
    expect(store.install(signed(), inForce)).toMatchObject({ ok: true });
    expect(store.inForce(found)).toMatchObject({
      facts: {
        mode: "parallel-export",
        exportLimitW: 25_000,
        revoked: false,
        equipmentMatches: true,
        backupNotified: true,
      },
      refusal: undefined,
    });
  });

  test("nothing installed grants nothing and is no refusal", () => {
    expect(store.inForce(found)).toMatchObject({ facts: { mode: "load-only", exportLimitW: 0 }, refusal: undefined });
  });

  test("a newer serial of the same reference replaces it; the older one never returns", () => {
    store.install(signed(), inForce);
    expect(store.install(signed({ id: "permit-2", serial: 2, exportLimitW: 10_000 }), inForce)).toMatchObject({
      ok: true,
    });
    expect(store.inForce(found).facts.exportLimitW).toBe(10_000);
    writeFileSync(join(folder, "permit.json"), signed());
    expect(store.inForce(found)).toMatchObject({ facts: { revoked: true }, refusal: { reason: "doubled" } });
  });

  test("installed in advance it waits for its first day", () => {
    const before = Date.parse("2026-04-01T00:00:00Z");
    expect(store.install(signed(), before, { inAdvance: true })).toMatchObject({ ok: true });
    expect(store.inForce(found).facts.validFromMs).toBe(Date.parse(permit.validFrom));
  });

  test("revoked, it is out of force and never returns", () => {
    store.install(signed(), inForce);
    expect(store.revoke("crew on the line", inForce)).toMatchObject({ id: "permit-1" });
    expect(store.inForce(found)).toMatchObject({ facts: { revoked: true }, refusal: { reason: "revoked" } });
    expect(store.install(signed(), inForce)).toMatchObject({ error: { reason: "revoked" } });
  });

  test("whoever watches hears of an installation and of a revocation", async () => {
    const heard: string[] = [];
    const stop = store.watch(() => heard.push(store.inForce(found).refusal?.reason ?? "in force"));
    store.install(signed(), inForce);
    await expect.poll(() => heard.at(-1), { timeout: 60_000 }).toBe("in force");
    store.revoke("", inForce);
    await expect.poll(() => heard.at(-1), { timeout: 60_000 }).toBe("revoked");
    stop();
  });
});

describe("refused, with a reason and what to do", () => {
  const cases: readonly (readonly [
    name: string,
    text: () => string,
    reason: keyof typeof permitRefusals,
    nowMs?: number,
  ])[] = [
    ["an empty file", () => "", "malformed"],
    ["not JSON", () => "PERMIT 25 kW", "malformed"],
    ["a list", () => "[]", "malformed"],
    ["another format", () => alter((file) => Object.assign(file, { format: "islet-permit-2" })), "malformed"],
    ["an unknown field", () => alter((file) => Object.assign(file.permit, { exportLimitKw: 25 })), "malformed"],
    ["larger than any permit", () => `${" ".repeat(70_000)}${signed()}`, "malformed"],
    ["no signature", () => JSON.stringify(permit), "unsigned"],
    ["a draft in the frame of a permit", () => JSON.stringify({ format: "islet-permit-1", permit }), "unsigned"],
    ["signed by a stranger", () => signed({}, stranger.privatePem), "foreign-key"],
    [
      "a stranger's signature under the utility's name",
      () =>
        alter((file) =>
          Object.assign(file.signature, {
            value: (JSON.parse(signed({}, stranger.privatePem)) as SignedPermit).signature.value,
          }),
        ),
      "forged",
    ],
    ["an altered limit", () => alter((file) => Object.assign(file.permit, { exportLimitW: 250_000 })), "forged"],
    [
      "an altered end",
      () => alter((file) => Object.assign(file.permit, { validUntil: "2036-04-14T00:00:00Z" })),
      "forged",
    ],
    ["an altered firmware", () => alter((file) => file.permit.equipment[0]!.firmware.push("9.9")), "forged"],
    [
      "a cut signature",
      () => alter((file) => Object.assign(file.signature, { value: file.signature.value.slice(0, 40) })),
      "forged",
    ],
    ["for another site", () => signed({ site: "South depot" }), "other-site"],
    ["for another grid profile", () => signed({ gridProfile: "ca-rule21" }), "grid-profile"],
    ["for another transfer device", () => signed({ transferDevice: "microgrid-interconnect" }), "transfer-device"],
    ["expired", () => signed(), "expired", Date.parse("2027-04-14T00:00:00Z")],
    ["not yet valid", () => signed(), "not-yet-valid", Date.parse("2026-04-13T23:59:59Z")],
    ["with the clock set back", () => signed(), "clock-set-back", inForce - 86_400_000],
  ];
  const named = cases.map(([name, text, reason, nowMs = inForce]) => ({ name, text, reason, nowMs }));
  test.each(named)("$name", ({ text, reason, nowMs }) => {
    const clockFloorMs = reason === "clock-set-back" ? inForce : Number.NEGATIVE_INFINITY;
    const result = store.install(text(), nowMs, { clockFloorMs });
    expect(result).toMatchObject({ ok: false, error: { reason } });
    if (!result.ok) expect(refusalText(result.error)).toMatch(/^[A-Z].*\. .*\.?$/);
    expect(store.inForce(found).facts.mode).toBe("load-only");
  });

  test("installed twice", () => {
    store.install(signed(), inForce);
    expect(store.install(signed(), inForce)).toMatchObject({ error: { reason: "doubled" } });
    expect(store.install(signed({ id: "other" }), inForce)).toMatchObject({ error: { reason: "doubled" } });
    expect(store.inForce(found).facts.mode).toBe("parallel-export");
  });

  test("a refused file leaves the permit in force alone", () => {
    store.install(signed(), inForce);
    store.install(signed({ id: "x", serial: 9 }, stranger.privatePem), inForce);
    expect(store.inForce(found)).toMatchObject({ permit: { id: "permit-1" }, refusal: undefined });
  });

  test("altered on disk after its installation", () => {
    store.install(signed(), inForce);
    const file = join(folder, "permit.json");
    writeFileSync(file, readFileSync(file, "utf8").replace("25000", "99000"));
    expect(store.inForce(found)).toMatchObject({ facts: { mode: "load-only" }, refusal: { reason: "forged" } });
  });

  test("a damaged history of revocations grants nothing where nothing else remembers", () => {
    store.install(signed(), inForce);
    writeFileSync(join(folder, "permit-history.json"), "{");
    rmSync(witnessFile(folder));
    expect(openPermitStore(config).inForce(found)).toMatchObject({
      facts: { mode: "load-only" },
      refusal: { reason: "unreadable" },
    });
  });

  test("no trust anchor", () => {
    (config.permit as { anchors: string[] }).anchors = [];
    expect(openPermitStore(config).install(signed(), inForce)).toMatchObject({ error: { reason: "no-anchor" } });
  });
});

describe("what was revoked or replaced does not return", () => {
  const history = (): string => join(folder, "permit-history.json");
  const cases: readonly (readonly [string, (before: string) => void])[] = [
    ["its history is deleted", () => rmSync(history())],
    ["its history is an older one", (before) => writeFileSync(history(), before)],
    ["its history is damaged", () => writeFileSync(history(), "{")],
    ["the state folder is empty but for the permit", () => rmSync(history())],
  ];
  test.each(cases)("%s", (_, lose) => {
    expect(store.install(signed(), inForce).ok).toBe(true);
    const before = readFileSync(history(), "utf8");
    store.revoke("the utility asked", inForce);
    lose(before);
    for (const anyStore of [store, openPermitStore(config)]) {
      expect(anyStore.inForce(found)).toMatchObject({ facts: { revoked: true }, refusal: { reason: "revoked" } });
      expect(anyStore.install(signed(), inForce)).toMatchObject({ ok: false, error: { reason: "revoked" } });
    }
  });

  test("an older serial, with the history deleted", () => {
    expect(store.install(signed(), inForce).ok).toBe(true);
    expect(store.install(signed({ id: "permit-2", serial: 2 }), inForce).ok).toBe(true);
    rmSync(history());
    const again = openPermitStore(config);
    expect(again.install(signed(), inForce)).toMatchObject({ ok: false, error: { reason: "doubled" } });
    writeFileSync(join(folder, "permit.json"), signed());
    expect(again.inForce(found).refusal?.reason).toBe("doubled");
  });

  test("with the memory beside the state folder lost as well: the audit log knows", () => {
    const audit = openAudit({ path: join(folder, "audit.db"), now: () => inForce });
    audit.append({ kind: "permit", actor: "a", body: { what: "installed", permit } });
    audit.append({ kind: "permit", actor: "a", body: { what: "revoked", id: permit.id, reason: "asked" } });
    writeFileSync(join(folder, "permit.json"), signed());
    const again = openPermitStore(config, auditedHistory(audit));
    expect(again.inForce(found)).toMatchObject({ facts: { revoked: true }, refusal: { detail: "asked" } });
    audit.close();
  });

  test("each new revocation keeps the older ones", () => {
    for (const serial of [1, 2, 3]) {
      expect(store.install(signed({ id: `permit-${serial}`, serial }), inForce).ok).toBe(true);
      store.revoke(`for the ${serial}th time`, inForce);
    }
    rmSync(witnessFile(folder));
    for (const serial of [1, 2, 3]) {
      writeFileSync(join(folder, "permit.json"), signed({ id: `permit-${serial}`, serial }));
      expect(openPermitStore(config).inForce(found).refusal).toMatchObject({ reason: "revoked" });
    }
  });

  test("a damaged history and a revocation: what else is remembered is not lost", () => {
    store.install(signed(), inForce);
    store.revoke("first", inForce);
    store.install(signed({ id: "permit-2", serial: 2 }), inForce);
    writeFileSync(history(), "{");
    openPermitStore(config).revoke("second", inForce);
    rmSync(witnessFile(folder));
    writeFileSync(join(folder, "permit.json"), signed());
    expect(openPermitStore(config).inForce(found).refusal).toMatchObject({ reason: "revoked", detail: "first" });
  });

  test("the newest permit may be put back in its place", () => {
    store.install(signed(), inForce);
    rmSync(join(folder, "permit.json"));
    expect(store.install(signed(), inForce)).toMatchObject({ ok: true });
  });

  test("revoked where nothing can be written: its file gets another name, which says so", () => {
    store.install(signed(), inForce);
    rmSync(history());
    mkdirSync(`${history()}.new`);
    rmSync(witnessFile(folder));
    mkdirSync(`${witnessFile(folder)}.new`);
    expect(store.revoke("the disk is full", inForce)).toMatchObject({ id: "permit-1" });
    expect(existsSync(join(folder, "permit.json"))).toBe(false);
    writeFileSync(join(folder, "permit.json"), signed());
    expect(openPermitStore(config).inForce(found).refusal).toMatchObject({ reason: "revoked" });
    rmSync(`${witnessFile(folder)}.new`, { recursive: true });
  });
});

describe("equipment and firmware", () => {
  const cases: readonly (readonly [
    name: string,
    found: { serialNumber: string; firmware: string }[],
    covered: boolean,
  ])[] = [
    ["as examined", [{ serialNumber: "A1", firmware: "2.2" }], true],
    ["another firmware", [{ serialNumber: "A1", firmware: "2.3" }], false],
    ["another stage", [{ serialNumber: "B7", firmware: "2.1" }], false],
    ["one stage more than the permit covers", [...found, { serialNumber: "B7", firmware: "2.1" }], false],
    ["nothing has answered yet", [], false],
  ];
  test.each(cases)("%s", (_, equipment, covered) => {
    store.install(signed(), inForce);
    expect(store.inForce(equipment).facts.equipmentMatches).toBe(covered);
  });
});

describe("drafts that are not signed", () => {
  const cases: readonly (readonly [name: string, change: Partial<Permit>])[] = [
    ["ends before it begins", { validUntil: "2026-01-01T00:00:00Z" }],
    ["an export limit without export", { serviceMode: "parallel-non-export" }],
    ["parallel operation without equipment", { equipment: [] }],
    ["a stage listed twice", { equipment: [permit.equipment[0]!, permit.equipment[0]!] }],
    ["a negative limit", { exportLimitW: -1 }],
  ];
  test.each(cases)("%s", (_, change) => {
    expect(() => signPermit({ ...permit, ...change }, utility.privatePem)).toThrow();
  });

  test("a key that is not Ed25519", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(() => signPermit(permit, privateKey.export({ type: "pkcs8", format: "pem" }).toString())).toThrow(/Ed25519/);
  });
});

describe("properties", () => {
  test("any flipped bit of the file is refused or changes nothing", () => {
    const original = Buffer.from(signed());
    fc.assert(
      fc.property(fc.nat(original.length * 8 - 1), (bit) => {
        const bytes = Buffer.from(original);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const result = store.install(bytes.toString("utf8"), inForce);
        if (result.ok) expect(canonicalJson(result.value)).toBe(canonicalJson(permit));
        rmSync(join(folder, "permit-history.json"), { force: true });
      }),
      { numRuns: 300 },
    );
  });

  test("no text makes the reader throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parsePermit(text).ok).toBe(false);
      }),
    );
  });
});
