/** What a gateway installs: the parts of the package, each by the tool that will read it. `npm run package` builds it whole. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeArchive, makeDebianPackage } from "../../scripts/package/archives.ts";
import { bashCompletion, manualPage } from "../../scripts/package/help-pages.ts";

const root = join(import.meta.dirname, "../..");
const packaging = join(root, "packaging");
const has = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const text = (path: string): string => readFileSync(join(packaging, path), "utf8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-packaging-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the package brings the Node.js that the project is tested with", () => {
  const { version } = JSON.parse(text("runtime.json")) as { version: string };
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  expect(version).toBe(lock.packages["node_modules/node"]?.version);
});

test.each(
  readdirSync(join(packaging, "debian"))
    .map((name) => [`debian/${name}`])
    .concat([["islet.sh"], ["launcher.sh"]]),
)("the shell takes %s", (name) => {
  expect(spawnSync("sh", ["-n", join(packaging, name)]).stderr.toString()).toBe("");
});

test.each(["islet.sh", "launcher.sh"])("%s starts Node.js with bounds for its memory", (name) => {
  expect(text(name)).toMatch(/^export MALLOC_ARENA_MAX$/m);
  expect(text(name)).toMatch(/^export MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_$/m);
  expect(text(name)).toMatch(
    /^exec .*node"? --max-semi-space-size=\d+ --optimize-for-size .*islet\.mjs" "\$@"$|^exec .*node --max-semi-space-size=\d+ --optimize-for-size \S+islet\.mjs "\$@"$/m,
  );
});

test("what root compiles does not outlive a purge, and nobody else may write it", () => {
  expect(text("islet.sh")).toMatch(/id -u.*!= 0.*NODE_COMPILE_CACHE:=\/var\/cache\/islet-root/);
  expect(text("debian/postrm")).toContain("/var/cache/islet-root");
});

describe("the unit", () => {
  const unit = text("islet.service");

  test.each([
    ["waits until the loop is armed", "Type=notify"],
    ["is fed by the loop's progress", /^WatchdogSec=\d+$/m],
    ["is started again for ever", "Restart=always"],
    ["has real-time priority and no other right", "CapabilityBoundingSet=CAP_SYS_NICE"],
    ["writes to its own folders alone", "ProtectSystem=strict"],
    ["has a bound for memory", /^MemoryMax=\d+M$/m],
    ["checks the configuration first", "ExecStartPre=/usr/bin/islet check-config"],
  ])("%s", (_, line) => {
    expect(unit).toMatch(line);
  });

  test.skipIf(!has("systemd-analyze"))("exposes little (systemd's own score, 0 to 10)", () => {
    const { stdout } = spawnSync("systemd-analyze", [
      "security",
      "--offline=true",
      "--no-pager",
      join(packaging, "islet.service"),
    ]);
    const score = /Overall exposure level for islet.service: ([\d.]+)/.exec(stdout.toString());
    if (score === null) return; // A version without --offline.
    expect(Number(score[1])).toBeLessThan(3);
  });
});

test("completion knows the commands and their options, and bash takes it", () => {
  const file = join(folder, "completion");
  writeFileSync(file, bashCompletion());
  const complete = (...words: string[]): string[] =>
    spawnSync("bash", [
      "-c",
      `source ${file}; COMP_WORDS=(islet "$@"); COMP_CWORD=$#; _islet; printf '%s\\n' "\${COMPREPLY[@]}"`,
      "bash",
      ...words,
    ])
      .stdout.toString()
      .trim()
      .split("\n");
  expect(complete("ru")).toEqual(["run"]);
  expect(complete("run", "--log-j")).toEqual(["--log-json"]);
  expect(complete("permit", "inst")).toEqual(["install"]);
});

test("the manual page has every command", () => {
  const page = manualPage("1.2.3");
  for (const name of ["run", "check-config", "permit", "audit"])
    expect(page).toContain(`islet ${name.replaceAll("-", "\\-")}`);
  if (!has("man")) return;
  const file = join(folder, "islet.1");
  writeFileSync(file, page);
  expect(spawnSync("man", ["--warnings", "-l", "-E", "UTF-8", file]).stderr.toString()).toBe("");
});

describe.skipIf(!has("dpkg-deb"))("archives (needs dpkg-deb)", () => {
  const build = (name: string): string[] => {
    const tree = join(folder, name, "tree");
    mkdirSync(join(tree, "DEBIAN"), { recursive: true });
    mkdirSync(join(tree, "usr/lib/x"), { recursive: true });
    for (const file of name === "first" ? ["a", "b", "c"] : ["c", "a", "b"]) {
      writeFileSync(join(tree, "usr/lib/x", file), `${file}\n`);
      const timeS = name === "first" ? 1_600_000_000 : 1_650_000_000;
      utimesSync(join(tree, "usr/lib/x", file), timeS, timeS);
    }
    writeFileSync(
      join(tree, "DEBIAN/control"),
      "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.example>\nDescription: x\n",
    );
    const files = [join(folder, name, "x.deb"), join(folder, name, "x.tar.gz")];
    makeDebianPackage(tree, files[0]!, 1_700_000_000);
    makeArchive(join(tree, "usr/lib/x"), files[1]!, 1_700_000_000);
    return files.map((file) => createHash("sha256").update(readFileSync(file)).digest("hex"));
  };

  test("are the same bytes twice, whatever the files' order and time", () => {
    expect(build("second")).toEqual(build("first"));
  });
});
