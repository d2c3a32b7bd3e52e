/** Every scenario by name. */
import type { Scenario } from "../scenario.ts";
import { blindMeter } from "./blind-meter.table.ts";
import { closedTransition } from "./closed-transition.table.ts";
import { depotDay } from "./depot-day.table.ts";
import { homeBackup } from "./home-backup.table.ts";
import { lgpYear } from "./lgp-year.ts";
import { outageHub } from "./outage-hub.table.ts";
import { permitDay } from "./permit-day.table.ts";
import { plannedIsland } from "./planned-island.table.ts";

export const scenarios: readonly Scenario[] = [
  depotDay,
  homeBackup,
  permitDay,
  blindMeter,
  lgpYear,
  outageHub,
  closedTransition,
  plannedIsland,
];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
