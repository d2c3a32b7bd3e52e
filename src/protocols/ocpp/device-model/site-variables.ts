/** Computed variables of station, EVSEs and the `Site` component: mode, permit, limits, island, alarms, explanation. */
import type { Context } from "../context.ts";
import type { Zone } from "../smart-charging/timezone.ts";

/** A number as text; empty where it is not known or not limited. */
const numeric = (value: number): string => (Number.isFinite(value) ? String(Math.round(value * 10) / 10) : "");
const valueMax = 1000;
const text = (value: string): string => value.slice(0, valueMax);

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

export function provideSite(context: Context, zone: Zone): void {
  const { model, port, config } = context;
  const { site } = port;
  const station: [component: string, variable: string, read: () => string][] = [
    ["ClockCtrlr", "DateTime", () => context.iso()],
    ["ClockCtrlr", "TimeOffset", () => offsetText(zone.offsetMs(context.nowMs()))],
    ["ClockCtrlr", "TimeZone", () => config.timeZone],
    ["SecurityCtrlr", "Identity", () => config.identity],
    ["ChargingStation", "Model", () => config.model],
    ["ChargingStation", "VendorName", () => config.vendorName],
    ["ChargingStation", "SerialNumber", () => config.serialNumber],
    ["ChargingStation", "FirmwareVersion", () => config.firmwareVersion],
    ["ChargingStation", "Problem", () => String(port.evses.some((view) => view.faulted))],
    ["Site", "Mode", () => site.mode],
    ["Site", "ServiceMode", () => site.serviceMode],
    ["Site", "PermitValid", () => String(site.permitValid)],
    ["Site", "ExportLimit", () => numeric(site.exportLimitW)],
    ["Site", "ImportLimit", () => numeric(site.importLimitW)],
    ["Site", "Power", () => numeric(site.pccPowerW)],
    ["Site", "Islanded", () => String(site.islanded)],
    ["Site", "Alarms", () => text(site.alarms.join(","))],
    ["Site", "Explanation", () => text(site.explanation)],
  ];
  for (const [component, variable, read] of station) model.provide(component, variable, read);
  config.evses.forEach((_, index) => {
    const view = () => port.evses[index]!;
    const id = index + 1;
    const own: [component: string, variable: string, read: () => string][] = [
      ["EVSE", "Power", () => numeric(view().powerW)],
      ["EVSE", "Setpoint", () => numeric(view().setpointW)],
      ["EVSE", "Explanation", () => text(view().explanation)],
      ["EVSE", "Alarms", () => text(view().alarms.join(","))],
      ["EVSE", "Problem", () => String(view().faulted)],
      ["ISO15118Ctrlr", "Enabled", () => model.text("ISO15118Ctrlr", "Enabled")],
      ["ConnectedEV", "Connected", () => String(view().connected)],
      ["ConnectedEV", "StateOfCharge", () => numeric(view().socPct)],
    ];
    for (const [component, variable, read] of own) model.provide(component, variable, read, { id });
  });
}
