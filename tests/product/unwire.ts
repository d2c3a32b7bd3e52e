/**
 * Shows that each setting's test looks at that setting: in a copy of this tree the setting is replaced, after it was read and
 * checked, by the value that a controller which did not look at it would run with; then exactly its test must fail.
 *
 *     node tests/product/unwire.ts [--own] [setting…]
 *
 * Prints a line for each setting, with what its own test missed, and ends with 1 when one did not behave. Takes about a minute
 * for each; with `--own`, which plays a setting's own test alone, with the steps of its file that name no setting, and does not
 * see whether others fail too, a quarter of it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyProject } from "../lib/project-copy.ts";
import { type TestedSetting, testedSettings } from "./settings.table.ts";
import { withUnwiring } from "./site/unwired-parser.ts";

const whyMax = 200;
const copy = copyProject("unwire");
const parser = join(copy, "src/config/parse.ts");
writeFileSync(parser, withUnwiring(readFileSync(parser, "utf8")));

interface Outcome {
  readonly failed: readonly string[];
  readonly passed: number;
  /** The file failed before the setting's own test could begin. */
  readonly noStart: boolean;
  /** What the setting's own test did not find: a test that ran out of time proves nothing. */
  readonly why: string;
}

/** Its own test and the steps between a file's tests, which name no setting. */
const ownTests = (setting: string): string => `${`${setting}: `.replace(/[.[\]]/g, "\\$&")}|^[^:]*$`;

function run(row: TestedSetting, ownOnly: boolean): Outcome {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [
      join(copy, "node_modules/vitest/vitest.mjs"),
      "run",
      `tests/product/${row.file}`,
      ...(ownOnly ? ["-t", ownTests(row.setting)] : []),
      "--reporter=json",
      `--outputFile=${report}`,
    ],
    {
      cwd: copy,
      env: {
        ...process.env,
        ISLET_UNWIRE: JSON.stringify({ setting: row.setting, value: row.unwired, byChecks: row.byChecks }),
      },
      timeout: 300_000,
      stdio: "ignore",
    },
  );
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: {
      status: string;
      message?: string;
      assertionResults: { title: string; status: string; failureMessages?: string[] }[];
    }[];
  };
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const owns = results.filter(({ title }) => title.startsWith(`${row.setting}: `));
  const own = owns.find(({ status }) => status === "failed");
  const played = owns.some(({ status }) => status === "failed" || status === "passed");
  return {
    noStart: !played && testResults.some(({ status }) => status === "failed"),
    why: (own?.failureMessages?.[0] ?? testResults[0]?.message ?? "").split("\n")[0]!.slice(0, whyMax),
    failed: results.filter(({ status }) => status === "failed").map(({ title }) => title),
    passed: results.filter(({ status }) => status === "passed").length,
  };
}

const asked = process.argv.slice(2);
const ownOnly = asked.includes("--own");
const wanted = asked.filter((argument) => argument !== "--own");
let bad = 0;
for (const row of testedSettings.filter(({ setting }) => wanted.length === 0 || wanted.includes(setting))) {
  const { failed, passed, noStart, why } = run(row, ownOnly);
  const expected = [row.setting, ...(row.alsoFails ?? [])];
  const own = row.noStart === true ? noStart : failed.some((title) => title.startsWith(`${row.setting}: `));
  const others = (ownOnly ? [] : failed).filter(
    (title) => !expected.some((one) => title === one || title.startsWith(`${one}: `)),
  );
  const good = own && others.length === 0;
  if (!good) bad += 1;
  process.stdout.write(
    `${good ? "ok " : "BAD"} ${row.setting}: ${failed.length} failed, ${passed} passed; ${noStart ? "its file did not start; " : ""}${own ? "" : "its own test did not fail; "}${[...others, why].join(" | ")}\n`,
  );
}
rmSync(copy, { recursive: true, force: true });
process.exitCode = bad === 0 ? 0 : 1;
