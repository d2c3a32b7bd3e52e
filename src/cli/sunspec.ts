/** `islet sunspec`: our own SunSpec models for other people's tools: as definitions that SunSpec clients load, and as a C header. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { printCHeader } from "../../firmware-bridge/maps/c-header.ts";
import { modelJson, printModelJson } from "../../firmware-bridge/maps/model-json.ts";
import { vendorModels } from "../../firmware-bridge/maps/vendor-models.table.ts";

interface SunspecOptions {
  readonly out?: string;
  readonly cHeader?: boolean;
  readonly json?: boolean;
}

export function sunspecCommand(program: Command): void {
  program
    .command("sunspec")
    .description("print our own SunSpec models: definitions for SunSpec clients, or a C header for firmware")
    .option("--out <folder>", "write one definition a file, model_64901.json and so on, as SunSpec clients expect them")
    .option("--c-header", "print the register map as a C header")
    .option("--json", "print all definitions as one JSON array")
    .action(({ out, cHeader, json }: SunspecOptions) => {
      if (cHeader) process.stdout.write(printCHeader());
      else if (out !== undefined) {
        mkdirSync(out, { recursive: true });
        for (const model of vendorModels) {
          const file = join(out, `model_${model.id}.json`);
          writeFileSync(file, printModelJson(model));
          process.stdout.write(`${file}\n`);
        }
      } else if (json) process.stdout.write(`${JSON.stringify(vendorModels.map(modelJson))}\n`);
      else for (const { id, name } of vendorModels) process.stdout.write(`${id}  ${name}\n`);
    });
}
