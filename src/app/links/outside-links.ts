/**
 * The links to systems outside that the configuration names, each started once and looked at together. Whoever builds a link
 * opens it here; what it asks goes through the one port.
 */
import type { GridProfile } from "../../config/grid-profiles.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Economy } from "../economy/economy.ts";
import type { Log } from "../log.ts";
import type { FleetLink, FleetOptions } from "./fleet/fleet-link.ts";
import type { LinkPort } from "./link-port.ts";
import type { OutsideLink } from "./outside-link.ts";

/** What links are given. */
interface LinkParts extends Omit<FleetOptions, "config" | "fleet"> {
  readonly config: SiteConfig;
  readonly profile: GridProfile;
  readonly inputs: readonly EvseInputs[];
  readonly links: LinkPort;
  readonly economy: Economy;
  /** Prices or commitments have changed: whoever plans looks again. */
  readonly replan: () => void;
  readonly log: Log;
}

interface OutsideLinks {
  readonly all: readonly OutsideLink[];
  /** The link to a fleet, which is told what the page shows. */
  readonly fleet: FleetLink | null;
}

/** Starts the links of a site. */
type OpenOutsideLinks = (parts: LinkParts) => OutsideLinks;

/**
 * Loads what the configured links need, and nothing of the others: each brings libraries of its own, and a gateway has little
 * memory.
 */
export async function loadOutsideLinks({ mqtt, links }: Pick<SiteConfig, "mqtt" | "links">): Promise<OpenOutsideLinks> {
  const { csip, eebus, openadr, sunspec, fleet } = links;
  const parts = await Promise.all([
    mqtt &&
      import("./mqtt/mqtt-link.ts").then(
        ({ startMqtt }) =>
          (p: LinkParts) =>
            startMqtt({ ...p, mqtt }),
      ),
    csip &&
      import("./csip/csip-link.ts").then(
        ({ startCsip }) =>
          (p: LinkParts) =>
            startCsip({ ...p, csip }),
      ),
    eebus &&
      import("./eebus/eebus-link.ts").then(
        ({ startEebus }) =>
          (p: LinkParts) =>
            startEebus({ ...p, eebus }),
      ),
    openadr &&
      import("./openadr/openadr-link.ts").then(
        ({ startOpenadr }) =>
          (p: LinkParts) =>
            startOpenadr({ ...p, openadr, nowMs: Date.now }),
      ),
    sunspec &&
      import("./sunspec/sunspec-link.ts").then(
        ({ startSunspec }) =>
          (p: LinkParts) =>
            startSunspec({ ...p, sunspec, nowMs: Date.now }),
      ),
  ]);
  const startFleet = fleet && (await import("./fleet/fleet-link.ts")).startFleet;
  return (given) => {
    const fleetLink = fleet && startFleet ? startFleet({ ...given, fleet }) : null;
    const all: OutsideLink[] = parts.flatMap((start) => (start ? [start(given)] : []));
    return { all: fleetLink === null ? all : [...all, fleetLink], fleet: fleetLink };
  };
}
