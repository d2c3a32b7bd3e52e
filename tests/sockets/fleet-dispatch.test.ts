/**
 * A dispatch through the fleet's database, in virtual time: light sites hear documents and tell states, powers and records as they
 * would at the broker; another worker takes it up half-way; at the end the proof says what was delivered.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../fleet/demo/demo.ts";
import { createLightSite, type LightSite } from "../../fleet/demo/light-site.ts";
import { noFault } from "../../fleet/demo/light-vehicles.ts";
import { type Postgres, startPostgres } from "../../fleet/demo/postgres.ts";
import { faultsOf, makeProof } from "../../fleet/dispatch/proof.ts";
import { createRunner, type Runner } from "../../fleet/dispatch/runner.ts";
import { type Database, openDatabase, type Session } from "../../fleet/store/database.ts";
import { addDispatch, listDispatches, oneDispatch, withdrawDispatch } from "../../fleet/store/dispatches.ts";
import { saveRecords, saveStates } from "../../fleet/store/ingest.ts";
import type { StandingDocument } from "../../fleet/store/orders.ts";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { keyPair } from "../app/links/fleet-site.ts";
import { postgresBin, withoutPostgres } from "../lib/postgres.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2027, 0, 31, 16, 55);
const fromMs = startMs + 5 * minuteMs;
const untilMs = fromMs + 15 * minuteMs;
const stepMs = 5_000;
const keys = keyPair();
const deadFromMs = fromMs + 5 * minuteMs;
/** By its number: one refuses, one dies, one falls silent, two deliver less. */
const faults = new Map([
  [2, { ...noFault, refuses: true }],
  [5, { ...noFault, deadFromMs }],
  [8, { ...noFault, silentFromMs: deadFromMs }],
  [11, { ...noFault, gain: 0.85 }],
  [12, { ...noFault, gain: 0.85 }],
]);
const count = 24;
const targetW = -60_000;

describe.skipIf(withoutPostgres !== "")(`a dispatch through the database ${withoutPostgres}`, () => {
  let postgres: Postgres;
  let database: Database;
  let runner: Runner;
  const logged: string[] = [];
  const sites: LightSite[] = Array.from({ length: count }, (_, index) =>
    createLightSite({
      ...{ site: `light-${index}`, name: `Light ${index}`, index: 3 * index + 1, startMs, sinceMs: startMs },
      keys: [dispatcherKey(keys.publicKey)],
      ...(faults.has(index) && { fault: faults.get(index)! }),
    }),
  );
  const onTheWay: StandingDocument[] = [];
  const newRunner = (of: Database = database): Runner =>
    createRunner({
      ...{ database: of, dispatcherKey: keys.privateKey },
      tell: (document) => void onTheWay.push(document),
      log: (sentence) => void logged.push(sentence),
    });
  const pass = async (toMs: number): Promise<void> => {
    for (; nowMs < toMs; nowMs += stepMs) {
      for (const { site, document } of onTheWay.splice(0)) {
        const one = sites.find((light) => light.site === site)!;
        if (!one.isSilent(nowMs)) one.order(Buffer.from(document), nowMs);
      }
      const heard = sites.filter((one) => {
        one.step(nowMs);
        return !one.isSilent(nowMs);
      });
      if (nowMs % minuteMs === 0)
        await saveStates(
          database,
          heard.map((one) => ({ state: one.state(nowMs), heardMs: nowMs })),
        );
      for (const power of heard.flatMap((one) => one.power(nowMs) ?? [])) runner.hear(power, nowMs);
      const records = heard.flatMap((one) => one.due(nowMs));
      if (records.length > 0) await saveRecords(database, records);
      for (const { site, epoch, sequence } of records)
        sites.find((one) => one.site === site)!.stored(epoch, [sequence]);
      await runner.look(nowMs);
    }
  };
  let nowMs = startMs;
  const request = { utility: "", limits: [], cause: "evening peak", issuedBy: "anna" };

  beforeAll(async () => {
    postgres = startPostgres(postgresBin!, null, await freePort());
    database = await openDatabase(postgres.url, () => true);
    runner = newRunner();
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });

  test("minute by minute within 3 % where a site is a twentieth of it and some fail, and another worker goes on where the first has stopped", async () => {
    await addDispatch(database, { id: "d1", targetW, fromMs, untilMs, ...request });
    await pass(fromMs + 8 * minuteMs);
    runner = newRunner();
    // As long as the first leads, the second does nothing; it is gone when its word has lapsed.
    await runner.look(nowMs);
    expect(onTheWay).toEqual([]);
    await database.query("DELETE FROM leader");
    await pass(untilMs + minuteMs);
    expect(logged).toEqual([]);
    const one = (await oneDispatch(database, "d1")) as {
      over: boolean;
      minutes: { measured_w: number; at_ms: number }[];
      out: { site: string; out: string }[];
    };
    expect(one.over).toBe(true);
    expect(one.minutes).toHaveLength(15);
    // A site is a twentieth of it: the minutes in which one dies and one falls silent are not judged.
    const quiet = one.minutes.filter(
      ({ at_ms: atMs }) => atMs >= fromMs + 2 * minuteMs && Math.abs(atMs - deadFromMs) > 2 * minuteMs,
    );
    for (const { measured_w: measuredW } of quiet) expect(Math.abs(measuredW / targetW - 1)).toBeLessThan(0.03);
    expect(quiet.length).toBeGreaterThan(6);
    expect(one.out).toEqual([
      { site: "light-5", out: "no-offer", trust: expect.any(Number) },
      { site: "light-2", out: "refused", trust: expect.any(Number) },
      { site: "light-8", out: "silent", trust: expect.any(Number) },
    ]);
    expect(sites[2]!.leases.size).toBeGreaterThan(0);
    expect([...sites[2]!.begun]).toEqual([]);
    for (const { leases } of sites)
      expect(
        [...leases.values()].filter(({ state }) => state === "running" || state === "accepted").length,
      ).toBeLessThan(2);
  });

  test("the proof: what the sites have told, signed, and whatever is changed in it is found", async () => {
    const text = JSON.stringify(await makeProof(database, "d1", keys.privateKey, nowMs));
    const { faults: found, proof } = faultsOf(text, keys.publicKey);
    expect(found).toEqual([]);
    const { deliveredWh, targetWh, leases, told, sites: told_, quartersWh } = proof!;
    expect(targetWh).toBe(-15_000);
    // The silent site has told nothing yet, and of it nothing is counted.
    expect(Math.abs(deliveredWh / targetWh - 1)).toBeLessThan(0.06);
    expect(told).toBeGreaterThan(0.8 * leases);
    expect(Math.abs(quartersWh / deliveredWh - 1)).toBeLessThan(0.15);
    // Whose last lease ran to the end has signed the head of its audit log since then.
    const done = told_.filter((one) => one.leases.some(({ state }) => state === "done"));
    expect(done.length).toBeGreaterThan(15);
    expect(done.filter(({ head }) => head === null)).toEqual([]);
    const changed = text.replace(/"givenWh":-\d+/, '"givenWh":-99999');
    expect(changed).not.toBe(text);
    expect(faultsOf(changed, keys.publicKey).faults).toMatchObject(
      [/not what the dispatcher has signed/, /deliveredWh is/].map((one) => expect.stringMatching(one)),
    );
    expect(faultsOf(text, keyPair().publicKey).faults).toHaveLength(1);
    expect(faultsOf("{}", keys.publicKey).faults).toMatchObject([expect.stringMatching(/no proof/)]);
    expect(await makeProof(database, "nobody", keys.privateKey, nowMs)).toBeNull();
  });

  test("withdrawn: every site goes back to its own plan, and is told so", async () => {
    const beginMs = nowMs + minuteMs;
    await addDispatch(database, { id: "d2", targetW, fromMs: beginMs, untilMs: beginMs + 30 * minuteMs, ...request });
    await pass(beginMs + minuteMs);
    expect(sites.filter((one) => one.power(nowMs) !== null).length).toBeGreaterThan(10);
    expect(await withdrawDispatch(database, "d2")).toBe(true);
    await pass(nowMs + 20_000);
    expect(sites.filter((one) => one.power(nowMs) !== null && !one.isSilent(nowMs))).toEqual([]);
    expect(await withdrawDispatch(database, "d2")).toBe(false);
    expect(await listDispatches(database)).toMatchObject([{ id: "d2", over: true, withdrawn: true }, { id: "d1" }]);
  });

  test("a cut between a lease and the member that has it, or before both stand, leaves neither; whoever takes it up gives both", async () => {
    const beginMs = nowMs + minuteMs;
    await addDispatch(database, { id: "d3", targetW, fromMs: beginMs, untilMs: beginMs + 30 * minuteMs, ...request });
    // The server ends the connection, as a power cut would: between lease and member, then between both and their commit.
    const ends = (session: Session) => session.query("SELECT pg_terminate_backend(pg_backend_pid())");
    let cuts = 0;
    let given = false;
    const cutting: Database = {
      ...{ query: database.query, close: database.close },
      atomically: (run) =>
        database.atomically(async (session) => {
          let gives = false;
          const done = await run({
            async query(text, values) {
              if (text.includes("INSERT INTO lease ")) given = gives = true;
              if (given && cuts === 0 && text.includes("INTO dispatch_site")) {
                cuts++;
                await ends(session);
              }
              return await session.query(text, values);
            },
          });
          if (gives && cuts === 1) {
            cuts++;
            await ends(session);
          }
          return done;
        }),
    };
    const rows = async () => {
      const [row] = await database.query(
        `SELECT (SELECT count(*) FROM lease WHERE id LIKE 'd3-%') AS leases, (SELECT count(*) FROM dispatch_lease WHERE dispatch = 'd3') AS named,
           (SELECT count(*) FROM dispatch_site WHERE dispatch = 'd3' AND lease_id IS NOT NULL) AS members,
           (SELECT count(*) FROM orders WHERE document LIKE '%d3-%') AS documents`,
      );
      return row!;
    };
    await database.query("DELETE FROM leader");
    runner = newRunner(cutting);
    for (const cut of [1, 2]) {
      while (cuts < cut && nowMs < beginMs + minuteMs) await pass(nowMs + stepMs);
      expect(cuts).toBe(cut);
      expect(onTheWay).toEqual([]);
      expect(await rows()).toEqual({ leases: 0, named: 0, members: 0, documents: 0 });
    }
    expect(logged.splice(0).join()).toMatch(/Leases that stand go on/);
    await database.query("DELETE FROM leader");
    runner = newRunner();
    await pass(beginMs + minuteMs);
    const { leases, named, members } = await rows();
    expect(members).toBeGreaterThan(10);
    expect(named).toBe(leases);
  });
});
