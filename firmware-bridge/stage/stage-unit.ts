/** One power stage as the bridge keeps it: its device, its sequence numbers, its verification, its functions. */
import type { StageFacts } from "../../src/domain/facts.table.ts";
import { roleNames } from "../../src/domain/modes.ts";
import type { Clock } from "../../src/protocols/modbus/link.ts";
import { applyStage, type StageContext, stageFact, stageRoleCode } from "../apply-facts.ts";
import { isNewer, nextSequence, setStageTargets, stageCommand } from "../command-targets.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import { busAt, tellsFrequency, tellsVoltage } from "../elsewhere.ts";
import type { SnapshotPort, StageCommandPort } from "../ports.ts";
import type { StageSettings } from "../settings.ts";
import { FunctionGuard } from "./function-guard.ts";
import type { FunctionSettings } from "./function-plan.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { heartbeatEarnedMs, OwnLatch } from "./own-latch.ts";
import { resetOwnLatch } from "./reset-latch.ts";
import { SaidPower } from "./said-power.ts";
import { SocMemory } from "./soc-memory.ts";
import { RegisterError, StageRegisters } from "./stage-registers.ts";
import { verifyStage } from "./verify-stage.ts";

const formingCode = roleNames.indexOf("forming");
/** After a longer silence a stage may have restarted with other settings: its functions count as unproven. */
const silenceMaxMs = 2_000;
/** From this share of its rating on power flows. */
const movesShare = 0.02;

/** Where a stage stands. */
export interface StagePlace {
  readonly nominalVoltageV: number;
  readonly phaseVoltageV: number;
  readonly phases: number;
  readonly hasTransferDevice: boolean;
}

/** A stage: its device, its heartbeat, the proof of its watchdog, its grid functions. */
export class StageUnit {
  readonly #place: StagePlace;
  readonly device: BridgeDevice;
  readonly settings: StageSettings;
  readonly context: StageContext;
  guard: FunctionGuard | undefined;
  /** Last sequence number that was sent, or seen in force. */
  sequence = 0;
  /** The utility permits service; and whether 703.ES has been told. */
  #permitted = true;
  #permitOwed = false;
  /** Found, or found again, and not tried since. */
  isNew = false;
  /** A verification has begun and does not hold the device yet. */
  #beginning = false;
  /** Last good read of the cycle; NaN before the first one. */
  #readMs = Number.NaN;
  #hasRoles = false;
  readonly #latch = new OwnLatch();
  readonly #soc = new SocMemory();
  readonly #said = new SaidPower();
  /** The numbers that the state of charge is made of. */
  #socSources: Uint8Array = new Uint8Array(0);
  /** As last read: setpoints in amperes are reckoned with it. */
  #voltagePu = Number.NaN;

  constructor(device: BridgeDevice, settings: StageSettings, place: StagePlace) {
    this.device = device;
    this.settings = settings;
    this.#place = place;
    this.context = {
      nominalVoltageV: place.nominalVoltageV,
      phaseVoltageV: place.phaseVoltageV,
      ratedChargeW: settings.ratedChargeW,
      ratedDischargeW: settings.ratedDischargeW,
      hasHeartbeat: false,
      hasLimits: false,
      tellsVehicle: true,
      tellsVoltage: true,
      tellsFrequency: true,
      elsewhere: { voltagePu: Number.NaN, frequencyHz: Number.NaN },
      lastHeartbeat: Number.NaN,
      heartbeatChangedMs: Number.NEGATIVE_INFINITY,
      verified: false,
      latched: false,
      functionsAgree: true,
    };
  }

  /** A map is in force: a new device, or the same one found again. */
  bound(): void {
    const { facts, fixed = [], commands } = this.device.bound!.map;
    const tells = (name: string): boolean => [...facts, ...fixed].some((row) => row.name === name);
    this.context.hasHeartbeat = tells("heartbeat");
    this.context.hasLimits = tells("maxChargeW");
    this.context.tellsVehicle = tells("vehicleConnected");
    this.context.tellsVoltage = tellsVoltage("stage", facts);
    this.context.tellsFrequency = tellsFrequency(facts);
    this.#hasRoles = commands.some((row) => row.name === "roleCode");
    const { context: writerContext } = this.device.writer!;
    writerContext.phases = this.#place.phases;
    writerContext.ratedW = Math.max(this.settings.ratedChargeW, this.settings.ratedDischargeW);
    this.context.verified = false;
    this.isNew = true;
    this.#readMs = Number.NaN;
    this.#soc.forget();
    this.#said.forget();
    this.#socSources = this.device.reader!.sourcesOf(["socPct"]);
    this.guard?.reset();
    this.#tellGuard();
  }

  setFunctions(settings: FunctionSettings, clock: Clock): void {
    // A map file has no models to compare; its functions are the maker's and the controller's own.
    if (this.settings.map !== undefined || this.settings.functionsByController) return;
    this.guard = new FunctionGuard(settings, this.settings.reactiveByController ?? false, clock);
    this.guard.permitted = this.#permitted;
    this.#tellGuard();
  }

  /**
   * The utility permits service, or does not: written into 703.ES at once where something may be said (`speaks`), and again
   * with each verification until it has arrived. A stage that forms an island is told when the island has ended.
   */
  async setPermitService(permitted: boolean, speaks: boolean): Promise<void> {
    this.#permitted = permitted;
    this.#permitOwed = true;
    if (speaks) await this.#writePermit();
  }

  /** Neither gives nor takes power, by its own word; false while nobody knows. */
  get atRest(): boolean {
    const { reader } = this.device;
    return reader !== undefined && this.#wasRead && stageRoleCode(reader.values, this.context) === 0;
  }

  /** Whether its role is known at all: a stage that was found and not read yet may be forming. */
  get #wasRead(): boolean {
    return Number.isFinite(this.device.reader?.factsAtMs ?? Number.NaN);
  }

  async #writePermit(): Promise<void> {
    const { device, guard } = this;
    const bound = device.bound;
    if (!this.#permitOwed || guard === undefined || bound === undefined || device.state !== "bound") return;
    if (!this.#wasRead || stageRoleCode(device.reader!.values, this.context) === formingCode) return;
    guard.permitted = this.#permitted;
    try {
      await new StageRegisters(device, bound.images).set(703, "ES", guard.permitPoint);
      this.#permitOwed = false;
      guard.checkSoon(true);
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      device.cycleFault = error.deviceFault.fault;
    }
  }

  /** Takes a good read into the process image. False when something needed was missing. */
  take(stage: StageFacts, snapshot: SnapshotPort): boolean {
    const reader = this.device.reader!;
    const { values, factsAtMs } = reader;
    const { tellsVoltage, tellsFrequency, elsewhere } = this.context;
    if (!tellsVoltage || !tellsFrequency) busAt(snapshot, this.#place.hasTransferDevice, factsAtMs, elsewhere);
    const executed = values[stageFact.executedSequence]!;
    if (!Number.isNaN(executed) && isNewer(executed, this.sequence)) this.sequence = executed;
    if (this.guard !== undefined && factsAtMs - this.#readMs > silenceMaxMs) {
      this.guard.checkSoon(false);
      this.#tellGuard();
    }
    this.#readMs = factsAtMs;
    this.#sawLatch(values[stageFact.watchdogTripped] === 1, factsAtMs);
    const taken = applyStage(values, factsAtMs, this.device.life!.liveAtMs, this.context, stage);
    this.#voltagePu = stage.voltagePu;
    const moves = Math.abs(stage.powerW) > movesShare * this.context.ratedChargeW;
    // What can't be read any more is not a charger that says nothing at rest.
    if (reader.isForgotten(this.#socSources, factsAtMs)) this.#soc.forget();
    stage.socPct = this.#soc.after(stage.socPct, stage.vehicleConnected, moves, factsAtMs);
    return taken;
  }

  /** Sets what should be in force. What cannot be said is not said: the stage's own timers take over. */
  aim(command: StageCommandPort, nowMs: number, heartbeat: number): void {
    const { device } = this;
    const { targets, context } = device.writer!;
    context.phaseVoltageV = this.#voltagePu * this.#place.phaseVoltageV;
    setStageTargets(targets, command, heartbeat);
    targets[stageCommand.token] = device.fact(stageFact.clockMs);
    targets[stageCommand.portToken] = targets[stageCommand.token]!;
    targets[stageCommand.sequence] = nextSequence(this.sequence);
    const role = targets[stageCommand.roleCode]!;
    if (!(nowMs <= command.leaseUntilMs)) {
      targets.fill(Number.NaN);
      device.cycleFault = "lease-expired";
    } else if (Number.isNaN(targets[stageCommand.powerW]!) || (role >= formingCode && !this.#hasRoles)) {
      targets.fill(Number.NaN);
      device.cycleFault = "command-impossible";
    }
  }

  /** A number that was sent is never sent again, whatever became of it. */
  sent(request: WriteRequest): void {
    for (let place = 0; place < request.places.length; place += 1) {
      if (request.places[place]!.index !== stageCommand.sequence) continue;
      const sequence = request.sent[place]!;
      if (isNewer(sequence, this.sequence)) this.sequence = sequence;
    }
  }

  /** The stage has acknowledged a request: what it says about power is on its way into force. */
  acknowledged(request: WriteRequest, stage: StageFacts | undefined): void {
    const powerW = this.#said.after(request);
    if (stage === undefined || Number.isNaN(powerW)) return;
    stage.acknowledgedW = powerW;
    stage.acknowledgedAtMs = request.exchange.finishedMs;
    if (this.#said.letsGive) stage.stopHeardAtMs = Number.POSITIVE_INFINITY;
    else if (!Number.isFinite(stage.stopHeardAtMs)) stage.stopHeardAtMs = request.exchange.finishedMs;
  }

  /**
   * Start-up verification when it is still owed, and the functions when they are due. The stage's setpoints are left alone
   * while registers are written; comparing alone does not disturb it.
   */
  async verify(heartbeat: Heartbeat, clock: Clock): Promise<void> {
    const { device, context } = this;
    if (device.state !== "bound" || device.held || this.#beginning) return;
    this.isNew = false;
    this.#beginning = true;
    await this.#writePermit().finally(() => {
      this.#beginning = false;
    });
    const owed = !context.verified;
    const latched = context.latched;
    if (!owed && !latched && this.guard?.due !== true) return;
    device.held = owed || latched || this.guard?.agrees === false;
    try {
      if (owed && device.takeoverOwed) await device.takeOver();
      if (owed) {
        const faults = await verifyStage(device, this.settings, context, heartbeat, this, clock);
        // Another device came in its place: what is wrong with that one has been said.
        if (device.isLost()) return;
        device.faults = faults;
        context.verified = faults.length === 0;
      }
      if (latched && context.verified) await this.#resetLatch(heartbeat, clock);
      if (this.guard?.due === true) {
        const idle = stageRoleCode(device.reader!.values, context) < 2;
        await this.guard.check(device, device.held && idle);
        this.#tellGuard();
        device.faults = device.faults.filter(({ fault }) => !guardFaults.includes(fault));
        if (this.guard.fault !== null) device.faults = [...device.faults, this.guard.fault];
      }
    } finally {
      if (device.held) device.writer?.forget();
      device.held = false;
    }
  }

  /** A stage of a map file feeds its watchdog again by itself, as its map says. */
  #sawLatch(said: boolean, nowMs: number): void {
    const latched = said && this.settings.map === undefined;
    const { device, context } = this;
    this.#latch.saw(latched, nowMs);
    if (latched === context.latched) return;
    context.latched = latched;
    this.#tellLatch(latched ? { fault: "watchdog-latched", detail: "" } : undefined);
    if (!latched) device.writer?.forget();
  }

  #tellLatch(fault?: DeviceFault): void {
    const others = this.device.faults.filter((one) => !latchFaults.includes(one.fault));
    this.device.faults = fault === undefined ? others : [...others, fault];
  }

  /** After verification, and while the heartbeat advances: otherwise it would latch again. */
  async #resetLatch(heartbeat: Heartbeat, clock: Clock): Promise<void> {
    const earned = clock() - heartbeat.advancedMs <= heartbeatEarnedMs;
    if (!earned) this.#tellLatch({ fault: "watchdog-latched", detail: "" });
    else this.#tellLatch(await resetOwnLatch(this.device, this.#latch, heartbeat, this, clock));
  }

  #tellGuard(): void {
    this.context.functionsAgree = this.guard?.agrees ?? true;
  }
}

const latchFaults: readonly string[] = ["watchdog-latched", "latch-not-reset"];
const guardFaults: readonly string[] = ["function-mismatch", "anti-islanding-off", "adoption-failed"];
