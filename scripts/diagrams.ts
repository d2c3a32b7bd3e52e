/**
 * The parts of ARCHITECTURE.md that the code prints: `node scripts/diagrams.ts` says which are old, `--write` renews them.
 * A part stands between `<!-- printed: NAME -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { strata } from "../tests/strata.table.ts";

export const architectureFile = join(import.meta.dirname, "../ARCHITECTURE.md");

const mermaid = (lines: readonly string[]): string => ["```mermaid", ...lines, "```"].join("\n");

/** Who may import whom; an arrow that follows from others is left out. */
function strataDiagram(): string {
  const mayOf = new Map(strata.map(({ name, may }) => [name, may]));
  const reaches = (from: string, to: string, around: readonly string[]): boolean =>
    (mayOf.get(from) ?? []).some(
      (next) => !around.includes(next) && (next === to || reaches(next, to, [...around, next])),
    );
  const lines = ["flowchart TD"];
  for (const { name, folder } of strata) lines.push(`  ${name}["${name}<br/>${folder}"]`);
  for (const { name, may } of strata) {
    const direct = may.filter((to) => !may.some((other) => other !== to && reaches(other, to, [name])));
    for (const to of direct) lines.push(`  ${name} --> ${to}`);
  }
  return mermaid(lines);
}

const parts: Readonly<Record<string, () => string>> = { strata: strataDiagram };

/** The text with every printed part as the code has it now. Throws for a part that nobody prints. */
export function withPrintedParts(text: string): string {
  return text.replace(/(<!-- printed: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, head: string, name: string, end) => {
    const print = parts[name];
    if (print === undefined) throw new Error(`nothing prints the part "${name}"`);
    return `${head}${print()}\n${end}`;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const before = readFileSync(architectureFile, "utf8");
  const after = withPrintedParts(before);
  if (process.argv.includes("--write")) writeFileSync(architectureFile, after);
  else if (before !== after) {
    process.stderr.write("ARCHITECTURE.md is older than the code: node scripts/diagrams.ts --write\n");
    process.exitCode = 1;
  }
}
