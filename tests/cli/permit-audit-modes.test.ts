/** `islet permit`, `islet audit` and `islet modes` as a person types them. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { isletFile } from "../lib/islet-file.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
let config: string;

const islet = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [isletFile, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
};
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-cli-"));
  config = at("site.yaml");
  const home = readFileSync(join(root, "config/home.yaml"), "utf8");
  writeFileSync(config, `stateDir: ${at("state")}\npermit: { anchors: [${at("utility.pem")}] }\n${home}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a permit from draft to revocation", () => {
  test("keygen, create, sign, inspect, install, revoke, and the log knows of it", () => {
    expect(islet("permit", "keygen", "utility").status).toBe(0);
    const draft = ["permit", "create", "--config", config, "--mode", "parallel-export", "--export-limit-w", "5000"];
    expect(islet(...draft, "--stage", "A1=2.0,2.1", "--reference", "R1", "--out", "draft.json").status).toBe(0);
    expect(islet("permit", "sign", "draft.json", "--key", "utility.key.pem", "--out", "permit.json").status).toBe(0);
    expect(islet("permit", "inspect", "permit.json", "--config", config)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/at most 5 kW[\s\S]*Accepted\./),
    });
    writeFileSync(at("forged.json"), readFileSync(at("permit.json"), "utf8").replace("5000", "9000"));
    const forged = islet("permit", "install", "forged.json", "--config", config, "--json");
    expect(forged.status).toBe(1);
    expect(JSON.parse(forged.stdout)).toMatchObject({ refusal: { reason: "forged" } });
    expect(islet("permit", "install", "permit.json", "--config", config).status).toBe(0);
    expect(islet("permit", "install", "permit.json", "--config", config)).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/already installed/),
    });
    expect(islet("permit", "revoke", "--config", config, "--reason", "crew on the line").status).toBe(0);
    expect(islet("permit", "inspect", "--config", config)).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/crew on the line/),
    });

    const verified = islet("audit", "verify", "--config", config, "--json");
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, records: 4 });
    expect(islet("audit", "export", "--config", config, "--out", "log.jsonl").status).toBe(0);
    const log = readFileSync(at("log.jsonl"), "utf8");
    expect(
      log
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["refusal", "permit", "refusal", "permit"]);
    writeFileSync(at("log.jsonl"), log.replace("crew", "cat"));
    expect(islet("audit", "verify", "log.jsonl")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/NOT whole/),
    });
  });
});

describe("bad input is one sentence, and nothing is touched", () => {
  const cases: readonly (readonly [name: string, args: string[], sentence: RegExp, code?: 2])[] = [
    [
      "a permit that is not there",
      ["permit", "install", "none.json", "--config", "site.yaml"],
      /none\.json can't be read \(ENOENT\)/,
    ],
    [
      "a configuration that is not there",
      ["permit", "revoke", "--config", "none.yaml", "--reason", "x"],
      /none\.yaml can't be read/,
    ],
    ["a parallel permit without equipment", ["permit", "create"], /must list the equipment/],
    ["no log named", ["audit", "verify"], /name the log/, 2],
    ["a head that is none", ["audit", "verify", "site.yaml", "--head", "7"], /RECORDS:HASH/, 2],
    ["a mode that is none", ["modes", "party"], /is no mode; the modes are unknown/, 2],
  ];
  for (const [name, args, sentence, code = 1] of cases)
    test(name, () => {
      const { status, stderr } = islet(...args);
      expect(status).toBe(code);
      expect(stderr).toMatch(sentence);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });

  test("a key is never overwritten", () => {
    islet("permit", "keygen", "again");
    expect(islet("permit", "keygen", "again")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/never overwritten/),
    });
  });
});

describe("the modes that run", () => {
  test("as a diagram: every row that changes the mode, every mode", () => {
    const diagram = execFileSync(process.execPath, [isletFile, "modes", "--mermaid"], { encoding: "utf8" });
    expect(diagram).toMatch(/^stateDiagram-v2\n/);
    for (const { id, to } of modeRows) if (to !== "stay") expect(diagram).toContain(`--> ${to}: ${id} `);
    for (const mode of modeNames) expect(diagram).toContain(mode);
  });

  test("as JSON: rows in their order", () => {
    const { rows } = JSON.parse(execFileSync(process.execPath, [isletFile, "modes", "--json"], { encoding: "utf8" }));
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(modeRows.map(({ id }) => id));
  });
});
