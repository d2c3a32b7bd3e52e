/**
 * A site of a fleet through `islet run`, with the fleet's own worker, a true broker and a true database between them: what the
 * fleet's API says of the site, a dispatch that its charger follows, the proof of what it gave, and an audit log that was put back.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createUser } from "@nats-io/nkeys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answers, freePort, keyFiles } from "../../fleet/demo/demo.ts";
import { startNatsServer } from "../../fleet/demo/nats-server.ts";
import { ended, type Postgres, startPostgres } from "../../fleet/demo/postgres.ts";
import { faultsOf } from "../../fleet/dispatch/proof.ts";
import { auditFileName, openAudit } from "../../src/app/audit/audit.ts";
import type { SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import { brokerName } from "../lib/nats.ts";
import { postgresBin } from "../lib/postgres.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const without =
  postgresBin === undefined || !brokerName.startsWith("nats-server")
    ? "(nats-server 2.10.27 or PostgreSQL is not installed)"
    : "";
const natsProgram = process.env["ISLET_NATS_SERVER"] ?? "nats-server";
const site = "product-2";
const root = join(import.meta.dirname, "../..");

/** A whole log of less than `records` that has grown beyond them since, as a copy that was put back comes to. */
function putBack(path: string, records: number): void {
  const database = new DatabaseSync(path);
  database.exec(`DROP TRIGGER auditStay; DELETE FROM audit WHERE seq > ${records - 3};
    UPDATE auditHead SET records = ${records - 3}, hash = (SELECT hash FROM audit WHERE seq = ${records - 3})`);
  database.close();
  const log = openAudit({ path, now: Date.now });
  for (let i = 0; i < 6; i++) log.append({ kind: "login", actor: "anna", body: { i } });
  log.close();
}

describe.skipIf(without !== "")(`a site, the fleet's worker, broker and database ${without}`, () => {
  let product: Product;
  let broker: ChildProcess;
  let postgres: Postgres;
  let worker: ChildProcess;
  let url: string;
  let keys: ReturnType<typeof keyFiles>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of an API, each read in one place
  const ask = async (path: string, method = "GET", body?: object): Promise<any> => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${keys.token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(() => null);
    return answer?.json();
  };
  const powerW = (): number => product.plant.stages[0]!.powerW;

  beforeAll(async () => {
    const own = mkdtempSync(join(tmpdir(), "islet-fleet-product-"));
    const [natsPort, databasePort, pagePort] = [await freePort(), await freePort(), await freePort()];
    keys = keyFiles(own);
    url = `http://127.0.0.1:${pagePort}`;
    const user = createUser();
    broker = startNatsServer(
      natsProgram,
      join(own, "broker"),
      natsPort,
      [{ site, key: user.getPublicKey() }],
      "secret",
    );
    postgres = startPostgres(postgresBin!, null, databasePort);
    await Promise.all([answers(natsPort, "The broker"), answers(databasePort, "The database")]);
    worker = spawn(
      process.execPath,
      [
        ...[join(root, "fleet/main.ts"), "serve", "--nats", `nats://fleet:secret@127.0.0.1:${natsPort}`],
        ...["--database", postgres.url, "--dispatcher-key", keys.privateFile, "--token-file", keys.tokenFile],
        ...["--port", String(pagePort)],
      ],
      { stdio: "ignore" },
    );
    await answers(pagePort, "The worker");
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 20_000, maxDischargeW: 20_000 }] },
      permit: { mode: "parallel-export", exportLimitW: 4_000 },
      files: { "dispatcher.pub.pem": keys.publicPem, nkey: new TextDecoder().decode(user.getSeed()) },
      config: {
        links: {
          fleet: {
            ...{ url: `nats://127.0.0.1:${natsPort}`, site, credentialsFile: "nkey" },
            ...{ dispatcherKeys: ["dispatcher.pub.pem"], rights: ["power", "limits"] },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await product?.stop();
    if (worker) await ended(worker, "SIGTERM");
    if (broker) await ended(broker, "SIGKILL");
    await postgres?.stop();
  });

  it("the fleet shows it with what it offers; a dispatch is followed within its permit; the proof names its energy", async () => {
    expect(await product.reached("parallel")).toBe(true);
    let state: SiteMessage | null = null;
    await soon(
      product,
      "an offer at the fleet",
      async () => {
        state = (await ask(`sites/${site}`))?.state ?? null;
        return (state?.offer?.dischargeW ?? 0) > 0;
      },
      150_000,
    );
    // What the building takes and the permit lets out, and not more than its charger can.
    const { offer, exportLimitW, pccW, chargersW } = state!;
    expect(exportLimitW).toBe(4_000);
    expect(offer!.dischargeW).toBeLessThanOrEqual(Math.min(20_000, exportLimitW! + pccW! - chargersW!) + 1);
    const { dispatch } = await ask("dispatches", "POST", {
      ...{ targetW: -2_000, minutes: 1, cause: "evening peak", issuedBy: "anna" },
    });
    await soon(product, "it gives what was asked for", () => Math.abs(powerW() + 2_060) < 250, 90_000);
    await soon(product, "the fleet sees it", async () => {
      const { progress } = await ask(`dispatches/${dispatch.id}`);
      return progress !== null && progress.asked === 1 && progress.measuredW < -1_700;
    });
    await soon(
      product,
      "its last word of each lease",
      async () => {
        const { proof } = await ask(`dispatches/${dispatch.id}/proof`);
        return proof.leases > 0 && proof.told === proof.leases;
      },
      150_000,
    );
    const { faults, proof } = faultsOf(JSON.stringify(await ask(`dispatches/${dispatch.id}/proof`)), keys.publicPem);
    expect(faults).toEqual([]);
    expect(proof!.deliveredWh).toBeLessThan(-10);
    expect(proof!.sites.map((one) => one.site)).toEqual([site]);
    await soon(product, "its own plan goes on", () => powerW() > 1_000);
  });

  it("its audit log is put back and grows past its last head before the fleet hears of it: found, with both hashes", async () => {
    const { head } = await ask(`sites/${site}`);
    expect(await ask("alarms")).toMatchObject({ alarms: [] });
    await product.kill();
    putBack(join(product.stateDir, auditFileName), head.records);
    product.start();
    await soon(product, "an alarm", async () => (await ask("alarms")).alarms.length > 0, 90_000);
    const { alarms } = await ask("alarms");
    expect(alarms).toMatchObject([{ site, key: "audit-regrown" }]);
    expect(alarms[0].sentence).toContain(`record ${head.records} had the hash ${head.hash}`);
    expect(alarms[0].sentence).toContain(`--head ${head.records}:${head.hash}`);
    expect(alarms[0].sentence).toMatch(/has [0-9a-f]{64} since/);
  });
});
