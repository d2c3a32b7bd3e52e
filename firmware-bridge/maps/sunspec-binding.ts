/** From a discovered SunSpec device to its map: points get their addresses, scale factors become multipliers. */
import { err, ok, type Result } from "../../src/domain/result.ts";
import {
  type Chain,
  type ChainEntry,
  type ModelImage,
  numberOf,
  type RegisterReader,
  readModel,
  scaleOf,
  textOf,
} from "../../src/protocols/sunspec/chain.ts";
import type { ModelTable, PlacedPoint } from "../../src/protocols/sunspec/model.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import type { NumericType } from "../../src/protocols/sunspec/point-types.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import {
  type CommandRow,
  type ConstantRow,
  type DeviceKind,
  type DeviceMap,
  type FactRow,
  missingRows,
} from "./device-map.ts";
import * as table from "./sunspec-binding.table.ts";
import { twoAtATime } from "./two-at-a-time.ts";
import { commandDuties, loadPanelModel, stageModel, vendorModels } from "./vendor-models.table.ts";

/** What a device says of itself. */
export interface Identity {
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  readonly serialNumber: string;
}

/** A discovered device: its models as read once at the scan, and what the cycle needs of them. */
export interface BoundDevice {
  readonly identity: Identity;
  readonly images: ReadonlyMap<number, ModelImage>;
  readonly map: DeviceMap;
}

const modelTable = (id: number): ModelTable | undefined =>
  sunspecModel(id) ?? vendorModels.find((model) => model.id === id);

const meterIds = [213, 212, 211, 214, 203, 202, 201, 204];
const tiersMax = 8;

/** Models that make a part of a chain the one for a place in the site, the most telling first. */
const leadingModels: Readonly<Record<DeviceKind, readonly number[]>> = {
  stage: [stageModel.id, 701],
  meter: meterIds,
  "transfer-device": [64_902],
  "load-panel": [loadPanelModel.id],
  pv: [701, 103, 102, 101, 113, 112, 111],
  io: [],
};

/**
 * A chain may hold several devices, such as an inverter with its meters, each behind a common model of its own. Those of the
 * device that is meant come first, with its common model; the others follow for what it shares with them.
 */
function inOrderFor(kind: DeviceKind, { entries }: Chain): readonly ChainEntry[] {
  const parts: ChainEntry[][] = [];
  for (const entry of entries) {
    if (entry.id === 1 || parts.length === 0) parts.push([]);
    parts[parts.length - 1]!.push(entry);
  }
  for (const id of leadingModels[kind]) {
    const own = parts.find((part) => part.some((entry) => entry.id === id));
    if (own !== undefined) return [...own, ...parts.filter((part) => part !== own).flat()];
  }
  return entries;
}

/** Reads every model that we know of a walked chain, each once. The first of several counts: that of the device of the kind. */
export async function readKnownModels(
  reader: RegisterReader,
  chain: Chain,
  kind: DeviceKind,
): Promise<Result<Map<number, ModelImage>, DeviceFault>> {
  const ordered = inOrderFor(kind, chain);
  const firsts = ordered.filter(({ id }, index) => ordered.findIndex((one) => one.id === id) === index);
  const known = firsts.flatMap((entry) => {
    const table = modelTable(entry.id);
    return table === undefined ? [] : [{ entry, table }];
  });
  const read = await twoAtATime(known, ({ entry, table }) => readModel(reader, entry, table));
  const images = new Map<number, ModelImage>();
  for (const [index, image] of read.entries()) {
    if (!image.ok) return image;
    images.set(known[index]!.entry.id, image.value);
  }
  return ok(images);
}

/** Identity from SunSpec model 1; empty texts where the device has none. */
export function identityOf(images: ReadonlyMap<number, ModelImage>): Identity {
  const common = images.get(1);
  const text = (point: string): string => (common === undefined ? "" : textOf(common, point));
  return { manufacturer: text("Mn"), model: text("Md"), version: text("Vr"), serialNumber: text("SN") };
}

/** Whether the controller sets reactive power, or the device by its own functions. */
export interface BindingOptions {
  /** The controller sets reactive power by 704.VarSet; otherwise the stage's own functions do. */
  readonly reactiveByController: boolean;
}

/** The device's map for its place in the site, or what it lacks for it. */
export function bindSunspec(
  kind: DeviceKind,
  images: ReadonlyMap<number, ModelImage>,
  options: BindingOptions,
): Result<DeviceMap, DeviceFault> {
  const { facts, commands } = bindingsFor(kind, images, options);
  const factRows: FactRow[] = [];
  const commandRows: CommandRow[] = [];
  for (const { fact, model, point, pace, sign, factor, bit, codes } of facts) {
    const place = placeOf(images, model, point);
    // Of several models that tell the same the first one in the table counts.
    if (place === undefined || factRows.some((row) => row.name === fact)) continue;
    // A fact whose scale factor is missing is a fact that is missing; the check below says so if it is needed.
    if (Number.isNaN(place.scale)) continue;
    factRows.push({
      name: fact,
      address: place.address,
      type: place.type,
      ...scaling(place, factor),
      sign: sign ?? "load",
      pace,
      ...(bit === undefined ? {} : { bit }),
      ...(codes === undefined ? {} : { codes }),
    });
  }
  for (const { command, model, point, request, sign, factor, codes } of commands) {
    const place = placeOf(images, model, point);
    if (place === undefined || commandRows.some((row) => row.name === command)) continue;
    if (Number.isNaN(place.scale)) {
      return err({ fault: "scale-missing", detail: `model ${model}, ${point}: the setpoint cannot be written` });
    }
    commandRows.push({
      name: command,
      address: place.address,
      type: place.type,
      ...scaling(place, factor),
      sign: sign ?? "load",
      request,
      ...(model === 123 && { everyMs: 1_000, refreshMs: 30_000 }),
      onHeartbeatLoss: commandDuties.find(([id, name]) => id === model && name === point)?.[3] ?? "as the model says",
      ...(codes === undefined ? {} : { codes }),
    });
  }
  const constants = kind === "pv" ? enableRows(images, commandRows) : [];
  const map: DeviceMap = {
    kind,
    readFunction: 3,
    writeFunction: 16,
    facts: factRows,
    commands: commandRows,
    constants,
  };
  const missing = missingRows(map);
  if (missing.length > 0) {
    const found = [...images.keys()].join(", ") || "none";
    return err({
      fault: "models-missing",
      detail: `${kind} needs ${missing.map(({ names }) => names.join(" or ")).join(", ")}; known models found: ${found}`,
    });
  }
  return ok(map);
}

/** Models 123 take a new limit only when their enable goes from 0 to 1: it does so after each one. */
function enableRows(images: ReadonlyMap<number, ModelImage>, commands: readonly CommandRow[]): ConstantRow[] {
  const place = placeOf(images, 123, "WMaxLim_Ena");
  if (place === undefined || commands.some((row) => row.name === "limitOn")) return [];
  return [0, 1].map((value) => ({
    name: `WMaxLim_Ena ${value}`,
    address: place.address,
    type: place.type,
    scale: 1,
    value,
    when: "after",
    of: "limit",
    readBack: false,
  }));
}

interface Bindings {
  readonly facts: readonly table.FactBinding[];
  readonly commands: readonly table.CommandBinding[];
}

function bindingsFor(kind: DeviceKind, images: ReadonlyMap<number, ModelImage>, options: BindingOptions): Bindings {
  switch (kind) {
    case "stage":
      if (images.has(stageModel.id)) return { facts: table.vendorStageFacts, commands: table.vendorStageCommands };
      return {
        facts: table.standardStageFacts,
        commands: options.reactiveByController
          ? [...table.standardStageCommands, table.standardReactiveCommand]
          : table.standardStageCommands,
      };
    case "meter": {
      const model = meterIds.find((id) => images.has(id)) ?? 0;
      return { facts: table.meterFacts.map((row) => ({ ...row, model })), commands: [] };
    }
    case "transfer-device":
      return { facts: table.transferDeviceFacts, commands: table.transferDeviceCommands };
    case "load-panel": {
      const panel = images.get(loadPanelModel.id);
      const tiers = panel === undefined ? 0 : Math.min(tiersMax, numberOf(panel, "NTier"));
      const tierFacts = Array.from(
        { length: tiers },
        (_, i): table.FactBinding => ({
          fact: `tier${i + 1}W`,
          model: loadPanelModel.id,
          point: `Tier[${i + 1}].W`,
          pace: "cycle",
        }),
      );
      return { facts: [...table.loadPanelFacts, ...tierFacts], commands: table.loadPanelCommands };
    }
    case "pv":
      return { facts: table.pvFacts, commands: table.pvCommands };
    // Its map is made from the site's configuration.
    case "io":
      return { facts: [], commands: [] };
  }
}

interface Place {
  readonly address: number;
  readonly type: Exclude<NumericType, "pad">;
  /** Multiplier as it was at the scan. */
  readonly scale: number;
  readonly point: PlacedPoint;
  /** Register with the power of ten, where there is one. */
  readonly scaleAt?: number;
  readonly scaleName?: string;
}

/** Powers of ten are read with the values: devices change them while they run, with the power or from night to day. */
function scaling({ scale, scaleAt, scaleName }: Place, factor = 1) {
  return scaleAt === undefined || scaleName === undefined
    ? { scale: scale * factor }
    : { scale: factor, scaleAt, scaleName, scaleThen: Math.round(Math.log10(scale)) };
}

/** Where a point of a read model is, and its multiplier (NaN when its scale factor is missing). */
export function placeOf(images: ReadonlyMap<number, ModelImage>, model: number, path: string): Place | undefined {
  const image = images.get(model);
  const point = image?.layout.byPath.get(path);
  if (image === undefined || point === undefined || point.type === "string" || point.type === "pad") return undefined;
  const place = { address: image.address + point.offset, type: point.type, scale: scaleOf(image, path), point };
  const power = typeof point.scaleFactor === "string" ? image.layout.byPath.get(point.scaleFactor) : undefined;
  return power === undefined
    ? place
    : { ...place, scaleAt: image.address + power.offset, scaleName: `${model}.${power.path}` };
}
