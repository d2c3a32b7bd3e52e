/**
 * The links to systems outside that the configuration names, each started once and looked at together. Whoever builds a link
 * opens it here; what it asks goes through the one port.
 */
import type { SiteConfig } from "../../config/site.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Economy } from "../economy/economy.ts";
import type { Log } from "../log.ts";
import type { People } from "../people.ts";
import { startCsip } from "./csip/csip-link.ts";
import { startEebus } from "./eebus/eebus-link.ts";
import { type FleetLink, type FleetOptions, startFleet } from "./fleet/fleet-link.ts";
import type { LinkPort } from "./link-port.ts";
import { startMqtt } from "./mqtt/mqtt-link.ts";
import { startOpenadr } from "./openadr/openadr-link.ts";
import type { OutsideLink } from "./outside-link.ts";
import { startSunspec } from "./sunspec/sunspec-link.ts";

/** What links are given. */
interface LinkParts extends Omit<FleetOptions, "config" | "fleet"> {
  readonly config: SiteConfig;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  readonly links: LinkPort;
  readonly economy: Economy;
  /** Prices or commitments have changed: whoever plans looks again. */
  readonly replan: () => void;
  readonly log: Log;
}

export interface OutsideLinks {
  readonly all: readonly OutsideLink[];
  /** The link to a fleet, which is told what the page shows. */
  readonly fleet: FleetLink | null;
}

export function openOutsideLinks(parts: LinkParts): OutsideLinks {
  const { mqtt, links } = parts.config;
  const { csip, eebus, openadr, sunspec } = links;
  const fleet = links.fleet === undefined ? null : startFleet({ ...parts, fleet: links.fleet });
  return {
    all: [
      ...(mqtt === undefined ? [] : [startMqtt({ ...parts, mqtt })]),
      ...(csip === undefined ? [] : [startCsip({ ...parts, csip })]),
      ...(eebus === undefined ? [] : [startEebus({ ...parts, eebus })]),
      ...(openadr === undefined ? [] : [startOpenadr({ ...parts, openadr, nowMs: Date.now })]),
      ...(sunspec === undefined ? [] : [startSunspec({ ...parts, sunspec, nowMs: Date.now })]),
      ...(fleet === null ? [] : [fleet]),
    ],
    fleet,
  };
}
