/** From the site's configuration to what the firmware bridge needs to know about each device. */
import type { DeviceMap } from "../../firmware-bridge/device-map.ts";
import type { BridgeSettings, DeviceSettings } from "../../firmware-bridge/settings.ts";
import type { SiteConfig } from "../config/site.ts";

interface ModbusPlace {
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
  readonly map: string;
}

/** Maps of devices that do not speak SunSpec, by the names that the configuration gives them. */
export type DeviceMaps = ReadonlyMap<string, DeviceMap>;

export function bridgeSettings(
  { site, pcc, evses, transferDevice, loadPanel, pv, loop }: SiteConfig,
  maps: DeviceMaps = new Map(),
): BridgeSettings {
  const place = (name: string, { host, port, unitId, map: mapName }: ModbusPlace): DeviceSettings => {
    const map = maps.get(mapName);
    return { name, link: { kind: "tcp", host, port }, unit: unitId, ...(map && { map }) };
  };
  const device = transferDevice !== undefined && transferDevice.kind !== "none" ? transferDevice : undefined;
  return {
    nominalVoltageV: site.nominalVoltageV,
    phases: site.phases,
    stages: evses.map((evse, index) => ({
      ...place(evse.name ?? `EVSE ${index + 1}`, evse.stage),
      reversionS: loop.watchdogS,
      functionsByController: evse.stage.gridFunctions === "controller",
      // Where the stage's own functions decide, only a stage of our own model takes reactive power on top of them.
      reactiveByController: evse.stage.gridFunctions === "controller" && evse.stage.maxVar > 0,
      ratedChargeW: evse.maxChargeW,
      ratedDischargeW: evse.maxDischargeW,
    })),
    meter: { ...place("PCC meter", pcc.meter), importPositive: pcc.meter.importPositive },
    ...(device && { transferDevice: place("transfer device", device) }),
    ...(loadPanel && { loadPanel: place("load panel", loadPanel) }),
    ...(pv && { pv: place("PV", pv) }),
  };
}
