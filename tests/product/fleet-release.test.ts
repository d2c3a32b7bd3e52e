/**
 * A release of the fleet at a true controller: `islet run` is one of several versions, gets a signed one by the fleet's worker, runs
 * it, says so, and goes back when a person stops the release. True broker and database.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answers, freePort, keyFiles } from "../../fleet/demo/demo.ts";
import { startNatsServer } from "../../fleet/demo/nats-server.ts";
import { ended, type Postgres, startPostgres } from "../../fleet/demo/postgres.ts";
import { buildProgram } from "../../scripts/package/program.ts";
import { bundleHeader } from "../../src/app/update/bundle.ts";
import { isletVersion } from "../../src/app/version.ts";
import { brokerName } from "../lib/nats.ts";
import { postgresBin } from "../lib/postgres.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const without =
  postgresBin === undefined || !brokerName.startsWith("nats-server")
    ? "(nats-server 2.10.27 or PostgreSQL is not installed)"
    : "";
const natsProgram = process.env["ISLET_NATS_SERVER"] ?? "nats-server";
const site = "product-3";
const project = join(import.meta.dirname, "../..");
const maker = generateKeyPairSync("ed25519");
const newer = "9.1.0";

describe.skipIf(without !== "")(`a release at a true controller ${without}`, () => {
  let folder: string;
  let files: Server;
  let product: Product;
  let broker: ChildProcess;
  let postgres: Postgres;
  let worker: ChildProcess;
  let url: string;
  let host: string;
  let sha256: string;
  let keys: ReturnType<typeof keyFiles>;
  const at = (...path: string[]): string => join(folder, ...path);
  const current = (): string => readlinkSync(at("root/current"));
  // biome-ignore lint/suspicious/noExplicitAny: answers of an API, each read in one place
  const ask = async (path: string, method = "GET", body?: object): Promise<any> => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${keys.token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(() => null);
    return answer?.json();
  };
  const wordOf = async (id: string): Promise<string> => (await ask(`releases/${id}`))?.sites?.[0]?.word;

  /** The program of this tree with another number, as a signed version. */
  function bundle(): Buffer {
    const tree = at(`islet-${newer}`);
    cpSync(at("root/versions/own"), tree, { recursive: true, verbatimSymlinks: true });
    const own = JSON.parse(readFileSync(join(tree, "package.json"), "utf8"));
    writeFileSync(join(tree, "package.json"), JSON.stringify({ ...own, version: newer }));
    const starts = `#!/bin/sh\nexec ${process.execPath} "$(dirname "$0")/bin/islet.mjs" "$@"\n`;
    for (const name of ["islet", "versions.sh"]) writeFileSync(join(tree, name), starts, { mode: 0o755 });
    spawnSync("tar", ["-czf", at("archive.tar.gz"), "-C", folder, `islet-${newer}`]);
    const archive = readFileSync(at("archive.tar.gz"));
    const arch = process.arch === "arm64" ? "arm64" : "amd64";
    sha256 = createHash("sha256").update(archive).digest("hex");
    const pem = maker.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return Buffer.concat([bundleHeader({ version: newer, arch, bytes: archive.length, sha256 }, pem), archive]);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "islet-fleet-release-"));
    const own = at("root/versions/own");
    for (const name of ["bin", "config", "package.json"])
      cpSync(join(project, name), join(own, name), { recursive: true });
    const [natsPort, databasePort, pagePort] = [await freePort(), await freePort(), await freePort()];
    keys = keyFiles(folder);
    url = `http://127.0.0.1:${pagePort}`;
    const user = createUser();
    const identity = { site, key: user.getPublicKey() };
    // They come up while the program is built.
    broker = startNatsServer(natsProgram, at("broker"), natsPort, [identity], "secret");
    postgres = startPostgres(postgresBin!, null, databasePort);
    const worksFor = ["--nats", `nats://fleet:secret@127.0.0.1:${natsPort}`, "--database", postgres.url];
    const own_ = ["--dispatcher-key", keys.privateFile, "--token-file", keys.tokenFile, "--port", String(pagePort)];
    await Promise.all([answers(natsPort, "The broker"), answers(databasePort, "The database")]);
    worker = spawn(process.execPath, [join(project, "fleet/main.ts"), "serve", ...worksFor, ...own_], {
      stdio: "ignore",
    });
    await buildProgram(project, own);
    symlinkSync(join(project, "node_modules"), join(own, "node_modules"));
    symlinkSync("versions/own", at("root/current"));
    mkdirSync(at("root/anchors"));
    writeFileSync(at("root/anchors/maker.pem"), maker.publicKey.export({ type: "spki", format: "pem" }).toString());
    const sent = bundle();
    files = createServer((_, response) => void response.end(sent)).listen(0, "127.0.0.1");
    await new Promise((resolve) => files.once("listening", resolve));
    host = `127.0.0.1:${(files.address() as AddressInfo).port}`;
    await answers(pagePort, "The worker");
    product = await startProduct({
      program: at("root/current/bin/islet.mjs"),
      files: { "dispatcher.pub.pem": keys.publicPem, nkey: new TextDecoder().decode(user.getSeed()) },
      backend: true,
      config: {
        backend: { fileHosts: [host] },
        links: {
          fleet: {
            ...{ url: `nats://127.0.0.1:${natsPort}`, site, credentialsFile: "nkey" },
            ...{ dispatcherKeys: ["dispatcher.pub.pem"], rights: ["updates"] },
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
    files?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const release = (of: string) =>
    ask("releases", "POST", {
      build: { islet: newer, from: `http://${host}/islet.update`, sha256: of },
      ...{ sites: [site], soakMinutes: 1, cause: "new", issuedBy: "anna" },
    });

  it("the build that was released is installed, runs and is told; a person stops the release and it goes back", async () => {
    await soon(product, "it is known", async () => (await ask(`sites/${site}`))?.state !== undefined, 60_000);
    const { release: made } = await release(sha256);
    expect(await product.process.ended).toBe(1);
    expect(current()).toMatch(/^versions\/9\.1\.0-/);
    product.start();
    await soon(product, "it stays", async () => (await wordOf(made.id)) === "stays", 90_000);
    expect((await ask(`sites/${site}`)).state.version).toBe(newer);
    await ask(`releases/${made.id}`, "DELETE");
    expect(await product.process.ended).toBe(1);
    expect(current()).toBe("versions/own");
    product.start();
    await soon(product, "it is back", async () => (await wordOf(made.id)) === "returned", 90_000);
    await soon(product, "known", async () => (await ask(`sites/${site}`)).state.version === isletVersion(), 90_000);
    await soon(product, "over", async () => (await ask(`releases/${made.id}`)).over === true, 60_000);
    expect(await ask(`releases/${made.id}`)).toMatchObject({ phase: "stopped" });
  });

  it("another build than the one that was released is refused, with the reason", async () => {
    const { release: other } = await release("b".repeat(64));
    await soon(product, "refused", async () => (await wordOf(other.id)) === "failed", 90_000);
    expect((await ask(`releases/${other.id}`)).sites[0].sentence).toMatch(/holds another build/);
    expect(current()).toBe("versions/own");
  });
});
