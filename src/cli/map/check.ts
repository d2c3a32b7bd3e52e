/** `islet map check`: what is wrong with a map, by line, and what it can be used for. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { mapFileMistakeText, parseMapFile } from "../../../firmware-bridge/maps/map-file.ts";
import { usesOf } from "../../../firmware-bridge/maps/map-uses.ts";

export function addCheck(map: Command): void {
  map
    .command("check")
    .description("say what is wrong with a map, by file and line, and what each use of it still lacks")
    .argument("<file...>", "map files, YAML")
    .option("--json", "print JSON")
    .addHelpText("after", "\nThe exit code is 0 when every file is a map, 1 when one has a mistake.\n")
    .action((files: string[], { json }: { readonly json?: boolean }) => {
      const checks = files.map(checkMap);
      if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
      if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
      else for (const check of checks) process.stdout.write(`${checkText(check)}\n`);
    });
}

/** What a check of one file found. */
export type MapCheck = ReturnType<typeof checkMap>;

/** Reads and checks one file; one that can't be read is a mistake in line 0. */
export function checkMap(file: string) {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (failure) {
    const sentence = `can't be read (${(failure as NodeJS.ErrnoException).code})`;
    return { file, ok: false as const, mistakes: [{ file, line: 0, setting: "", sentence }] };
  }
  const parsed = parseMapFile(text, file);
  if (!parsed.ok) return { file, ok: false as const, mistakes: parsed.error };
  const { kind, maker, tested, facts, fixed = [], commands, constants = [] } = parsed.value;
  return {
    file,
    ok: true as const,
    kind,
    maker: maker ?? null,
    tested: tested ?? null,
    facts: [...facts, ...fixed].map(({ name }) => name),
    commands: [...commands, ...constants].map(({ name }) => name),
    recognised: parsed.value.recognise !== undefined,
    uses: usesOf(parsed.value),
  };
}

/** What a person reads. */
export function checkText(check: MapCheck): string {
  if (!check.ok) {
    const lines = check.mistakes.map((one) =>
      one.line === 0 ? `${one.file}: ${one.sentence}` : mapFileMistakeText(one),
    );
    return [...lines, `${check.file}: ${check.mistakes.length} to mend.`].join("\n");
  }
  const { file, kind, maker, tested, facts, commands, uses } = check;
  const lines = [
    `${file}: ${maker ?? "a device without a name (maker:)"}, ${kind}; ${facts.length} facts, ${commands.length} commands; tested: ${tested ?? "nobody says"}.`,
  ];
  for (const { use, lacks, notes } of uses) {
    lines.push(`  ${use}: ${lacks.length === 0 ? "yes" : `no, it lacks ${lacks.join("; ")}`}`);
    for (const note of notes) lines.push(`    ${note}`);
  }
  return lines.join("\n");
}
