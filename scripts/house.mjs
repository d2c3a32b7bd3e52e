// `npm run house`: prints and judges the shape of the code. With `--all`, names also what a rule that holds still leaves.
import { dirname } from "node:path";
import { judge } from "./house/judge.ts";

const all = process.argv.includes("--all");
let broken = 0;
for (const { rule, found, bound, holds, offenders } of judge(dirname(import.meta.dirname))) {
  if (!holds) broken++;
  process.stdout.write(`${holds ? "ok  " : "NOT "} ${rule}: ${found} (${bound})\n`);
  if (!holds || all) for (const offender of offenders) process.stdout.write(`       ${offender}\n`);
}
process.exit(broken ? 1 : 0);
