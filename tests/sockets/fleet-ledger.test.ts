/** The fleet's ledger on a real PostgreSQL: each record once, months that are sums of quarter-hours, audit logs that can't be cut unseen. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../fleet/demo/demo.ts";
import { createLightSite } from "../../fleet/demo/light-site.ts";
import { type Postgres, startPostgres } from "../../fleet/demo/postgres.ts";
import { type Database, openDatabase } from "../../fleet/store/database.ts";
import { unprovenPlaces } from "../../fleet/store/heads.ts";
import { saveRecords, saveStates } from "../../fleet/store/ingest.ts";
import { addLease, renewLease, standingDocuments, withdrawLease } from "../../fleet/store/orders.ts";
import { tidy } from "../../fleet/store/tidy.ts";
import { energyOf, listAlarms, listNeeds, listSites, oneSite } from "../../fleet/store/views.ts";
import { headText } from "../../src/protocols/fleet/heads.ts";
import { type Lease, readOrders } from "../../src/protocols/fleet/orders.ts";
import type { FleetRecord, SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { keyPair } from "../app/links/fleet-site.ts";
import { loggedSite } from "../lib/fleet-log.ts";
import { postgresBin, withoutPostgres } from "../lib/postgres.ts";

const startMs = Date.UTC(2027, 0, 31, 12);
const dayMs = 86_400_000;
const lightSite = (index: number) =>
  createLightSite({
    site: `light-${index}`,
    name: `Light ${index}`,
    index,
    startMs,
    sinceMs: startMs - dayMs,
    keys: [],
  });
const pair = generateKeyPairSync("ed25519");
const publicKeyPem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const head = (site: string, sequence: number, records: number, of = "", epoch = "aaaa-1"): FleetRecord => {
  const hash = createHash("sha256").update(`${records}${of}`).digest("hex");
  const signature = sign(null, Buffer.from(headText(site, { records, hash })), pair.privateKey).toString("base64");
  return {
    ...{ schema: "islet-fleet-record-1", site, epoch, sequence, atMs: startMs },
    body: {
      kind: "head",
      head: { schema: "islet-fleet-head-1", records, hash, places: [], boot: "b", signature, publicKeyPem },
    },
  };
};

describe.skipIf(withoutPostgres !== "")(`the fleet's ledger ${withoutPostgres}`, () => {
  let postgres: Postgres;
  let database: Database;
  beforeAll(async () => {
    const port = await freePort();
    postgres = startPostgres(postgresBin!, null, port);
    database = await openDatabase(postgres.url, () => true);
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });

  test("records that come twice are there once, and a month is the sum of its quarter-hours", async () => {
    const one = lightSite(1);
    one.step(startMs);
    const records: FleetRecord[] = [];
    for (let nowMs = startMs; one.waiting > 0; nowMs += 60_000) {
      const due = one.due(nowMs);
      records.push(...due);
      one.stored(
        due[0]!.epoch,
        due.map(({ sequence }) => sequence),
      );
    }
    expect(records).toHaveLength(96);
    await saveRecords(database, records);
    await saveRecords(database, [...records, ...records]);
    const [count] = await database.query("SELECT count(*) AS n FROM record");
    expect(count).toEqual({ n: 96 });
    const [month] = await energyOf(database, "2027-01");
    const imported = records.reduce(
      (sum, { body }) =>
        sum + (body.kind === "energy" ? Object.values(body.row.flows["grid"] ?? {}).reduce((a, b) => a + b, 0) : 0),
      0,
    );
    expect(month).toMatchObject({ site: "light-1", quarters: 96 });
    expect(Number(month!["imported_kwh"]) * 1e6).toBeCloseTo(imported, 0);
    // The same quarter-hour with other contents is no second one, and is told.
    const forged = structuredClone(records[0]!);
    if (forged.body.kind === "energy") forged.body.row.hash = "f".repeat(64);
    await saveRecords(database, [{ ...forged, epoch: "zzzz-2" }]);
    expect((await energyOf(database, "2027-01"))[0]).toMatchObject({ quarters: 96 });
    expect(await listAlarms(database)).toMatchObject([{ site: "light-1", key: "energy-rewritten" }]);
  });

  test("of sites the newest state is shown, and what needs a person ends with it", async () => {
    const [three, four] = [lightSite(3), lightSite(4)];
    const heard = (state: SiteMessage, heardMs: number) => [{ state, heardMs }];
    await saveStates(database, [...heard(three.state(startMs), startMs), ...heard(four.state(startMs), startMs)]);
    expect(await listNeeds(database)).toMatchObject([{ key: "departure-missed", sites: 1, which: ["light-3"] }]);
    await saveStates(database, heard({ ...three.state(startMs + 1), needs: [] }, startMs + 1));
    // One that comes late, as it stood at the broker, changes nothing.
    await saveStates(database, heard(three.state(startMs), startMs));
    expect(await listNeeds(database)).toEqual([]);
    expect(await listSites(database, { offset: 0, utility: "", level: "", text: "light-4" })).toMatchObject({
      total: 1,
    });
    expect(await oneSite(database, "nobody")).toBeNull();
  });

  const cuts: [string, (site: string) => FleetRecord[], string[]][] = [
    [
      "that grows, with a head that comes late and one that comes twice → nothing",
      (s) => [head(s, 1, 10), head(s, 3, 30), head(s, 2, 20), head(s, 2, 20), head(s, 4, 30)],
      [],
    ],
    ["that goes on after a restart → nothing", (s) => [head(s, 1, 10), head(s, 1, 11, "", "aaab-2")], []],
    ["that was cut → told", (s) => [head(s, 1, 10), head(s, 2, 9)], ["audit-cut"]],
    ["that was put back with the store → told", (s) => [head(s, 7, 50), head(s, 1, 20, "", "aaab-2")], ["audit-cut"]],
    ["that was rewritten → told", (s) => [head(s, 1, 10), head(s, 2, 10, "other")], ["audit-rewritten"]],
    ["signed by nobody → told", (s) => [{ ...head("another", 1, 10), site: s }], ["head-forged"]],
  ];
  test.each(cuts.map((row, i) => [...row, i] as const))("an audit log %s", async (_, heads, keys, i) => {
    const site = `audit-${i}`;
    for (const one of heads(site)) await saveRecords(database, [one]);
    // The same in one go, as a worker that was away for a while takes them.
    const together = `${site}-together`;
    await saveRecords(database, heads(together));
    const alarms = await listAlarms(database);
    for (const of of [site, together])
      expect(alarms.filter((one) => one["site"] === of).map(({ key }) => key)).toEqual(keys);
  });

  type Story = (site: ReturnType<typeof loggedSite>, tell: () => Promise<void>) => Promise<void>;
  /** A head is told and stored, and the fleet asks for what it can't know yet, as on each connection. */
  const stories: [string, Story, string[]][] = [
    [
      "is put back and grows past its last head before the fleet hears of it → told",
      async (site, tell) => {
        site.restart(90);
        site.write(30);
        await tell();
      },
      ["audit-regrown"],
    ],
    [
      "is put back and grows to exactly where it was → told",
      async (site, tell) => {
        site.restart(90);
        site.write(10);
        await tell();
      },
      ["audit-rewritten"],
    ],
    [
      "is rewritten far back and grows on → told",
      async (site, tell) => {
        site.rewrite(20);
        site.restart();
        site.write(40);
        await tell();
      },
      ["audit-regrown"],
    ],
    [
      "is put back while nobody hears of it for several heads → told",
      async (site, tell) => {
        site.restart(90);
        for (let i = 0; i < 4; i++) {
          site.write(20);
          site.head();
        }
        await tell();
      },
      ["audit-regrown"],
    ],
    [
      "is cut, and grows only after the fleet has asked → told twice",
      async (site, tell) => {
        site.restart(90);
        await tell();
        site.write(30);
        await tell();
      },
      ["audit-cut", "audit-regrown"],
    ],
    [
      "goes on over restarts, by a clock that does not know the time, and without the fleet for long → nothing",
      async (site, tell) => {
        site.restart();
        site.write(3);
        await tell();
        // Switched on in 1970, as machines without a clock are.
        site.restart(undefined, 10_000);
        for (let i = 0; i < 20; i++) {
          site.write(i % 3);
          site.head();
        }
        site.restart();
        site.head();
        await tell();
        site.restart();
        await tell();
      },
      [],
    ],
  ];
  test.each(stories.map((row, i) => [...row, i] as const))("an audit log that %s", async (_, story, keys, i) => {
    const name = `story-${i}`;
    const site = loggedSite(name);
    const places = async () => (await unprovenPlaces(database, [name])).get(name) ?? [];
    const tell = async (): Promise<void> => {
      site.head();
      await saveRecords(database, site.take());
      site.asked(await places());
      await saveRecords(database, site.take());
    };
    site.write(50);
    await tell();
    site.write(50);
    await tell();
    // Of what was proven nothing is asked any more.
    expect(await places()).toEqual([100]);
    const was = site.hashAt(100);
    await story(site, tell);
    const alarms = (await listAlarms(database)).filter((one) => one["site"] === name);
    expect(alarms.map(({ key }) => key).sort()).toEqual(keys);
    const is = keys.length === 0 || site.hashAt(100);
    for (const { key, sentence } of alarms) {
      expect(sentence).toContain(name);
      expect(sentence).toContain(was);
      if (key !== "audit-cut") expect(sentence).toContain(is);
      expect(sentence).toContain(`islet audit verify --file audit.db --head 100:${was}`);
    }
    // What was found is told once, and the log that stands now is followed on.
    site.write(5);
    await tell();
    site.write(5);
    await tell();
    expect((await listAlarms(database)).filter((one) => one["site"] === name)).toHaveLength(keys.length);
    expect(await places()).toHaveLength(1);
  });

  test("what nobody has signed proves nothing, and of older sites' heads the newest are asked for", async () => {
    for (let i = 1; i <= 12; i++) await saveRecords(database, [head("older-1", i, i * 10)]);
    const asked = async () => (await unprovenPlaces(database, ["older-1", "nobody"])).get("older-1");
    expect(await asked()).toEqual([50, 60, 70, 80, 90, 100, 110, 120]);
    const forged = head("older-1", 13, 130);
    const placed = createHash("sha256").update("120").digest("hex");
    if (forged.body.kind === "head") forged.body.head.places = [{ records: 120, hash: placed }];
    await saveRecords(database, [forged]);
    expect(await asked()).toContain(120);
    expect((await listAlarms(database)).filter((one) => one["site"] === "older-1").map(({ key }) => key)).toEqual([
      "head-forged",
    ]);
  });

  test("leases make a signed document whose version only grows; one that is withdrawn is no longer in it", async () => {
    const keys = keyPair();
    const read = (text: string) => readOrders(Buffer.from(text), "depot-1", [dispatcherKey(keys.publicKey)]);
    const lease = (id: string): Lease =>
      ({
        ...{ id, kind: "stop", evse: 0, valueW: 0, cause: "c", issuedBy: "d" },
        fromMs: startMs,
        untilMs: startMs + 60_000,
      }) as const;
    for (let i = 0; i < 16; i++) await addLease(database, "depot-1", lease(`D${i}`), keys.privateKey, startMs);
    expect(await addLease(database, "depot-1", lease("D16"), keys.privateKey, startMs)).toMatch(/16 leases already/);
    const [before] = await standingDocuments(database, startMs);
    await withdrawLease(database, "depot-1", "D3", keys.privateKey, startMs);
    const [after] = await standingDocuments(database, startMs);
    const [a, b] = [read(before!.document), read(after!.document)];
    if (typeof a === "string" || typeof b === "string") throw new Error(`${a} ${b}`);
    expect([a.leases.length, b.leases.length]).toEqual([16, 15]);
    expect(b.version).toBeGreaterThan(a.version);
    expect(await standingDocuments(database, startMs + 200_000)).toEqual([]);
  });

  test("a lease that is renewed stands in place of the one before, also where there is no room for one more", async () => {
    const keys = keyPair();
    const read = (text: string) => readOrders(Buffer.from(text), "depot-2", [dispatcherKey(keys.publicKey)]);
    const lease = (id: string): Lease => ({
      ...{ id, kind: "cap-charge", evse: 0, valueW: 2_000, cause: "c", issuedBy: "d" },
      ...{ fromMs: startMs, untilMs: startMs + 60_000 },
    });
    for (let i = 0; i < 16; i++) await addLease(database, "depot-2", lease(`E${i}`), keys.privateKey, startMs);
    const renew = (id: string, nowMs: number) =>
      renewLease(database, "depot-2", id, { id: "R1", untilMs: startMs + 120_000 }, keys.privateKey, nowMs);
    expect(await renew("E99", startMs)).toBeNull();
    expect(await renew("E5", startMs + 61_000)).toBeNull();
    const made = await renew("E5", startMs + 30_000);
    const orders = read(made!.document.document);
    if (typeof orders === "string") throw new Error(orders);
    const ids = orders.leases.map((one) => (one as Lease).id);
    expect(ids).toHaveLength(16);
    expect(ids.includes("E5")).toBe(false);
    expect(orders.leases[0]).toEqual({ ...lease("R1"), fromMs: startMs + 30_000, untilMs: startMs + 120_000 });
    expect(await renew("E5", startMs + 31_000)).toBeNull();
  });

  test("old rows go, and what is to stay stays: months, and the newest head of each log", async () => {
    const count = async (table: string): Promise<unknown> =>
      (await database.query(`SELECT count(*) AS n FROM ${table}`))[0]!["n"];
    for (const one of [head("old-1", 1, 10), head("old-1", 2, 20)]) await saveRecords(database, [one]);
    const months = await count("energy_month");
    expect(await tidy(database, Date.now())).toBe(0);
    expect(await tidy(database, Math.max(startMs, Date.now()) + 401 * dayMs)).toBeGreaterThan(100);
    expect([await count("record"), await count("energy"), await count("lease"), await count("receipt")]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(await count("energy_month")).toBe(months);
    expect(await database.query("SELECT records FROM head WHERE site = 'old-1'")).toEqual([{ records: 20 }]);
  });
});
