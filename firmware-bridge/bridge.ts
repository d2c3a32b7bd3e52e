/**
 * The bridge between the control cycle and the devices: `readAll` writes facts into the process image, `writeAll` obeys the
 * commands. Everything runs in the control worker: requests and buffers are made once, there is no logging, the only timer
 * is the one for deadlines. What failed keeps its old age; nothing stale is ever written into the image.
 */
import { Deadlines } from "../src/protocols/modbus/deadlines.ts";
import type { Clock, ModbusLink } from "../src/protocols/modbus/link.ts";
import type { DeviceCycle, DevicePart } from "./cycle/device-cycle.ts";
import { CycleReads } from "./cycle/reads.ts";
import { CycleWrites } from "./cycle/writes.ts";
import { BridgeDevice } from "./device/device.ts";
import { standingFault } from "./device/device-health.ts";
import { createTransport, linkKey, type TransportFactory } from "./device/transport.ts";
import type { DeviceKind } from "./maps/device-map.ts";
import { BusContacts } from "./parts/bus-contacts.ts";
import { LoadPanelUnit } from "./parts/load-panel-unit.ts";
import { MeterSum } from "./parts/meter-sum.ts";
import { PccMetering } from "./parts/pcc-metering.ts";
import { PvInverters } from "./parts/pv-inverters.ts";
import { TransferParts } from "./parts/transfer-parts.ts";
import { TransferUnit } from "./parts/transfer-unit.ts";
import type { CommandsPort, SnapshotPort } from "./ports.ts";
import { type DeviceReport, reportDevice } from "./report.ts";
import { type BridgeSettings, type DeviceSettings, defaultDeadBandW, defaultRefreshMs } from "./settings.ts";
import type { FunctionSettings } from "./stage/function-plan.ts";
import { Heartbeat } from "./stage/heartbeat.ts";
import { StageUnit } from "./stage/stage-unit.ts";

const phaseCounts = { single: 1, split: 2, three: 3 } as const;

export type { DeviceReport } from "./report.ts";

/** What tests replace: the clock, monotonic ms. */
export interface BridgeOptions {
  readonly clock?: Clock;
}

/** All devices of a site: one cycle reads what is due into the snapshot and writes what the commands say. */
export class Bridge {
  readonly stages: readonly StageUnit[];
  readonly meter: BridgeDevice | undefined;
  readonly transferDevice: BridgeDevice | undefined;
  readonly loadPanel: BridgeDevice | undefined;
  /** Meters and I/O modules that are no place of their own in the process image. */
  readonly named: readonly BridgeDevice[];
  readonly heartbeat = new Heartbeat();
  readonly links: readonly ModbusLink[];

  readonly #clock: Clock;
  readonly #cycles: DeviceCycle[] = [];
  readonly #reads: CycleReads;
  readonly #writes: CycleWrites;
  readonly #pccMetering: PccMetering;
  readonly #pv: PvInverters;
  readonly #transfer: TransferUnit | undefined;
  readonly #panel: LoadPanelUnit | undefined;
  readonly #transferParts: TransferParts | undefined;
  readonly #busContacts: BusContacts | undefined;
  readonly #meterSum: MeterSum | undefined;
  /** The last cycle told it to say nothing. */
  #silent = false;

  constructor(settings: BridgeSettings, transport: TransportFactory, options: BridgeOptions) {
    this.#clock = options.clock ?? (() => performance.now());
    const deadlines = new Deadlines(this.#clock);
    this.#reads = new CycleReads(this.#cycles, deadlines);
    this.#writes = new CycleWrites(this.#cycles, deadlines);
    const links = new Map<string, ModbusLink>();
    const refreshMs = settings.refreshMs ?? defaultRefreshMs;
    const deadBandW = settings.deadBandW ?? defaultDeadBandW;
    const make = (kind: DeviceKind, device: DeviceSettings, part: DevicePart, reactive?: boolean): BridgeDevice => {
      const key = linkKey(device.link);
      let link = links.get(key);
      if (link === undefined) {
        link = transport(device.link, deadlines);
        links.set(key, link);
      }
      const made = new BridgeDevice(kind, device, link, this.#clock, { refreshMs, deadBandW }, reactive);
      link.setPace(device.unit, {
        ...made.pace,
        settleMs: device.map?.settleMs ?? 0,
        urgent: device === settings.meter,
      });
      const cycle: DeviceCycle = { device: made, part, readWaited: false, writesWaited: 0, knownFault: null };
      made.onBound = () => {
        part.bound?.();
        this.#reads.hook(cycle);
        this.#writes.hook(cycle);
      };
      made.onReplanned = () => this.#reads.hookBlocks(cycle);
      this.#cycles.push(cycle);
      return made;
    };

    const { nominalVoltageV } = settings;
    const phaseVoltageV = nominalVoltageV / { single: 1, split: 2, three: Math.sqrt(3) }[settings.phases];
    // The most urgent facts first: they share the wire with nothing that is slower.
    const { transferDevice, transferParts } = settings;
    this.#transfer =
      transferDevice &&
      new TransferUnit((part) => make("transfer-device", transferDevice, part), nominalVoltageV, phaseVoltageV);
    this.transferDevice = this.#transfer?.device;
    const hasTransferDevice = transferDevice !== undefined || transferParts !== undefined;
    this.named = (settings.devices ?? []).map((device, index) =>
      make(device.kind, device, { take: (snapshot) => this.#takeNamed(this.named[index]!, snapshot) }),
    );
    this.meter = settings.meter && make("meter", settings.meter, this.#meterPart());
    this.stages = settings.stages.map((stage, index) => {
      const device = make("stage", stage, this.#stagePart(index), stage.reactiveByController);
      return new StageUnit(device, stage, {
        nominalVoltageV,
        phaseVoltageV,
        phases: phaseCounts[settings.phases],
        hasTransferDevice,
      });
    });
    this.#pccMetering = new PccMetering({ ...settings, phaseVoltageV }, { hasTransferDevice, stages: this.stages });
    this.#meterSum = settings.meterSum && new MeterSum(settings.meterSum, this.named);
    this.#busContacts = settings.busContacts && new BusContacts(settings.busContacts, this.named);
    this.#transferParts =
      transferParts &&
      new TransferParts(transferParts, this.named, this.meter, {
        nominalVoltageV,
        phaseVoltageV,
        phases: phaseCounts[settings.phases],
      });
    const { loadPanel } = settings;
    this.#panel = loadPanel && new LoadPanelUnit((part) => make("load-panel", loadPanel, part));
    this.loadPanel = this.#panel?.device;
    const inverters = settings.pv ?? [];
    const pv: DevicePart = { take: ({ site }) => this.#takePv(site) };
    this.#pv = new PvInverters(
      inverters.map((one) => make("pv", one, pv)),
      inverters,
    );
    this.links = [...links.values()];
    for (const { device } of this.#cycles) {
      const { unit } = device.settings;
      device.sharesLink = this.devices.some((other) => other.link === device.link && other.settings.unit !== unit);
    }
  }

  #meterPart(): DevicePart {
    return {
      take: (snapshot) => (this.#pccMetering.take(this.meter!, snapshot) ? true : "all-zero"),
      readsCut: () => this.#pccMetering.bound(this.meter!),
      othersRead: (block) => this.#pccMetering.othersRead(this.meter!, block),
    };
  }

  #stagePart(index: number): DevicePart {
    return {
      bound: () => this.stages[index]!.bound(),
      take: (snapshot) => this.stages[index]!.take(snapshot.stages[index]!, snapshot),
      wrote: (request, acknowledged) => {
        const stage = this.stages[index]!;
        stage.sent(request);
        if (acknowledged) stage.acknowledged(request, this.#reads.snapshot?.stages[index]);
      },
    };
  }

  /** PV inverters, in the order of the settings. */
  get pv(): readonly BridgeDevice[] {
    return this.#pv.devices;
  }

  /** Devices in the order in which they are read. */
  get devices(): readonly BridgeDevice[] {
    return this.#cycles.map((cycle) => cycle.device);
  }

  /**
   * Finds all devices, and verifies the stages that are idle: identity, reversion timer, heartbeat. A stage that forms an
   * island or gives power back is left alone (`not-idle`); call `verifyStages` when it has become idle. Writes nothing to
   * devices when `verify` is false. Devices that are not there keep being looked for in every cycle.
   */
  async discover(options: { readonly verify?: boolean } = {}): Promise<DeviceReport[]> {
    await Promise.all(this.#cycles.map((cycle) => cycle.device.bind()));
    if (options.verify ?? true) await this.verifyStages();
    return this.reports();
  }

  /** The grid profile's settings that live in the stages; from now on each stage must have them to count as verified. */
  setFunctions(settings: FunctionSettings): void {
    for (const stage of this.stages) stage.setFunctions(settings, this.#clock);
  }

  /**
   * The utility permits service or does not: every stage's permit (703.ES) follows, at once or, while the bridge is silent, with
   * the next verification. Resolves when all have been tried.
   */
  async setPermitService(permitted: boolean): Promise<void> {
    await Promise.all(this.stages.map((stage) => stage.setPermitService(permitted, !this.#silent)));
  }

  /** Has a stage's functions written anew at the next verification: a person's decision after a mismatch. */
  resetFunctions(stageIndex: number): void {
    this.stages[stageIndex]?.guard?.reset();
  }

  /**
   * To be called every few seconds: does what each stage's verification owes, start-up checks (about two seconds, only while
   * idle) and the comparison of its functions every minute. False, and nothing was said to any stage, while the bridge was
   * told to keep silent: nobody knows yet what the site is.
   */
  async verifyStages(): Promise<boolean> {
    if (this.#silent) return false;
    const owed = this.stages.filter((stage) => !stage.context.verified);
    await Promise.all(owed.map((stage) => stage.verify(this.heartbeat, this.#clock)));
    // Comparing alone is not urgent: one stage after the other, so that it never crowds a cycle.
    for (const stage of this.stages) if (!owed.includes(stage)) await stage.verify(this.heartbeat, this.#clock);
    return true;
  }

  /**
   * To be called in each cycle: a stage that has just been found is verified at once, beside the others and whatever they
   * still need. Nothing is said while the bridge keeps silent.
   */
  verifyFound(): void {
    if (this.#silent) return;
    for (let i = 0; i < this.stages.length; i += 1) {
      const stage = this.stages[i]!;
      if (stage.isNew) void stage.verify(this.heartbeat, this.#clock);
    }
  }

  reports(): DeviceReport[] {
    const nowMs = this.#clock();
    return this.#cycles.map(({ device }) =>
      reportDevice(device, this.#stageOf(device), this.named.includes(device), nowMs),
    );
  }

  /** Whether a device has another standing fault than at the last call: then people hear of it at once. */
  faultsChanged(): boolean {
    const nowMs = this.#clock();
    let changed = false;
    for (let i = 0; i < this.#cycles.length; i += 1) {
      const cycle = this.#cycles[i]!;
      const fault = standingFault(cycle.device, nowMs);
      if (fault === cycle.knownFault) continue;
      cycle.knownFault = fault;
      changed = true;
    }
    return changed;
  }

  #stageOf(device: BridgeDevice): StageUnit | undefined {
    for (let i = 0; i < this.stages.length; i += 1) if (this.stages[i]!.device === device) return this.stages[i];
    return undefined;
  }

  /**
   * Starts a read of every device that has answered its last one. Resolves when those that are fast enough have answered or
   * failed, at `deadlineMs` at the latest; what comes later is taken when it comes, with its own age.
   */
  readAll(snapshot: SnapshotPort, deadlineMs: number): Promise<void> {
    const nowMs = this.#clock();
    this.#reads.start(snapshot, nowMs, deadlineMs);
    this.#panel?.forget(snapshot, nowMs);
    if (this.pv.length > 0) snapshot.site.pvPowerW = this.#pv.powerW(nowMs);
    this.#composeParts(snapshot, nowMs);
    return this.#reads.rest(deadlineMs);
  }

  /**
   * Writes what changed or needs refreshing. `heartbeatAllowed`: a step was completed on fresh inputs, so the heartbeat may advance.
   * Resolves when the writes to devices that are fast enough are acknowledged or failed, at `deadlineMs` at the latest. With
   * `commandsEnabled` false nothing is said, by no other way either, until it is true again.
   */
  writeAll(commands: CommandsPort, nowMs: number, deadlineMs: number, heartbeatAllowed: boolean): Promise<void> {
    if (!commands.commandsEnabled) {
      if (!this.#silent) this.#writes.forget();
      this.#silent = true;
      return Promise.resolve();
    }
    this.#silent = false;
    this.heartbeat.update(heartbeatAllowed, nowMs);
    this.#aimStages(commands, nowMs);
    this.#transfer?.aim(commands);
    this.#panel?.aim(commands);
    this.#pv.aim(commands.pvLimitW);
    this.#transferParts?.aim(commands, nowMs);
    this.#busContacts?.aim(commands);
    return this.#writes.start(nowMs, deadlineMs);
  }

  /**
   * Gives the devices back whose maps say how: those at rest, within `withinMs` altogether. Call it after the last cycle; a
   * stage that still gives or takes power is left to its watchdog.
   */
  async giveBack(withinMs: number): Promise<void> {
    const busy = new Set(this.stages.filter(({ atRest }) => !atRest).map(({ device }) => device));
    const given = this.#cycles.map(({ device }) => (busy.has(device) ? undefined : device.giveBack()));
    let patience: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.all(given), late]);
    clearTimeout(patience);
  }

  /** Closes every connection. */
  shut(): void {
    this.#reads.shut();
    this.#writes.shut();
    for (const link of this.links) link.shut();
  }

  /** What parts say belongs together in one device. */
  /** False where the device tells no value at all: which of them are needed is known to the parts. */
  #takeNamed({ reader }: BridgeDevice, snapshot: SnapshotPort): boolean {
    this.#composeParts(snapshot, this.#clock());
    return reader!.values.some((value) => !Number.isNaN(value));
  }

  #composeParts(snapshot: SnapshotPort, nowMs: number): void {
    if (this.#meterSum !== undefined) this.#pccMetering.takeSum(this.#meterSum, snapshot);
    this.#transferParts?.compose(snapshot, nowMs);
    this.#busContacts?.compose(snapshot, nowMs);
  }

  #takePv(site: SnapshotPort["site"]): boolean {
    site.pvPowerW = this.#pv.powerW(this.#clock());
    return true;
  }

  #aimStages(commands: CommandsPort, nowMs: number): void {
    for (let i = 0; i < this.stages.length; i += 1) {
      const stage = this.stages[i]!;
      const command = commands.stages[i];
      if (stage.device.writer !== undefined && command !== undefined) stage.aim(command, nowMs, this.heartbeat.value);
    }
  }
}

/** A bridge for the devices of `settings`; nothing is opened before `start`. */
export const createBridge = (
  settings: BridgeSettings,
  transport: TransportFactory = createTransport,
  options: BridgeOptions = {},
): Bridge => new Bridge(settings, transport, options);
