/**
 * A vehicle sleeps when the grid fails: it is woken, and lights the shelter. It leaves, and another one comes in the dark, which
 * speaks with the controller from its first message on: its session is negotiated without a grid, and its battery lights the shelter.
 */
import { at, least, most, secondsUntil } from "../../checkers/probes.ts";
import { usualPort } from "../../plant/stage/vehicle-port.ts";
import type { Check, Scenario } from "../../story/scenario.ts";
import type { Site } from "../../story/site.ts";
import { fedByIsland, k1Open, lit } from "../../story/transfer-words.ts";
import { arrives } from "../../story/vocabulary.ts";
import { schoolBus } from "../../world-config.ts";
import { darkShelterBegins, darkShelterWorld } from "../dark-shelter.ts";

const east = 0;
const session = { protocol: "20", scheduled: false, habit: "", id: "BUS1" } as const;
const isAsleep = (site: Site): number => site.sessions!.told.filter(({ text }) => text.includes("sleeps until")).length;

function checks(): Check[] {
  return [
    ["asked to pause while the backend has no power for it", at("10:00:55", isAsleep), "=", 1, "times"],
    ["outage: K1 open", secondsUntil(k1Open, "10:01", 1_000), "≤", 5, "s"],
    ["the vehicle that slept is woken and lights the shelter", secondsUntil(fedByIsland, "10:01", 1_000, "10:02"), "≤", 15, "s"],
    ["it left: dark", at("10:02:30", (s) => (lit(s) ? 1 : 0)), "=", 0, "yes"],
    ["one that comes in the dark lights the shelter", secondsUntil(fedByIsland, "10:02:40", 1_000), "≤", 15, "s"],
    ["its battery carries the tiers", most((s) => -s.world.stages[east]!.truePowerW, "10:03:30", "10:04"), "≥", 5_000, "W"],
    ["lit until the grid is back", least((s) => (lit(s) ? 1 : 0), "10:03:30", "10:04"), "=", 1, "yes"],
    ["lit by the grid again", secondsUntil((s) => lit(s) && !k1Open(s), "10:04", 1_000), "≤", 45, "s"],
  ];
}

export const vehicleInTheDark: Scenario = {
  name: "vehicle-in-the-dark",
  sentence: "A vehicle that sleeps is woken by an outage, and one that comes in the dark goes through its session and lights the shelter.",
  siteFile: "sim/scenarios/sites/vehicle-in-the-dark.yaml",
  tickMs: 50,
  from: "10:00",
  to: "10:05",
  world: (seed) => ({
    ...darkShelterWorld(seed, () => ({ stage: { port: usualPort, blackStartMs: 800 }, pumps: { inrush: 3 } })),
    vehicles: [{ ...schoolBus, socPct: 80 }, undefined],
  }),
  begins(site) {
    darkShelterBegins(site);
    site.uses[east] = session;
    site.station.requestAll(10_000);
  },
  checks,
  story: [
    ["10:00:30", "The backend has no power for the bus.", (site) => site.station.requestAll(0)],
    ["10:01", "The grid fails.", (site) => site.world.setGrid({ present: false })],
    ["10:02", "The bus leaves.", (site) => site.world.unplug(east)],
    ["10:02:40", "Another one comes.", (site) => arrives(site, east, { ...schoolBus, socPct: 70 })],
    ["10:04", "The grid is back.", (site) => site.world.setGrid({ present: true })],
  ],
};
