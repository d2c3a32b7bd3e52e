/**
 * What maps say of their devices' habits, put into the configuration: the more careful of the two holds, so that a device of the
 * library is spoken to as it wants without a word in the site file, and nothing that is said there is undone.
 */
import type { DeviceMap } from "../../../firmware-bridge/maps/device-map.ts";
import type { ModbusPlace } from "../../config/site/modbus.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { DeviceMaps } from "./bridge-settings.ts";

/** The configuration with the habits of the devices that its maps describe. */
export function withHabitsOfMaps(config: SiteConfig, maps: DeviceMaps): SiteConfig {
  const careful = <P extends ModbusPlace>(place: P): P => withLink(place, maps.get(place.map));
  const { pcc, devices, evses, transferDevice, loadPanel, pv } = config;
  // A sum is as slow as its slowest meter.
  const sampled = pcc.meter.sumOf.reduce(
    (meter, { device }) => withSampling(meter, maps.get(devices.find(({ name }) => name === device)?.map ?? "")),
    withSampling(careful(pcc.meter), maps.get(pcc.meter.map)),
  );
  return {
    ...config,
    pcc: { ...pcc, meter: sampled },
    devices: devices.map(careful),
    evses: evses.map((evse) => ({ ...evse, stage: careful(evse.stage) })),
    ...(transferDevice !== undefined && {
      transferDevice: transferDevice.kind === "none" ? transferDevice : careful(transferDevice),
    }),
    ...(loadPanel !== undefined && { loadPanel: careful(loadPanel) }),
    pv: pv.map(careful),
  };
}

function withLink<P extends ModbusPlace>(place: P, map: DeviceMap | undefined): P {
  const link = map?.link;
  if (link === undefined) return place;
  return {
    ...place,
    replyTimeoutMs: Math.max(place.replyTimeoutMs, link.replyTimeoutMs ?? 0),
    pauseMs: Math.max(place.pauseMs, link.pauseMs ?? 0),
    connectDelayMs: Math.max(place.connectDelayMs, link.connectDelayMs ?? 0),
    maxInFlight: Math.min(place.maxInFlight, link.maxInFlight ?? place.maxInFlight),
    maxRegisters: Math.min(place.maxRegisters, link.maxRegisters ?? place.maxRegisters),
    mergeGaps: place.mergeGaps && link.mergeGaps !== false,
    ...(link.unitIdInReply === "any" && { unitIdInReply: "any" }),
  };
}

type Meter = SiteConfig["pcc"]["meter"];

/** A meter is never taken for faster than its map says. */
function withSampling(meter: Meter, map: DeviceMap | undefined): Meter {
  const sampling = map?.sampling;
  if (sampling === undefined) return meter;
  const { updateMs = 0, latencyMs = 0, windowMs } = sampling;
  return {
    ...meter,
    updateMs: Math.max(meter.updateMs, updateMs),
    latencyMs: Math.max(meter.latencyMs, latencyMs),
    ...(windowMs !== undefined && { windowMs: Math.max(meter.windowMs ?? 0, windowMs) }),
  };
}
