/** `islet map`: from an unknown device to a register map that works: new, check, try. */
import type { Command } from "commander";
import { addCheck } from "./check.ts";
import { addNew } from "./new.ts";
import { addTry } from "./try.ts";

export function mapCommand(program: Command): void {
  const map = program.command("map").description("check, try or begin a register map of a device");
  addCheck(map);
  addTry(map);
  addNew(map);
}
