/** Every scenario by name. */
import type { Scenario } from "../scenario.ts";
import { depotDay } from "./depot-day.table.ts";

export const scenarios: readonly Scenario[] = [depotDay];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
