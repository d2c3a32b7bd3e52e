/**
 * Cases of functions that follow a characteristic: one run goes from point to point, and for each point the value at the
 * open-loop response time and the value after it has settled are judged by the characteristic's band.
 */
import type { GridSettings } from "../config/grid-profiles.ts";
import { around, bandFactor, curveBand, mra, responseShare, timeMraS } from "./accuracy.ts";
import type { Case, Direction, Finding } from "./procedure.ts";
import { mean, plotOf, valueAt } from "./reading.ts";
import type { Recording, Rig, Segment } from "./rig.ts";

/** A characteristic and the way along it. */
export interface Walk {
  readonly name: string;
  readonly direction: Direction;
  readonly setting: string;
  readonly settings: Readonly<GridSettings>;
  /** Before the first point, s. */
  readonly begin: Segment;
  readonly drive: "voltagePu" | "frequencyHz" | "requestPu";
  readonly points: readonly number[];
  readonly y: "activePu" | "reactivePu";
  /** Expected y at x. */
  readonly f: (x: number) => number;
  /** Open-loop response time to be kept on both sides, or undefined where settled values alone are judged. */
  readonly responseS: number | undefined;
  /** After this time a value counts as settled, s. */
  readonly settledS: number;
  readonly quick?: boolean;
}

/** Values are means over this time, s. */
const windowS = 0.5;
const marginS = 1;
/** Smaller steps tell nothing about a response time, in MRA of y. */
const tellingSteps = 4;

const words = { voltagePu: ["V", "pu"], frequencyHz: ["f", "Hz"], requestPu: ["P", "of rating"] } as const;
const short = (value: number): string => String(Number(value.toPrecision(4)));

/** The recording of a walk is made once for each rig, whichever of its cases asks first. */
export function walkCases(walk: Walk): readonly Case[] {
  const { begin, drive, points, settledS, settings, y, f, responseS } = walk;
  const eachS = settledS + windowS + marginS;
  const recordings = new WeakMap<Rig, Promise<Recording>>();
  const play = (rig: Rig): Promise<Recording> => {
    const made =
      recordings.get(rig) ??
      rig.play({ settings, segments: [begin, ...points.map((x) => ({ forS: eachS, [drive]: x }))] });
    recordings.set(rig, made);
    return made;
  };
  const [letter, unit] = words[drive];
  const common = {
    direction: walk.direction,
    setting: walk.setting,
    quantity: y === "activePu" ? "active power" : "reactive power",
    unit: "of rating",
    ...(walk.quick && { quick: true as const }),
  };
  const mraX = drive === "requestPu" ? mra.activePu : mra[drive];
  const needsX = drive === "requestPu" ? { activePu: mra.activePu } : { [drive]: mraX };
  return points.flatMap((x, i): readonly Case[] => {
    const fromS = begin.forS + i * eachS;
    const to = `${walk.name}, ${letter} ${short(x)} ${unit}`;
    const settled: Case = {
      ...common,
      name: `${to}, settled`,
      needs: { ...needsX, [y]: mra[y] },
      async run(rig) {
        const recording = await play(rig);
        const measured = mean(recording, recording[y], fromS + settledS, fromS + settledS + windowS);
        const band = curveBand(f, x, mraX, mra[y]);
        return { measured, ...band, uncertainty: rig.facts.instruments[y], plot: plotOf(recording, [y], band) };
      },
    };
    const before = i === 0 ? xOf(begin, drive) : points[i - 1]!;
    const tells = responseS !== undefined && Math.abs(f(x) - f(before)) > tellingSteps * mra[y];
    if (!tells) return [settled];
    const mraS = timeMraS(responseS, settings.nominalFrequencyHz);
    const response: Case = {
      ...common,
      name: `${to}, after ${short(responseS)} s`,
      needs: { ...needsX, [y]: mra[y], timeS: mraS },
      run: async (rig) => responseAt(rig, await play(rig), { walk, x, fromS, responseS, mraX, mraS }),
    };
    return [response, settled];
  });
}

const xOf = ({ voltagePu = 1, frequencyHz = Number.NaN, requestPu = 1 }: Segment, drive: Walk["drive"]): number =>
  ({ voltagePu, frequencyHz, requestPu })[drive];

interface ResponsePoint {
  readonly walk: Walk;
  readonly x: number;
  readonly fromS: number;
  readonly responseS: number;
  readonly mraX: number;
  readonly mraS: number;
}

function responseAt(rig: Rig, recording: Recording, { walk, x, fromS, responseS, mraX, mraS }: ResponsePoint): Finding {
  const { y, f } = walk;
  const y0 = mean(recording, recording[y], fromS - windowS, fromS);
  const settled = curveBand(f, x, mraX, 0);
  const values = [responseS - bandFactor * mraS, responseS + bandFactor * mraS].flatMap((atS) =>
    [settled.low, settled.high].map((yss) => y0 + (yss - y0) * responseShare(atS, responseS)),
  );
  const band = around(values, bandFactor * mra[y]);
  const measured = valueAt(recording, recording[y], fromS + responseS);
  return { measured, ...band, uncertainty: rig.facts.instruments[y], plot: plotOf(recording, [y], band) };
}

/** Straight lines through points in ascending x, level beyond the ends. */
export function throughPoints(points: readonly (readonly [x: number, y: number])[]): (x: number) => number {
  return (x) => {
    const after = points.findIndex(([at]) => at > x);
    if (after === 0) return points[0]![1];
    if (after < 0) return points.at(-1)![1];
    const [x1, y1] = points[after - 1]!;
    const [x2, y2] = points[after]!;
    return y1 + ((y2 - y1) * (x - x1)) / (x2 - x1);
  };
}
