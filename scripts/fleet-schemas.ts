/** Writes the JSON Schemas of the fleet's messages into `docs/fleet/schemas`; a test holds them to the code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaFiles } from "../src/protocols/fleet/schemas.ts";

const folder = join(import.meta.dirname, "../docs/fleet/schemas");
mkdirSync(folder, { recursive: true });
for (const { name, text } of schemaFiles()) writeFileSync(join(folder, name), text);
