/**
 * A transfer device made of parts: contacts and coils on an I/O module, voltages from meters or voltage relays, each behind a
 * link of its own and with an age of its own. The process image gets one device whose age is that of its contacts. A voltage
 * that is too old, or of an instrument that stands still, is unknown, which is neither live nor dead; a contact that is not
 * read makes the whole device old.
 */

import { deadMaxPu, liveMinPu, neitherPu } from "../../src/domain/electrical.ts";
import type { Contact, TransferDeviceFacts } from "../../src/domain/facts.table.ts";
import { meterFact } from "../apply-facts.ts";
import { isNewer } from "../command-targets.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { DeviceReader } from "../device/device-reader.ts";
import type { CommandsPort, SnapshotPort } from "../ports.ts";
import type { SideSettings, TransferPartsSettings } from "./settings.ts";
import { type OutputState, type Position, SwitchDrive } from "./switch-drive.ts";

/** An instrument that stands still for so long tells nothing, ms: as long as a device's own clock may stand. */
const stillMaxMs = 1_500;

/** What voltages are reckoned with: nominal, V, and how many wires of the service carry one. */
export interface PartsContext {
  readonly nominalVoltageV: number;
  readonly phaseVoltageV: number;
  readonly phases: 1 | 2 | 3;
}

/** One side's instrument, and its readings where they come from a meter. */
interface Side {
  readonly settings: SideSettings;
  readonly device: BridgeDevice | undefined;
  voltagePu: number;
  frequencyHz: number;
  /** Numbers of the reader that voltage and frequency come from. */
  reader: DeviceReader | undefined;
  wanted: Uint8Array;
}

/** Reads and moves a transfer device that is made of parts. */
export class TransferParts {
  readonly #settings: TransferPartsSettings;
  readonly #context: PartsContext;
  readonly #contacts: BridgeDevice;
  readonly #module: BridgeDevice;
  readonly #grid: Side;
  readonly #bus: Side;
  readonly #drive: SwitchDrive;
  readonly #position: Position = { open: false, closed: false };
  readonly #closeOutput: OutputState = { value: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  readonly #openOutput: OutputState = { value: Number.NaN, atMs: Number.NEGATIVE_INFINITY };

  constructor(
    settings: TransferPartsSettings,
    devices: readonly BridgeDevice[],
    meter: BridgeDevice | undefined,
    context: PartsContext,
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#contacts = devices[settings.contacts.device]!;
    this.#module = devices[settings.command.device]!;
    const side = (from: SideSettings): Side => ({
      settings: from,
      device: from.kind === "pcc-meter" ? meter : devices[from.device],
      voltagePu: Number.NaN,
      frequencyHz: Number.NaN,
      reader: undefined,
      wanted: new Uint8Array(0),
    });
    this.#grid = side(settings.grid);
    this.#bus = side(settings.bus);
    this.#drive = new SwitchDrive(settings.command);
  }

  /** Puts the device together from what its parts said last. To be called in each cycle, and after each read of a part. */
  compose({ transferDevice: device, meter }: SnapshotPort, nowMs: number): void {
    const { contacts } = this.#settings;
    const { reader, life } = this.#contacts;
    if (reader !== undefined && life !== undefined) {
      device.atMs = reader.factsAtMs;
      device.liveAtMs = life.liveAtMs;
      device.contactNo = contactOf(reader.values[contacts.no]!, 1);
      device.contactNc = contactOf(reader.values[contacts.nc]!, 0);
    }
    this.#read(this.#grid, nowMs, "worst");
    this.#read(this.#bus, nowMs, "highest");
    device.gridVoltagePu = this.#grid.voltagePu;
    // A relay tells no frequency: that of the meter at the grid connection is the same grid's.
    const isRelay = this.#settings.grid.kind === "relay";
    const isYoung = nowMs - meter.atMs <= this.#settings.grid.freshMs + stillMaxMs;
    device.gridFrequencyHz = !isRelay ? this.#grid.frequencyHz : isYoung ? meter.frequencyHz : Number.NaN;
    device.busVoltagePu = this.#bus.voltagePu;
    device.busFrequencyHz = this.#bus.frequencyHz;
    device.closeSequence = this.#drive.closeSequence;
    const isFresh = nowMs - device.atMs <= contacts.freshMs;
    this.#position.open = isFresh && isAt(device, "open");
    this.#position.closed = isFresh && isAt(device, "closed");
  }

  /** What the outputs of the module shall be. */
  aim({ transferDevice: command, closeSequence }: CommandsPort, nowMs: number): void {
    const { writer } = this.#module;
    if (writer === undefined) return;
    const { close, open } = this.#settings.command;
    this.#seeOutput(this.#closeOutput, close);
    if (open !== undefined) this.#seeOutput(this.#openOutput, open);
    const drive = this.#drive;
    const mayClose = isNewer(closeSequence, drive.closeSequence);
    drive.update(command, closeSequence, mayClose, this.#closeOutput, this.#openOutput, this.#position, nowMs);
    writer.targets[close] = drive.close;
    if (open !== undefined) writer.targets[open] = drive.open;
  }

  #seeOutput(into: OutputState, place: number): void {
    const requests = this.#module.writer!.requests;
    for (let i = 0; i < requests.length; i += 1) {
      const { places, acknowledged, acknowledgedMs } = requests[i]!;
      if (places[0]!.index !== place) continue;
      into.value = acknowledged[0]!;
      into.atMs = acknowledgedMs;
    }
  }

  #read(side: Side, nowMs: number, of: "worst" | "highest"): void {
    const { settings, device } = side;
    side.voltagePu = Number.NaN;
    side.frequencyHz = Number.NaN;
    const reader = device?.reader;
    if (device === undefined || reader === undefined || device.life === undefined) return;
    const isMeter = settings.kind !== "relay";
    const atMs = isMeter ? this.#arrival(side, reader) : reader.factsAtMs;
    if (!(nowMs - atMs <= settings.freshMs)) return;
    if (!isMeter) {
      const live = reader.values[settings.live];
      const dead = reader.values[settings.dead];
      if (live === 1 && dead === 0) side.voltagePu = 1;
      if (live === 0 && dead === 1) side.voltagePu = 0;
      return;
    }
    if (!(nowMs - device.life.liveAtMs <= settings.freshMs + stillMaxMs)) return;
    side.voltagePu = this.#voltagePu(reader.values, of);
    side.frequencyHz = reader.values[meterFact.frequencyHz]!;
  }

  /** When the oldest of the readings that tell voltage and frequency arrived, ms. */
  #arrival(side: Side, reader: DeviceReader): number {
    if (side.reader !== reader) {
      side.reader = reader;
      side.wanted = reader.sourcesOf(voltmeterFacts);
    }
    return reader.arrivalOf(side.wanted);
  }

  /**
   * One number for several poles. `highest`: the bus is dead only where all poles are, so that one welded pole shows. `worst`:
   * a grid is good only where all phases are; one that has lost a phase is neither live nor dead.
   */
  #voltagePu(values: Float64Array, of: "worst" | "highest"): number {
    const { phases, phaseVoltageV, nominalVoltageV } = this.#context;
    let highest = Number.NaN;
    let lowest = Number.NaN;
    for (let phase = 0; phase < phases; phase += 1) {
      const pu = values[meterFact.voltageAV + phase]! / phaseVoltageV;
      if (Number.isNaN(pu)) continue;
      highest = highest >= pu ? highest : pu;
      lowest = lowest <= pu ? lowest : pu;
    }
    if (Number.isNaN(highest)) return values[meterFact.voltageV]! / nominalVoltageV;
    if (of === "highest" || highest <= deadMaxPu) return highest;
    if (lowest < liveMinPu) return Math.max(lowest, neitherPu);
    return highest - 1 > 1 - lowest ? highest : lowest;
  }
}

const voltmeterFacts: readonly string[] = ["voltageV", "voltageAV", "voltageBV", "voltageCV", "frequencyHz"];

/** What a contact's input says of K1: on at `closedAt`. NaN is unknown. */
const contactOf = (value: number, closedAt: 0 | 1): Contact =>
  value === closedAt ? "closed" : value === 1 - closedAt ? "open" : "unknown";

const isAt = ({ contactNo, contactNc }: TransferDeviceFacts, position: Contact): boolean =>
  contactNo === position && contactNc === position;
