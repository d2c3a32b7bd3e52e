/**
 * The links to systems outside that the configuration names, each started once and looked at together. Whoever builds a link
 * opens it here; what it asks goes through the one port.
 */
import type { SiteConfig } from "../../config/site.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Log } from "../log.ts";
import type { People } from "../people.ts";
import { startCsip } from "./csip/csip-link.ts";
import { startEebus } from "./eebus/eebus-link.ts";
import { type FleetLink, type FleetOptions, startFleet } from "./fleet/fleet-link.ts";
import type { LinkPort } from "./link-port.ts";
import { startMqtt } from "./mqtt/mqtt-link.ts";
import type { OutsideLink } from "./outside-link.ts";

/** What links are given. */
interface LinkParts extends Omit<FleetOptions, "config" | "fleet"> {
  readonly config: SiteConfig;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  readonly links: LinkPort;
  readonly log: Log;
}

export interface OutsideLinks {
  readonly all: readonly OutsideLink[];
  /** The link to a fleet, which is told what the page shows. */
  readonly fleet: FleetLink | null;
}

export function openOutsideLinks(parts: LinkParts): OutsideLinks {
  const {
    mqtt,
    links: { csip, eebus, fleet: given },
  } = parts.config;
  const fleet = given === undefined ? null : startFleet({ ...parts, fleet: given });
  return {
    all: [
      ...(mqtt === undefined ? [] : [startMqtt({ ...parts, mqtt })]),
      ...(csip === undefined ? [] : [startCsip({ ...parts, csip })]),
      ...(eebus === undefined ? [] : [startEebus({ ...parts, eebus })]),
      ...(fleet === null ? [] : [fleet]),
    ],
    fleet,
  };
}
