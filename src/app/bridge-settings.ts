/** From the site's configuration to what the firmware bridge needs to know about each device. */
import type { BridgeSettings, DeviceSettings } from "../../firmware-bridge/settings.ts";
import type { SiteConfig } from "../config/site.ts";

interface ModbusPlace {
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
}

const place = (name: string, { host, port, unitId }: ModbusPlace): DeviceSettings => ({
  name,
  link: { kind: "tcp", host, port },
  unit: unitId,
});

export function bridgeSettings({ site, pcc, evses, transferDevice, loadPanel, pv, loop }: SiteConfig): BridgeSettings {
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
