/** The last minutes of the one quantity that matters in this mode, with the distance to its limits. */

import { decimal, localNumber, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { positionNames } from "./diagram.ts";
import { kW, nb, type Words } from "./format.ts";
import type { Totals } from "./totals.ts";

export interface ContactTrace {
  readonly name: string;
  /** 0 … 1 along the time shown when it moved; null when it did not. */
  readonly movedAt: number | null;
  readonly end: string;
}
export interface TrendView {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly samples: readonly (number | null)[];
  readonly min: number;
  readonly max: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly lowLabel: string;
  readonly note: string;
  /** Instead of a line: when each contact moved after the command. */
  readonly contacts: {
    readonly allowedText: string;
    readonly allowedFrom: number;
    readonly allowedTo: number;
    readonly traces: readonly ContactTrace[];
  } | null;
}

/** How far beyond its band a voltage or frequency is drawn, share of the band. */
const edgeShare = 0.5;

export function trendView(state: SiteState, totals: Totals, words: Words): TrendView {
  const { trend, k1 } = state;
  if ((totals.k1 === "unproven" || state.mode.mode === "lockedOut") && k1.trace) return contactsView(state, words);
  const pcc = trend.quantity === "pccW";
  const scale = pcc ? 1000 : 1;
  const low = trend.lowLimit === null ? null : trend.lowLimit / scale;
  const high = trend.highLimit === null ? null : trend.highLimit / scale;
  const raw = trend.samples.map((sample) => (sample === null ? null : sample / scale));
  // A band of a few percent must stay readable after an outage: what lies far outside is drawn at the edge.
  const edge = pcc || low === null || high === null ? Number.POSITIVE_INFINITY : edgeShare * (high - low);
  const samples = raw.map((sample) =>
    sample === null ? null : Math.min((high ?? 0) + edge, Math.max((low ?? 0) - edge, sample)),
  );
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let swing = 0;
  let swingAt = 0;
  let before: number | null = null;
  raw.forEach((sample, i) => {
    if (sample === null) return;
    min = Math.min(min, samples[i]!);
    max = Math.max(max, samples[i]!);
    if (before !== null && Math.abs(sample - before) > swing) {
      swing = Math.abs(sample - before);
      swingAt = i;
    }
    before = sample;
  });
  if (low !== null) min = Math.min(min, low);
  if (high !== null) max = Math.max(max, high);
  if (!Number.isFinite(min) || !Number.isFinite(max)) [min, max] = [0, 1];
  const room = Math.max((max - min) * 0.18, pcc ? 1 : trend.quantity === "gridVoltagePu" ? 0.02 : 0.1);
  const minutes = Math.max(1, Math.round((samples.length * trend.stepMs) / 60_000));
  const last = minutes === 1 ? t`last minute` : t`last ${minutes} minutes`;
  const said = {
    pccW: {
      title: t`Power at the PCC, ${last}`,
      unit: "kW",
      digits: 1,
      lowLabel: low === 0 ? t`Exporting: not permitted` : t`Above the export limit of ${kW((low ?? 0) * 1000)}`,
    },
    islandFrequencyHz: {
      title: t`Island frequency, ${last}`,
      unit: "Hz",
      digits: 2,
      lowLabel: t`Below ${decimal(low ?? 0, 1)}${nb}Hz: load is shed by tier`,
    },
    gridVoltagePu: {
      title: t`Grid voltage, ${last}`,
      unit: "pu",
      digits: 3,
      lowLabel: t`Below ${decimal(low ?? 0, 3)}${nb}pu: the wait starts again`,
    },
  }[trend.quantity];
  const noteAt = words.hm(trend.startsAtMs + swingAt * trend.stepMs);
  return {
    ...said,
    samples,
    min: min - room,
    max: max + room,
    low,
    high,
    note:
      swing > 0
        ? words.say("trend.largestStep", { step: `${decimal(swing, said.digits)}${nb}${said.unit}`, at: noteAt })
        : "",
    contacts: null,
  };
}

/** Seconds shown before the command and after the allowed time, as parts of the allowed time. */
const marginPart = 1 / 3;

function contactsView(state: SiteState, words: Words): TrendView {
  const { k1 } = state;
  const trace = k1.trace;
  const allowedMs = k1.travelLimitS * 1000;
  const spanMs = allowedMs * (1 + 2 * marginPart);
  const along = (atMs: number | null | undefined): number | null =>
    atMs == null || !trace
      ? null
      : Math.min(1, Math.max(0, (atMs - trace.commandAtMs + allowedMs * marginPart) / spanMs));
  const wanted = k1.command === "close" ? "closed" : "open";
  return {
    title:
      k1.command === "none"
        ? t`K1 when it was told to move`
        : k1.command === "open"
          ? t`K1 when it was told to open`
          : t`K1 when it was told to close`,
    unit: "",
    digits: 0,
    samples: [],
    min: 0,
    max: 1,
    low: null,
    high: null,
    lowLabel: "",
    note: words.say("trend.k1Limit", { wanted, limit: `${localNumber(String(k1.travelLimitS))}${nb}s` }),
    contacts: {
      allowedText: t`${k1.travelLimitS}${nb}s allowed`,
      allowedFrom: marginPart / (1 + 2 * marginPart),
      allowedTo: (1 + marginPart) / (1 + 2 * marginPart),
      traces: [
        { name: t`Command`, movedAt: along(trace?.commandAtMs), end: String(positionNames[wanted]) },
        { name: "NO", movedAt: along(trace?.noMovedAtMs), end: String(positionNames[k1.no]) },
        { name: "NC", movedAt: along(trace?.ncMovedAtMs), end: String(positionNames[k1.nc]) },
      ],
    },
  };
}
