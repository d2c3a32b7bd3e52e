/** `islet update` as a person runs it, with small versions that only say who they are: always one whole version, never a foreign one. */
import { spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lockState } from "../../src/app/site/site-lock.ts";
import { bundleHeader } from "../../src/app/update/bundle.ts";
import { createTrialJudge, trialMaxMs } from "../../src/app/update/trial.ts";
import type { Trial } from "../../src/app/update/versions.ts";
import { isletFile } from "../lib/islet-file.ts";

const project = join(import.meta.dirname, "../..");
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const maker = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
/** Power cuts that are tried; more by hand. */
const cuts = Number(process.env["ISLET_UPDATE_CUTS"] ?? 8);

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-update-"));
  const minimal = readFileSync(join(project, "config/minimal.yaml"), "utf8");
  writeFileSync(at("site.yaml"), `${minimal}\nstateDir: ${at("state")}\n`);
  makeBundle("1.0.0", {});
  makeBundle("1.1.0", {});
  makeBundle("1.2.0", { run: "exit 7" });
  makeBundle("1.3.0", { says: "something else" });
  makeBundle("1.4.0", { check: "echo evses: is missing; exit 1" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(at("root"), { recursive: true, force: true });
  mkdirSync(at("root/anchors"), { recursive: true });
  writeFileSync(at("root/anchors/maker.pem"), maker.publicKey.export({ type: "spki", format: "pem" }).toString());
});

interface Habits {
  readonly says?: string;
  readonly check?: string;
  readonly run?: string;
}

/** A version whose command is a small script, with ballast so that unpacking takes a while. */
function makeBundle(version: string, { says = version, check = "exit 0", run = "exit 0" }: Habits): void {
  const tree = at(`islet-${version}`);
  mkdirSync(join(tree, "ballast"), { recursive: true });
  for (let n = 0; n < 300; n++)
    writeFileSync(join(tree, "ballast", String(n)), createHash("sha256").update(`${n}`).digest());
  writeFileSync(
    join(tree, "islet"),
    `#!/bin/sh\n[ "$(ls "$(dirname "$(readlink -f "$0")")/ballast" | wc -l)" = 300 ] || exit 9\ncase "$1" in --version) echo "${says}" ;; check-config) ${check} ;; run) ${run} ;; esac\n`,
  );
  copyFileSync(join(project, "packaging/versions.sh"), join(tree, "versions.sh"));
  for (const name of ["islet", "versions.sh"]) chmodSync(join(tree, name), 0o755);
  spawnSync("tar", ["-czf", at(`${version}.tar.gz`), "-C", folder, `islet-${version}`]);
  writeFileSync(at(`${version}.update`), sealed(version, maker.privateKey));
}

function sealed(version: string, key: KeyObject, change: { arch?: "amd64" | "arm64" } = {}): Buffer {
  const archive = readFileSync(at(`${version}.tar.gz`));
  const manifest = {
    version,
    arch,
    bytes: archive.length,
    sha256: createHash("sha256").update(archive).digest("hex"),
  } as const;
  return Buffer.concat([bundleHeader({ ...manifest, ...change }, pem(key)), archive]);
}

const update = (...args: string[]): { code: number | null; said: string } => {
  const all = [
    isletFile,
    "update",
    ...args,
    "--root",
    at("root"),
    ...(args[0] === "install" ? ["--url", "http://127.0.0.1:9"] : []),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8" });
  return { code: status, said: `${stdout}${stderr}` };
};
const install = (version: string, ...more: string[]) =>
  update("install", at(`${version}.update`), "--config", at("site.yaml"), ...more);
const running = (): string => spawnSync(at("root/islet"), ["--version"], { encoding: "utf8" }).stdout.trim();
const start = (): number | null => spawnSync(at("root/islet"), ["run"]).status;

describe("installing", () => {
  test("the first version, a newer one, and back", () => {
    expect(install("1.0.0")).toMatchObject({
      code: 0,
      said: expect.stringMatching(/Islet 1\.0\.0 .* signed by maker\.pem/),
    });
    expect(running()).toBe("1.0.0");
    expect(existsSync(at("root/trial.json"))).toBe(false);
    expect(install("1.1.0").said).toMatch(/It is on trial: unless it works within a minute of its start, 1\.0\.0-/);
    expect(running()).toBe("1.1.0");
    expect(update("status").said).toMatch(/start on: 1\.1\.0-\w+\nBefore it: 1\.0\.0-\w+\nOn trial since /);
    expect(update("rollback")).toMatchObject({ code: 0 });
    expect(running()).toBe("1.0.0");
    expect(update("status").said).not.toMatch(/On trial/);
    // And forward again: what failed is the former one now.
    expect(update("rollback").said).toMatch(/^1\.1\.0-/);
  });

  test("a version that does not stay up is given up at its fourth start", () => {
    install("1.0.0");
    install("1.2.0");
    expect([start(), start(), start()]).toEqual([7, 7, 7]);
    expect(start()).toBe(0);
    expect(running()).toBe("1.0.0");
    expect(update("status").said).toMatch(/Before it: 1\.2\.0-/);
  });

  test("what a power cut left of the starter, or of its way back, does not stand in the way", () => {
    writeFileSync(at("root/islet.new"), "#!/bin/sh\n# Starts the curr");
    install("1.0.0");
    install("1.2.0");
    symlinkSync("versions/elsewhere", at("root/current.back"));
    symlinkSync("versions/elsewhere", at("root/former.back"));
    for (let n = 0; n < 4; n++) start();
    expect(running()).toBe("1.0.0");
    expect(update("status").said).toMatch(/Before it: 1\.2\.0-/);
  });

  test("without a former version there is no way back, and that is said", () => {
    install("1.0.0");
    expect(update("rollback")).toMatchObject({ code: 1, said: expect.stringMatching(/no former version/) });
  });
});

describe("what is refused, with everything left as it is", () => {
  const refusals: [string, () => Buffer, RegExp][] = [
    ["signed by a stranger", () => sealed("1.1.0", stranger.privateKey), /of no key that is trusted here/],
    [
      "with another manifest under the signature",
      () => altered("1.1.0", /"version":"1.1.0"/, '"version":"9.1.0"'),
      /of no key that is trusted here/,
    ],
    ["cut off", () => readFileSync(at("1.1.0.update")).subarray(0, -50), /was cut off/],
    ["altered in its archive", () => flipped(readFileSync(at("1.1.0.update"))), /archive was altered/],
    ["without a signature", () => readFileSync(at("1.1.0.tar.gz")), /no signed version/],
    ["empty", () => Buffer.alloc(0), /no signed version/],
    [
      "for another processor",
      () => sealed("1.1.0", maker.privateKey, { arch: arch === "amd64" ? "arm64" : "amd64" }),
      /this machine is/,
    ],
    ["older than the installed one", () => sealed("0.9.0", maker.privateKey), /not newer than 1\.0\.0/],
    ["that is not what it says", () => readFileSync(at("1.3.0.update")), /asked who it is, it says "something else"/],
    [
      "that refuses the site's configuration",
      () => readFileSync(at("1.4.0.update")),
      /refuses the site's configuration:\nevses: is missing/,
    ],
  ];
  const altered = (version: string, from: RegExp, to: string): Buffer => {
    const bytes = readFileSync(at(`${version}.update`));
    return Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");
  };
  const flipped = (bytes: Buffer): Buffer => {
    bytes[bytes.length - 100]! ^= 1;
    return bytes;
  };

  test.each(refusals)("a version %s", (name, bytes, sentence) => {
    if (name.startsWith("older")) makeBundle("0.9.0", {});
    install("1.0.0");
    writeFileSync(at("trial.update"), bytes());
    const { code, said } = update("install", at("trial.update"), "--config", at("site.yaml"));
    expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
    expect(running()).toBe("1.0.0");
    expect(existsSync(at("root/trial.json"))).toBe(false);
  });

  test("any, while no key is trusted", () => {
    rmSync(at("root/anchors/maker.pem"));
    expect(install("1.0.0")).toMatchObject({ code: 1, said: expect.stringMatching(/No key is trusted/) });
    rmSync(at("root/anchors"), { recursive: true });
    expect(install("1.0.0")).toMatchObject({ code: 2, said: expect.stringMatching(/has no folder "anchors"/) });
  });
});

describe("a controller that runs", () => {
  test("and does not show whether its site is idle: no update, whatever answers at the address", async () => {
    install("1.0.0");
    const lock = await lockState(at("state"));
    try {
      expect(install("1.1.0")).toMatchObject({
        code: 1,
        said: expect.stringMatching(
          /a controller runs, and whether its site is idle can't be seen \(its page does not answer/,
        ),
      });
      expect(running()).toBe("1.0.0");
    } finally {
      await lock.release();
    }
    expect(install("1.1.0").code).toBe(0);
  });

  test("is not looked for without the site's configuration: asked wrongly", () => {
    install("1.0.0");
    expect(update("install", at("1.1.0.update"))).toMatchObject({ code: 2, said: expect.stringMatching(/--config/) });
  });
});

test(`killed ${cuts} times on its way, there is always one whole version`, async () => {
  install("1.0.0");
  const seen = new Set<string>();
  for (let n = 0; n < cuts; n++) {
    const began = performance.now();
    const child = spawn(
      process.execPath,
      [
        isletFile,
        "update",
        "install",
        at("1.1.0.update"),
        "--config",
        at("site.yaml"),
        "--root",
        at("root"),
        "--url",
        "http://127.0.0.1:9",
      ],
      {
        stdio: "ignore",
        detached: true,
      },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // From the first look at the file to the switch; what a whole run takes is measured by the last one.
    await new Promise((resolve) => setTimeout(resolve, 150 + ((n * 137) % 600)));
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It was quicker.
    }
    await ended;
    expect(performance.now() - began).toBeGreaterThan(0);
    const version = running();
    expect(version).toMatch(/^1\.[01]\.0$/);
    seen.add(version);
    if (version === "1.1.0") update("rollback");
  }
  expect(install("1.1.0").code === 0 || running() === "1.1.0").toBe(true);
  expect(running()).toBe("1.1.0");
}, 600_000);

describe("the trial of a new version", () => {
  const trial = (unwell: string[] | null): Trial => ({ name: "b", former: "a", sinceMs: 0, unwell });
  /** Asked each half second; `cycles` and `unwell` by the time since the start, ms. Returns the step and when it came. */
  const play = (
    before: string[] | null,
    cycles: (ms: number) => number | null,
    unwell: (ms: number) => string[] = () => [],
  ) => {
    const judge = createTrialJudge(trial(before), 1_000);
    for (let ms = 0; ms <= 2 * trialMaxMs; ms += 500) {
      const step = judge({ cycles: cycles(ms), unwell: unwell(ms) }, 1_000 + ms);
      if (step !== "goOn") return [step, ms];
    }
    return ["never", 0];
  };
  const runs = (ms: number): number | null => (ms < 2_000 ? null : ms / 20);

  test.each([
    ["all is well ten seconds long", play([], runs), ["stays", 12_000]],
    ["a device is well later", play([], runs, (ms) => (ms < 30_000 ? ["Meter"] : [])), ["stays", 40_000]],
    ["a device that was not well before is still not", play(["Meter"], runs, () => ["Meter"]), ["stays", 12_000]],
    ["nobody knew how devices were before", play(null, runs, () => ["Meter"]), ["stays", 12_000]],
    ["a device is never well", play([], runs, () => ["Meter"]), ["rollBack", trialMaxMs]],
    ["the loop never runs", play([], () => null), ["rollBack", trialMaxMs]],
    ["the loop stands still", play([], () => 5), ["rollBack", trialMaxMs]],
    [
      "a device is well only now and then",
      play([], runs, (ms) => (ms % 8_000 < 1_000 ? ["Meter"] : [])),
      ["rollBack", trialMaxMs],
    ],
  ])("%s", (_, seen, expected) => {
    expect(seen).toEqual(expected);
  });
});
