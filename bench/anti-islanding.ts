/**
 * The anti-islanding matrix: how long an unintentional island lives at 147 load matches, with the stage's certified kind of
 * function, with the controller's backup alone, and where neither makes a claim; and whether anything trips in events that
 * must be ridden through. Virtual time: the figures are the same on every machine. `--quick` takes one opening instant and
 * shortens the 299 s holds.
 */

import { firmwareShiftPerHz, type RlcIslandOptions } from "../sim/plant/rlc-island.ts";
import {
  isInSweep,
  islandMatrix,
  longestIslandS,
  noStageTrips,
  openingInstantsS,
  rideThrough,
  rideThroughCases,
  watchedS,
  widenedSettings,
} from "../sim/story/islanding.ts";
import { type GridSettings, standardGridProfile } from "../src/config/grid-profiles.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

interface Row {
  readonly name: string;
  readonly plant: Partial<RlcIslandOptions>;
  readonly periodS: number;
  readonly settings: Partial<GridSettings>;
}

/** Time constant of a stage that reaches 90 % of its reactive power in one second. */
const slowLagS = 1 / Math.LN10;
const stageOn = { frequencyShiftPerHz: firmwareShiftPerHz };

const row = (
  name: string,
  plant: Partial<RlcIslandOptions>,
  { backup = false, base = widenedSettings, periodS = 0.02 } = {},
): Row => ({
  name,
  plant: { stageTrips: noStageTrips, ...plant },
  periodS,
  settings: { ...base, islandingBackupEnabled: backup },
});

/** Everything enabled, as a site with reactive support would have it. */
const allOn: Partial<GridSettings> = {
  ...standardGridProfile.settings,
  reactiveMode: "volt-var",
  voltWattEnabled: true,
  droopEnabled: true,
};
/** Only the trips of the profile. */
const tripsOnly: Partial<GridSettings> = {
  ...standardGridProfile.settings,
  reactiveMode: "none",
  droopEnabled: false,
  momentaryCessation: false,
};

const rows: readonly Row[] = [
  row("Qf 1, no method (the island must hold)", {}),
  row("Qf 1, trips of Category III only", {}, { base: tripsOnly }),
  row("Qf 1, Category III and its support functions", {}, { base: allOn }),
  row("Qf 1, stage function", stageOn),
  row("Qf 1, backup, lag 20 ms, period 10 ms", { reactiveLagS: 0.02 }, { backup: true, periodS: 0.01 }),
  row("Qf 1, backup, lag 20 ms, period 20 ms", { reactiveLagS: 0.02 }, { backup: true }),
  row("Qf 1, backup, lag 100 ms, period 10 ms", { reactiveLagS: 0.1 }, { backup: true, periodS: 0.01 }),
  row("Qf 1, backup, lag 100 ms, period 20 ms", { reactiveLagS: 0.1 }, { backup: true }),
  row("Qf 1, backup, 90 % of Q in 1 s (no claim)", { reactiveLagS: slowLagS }, { backup: true }),
  row("Qf 1, backup and profile, lag 100 ms", { reactiveLagS: 0.1 }, { backup: true, base: allOn }),
  row("Qf 1, all on, lag 100 ms", { reactiveLagS: 0.1, ...stageOn }, { backup: true, base: allOn }),
  row("Qf 2.5, stage function (no claim)", { qualityFactor: 2.5, ...stageOn }),
  row("Qf 2.5, backup, lag 20 ms (no claim)", { qualityFactor: 2.5, reactiveLagS: 0.02 }, { backup: true }),
  row("Qf 2.5, backup, lag 100 ms (no claim)", { qualityFactor: 2.5, reactiveLagS: 0.1 }, { backup: true }),
  row("Qf 1, 25 % share, stage function (no claim)", { share: 0.25, ...stageOn }),
  row("Qf 1, 25 % share, backup, lag 20 ms (no claim)", { share: 0.25, reactiveLagS: 0.02 }, { backup: true }),
  row("Qf 1, 25 % share, backup, lag 100 ms (no claim)", { share: 0.25, reactiveLagS: 0.1 }, { backup: true }),
];

const limitS = 2;
const stageLimitS = 0.5;

/** The backup alone where its limits lie: by the age of the meter's frequency, and by the reactive power that is left for it. */
function runLimits(say: BenchOptions["say"]): BenchResult {
  const sweep = islandMatrix.filter(isInSweep);
  const site = { stageTrips: noStageTrips, reactiveLagS: 0.06, commandDeadS: 0.01, reportDeadS: 0.03 };
  const instantsS = openingInstantsS.filter((_, i) => i % 2 === 0);
  const figures: Figure[] = [];
  say("| the backup alone, Qf 1, ±5 % sweep | ≤ 2 s | of | longest, s |");
  say("|---|---|---|---|");
  const tell = (name: string, livesS: readonly number[]): void => {
    const within = livesS.filter((lifeS) => lifeS <= limitS).length;
    const longestS = Math.max(...livesS);
    say(`| ${name} | ${within} | ${livesS.length} | ${seconds(longestS)} |`);
    figures.push({ name: `${name}: within 2 s`, value: within, unit: `of ${livesS.length}` });
    figures.push(lifeFigure(`${name}: longest`, longestS));
  };
  for (const ageMs of [30, 110, 210, 300, 400, 500, 1_000]) {
    const lives = sweep.map((point) =>
      longestIslandS({ ...site, ...point, reportDeadS: ageMs / 1_000 }, widenedSettings, 0.02, instantsS),
    );
    tell(`frequency ${ageMs} ms old`, lives);
  }
  // Another function holds reactive power, and the load is balanced with it: what is left of 0.5 of the rated power.
  for (const heldPu of [0.3, 0.35, 0.4, 0.44, 0.5, -0.4, -0.44, -0.5]) {
    const settings = { ...widenedSettings, reactiveMode: "constant-var", constantVarPu: heldPu / ratedVAPu } as const;
    const lives = sweep.map((point) => {
      const balanced = [heldPu, -heldPu].map((held) => point.reactiveMismatch + held);
      return Math.max(
        ...balanced.map((reactiveMismatch) =>
          longestIslandS({ ...site, ...point, reactiveMismatch }, settings, 0.02, instantsS),
        ),
      );
    });
    tell(
      `${heldPu < 0 ? "absorbs" : "injects"} ${Math.abs(heldPu)}, ${(0.5 - Math.abs(heldPu)).toFixed(2)} left`,
      lives,
    );
  }
  return { name: "anti-islanding-limits", figures };
}

/** Apparent power of the test circuit's stage, of its rated power. */
const ratedVAPu = 1.1;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  if (args.includes("--limits")) return runLimits(say);
  const quick = args.includes("--quick");
  const instantsS = quick ? openingInstantsS.slice(0, 1) : openingInstantsS;
  const figures: Figure[] = [];
  say("| guard | ≤ 0.5 s | ≤ 2 s | of | longest, s | longest in the ±5 % sweep, s |");
  say("|---|---|---|---|---|---|");
  for (const { name, plant, periodS, settings } of rows) {
    const livesS = islandMatrix.map((point) => longestIslandS({ ...plant, ...point }, settings, periodS, instantsS));
    const within = livesS.filter((lifeS) => lifeS <= limitS).length;
    const fast = livesS.filter((lifeS) => lifeS <= stageLimitS).length;
    const longestS = Math.max(...livesS);
    const sweepS = Math.max(...livesS.filter((_, index) => isInSweep(islandMatrix[index]!)));
    say(`| ${name} | ${fast} | ${within} | ${livesS.length} | ${seconds(longestS)} | ${seconds(sweepS)} |`);
    figures.push(
      { name: `${name}: within 0.5 s`, value: fast, unit: `of ${livesS.length}` },
      { name: `${name}: within 2 s`, value: within, unit: `of ${livesS.length}` },
      lifeFigure(`${name}: longest`, longestS),
      lifeFigure(`${name}: longest in the sweep`, sweepS),
    );
  }
  say("");
  let trips = 0;
  for (const periodS of [0.01, 0.02]) {
    for (const reactiveLagS of [0.02, 0.1]) {
      for (const event of rideThroughCases(quick ? 20 : 299)) {
        const result = rideThrough(event, { reactiveLagS, ...stageOn }, allOn, periodS);
        const stayed = result.ceasedBy === "" && result.cause === "none";
        if (!stayed) trips++;
        if (!stayed || (periodS === 0.02 && reactiveLagS === 0.1)) {
          say(`${stayed ? "stays" : `TRIPS (${result.ceasedBy}, ${result.cause})`}: ${event.name}`);
        }
      }
    }
  }
  figures.push({ name: "trips in events that must be ridden through, everything on", value: trips, unit: "" });
  return { name: "anti-islanding", figures };
}

const lifeFigure = (name: string, valueS: number): Figure =>
  Number.isFinite(valueS)
    ? { name, value: valueS, unit: "s" }
    : { name, value: watchedS, unit: "s and longer: not detected" };

const seconds = (valueS: number): string => (Number.isFinite(valueS) ? valueS.toFixed(2) : "not detected");
