/**
 * The one composition of core and firmware bridge. Product, simulator, benches and tests give it the site as it was loaded and
 * what was remembered from before the start; they differ only in what stands behind the ports. Whatever a new file says
 * becomes a key of `LoadedSite`, travels with it as a whole and is used here, once.
 */
import { type Bridge, type BridgeOptions, createBridge } from "../../../firmware-bridge/bridge.ts";
import type { TransportFactory } from "../../../firmware-bridge/device/transport.ts";
import { type GridProfile, missingSettings } from "../../config/grid-profiles.ts";
import type { SiteConfig } from "../../config/site.ts";
import { type Core, createCore } from "../../core/core.ts";
import { emptyRecord, type ModeRecord } from "../../core/modes/state.ts";
import type { PccMemory } from "../../core/pcc/pcc-memory.ts";
import { bridgeSettings } from "./bridge-settings.ts";
import type { LoadedSite } from "./load-config.ts";

/** What was remembered from before this start. */
export interface SiteMemory {
  /** What the mode machine was about. */
  readonly record: Readonly<ModeRecord>;
  /** Latest moment that durable records know of, ms UTC; −Infinity for none. */
  readonly clockFloorMs: number;
  /** What is on record of exports and imports beyond their limits; null for nothing. */
  readonly pccMemory: PccMemory | null;
}

/** A first start: nothing is remembered. */
export const noMemory: SiteMemory = {
  record: emptyRecord,
  clockFloorMs: Number.NEGATIVE_INFINITY,
  pccMemory: null,
};

/** What belongs to this start alone. */
export interface StartMoment {
  readonly nowMs: number;
  /** UTC minus the monotonic clock, ms; NaN where the wall clock is not trusted. */
  readonly wallAheadMs: number;
  /** For the random part of the enter-service delay, in [0, 1). */
  readonly randomFraction: number;
  /** Period of the loop as it truly runs, ms: longer than configured where real-time priority was not granted. */
  readonly periodMs: number;
}

const running = (config: SiteConfig, periodMs: number): SiteConfig => ({
  ...config,
  loop: { ...config.loop, periodMs },
});

/** What a core is made of. */
type CoreSite = Pick<LoadedSite, "config" | "profile" | "generationProfile">;

/** The core of a site. */
export function composeCore(site: CoreSite, memory: SiteMemory, moment: StartMoment): Core {
  return createCore(running(site.config, moment.periodMs), {
    profile: site.profile,
    record: memory.record,
    clockFloorMs: memory.clockFloorMs,
    nowMs: moment.nowMs,
    randomFraction: moment.randomFraction,
    wallAheadMs: moment.wallAheadMs,
    ...(site.generationProfile && { generationProfile: site.generationProfile }),
    ...(memory.pccMemory && { pccMemory: memory.pccMemory }),
  });
}

/** The firmware bridge of a site. A stage counts as verified only with the grid profile's functions in force. */
export function composeBridge(
  site: LoadedSite,
  periodMs: number,
  createTransport: TransportFactory,
  options: BridgeOptions,
): Bridge {
  const bridge = createBridge(bridgeSettings(running(site.config, periodMs), site.maps), createTransport, options);
  // What only stands in for an unknown value is never written to a stage.
  if (missingSettings(site.profile).length === 0) bridge.setFunctions(site.profile.settings);
  return bridge;
}

/** A site that refers to no files besides its grid profile: for benches and tests. */
export const plainSite = (config: SiteConfig, profile: GridProfile): LoadedSite => ({
  config,
  profile,
  generationProfile: null,
  maps: new Map(),
  agreements: [],
});
