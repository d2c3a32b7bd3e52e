import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planted } from "./faults.table.ts";

const root = join(import.meta.dirname, "../..");

describe("faults that are planted again", () => {
  test.each(planted.map((row) => [row.id, row] as const))(
    "%s has its one place in the code, and its tests",
    (_, row) => {
      expect(readFileSync(join(root, row.file), "utf8").split(row.from)).toHaveLength(2);
      expect(row.to).not.toBe(row.from);
      expect(row.tests.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    },
  );
  test("none has another's name", () => expect(new Set(planted.map(({ id }) => id)).size).toBe(planted.length));
});
