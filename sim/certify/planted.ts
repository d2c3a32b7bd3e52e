/** Faults that tests plant in the equipment under test, so that the rows that are about them are seen to find them. */
import type { LoadedSite } from "../../src/app/site/load-config.ts";
import type { Signals } from "../../src/certify/rig.ts";
import type { GridSettings } from "../../src/config/grid-profiles.ts";
import type { MeterConfig } from "../plant/meter.ts";
import type { StageConfig } from "../plant/stage/stage-config.ts";

/** What is wrong with the equipment: it makes something else of what it was given, hears a contact not, or its parts are others. */
export interface PlantedFault {
  readonly settings?: (settings: Readonly<GridSettings>) => Readonly<GridSettings>;
  readonly stage?: Partial<StageConfig>;
  readonly meter?: Partial<MeterConfig>;
  readonly site?: (site: LoadedSite) => LoadedSite;
  readonly deaf?: readonly (keyof Signals | "permit")[];
}
