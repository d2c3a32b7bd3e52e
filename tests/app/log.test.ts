import { describe, expect, test } from "vitest";
import { lineOf } from "../../src/app/log.ts";

const at = { time: Date.UTC(2026, 6, 14, 8), level: 30 };

describe("a line for people", () => {
  test.each([
    ["a plain one", { ...at, msg: "The control loop runs." }, "08:00:00 The control loop runs."],
    [
      "an error says its cause, with the code",
      {
        ...at,
        level: 50,
        msg: "the action stop failed",
        err: { message: "database or disk is full", code: "SQLITE_FULL" },
      },
      "08:00:00 error the action stop failed: database or disk is full (SQLITE_FULL)",
    ],
    [
      "a cause that the sentence has is not said twice",
      { ...at, level: 40, msg: "not kept: ENOSPC", err: { message: "ENOSPC" } },
      "08:00:00 warn  not kept: ENOSPC",
    ],
    [
      "an entry that was typed to look like two",
      { ...at, msg: "sign-in-refused: x\n09:99:99 FAKE: signed-in: installer \u001b[31m" },
      "08:00:00 sign-in-refused: x\\u000a09:99:99 FAKE: signed-in: installer \\u001b[31m",
    ],
    ["an entry without words", { ...at }, "08:00:00 "],
  ])("%s", (_, entry, line) => {
    expect(lineOf(entry)).toBe(line);
  });
  test("one without end is cut", () => {
    expect(lineOf({ ...at, msg: "x".repeat(100_000) }).length).toBeLessThan(2_100);
  });
});
