/** Plain devices for tests of the bridge: they do at once what they are told and remember every command. */

import type {
  PlantLoadPanel,
  PlantMeter,
  PlantPv,
  PlantStage,
  PlantStageCommand,
  PlantTransferDevice,
} from "../../sim/plant/devices.ts";
import type { Role } from "../../src/domain/modes.ts";

export class FakeStage implements PlantStage {
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly ratedVar: number;
  readonly nominalVoltageV = 480;
  serialNumber: string;
  firmware = "2.1.0";
  role: Role = "off";
  powerW = 0;
  reactiveVar = 0;
  voltagePu = 1.01;
  frequencyHz = 60.02;
  dcVoltageV = 650;
  dcCurrentA = 0;
  socPct = 71.5;
  capacityWh = 155_000;
  vehicleConnected = true;
  importWh = 1_000;
  exportWh = 500;
  maxChargeW: number;
  maxDischargeW: number;
  contactorClosed = true;
  alarmBits = 0;
  local = false;
  antiIslanding = true;
  executedSequence = 0;
  staleRefused = 0;
  watchdogTripped = false;
  formVoltagePu = 0;
  formFrequencyHz = 0;
  permitService = true;
  alarmResets = 0;
  /** Test switch: a reset does not help. */
  latchesAgain = false;
  readonly commands: PlantStageCommand[] = [];
  /** Moments of the commands, ms of `clock`. */
  readonly commandMs: number[] = [];
  readonly heartbeats: number[] = [];
  /** Test switches. */
  reversionCounts = true;
  reversionReloads = true;

  readonly #clock: () => number;
  #reversionS = Number.NaN;
  #reversionFromMs = 0;

  constructor(ratedW = 60_000, serialNumber = "S-1", clock: () => number = () => performance.now()) {
    this.ratedW = ratedW;
    this.ratedVA = ratedW;
    this.ratedVar = ratedW * 0.44;
    this.maxChargeW = ratedW;
    this.maxDischargeW = ratedW;
    this.serialNumber = serialNumber;
    this.#clock = clock;
  }

  get heartbeat(): number {
    return Math.floor(this.#clock() / 1_000);
  }

  get reversionRemainingS(): number {
    if (Number.isNaN(this.#reversionS) || this.#reversionS === 0) return Number.NaN;
    if (!this.reversionCounts) return this.#reversionS;
    return Math.max(0, this.#reversionS - (this.#clock() - this.#reversionFromMs) / 1_000);
  }

  command(command: PlantStageCommand): void {
    if (command.sequence < this.executedSequence) {
      this.staleRefused += 1;
      return;
    }
    this.commands.push({ ...command });
    this.commandMs.push(this.#clock());
    this.executedSequence = command.sequence;
    // What it reports is what it does: told to hold, it follows until K1 opens.
    this.role = command.role === "hold" ? "discharge" : command.role;
    this.powerW = command.powerW;
    this.reactiveVar = command.reactiveVar;
    this.formVoltagePu = command.formVoltagePu;
    this.formFrequencyHz = command.formFrequencyHz;
    if (this.reversionReloads) this.#reversionFromMs = this.#clock();
  }

  controllerHeartbeat(value: number): void {
    if (this.heartbeats.at(-1) !== value) this.heartbeats.push(value);
  }

  setReversion(timeoutS: number): void {
    this.#reversionS = timeoutS;
    this.#reversionFromMs = this.#clock();
  }

  limitDischarge(): void {}

  setPermitService(on: boolean): void {
    this.permitService = on;
  }

  resetAlarms(): void {
    this.alarmResets += 1;
    this.alarmBits = 0;
    this.watchdogTripped = this.latchesAgain;
  }
}

export class FakeMeter implements PlantMeter {
  readonly nominalVoltageV = 480;
  sampleCount = 0;
  powerW = 120_500;
  reactiveVar = 3_000;
  voltagePu = 1.0;
  frequencyHz = 60;
  phasePowerW: [number, number, number] = [40_000, 40_250, 40_250];
  phaseVoltagePu: [number, number, number] = [1, 1.01, 0.99];
  importWh = 5_000_000;
  exportWh = 10_000;
}

export class FakeTransferDevice implements PlantTransferDevice {
  contactNo: "open" | "closed" = "closed";
  contactNc: "open" | "closed" = "closed";
  gridVoltagePu = 1;
  gridFrequencyHz = 60;
  busVoltagePu = 1;
  busFrequencyHz = 60;
  phaseDeg = 0;
  syncRelay = true;
  closeSequence = 0;
  operations = 0;
  opens = 0;
  nones = 0;

  commandOpen(): void {
    this.opens += 1;
    this.contactNo = "open";
    this.contactNc = "open";
  }

  commandClose(sequence: number): void {
    if (sequence <= this.closeSequence) return;
    this.closeSequence = sequence;
    this.operations += 1;
    this.contactNo = "closed";
    this.contactNc = "closed";
  }

  commandNone(): void {
    this.nones += 1;
  }
}

export class FakePanel implements PlantLoadPanel {
  readonly loads: number[];
  readonly breakers: boolean[];

  constructor(loads: number[]) {
    this.loads = loads;
    this.breakers = loads.map(() => true);
  }

  get tierCount(): number {
    return this.loads.length;
  }

  loadW(tier: number): number {
    return this.breakers[tier] ? this.loads[tier]! : 0;
  }

  closed(tier: number): boolean {
    return this.breakers[tier]!;
  }

  command(tier: number, closed: boolean): void {
    this.breakers[tier] = closed;
  }
}

export class FakePv implements PlantPv {
  readonly ratedW = 11_000;
  readonly nominalVoltageV = 480;
  readonly serialNumber = "PV-1";
  readonly firmware = "1.0";
  producedW = 8_000;
  voltagePu = 1;
  frequencyHz = 60;
  limitW = 11_000;

  limit(powerW: number): void {
    this.limitW = powerW;
  }
}
