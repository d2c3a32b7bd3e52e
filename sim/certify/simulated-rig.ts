/**
 * The simulator as a test rig: a stiff grid source, true values as instruments, and as equipment the product's composition of
 * core and bridge over one stage whose protections are set to the code's. Virtual time; a seed makes the same run again.
 */
import { setImmediate } from "node:timers/promises";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import type { Accuracy, Rig, RigFacts } from "../../src/certify/rig.ts";
import { abilities, playS } from "../../src/certify/rig.ts";
import type { GridProfile } from "../../src/config/grid-profiles.ts";
import { promisedRecoveryMs } from "../../src/core/core-config.ts";
import type { PlantedFault } from "./planted.ts";
import { identifiedChain } from "./rig-chain.ts";
import { coupled, islandLife } from "./rig-islands.ts";
import { benchFile, RigRun, ratedW, siteFor } from "./rig-run.ts";

/** Period of the control loop and distance of the samples: short runs are looked at more closely, ms. */
const fineMs = 10;
const coarseMs = 20;
const fineForS = 90;

/** True values: what remains is the distance between two samples. */
const trueInstruments: Accuracy = {
  voltagePu: 1e-6,
  frequencyHz: 1e-6,
  activePu: 1e-6,
  reactivePu: 1e-6,
  timeS: fineMs / 1_000,
};

export interface SimulatedRigOptions {
  readonly profile: GridProfile;
  readonly seed: number;
  readonly instruments?: Accuracy;
  /** For tests: a fault in the equipment. */
  readonly planted?: PlantedFault;
}

/** The rig for a code's profile. */
export function simulatedRig({ profile, seed, instruments = trueInstruments, planted = {} }: SimulatedRigOptions): Rig {
  const { nominalFrequencyHz } = profile.settings;
  const loaded = loadSite(benchFile);
  const config = {
    ...loaded.config,
    site: { ...loaded.config.site, nominalFrequencyHz: String(nominalFrequencyHz) },
  } as LoadedSite["config"];
  const bench: LoadedSite = { ...loaded, config };
  const facts: RigFacts = {
    name: "simulator",
    equipment: "Islet's control cycle with one simulated stage of 60 kW, 60 kVA",
    seed,
    nominalFrequencyHz,
    ratedW,
    ratedVA: ratedW,
    instruments,
    promisedRecoveryS: promisedRecoveryMs(config) / 1_000,
    abilities,
  };
  return {
    facts,
    async play(play) {
      // Between two runs others have their turn: signals, timers.
      await setImmediate();
      const settings = planted.settings ? planted.settings(play.settings) : play.settings;
      const asConfigured = siteFor({ ...bench, profile: { ...profile, settings } }, play);
      const site = planted.site ? planted.site(asConfigured) : asConfigured;
      return new RigRun(site, seed, planted, playS(play) > fineForS ? coarseMs : fineMs, play).play(play);
    },
    async island(load) {
      await setImmediate();
      return islandLife(load, planted);
    },
    async couple(sides) {
      await setImmediate();
      return coupled(sides, profile, seed, planted);
    },
    async chain() {
      await setImmediate();
      const site = planted.site ? planted.site(bench) : bench;
      return identifiedChain({ ...site, profile }, seed, planted);
    },
  };
}
