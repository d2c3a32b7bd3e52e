/**
 * What Home Assistant is shown: a row for each entity, with the key of the state that it reads. Units and classes are those that
 * Home Assistant allows together (home-assistant/core: components/sensor/const.py, number/const.py); `tests/app/links/home-assistant.table.ts`
 * holds the rows to them.
 */
import { modeForBackend, modeNames } from "../../../domain/modes.ts";
import { type AskName, askRow, type Right } from "../asks.table.ts";

interface EntityBase {
  /** Part of its id; also the key of the state, where no other is named. */
  readonly id: string;
  readonly name: string;
  readonly icon?: string;
}
type SensorRow = EntityBase & {
  readonly platform: "sensor";
  readonly deviceClass?: "power" | "energy" | "battery" | "duration" | "timestamp" | "enum" | "energy_storage";
  readonly unit?: string;
  readonly stateClass?: "measurement" | "total_increasing";
  readonly options?: readonly string[];
};
type BinaryRow = EntityBase & {
  readonly platform: "binary_sensor";
  readonly deviceClass?: "plug" | "problem" | "connectivity";
};
/** What can be set, where the broker may: a number, a choice, and a button that takes it back. */
type CommandRow = EntityBase & {
  readonly platform: "number" | "select" | "button";
  readonly what: AskName;
  readonly right: Right;
  readonly deviceClass?: "power" | "battery";
  readonly unit?: string;
  readonly options?: readonly string[];
  /** Where in the state its value stands. */
  readonly from?: "asked" | "state";
};
export type EntityRow = SensorRow | BinaryRow | CommandRow;

const power = { platform: "sensor", deviceClass: "power", unit: "W", stateClass: "measurement" } as const;
const energy = { platform: "sensor", deviceClass: "energy", unit: "Wh", stateClass: "total_increasing" } as const;
const cap = { platform: "number", deviceClass: "power", unit: "W", right: "limits", from: "asked" } as const;
const request = { platform: "number", what: "powerW", deviceClass: "power", unit: "W", right: "power", from: "asked" } as const;

const modeRow = askRow("mode");
const modes = "choices" in modeRow ? modeRow.choices : [];

export const siteEntities: readonly EntityRow[] = [
  { id: "mode", name: "Mode", platform: "sensor", deviceClass: "enum", options: [...new Set(modeNames.map(modeForBackend))] },
  { ...power, id: "pccW", name: "Grid connection" },
  { ...power, id: "chargersW", name: "All chargers" },
  { ...power, id: "importLimitW", name: "Import limit in force" },
  { ...power, id: "exportLimitW", name: "Export limit in force" },
  { id: "runwayH", name: "Runway of tier 1", platform: "sensor", deviceClass: "duration", unit: "h", stateClass: "measurement" },
  { id: "energyAboveReserveWh", name: "Energy above reserve", platform: "sensor", deviceClass: "energy_storage", unit: "Wh", stateClass: "measurement" },
  { id: "permitReason", name: "Permit", platform: "sensor", icon: "mdi:file-certificate" },
  { id: "islanded", name: "Islanded", platform: "binary_sensor" },
  { id: "permitValid", name: "Permit valid", platform: "binary_sensor" },
  { id: "problem", name: "Problem", platform: "binary_sensor", deviceClass: "problem" },
  { ...request, id: "askPowerW", name: "Power of all chargers" },
  { ...cap, id: "askImportLimitW", what: "importLimitW", name: "Limit import" },
  { ...cap, id: "askExportLimitW", what: "exportLimitW", name: "Limit export" },
  { ...cap, id: "askChargeLimitW", what: "chargeLimitW", name: "Limit charging" },
  { ...cap, id: "askDischargeLimitW", what: "dischargeLimitW", name: "Limit discharging" },
  { id: "releasePowerW", name: "Take back the power", platform: "button", what: "powerW", right: "power" },
  { id: "releaseImportLimitW", name: "Take back the import limit", platform: "button", what: "importLimitW", right: "limits" },
  { id: "releaseExportLimitW", name: "Take back the export limit", platform: "button", what: "exportLimitW", right: "limits" },
  { id: "releaseChargeLimitW", name: "Take back the charging limit", platform: "button", what: "chargeLimitW", right: "limits" },
  { id: "releaseDischargeLimitW", name: "Take back the discharging limit", platform: "button", what: "dischargeLimitW", right: "limits" },
];

export const evseEntities: readonly EntityRow[] = [
  { ...power, id: "powerW", name: "Power" },
  { ...power, id: "chargeW", name: "Charging" },
  { ...power, id: "dischargeW", name: "Discharging" },
  { ...power, id: "setpointW", name: "Setpoint" },
  { ...energy, id: "importWh", name: "Energy charged" },
  { ...energy, id: "exportWh", name: "Energy discharged" },
  { id: "socPct", name: "State of charge", platform: "sensor", deviceClass: "battery", unit: "%", stateClass: "measurement" },
  { id: "departsAt", name: "Departure", platform: "sensor", deviceClass: "timestamp" },
  { id: "explanation", name: "Why", platform: "sensor", icon: "mdi:help-circle-outline" },
  { id: "requestedBy", name: "Asked by", platform: "sensor", icon: "mdi:account-arrow-right" },
  { id: "connected", name: "Vehicle", platform: "binary_sensor", deviceClass: "plug" },
  { id: "problem", name: "Problem", platform: "binary_sensor", deviceClass: "problem" },
  { ...request, id: "askPowerW", name: "Ask for power" },
  { ...cap, id: "askChargeLimitW", what: "chargeLimitW", name: "Limit charging" },
  { ...cap, id: "askDischargeLimitW", what: "dischargeLimitW", name: "Limit discharging" },
  { id: "reservePct", name: "Reserve", platform: "number", what: "reservePct", right: "reserve", deviceClass: "battery", unit: "%", from: "state" },
  { id: "mode", name: "Mode", platform: "select", what: "mode", right: "chargers", options: modes, from: "state" },
  { id: "releasePowerW", name: "Take back the power", platform: "button", what: "powerW", right: "power" },
  { id: "releaseChargeLimitW", name: "Take back the charging limit", platform: "button", what: "chargeLimitW", right: "limits" },
  { id: "releaseDischargeLimitW", name: "Take back the discharging limit", platform: "button", what: "dischargeLimitW", right: "limits" },
];
