/** A transfer device made of parts: which devices they are, and what must hold between them. */

import { inputsMax, outputsMax, pccMeterName } from "./device-names.ts";
import type { ModbusPlace } from "./site/modbus.ts";
import type { NamedDevice, SiteConfig } from "./site.ts";

/** K1's own group of settings. */
type TransferDevice = NonNullable<SiteConfig["transferDevice"]>;
/** Where the voltage of one side comes from. */
export type SideConfig = NonNullable<TransferDevice["gridVoltage"]>;

/** The four parts of a transfer device that has no registers of its own. */
export interface TransferParts {
  readonly contacts: NonNullable<TransferDevice["contacts"]>;
  readonly command: NonNullable<TransferDevice["command"]>;
  readonly gridVoltage: SideConfig;
  readonly busVoltage: SideConfig;
}

const partNames = ["contacts", "command", "gridVoltage", "busVoltage"] as const;

/** Whether any part is described. */
const hasParts = (device: TransferDevice): boolean => partNames.some((name) => device[name] !== undefined);

/** The parts; undefined where the transfer device is one device, or none. */
export function transferPartsOf({ transferDevice }: SiteConfig): TransferParts | undefined {
  if (transferDevice === undefined || transferDevice.kind === "none") return undefined;
  const { contacts, command, gridVoltage, busVoltage } = transferDevice;
  if (contacts === undefined || command === undefined || gridVoltage === undefined || busVoltage === undefined)
    return undefined;
  return { contacts, command, gridVoltage, busVoltage };
}

/** The transfer device where it is one device that is spoken to. */
export function wholeTransferDevice({ transferDevice }: SiteConfig): TransferDevice | undefined {
  if (transferDevice === undefined || transferDevice.kind === "none" || hasParts(transferDevice)) return undefined;
  return transferDevice;
}

/** What a name stands for: a device of the list, or the meter at the grid connection. */
export function deviceNamed({ devices, pcc }: SiteConfig, name: string): ModbusPlace | undefined {
  return name === pccMeterName ? pcc.meter : devices.find((device) => device.name === name);
}

/** Inputs and outputs of a module that something of the site uses, 0-based, in a fixed order and each once. */
export function pointsOf(
  config: SiteConfig,
  module: string,
): { readonly inputs: number[]; readonly outputs: number[] } {
  const inputs: number[] = [];
  const outputs: number[] = [];
  const parts = transferPartsOf(config);
  if (parts !== undefined) {
    const { contacts, command, gridVoltage, busVoltage } = parts;
    if (contacts.device === module) inputs.push(contacts.normallyOpenInput, contacts.normallyClosedInput);
    for (const { device, liveInput, deadInput } of [gridVoltage, busVoltage])
      if (device === module && liveInput !== undefined && deadInput !== undefined) inputs.push(liveInput, deadInput);
    if (command.device === module) {
      outputs.push(command.closeOutput);
      if (command.openOutput !== undefined) outputs.push(command.openOutput);
    }
  }
  const { generator, bonding, pcc } = config;
  if (generator?.device === module) inputs.push(generator.restsInput);
  if (pcc.reduction?.device === module) inputs.push(pcc.reduction.input);
  if (bonding?.device === module) {
    inputs.push(bonding.bondedInput, bonding.unbondedInput);
    outputs.push(bonding.output);
  }
  return { inputs: [...new Set(inputs)], outputs: [...new Set(outputs)] };
}

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly complaint: string;
}

/** What is wrong with the list of devices and with the parts that name them. */
export function partComplaints(config: SiteConfig): Complaint[] {
  return [...listComplaints(config), ...transferComplaints(config), ...contactComplaints(config)];
}

function listComplaints(config: SiteConfig): Complaint[] {
  const taken = new Set([pccMeterName]);
  return config.devices.flatMap((device, i) => {
    const complaints: Complaint[] = [];
    const refuse = (setting: keyof NamedDevice, complaint: string): void => {
      complaints.push({ path: ["devices", i, setting], complaint });
    };
    if (taken.has(device.name)) refuse("name", "is taken: each device needs a name of its own");
    taken.add(device.name);
    if (device.kind === "io") {
      if (device.map !== "sunspec")
        refuse("map", "belongs to a meter: an io module has inputs and outputs, no registers");
      if (device.identity !== undefined) refuse("identity", "belongs to a meter: an io module tells nothing of itself");
      const { inputs, outputs } = pointsOf(config, device.name);
      if (inputs.length + outputs.length === 0) refuse("name", "is named by no part: an io module that nothing uses");
      if (inputs.length > inputsMax || outputs.length > outputsMax)
        refuse(
          "name",
          `has ${inputs.length} inputs and ${outputs.length} outputs in use: at most ${inputsMax} and ${outputsMax}`,
        );
    } else if (device.inputsAre !== "discrete") refuse("inputsAre", "belongs to an io module");
    return complaints;
  });
}

function transferComplaints(config: SiteConfig): Complaint[] {
  const device = config.transferDevice;
  if (device === undefined || device.kind === "none" || !hasParts(device)) return [];
  const complaints: Complaint[] = [];
  const refuse = (path: readonly string[], complaint: string): void => {
    complaints.push({ path: ["transferDevice", ...path], complaint });
  };
  for (const name of partNames)
    if (device[name] === undefined)
      refuse([name], `is missing: a transfer device of parts needs ${partNames.join(", ")}`);
  const own = ["host", "serial", "framing", "baudRate", "parity", "stopBits", "unitIdInReply", "identity"] as const;
  for (const name of own)
    if (device[name] !== undefined) refuse([name], "cannot be given beside parts: each part names a device of its own");
  if (device.map !== "sunspec") refuse(["map"], "cannot be given beside parts: each part names a device of its own");
  if (device.freshMs > 0) refuse(["freshMs"], "cannot be given beside parts: set it for each device");
  if (device.kind === "microgrid-interconnect")
    refuse(
      ["kind"],
      "needs a device that measures the angle across K1 and checks synchronism itself: one made of parts changes over with a break (open-transition)",
    );
  const parts = transferPartsOf(config);
  if (parts === undefined) return complaints;
  const { contacts, command, gridVoltage, busVoltage } = parts;
  const isModule = (name: string): boolean => config.devices.some((one) => one.name === name && one.kind === "io");
  const mustBeModule = (part: string, name: string): void => {
    if (!isModule(name)) refuse([part, "device"], `must name an io module of devices${known(config)}`);
  };
  mustBeModule("contacts", contacts.device);
  mustBeModule("command", command.device);
  if (contacts.normallyOpenInput === contacts.normallyClosedInput)
    refuse(
      ["contacts", "normallyClosedInput"],
      "must be another input than normallyOpenInput: the proof rests on both",
    );
  if (!contacts.mirror && config.evses.some(({ gridForming }) => gridForming))
    refuse(
      ["contacts", "mirror"],
      "must be true before a stage may form an island (gridForming): an auxiliary contact that is no mirror contact may say open over welded poles. Fit a mirror contact, or leave gridForming off",
    );
  driveComplaints(command, refuse);
  sideComplaints("gridVoltage", gridVoltage, config, refuse);
  sideComplaints("busVoltage", busVoltage, config, refuse);
  if (busVoltage.device === pccMeterName)
    refuse(["busVoltage", "device"], "is on the grid's side of K1: the site's side needs an instrument of its own");
  else if (gridVoltage.device === busVoltage.device && !isModule(busVoltage.device))
    refuse(["busVoltage", "device"], "measures the grid's side already: each side needs an instrument of its own");
  return complaints;
}

type Refuse = (path: readonly string[], complaint: string) => void;

function driveComplaints({ drive, closeOutput, openOutput }: TransferParts["command"], refuse: Refuse): void {
  if (drive === "coil") {
    if (openOutput !== undefined)
      refuse(
        ["command", "openOutput"],
        "belongs to a pulse or hold-to-run drive: a coil opens K1 by falling off, so that a dead module never closes it",
      );
    return;
  }
  if (openOutput === undefined)
    refuse(["command", "openOutput"], `is missing: a ${drive} drive has an output for opening`);
  else if (openOutput === closeOutput) refuse(["command", "openOutput"], "must be another output than closeOutput");
}

function sideComplaints(
  part: "gridVoltage" | "busVoltage",
  { device, liveInput, deadInput }: SideConfig,
  config: SiteConfig,
  refuse: Refuse,
): void {
  const named = config.devices.find((one) => one.name === device);
  if (named === undefined && device !== pccMeterName) {
    refuse([part, "device"], `must name a meter or io module of devices, or ${pccMeterName}${known(config)}`);
    return;
  }
  if (named?.kind === "io") {
    if (liveInput === undefined || deadInput === undefined)
      refuse(
        [part, liveInput === undefined ? "liveInput" : "deadInput"],
        "is missing: a voltage relay needs both of its contacts, because a broken wire must not read as a dead line",
      );
    else if (liveInput === deadInput) refuse([part, "deadInput"], "must be another input than liveInput");
  } else if (liveInput !== undefined || deadInput !== undefined)
    refuse([part, liveInput !== undefined ? "liveInput" : "deadInput"], "belongs to a voltage relay on an io module");
}

function contactComplaints(config: SiteConfig): Complaint[] {
  const { generator, bonding, transferDevice } = config;
  const complaints: Complaint[] = [];
  const refuse = (path: readonly string[], complaint: string): void => {
    complaints.push({ path, complaint });
  };
  const mustBeModule = (names: readonly string[], device: string | undefined): void => {
    if (device === undefined || config.devices.some((one) => one.name === device && one.kind === "io")) return;
    refuse([...names, "device"], `must name an io module of devices${known(config)}`);
  };
  mustBeModule(["generator"], generator?.device);
  mustBeModule(["bonding"], bonding?.device);
  mustBeModule(["pcc", "reduction"], config.pcc.reduction?.device);
  if (bonding === undefined) return complaints;
  if (transferDevice === undefined || transferDevice.kind === "none")
    refuse(["bonding"], "belongs to a site with a transferDevice: without an island there is no bond to make");
  if (transferDevice?.kind === "microgrid-interconnect")
    refuse(
      ["bonding"],
      "cannot be made and undone while K1 changes over without a break: settle the bond in hardware, or take open-transition",
    );
  if (bonding.bondedInput === bonding.unbondedInput)
    refuse(
      ["bonding", "unbondedInput"],
      "must be another input than bondedInput: each step is proven by its own contact",
    );
  const parts = transferPartsOf(config);
  if (parts !== undefined && parts.command.device === bonding.device) {
    const { closeOutput, openOutput } = parts.command;
    if (bonding.output === closeOutput || bonding.output === openOutput)
      refuse(["bonding", "output"], "moves K1 already: the bond needs an output of its own");
  }
  return complaints;
}

const known = ({ devices }: SiteConfig): string =>
  devices.length === 0 ? " (the list is empty)" : `: ${devices.map(({ name }) => name).join(", ")}`;
