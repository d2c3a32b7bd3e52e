/** A transfer device of parts, from the names of the configuration to the places of the firmware bridge. */
import type {
  BusContactSettings,
  SideSettings,
  TransferPartsSettings,
} from "../../../firmware-bridge/parts/settings.ts";
import { pccMeterName } from "../../config/device-names.ts";
import { freshMs } from "../../config/device-pace.ts";
import type { SiteConfig } from "../../config/site.ts";
import { deviceNamed, pointsOf, type SideConfig, transferPartsOf } from "../../config/transfer-parts.ts";
import { transferDeviceFreshMs } from "../../core/core-config.ts";
import { invariant } from "../../domain/result.ts";

/** A voltage counts at least this long, ms: as long as a transfer device's own. */
const voltageFloorMs = 200;
/** The meter at the grid connection is read at its own pace, ms. */
const pccFloorMs = 1_000;

/** Undefined where the transfer device is one device, or none. */
export function partsSettings(config: SiteConfig): TransferPartsSettings | undefined {
  const parts = transferPartsOf(config);
  if (parts === undefined) return undefined;
  const { contacts, command, gridVoltage, busVoltage } = parts;
  const module = pointsOf(config, contacts.device).inputs;
  const { outputs } = pointsOf(config, command.device);
  return {
    contacts: {
      device: placeOf(config, contacts.device),
      no: module.indexOf(contacts.normallyOpenInput),
      nc: module.indexOf(contacts.normallyClosedInput),
      freshMs: transferDeviceFreshMs(config),
    },
    command: {
      device: placeOf(config, command.device),
      drive: command.drive,
      onMs: command.onMs,
      close: outputs.indexOf(command.closeOutput),
      ...(command.openOutput !== undefined && { open: outputs.indexOf(command.openOutput) }),
    },
    grid: sideSettings(config, gridVoltage),
    bus: sideSettings(config, busVoltage),
  };
}

/** Contacts of generator, bond and grid operator; undefined where the site has none of them. */
export function busContactSettings(config: SiteConfig): BusContactSettings | undefined {
  const { generator, bonding } = config;
  const { reduction } = config.pcc;
  if (generator === undefined && bonding === undefined && reduction === undefined) return undefined;
  const at = (name: string) => {
    const place = deviceNamed(config, name);
    invariant(place !== undefined, `${name} has passed the check of the configuration`);
    return { device: placeOf(config, name), freshMs: freshMs(config, place, voltageFloorMs) };
  };
  const inputAt = (name: string, input: number): number => pointsOf(config, name).inputs.indexOf(input);
  return {
    ...(generator && {
      generator: { ...at(generator.device), rests: inputAt(generator.device, generator.restsInput) },
    }),
    ...(reduction && {
      reduction: {
        ...at(reduction.device),
        input: inputAt(reduction.device, reduction.input),
        activeWhen: reduction.activeWhen === "on" ? 1 : 0,
      },
    }),
    ...(bonding && {
      bond: {
        ...at(bonding.device),
        output: pointsOf(config, bonding.device).outputs.indexOf(bonding.output),
        bonded: inputAt(bonding.device, bonding.bondedInput),
        unbonded: inputAt(bonding.device, bonding.unbondedInput),
      },
    }),
  };
}

/** Names of the meters that K1's position rests on. */
export function voltmetersOf(config: SiteConfig): ReadonlySet<string> {
  const parts = transferPartsOf(config);
  return new Set(parts === undefined ? [] : [parts.gridVoltage.device, parts.busVoltage.device]);
}

const placeOf = ({ devices }: SiteConfig, name: string): number => devices.findIndex((one) => one.name === name);

function sideSettings(config: SiteConfig, { device, liveInput, deadInput }: SideConfig): SideSettings {
  const place = deviceNamed(config, device);
  invariant(place !== undefined, `${device} has passed the check of the configuration`);
  if (device === pccMeterName) return { kind: "pcc-meter", freshMs: freshMs(config, place, pccFloorMs) };
  const at = { device: placeOf(config, device), freshMs: freshMs(config, place, voltageFloorMs) };
  if (liveInput === undefined || deadInput === undefined) return { kind: "meter", ...at };
  const { inputs } = pointsOf(config, device);
  return { kind: "relay", ...at, live: inputs.indexOf(liveInput), dead: inputs.indexOf(deadInput) };
}
