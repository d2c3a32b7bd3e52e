/**
 * Twelve outages of a shelter whose grid comes back at the worst moments: while K1 opens, while the bus is proven dead, while
 * its voltage rises, between two tiers; to stay, to die again at once, or at a voltage that nobody can use. Whatever happens,
 * K1 never closes onto the bus that is being formed, a start that the grid has cut short is not counted against the site, and
 * the shelter ends up lit: by the grid that stays, or by its own island when it does not.
 */
import { atEnd, longestMs, most, secondsUntil, totalS } from "../checkers/probes.ts";
import { starts } from "../checkers/start-probes.ts";
import type { Check, Scenario, StoryEvent } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Closed, lit } from "../story/transfer-words.ts";
import type { WorldConfig } from "../world-config.ts";
import { darkShelterBegins, darkShelterWorld } from "./dark-shelter.ts";

const rounds = 12;
const roundMs = 120_000;
/** From the failure to the end of a black start, ms: the returns fall somewhere in it. */
const startLastsMs = 8_000;
/** So often the last outage's grid comes back only to spoil a start: more than the starts that a site has. */
const teased = 4;

const world = (seed: number): WorldConfig =>
  darkShelterWorld(seed, (random) => ({
    stage: { blackStartMs: random.between(400, 2_000) },
    pumps: { loadW: 1_000 * random.between(5, 9), inrush: 3 },
  }));

const grid = (present: boolean) => (site: Site): void => site.world.setGrid({ present, voltagePu: 1 });

/** The grid fails, and comes back somewhere in the black start: for good, for a moment, several times, or too low for a while. */
function failsAndReturns(site: Site): void {
  const random = site.world.random.stream(`line at ${Math.round(site.elapsedMs / 1_000)}`);
  grid(false)(site);
  let atMs = startLastsMs * random.uniform();
  const flickers = random.below(4);
  for (let i = 0; i < flickers; i++) {
    site.after(atMs, grid(true));
    atMs += random.between(50, 6_000);
    site.after(atMs, grid(false));
    atMs += random.between(500, startLastsMs);
  }
  if (random.uniform() < 0.3) {
    const voltagePu = random.between(0.6, 0.85);
    site.after(atMs, (s) => s.world.setGrid({ present: true, voltagePu }));
    atMs += random.between(500, startLastsMs);
  }
  site.after(atMs, grid(true));
}

const pollMs = 5;

/** The grid fails, comes back as often as a stage begins to raise the bus, goes again after a few seconds, and stays away. */
function teases(site: Site): void {
  const random = site.world.random.stream("teasing");
  let left = teased;
  let armed = true;
  grid(false)(site);
  const watch = (s: Site): void => {
    const { bus } = s.world;
    const raising = bus.formers > 0 && bus.voltagePu < 0.5;
    if (raising && armed) {
      armed = false;
      left--;
      const goneAfterMs = random.between(1_500, 5_000);
      s.after(random.between(0, 60), grid(true));
      s.after(goneAfterMs, (later) => {
        grid(false)(later);
        armed = true;
      });
    }
    if (left > 0) s.after(pollMs, watch);
  };
  watch(site);
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");
const roundAt = (round: number): string => {
  const minute = (round * roundMs) / 60_000;
  return `${twoDigits(10 + Math.floor((minute + 1) / 60))}:${twoDigits((minute + 1) % 60)}`;
};
/** The last outage: the grid has teased often enough, and stays away. */
const awayAt = roundAt(rounds);
const backAt = roundAt(rounds + 2);
const endAt = roundAt(rounds + 3);

/** Between two rounds the grid has been back for long enough: whether the shelter hangs on it again, lit. */
function litByGridBeforeEachRound(): Check[1] {
  let rounds = 0;
  let worst = 1;
  let before = -1;
  return {
    from: undefined,
    to: awayAt,
    look(site) {
      const round = Math.floor((site.elapsedMs - 60_000 + 1_000) / roundMs);
      if (round === before) return;
      before = round;
      rounds++;
      if (rounds > 1 && !(k1Closed(site) && lit(site))) worst = 0;
    },
    value: () => worst,
  };
}

function checks(): Check[] {
  return [
    ["black starts that the story has met",           starts(),                                                         "≥", 5,     "starts"],
    ["lit by the grid again before each outage",      litByGridBeforeEachRound(),                                       "=", 1,     "yes"],
    ["longest darkness while the grid plays",         longestMs((s) => !lit(s), "10:00", awayAt),                       "≤", 60_000, "ms"],
    ["dark altogether while the grid plays",          totalS((s) => !lit(s), "10:00", awayAt),                          "≤", 540,   "s"],
    ["locked out",                                    longestMs(isIn("lockedOut")),                                     "=", 0,     "ms"],
    ["starts until the teased island stays",          starts(awayAt, backAt),                                           "=", teased + 1, "starts"],
    ["island when the grid stays away at last",       secondsUntil(fedByIsland, awayAt, 5_000),                         "≤", 50,    "s"],
    ["no start was used up by a grid that returned",  most((s) => (s.controller?.blackStart?.refusal === "starts-used" ? 1 : 0)), "=", 0, "yes"],
    ["lit by the grid at the end",                    secondsUntil((s) => k1Closed(s) && lit(s), backAt, 1_000),        "≤", 40,    "s"],
    ["surge at any closing",                          atEnd((s) => s.world.truth.worstSurgePu),                         "=", 0,     "× rated"],
    ["closings between two live sides",               atEnd((s) => s.world.truth.touches),                              "=", 0,     "times"],
    ["feeding the grid's side in an outage",          atEnd((s) => s.world.truth.longestBackfeedMs),                    "=", 0,     "ms"],
  ];
}

const outages: readonly StoryEvent[] = Array.from({ length: rounds }, (_, round) => [
  roundAt(round),
  "The grid fails, and plays with the site before it stays.",
  failsAndReturns,
]);

export const gridReturnsDuringBlackStart: Scenario = {
  name: "grid-returns-during-black-start",
  sentence: "The grid comes back, and goes again, in the middle of one black start after another.",
  siteFile: "sim/scenarios/sites/grid-returns-during-black-start.yaml",
  tickMs: 20,
  from: "10:00",
  to: endAt,
  world,
  begins: darkShelterBegins,
  checks,
  story: [
    ...outages,
    [awayAt, "The grid fails, spoils four starts, and stays away.", teases],
    [backAt, "The grid is back for good.",                          grid(true)],
  ],
};
