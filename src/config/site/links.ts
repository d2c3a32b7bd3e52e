/** Links to systems outside beside backend and broker, each off unless it is given. */
import { group } from "../setting.ts";
import { csipSettings } from "./csip.ts";
import { eebusSettings } from "./links/eebus.ts";
import { fleetLinkSettings } from "./links/fleet.ts";
import { openadrSettings } from "./links/openadr.ts";
import { sunspecSettings } from "./links/sunspec-server.ts";

export const linkSettings = group(
  {
    csip: csipSettings.optional(),
    eebus: eebusSettings.optional(),
    openadr: openadrSettings.optional(),
    sunspec: sunspecSettings.optional(),
    fleet: fleetLinkSettings.optional(),
  },
  "Links to utility and energy managers.",
);
