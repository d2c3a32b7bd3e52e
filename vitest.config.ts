import { defineConfig } from "vitest/config";

/** Real sockets at real speed, and a browser: each file has the machine for itself. */
const real = ["sockets", "browser", "firmware-bridge", "protocols/modbus", "product"].map(
  (folder) => `tests/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // Two cores are the smallest machine that the suite is meant for.
    maxWorkers: 2,
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "logic", include: ["tests/**/*.test.ts"], exclude: real },
      },
      {
        extends: true,
        test: {
          name: "real",
          include: real,
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
