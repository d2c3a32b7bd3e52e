/**
 * The links to systems outside that the configuration names, each started once and looked at together. Whoever builds a link
 * opens it here; what it asks goes through the one port.
 */
import type { SiteConfig } from "../../config/site.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Log } from "../log.ts";
import type { People } from "../people.ts";
import type { Documents } from "../store/store.ts";
import { startCsip } from "./csip/csip-link.ts";
import type { LinkPort } from "./link-port.ts";
import { startMqtt } from "./mqtt/mqtt-link.ts";
import type { OutsideLink } from "./outside-link.ts";

/** What links are given. */
interface LinkParts {
  readonly config: SiteConfig;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  readonly links: LinkPort;
  readonly documents: Documents;
  readonly log: Log;
}

export function openOutsideLinks(parts: LinkParts): readonly OutsideLink[] {
  const {
    mqtt,
    links: { csip },
  } = parts.config;
  return [
    ...(mqtt === undefined ? [] : [startMqtt({ ...parts, mqtt })]),
    ...(csip === undefined ? [] : [startCsip({ ...parts, csip })]),
  ];
}
