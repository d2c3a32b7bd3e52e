/** Two controllers never command one site from one machine: not on one state folder, and not on one device. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { plainSite } from "../../src/app/site/composition.ts";
import { changedSettings } from "../../src/app/site/config-changes.ts";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import { lockSite } from "../../src/app/site/site-lock.ts";

const root = join(import.meta.dirname, "../..");
const { config, profile } = loadSite(join(root, "config/home.yaml"));
const port = 20_000 + Math.floor(Math.random() * 20_000);

function siteAt(stagePort: number, folder = mkdtempSync(join(tmpdir(), "islet-lock-"))): LoadedSite {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const at = { host: "127.0.0.1", port: stagePort, unitId: 1 };
  const { transferDevice, loadPanel, ...rest } = config;
  const evses = [{ ...config.evses[0]!, stage: { ...config.evses[0]!.stage, ...at } }];
  return plainSite({ ...rest, pv: [], evses, stateDir: folder }, profile);
}

describe("a second controller is refused", () => {
  test("on the same state folder", async () => {
    const site = siteAt(port);
    const lock = await lockSite(site);
    await expect(lockSite(siteAt(port + 1, site.config.stateDir))).rejects.toThrow(
      /another controller runs on the state/,
    );
    await lock.release();
    await (await lockSite(site)).release();
  });

  test.runIf(process.platform === "linux")(
    "on the same device with another state folder, by whatever name",
    async () => {
      const lock = await lockSite(siteAt(port + 2));
      const other = siteAt(port + 2);
      const { stage } = other.config.evses[0]!;
      const evses = [{ ...other.config.evses[0]!, stage: { ...stage, host: "localhost" } }];
      const named = { ...other, config: { ...other.config, evses } };
      await expect(lockSite(named)).rejects.toThrow(/is commanded by another controller on this machine/);
      await lock.release();
      await (await lockSite(named)).release();
    },
  );

  test("but not by one that was killed", async () => {
    const site = siteAt(port + 3);
    const holder = fork(join(import.meta.dirname, "lock-holder.ts"), [site.config.stateDir, String(port + 3)]);
    await new Promise((resolve) => holder.once("message", resolve));
    await expect(lockSite(site)).rejects.toThrow(/another controller/);
    holder.kill("SIGKILL");
    await (await lockSite(site)).release();
  });
});

test.each<readonly [string, unknown, unknown, readonly string[]]>([
  ["nothing", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ["a value and a new one", { a: [1, { b: 2 }], c: 1 }, { a: [1, { b: 3 }], c: 1, d: 0 }, ["a[1].b", "d"]],
  ["a shorter list", { evses: [1, 2] }, { evses: [1] }, ["evses[1]"]],
])("what differs between two configurations: %s", (_, before, after, paths) => {
  expect(changedSettings(before, after)).toEqual(paths);
});
