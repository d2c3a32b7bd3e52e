/** Kinds of vehicles from files: one kind in a YAML file, each with its source. A file with a mistake is told and left out. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { QuirkRow } from "./sessions/quirks.ts";

const filesMax = 500;
const fileBytesMax = 20_000;

const settings = z.strictObject({
  vehicle: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  evccid: z.array(z.string().regex(/^[0-9A-Za-z:-]{2,40}$/, "must be letters and digits")).max(100),
  negativeDischargeLimits: z.boolean().optional(),
  withoutDischargedMeter: z.boolean().optional(),
  leastOfferW: z.number().min(0).max(50_000).optional(),
  keepsPowerInRenegotiation: z.boolean().optional(),
  minimumCurrentA: z.number().min(0).max(100).optional(),
  stopPatienceS: z.number().min(1).max(60).optional(),
});

export interface QuirkLibrary {
  readonly rows: readonly QuirkRow[];
  /** A sentence for each file that was left out. */
  readonly mistakes: readonly string[];
}

/** All kinds of a folder; none where there is no folder. */
export function readQuirks(folder: string): QuirkLibrary {
  const rows: QuirkRow[] = [];
  const mistakes: string[] = [];
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  } catch {
    return { rows, mistakes: [`${folder} can't be read: no vehicle is treated otherwise than the rest`] };
  }
  if (names.length > filesMax) mistakes.push(`${folder} has more than ${filesMax} files: the rest is left out`);
  for (const name of names.sort().slice(0, filesMax)) {
    const file = join(folder, name);
    try {
      if (statSync(file).size > fileBytesMax) throw new Error(`is larger than ${fileBytesMax} bytes`);
      const { vehicle, source, evccid, ...quirks } = settings.parse(parse(readFileSync(file, "utf8")));
      const given = Object.fromEntries(Object.entries(quirks).filter(([, value]) => value !== undefined));
      rows.push({ vehicle, source, evccid, quirks: given });
    } catch (thrown) {
      mistakes.push(`${file}: ${sentenceOf(thrown)}`);
    }
  }
  return { rows, mistakes };
}

function sentenceOf(thrown: unknown): string {
  if (!(thrown instanceof z.ZodError)) return (thrown as Error).message.split("\n")[0]!;
  const [issue] = thrown.issues;
  return `${issue!.path.join(".") || "the file"}: ${issue!.message}`;
}
