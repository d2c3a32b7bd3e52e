/**
 * The controller replaces itself: a version that the backend sends and one that an installer chooses on the page go the same
 * way, each when the site allows it, and the process ends so that the new one starts. Beside it, what it tells a program.
 */
import { spawnSync } from "node:child_process";
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../scripts/package/program.ts";
import { bundleHeader } from "../../src/app/update/bundle.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const project = join(import.meta.dirname, "../..");
const maker = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");

describe("a controller that is one of several versions", () => {
  let folder: string;
  let files: Server;
  let host: string;
  let product: Product;
  /** Bodies that were posted. */
  const told: string[] = [];
  const at = (...path: string[]): string => join(folder, ...path);

  /** A version that only says who it is. */
  function bundle(version: string, key = maker.privateKey): Buffer {
    const tree = at(`islet-${version}`);
    mkdirSync(tree, { recursive: true });
    const says = `#!/bin/sh\ncase "$1" in --version) echo ${version} ;; esac\n`;
    for (const name of ["islet", "versions.sh"]) writeFileSync(join(tree, name), says, { mode: 0o755 });
    spawnSync("tar", ["-czf", at("archive.tar.gz"), "-C", folder, `islet-${version}`]);
    const archive = readFileSync(at("archive.tar.gz"));
    const arch = process.arch === "arm64" ? "arm64" : "amd64";
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    return Buffer.concat([bundleHeader({ version, arch, bytes: archive.length, sha256 }, pem), archive]);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "islet-self-update-"));
    const own = at("root/versions/own");
    for (const name of ["bin", "config", "package.json"])
      cpSync(join(project, name), join(own, name), { recursive: true });
    // As a package brings it: what this site does, the packaged program does.
    await buildProgram(project, own);
    symlinkSync(join(project, "node_modules"), join(own, "node_modules"));
    symlinkSync("versions/own", at("root/current"));
    for (const name of ["anchors", "bundles"]) mkdirSync(at("root", name));
    writeFileSync(at("root/anchors/maker.pem"), maker.publicKey.export({ type: "spki", format: "pem" }).toString());
    writeFileSync(at("root/bundles/9.1.0.update"), bundle("9.1.0"));
    writeFileSync(at("root/bundles/foreign.update"), bundle("9.2.0", stranger.privateKey));
    const sent = bundle("9.0.0");
    files = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        if (request.method === "POST") told.push(body);
        response.end(request.method === "POST" ? "" : sent);
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => files.once("listening", resolve));
    host = `127.0.0.1:${(files.address() as AddressInfo).port}`;
    product = await startProduct({
      program: join(own, "bin/islet.mjs"),
      backend: true,
      config: { backend: { fileHosts: [host] }, alerts: { severity: "notice", webhook: { url: `http://${host}/` } } },
    });
  });
  afterAll(async () => {
    await product?.stop();
    files?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const current = (): string => readlinkSync(at("root/current"));
  const words = async (): Promise<string> => (await product.page()).words("/updates");

  it("tells a program which device is silent", async () => {
    await (await product.page()).state();
    const { habits } = product.stages[0]!.server;
    habits.silent = true;
    await soon(product, "told", () => told.join("").includes("Bay 1"));
    habits.silent = false;
    expect(await (await product.page()).html("/m/dashboard/page/main.ts")).toMatch(/^import /m);
    expect(await (await product.page()).metrics()).toMatch(/^islet_alerts_sent_total [1-9]/m);
  });

  it("sends a test of its alerts at the press of a button, and says where it does not arrive", async () => {
    const page = await product.page();
    expect(await page.words("/alerts")).toMatch(/Events are told by webhook\..* Send a test/);
    expect(await page.submit("/alerts/test", {})).toBe(303);
    expect(told.join("")).toContain('"key":"test"');
    expect(await page.words("/alerts")).toMatch(/Taken by webhook\. Look whether it has arrived\./);
    expect(await page.submit("/alerts/test", {})).toBe(303);
    expect(await page.words("/alerts")).toMatch(/A test was just sent/);
  });

  it("says on the page why an update waits, and ends it before it begins", async () => {
    const page = await product.page();
    await page.state();
    const inTenMinutes = new Date(Date.now() + 10 * 60_000);
    const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "UTC" }).format(inTenMinutes);
    expect(await page.submit("/updates/install", { from: "9.1.0.update", notBefore: time })).toBe(303);
    await soon(product, "waits", async () =>
      /9\.1\.0\.update waits\. it waits until .* has asked for it/.test(await words()),
    );
    expect(product.log.some(({ text }) => /Update to 9\.1\.0\.update: it waits until/.test(text))).toBe(true);
    await page.submit("/updates/cancel", {});
    await soon(product, "ended", async () => (await words()).includes("Install a version"));
  });

  it("refuses a version of a stranger, in words, and goes on", async () => {
    await (await product.page()).submit("/updates/install", { from: "foreign.update" });
    await soon(product, "refused", async () => /was not installed\. The signature is of no key/.test(await words()));
    expect([product.process.running, current()]).toEqual([true, "versions/own"]);
  });

  it("keeps what the backend sends until the vehicle has gone, tells each step, and ends to be started anew", async () => {
    await product.backend.whenConnected();
    const firmware = { location: `http://${host}/islet.update`, retrieveDateTime: new Date().toISOString() };
    expect(await product.backend.call("UpdateFirmware", { requestId: 7, firmware })).toMatchObject({
      status: "Accepted",
    });
    await soon(product, "waits", async () =>
      /the backend has sent waits: a transaction is running/.test(await words()),
    );
    product.plant.stages[0]!.connected = false;
    expect(await product.process.ended).toBe(1);
    const told = product.backend.said.filter(({ action }) => action === "FirmwareStatusNotification");
    const steps = ["Downloading", "Downloaded", "InstallScheduled", "Installing", "InstallRebooting"];
    expect(told.map(({ payload }) => payload["status"])).toEqual(steps);
    expect(current()).toMatch(/^versions\/9\.0\.0-/);
    expect(JSON.parse(readFileSync(at("root/trial.json"), "utf8"))).toMatchObject({ former: "own" });
  });

  it("installs from the page what an installer chooses", async () => {
    product.start();
    await product.backend.whenConnected();
    expect(await (await product.page()).submit("/updates/install", { from: "9.1.0.update" })).toBe(303);
    expect(await product.process.ended).toBe(1);
    expect(current()).toMatch(/^versions\/9\.1\.0-/);
  });
});
