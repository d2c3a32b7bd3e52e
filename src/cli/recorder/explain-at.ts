/** `islet explain --at`: why each setpoint was what it was, from the recording. */
import { readAsked } from "../../app/recorder/files/asked-files.ts";
import { momentText, RecordingRefused } from "../../app/recorder/recording-reader.ts";
import { replay } from "../../app/recorder/replay.ts";
import { type Explanation, explain } from "../../core/setpoints/limits.ts";
import { requestSources } from "../../core/setpoints/schedule.ts";

export interface ExplainedMoment {
  readonly at: string;
  readonly mode: string;
  readonly row: string;
  readonly missing: string;
  readonly pccW: number | null;
  readonly importLimitW: number | null;
  readonly exportLimitW: number | null;
  readonly evses: readonly (Omit<Explanation, "requestSource"> & {
    readonly evse: number;
    readonly requestSource: string;
    readonly powerW: number | null;
    readonly chargeW: number;
  })[];
  /** The replay agrees with what was recorded up to there. */
  readonly identical: boolean;
}

/** The last tick at or before the moment. Throws `RecordingRefused` where there is none within a second. */
export function explainAt(path: string, atMs: number): ExplainedMoment {
  const { blocks } = readAsked(path);
  let found: ExplainedMoment | null = null;
  const result = replay(blocks, {
    fromMs: atMs - toleratedMs,
    toMs: atMs,
    onTick({ wallMs, copy: { core, snapshot } }) {
      const { state, output } = core.machine;
      found = {
        at: momentText(wallMs),
        mode: output.mode,
        row: state.row,
        missing: core.needs.missing,
        pccW: known(snapshot.meter.powerW),
        importLimitW: known(core.pccLimits.importLimitW),
        exportLimitW: known(core.pccLimits.exportLimitW),
        evses: snapshot.stages.map((stage, i) => {
          const chain = explain(core.chains.values, i);
          return {
            evse: i + 1,
            ...chain,
            requestSource: requestSources[chain.requestSource] ?? "none",
            powerW: known(stage.powerW),
            chargeW: core.commands.stages[i]!.powerW,
          };
        }),
        identical: true,
      };
    },
  });
  if (found === null)
    throw new RecordingRefused(`there is no recorded tick at ${momentText(atMs)}${rangeText(blocks)}`);
  return { ...(found as ExplainedMoment), identical: result.firstDifference === null };
}

/** A moment between two ticks, or right after the last one, is explained by the tick before it. */
const toleratedMs = 1_000;

function rangeText(blocks: ReturnType<typeof readAsked>["blocks"]): string {
  const first = blocks[0]?.pieces[0]?.fromMs;
  const last = blocks.at(-1)?.pieces.at(-1)?.toMs;
  return first === undefined || last === undefined
    ? ""
    : `; the recording goes from ${momentText(first)} to ${momentText(last)}`;
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
