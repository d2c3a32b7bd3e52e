/**
 * The bridge between the control cycle and the devices: `readAll` writes facts into the process image, `writeAll` obeys the
 * commands. Everything runs in the control worker: requests and buffers are made once, there is no logging, the only timer
 * is the one for deadlines. What failed keeps its old age; nothing stale is ever written into the image.
 */
import { transferCommandNames } from "../src/domain/modes.ts";
import { invariant } from "../src/domain/result.ts";
import { Deadlines, type Expirable } from "../src/protocols/modbus/deadlines.ts";
import type { Exchange } from "../src/protocols/modbus/exchange.ts";
import type { Clock, ModbusLink } from "../src/protocols/modbus/link.ts";
import {
  applyLoadPanel,
  applyTransferDevice,
  loadPanelFact,
  type TransferDeviceContext,
  transferDeviceFact,
} from "./apply-facts.ts";
import {
  isNewer,
  loadPanelCommand,
  setLoadPanelTargets,
  setTransferDeviceTargets,
  transferDeviceCommand,
} from "./command-targets.ts";
import { CycleWait } from "./cycle-wait.ts";
import { BridgeDevice } from "./device/device.ts";
import { isForgotten, standingFault } from "./device/device-health.ts";
import type { WriteRequest } from "./device/device-writer.ts";
import type { DeviceFaultName } from "./device/faults.table.ts";
import type { ReadBlock } from "./device/read-plan.ts";
import { createTransport, linkKey, type TransportFactory } from "./device/transport.ts";
import type { DeviceKind } from "./maps/device-map.ts";
import { BusContacts } from "./parts/bus-contacts.ts";
import { MeterSum } from "./parts/meter-sum.ts";
import { PccMetering } from "./parts/pcc-metering.ts";
import { PvInverters } from "./parts/pv-inverters.ts";
import { TransferParts } from "./parts/transfer-parts.ts";
import type { CommandsPort, SnapshotPort } from "./ports.ts";
import { type DeviceReport, reportDevice } from "./report.ts";
import { type BridgeSettings, type DeviceSettings, defaultDeadBandW, defaultRefreshMs } from "./settings.ts";
import type { FunctionSettings } from "./stage/function-plan.ts";
import { Heartbeat } from "./stage/heartbeat.ts";
import { StageUnit } from "./stage/stage-unit.ts";

/** A device that is being verified is read once in so many of its usual replies, and after this time at the latest, ms. */
const heldReplies = 4;
const heldMostMs = 200;
/** What has not changed is written again after so many replies of a slow device, and after this time at the latest, ms. */
const refreshReplies = 8;
const refreshMostMs = 1_000;

const phaseCounts = { single: 1, split: 2, three: 3 } as const;
const closeCode = transferCommandNames.indexOf("close");

export type { DeviceReport } from "./report.ts";

/** What tests replace: the clock, monotonic ms. */
export interface BridgeOptions {
  readonly clock?: Clock;
}

/** Everything of one device that the cycle touches. */
interface Cycle {
  readonly device: BridgeDevice;
  /** Takes a good read; false when something needed was missing, or what else is wrong with it. */
  readonly take: (snapshot: SnapshotPort) => boolean | DeviceFaultName;
  readWaited: boolean;
  writesWaited: number;
  /** Standing fault at the last look. */
  knownFault: DeviceFaultName | null;
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
  readonly #deadlines: Deadlines;
  readonly #cycles: Cycle[] = [];
  readonly #pccMetering: PccMetering;
  readonly #pv: PvInverters;
  readonly #transferContext: TransferDeviceContext;
  readonly #transferParts: TransferParts | undefined;
  readonly #busContacts: BusContacts | undefined;
  readonly #meterSum: MeterSum | undefined;
  #snapshot: SnapshotPort | undefined;
  readonly #reads = new CycleWait();
  readonly #writes = new CycleWait();
  #firstRead = 0;
  /** The last cycle told it to say nothing. */
  #silent = false;
  /** Until when the cycle waits for what is under way. */
  #patienceMs = Number.POSITIVE_INFINITY;

  constructor(settings: BridgeSettings, transport: TransportFactory, options: BridgeOptions) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#deadlines = new Deadlines(this.#clock);
    const links = new Map<string, ModbusLink>();
    const refreshMs = settings.refreshMs ?? defaultRefreshMs;
    const deadBandW = settings.deadBandW ?? defaultDeadBandW;
    const make = (kind: DeviceKind, device: DeviceSettings, take: Cycle["take"], reactive?: boolean): BridgeDevice => {
      const key = linkKey(device.link);
      let link = links.get(key);
      if (link === undefined) {
        link = transport(device.link, this.#deadlines);
        links.set(key, link);
      }
      const made = new BridgeDevice(kind, device, link, this.#clock, { refreshMs, deadBandW }, reactive);
      link.setPace(device.unit, {
        ...made.pace,
        settleMs: device.map?.settleMs ?? 0,
        urgent: device === settings.meter,
      });
      const cycle: Cycle = { device: made, take, readWaited: false, writesWaited: 0, knownFault: null };
      made.onBound = () => this.#hook(cycle);
      made.onReplanned = () => this.#hookReads(cycle);
      this.#cycles.push(cycle);
      return made;
    };

    const { nominalVoltageV } = settings;
    const phaseVoltageV = nominalVoltageV / { single: 1, split: 2, three: Math.sqrt(3) }[settings.phases];
    this.#transferContext = { nominalVoltageV, phaseVoltageV, countsCloses: true, closeSequence: 0 };
    // The most urgent facts first: they share the wire with nothing that is slower.
    this.transferDevice =
      settings.transferDevice && make("transfer-device", settings.transferDevice, (s) => this.#takeTransferDevice(s));
    const { transferParts } = settings;
    const hasTransferDevice = settings.transferDevice !== undefined || transferParts !== undefined;
    this.named = (settings.devices ?? []).map((device) => make(device.kind, device, (s) => this.#takeNamed(s)));
    this.meter = settings.meter && make("meter", settings.meter, (s) => this.#takeMeter(s));
    this.stages = settings.stages.map((stage, index) => {
      const device = make(
        "stage",
        stage,
        (s) => this.stages[index]!.take(s.stages[index]!, s),
        stage.reactiveByController,
      );
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
    this.loadPanel = settings.loadPanel && make("load-panel", settings.loadPanel, (s) => this.#takeLoadPanel(s));
    const inverters = settings.pv ?? [];
    this.#pv = new PvInverters(
      inverters.map((one) => make("pv", one, (s) => this.#takePv(s))),
      inverters,
    );
    this.links = [...links.values()];
    for (const { device } of this.#cycles) {
      const { unit } = device.settings;
      device.sharesLink = this.devices.some((other) => other.link === device.link && other.settings.unit !== unit);
    }
    this.#deadlines.add(this.#patience);
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
    invariant(!this.#reads.waits, "readAll was called before the last one ended");
    const nowMs = this.#clock();
    this.#snapshot = snapshot;
    this.#reads.begin();
    // Another device begins each time: whoever comes last behind a gateway that is too slow for all gets the least.
    const count = this.#cycles.length;
    this.#firstRead = (this.#firstRead + 1) % count;
    for (let i = 0; i < count; i += 1) {
      this.#startRead(this.#cycles[(this.#firstRead + i) % count]!, nowMs, deadlineMs);
    }
    this.#forgetAuxiliaries(snapshot, nowMs);
    this.#composeParts(snapshot, nowMs);
    return this.#restOf(this.#reads, deadlineMs);
  }

  /**
   * Writes what changed or needs refreshing. `heartbeatAllowed`: a step was completed on fresh inputs, so the heartbeat may advance.
   * Resolves when the writes to devices that are fast enough are acknowledged or failed, at `deadlineMs` at the latest. With
   * `commandsEnabled` false nothing is said, by no other way either, until it is true again.
   */
  writeAll(commands: CommandsPort, nowMs: number, deadlineMs: number, heartbeatAllowed: boolean): Promise<void> {
    invariant(!this.#writes.waits, "writeAll was called before the last one ended");
    if (!commands.commandsEnabled) {
      this.#fallSilent();
      return Promise.resolve();
    }
    this.#silent = false;
    this.heartbeat.update(heartbeatAllowed, nowMs);
    this.#writes.begin();
    this.#aimStages(commands, nowMs);
    this.#aimOthers(commands);
    this.#transferParts?.aim(commands, nowMs);
    this.#busContacts?.aim(commands);
    for (let i = 0; i < this.#cycles.length; i += 1) this.#startWrites(this.#cycles[i]!, nowMs, deadlineMs);
    return this.#restOf(this.#writes, deadlineMs);
  }

  /** Waits for what was started, until `deadlineMs`. */
  #restOf(started: CycleWait, deadlineMs: number): Promise<void> {
    if (started.started()) return Promise.resolve();
    this.#patienceMs = deadlineMs;
    this.#deadlines.need(deadlineMs);
    return started.rest();
  }

  /** The cycle goes on although something that was expected has not come. */
  readonly #patience: Expirable = {
    nextDeadlineMs: () => (this.#reads.waits || this.#writes.waits ? this.#patienceMs : Number.POSITIVE_INFINITY),
    expire: (nowMs) => {
      if (nowMs < this.#patience.nextDeadlineMs()) return;
      for (let i = 0; i < this.#cycles.length; i += 1) {
        this.#cycles[i]!.readWaited = false;
        this.#cycles[i]!.writesWaited = 0;
      }
      this.#reads.giveUp();
      this.#writes.giveUp();
    },
  };

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
    this.#deadlines.remove(this.#patience);
    for (const link of this.links) link.shut();
  }

  // reading

  #startRead(cycle: Cycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    cycle.readWaited = false;
    // Whoever tries or sets it up has its line for himself, but for what keeps its readings young.
    if (device.held && nowMs - device.readAtMs < Math.min(heldMostMs, heldReplies * device.readTime.meanMs)) return;
    if (device.state === "unbound") {
      device.bindWhenDue(nowMs);
      return;
    }
    if (device.state === "binding" || device.reader === undefined) return;
    if (device.needsIdentityCheck && device.identityCheck === undefined) device.identityChecked();
    const exchange = device.needsIdentityCheck ? device.identityCheck! : device.reader.cycleBlock.exchange;
    if (exchange.busy) {
      if (device.state === "bound") device.reader.startSlow(device, nowMs);
      return;
    }
    if (device.needsIdentityCheck) device.state = "checking";
    if (device.readTime.fits(deadlineMs - nowMs)) {
      cycle.readWaited = true;
      this.#reads.expect();
    }
    device.start(exchange);
    if (device.state === "bound") device.reader.startSlow(device, nowMs);
  }

  /** Puts the cycle's handlers onto a device's requests; done when its map is bound. */
  #hook(cycle: Cycle): void {
    const { device } = cycle;
    const reader = device.reader!;
    this.#stageOf(device)?.bound();
    this.#hookReads(cycle);
    if (device.identityCheck !== undefined) {
      device.identityCheck.onDone = (exchange) => {
        device.finished(exchange);
        if (exchange.fault === null && device.identityChecked()) {
          // The read of this cycle follows at once.
          if (!reader.cycleBlock.exchange.busy) device.start(reader.cycleBlock.exchange);
          return;
        }
        if (exchange.fault !== null) this.#readFailed(device, exchange.fault);
        this.#countRead(cycle);
      };
    }
    for (const request of device.writer!.requests) {
      request.exchange.onDone = (exchange) => this.#written(cycle, request, exchange);
    }
    if (device.kind === "transfer-device")
      this.#transferContext.countsCloses = device.bound!.map.facts.some((row) => row.name === "closeSequence");
  }

  /** Puts the handlers onto a device's reads; again when they were cut anew because the device refused one. */
  #hookReads(cycle: Cycle): void {
    const { device } = cycle;
    const reader = device.reader!;
    const { cycleBlock } = reader;
    cycleBlock.exchange.onDone = (exchange) => {
      device.finished(exchange);
      if (exchange.fault === null) {
        reader.decode(cycleBlock);
        reader.forgetOld(exchange.finishedMs);
        device.life!.saw(reader.values, cycleBlock, reader.counterBlock);
        const taken = this.#snapshot === undefined || cycle.take(this.#snapshot);
        if (taken === true) {
          device.cycleFault = null;
          device.readAtMs = exchange.finishedMs;
          device.reads += 1;
        } else this.#readFailed(device, taken || "fact-missing");
      } else {
        this.#readFailed(device, exchange.fault);
        this.#cutAnew(cycle, cycleBlock);
      }
      this.#countRead(cycle);
    };
    for (const block of reader.slowBlocks) {
      block.exchange.onDone = (exchange) => {
        device.finished(exchange);
        if (exchange.fault === null) {
          block.refused = false;
          if (device === this.meter) this.#pccMetering.othersRead(device, block);
          reader.decode(block);
        } else if (!this.#cutAnew(cycle, block)) {
          if (!block.refused) reader.retrySlow(block);
          device.cycleFailed(exchange.fault);
        }
      };
    }
    if (device === this.meter) this.#pccMetering.bound(device);
  }

  #cutAnew(cycle: Cycle, block: ReadBlock): boolean {
    return block.exchange.fault === "exception" && cycle.device.tighten(block);
  }

  #readFailed(device: BridgeDevice, fault: DeviceFaultName): void {
    device.cycleFailed(fault);
    device.failedReads += 1;
  }

  #countRead(cycle: Cycle): void {
    if (!cycle.readWaited) return;
    cycle.readWaited = false;
    this.#reads.came();
  }

  #takeMeter(snapshot: SnapshotPort): boolean | DeviceFaultName {
    return this.#pccMetering.take(this.meter!, snapshot) ? true : "all-zero";
  }

  /** What parts say belongs together in one device. */
  #takeNamed(snapshot: SnapshotPort): boolean {
    this.#composeParts(snapshot, this.#clock());
    return true;
  }

  #composeParts(snapshot: SnapshotPort, nowMs: number): void {
    if (this.#meterSum !== undefined) this.#pccMetering.takeSum(this.#meterSum, snapshot);
    this.#transferParts?.compose(snapshot, nowMs);
    this.#busContacts?.compose(snapshot, nowMs);
  }

  #takeTransferDevice(snapshot: SnapshotPort): boolean {
    const { values, factsAtMs } = this.transferDevice!.reader!;
    const { liveAtMs } = this.transferDevice!.life!;
    applyTransferDevice(values, factsAtMs, liveAtMs, this.#transferContext, snapshot.transferDevice);
    return true;
  }

  #takeLoadPanel(snapshot: SnapshotPort): boolean {
    applyLoadPanel(this.loadPanel!.reader!.values, this.loadPanel!.life!.liveAtMs, snapshot.site);
    return true;
  }

  #takePv({ site }: SnapshotPort): boolean {
    site.pvPowerW = this.#pv.powerW(this.#clock());
    return true;
  }

  #forgetAuxiliaries(snapshot: SnapshotPort, nowMs: number): void {
    const { loadPanel } = this;
    if (loadPanel !== undefined && isForgotten(loadPanel, nowMs)) snapshot.site.tierLoadW.fill(Number.NaN);
    if (this.pv.length > 0) snapshot.site.pvPowerW = this.#pv.powerW(nowMs);
  }

  // writing

  #aimStages(commands: CommandsPort, nowMs: number): void {
    for (let i = 0; i < this.stages.length; i += 1) {
      const stage = this.stages[i]!;
      const command = commands.stages[i];
      if (stage.device.writer !== undefined && command !== undefined) stage.aim(command, nowMs, this.heartbeat.value);
    }
  }

  #aimOthers(commands: CommandsPort): void {
    const transfer = this.transferDevice;
    if (transfer?.writer !== undefined) {
      const { countsCloses, closeSequence } = this.#transferContext;
      const mayClose = countsCloses || isNewer(commands.closeSequence, closeSequence);
      setTransferDeviceTargets(transfer.writer.targets, commands.transferDevice, commands.closeSequence, mayClose);
      transfer.writer.targets[transferDeviceCommand.token] = transfer.fact(transferDeviceFact.clockMs);
    }
    const panel = this.loadPanel;
    if (panel?.writer !== undefined) {
      setLoadPanelTargets(panel.writer.targets, commands.tierClosed);
      panel.writer.targets[loadPanelCommand.token] = panel.fact(loadPanelFact.clockMs);
    }
    this.#pv.aim(commands.pvLimitW);
  }

  #startWrites(cycle: Cycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    const { writer } = device;
    cycle.writesWaited = 0;
    if (writer === undefined || device.held || device.state !== "bound" || device.needsIdentityCheck) return;
    if (device.takeoverOwed) {
      void device.takeOver();
      return;
    }
    const fits = device.writeTime.fits(deadlineMs - nowMs);
    for (let i = 0; i < writer.requests.length; i += 1) {
      const request = writer.requests[i]!;
      if (request.exchange.busy || !writer.due(request, nowMs, slowestRefreshMs(device))) continue;
      if (fits) {
        cycle.writesWaited += 1;
        this.#writes.expect();
      }
      writer.send(request, device);
    }
  }

  #written(cycle: Cycle, request: WriteRequest, exchange: Exchange): void {
    const { device } = cycle;
    device.finished(exchange);
    if (exchange.fault === null) {
      device.writer!.acknowledge(request);
      device.writes += 1;
      if (device === this.transferDevice) this.#closeGiven(device.writer!.targets, request);
    } else {
      device.failedWrites += 1;
      device.writer!.failed(request);
      if (exchange.fault === "exception") device.refusedWrites += 1;
      device.cycleFailed(exchange.fault);
    }
    if (device.kind === "stage") this.#told(device, request, exchange.fault === null);
    if (cycle.writesWaited === 0) return;
    cycle.writesWaited -= 1;
    this.#writes.came();
  }

  #told(device: BridgeDevice, request: WriteRequest, acknowledged: boolean): void {
    for (let i = 0; i < this.stages.length; i += 1) {
      const stage = this.stages[i]!;
      if (stage.device !== device) continue;
      stage.sent(request);
      if (acknowledged) stage.acknowledged(request, this.#snapshot?.stages[i]);
    }
  }

  /** A close was acknowledged by a device that does not count them: it is not given again. */
  #closeGiven(targets: Float64Array, request: WriteRequest): void {
    if (this.#transferContext.countsCloses) return;
    for (let i = 0; i < request.places.length; i += 1) {
      const { index } = request.places[i]!;
      const value = request.sent[i]!;
      const closes =
        (index === transferDeviceCommand.command && value === closeCode) ||
        (index === transferDeviceCommand.closeCoil && value === 1);
      if (closes) this.#transferContext.closeSequence = targets[transferDeviceCommand.closeSequence]!;
    }
  }

  #fallSilent(): void {
    if (this.#silent) return;
    this.#silent = true;
    for (let i = 0; i < this.#cycles.length; i += 1) this.#cycles[i]!.device.writer?.forget();
  }
}

/** A device that answers slowly is told less often what it knows already, so that the line has room for what is new. */
function slowestRefreshMs({ writeTime: { peakMs } }: BridgeDevice): number {
  return peakMs > 0 ? Math.min(refreshMostMs, refreshReplies * peakMs) : 0;
}

/** A bridge for the devices of `settings`; nothing is opened before `start`. */
export const createBridge = (
  settings: BridgeSettings,
  transport: TransportFactory = createTransport,
  options: BridgeOptions = {},
): Bridge => new Bridge(settings, transport, options);
