import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { printCHeader } from "../../firmware-bridge/maps/c-header.ts";
import { vendorModels } from "../../firmware-bridge/maps/vendor-models.table.ts";
import { layoutModel } from "../../src/protocols/sunspec/model.ts";
import { sunspecModels } from "../../src/protocols/sunspec/models.ts";

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

describe("the header for firmware in C", () => {
  test("names every command with its range and what silence does", () => {
    const header = printCHeader();
    expect(header).toMatch(/#define ISLET_STAGE_TOK +28 \/\*.*accepted: ClkMs.*on silence: kept \*\//);
    expect(header).toMatch(/#define ISLET_TRANSFER_DEVICE_MODEL_ID +64902/);
  });

  test("has every model that the contract makes compulsory, with its words", () => {
    const header = printCHeader();
    for (const id of [
      1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715, 64_901, 64_902, 64_903,
    ])
      expect(header).toMatch(new RegExp(`_MODEL_ID +${id}$`, "m"));
    for (const constant of [
      "ISLET_CONTACT_CLOSED +1",
      "ISLET_SYNC_YES +1",
      "SUNSPEC_ALARM_AC_UNDER_VOLT +\\(1u << 11\\)",
      "ISLET_SUNSPEC_BASE +40000 ",
      "ISLET_TOK_MAX_DEFAULT_MS +300 ",
      "ISLET_HB_TMS_DEFAULT_S +5 ",
      "SUNSPEC_OPERATE_START +1",
    ])
      expect(header).toMatch(new RegExp(`#define ${constant}`));
  });

  test("no constant has two values", () => {
    const seen = new Map<string, string>();
    for (const [, name, value] of printCHeader().matchAll(/^#define (\w+) +(.+?)(?: \/\*.*)?$/gm)) {
      expect(`${name} ${seen.get(name!) ?? value}`).toBe(`${name} ${value}`);
      seen.set(name!, value!);
    }
    expect(seen.size).toBeGreaterThan(500);
  });

  test.skipIf(!hasCompiler)("compiles without a warning, and its offsets are those of the map", () => {
    const folder = mkdtempSync(join(tmpdir(), "islet-header-"));
    try {
      writeFileSync(join(folder, "islet.h"), printCHeader([...vendorModels, ...sunspecModels]));
      const { byPath } = layoutModel(vendorModels[0]!);
      const program = `#include <stdio.h>
#include "islet.h"
int main(void) { printf("%d %d %d %u", ISLET_STAGE_SEQ, ISLET_STAGE_WCMD, ISLET_ROLE_FORMING, ISLET_FLAG_WATCHDOG_TRIPPED); return 0; }
`;
      writeFileSync(join(folder, "main.c"), program);
      const flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];
      execFileSync("gcc", [...flags, "-o", join(folder, "main"), join(folder, "main.c")], { stdio: "pipe" });
      const printed = execFileSync(join(folder, "main"), { encoding: "utf8" });
      expect(printed).toBe(`${byPath.get("Seq")!.offset} ${byPath.get("WCmd")!.offset} 3 8`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
