import { chargerEvents } from "./events/charger.table.ts";
import { feedbackEvents } from "./events/feedback.table.ts";
import { gridEvents } from "./events/grid.table.ts";
import { islandEvents } from "./events/island.table.ts";
import { pccEvents } from "./events/pcc.table.ts";
import { permissionEvents } from "./events/permission.table.ts";
import { serviceEvents } from "./events/service.table.ts";
import { transferEvents } from "./events/transfer.table.ts";
import { vehicleEvents } from "./events/vehicle.table.ts";

/**
 * What happens at a site: events and alarms, with cause and what to do, a table for each thing they speak of. Keys are stable:
 * logs and the API carry them.
 */
export const eventWords = {
  ...transferEvents,
  ...feedbackEvents,
  ...pccEvents,
  ...gridEvents,
  ...islandEvents,
  ...chargerEvents,
  ...vehicleEvents,
  ...permissionEvents,
  ...serviceEvents,
} as const;
