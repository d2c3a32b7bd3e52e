/** A way through the states, told in the words of the site: what changed from one state to the next. */
import { modeNames } from "../../src/domain/modes.ts";
import { faultNames } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { inputChanges } from "./inputs.ts";

const roleWords = ["is off", "charges", "gives power", "forms"] as const;

/** Everything that happened on the way, in order. */
export function tell(trace: readonly World[]): string[] {
  const words: string[] = [];
  for (let i = 1; i < trace.length; i++) words.push(...changes(trace[i - 1]!, trace[i]!));
  return words;
}

/** The last things that happened. A fault that came before them is named first. */
export function tellEnd(trace: readonly World[], itemsMax = 9): string {
  const all = tell(trace);
  const end = all.slice(-itemsMax);
  const before = all.slice(0, -itemsMax).filter((item) => item.startsWith("fault"));
  return [...before, ...(before.length > 0 ? ["…"] : []), ...end].join("; ");
}

function changes(a: World, b: World): string[] {
  const words = inputChanges(a, b);
  for (const [on, kind] of [
    [F.faultOn, F.fault],
    [F.fault2On, F.fault2],
  ] as const)
    if (a[on] !== b[on]) words.push(`${b[on] === 1 ? "fault" : "fault clears"}: ${faultNames[b[kind]!]}`);
  if (a[F.up] !== b[F.up]) words.push(b[F.up] === 1 ? "the controller starts again" : "the controller dies");
  else if (a[F.mode] !== b[F.mode]) words.push(`→ ${modeNames[b[F.mode]!]}`);
  if (a[F.k1Open] !== b[F.k1Open]) words.push(b[F.k1Open] === 1 ? "K1 opens" : "K1 closes");
  if (a[F.role] !== b[F.role]) words.push(`the stage ${roleWords[b[F.role]!]}`);
  if (a[F.role2] !== b[F.role2]) words.push(`stage 2 ${roleWords[b[F.role2]!]}`);
  return words;
}
