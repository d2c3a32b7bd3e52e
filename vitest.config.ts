import { globSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * Real sockets at real speed, a browser, and whatever waits in real time: one file after the other; `npm test` runs them beside
 * the product suite, which waits most of its time.
 * `tests/real-time.test.ts` finds what belongs here and is not named.
 */
const serial = [
  ...["sockets", "browser", "firmware-bridge", "protocols/modbus"].map((folder) => `tests/${folder}/**/*.test.ts`),
  "tests/app/audit.test.ts",
  "tests/app/economy/feeds.test.ts",
  "tests/app/full-disk.test.ts",
  "tests/app/permit.test.ts",
  "tests/app/service-manager.test.ts",
  "tests/cli/update.test.ts",
  "tests/docs/commands.test.ts",
  "tests/dashboard/{accounts,attacks,second-factor,server}.test.ts",
  "tests/dashboard/languages/english.test.ts",
  "tests/protocols/ocpp/{fuzz,journal,security,sockets,versions}.test.ts",
];

/**
 * The product suite waits in real time too, nearly always for its sites, and is made for a machine that is busy beside it:
 * some of its files at the same time.
 */
const product = ["tests/product/**/*.test.ts"];

/** The tests that may wait in real time, absolute paths. */
export const realTimeTests = (): string[] =>
  globSync([...serial, ...product], { cwd: import.meta.dirname }).map((path) => join(import.meta.dirname, path));

/** A test has this long before it counts as hanging, ms: no verdict on speed, so generous for a busy machine. */
const hangsAfterMs = 300_000;

export default defineConfig({
  test: {
    // Two cores are the smallest machine that the suite is meant for.
    maxWorkers: 2,
    pool: "forks",
    testTimeout: hangsAfterMs,
    hookTimeout: hangsAfterMs,
    setupFiles: [join(import.meta.dirname, "tests/processor-time.ts")],
    // `npm run coverage`: of the tests that need no real time. It more than doubles their processor time (measured 2.3 times),
    // so `npm test` goes without.
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "firmware-bridge/**/*.ts", "sim/**/*.ts"],
      reporter: ["text-summary", "html"],
      reportsDirectory: "coverage",
    },
    projects: [
      {
        extends: true,
        test: { name: "logic", include: ["tests/**/*.test.ts"], exclude: [...serial, ...product] },
      },
      {
        extends: true,
        test: {
          name: "real",
          include: serial,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "product", include: product, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
