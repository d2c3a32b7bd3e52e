/** Links to systems outside beside backend and broker, each off unless it is given. */
import { group } from "../setting.ts";
import { csipSettings } from "./csip.ts";

export const linkSettings = group({ csip: csipSettings.optional() }, "Links to utility and energy managers.");
