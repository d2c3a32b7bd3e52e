/**
 * Plant ↔ controller without sockets: fills the core's snapshot from what the plant's devices show and carries its commands
 * back, in virtual time, with the timing and the faults of a real fieldbus. It keeps the bridge's duties of CONTRACT.md:
 * writes only within leases, an earned heartbeat, its own latch alone reset, reversion armed, a start-up verification after each (re)connection,
 * a link that is closed and opened again when a write fails.
 */
import { heartbeatEarnedMs, isOwnLatchAlone, OwnLatch } from "../../firmware-bridge/stage/own-latch.ts";
import type { Commands } from "../../src/core/commands.ts";
import { never, type Snapshot, type StageFacts } from "../../src/core/snapshot.ts";
import { Link } from "../link.ts";
import type { PlantPort, PlantStageCommand } from "../plant/devices.ts";
import { copyCommand, emptyCommand, sequenceAdvance, sequenceAfter } from "../plant/stage/stage-commands.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";

export interface BridgeTiming {
  /** From the reading of a register to the tick that uses it, ms. */
  readonly readMs: number;
  /** From the tick to the arrival of a setpoint, ms, with a uniform jitter on top. */
  readonly writeMs: number;
  readonly writeJitterMs: number;
  /** Deadline of one transaction, and the pause before a broken link is opened again, ms. */
  readonly deadlineMs: number;
  readonly reopenMs: number;
  /** Time that the start-up verification of a stage takes, ms. */
  readonly verifyMs: number;
  /** Reversion time armed in each stage, s. */
  readonly reversionS: number;
}

const defaultTiming: BridgeTiming = {
  readMs: 4,
  writeMs: 2,
  writeJitterMs: 2,
  deadlineMs: 15,
  reopenMs: 200,
  verifyMs: 1_200,
  reversionS: 5,
};

const heartbeatEveryMs = 250;
/** A new controller leaves room for numbers that the old one may have sent and nobody has seen executed. */
const sequenceGap = 64;
const stageSilentMs = 3_000;

/** What the bridge keeps of one stage's link. */
interface StagePort {
  readonly link: Link;
  readonly command: PlantStageCommand;
  sequence: number;
  /** Since when the link has been up, ms; `never` while down. */
  upSinceMs: number;
  reopenAtMs: number;
  /** When it was last given up: a write of that cycle was already on its way. */
  brokeAtMs: number;
  verified: boolean;
  latch: OwnLatch;
  /** Since when the stage has shown its loss-of-heartbeat latch, ms; Infinity while it does not. */
  latchedAtMs: number;
  heartbeatSeen: number;
  heartbeatAtMs: number;
  /** A setpoint that a late link will deliver, and when. */
  readonly lateCommand: PlantStageCommand;
  lateAtMs: number;
  /** One waits in a server that hangs. */
  piledUp: boolean;
}

/** What a stage shows of its vehicle port. */
function readPort(facts: StageFacts, port: PlantPort, outletA: number): void {
  facts.portPhase = port.phase;
  facts.pilot = port.pilot;
  facts.insulation = port.insulation;
  facts.portClosed = port.closed;
  facts.portReady = port.ready;
  facts.emergency = port.emergency;
  facts.outletV = port.voltageV;
  facts.outletA = outletA;
  facts.outletMinV = port.minV;
  facts.outletMaxV = port.maxV;
  facts.outletMaxA = port.maxA;
}

export class InMemoryBridge {
  readonly timing: BridgeTiming;
  readonly meterLink = new Link();
  readonly transferDeviceLink = new Link();
  readonly loadPanelLink = new Link();
  readonly stagePorts: StagePort[];
  /** Setpoints that a link has swallowed, and leases that ran out before they could be written. */
  writesLost = 0;
  leasesExpired = 0;

  readonly #world: World;
  readonly #random: Random;
  #sampleSeen = -1;
  #meterPowerW = Number.NaN;
  #meterVoltagePu = Number.NaN;
  #controllerHeartbeat = 0;
  #nextHeartbeatMs = never;
  #meterReopenMs = never;
  #transferReopenMs = never;

  constructor(world: World, timing: BridgeTiming = defaultTiming) {
    this.#world = world;
    this.timing = timing;
    this.#random = world.random.stream("bridge");
    this.stagePorts = world.stages.map(() => ({
      link: new Link(),
      command: emptyCommand(),
      sequence: 0,
      upSinceMs: never,
      reopenAtMs: never,
      brokeAtMs: never,
      verified: false,
      latch: new OwnLatch(),
      latchedAtMs: Number.POSITIVE_INFINITY,
      heartbeatSeen: -1,
      heartbeatAtMs: never,
      lateCommand: emptyCommand(),
      lateAtMs: Number.POSITIVE_INFINITY,
      piledUp: false,
    }));
  }

  /** A new controller process: nothing is verified, sequence numbers go on from what the stages have executed. */
  restart(): void {
    for (let i = 0; i < this.stagePorts.length; i++) {
      const port = this.stagePorts[i]!;
      port.sequence = sequenceAfter(this.#world.stages[i]!.executedSequence, sequenceGap);
      port.upSinceMs = never;
      port.verified = false;
      port.latch = new OwnLatch();
      port.heartbeatSeen = -1;
      port.heartbeatAtMs = never;
    }
    this.#sampleSeen = -1;
    this.#controllerHeartbeat = (this.#controllerHeartbeat + 1) & 0xffff;
  }

  /** Reads every device at `nowMs`; the values arrive at `arrivesMs`. */
  read(snapshot: Snapshot, nowMs: number, arrivesMs: number): void {
    this.#readMeter(snapshot, nowMs, arrivesMs);
    this.#readTransferDevice(snapshot, nowMs, arrivesMs);
    const { stages, tiers, pvs } = this.#world;
    for (let i = 0; i < stages.length; i++) this.#readStage(snapshot, i, nowMs, arrivesMs);
    const site = snapshot.site;
    if (this.#answers(this.loadPanelLink) && !this.loadPanelLink.frozen) {
      site.panelLiveAtMs = arrivesMs;
      for (let i = 0; i < tiers.length; i++) site.tierLoadW[i] = tiers[i]!.powerW;
    }
    let pvW = 0;
    for (let i = 0; i < pvs.length; i++) if (pvs[i]!.config.side === "bus") pvW += pvs[i]!.powerW;
    site.pvPowerW = pvW;
  }

  /** Whether this read gets an answer in time that a strict reader accepts. */
  #answers(link: Link): boolean {
    if (!link.spoiled) return true;
    if (link.down || link.hung || link.garbage || link.late || link.delayMs > this.timing.deadlineMs) return false;
    return link.lossShare === 0 || this.#random.uniform() >= link.lossShare;
  }

  #readMeter(snapshot: Snapshot, nowMs: number, arrivesMs: number): void {
    const { meter } = this.#world;
    const link = this.meterLink;
    if (nowMs < this.#meterReopenMs) return;
    if (!this.#answers(link) || meter.dark) {
      this.#meterReopenMs = nowMs + this.timing.deadlineMs;
      return;
    }
    const facts = snapshot.meter;
    facts.atMs = arrivesMs;
    if (link.frozen) return;
    // A new sample is a new block of values: a counter that goes on over the same values proves nothing.
    const counted = meter.sampleCount !== this.#sampleSeen;
    const changed = meter.powerW !== this.#meterPowerW || meter.voltagePu !== this.#meterVoltagePu;
    if (!counted || !changed) return;
    this.#sampleSeen = meter.sampleCount;
    this.#meterPowerW = meter.powerW;
    this.#meterVoltagePu = meter.voltagePu;
    facts.sampleCount++;
    facts.sampleAtMs = arrivesMs;
    facts.powerW = meter.powerW;
    facts.reactiveVar = meter.reactiveVar;
    facts.voltagePu = meter.voltagePu;
    facts.frequencyHz = meter.frequencyHz;
    for (let p = 0; p < 3; p++) {
      facts.phasePowerW[p] = meter.phasePowerW[p]!;
      facts.phaseVoltagePu[p] = meter.phaseVoltagePu[p]!;
    }
  }

  #readTransferDevice(snapshot: Snapshot, nowMs: number, arrivesMs: number): void {
    const link = this.transferDeviceLink;
    if (nowMs < this.#transferReopenMs) return;
    if (!this.#answers(link)) {
      this.#transferReopenMs = nowMs + this.timing.deadlineMs;
      return;
    }
    const facts = snapshot.transferDevice;
    facts.atMs = arrivesMs;
    if (link.frozen) return;
    facts.liveAtMs = arrivesMs;
    const device = this.#world.transferDevice;
    facts.contactNo = device.contactNo;
    facts.contactNc = device.contactNc;
    facts.gridVoltagePu = device.gridVoltagePu;
    facts.gridFrequencyHz = device.gridFrequencyHz;
    facts.busVoltagePu = device.busVoltagePu;
    facts.busFrequencyHz = device.busFrequencyHz;
    facts.phaseDeg = device.phaseDeg;
    facts.syncRelay = device.syncRelay;
    facts.closeSequence = device.closeSequence;
  }

  #readStage(snapshot: Snapshot, index: number, nowMs: number, arrivesMs: number): void {
    const port = this.stagePorts[index]!;
    const facts = snapshot.stages[index]!;
    const stage = this.#world.stages[index]!;
    if (nowMs < port.reopenAtMs) return;
    if (!this.#answers(port.link)) {
      this.#breakLink(port, nowMs);
      facts.verified = false;
      return;
    }
    if (port.upSinceMs === never) port.upSinceMs = nowMs;
    if (!port.verified && nowMs - port.upSinceMs >= this.timing.verifyMs) this.#verify(port, index);
    facts.atMs = arrivesMs;
    facts.verified = port.verified && !stage.watchdogTripped;
    if (port.link.frozen) return;
    this.#resetLatch(port, stage, nowMs);
    facts.liveAtMs = arrivesMs;
    if (stage.heartbeat !== port.heartbeatSeen) {
      port.heartbeatSeen = stage.heartbeat;
      port.heartbeatAtMs = nowMs;
    }
    facts.alive = nowMs - port.heartbeatAtMs < stageSilentMs;
    facts.role = stage.role;
    facts.powerW = stage.powerW;
    facts.reactiveVar = stage.reactiveVar;
    facts.voltagePu = stage.voltagePu;
    facts.frequencyHz = stage.frequencyHz;
    facts.alarmBits = stage.alarmBits;
    facts.local = stage.local;
    facts.antiIslanding = stage.antiIslanding;
    facts.maxChargeW = stage.maxChargeW;
    facts.maxDischargeW = stage.maxDischargeW;
    facts.socPct = stage.socPct;
    facts.capacityWh = stage.capacityWh;
    facts.vehicleConnected = stage.vehicleConnected;
    facts.importWh = stage.importWh;
    facts.exportWh = stage.exportWh;
    facts.executedSequence = stage.executedSequence;
    if (stage.port !== undefined) readPort(facts, stage.port, stage.dcCurrentA);
  }

  #breakLink(port: StagePort, nowMs: number): void {
    if (port.upSinceMs !== never) port.brokeAtMs = nowMs;
    port.reopenAtMs = nowMs + this.timing.reopenMs;
    port.upSinceMs = never;
    port.verified = false;
  }

  /** The stage's own loss-of-heartbeat latch, as the real bridge resets it: after verification, while the heartbeat is earned. */
  #resetLatch(port: StagePort, stage: World["stages"][number], nowMs: number): void {
    const { latch } = port;
    latch.saw(stage.watchdogTripped, nowMs);
    if (!stage.watchdogTripped) port.latchedAtMs = Number.POSITIVE_INFINITY;
    else if (port.latchedAtMs === Number.POSITIVE_INFINITY) port.latchedAtMs = nowMs;
    if (!port.verified || stage.local || nowMs - port.latchedAtMs < this.timing.verifyMs) return;
    if (!isOwnLatchAlone(stage.watchdogTripped, stage.alarmBits)) return;
    const beatAtMs = this.#nextHeartbeatMs - heartbeatEveryMs;
    if (nowMs - beatAtMs <= heartbeatEarnedMs && latch.take(nowMs)) stage.resetAlarms();
  }

  /** Reversion armed, the sequence taken over. */
  #verify(port: StagePort, index: number): void {
    const stage = this.#world.stages[index]!;
    port.verified = true;
    // Never back to a number that an unanswered write may still carry.
    if (sequenceAdvance(stage.executedSequence, port.sequence) > 0) port.sequence = stage.executedSequence;
    stage.setReversion(this.timing.reversionS, 0);
  }

  /** Carries out what one step has decided. */
  write(commands: Commands, nowMs: number): void {
    this.#deliverLate(nowMs);
    if (!commands.commandsEnabled) return;
    if (commands.heartbeatAllowed && nowMs >= this.#nextHeartbeatMs) {
      this.#controllerHeartbeat = (this.#controllerHeartbeat + 1) & 0xffff;
      this.#nextHeartbeatMs = nowMs + heartbeatEveryMs;
    }
    const { stages, tiers, pvs } = this.#world;
    for (let i = 0; i < stages.length; i++) this.#writeStage(commands, i, nowMs);
    this.#writeTransferDevice(commands, nowMs);
    for (let i = 0; i < tiers.length; i++) this.#world.setTierClosed(i, commands.tierClosed[i] ?? true);
    for (let i = 0; i < pvs.length; i++) if (pvs[i]!.config.side === "bus") pvs[i]!.limit(commands.pvLimitW, 0, 0);
  }

  #writeStage(commands: Commands, index: number, nowMs: number): void {
    const port = this.stagePorts[index]!;
    const wanted = commands.stages[index]!;
    const onItsWay = port.link.late && nowMs - port.brokeAtMs < this.timing.deadlineMs;
    if (!onItsWay && (nowMs < port.reopenAtMs || port.upSinceMs === never)) return;
    if (!(wanted.leaseUntilMs >= nowMs)) {
      this.leasesExpired++;
      return;
    }
    const stage = this.#world.stages[index]!;
    const { link, command } = port;
    port.sequence = sequenceAfter(port.sequence, 1);
    command.role = wanted.role;
    command.powerW = wanted.powerW;
    command.reactiveVar = wanted.reactiveVar;
    command.formVoltagePu = wanted.formVoltagePu;
    command.formFrequencyHz = wanted.formFrequencyHz;
    command.sequence = port.sequence;
    if (link.hung && !port.piledUp) {
      port.piledUp = true;
      copyCommand(command, port.lateCommand);
    }
    if (link.late) {
      // The device executes it when it wakes up; the writer has long given up and closed the connection.
      if (port.lateAtMs === Number.POSITIVE_INFINITY) {
        port.lateAtMs = nowMs + 3_000 * this.#random.uniform();
        copyCommand(command, port.lateCommand);
      }
      this.#breakLink(port, nowMs);
      return;
    }
    if (!this.#answers(link)) {
      this.writesLost++;
      this.#breakLink(port, nowMs);
      return;
    }
    const { writeMs, writeJitterMs } = this.timing;
    const arrivalMs = nowMs + writeMs + link.delayMs + writeJitterMs * this.#random.uniform();
    stage.commandAt(command, arrivalMs);
    stage.controllerHeartbeat(this.#controllerHeartbeat);
    if (stage.port !== undefined && wanted.portPhase !== "none")
      stage.port.order({
        phase: wanted.portPhase,
        voltageV: wanted.portVoltageV,
        chargeA: wanted.portChargeA,
        dischargeA: wanted.portDischargeA,
        dutyPct: wanted.portDutyPct,
      });
  }

  #deliverLate(nowMs: number): void {
    for (let i = 0; i < this.stagePorts.length; i++) {
      const port = this.stagePorts[i]!;
      if (port.piledUp && !port.link.hung) {
        port.piledUp = false;
        this.#world.stages[i]!.command(port.lateCommand);
      }
      if (nowMs < port.lateAtMs) continue;
      port.lateAtMs = Number.POSITIVE_INFINITY;
      this.#world.stages[i]!.command(port.lateCommand);
    }
  }

  #writeTransferDevice(commands: Commands, nowMs: number): void {
    if (nowMs < this.#transferReopenMs) return;
    if (!this.#answers(this.transferDeviceLink)) {
      this.writesLost++;
      this.#transferReopenMs = nowMs + this.timing.reopenMs;
      return;
    }
    const device = this.#world.transferDevice;
    const wanted = commands.transferDevice;
    if (wanted === "open") {
      if (device.closed) this.#world.stir();
      device.commandOpen();
    } else if (wanted === "close") {
      if (commands.closeSequence !== device.closeSequence) this.#world.stir();
      device.commandClose(commands.closeSequence);
    } else device.commandNone();
  }
}
