/** Islands on the simulated rig: one on a resonant load that nobody wants, and one that returns through a transfer device. */
import { fileURLToPath } from "node:url";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import type { ResonantLoad, Touch, TwoSides } from "../../src/certify/rig.ts";
import { islandWatchedS } from "../../src/certify/rig.ts";
import type { GridProfile } from "../../src/config/grid-profiles.ts";
import { firmwareShiftPerHz } from "../plant/rlc-island.ts";
import { noStageTrips, runIslandLoop, widenedSettings } from "../story/islanding.ts";
import { startIsletOn } from "../story/islet-controller.ts";
import { Site } from "../story/site.ts";
import { allow } from "../story/vocabulary.ts";
import { listedForClosedTransition, schoolBus, worldFor } from "../world-config.ts";
import type { PlantedFault } from "./planted.ts";

const tickMs = 20;
/** When the breaker opens, s. */
const opensAtS = 1.13;

/**
 * How long the island lives: the controller's functions and its backup, beside a stage with an active method as listed ones
 * have. Trips are widened, so that a method is judged and not a trip.
 */
export function islandLife(
  { qualityFactor, reactiveMismatch, powerPu, settings, withMethods }: ResonantLoad,
  planted: PlantedFault,
): number {
  const { reactiveMode = "none", constantVarPu = 0, voltWattEnabled = false, droopEnabled = false } = settings;
  const isShifting = withMethods && (planted.stage?.antiIslanding ?? true);
  // A load that is balanced with what a function holds, so that the island has no reason to end by itself.
  const heldPu = reactiveMode === "constant-var" ? constantVarPu : 0;
  const { islandS } = runIslandLoop({
    plant: {
      qualityFactor,
      powerPu,
      reactiveMismatch: reactiveMismatch + heldPu / powerPu,
      reactiveLagS: 0.06,
      stageTrips: noStageTrips,
      frequencyShiftPerHz: isShifting ? firmwareShiftPerHz : 0,
    },
    settings: {
      ...widenedSettings,
      reactiveMode,
      constantVarPu,
      voltWattEnabled,
      droopEnabled,
      islandingBackupEnabled: withMethods && planted.stage?.antiIslanding !== false,
    },
    periodS: tickMs / 1_000,
    opensAtS,
    endS: opensAtS + islandWatchedS,
  });
  return islandS;
}

const siteFile = fileURLToPath(new URL("../scenarios/sites/closed-transition.yaml", import.meta.url));
/** The island is running and at rest after this time, ms. */
const islandMs = 90_000;

/** A site with a device for closed transition: an island by request, which is then to return to the grid as it stands. */
export function coupled(
  { voltagePu, frequencyHz, forS }: TwoSides,
  profile: GridProfile,
  seed: number,
  planted: PlantedFault,
): Touch {
  const { nominalFrequencyHz } = profile.settings;
  const loaded = loadSite(siteFile);
  const config = {
    ...loaded.config,
    site: { ...loaded.config.site, nominalFrequencyHz: String(nominalFrequencyHz) },
  } as LoadedSite["config"];
  const world = worldFor({
    seed,
    startsAt: "2027-05-03 10:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    nominalFrequencyHz,
    transferDevice: {
      ...listedForClosedTransition,
      openTravelMs: 40,
      closeTravelMs: 45,
    },
    tiers: [
      { name: "Shelter", loadW: 24_000, inrush: 2 },
      { name: "Kitchen", loadW: 15_000, inrush: 3 },
    ],
    grid: { sourceImpedancePu: 0, wanderPu: 0, wanderHz: 0 },
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: 80 })),
  });
  const settings = planted.settings ? planted.settings(profile.settings) : profile.settings;
  const own = { ...loaded, config, profile: { ...profile, settings } };
  const site = new Site(world, siteFile, tickMs, startIsletOn(planted.site ? planted.site(own) : own));
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  site.world.building.hold(20_000);
  let dueMs = site.nowMs;
  const run = (durationMs: number, until: () => boolean = () => false): void => {
    for (const endMs = dueMs + durationMs; dueMs < endMs && !until(); ) {
      dueMs += tickMs;
      site.tick(dueMs);
    }
  };
  run(5_000);
  site.station.islandRequested = true;
  run(islandMs);
  const { truth, transferDevice } = site.world;
  const touches = truth.touches;
  site.world.setGrid({ voltagePu, frequencyHz, phaseJumpDeg: 77 });
  site.station.islandRequested = false;
  if (transferDevice.closed) return null;
  run(forS * 1_000, () => truth.touches > touches);
  if (truth.touches === touches) return null;
  const { differencePu, slipHz, angleDeg } = truth.touch;
  return { differencePu, slipHz, angleDeg };
}
