/**
 * A power control system's export and import limits, loss of what it measures, and its relay functions, after the public texts on
 * UL 1741 CRD PCS and UL 3141 (BATRIES III.C, V), and the utility's trial of Rule 21 sites: non-export and inadvertent export.
 */
import type { GridProfile } from "../../config/grid-profiles.ts";
import { mra, timeMraS } from "../accuracy.ts";
import { conditions } from "../conditions.ts";
import type { Case, Direction } from "../procedure.ts";
import { belowForGoodAfterS, ceasedAfterS, mean, most, reachedAfterS } from "../reading.ts";
import { powerOf, recorded, timeOf } from "../recorded.ts";
import type { Cut, Recording, Segment, SiteTerms } from "../rig.ts";

/** Certified ceiling of a power control system's open-loop response, s. */
const ceilingS = 30;
/** What counts as beyond a limit, of the rating, and instruments that can tell it. */
const beyondPu = 0.005;
const needs = { activePu: 0.01, timeS: 0.1 };
const beginS = 8;
const watchedS = 34;

const exchange = (r: Recording): Float64Array => r.exchangePu ?? new Float64Array(r.activePu.length).fill(Number.NaN);
const taken = (r: Recording): Float64Array => exchange(r).map((pu) => -pu);

interface StepTrial {
  readonly name: string;
  readonly direction: Direction;
  readonly site: SiteTerms;
  readonly requestPu: number;
  readonly loads: readonly [fromPu: number, toPu: number];
  /** Largest exchange in the direction of the limit. */
  readonly limitPu: number;
  readonly quick?: boolean;
}

const stepTrials: readonly StepTrial[] = [
  {
    name: "non-export, load 100 to 0 %",
    direction: "discharging",
    site: { exportLimitPu: 0 },
    requestPu: 1,
    loads: [1, 0],
    limitPu: 0,
    quick: true,
  },
  {
    name: "non-export, load 50 to 10 %",
    direction: "discharging",
    site: { exportLimitPu: 0 },
    requestPu: 1,
    loads: [0.5, 0.1],
    limitPu: 0,
  },
  {
    name: "export 50 %, load 100 to 0 %",
    direction: "discharging",
    site: { exportLimitPu: 0.5 },
    requestPu: 1,
    loads: [1, 0],
    limitPu: 0.5,
  },
  {
    name: "export 50 %, a source of 30 % comes",
    direction: "discharging",
    site: { exportLimitPu: 0.5 },
    requestPu: 1,
    loads: [0.5, -0.3],
    limitPu: 0.5,
  },
  {
    name: "import 80 %, load 10 to 60 %",
    direction: "charging",
    site: { importLimitPu: 0.8 },
    requestPu: -0.7,
    loads: [0.1, 0.6],
    limitPu: 0.8,
    quick: true,
  },
  {
    name: "import only, load 60 to 0 %",
    direction: "discharging",
    site: { controlMode: "import-only" },
    requestPu: 1,
    loads: [0.6, 0],
    limitPu: 0,
  },
  {
    name: "no exchange, load 60 to 0 %",
    direction: "discharging",
    site: { controlMode: "no-exchange" },
    requestPu: 1,
    loads: [0.6, 0],
    limitPu: 0,
  },
  {
    name: "export only, a source of 60 to 20 %",
    direction: "charging",
    site: { controlMode: "export-only" },
    requestPu: -1,
    loads: [-0.6, -0.2],
    limitPu: 0,
  },
];

export const powerControlCases = (profile: GridProfile): readonly Case[] =>
  stepTrials.flatMap((trial) => stepCases(profile, trial));

function stepCases(profile: GridProfile, trial: StepTrial): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const { name, direction, site, requestPu, loads, limitPu, quick } = trial;
  const segments: readonly Segment[] = [
    { forS: beginS, requestPu, loadPu: loads[0] },
    { forS: watchedS, loadPu: loads[1] },
  ];
  const record = recorded({ settings, segments, site });
  const along = (r: Recording): Float64Array => (direction === "charging" ? taken(r) : exchange(r));
  const common = {
    direction,
    setting: `${name}`,
    needs,
    ability: "load" as const,
    ...(quick && { quick: true as const }),
  };
  const endS = beginS + watchedS;
  return [
    {
      ...common,
      name: `${name}: back under the limit`,
      quantity: "time above the limit after the step",
      unit: "s",
      run: async (rig) => {
        const promisedS = Math.min(ceilingS, rig.facts.promisedRecoveryS ?? ceilingS);
        const within = (r: Recording): number => belowForGoodAfterS(r, along(r), limitPu + beyondPu, beginS, endS);
        return timeOf(record, (r) => ({ measured: within(r), low: null, high: promisedS }))(rig);
      },
    },
    {
      ...common,
      name: `${name}: settled`,
      quantity: direction === "charging" ? "import at the connection" : "export at the connection",
      unit: "of rating",
      run: powerOf(record, (r) => ({
        measured: mean(r, along(r), endS - 5, endS),
        low: null,
        high: limitPu + beyondPu,
      })),
    },
    {
      ...common,
      name: `${name}: uses what the limit allows`,
      quantity: "power of the equipment",
      unit: "of rating",
      run: powerOf(record, (r) => ({
        measured: Math.abs(mean(r, r.activePu, endS - 5, endS)),
        // What the limit leaves of the request, less a margin for the meter.
        low: Math.max(0, Math.min(Math.abs(requestPu), limitPu + roomPu(direction, loads[1])) - 0.1),
        high: null,
      })),
    },
  ];
}

/** What a load beside leaves for the equipment at a limit of zero. */
const roomPu = (direction: Direction, loadPu: number): number => (direction === "charging" ? -loadPu : loadPu);

interface Loss {
  readonly name: string;
  readonly cut: Cut;
  /** Declared time to the safe state, s: of the public texts, or the power stage's own watchdog. */
  readonly withinS: number;
}

const losses: readonly Loss[] = [
  { name: "meter silent", cut: "meter-silent", withinS: 3 },
  { name: "meter's values stand still", cut: "meter-frozen", withinS: 5 },
  { name: "link to the power stage cut", cut: "stage-link", withinS: 10 },
];

export function lossCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const { enterDelayS, nominalFrequencyHz } = settings;
  const site = { exportLimitPu: 0 };
  const common = { direction: "discharging" as const, needs, ability: "cuts" as const };
  const rows = losses.map(({ name, cut, withinS }): Case => {
    const segments = [
      { forS: beginS, requestPu: 1, loadPu: 0.6 },
      { forS: 1, cut },
      { forS: 40, loadPu: 0 },
    ];
    const record = recorded({ settings, segments, site });
    return {
      ...common,
      name: `${name}, then the load is gone`,
      setting: "non-export",
      quantity: "time until no power is given, for good",
      unit: "s",
      ...(cut === "meter-silent" && { quick: true as const }),
      run: timeOf(record, (r) => ({ measured: ceasedAfterS(r, beginS, beginS + 40), low: null, high: withinS })),
    };
  });
  const reversed = recorded({
    settings,
    segments: [
      { forS: beginS, requestPu: 1, loadPu: 0.3 },
      { forS: 60, cut: "meter-reversed" },
    ],
    site: { exportLimitPu: 0.3 },
  });
  const died = recorded({
    settings,
    segments: [
      { forS: beginS, requestPu: 1, loadPu: 0.6 },
      { forS: enterDelayS + 30, restartAfterS: 2 },
    ],
    site,
  });
  return [
    ...rows,
    {
      ...common,
      name: "current transformers reversed while it runs",
      setting: "export 30 %",
      quantity: "time above the limit",
      unit: "s",
      run: timeOf(reversed, (r) => ({
        measured: belowForGoodAfterS(r, exchange(r), 0.3 + beyondPu, beginS, beginS + 60),
        low: null,
        high: ceilingS,
      })),
    },
    {
      ...common,
      name: "controller dies and starts anew",
      setting: "non-export",
      quantity: "most export",
      unit: "of rating",
      run: powerOf(died, (r) => ({
        measured: most(r, exchange(r), beginS, Number.POSITIVE_INFINITY),
        low: null,
        high: 0.02,
      })),
    },
    {
      ...common,
      name: "controller dies and starts anew: comes back after the delay",
      setting: `delay ${enterDelayS} s`,
      quantity: "time from the new start until power flows again",
      unit: "s",
      run: timeOf(died, (r) => {
        // Power ends somewhere after the death, and comes back.
        const gone = reachedAfterS(
          { ...r, activePu: r.activePu.map((pu) => 1 - pu) },
          0.98,
          beginS,
          Number.POSITIVE_INFINITY,
        );
        const back = reachedAfterS(r, 0.02, beginS + gone, Number.POSITIVE_INFINITY);
        const mraS = timeMraS(enterDelayS, nominalFrequencyHz);
        return { measured: gone + back - 2, low: enterDelayS - mraS, high: enterDelayS + 28 };
      }),
    },
  ];
}

/** Reverse power and minimum import as functions of the equipment (5.10.5): beside a loop that would not let it come to that. */
export function reversePowerCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const [minimum, delayS] = [0.1, 2];
  const marginPu = 0.02;
  const common = { direction: "discharging" as const, ability: "load" as const, needs };
  const minimumTrial = (import_: number) =>
    recorded({
      settings,
      site: { minimumImportPu: minimum, relayDelayS: delayS },
      segments: [
        { forS: beginS, requestPu: 0.3, loadPu: 0.6 },
        { forS: 10, requestPu: 0.6 - import_ },
        { forS: 30, requestPu: 0.3 },
      ],
    });
  const [inside, outside] = [minimumTrial(minimum + marginPu), minimumTrial(minimum - marginPu)];
  const reverse = recorded({
    settings,
    site: { exportLimitPu: 0, reverseMarginPu: 0.02, relayDelayS: delayS },
    segments: [
      { forS: beginS, requestPu: 0.4, loadPu: 0.6 },
      { forS: 6, loadPu: -0.2 },
      { forS: 30, loadPu: 0.6 },
    ],
  });
  const setting = `import at least ${minimum} of rating, ${delayS} s`;
  return [
    {
      ...common,
      name: "minimum import, just inside",
      setting,
      quantity: "power afterwards",
      unit: "of rating",
      run: powerOf(inside, (r) => ({ measured: mean(r, r.activePu, beginS + 20, beginS + 30), low: 0.25, high: null })),
    },
    {
      ...common,
      name: "minimum import, just outside",
      setting,
      quantity: "time to cease, for good",
      unit: "s",
      quick: true,
      run: timeOf(outside, (r) => ({
        measured: ceasedAfterS(r, beginS, beginS + 39),
        low: delayS - 0.1,
        high: delayS + 0.5,
      })),
    },
    {
      ...common,
      name: "reverse power by a source beside: discharging stays off until a person resets it",
      setting: `export beyond the limit by 0.02 of rating, ${delayS} s`,
      quantity: "most power after the source is gone",
      unit: "of rating",
      run: powerOf(reverse, (r) => ({
        measured: most(r, r.activePu, beginS + 7, Number.POSITIVE_INFINITY),
        low: null,
        high: mra.activePu,
      })),
    },
  ];
}

/** Drops of load in a trial on site, and what counts as an inadvertent export: longer than this, s. */
const drops = 6;
const countedS = 2;

export function siteTrialCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  const site = { exportLimitPu: 0 };
  const common = { direction: "discharging" as const, ability: "load" as const, needs };
  const main = recorded({
    settings,
    site,
    segments: [
      { forS: beginS, requestPu: 1, loadPu: 0.6 },
      { forS: 10, mainClosed: false },
    ],
  });
  const dropping = recorded({
    settings,
    site,
    segments: Array.from({ length: drops }, (_, i): readonly Segment[] => [
      { forS: beginS, requestPu: 1, loadPu: 0.9 },
      { forS: beginS, loadPu: 0.6 - 0.1 * i },
    ]).flat(),
  });
  return [
    {
      ...common,
      name: "the main is tripped",
      setting: "load 60 %",
      quantity: "time to cease",
      unit: "s",
      quick: true,
      run: timeOf(main, (r) => ({ measured: ceasedAfterS(r, beginS, beginS + 9.5), low: null, high: 2 })),
    },
    {
      ...common,
      name: `loads are dropped ${drops} times`,
      setting: "non-export",
      quantity: `exports longer than ${countedS} s`,
      unit: "count",
      run: timeOf(dropping, (r) => ({ measured: stretchesAbove(r, beyondPu, countedS), low: null, high: 0 })),
    },
    {
      ...common,
      name: `loads are dropped ${drops} times: longest export`,
      setting: "non-export",
      quantity: "longest export",
      unit: "s",
      run: timeOf(dropping, (r) => ({ measured: longestAboveS(r, beyondPu), low: null, high: countedS })),
    },
  ];
}

/** Lengths of the stretches in which more than a level is exported, s. */
function stretches(r: Recording, levelPu: number): number[] {
  const lengths: number[] = [0];
  for (const pu of exchange(r)) {
    if (pu > levelPu) lengths[lengths.length - 1]! += r.stepS;
    else if (lengths.at(-1)! > 0) lengths.push(0);
  }
  return lengths;
}

const stretchesAbove = (r: Recording, levelPu: number, longerS: number): number =>
  stretches(r, levelPu).filter((lengthS) => lengthS > longerS).length;
const longestAboveS = (r: Recording, levelPu: number): number => Math.max(...stretches(r, levelPu));
