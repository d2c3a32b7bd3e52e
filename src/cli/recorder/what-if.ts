/** `islet replay --what-if`: where decisions part with another setting, in words and as a page with plots. */
import { writeFileSync } from "node:fs";
import type { AskedRecordings } from "../../app/recorder/files/asked-files.ts";
import { changeOf, SettingRefused, sumW, whatIf } from "../../app/recorder/what-if.ts";
import { AskedWrongly } from "../asked.ts";
import type { ReplayCommandOptions } from "./asked-replay.ts";
import { pageOf, plotSection } from "./page.ts";

const pointsMax = 600;
const shownMax = 8;

export function runWhatIf({ blocks, damage }: AskedRecordings, asked: string, options: ReplayCommandOptions): void {
  const first = blocks[0]?.pieces[0]?.fromMs ?? 0;
  const last = blocks.at(-1)?.pieces.at(-1)?.toMs ?? 0;
  const fromMs = Math.max(options.from ?? first, first);
  const toMs = Math.min(options.to ?? last, last);
  const atS: number[] = [];
  const lines = { recorded: [] as number[], changed: [] as number[], pcc: [] as number[] };
  const everyMs = (toMs - fromMs) / pointsMax;
  let nextMs = fromMs;
  try {
    const change = changeOf(asked);
    const result = whatIf(blocks, change, fromMs, toMs, ({ wallMs, recorded, changed }) => {
      if (wallMs < nextMs) return;
      nextMs = wallMs + everyMs;
      atS.push((wallMs - fromMs) / 1_000);
      lines.recorded.push(sumW(recorded) / 1_000);
      lines.changed.push(sumW(changed) / 1_000);
      const { powerW } = recorded.snapshot.meter;
      lines.pcc.push(Number.isFinite(powerW) ? powerW / 1_000 : 0);
    });
    const { ticks, differing, partings, mostW, mostAt } = result;
    if (options.json)
      process.stdout.write(
        `${JSON.stringify({ whatIf: change, ticks, differing, partings, mostW, mostAt, damage })}\n`,
      );
    else process.stdout.write(textOf(asked, result));
    if (options.html === undefined) return;
    const plots = [
      plotSection("Setpoints of all power stages together: as recorded, and with the other setting", {
        unit: "kW",
        atS,
        lines: [
          { name: "recorded", values: lines.recorded },
          { name: "what-if", values: lines.changed },
        ],
      }),
      plotSection("Power at the PCC, as it was: it does not answer to what would have been decided", {
        unit: "kW",
        atS,
        lines: [{ name: "PCC", values: lines.pcc }],
      }),
    ];
    const title = `What if ${asked}`;
    writeFileSync(options.html, pageOf(title, textOf(asked, result).trim().split("\n"), plots));
  } catch (failure) {
    if (failure instanceof SettingRefused) throw new AskedWrongly(failure.message);
    throw failure;
  }
}

function textOf(asked: string, { ticks, differing, partings, mostW, mostAt }: ReturnType<typeof whatIf>): string {
  if (ticks === 0) return "There is no tick in this time.\n";
  if (partings.length === 0) return `With ${asked} every one of ${ticks} ticks would have been decided likewise.\n`;
  const most = mostW > 0 ? ` The setpoints are apart by ${(mostW / 1_000).toFixed(1)} kW at most, at ${mostAt}.` : "";
  const lines = [
    `With ${asked} ${differing} of ${ticks} ticks would have been decided otherwise.${most}`,
    ...partings
      .slice(0, shownMax)
      .map(
        ({ at, tick, field, recorded, changed }) =>
          `From ${at} (tick ${tick}) on: ${field} was ${recorded}, would have been ${changed}.`,
      ),
    ...(partings.length > shownMax ? [`${partings.length - shownMax} more decisions part later.`] : []),
    "The inputs are those of then: meter and stages do not answer to what would have been decided.",
  ];
  return `${lines.join("\n")}\n`;
}
