/** What a site may use a device with a map for, and what the map lacks for each use. */
import { tellsFrequency, tellsVoltage } from "../elsewhere.ts";
import type { DeviceMap } from "./device-map.ts";

/** One use: possible when it lacks nothing. `notes`: what a site must then do, or goes without. */
export interface MapUse {
  readonly use: string;
  readonly lacks: readonly string[];
  readonly notes: readonly string[];
}

/** What a map can be used for. */
export function usesOf(map: DeviceMap): MapUse[] {
  switch (map.kind) {
    case "meter":
      return meterUses(map);
    case "stage":
      return stageUses(map);
    case "transfer-device":
      return transferUses(map);
    case "load-panel":
      return [{ use: "tiers of loads", lacks: [], notes: [] }];
    case "pv":
      return pvUses(map);
    case "io":
      return [{ use: "inputs and outputs", lacks: [], notes: [] }];
  }
}

const hasFact = ({ facts, fixed = [] }: DeviceMap, name: string): boolean =>
  [...facts, ...fixed].some((row) => row.name === name);
const hasCommand = ({ commands }: DeviceMap, name: string): boolean => commands.some((row) => row.name === name);
const without = (map: DeviceMap, names: readonly string[]): string[] => names.filter((name) => !hasFact(map, name));

function meterUses(map: DeviceMap): MapUse[] {
  const notes: string[] = [];
  if (!tellsVoltage("meter", map.facts)) notes.push("voltage is taken from K1's grid side or from a stage");
  if (!tellsFrequency(map.facts)) notes.push("frequency is taken from K1's grid side or from a stage");
  const phases = without(map, ["powerAW", "powerBW", "powerCW"]);
  if (phases.length > 0) notes.push("limits are held for the sum of the phases, not for each");
  return [{ use: "meter at the PCC", lacks: [], notes }];
}

/** What makes a stage able to give power back while the controller may fall silent. */
function stageUses(map: DeviceMap): MapUse[] {
  const charging: string[] = [];
  if (!hasFact(map, "vehicleConnected")) charging.push("a vehicle counts as connected");
  if (!hasFact(map, "maxChargeW")) charging.push("the ratings of the site file hold");
  if (!hasFact(map, "importWh")) charging.push("energy is reckoned from power");
  if (map.watchdog === undefined) charging.push("it goes on charging when the controller falls silent: no watchdog");
  const gives = ["powerW", "dischargeW", "magnitudeW"].some((name) => hasCommand(map, name));
  const ownGrid = tellsVoltage("stage", map.facts) && tellsFrequency(map.facts);
  if (!ownGrid) charging.push("voltage and frequency are taken from K1's site side or from the meter");
  const discharge = [
    ...(map.watchdog === undefined ? ["watchdog: a setpoint would outlive the controller"] : []),
    ...(gives ? [] : ["a command for it: powerW, dischargeW or magnitudeW"]),
  ];
  const parallel = [...discharge];
  if (!hasFact(map, "antiIslanding"))
    parallel.push("antiIslanding, as a register or as { constant: 1, why: the certificate }");
  const forming = ["roleCode", "formVoltagePu", "formFrequencyHz"].filter((name) => !hasCommand(map, name));
  const identity: string[] = [];
  if (map.identity?.serialNumber === undefined) identity.push("the site file names its serial number (stage.identity)");
  if (map.identity?.version === undefined) identity.push("the site file names its firmware (stage.identity)");
  return [
    { use: "charging", lacks: [], notes: charging },
    { use: "discharging in parallel with the grid", lacks: parallel, notes: identity },
    {
      use: "forming an island",
      lacks: [...forming.map((name) => `the command ${name}`), ...(ownGrid ? [] : ["its own voltage and frequency"])],
      notes: [],
    },
  ];
}

function transferUses(map: DeviceMap): MapUse[] {
  const closed =
    hasFact(map, "syncRelay") || hasFact(map, "phaseDeg") ? [] : ["syncRelay or phaseDeg: nobody sees the phase angle"];
  const notes = hasFact(map, "closeSequence") ? [] : ["each close is given once and never again by itself"];
  return [
    { use: "open transition", lacks: [], notes },
    { use: "closed transition", lacks: closed, notes: [] },
  ];
}

function pvUses(map: DeviceMap): MapUse[] {
  const limited = hasCommand(map, "limitPct") || hasCommand(map, "limitW");
  const needsRating = hasCommand(map, "limitPct") && !hasFact(map, "ratedW");
  return [
    { use: "watching what it gives", lacks: [], notes: [] },
    {
      use: "curtailing it by command",
      lacks: limited ? [] : ["limitPct or limitW"],
      notes: needsRating ? ["the site file names its rating (pv.ratedW)"] : [],
    },
  ];
}
