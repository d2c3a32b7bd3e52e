/**
 * One bidirectional power stage with its firmware: it follows setpoints with its own response, keeps its contract by
 * itself (watchdog, reversion, permit service, sequence numbers, interlock), protects itself, and forms a bus on command.
 * The controller is not trusted here: whatever it says, the rules below decide what happens.
 */
import type { Role } from "../../../src/domain/modes.ts";
import { ControllerWatch } from "../controller-watch.ts";
import type { PlantStage, PlantStageCommand } from "../devices.ts";
import { deadPu, type Node } from "../node.ts";
import type { Vehicle } from "../vehicle.ts";
import { Response } from "./response.ts";
import { CommandQueue, copyCommand, emptyCommand, orderOff, sameRequest, sequenceAdvance } from "./stage-commands.ts";
import { alarmBit, type StageConfig } from "./stage-config.ts";
import { StageProtections } from "./stage-protections.ts";
import { StageTerminals } from "./stage-terminals.ts";

/** What the firmware is doing. `starting` precharges and closes the contactor; `ramping` raises a dead bus's voltage. */
export type StagePhase = "idle" | "starting" | "following" | "joining" | "ramping" | "forming";

/** Alarms with which it stays off until a person has reset them. */
const latchingBits = alarmBit.groundFault | alarmBit.overTemperature | alarmBit.manualShutdown;
const openContactorAfterMs = 100;
const heartbeatMs = 1_000;
/** Charging above what the battery wants by less than this is noise, W. */
const overchargeFromW = 50;

export class PowerStage extends StageTerminals implements PlantStage {
  readonly protections: StageProtections;

  phase: StagePhase = "idle";
  alarmBits = 0;
  heartbeat = 0;
  executedSequence = 0;
  staleRefused = 0;
  /** Commands to form that the stage refused by interlock, live bus or lack of energy. */
  formingRefused = 0;
  /** Times that it tripped while it formed: overload, or an empty battery. */
  formingTrips = 0;
  watchdogTripped = false;
  permitService = true;
  #dischargeLimitW = Number.POSITIVE_INFINITY;
  maxChargeW = 0;
  maxDischargeW = 0;
  /** The voltage it puts on the bus while it forms, pu. */
  formedVoltagePu = 0;
  /** Its share of a formed bus in the network's arithmetic, W, and whether that share is at a bound. */
  sharedW = 0;
  shareBound = false;
  /** Set by the network for each step: whether K1 is truly closed. */
  k1Closed = true;

  readonly #power: Response;
  readonly #reactive: Response;
  readonly #command = emptyCommand();
  readonly #latest = emptyCommand();
  readonly #queue = new CommandQueue();
  #targetW = 0;
  #targetVar = 0;
  #nowMs: number;
  /** Length of the part of a step that is being worked on, ms: a field, because numbers between functions cost garbage. */
  #partMs = 0;
  #nextTimerMs: number;
  #phaseEndsMs = Number.POSITIVE_INFINITY;
  #openContactorMs = Number.POSITIVE_INFINITY;
  #heartbeatAtMs: number;
  readonly #watch = new ControllerWatch();
  #overloadForMs = 0;
  #overchargeForMs = 0;
  /** How long K1's mirror contact has been open under an order to hold, ms. */
  #openForMs = 0;
  /** Tripped while forming; cleared by any other role. */
  #overloaded = false;

  constructor(config: StageConfig, vehicle: Vehicle, node: Node, nominalFrequencyHz: number, nowMs: number) {
    super(config, vehicle, node);
    this.protections = new StageProtections(
      nominalFrequencyHz,
      config.antiIslandingMs,
      config.enterServiceDelayS * 1000,
      config.protections,
    );
    this.#power = new Response(config.tauMs, config.slewWPerS);
    this.#reactive = new Response(config.tauMs, config.slewWPerS);
    this.#nowMs = nowMs;
    this.#nextTimerMs = nowMs;
    this.#heartbeatAtMs = nowMs + heartbeatMs;
  }

  // what it shows
  /** The role that it reports. */
  get role(): Role {
    return this.faults.reportedRole ?? this.trueRole;
  }
  get trueRole(): Role {
    const phase = this.phase;
    if (phase === "following") return this.#command.role === "discharge" || this.#targetW < 0 ? "discharge" : "charge";
    return phase === "idle" || phase === "starting" ? "off" : "forming";
  }
  /** The truth now. */
  get truePowerW(): number {
    return this.#power.value;
  }
  get targetW(): number {
    return this.#targetW;
  }
  get reactiveVar(): number {
    return this.#reactive.value;
  }
  get reversionRemainingS(): number {
    return this.#watch.remainingS(this.#nowMs);
  }
  /** Holds up a bus's voltage, or is about to. */
  get isForming(): boolean {
    return this.phase === "forming" || this.phase === "ramping";
  }
  /** The most that it takes while it forms, for a moment, W. */
  get surgeTakeW(): number {
    return this.maxChargeW + this.config.overchargePu * this.config.ratedW;
  }
  get formFrequencyHz(): number {
    return this.#command.formFrequencyHz;
  }

  // what may be done to it
  command(command: PlantStageCommand): void {
    this.commandAt(command, this.#nowMs);
  }

  /** The same, for a setpoint that arrives a little later than now. */
  commandAt(command: PlantStageCommand, arrivalMs: number): void {
    if (this.faults.hung || this.faults.local) return;
    if (sequenceAdvance(command.sequence, this.#latest.sequence) < 0) {
      this.staleRefused++;
      return;
    }
    if (this.#watch.commanded(arrivalMs)) this.#retarget();
    if (sameRequest(command, this.#latest)) {
      this.#latest.sequence = command.sequence;
      if (this.#queue.count === 0) this.executedSequence = command.sequence;
      return;
    }
    copyCommand(command, this.#latest);
    const periodMs = this.faults.commandPeriodMs || this.config.commandPeriodMs;
    // All that was written since its last look is in force at the next one; the newest last.
    const seenMs = periodMs > 0 ? periodMs * Math.ceil(arrivalMs / periodMs) : arrivalMs;
    this.#queue.push(seenMs + this.config.deadTimeMs + this.faults.deadTimeMs, command);
  }

  controllerHeartbeat(value: number): void {
    if (!this.faults.hung) this.#watch.heartbeat(value, this.#nowMs);
  }

  setReversion(timeoutS: number, powerW: number): void {
    this.#watch.arm(timeoutS, powerW, this.#nowMs);
    this.#wake(this.#watch.reversionAtMs);
  }

  limitDischarge(powerW: number): void {
    this.#dischargeLimitW = powerW;
    this.#retarget();
  }

  setPermitService(on: boolean): void {
    this.permitService = on;
    if (!on && this.phase !== "idle") this.#cease();
    this.#retarget();
  }

  /** What was commanded while a reason was latched is forgotten: it stays off until it is commanded anew. */
  resetAlarms(): void {
    if (this.#latchedOut()) {
      this.#queue.clear();
      this.executedSequence = this.#latest.sequence;
      orderOff(this.#command);
      orderOff(this.#latest);
    }
    this.alarmBits = 0;
    this.watchdogTripped = false;
    this.#wake(this.#nowMs);
  }

  /** The vehicle or its limits have changed: called about once a second and at plug-in. */
  renewAbility(): void {
    const { ratedW } = this.config;
    const derated = ratedW * this.faults.derating;
    const onGrid = this.node.source === "grid";
    // With a port it tells what it can by itself: the vehicle tells its session.
    const hasPort = this.port !== undefined;
    const { canChargeW, canDischargeW } = this.vehicle;
    this.maxChargeW = hasPort || canChargeW >= derated ? derated : canChargeW;
    const discharge = hasPort || canDischargeW >= derated ? derated : canDischargeW;
    this.maxDischargeW = onGrid && !this.protections.inService ? 0 : discharge;
    if (!this.vehicle.connected && this.phase !== "idle") this.#cease();
    this.#retarget();
  }

  /** One step of everything but the power of a forming stage, which the network decides (`carry`). */
  step(fromMs: number, toMs: number): void {
    this.#nowMs = fromMs;
    // K1's mirror contact in the gate enable: no forming while K1 is closed, whatever is commanded.
    if (this.config.gateInterlock && this.k1Closed && this.isForming) this.#cease();
    if (this.#command.role === "hold" && this.config.holdsAngle) this.#hold(toMs - fromMs);
    if (this.port?.step(fromMs, toMs)) this.#portChanged();
    const power = this.#power;
    power.positiveMs = 0;
    power.negativeMs = 0;
    let atMs = fromMs;
    while (this.#queue.count > 0 && this.#queue.nextAtMs <= toMs) {
      const dueMs = this.#queue.nextAtMs > atMs ? this.#queue.nextAtMs : atMs;
      this.#partMs = dueMs - atMs;
      if (this.#partMs > 0) this.#follow();
      atMs = dueMs;
      this.#queue.take(this.#command);
      // The last one waiting is what all repetitions since then have asked for.
      this.executedSequence = this.#queue.count === 0 ? this.#latest.sequence : this.#command.sequence;
      this.#nowMs = atMs;
      this.#obey();
    }
    this.#partMs = toMs - atMs;
    if (this.#partMs > 0) this.#follow();
    this.#nowMs = toMs;
    this.#partMs = toMs - fromMs;
    if (!this.isForming) this.#account();
    if (toMs >= this.#nextTimerMs) this.#runTimers(toMs);
  }

  /** The share of the bus's load that this forming stage carries in a step, W; positive charges. */
  carry(powerW: number, durationMs: number, overloaded: boolean): void {
    const power = this.#power;
    power.value = powerW;
    power.positiveMs = powerW > 0 ? powerW * durationMs : 0;
    power.negativeMs = powerW < 0 ? powerW * durationMs : 0;
    this.#partMs = durationMs;
    this.#account();
    const { overloadMs, overchargeMs } = this.config;
    this.#overloadForMs = overloaded ? this.#overloadForMs + durationMs : 0;
    this.#overchargeForMs = powerW > this.maxChargeW + overchargeFromW ? this.#overchargeForMs + durationMs : 0;
    const isSpent = this.vehicle.storedWh <= 0;
    if (this.#overloadForMs > overloadMs || this.#overchargeForMs > overchargeMs || isSpent) {
      this.#overloaded = true;
      this.formingTrips++;
      this.trip(alarmBit.acUnderVoltage);
    }
  }

  /** Ceases and stays off until told otherwise; `latched` bits wait for a reset of the alarms. */
  trip(latched: number): void {
    this.alarmBits |= latched;
    this.#cease();
  }

  /** The conductors have lost their voltage: no current can flow. */
  blackout(): void {
    const gone = this.phase === "following" || this.phase === "starting";
    if (gone && !this.#holding) this.#cease();
    this.#power.drop();
    this.#reactive.drop();
  }

  /** What the protections have found out may change the target. */
  protectionsChanged(): void {
    if (this.protections.tripped && this.phase !== "idle" && !this.faults.neverStops) this.#cease();
    this.renewAbility();
    // Gates blocked: no current at once, whatever the lag of a setpoint is.
    if (this.protections.ceased && !this.isForming) {
      this.#power.drop();
      this.#reactive.drop();
    }
  }

  /** A new command is in force. */
  #obey(): void {
    const role = this.#command.role;
    if (role !== "forming") {
      this.#overloaded = false;
      this.alarmBits &= ~alarmBit.acUnderVoltage;
    }
    if (role === "off") {
      if (this.faults.neverStops) this.#goOn();
      else this.#cease();
    } else if (role === "forming") this.#tryForming();
    else if (role === "hold" && this.isForming) return;
    else if (this.isForming || this.phase === "joining") this.#leaveForming();
    else if (this.phase === "idle") this.#start();
    this.#retarget();
  }

  /** The fault "never stops": an order to be off changes nothing. */
  #goOn(): void {
    const command = this.#command;
    command.role = this.phase === "following" ? (this.#targetW < 0 ? "discharge" : "charge") : "forming";
    command.powerW = this.#targetW;
    command.formVoltagePu = this.formedVoltagePu;
    command.formFrequencyHz = this.node.frequencyHz;
    if (this.phase === "idle" || this.phase === "starting") command.role = "off";
  }

  #start(): void {
    const fit = this.vehicle.connected && this.permitService && !this.#latchedOut() && !this.protections.tripped;
    if (!fit || this.node.voltagePu < 0.5) return;
    this.phase = "starting";
    this.#phaseEndsMs = this.#nowMs + this.config.startMs;
    this.#wake(this.#phaseEndsMs);
  }

  /** Under an order to hold, with K1 open and its own contactor closed: its inner voltage source carries what there is. */
  get #holding(): boolean {
    const ordered = this.#command.role === "hold" && this.config.holdsAngle && !this.k1Closed;
    return ordered && (this.phase === "following" || this.phase === "forming");
  }

  /** K1's mirror contact decides: open, it takes the bus over as it is, for a bounded time; closed, it follows. */
  #hold(durationMs: number): void {
    if (this.k1Closed) {
      this.#openForMs = 0;
      if (this.isForming) {
        this.#leaveForming();
        this.#retarget();
      }
      return;
    }
    this.#openForMs += durationMs;
    if (this.phase === "following" && this.#openForMs >= this.config.takeOverMs) this.#takeOver();
    else if (this.phase === "forming" && this.#openForMs >= this.config.holdMs) this.#cease();
  }

  #takeOver(): void {
    if (this.faults.refusesForming || this.node.voltagePu < 0.5 || this.dischargeAbleW <= 0) {
      this.formingRefused++;
      this.#cease();
      return;
    }
    this.phase = "forming";
    this.node.formers++;
    this.#overloadForMs = 0;
    this.formedVoltagePu = this.#command.formVoltagePu;
    this.protections.rest();
    this.#retarget();
  }

  #tryForming(): void {
    if (this.isForming || this.phase === "joining") return;
    const interlocked = this.config.gateInterlock && this.k1Closed;
    const formedByOthers = this.node.formers > 0;
    const liveBus = this.node.voltagePu >= deadPu && !formedByOthers;
    const unable = !this.vehicle.connected || this.dischargeAbleW <= 0 || this.#latchedOut();
    if (interlocked || unable || this.faults.refusesForming || (liveBus && this.config.deadBusCheck)) {
      this.formingRefused++;
      this.#cease();
      return;
    }
    this.phase = formedByOthers ? "joining" : "ramping";
    if (!formedByOthers) this.node.formers++;
    this.contactorClosed = true;
    this.#openContactorMs = Number.POSITIVE_INFINITY;
    this.#overloadForMs = 0;
    this.#overchargeForMs = 0;
    this.formedVoltagePu = 0;
    this.protections.rest();
    if (this.phase === "joining") {
      this.#phaseEndsMs = this.#nowMs + this.config.joinMs;
      this.#wake(this.#phaseEndsMs);
    }
  }

  /** From forming to following: only on a bus that something else holds. */
  #leaveForming(): void {
    const formsNow = this.isForming;
    const held = this.node.source === "grid" || this.node.formers > (formsNow ? 1 : 0);
    if (!held) {
      this.#cease();
      return;
    }
    if (formsNow) this.node.formers--;
    this.phase = "following";
    if (this.node.source === "grid") this.protections.enterNow();
  }

  #cease(): void {
    if (this.phase !== "idle" && !Number.isFinite(this.#openContactorMs)) {
      this.#openContactorMs = this.#nowMs + openContactorAfterMs;
      this.#wake(this.#openContactorMs);
    }
    if (this.isForming) this.node.formers--;
    this.phase = "idle";
    this.formedVoltagePu = 0;
    this.#phaseEndsMs = Number.POSITIVE_INFINITY;
    this.#power.drop();
    this.#reactive.drop();
    this.#retarget();
  }

  #latchedOut(): boolean {
    return this.watchdogTripped || (this.alarmBits & latchingBits) !== 0;
  }

  /** What the stage truly aims at now: the command, after everything that its own rules say. */
  #retarget(): void {
    if (this.phase !== "following") {
      this.#targetW = 0;
      this.#targetVar = 0;
      return;
    }
    const faults = this.faults;
    let powerW = this.#watch.reverted ? this.#watch.reversionW : this.#command.powerW;
    if (!(powerW > Number.NEGATIVE_INFINITY && powerW < Number.POSITIVE_INFINITY)) powerW = 0;
    const mayGive = this.#command.role === "discharge" || this.#command.role === "hold";
    if (!mayGive && powerW < 0) powerW = 0;
    if (faults.dischargesItself) powerW = -0.5 * this.config.ratedW;
    const protections = this.protections;
    if (protections.ceased || protections.tripped) powerW = 0;
    else if (this.node.source === "grid" && !protections.inService && powerW < 0) powerW = 0;
    if (powerW > this.maxChargeW) powerW = this.maxChargeW;
    else if (powerW < -this.maxDischargeW) powerW = -this.maxDischargeW;
    if (this.port !== undefined) {
      if (powerW > 0) powerW = Math.min(powerW, this.chargeAbleW);
      else powerW = Math.max(powerW, -this.dischargeAbleW);
    }
    if (powerW < -this.#dischargeLimitW) powerW = -this.#dischargeLimitW;
    if (faults.stuck) powerW = this.#power.value;
    this.#targetW = powerW;
    this.#targetVar = protections.ceased ? 0 : this.reactiveWithin(powerW, this.#command.reactiveVar);
  }

  /** Moves power and voltage over the present part of the step. */
  #follow(): void {
    if (this.isForming) {
      this.#moveVoltage();
      return;
    }
    const durationMs = this.#partMs;
    const power = this.#power;
    if (power.value === this.#targetW) {
      // The usual case, written out: a call would make garbage of its arguments.
      if (power.value >= 0) power.positiveMs += power.value * durationMs;
      else power.negativeMs += power.value * durationMs;
    } else {
      const { config, faults } = this;
      power.tauMs = config.tauMs * faults.slowness;
      power.slewPerS = Math.min(config.slewWPerS, faults.slewPuPerS * config.ratedW);
      power.move(this.#targetW, durationMs);
    }
    if (this.#reactive.value !== this.#targetVar) this.#reactive.move(this.#targetVar, durationMs);
  }

  /** A black start raises the voltage; a bus that stands follows the reference at the same rate. */
  #moveVoltage(): void {
    const wantedPu = this.#command.role === "forming" ? this.#command.formVoltagePu : 1;
    const stepPu = (wantedPu * this.#partMs) / this.config.blackStartMs;
    const gapPu = wantedPu - this.formedVoltagePu;
    if (gapPu <= stepPu && gapPu >= -stepPu) {
      this.formedVoltagePu = wantedPu;
      this.phase = "forming";
    } else this.formedVoltagePu += gapPu > 0 ? stepPu : -stepPu;
  }

  /** Books the energy of a step on both sides of the conversion. */
  #account(): void {
    const durationMs = this.#partMs;
    const { positiveMs, negativeMs } = this.#power;
    this.meanW = (positiveMs + negativeMs) / durationMs;
    // Contactors towards the vehicle open: nothing reaches a battery, and none feeds the losses.
    if (this.port !== undefined && !this.port.closed) return;
    if (this.contactorClosed) this.vehicle.move(this.conversion.book(positiveMs, negativeMs, durationMs));
  }

  /** What may flow towards the vehicle has changed: none at all blocks the output, without a ramp. */
  #portChanged(): void {
    const { chargeAbleW, dischargeAbleW } = this;
    if (this.isForming && dischargeAbleW <= 0) this.#cease();
    else {
      this.#retarget();
      const value = this.#power.value;
      if ((value > 0 && chargeAbleW <= 0) || (value < 0 && dischargeAbleW <= 0)) this.#power.drop();
    }
  }

  #wake(atMs: number): void {
    if (atMs < this.#nextTimerMs) this.#nextTimerMs = atMs;
  }

  /** Looks at every timer and finds the next moment at which one may be due. */
  #runTimers(nowMs: number): void {
    if (nowMs >= this.#heartbeatAtMs) {
      this.#heartbeatAtMs += heartbeatMs;
      if (!this.faults.hung) this.heartbeat = (this.heartbeat + 1) & 0xffff;
      if (this.phase === "idle") this.#startAgain();
    }
    if (nowMs >= this.#phaseEndsMs) this.#endPhase();
    if (nowMs >= this.#openContactorMs) {
      this.#openContactorMs = Number.POSITIVE_INFINITY;
      if (this.phase === "idle") this.contactorClosed = false;
    }
    const commanded = this.phase !== "idle" && !this.faults.formsItself;
    const watchdogS = this.isForming ? this.config.islandWatchdogS : this.config.watchdogS;
    const watchdogAtMs = this.#watch.watchdogAtMs(watchdogS);
    if (commanded && nowMs >= watchdogAtMs && !this.watchdogTripped) this.#tripWatchdog();
    const { reversionAtMs } = this.#watch;
    if (nowMs >= reversionAtMs && !this.#watch.reverted) {
      this.#watch.reverted = true;
      this.#retarget();
    }
    let nextMs = Math.min(this.#heartbeatAtMs, this.#phaseEndsMs, this.#openContactorMs);
    if (watchdogAtMs > nowMs && watchdogAtMs < nextMs) nextMs = watchdogAtMs;
    if (reversionAtMs > nowMs && reversionAtMs < nextMs) nextMs = reversionAtMs;
    this.#nextTimerMs = nextMs;
  }

  /** The controller is gone: zero, open, forget what it wanted, so that nothing old comes alive with it. */
  #tripWatchdog(): void {
    this.watchdogTripped = true;
    this.#queue.clear();
    this.executedSequence = this.#latest.sequence;
    orderOff(this.#command);
    orderOff(this.#latest);
    this.trip(alarmBit.manufacturer);
  }

  /** Registers are standing orders: a stage that had to stop goes on once a second when it can, unless it overloaded. */
  #startAgain(): void {
    const faults = this.faults;
    if (faults.formsItself && !(this.config.gateInterlock && this.k1Closed)) {
      this.phase = "ramping";
      this.node.formers++;
      this.contactorClosed = true;
    } else if (faults.dischargesItself && this.node.voltagePu > 0.5) {
      this.phase = "following";
      this.contactorClosed = true;
    } else if (this.#command.role === "hold") {
      if (this.node.source === "grid") this.#start();
    } else if (this.#command.role === "forming") {
      if (!this.#overloaded) this.#tryForming();
    } else if (this.#command.role !== "off") this.#start();
    this.#retarget();
  }

  #endPhase(): void {
    this.#phaseEndsMs = Number.POSITIVE_INFINITY;
    if (this.phase === "starting") {
      if (this.node.voltagePu < 0.5) {
        this.#cease();
        return;
      }
      this.phase = "following";
      this.contactorClosed = true;
      this.#openContactorMs = Number.POSITIVE_INFINITY;
    } else if (this.phase === "joining") {
      if (this.node.formers === 0) {
        this.#cease();
        return;
      }
      this.phase = "ramping";
      this.node.formers++;
      this.formedVoltagePu = this.node.voltagePu;
    }
    this.#retarget();
  }
}
