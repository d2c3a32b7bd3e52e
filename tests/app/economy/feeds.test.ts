/** Series from elsewhere: prices over https, and forecasts that stand for the site's own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { createEconomy } from "../../../src/app/economy/economy.ts";
import { startPriceFeed } from "../../../src/app/economy/price-feed.ts";
import { besideFile } from "../../../src/app/site/beside-file.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";
import { selfSign } from "../../../src/dashboard/access/certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-feeds-"));
const patience = { timeout: 30_000 };
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("prices over https", () => {
  const { key, cert } = selfSign(["localhost"], Date.now());
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, cert);
  const settings = { everyMinutes: 30, maxPerKWh: 5, addPerKWh: 0, currency: "EUR" };
  let status = 200;
  let body = "2026-06-15T00:00:00Z,0.2\n";
  const serve = async (): Promise<string> => {
    const server = createServer({ key, cert }, (_request, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end(body);
    });
    open.push(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return `https://localhost:${(server.address() as AddressInfo).port}/prices`;
  };

  test("are taken from an authority that is trusted; whatever goes wrong then changes nothing and is told", async () => {
    const log = vi.fn();
    const feed = startPriceFeed({ ...settings, url: await serve(), caFile }, log, () => 1);
    await vi.waitFor(() => expect(feed.points).toHaveLength(1), patience);
    const wrong: readonly (readonly [number, string, string])[] = [
      [302, "", "the server answered 302"],
      [200, "2026-06-15T00:00:00Z,99\n", "line 1: the price must be a number from -5 to 5 EUR/kWh"],
      [200, "x".repeat(600_000), "the answer is larger than 500000 bytes"],
    ];
    for (const [answered, text, failure] of wrong) {
      [status, body] = [answered, text];
      await feed.refresh();
      expect([feed.failure, feed.points.length]).toEqual([failure, 1]);
    }
    [status, body] = [200, "2026-06-15T00:00:00Z,0.3\n"];
    await feed.refresh();
    expect([feed.failure, feed.points[0]?.value]).toEqual(["", 0.3]);
    expect(log.mock.calls.map(([level]) => level)).toEqual(["warn", "warn", "warn", "info"]);
    feed.stop();
  });

  test("are not taken from a server whose certificate is not trusted", async () => {
    const feed = startPriceFeed({ ...settings, url: await serve() }, vi.fn(), () => 1);
    await vi.waitFor(() => expect(feed.failure).toMatch(/self-signed|certificate/), patience);
    expect(feed.points).toEqual([]);
    feed.stop();
  });
});

describe("a forecast from elsewhere", () => {
  const startsAtMs = Date.parse("2026-06-15T10:00:00Z");
  const yaml = readFileSync("config/minimal.yaml", "utf8");
  const site = (planning: string) => parseSiteConfig(`${yaml}\nplanning: ${planning}\n`, "site.yaml");

  test("counts where it reaches, and lies beside the configuration; the site's own goes on where it ends", async () => {
    writeFileSync(join(folder, "load.csv"), "2026-06-15T10:00:00Z,4000\n2026-06-15T10:15:00Z,6000\n");
    const parsed = site("{ loadForecast: { file: load.csv } }");
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const economy = createEconomy({
      config: besideFile(parsed.value, join(folder, "site.yaml")),
      documents: openStore({ path: ":memory:" }),
      log: vi.fn(),
      now: () => startsAtMs,
      vehicleAt: () => null,
      wearPerKWh: () => ({}),
    });
    await vi.waitFor(() => expect(economy.forecasts(startsAtMs, startsAtMs, 4).load.basis).toBe("feed"), patience);
    const { load, pv } = economy.forecasts(startsAtMs, startsAtMs, 4);
    expect([load.powerW, pv.basis]).toEqual([[4_000, 6_000, null, null], "unknown"]);
    economy.stop();
  });

  test.each([
    ["{ pvForecast: {} }", /must have either file or url/],
    ["{ pvForecast: { file: a.csv, url: 'https://x.example' } }", /must have either file or url/],
    ["{ pvForecast: { url: 'http://x.example' } }", /must be an https address: a forecast over an open line/],
  ])("%s is refused", (planning, why) => {
    const parsed = site(planning);
    expect(parsed.ok ? "" : JSON.stringify(parsed.error)).toMatch(why);
  });
});
