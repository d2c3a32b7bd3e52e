/** Every scenario by name. */
import type { Scenario } from "../story/scenario.ts";
import { blackStart } from "./black-start.table.ts";
import { blindMeter } from "./blind-meter.table.ts";
import { closedTransition } from "./closed-transition.table.ts";
import { depotDay } from "./depot-day.table.ts";
import { energyRunsOut } from "./energy-runs-out.table.ts";
import { gridReturnsDuringBlackStart } from "./grid-returns-during-black-start.table.ts";
import { homeBackup } from "./home-backup.table.ts";
import { lgpYear } from "./lgp-year.ts";
import { lyingContact } from "./lying-contact.table.ts";
import { mixedDepot } from "./mixed-depot.table.ts";
import { outageHub } from "./outage-hub.table.ts";
import { permitDay } from "./permit-day.table.ts";
import { plannedIsland } from "./planned-island.table.ts";
import { vehicleSwap } from "./vehicle-swap.table.ts";
import { vehicleInTheDark } from "./vehicles/in-the-dark.table.ts";
import { vehiclesMisbehave } from "./vehicles/misbehave.table.ts";
import { vehiclesSleep } from "./vehicles/sleep.table.ts";
import { weldedContact } from "./welded-contact.table.ts";

export const scenarios: readonly Scenario[] = [
  depotDay,
  homeBackup,
  permitDay,
  blindMeter,
  lgpYear,
  outageHub,
  vehicleSwap,
  vehiclesMisbehave,
  vehiclesSleep,
  vehicleInTheDark,
  energyRunsOut,
  mixedDepot,
  closedTransition,
  plannedIsland,
  blackStart,
  gridReturnsDuringBlackStart,
  weldedContact,
  lyingContact,
];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
