import { defineConfig } from "vitest/config";

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
        test: { name: "logic", include: ["tests/**/*.test.ts"], exclude: ["tests/sockets/**", "tests/browser/**"] },
      },
      // Real sockets at real speed, and a browser: each has the machine for itself.
      {
        extends: true,
        test: {
          name: "real",
          include: ["tests/sockets/**/*.test.ts", "tests/browser/**/*.test.ts"],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
