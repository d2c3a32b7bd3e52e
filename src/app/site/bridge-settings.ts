/** From the site's configuration to what the firmware bridge needs to know about each device. */
import { forConnector } from "../../../firmware-bridge/maps/connector.ts";
import type { DeviceMap } from "../../../firmware-bridge/maps/device-map.ts";
import type { Identity } from "../../../firmware-bridge/maps/sunspec-binding.ts";
import { asVoltmeter, createIoMap } from "../../../firmware-bridge/parts/io-map.ts";
import type {
  BridgeSettings,
  DeviceSettings,
  LinkSettings,
  NamedDeviceSettings,
} from "../../../firmware-bridge/settings.ts";
import { pccMeterName } from "../../config/device-names.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { IdentityConfig } from "../../config/site/identity.ts";
import type { ModbusPlace, TlsConfig } from "../../config/site/modbus.ts";
import type { NamedDevice, SiteConfig } from "../../config/site.ts";
import { pointsOf, wholeTransferDevice } from "../../config/transfer-parts.ts";
import { invariant } from "../../domain/result.ts";
import type { TlsSettings } from "../../protocols/modbus/tls.ts";
import { busContactSettings, partsSettings, voltmetersOf } from "./parts-settings.ts";

/** Maps of devices that do not speak SunSpec, by the names that the configuration gives them. */
export type DeviceMaps = ReadonlyMap<string, DeviceMap>;

/** What was commissioned, in the bridge's words; only what is set is compared. */
function expectedIdentity({ manufacturer, model, serialNumber, firmware }: IdentityConfig): Partial<Identity> {
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
    ...(serialNumber !== undefined && { serialNumber }),
    ...(firmware !== undefined && { version: firmware }),
  };
}

export function bridgeSettings(config: SiteConfig, maps: DeviceMaps = new Map()): BridgeSettings {
  const { site, pcc, devices, evses, loadPanel, pv, loop } = config;
  const place = (name: string, device: ModbusPlace): DeviceSettings => {
    const file = maps.get(device.map);
    const map = file && forConnector(file, device.connector);
    const busyExceptions = map?.link?.busyExceptions;
    const expected = device.identity && expectedIdentity(device.identity);
    const { replyTimeoutMs, pauseMs, maxInFlight, maxRegisters, mergeGaps, unitIdInReply } = device;
    const anyUnitInReply = unitIdInReply === "any";
    return {
      name,
      link: linkSettings(device),
      unit: device.unitId,
      pace: {
        ...{ replyTimeoutMs, pauseMs, maxInFlight, maxRegisters, mergeGaps, anyUnitInReply },
        ...(busyExceptions && { busyExceptions }),
      },
      ...(map && { map }),
      ...(expected && { expected }),
      ...(device.freshMs > 0 && { freshMs: device.freshMs }),
    };
  };
  const device = wholeTransferDevice(config);
  const parts = partsSettings(config);
  const metering = pccMeteringOf(config);
  const contacts = busContactSettings(config);
  const asVoltmeters = voltmetersOf(config);
  const named = (one: NamedDevice): NamedDeviceSettings => {
    const settings = place(one.name, one);
    if (one.kind === "io") {
      const { inputs, outputs } = pointsOf(config, one.name);
      return { ...settings, kind: "io", map: createIoMap(inputs, outputs, one.inputsAre) };
    }
    // A meter of the sum must show that it lives; it is read as its map says.
    const isSummed = pcc.meter.sumOf.some(({ device }) => device === one.name);
    if (!asVoltmeters.has(one.name)) return { ...settings, kind: "meter", asVoltmeter: isSummed };
    const { map } = settings;
    return { ...settings, kind: "meter", asVoltmeter: true, ...(map && { map: asVoltmeter(map) }) };
  };
  return {
    nominalVoltageV: site.nominalVoltageV,
    phases: site.phases,
    stages: evses.map((evse, index) => ({
      ...place(evse.name ?? `EVSE ${index + 1}`, evse.stage),
      reversionS: loop.watchdogS,
      functionsByController: evse.stage.gridFunctions === "controller",
      // Where the stage's own functions decide, only a stage of our own model takes reactive power on top of them.
      reactiveByController: evse.stage.gridFunctions === "controller" && evse.stage.maxVar > 0,
      onlyCharges: !evse.dischargeEnabled && !evse.gridForming,
      ratedChargeW: evse.maxChargeW,
      ratedDischargeW: evse.maxDischargeW,
    })),
    ...(metering === "meter" && {
      meter: {
        ...place(pccMeterName, pcc.meter),
        importPositive: pcc.meter.importPositive,
        updateMs: pcc.meter.updateMs,
        asVoltmeter: asVoltmeters.has(pccMeterName),
      },
    }),
    ...(metering === "sum" && {
      meterSum: pcc.meter.sumOf.map(({ device, sign }) => ({
        device: devices.findIndex(({ name }) => name === device),
        sign: sign === "minus" ? (-1 as const) : (1 as const),
      })),
    }),
    devices: devices.map(named),
    ...(parts && { transferParts: parts }),
    ...(contacts && { busContacts: contacts }),
    ...(device && { transferDevice: place("transfer device", device) }),
    ...(loadPanel && { loadPanel: place("load panel", loadPanel) }),
    pv: pv.map((one, i) => ({
      ...place(one.name ?? (pv.length === 1 ? "PV" : `PV ${i + 1}`), one),
      ratedW: one.ratedW,
      watchedOnly: one.curtail === "none",
    })),
  };
}

/** Without what is not given. */
const givenOf = ({ caFile, fingerprint, serverName, certificateFile, keyFile }: TlsConfig): TlsSettings => ({
  certificateFile,
  keyFile,
  ...(caFile !== undefined && { caFile }),
  ...(fingerprint !== undefined && { fingerprint }),
  ...(serverName !== undefined && { serverName }),
});

function linkSettings(device: ModbusPlace): LinkSettings {
  const { host, port, framing, serial, connectDelayMs } = device;
  if (serial !== undefined) {
    const { baudRate = 9_600, parity = "none" } = device;
    return { kind: "rtu", path: serial, baudRate, parity, stopBits: device.stopBits === 2 ? 2 : 1, connectDelayMs };
  }
  invariant(host !== undefined, "a device without host or serial line has passed the check of the configuration");
  if (framing === "rtu") return { kind: "rtu-over-tcp", host, port, connectDelayMs };
  const { tls } = device;
  return { kind: "tcp", host, port, connectDelayMs, ...(tls !== undefined && { tls: givenOf(tls) }) };
}
