/**
 * Releases through the fleet's database, in virtual time: light sites hear documents and tell states and records as they would at
 * the broker. A version that does not work is planted: it stops in its ring and goes back by itself; an island is not interrupted.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../fleet/demo/demo.ts";
import type { LightBadVersion } from "../../fleet/demo/light-release.ts";
import { createLightSite, type LightSite } from "../../fleet/demo/light-site.ts";
import { type Postgres, startPostgres } from "../../fleet/demo/postgres.ts";
import { createReleaseRunner, type ReleaseRunner } from "../../fleet/release/runner.ts";
import { type Database, openDatabase } from "../../fleet/store/database.ts";
import { saveRecords, saveStates } from "../../fleet/store/ingest.ts";
import { addLease, type StandingDocument } from "../../fleet/store/orders.ts";
import { addRelease, oneRelease, releaseSites, stopRelease } from "../../fleet/store/releases.ts";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { keyPair } from "../app/links/fleet-site.ts";
import { postgresBin, withoutPostgres } from "../lib/postgres.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2027, 0, 31, 16, 55);
const stepMs = 5_000;
const keys = keyPair();
const count = 200;
const sha256 = "a".repeat(64);
const asked = { named: [], soakMs: 2 * minuteMs, perMinute: 500, cause: "new", issuedBy: "anna" };

describe.skipIf(withoutPostgres !== "")(`releases in rings ${withoutPostgres}`, () => {
  let postgres: Postgres;
  let database: Database;
  let runner: ReleaseRunner;
  let nowMs = startMs;
  let sites: LightSite[];
  /** Moments at which an island ran another version than before. */
  let interrupted = 0;
  let islandUntilMs = 0;
  const onTheWay: StandingDocument[] = [];
  const logged: string[] = [];
  const islandOf = (index: number): number => (index % 4 === 0 ? islandUntilMs : 0);

  /** Sites of their own names for each test: what they run is their own. */
  async function begin(name: string, bad: LightBadVersion | null, islandMs: number): Promise<void> {
    await database.query("DELETE FROM site");
    await database.query("UPDATE release SET over = true");
    islandUntilMs = nowMs + islandMs;
    interrupted = 0;
    sites = Array.from({ length: count }, (_, index) =>
      createLightSite({
        ...{ site: `${name}-${index}`, name: `Light ${index}`, index, startMs: nowMs, sinceMs: nowMs },
        ...{ keys: [dispatcherKey(keys.publicKey)], badVersion: bad, islandUntilMs: islandOf(index) },
      }),
    );
    await tellStates();
  }
  const tellStates = (): Promise<void> =>
    saveStates(
      database,
      sites.filter((one) => !one.isSilent(nowMs)).map((one) => ({ state: one.state(nowMs), heardMs: nowMs })),
    );
  async function pass(toMs: number): Promise<void> {
    for (; nowMs < toMs; nowMs += stepMs) {
      for (const { site, kind, document } of onTheWay.splice(0)) {
        const one = sites.find((light) => light.site === site);
        if (kind === "release") one?.release(Buffer.from(document), nowMs);
        else one?.order(Buffer.from(document), nowMs);
      }
      sites.forEach((one, index) => {
        const before = one.islet;
        one.step(nowMs);
        if (one.islet !== before && nowMs < islandOf(index)) interrupted++;
      });
      const records = sites.flatMap((one) => (one.isSilent(nowMs) ? [] : one.due(nowMs)));
      await saveRecords(database, records);
      for (const { site, epoch, sequence } of records)
        sites.find((one) => one.site === site)!.stored(epoch, [sequence]);
      if (nowMs % minuteMs === 0) await tellStates();
      await runner.look(nowMs);
    }
  }
  const running = (islet: string): number => sites.filter((one) => one.islet === islet).length;
  const release = (id: string, islet: string) =>
    addRelease(database, { id, build: { islet, from: "https://example.org/islet.update", sha256 }, ...asked }, nowMs);

  beforeAll(async () => {
    postgres = startPostgres(postgresBin!, null, await freePort());
    database = await openDatabase(postgres.url, () => true);
    runner = createReleaseRunner({
      ...{ database, dispatcherKey: keys.privateKey },
      tell: (document) => void onTheWay.push(document),
      log: (sentence) => void logged.push(sentence),
    });
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });

  test("a version that works goes from ring to ring to all; islands get it when they are none, one under a request after it", async () => {
    await begin("good", null, 20 * minuteMs);
    expect(await release("r1", "0.4.0")).toBe("");
    expect(await release("r2", "0.5.0")).toMatch(/r1 is not over/);
    const [first] = (await releaseSites(database, "r1")).filter(({ ring }) => ring === 1);
    const { site: asking } = sites.find((one) => one.site !== first!.site)!;
    const lease = { id: "L1", kind: "power", evse: 0, valueW: -1_000, cause: "c", issuedBy: "d" } as const;
    const untilMs = nowMs + 25 * minuteMs;
    const given = await addLease(database, asking, { ...lease, fromMs: nowMs, untilMs }, keys.privateKey, nowMs);
    if (typeof given !== "string") onTheWay.push(given);
    await pass(startMs + minuteMs);
    // The first ring, of which an island may be one.
    expect(running("0.4.0")).toBeLessThanOrEqual(2);
    await pass(startMs + 19 * minuteMs);
    // Fewer than four in five of a ring have it while some of it are islands: it is waited for them.
    expect(running("0.4.0")).toBeGreaterThan(0);
    expect(running("0.4.0")).toBeLessThan(0.8 * count);
    await pass(startMs + 24 * minuteMs);
    expect(sites.find((one) => one.site === asking)!.islet).toBe("0.3.0");
    await pass(startMs + 50 * minuteMs);
    expect([running("0.4.0"), interrupted]).toEqual([count, 0]);
    expect(await oneRelease(database, "r1")).toMatchObject({ phase: "done", over: true, ring: 4 });
  });

  test.each([
    [
      "its own trial finds it",
      { islet: "0.6.0", how: "trial" } as const,
      /sites failed, first bad-.*did not work here/,
    ],
    [
      "something happens that must not",
      { islet: "0.6.0", how: "critical" } as const,
      /: A stage has switched itself off/,
    ],
  ])("a bad version stops in the first ring and goes back: %s", async (_, bad, why) => {
    await begin(`bad-${bad.how}`, bad, minuteMs);
    const fromMs = nowMs;
    expect(await release(`bad-${bad.how}`, "0.6.0")).toBe("");
    let most = 0;
    while (nowMs < fromMs + 30 * minuteMs) {
      await pass(nowMs + minuteMs);
      most = Math.max(most, running("0.6.0"));
    }
    expect(most).toBeLessThanOrEqual(2);
    expect([running("0.6.0"), interrupted]).toEqual([0, 0]);
    const one = await oneRelease(database, `bad-${bad.how}`);
    expect(one).toMatchObject({ phase: "stopped", ring: 1, over: true });
    expect(one!.sentence).toMatch(why);
    expect(logged.at(-1)).toMatch(why);
  });

  test("a person stops it: all go back, those that wait never begin", async () => {
    await begin("stopped", null, 60 * minuteMs);
    expect(await release("s1", "0.7.0")).toBe("");
    await pass(nowMs + 10 * minuteMs);
    const had = running("0.7.0");
    expect(had).toBeGreaterThan(0);
    expect(await stopRelease(database, "s1", "anna")).toBe(true);
    await pass(nowMs + 5 * minuteMs);
    expect([running("0.7.0"), interrupted]).toEqual([0, 0]);
    expect(await oneRelease(database, "s1")).toMatchObject({
      phase: "stopped",
      over: true,
      sentence: "Stopped by anna.",
    });
    expect(await stopRelease(database, "s1", "anna")).toBe(false);
    const words = (await releaseSites(database, "s1")).map(({ word }) => word);
    expect(words.filter((word) => word === "returned")).toHaveLength(had);
  });
});
