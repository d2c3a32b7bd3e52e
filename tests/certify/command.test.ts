/** `islet certify` as a command: a whole smoke run, its report, and what it refuses. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isletFile } from "../lib/islet-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-certify-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const islet = (...args: readonly string[]) =>
  spawnSync(process.execPath, [isletFile, "certify", ...args], { cwd: folder, encoding: "utf8" });

const write = (name: string, content: object | string): string => {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
};

interface Answer {
  readonly verdict: string;
  readonly procedures: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly measured: number | null;
    readonly limit: string;
    readonly why: string;
  }[];
}

const laboratory = (code: string, measured: number) => ({
  laboratory: "Test house",
  code,
  procedures: [
    {
      id: "integrity",
      report: "17-3",
      rows: [{ name: "surge", setting: "6 kV", quantity: "damage", unit: "count", measured, high: 0, uncertainty: 0 }],
    },
  ],
});

describe("a smoke run", () => {
  test("passes, is signed, and shows what was edited afterwards", () => {
    const file = write("laboratory.json", laboratory("ieee1547-catB-III", 0));
    const { status, stdout, stderr } = islet("--quick", "--json", "--out", "quick", "--laboratory", file);
    const { verdict, procedures } = JSON.parse(stdout) as Answer;
    expect({ status, verdict, failed: procedures.filter((one) => /fail|refused/.test(one.verdict)) }).toEqual({
      status: 0,
      verdict: "pass",
      failed: [],
    });
    expect(procedures.find(({ id }) => id === "uv-trip")).toMatchObject({
      verdict: "pass",
      limit: expect.stringContaining(" to "),
    });
    expect(procedures.find(({ id }) => id === "integrity")).toMatchObject({
      verdict: "pass",
      why: "laboratory's report 17-3",
    });
    expect(stderr).toMatch(/^ 1\/\d+ Over-voltage trip: pass \(\d+ rows\)\n/);
    for (const one of ["certify.json", "certify.html"])
      expect(islet("verify", join("quick", one))).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^As it was signed: .* key [0-9a-f]{16}\n$/),
      });
    const text = readFileSync(join(folder, "quick/certify.json"), "utf8");
    const edited = write("edited.json", text.replace('"measured":', '"measured":1'));
    expect(islet("verify", edited)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("edited after it was signed"),
    });
    const page = readFileSync(join(folder, "quick/certify.html"), "utf8");
    const painted = write("painted.html", page.replace(">pass<", ">perfect<"));
    expect(islet("verify", painted)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("does not show what was signed"),
    });
  });

  test("goes on where it was stopped, and mixes with no other run", () => {
    const ask = ["--quick", "--procedures", "reconnect", "integrity", "--out", "resumed"];
    expect(islet(...ask).status).toBe(0);
    const { report } = JSON.parse(readFileSync(join(folder, "resumed/certify.json"), "utf8"));
    const { version, quick, code, rig, startedAt, procedures } = report;
    const half = { version, quick, code, rig, startedAt, results: procedures.slice(0, 1) };
    const leave = (progress: object): string => write("resumed/certify-progress.json", progress);
    leave(half);
    expect(islet(...ask, "--resume")).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^1 of 2 procedures are done; going on\.\n 2\/2 /),
    });
    leave({ ...half, code: { ...code, profile: "ca-rule21", base: "ca-rule21" } });
    expect(islet(...ask, "--resume")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/two codes can't be mixed/),
    });
  });
});

describe("refused", () => {
  test("an instrument that can't tell a pass from a fail, with the accuracy that is needed", () => {
    const file = write("coarse.json", {
      voltagePu: 0.01,
      frequencyHz: 0.001,
      activePu: 0.005,
      reactivePu: 0.005,
      timeS: 0.001,
    });
    const { status, stdout } = islet(
      "--quick",
      "--json",
      "--procedures",
      "volt-watt",
      "--instruments",
      file,
      "--out",
      "coarse",
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout).procedures[0]).toMatchObject({
      verdict: "refused",
      rows: expect.arrayContaining([
        expect.objectContaining({ why: "voltage is measured to 0.01 pu: the criterion needs 0.005 pu or better" }),
      ]),
    });
  });

  test("settings outside the code, a laboratory's file about another code", () => {
    const outside = write("outside.yaml", "name: outside\nbase: ieee1547-catB-III\nsettings:\n  ov1Pu: 1.3\n");
    expect(islet("--profile", `./${outside}`)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /settings outside the code:\n.*outside\.yaml:4: ov1Pu is 1\.3: must be from 1\.1 to 1\.2 pu/,
      ),
    });
    const other = write("other.json", laboratory("ca-rule21", 0));
    expect(islet("--laboratory", other)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /about ca-rule21, and this certification about ieee1547-catB-III: two codes can't be mixed/,
      ),
    });
  });
});
