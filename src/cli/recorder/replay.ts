/** `islet replay`: steps the core through a recording, and says whether it decides again what it decided. */
import type { Command } from "commander";
import { type AskedRecordings, readAsked } from "../../app/recorder/files/asked-files.ts";
import { type ReplayResult, replay } from "../../app/recorder/replay.ts";
import { isletVersion } from "../../app/version.ts";
import { AskedWrongly } from "../asked.ts";
import { moment, type ReplayCommandOptions } from "./asked-replay.ts";
import { runWhatIf } from "./what-if.ts";

export function replayCommand(program: Command): void {
  program
    .command("replay")
    .description("step the core through a recording: identical decisions, or the first difference")
    .argument("<recording>", "a file, a folder of them, or a site's state folder")
    .option("--from <moment>", "from this moment on, such as 2026-11-30T14:05:00Z", moment)
    .option("--to <moment>", "up to this moment", moment)
    .option("--what-if <setting=value>", "once more with another setting, such as pcc.exportLimitW=5000")
    .option("--html <file>", "with --what-if: a page with plots of where decisions part")
    .option("--json", "print JSON")
    .action((path: string, options: ReplayCommandOptions) => {
      if (options.html !== undefined && options.whatIf === undefined)
        throw new AskedWrongly("--html goes with --what-if");
      const asked = readAsked(path);
      if (options.whatIf !== undefined) runWhatIf(asked, options.whatIf, options);
      else process.exitCode = report(asked, options) ? 0 : 1;
    });
}

/** True: every tick was decided likewise, and there was at least one. */
function report(asked: AskedRecordings, { from, to, json }: ReplayCommandOptions): boolean {
  const result = replay(asked.blocks, {
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
  });
  const gaps = asked.recordings.flatMap((recording) => recording.gaps);
  const recordedBy = [...new Set(asked.blocks.map(({ header }) => header.version))];
  const identical = result.ticks > 0 && result.firstDifference === null;
  const { ticks, blocks, firstDifference, differing, differingThen, unlike } = result;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ ticks, identical, firstDifference, differing, differingThen, blocks, recordedBy, replayedBy: isletVersion(), unlike, gaps, damage: asked.damage })}\n`,
    );
  else process.stdout.write(replayText(result, identical, recordedBy, gaps.length, asked.damage));
  return identical;
}

function replayText(
  { ticks, blocks, firstDifference, differing, differingThen, unlike }: ReplayResult,
  identical: boolean,
  recordedBy: readonly string[],
  gaps: number,
  damage: readonly string[],
): string {
  const lines: string[] = [];
  const own = isletVersion();
  if (recordedBy.some((version) => version !== own))
    lines.push(
      `Recorded by Islet ${recordedBy.join(", ")}, replayed by ${own}: differences may be what changed between them.`,
    );
  if (unlike.unknown.length > 0) lines.push(`Recorded and unknown to this version: ${listed(unlike.unknown)}.`);
  if (unlike.missing.length > 0)
    lines.push(`Of this version and not recorded (as after a start): ${listed(unlike.missing)}.`);
  if (ticks === 0) lines.push("There is no tick in this time.");
  else if (identical) lines.push(`Identical: ${ticks} ticks in ${blocks} blocks.`);
  if (firstDifference !== null) {
    const { tick, at, field, recorded, replayed, sinceTick } = firstDifference;
    const since = sinceTick < tick ? ` (the decisions differ since tick ${sinceTick})` : "";
    lines.push(
      `Different: ${differing} of ${ticks} ticks. First at tick ${tick}, ${at}${since}: ${field} was ${recorded}, is ${replayed}.`,
    );
  }
  if (differingThen > 0)
    lines.push(
      `The core that ran differed from its copy beside it in ${differingThen} ticks: it was not deterministic then.`,
    );
  if (gaps > 0) lines.push(`${gaps} gaps: ticks that were not recorded.`);
  for (const one of damage) lines.push(`Damage: ${one}.`);
  return `${lines.join("\n")}\n`;
}

const namedMax = 5;
const listed = (names: readonly string[]): string =>
  names.length <= namedMax
    ? names.join(", ")
    : `${names.slice(0, namedMax).join(", ")} and ${names.length - namedMax} more`;
