/** Links to systems outside beside backend and broker, each off unless it is given. */
import { group } from "../setting.ts";
import { csipSettings } from "./csip.ts";
import { eebusSettings } from "./links/eebus.ts";
import { fleetLinkSettings } from "./links/fleet.ts";

export const linkSettings = group(
  { csip: csipSettings.optional(), eebus: eebusSettings.optional(), fleet: fleetLinkSettings.optional() },
  "Links to utility and energy managers.",
);
