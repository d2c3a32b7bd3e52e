/**
 * The bridge between the control cycle and the devices: `readAll` writes facts into the process image, `writeAll` obeys the
 * commands. Everything runs in the control worker: requests and buffers are made once, there is no logging, the only timer
 * is the one for deadlines. What failed keeps its old age; nothing stale is ever written into the image.
 */
import { roleNames } from "../src/domain/modes.ts";
import { invariant } from "../src/domain/result.ts";
import { Deadlines } from "../src/protocols/modbus/deadlines.ts";
import type { Exchange } from "../src/protocols/modbus/exchange.ts";
import type { Clock, ModbusLink } from "../src/protocols/modbus/link.ts";
import {
  applyLoadPanel,
  applyMeter,
  applyPv,
  applyStage,
  applyTransferDevice,
  loadPanelFact,
  type MeterContext,
  pvFact,
  type StageContext,
  stageFact,
  stageRoleCode,
  transferDeviceFact,
} from "./apply-facts.ts";
import {
  isNewer,
  loadPanelCommand,
  nextSequence,
  setLoadPanelTargets,
  setPvTargets,
  setStageTargets,
  setTransferDeviceTargets,
  stageCommand,
  transferDeviceCommand,
} from "./command-targets.ts";
import { BridgeDevice } from "./device.ts";
import type { DeviceKind } from "./device-map.ts";
import type { WriteRequest } from "./device-writer.ts";
import type { DeviceFault, DeviceFaultName } from "./faults.table.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { CommandsPort, SnapshotPort } from "./ports.ts";
import {
  type BridgeSettings,
  type DeviceSettings,
  defaultDeadBandW,
  defaultRefreshMs,
  type StageSettings,
} from "./settings.ts";
import type { Identity } from "./sunspec-binding.ts";
import { createTransport, linkKey, type TransportFactory } from "./transport.ts";
import { verifyStage } from "./verify-stage.ts";

/** Values of the panel and of PV older than this are unknown: they have no age of their own in the image. */
const auxiliaryMaxMs = 1_000;
const formingCode = roleNames.indexOf("forming");

/** What discovery found at one place of the site. */
export interface DeviceReport {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly link: string;
  readonly unit: number;
  readonly found: boolean;
  readonly verified: boolean;
  readonly identity: Identity | undefined;
  readonly models: readonly number[];
  readonly faults: readonly DeviceFault[];
}

export interface BridgeOptions {
  readonly clock?: Clock;
}

interface Stage {
  readonly device: BridgeDevice;
  readonly settings: StageSettings;
  readonly context: StageContext;
  /** Last sequence number that was sent, or seen in force. */
  sequence: number;
}

/** Everything of one device that the cycle touches. */
interface Cycle {
  readonly device: BridgeDevice;
  /** Takes a good read; false when something needed was missing. */
  readonly take: (snapshot: SnapshotPort) => boolean;
  readWaited: boolean;
  writesWaited: number;
}

export class Bridge {
  readonly stages: readonly Stage[];
  readonly meter: BridgeDevice | undefined;
  readonly transferDevice: BridgeDevice | undefined;
  readonly loadPanel: BridgeDevice | undefined;
  readonly pv: BridgeDevice | undefined;
  readonly heartbeat = new Heartbeat();
  readonly links: readonly ModbusLink[];

  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #cycles: Cycle[] = [];
  readonly #meterContext: MeterContext;
  #snapshot: SnapshotPort | undefined;
  #readsPending = 0;
  #writesPending = 0;
  #readDone: (() => void) | undefined;
  #writeDone: (() => void) | undefined;
  #spoke = false;

  constructor(settings: BridgeSettings, transport: TransportFactory, options: BridgeOptions) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#deadlines = new Deadlines(this.#clock);
    const links = new Map<string, ModbusLink>();
    const refreshMs = settings.refreshMs ?? defaultRefreshMs;
    const deadBandW = settings.deadBandW ?? defaultDeadBandW;
    const make = (kind: DeviceKind, device: DeviceSettings, take: Cycle["take"], reactive = false): BridgeDevice => {
      const key = linkKey(device.link);
      let link = links.get(key);
      if (link === undefined) {
        link = transport(device.link, this.#deadlines);
        links.set(key, link);
      }
      const made = new BridgeDevice(kind, device, link, this.#clock, { refreshMs, deadBandW }, reactive);
      const cycle: Cycle = { device: made, take, readWaited: false, writesWaited: 0 };
      made.onBound = () => this.#hook(cycle);
      this.#cycles.push(cycle);
      return made;
    };

    const { nominalVoltageV } = settings;
    const phaseVoltageV = nominalVoltageV / { single: 1, split: 2, three: Math.sqrt(3) }[settings.phases];
    this.#meterContext = {
      importPositive: settings.meter?.importPositive ?? true,
      nominalVoltageV,
      phaseVoltageV,
      countsSamples: settings.meter?.map?.facts.some((row) => row.name === "sampleCount") ?? false,
      lastSampleCount: Number.NaN,
      previous: Buffer.alloc(0),
    };
    // The most urgent facts first: they share the wire with nothing that is slower.
    this.transferDevice =
      settings.transferDevice && make("transfer-device", settings.transferDevice, (s) => this.#takeTransferDevice(s));
    this.meter = settings.meter && make("meter", settings.meter, (s) => this.#takeMeter(s));
    this.stages = settings.stages.map((stage, index): Stage => {
      const device = make("stage", stage, (s) => this.#takeStage(index, s), stage.reactiveByController ?? false);
      const names = (rows: readonly { readonly name: string }[] | undefined, name: string): boolean =>
        rows?.some((row) => row.name === name) ?? false;
      const context: StageContext = {
        nominalVoltageV,
        phaseVoltageV,
        ratedChargeW: stage.ratedChargeW,
        ratedDischargeW: stage.ratedDischargeW,
        get hasHeartbeat() {
          return names(device.map?.facts, "heartbeat");
        },
        get hasLimits() {
          return names(device.map?.facts, "maxChargeW");
        },
        lastHeartbeat: Number.NaN,
        heartbeatChangedMs: Number.NEGATIVE_INFINITY,
        verified: false,
        functionsAgree: true,
      };
      return { device, settings: stage, context, sequence: 0 };
    });
    this.loadPanel = settings.loadPanel && make("load-panel", settings.loadPanel, (s) => this.#takeLoadPanel(s));
    this.pv = settings.pv && make("pv", settings.pv, (s) => this.#takePv(s));
    this.links = [...links.values()];
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

  /** Verifies every stage that is bound, idle and not verified yet. Takes about three seconds. */
  async verifyStages(): Promise<void> {
    await Promise.all(
      this.stages.map(async (stage) => {
        if (stage.device.state !== "bound" || stage.device.held || stage.context.verified) return;
        // The cycle keeps reading but leaves the stage's set-points alone meanwhile.
        stage.device.held = true;
        const faults = await verifyStage(
          stage.device,
          stage.settings,
          stage.context,
          this.heartbeat,
          stage,
          this.#clock,
        );
        stage.device.held = false;
        stage.device.faults = faults;
        stage.context.verified = faults.length === 0;
      }),
    );
  }

  reports(): DeviceReport[] {
    return this.#cycles.map(({ device }): DeviceReport => {
      const stage = this.stages.find((one) => one.device === device);
      return {
        name: device.settings.name,
        kind: device.kind,
        link: device.link.name,
        unit: device.settings.unit,
        found: device.state === "bound" || device.state === "checking",
        verified:
          stage === undefined ? device.state === "bound" : stage.context.verified && stage.context.functionsAgree,
        identity: device.bound?.identity,
        models: device.bound === undefined ? [] : [...device.bound.images.keys()],
        faults: device.faults,
      };
    });
  }

  /** Reads every device once. Resolves when all have answered or failed, at `deadlineMs` at the latest. */
  readAll(snapshot: SnapshotPort, deadlineMs: number): Promise<void> {
    invariant(this.#readDone === undefined, "readAll was called before the last one ended");
    const nowMs = this.#clock();
    this.#deadlines.check(nowMs);
    this.#snapshot = snapshot;
    this.#readsPending = 1;
    for (let i = 0; i < this.#cycles.length; i += 1) this.#startRead(this.#cycles[i]!, nowMs, deadlineMs);
    this.#forgetAuxiliaries(snapshot, nowMs);
    this.#readsPending -= 1;
    if (this.#readsPending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#readDone = resolve;
    });
  }

  /**
   * Writes what changed or needs refreshing. `earned`: a step was completed on fresh inputs, so the heartbeat may advance.
   * Resolves when all writes are acknowledged or failed, at `deadlineMs` at the latest. With `speak` false nothing is said.
   */
  writeAll(commands: CommandsPort, nowMs: number, deadlineMs: number, earned: boolean): Promise<void> {
    invariant(this.#writeDone === undefined, "writeAll was called before the last one ended");
    if (!commands.speak) {
      this.#fallSilent();
      return Promise.resolve();
    }
    this.#spoke = true;
    this.heartbeat.update(earned, nowMs);
    this.#writesPending = 1;
    this.#aimStages(commands, nowMs);
    this.#aimOthers(commands);
    for (let i = 0; i < this.#cycles.length; i += 1) this.#startWrites(this.#cycles[i]!, nowMs, deadlineMs);
    this.#writesPending -= 1;
    if (this.#writesPending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#writeDone = resolve;
    });
  }

  /** Closes every connection. */
  shut(): void {
    for (const link of this.links) link.shut();
  }

  // reading

  #startRead(cycle: Cycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    cycle.readWaited = false;
    if (device.state === "unbound") {
      device.bindWhenDue(nowMs);
      return;
    }
    if (device.state === "binding" || device.reader === undefined) return;
    const ownMs = device.settings.replyTimeoutMs;
    const untilMs = ownMs === undefined ? deadlineMs : nowMs + ownMs;
    if (device.needsIdentityCheck && device.identityCheck === undefined) device.identityChecked();
    const exchange = device.needsIdentityCheck ? device.identityCheck! : device.reader.cycleBlock.exchange;
    if (exchange.busy) return;
    if (device.needsIdentityCheck) device.state = "checking";
    if (untilMs <= deadlineMs) {
      cycle.readWaited = true;
      this.#readsPending += 1;
    }
    device.link.start(exchange, untilMs);
    if (device.state === "bound") device.reader.startSlow(device.link, nowMs, untilMs);
  }

  /** Puts the cycle's handlers onto a device's requests; done when its map is bound. */
  #hook(cycle: Cycle): void {
    const { device } = cycle;
    const reader = device.reader!;
    reader.cycleBlock.exchange.onDone = (exchange) => {
      if (exchange.fault === null) {
        reader.decode(reader.cycleBlock);
        if (this.#snapshot === undefined || cycle.take(this.#snapshot)) {
          device.cycleFault = null;
          device.reads += 1;
        } else this.#readFailed(device, "fact-missing");
      } else this.#readFailed(device, exchange.fault);
      this.#countRead(cycle);
    };
    for (const block of reader.slowBlocks) {
      block.exchange.onDone = (exchange) => {
        if (exchange.fault === null) reader.decode(block);
        else device.cycleFault = exchange.fault;
      };
    }
    if (device.identityCheck !== undefined) {
      device.identityCheck.onDone = (exchange) => {
        if (exchange.fault === null && device.identityChecked()) {
          // The read of this cycle follows at once, within the same deadline.
          device.link.start(reader.cycleBlock.exchange, exchange.deadlineMs);
          return;
        }
        if (exchange.fault !== null) this.#readFailed(device, exchange.fault);
        this.#countRead(cycle);
      };
    }
    for (const request of device.writer!.requests) {
      request.exchange.onDone = (exchange) => this.#written(cycle, request, exchange);
    }
    if (device.kind === "meter") this.#meterContext.previous = Buffer.alloc(reader.cycleBlock.exchange.reply.length);
  }

  #readFailed(device: BridgeDevice, fault: DeviceFaultName): void {
    device.cycleFault = fault;
    device.failedReads += 1;
  }

  #countRead(cycle: Cycle): void {
    if (!cycle.readWaited) return;
    cycle.readWaited = false;
    this.#readsPending -= 1;
    if (this.#readsPending > 0 || this.#readDone === undefined) return;
    const done = this.#readDone;
    this.#readDone = undefined;
    done();
  }

  #takeStage(index: number, snapshot: SnapshotPort): boolean {
    const { device, context } = this.stages[index]!;
    const reader = device.reader!;
    const executed = reader.values[stageFact.executedSequence]!;
    const stage = this.stages[index]!;
    if (!Number.isNaN(executed) && isNewer(executed, stage.sequence)) stage.sequence = executed;
    return applyStage(reader.values, reader.cycleBlock.atMs, context, snapshot.stages[index]!);
  }

  #takeMeter(snapshot: SnapshotPort): boolean {
    const { values, cycleBlock } = this.meter!.reader!;
    applyMeter(values, cycleBlock.atMs, cycleBlock.exchange.reply, this.#meterContext, snapshot.meter);
    return true;
  }

  #takeTransferDevice(snapshot: SnapshotPort): boolean {
    const { values, cycleBlock } = this.transferDevice!.reader!;
    applyTransferDevice(values, cycleBlock.atMs, snapshot.transferDevice);
    return true;
  }

  #takeLoadPanel(snapshot: SnapshotPort): boolean {
    applyLoadPanel(this.loadPanel!.reader!.values, snapshot.site);
    return true;
  }

  #takePv(snapshot: SnapshotPort): boolean {
    applyPv(this.pv!.reader!.values, snapshot.site);
    return true;
  }

  #forgetAuxiliaries(snapshot: SnapshotPort, nowMs: number): void {
    const panelAtMs = this.loadPanel?.reader?.cycleBlock.atMs ?? Number.NEGATIVE_INFINITY;
    if (this.loadPanel !== undefined && nowMs - panelAtMs > auxiliaryMaxMs) snapshot.site.tierLoadW.fill(Number.NaN);
    const pvAtMs = this.pv?.reader?.cycleBlock.atMs ?? Number.NEGATIVE_INFINITY;
    if (this.pv !== undefined && nowMs - pvAtMs > auxiliaryMaxMs) snapshot.site.pvPowerW = Number.NaN;
  }

  // writing

  #aimStages(commands: CommandsPort, nowMs: number): void {
    for (let i = 0; i < this.stages.length; i += 1) {
      const { device } = this.stages[i]!;
      const command = commands.stages[i];
      if (device.writer === undefined || command === undefined) continue;
      const { targets } = device.writer;
      setStageTargets(targets, command, this.heartbeat.value);
      targets[stageCommand.token] = device.fact(stageFact.clockMs);
      targets[stageCommand.sequence] = nextSequence(this.stages[i]!.sequence);
      // A lease that has run out is not written: the stage's own timer takes over.
      if (!(nowMs <= command.leaseUntilMs)) {
        targets.fill(Number.NaN);
        device.cycleFault = "lease-expired";
      } else if (command.role === "forming" && !canForm(device)) {
        targets.fill(Number.NaN);
        device.cycleFault = "command-impossible";
      } else if (Number.isNaN(targets[stageCommand.powerW]!)) device.cycleFault = "command-impossible";
    }
  }

  #aimOthers(commands: CommandsPort): void {
    const transfer = this.transferDevice;
    if (transfer?.writer !== undefined) {
      setTransferDeviceTargets(transfer.writer.targets, commands.transferDevice, commands.closeSequence);
      transfer.writer.targets[transferDeviceCommand.token] = transfer.fact(transferDeviceFact.clockMs);
    }
    const panel = this.loadPanel;
    if (panel?.writer !== undefined) {
      setLoadPanelTargets(panel.writer.targets, commands.tierClosed);
      panel.writer.targets[loadPanelCommand.token] = panel.fact(loadPanelFact.clockMs);
    }
    const pv = this.pv;
    if (pv?.writer !== undefined) setPvTargets(pv.writer.targets, commands.pvLimitW, pv.fact(pvFact.ratedW));
  }

  #startWrites(cycle: Cycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    const { writer } = device;
    cycle.writesWaited = 0;
    if (writer === undefined || device.held || device.state !== "bound" || device.needsIdentityCheck) return;
    const ownMs = device.settings.replyTimeoutMs;
    const untilMs = ownMs === undefined ? deadlineMs : nowMs + ownMs;
    for (let i = 0; i < writer.requests.length; i += 1) {
      const request = writer.requests[i]!;
      if (request.exchange.busy || !writer.due(request, nowMs)) continue;
      if (untilMs <= deadlineMs) {
        cycle.writesWaited += 1;
        this.#writesPending += 1;
      }
      writer.send(request, device.link, untilMs);
    }
  }

  #written(cycle: Cycle, request: WriteRequest, exchange: Exchange): void {
    const { device } = cycle;
    if (exchange.fault === null) {
      device.writer!.acknowledge(request);
      device.writes += 1;
    } else {
      device.failedWrites += 1;
      if (exchange.fault === "exception") device.refusedWrites += 1;
      device.cycleFault = exchange.fault;
    }
    if (device.kind === "stage") this.#advanceSequence(device, request);
    if (cycle.writesWaited === 0) return;
    cycle.writesWaited -= 1;
    this.#writesPending -= 1;
    if (this.#writesPending > 0 || this.#writeDone === undefined) return;
    const done = this.#writeDone;
    this.#writeDone = undefined;
    done();
  }

  /** A number that was sent is never sent again, whatever became of it. */
  #advanceSequence(device: BridgeDevice, request: WriteRequest): void {
    for (let i = 0; i < this.stages.length; i += 1) {
      const stage = this.stages[i]!;
      if (stage.device !== device) continue;
      for (let place = 0; place < request.places.length; place += 1) {
        if (request.places[place]!.index !== stageCommand.sequence) continue;
        const sent = request.sent[place]!;
        if (isNewer(sent, stage.sequence)) stage.sequence = sent;
      }
      return;
    }
  }

  #fallSilent(): void {
    if (!this.#spoke) return;
    this.#spoke = false;
    for (let i = 0; i < this.#cycles.length; i += 1) this.#cycles[i]!.device.writer?.forget();
  }
}

/** Whether the stage's map has a number for forming a grid. */
function canForm(device: BridgeDevice): boolean {
  const commands = device.bound!.map.commands;
  for (let i = 0; i < commands.length; i += 1) {
    if (commands[i]!.name === "roleCode") return commands[i]!.codes?.[formingCode] !== undefined;
  }
  return false;
}

/** Role of a stage as last read: an index of `roleNames`, 0 when it is unknown. */
export function lastRoleCode(device: BridgeDevice, context: StageContext): number {
  return device.reader === undefined ? 0 : stageRoleCode(device.reader.values, context);
}

export const createBridge = (
  settings: BridgeSettings,
  transport: TransportFactory = createTransport,
  options: BridgeOptions = {},
): Bridge => new Bridge(settings, transport, options);
