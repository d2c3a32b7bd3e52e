/**
 * What a register map must be able to say for its place in this site. A device may lack a lot; what the site then asks of it
 * is refused here, before anything is energized, with what to do about it.
 */

import { tellsFrequency, tellsVoltage } from "../../../firmware-bridge/elsewhere.ts";
import type { DeviceMap } from "../../../firmware-bridge/maps/device-map.ts";
import { pccMeterName } from "../../config/device-names.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { SiteConfig } from "../../config/site.ts";
import { deviceNamed, transferPartsOf } from "../../config/transfer-parts.ts";
import type { DeviceMaps } from "./bridge-settings.ts";

/** A complaint and the setting that it is about. */
export interface MapComplaint {
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly complaint: string;
}

/** Longest time between two writes of power to a stage that may discharge, ms: a cut waits for it. */
const everyMaxMs = 5_000;

export function checkMapsFit(config: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  return [
    ...checkStages(config, maps),
    ...checkMeter(config, maps),
    ...checkSides(config, maps),
    ...checkPv(config, maps),
    ...checkConnectors(config, maps),
  ];
}

/** Only a map that says how far apart connectors are can be used for another than the first. */
function checkConnectors({ pcc, evses, pv }: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  const places = [
    { path: ["pcc", "meter", "connector"], device: pcc.meter },
    ...evses.map(({ stage }, i) => ({ path: ["evses", i, "stage", "connector"], device: stage })),
    ...pv.map((device, i) => ({ path: ["pv", i, "connector"], device })),
  ];
  const complaint = "must be 1 with this map, which says nothing of others: it has no `perConnector:`";
  return places
    .filter(({ device }) => device.connector > 1 && maps.get(device.map)?.perConnector === undefined)
    .map(({ path, device }) => ({ path, found: String(device.connector), complaint }));
}

type Evse = SiteConfig["evses"][number];

const islands = ({ transferDevice }: SiteConfig): boolean =>
  transferDevice !== undefined && transferDevice.kind !== "none";
/** Whether the exchange with the grid is measured by an instrument that tells voltage and frequency. */
function meterMeasures(config: SiteConfig, maps: DeviceMaps): boolean {
  const { meter } = config.pcc;
  switch (pccMeteringOf(config)) {
    case "none":
      return false;
    case "meter":
      return measures("meter", maps.get(meter.map));
    case "sum":
      return measures("meter", maps.get(deviceNamed(config, meter.sumOf[0]!.device)?.map ?? ""));
  }
}
const measures = (kind: "stage" | "meter", map: DeviceMap | undefined): boolean =>
  map === undefined || (tellsVoltage(kind, map.facts) && tellsFrequency(map.facts));

function checkStages(config: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  return config.evses.flatMap((evse, i) => {
    const map = maps.get(evse.stage.map);
    if (map === undefined) return [];
    return [
      ...(evse.dischargeEnabled ? discharging(config, evse, map, i) : []),
      ...(evse.gridForming ? forming(map, i) : []),
      ...substitute(config, maps, map, i),
    ];
  });
}

function discharging({ site }: SiteConfig, { stage }: Evse, map: DeviceMap, i: number): MapComplaint[] {
  const complaints: MapComplaint[] = [];
  const refuse = (complaint: string): void => {
    complaints.push({
      path: ["evses", i, "dischargeEnabled"],
      found: "true",
      complaint: `${complaint} (${stage.map})`,
    });
  };
  const hasFact = (name: string): boolean => [...map.facts, ...(map.fixed ?? [])].some((row) => row.name === name);
  const hasCommand = (name: string): boolean => map.commands.some((row) => row.name === name);
  if (map.watchdog === undefined) {
    refuse(
      "must not be with a map that names no watchdog: a setpoint would outlive the controller. Give the map a `watchdog:` with its time and how it is tried, as in config/maps/blueprint.yaml, or leave discharging off",
    );
  }
  if (!hasCommand("powerW") && !hasCommand("dischargeW") && !hasCommand("magnitudeW"))
    refuse("must not be with a map that has no command for discharging: powerW, dischargeW or magnitudeW");
  const slow = map.commands.find(({ name, everyMs = 0 }) => name.endsWith("W") && everyMs > everyMaxMs);
  if (slow !== undefined)
    refuse(
      `must not be with a map that writes ${slow.name} every ${slow.everyMs! / 1_000} s only: a cut may wait 5 s at most`,
    );
  if (!site.serviceMode.startsWith("parallel")) return complaints;
  if (!hasFact("antiIslanding")) {
    refuse(
      "must not be in parallel with the grid with a map that does not tell whether anti-islanding is on: add the fact antiIslanding, or `{ constant: 1, why: … }` with the certificate that says so",
    );
  }
  const identity = stage.identity ?? {};
  if (map.identity?.serialNumber === undefined && identity.serialNumber === undefined)
    refuse(
      "must not be with a stage whose serial number is unknown: a permit covers stages by it. Set stage.identity.serialNumber, or `identity:` in the map",
    );
  if (map.identity?.version === undefined && identity.firmware === undefined)
    refuse(
      "must not be with a stage whose firmware is unknown: a permit names the versions that it covers. Set stage.identity.firmware, or `identity:` in the map",
    );
  return complaints;
}

function forming(map: DeviceMap, i: number): MapComplaint[] {
  const path = ["evses", i, "gridForming"];
  const missing = ["roleCode", "formVoltagePu", "formFrequencyHz"].filter(
    (name) => !map.commands.some((row) => row.name === name),
  );
  const complaints: MapComplaint[] = [];
  if (missing.length > 0)
    complaints.push({
      path,
      found: "true",
      complaint: `needs commands that the map does not have: ${missing.join(", ")}`,
    });
  if (!measures("stage", map)) {
    const complaint =
      "needs a stage that measures its own voltage and frequency: in an island nobody else sees its bus in time";
    complaints.push({ path, found: "true", complaint });
  }
  return complaints;
}

/** A stage without voltage or frequency of its own takes them from K1's site side, or from the meter. */
function substitute(config: SiteConfig, maps: DeviceMaps, map: DeviceMap, i: number): MapComplaint[] {
  if (measures("stage", map) || islands(config) || meterMeasures(config, maps)) return [];
  const complaint = "tells no voltage or frequency, and the site's meter does not either: one of the two must";
  return [{ path: ["evses", i, "stage", "map"], found: JSON.stringify(config.evses[i]!.stage.map), complaint }];
}

/** A meter without voltage or frequency takes them from K1's grid side, or from a stage that measures them. */
function checkMeter(config: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  const { meter } = config.pcc;
  if (pccMeteringOf(config) === "none" || meterMeasures(config, maps) || islands(config)) return [];
  if (config.evses.some(({ stage }) => measures("stage", maps.get(stage.map)))) return [];
  const complaint =
    "tells no voltage or frequency, and no stage of the site does either: without them the grid can't be judged";
  return [{ path: ["pcc", "meter", "map"], found: JSON.stringify(meter.map), complaint }];
}

/** The instrument of each of K1's sides must tell a voltage, the grid's one a frequency too. */
function checkSides(config: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  const parts = transferPartsOf(config);
  if (parts === undefined) return [];
  return (["gridVoltage", "busVoltage"] as const).flatMap((side) => {
    const { device, liveInput } = parts[side];
    const path = ["transferDevice", side, "device"];
    const found = JSON.stringify(device);
    const pccMap = maps.get(config.pcc.meter.map);
    // A relay tells no frequency: on the grid's side it is the meter's.
    const isRelay = liveInput !== undefined;
    const map = isRelay ? pccMap : maps.get(deviceNamed(config, device)?.map ?? "");
    if (map === undefined || (isRelay && side === "busVoltage")) return [];
    if (!isRelay && !tellsVoltage("meter", map.facts))
      return [{ path, found, complaint: "tells no voltage: K1's proof rests on one on each side" }];
    if (side === "gridVoltage" && !tellsFrequency(map.facts)) {
      const complaint = isRelay
        ? `is a relay, and ${pccMeterName} tells no frequency: one of the two must`
        : "tells no frequency: without it the grid can't be judged";
      return [{ path, found, complaint }];
    }
    return [];
  });
}

function checkPv({ pv }: SiteConfig, maps: DeviceMaps): MapComplaint[] {
  return pv.flatMap((one, i) => {
    const map = maps.get(one.map);
    if (map === undefined || one.curtail !== "command") return [];
    if (map.commands.some(({ name }) => name === "limitPct" || name === "limitW")) return [];
    const complaint =
      "must be frequency-shift or none with this map, which can only be read: it has neither limitPct nor limitW";
    return [{ path: ["pv", i, "curtail"], found: '"command"', complaint }];
  });
}
