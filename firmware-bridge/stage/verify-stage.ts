/**
 * Start-up verification of one stage: the safety net below the controller is tried, not assumed. Setpoints revert by
 * themselves (704 WSetRvrt), a new setpoint reloads the timer, and the controller's heartbeat is watched. Power stays at
 * zero all the while. Write order as in the SunSpec facts: what reverts first, then the setpoint, the enable last.
 */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import type { Clock } from "../../src/protocols/modbus/link.ts";
import { type StageContext, stageFact, stageRoleCode } from "../apply-facts.ts";
import { isNewer, nextSequence, setStageTargets, stageCommand } from "../command-targets.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import { noPort } from "../ports.ts";
import type { StageSettings } from "../settings.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { RegisterError, StageRegisters } from "./stage-registers.ts";
import { verifyWatchdog } from "./verify-watchdog.ts";

/** Long enough for a counter of whole seconds to move. */
const watchMs = 1_300;
const controlAc = 704;
const control = 715;

const notIdle: DeviceFault = { fault: "not-idle", detail: "it forms an island or gives power back" };

/** What keeps the sequence numbers of a stage's commands in order. */
export interface SequenceHolder {
  sequence: number;
}

/** Tries the safety net of one stage at zero power; returns what of it does not hold. */
export async function verifyStage(
  device: BridgeDevice,
  settings: StageSettings,
  context: StageContext,
  heartbeat: Heartbeat,
  holder: SequenceHolder,
  clock: Clock,
): Promise<DeviceFault[]> {
  const bound = device.bound;
  if (bound === undefined) return [{ fault: "unreachable", detail: device.link.name }];
  const stage = new StageRegisters(device, bound.images);
  try {
    const idle = await isIdle(device, context);
    if (!idle) return [notIdle];
    if (settings.map !== undefined) {
      if (settings.map.watchdog === undefined && settings.onlyCharges === true) return [];
      heartbeat.value = nextSequence(heartbeat.value);
      return await verifyWatchdog(device, settings.map, heartbeat.value, clock);
    }
    const faults: DeviceFault[] = [];
    await verifyReversion(stage, device, settings, holder, heartbeat, clock, faults);
    await verifyHeartbeat(stage, device, holder, heartbeat, faults);
    return faults;
  } catch (error) {
    if (error instanceof RegisterError) return [error.deviceFault];
    throw error;
  } finally {
    device.writer?.forget();
  }
}

async function isIdle(device: BridgeDevice, context: StageContext): Promise<boolean> {
  await refresh(device);
  const roleCode = stageRoleCode(device.reader!.values, context);
  return roleCode < 2;
}

/** A device that refuses registers in between is cut into single values within so many refusals. */
const refusalsMax = 12;

/** Reads the facts of the cycle outside the cycle, on requests of their own; shorter ones where the device refuses them. */
export async function refresh(device: BridgeDevice): Promise<void> {
  const reader = device.reader!;
  const read = new Set<number>();
  for (let refusals = 0; refusals <= refusalsMax; ) {
    const block = [reader.cycleBlock, ...reader.slowBlocks].find(
      ({ periodMs, exchange }) => periodMs === 0 && !read.has(exchange.address),
    );
    if (block === undefined) return;
    const { unit, functionCode, address, count } = block.exchange;
    const exchange = new Exchange(unit, functionCode, address, count);
    const outcome = await device.attempt(exchange);
    if (outcome.ok) {
      exchange.reply.copy(block.exchange.reply);
      block.exchange.finishedMs = exchange.finishedMs;
      reader.decode(block);
      read.add(address);
      continue;
    }
    block.exchange.exceptionCode = exchange.exceptionCode;
    if (outcome.error !== "exception" || !device.tighten(block))
      throw new RegisterError(outcome.error, `register ${address}`);
    read.clear();
    refusals += 1;
  }
  throw new RegisterError("exception", "it refuses every way to read its registers");
}

async function verifyReversion(
  stage: StageRegisters,
  device: BridgeDevice,
  settings: StageSettings,
  holder: SequenceHolder,
  heartbeat: Heartbeat,
  clock: Clock,
  faults: DeviceFault[],
): Promise<void> {
  for (const point of ["WSetRvrt", "WSetEnaRvrt", "WSetRvrtTms", "WSetRvrtRem", "WSet", "WSetEna"]) {
    if (stage.has(controlAc, point)) continue;
    faults.push({ fault: "no-reversion", detail: `704.${point} is not there` });
    return;
  }
  await stage.setKept(controlAc, "WSetRvrt", 0);
  await stage.setKept(controlAc, "WSetEnaRvrt", 1);
  await stage.setKept(controlAc, "WSetRvrtTms", settings.reversionS);
  if (stage.has(controlAc, "WSetMod")) await stage.setKept(controlAc, "WSetMod", 1);
  await writeZero(stage, device, holder, heartbeat);
  await stage.set(controlAc, "WSetEna", 1);
  if (settings.reactiveByController) {
    await stage.setKept(controlAc, "VarSetMod", 4);
    await stage.set(controlAc, "VarSet", 0);
    await stage.set(controlAc, "VarSetEna", 1);
  }

  const startedMs = clock();
  const first = await stage.get(controlAc, "WSetRvrtRem");
  await sleep(watchMs);
  const second = await stage.get(controlAc, "WSetRvrtRem");
  const waitedS = (clock() - startedMs) / 1_000;
  if (!(first <= settings.reversionS && second < first && first - second <= waitedS + 1.5)) {
    faults.push({
      fault: "reversion-not-counting",
      detail: `704.WSetRvrtRem went from ${first} to ${second} s in ${waitedS.toFixed(1)} s`,
    });
    return;
  }
  await writeZero(stage, device, holder, heartbeat);
  const reloaded = await stage.get(controlAc, "WSetRvrtRem");
  if (!(reloaded > second)) {
    faults.push({
      fault: "reversion-not-reloaded",
      detail: `704.WSetRvrtRem stayed at ${reloaded} s after a setpoint`,
    });
  }
}

/** Zero power the way the cycle commands it. */
export async function writeZero(
  stage: StageRegisters,
  device: BridgeDevice,
  holder: SequenceHolder,
  heartbeat: Heartbeat,
): Promise<void> {
  if (!stage.hasStageModel) {
    await stage.set(controlAc, "WSet", 0);
    return;
  }
  await refresh(device);
  const executed = device.fact(stageFact.executedSequence);
  // Never back to the number of a write that was not answered: it may still be on its way.
  if (holder.sequence === 0 || isNewer(executed, holder.sequence))
    holder.sequence = Number.isNaN(executed) ? 0 : executed;
  const writer = device.writer!;
  setStageTargets(
    writer.targets,
    { role: "off", powerW: 0, reactiveVar: 0, formVoltagePu: 0, formFrequencyHz: 0, ...noPort, leaseUntilMs: 0 },
    heartbeat.value,
  );
  writer.targets[stageCommand.token] = device.fact(stageFact.clockMs);
  holder.sequence = nextSequence(holder.sequence);
  writer.targets[stageCommand.sequence] = holder.sequence;
  const request: WriteRequest = writer.requests[0]!;
  const copy = new Exchange(request.exchange.unit, 16, request.exchange.address, request.exchange.count);
  writer.encode(request);
  request.exchange.frame.copy(copy.frame, copy.dataOffset, request.exchange.dataOffset);
  const outcome = await device.attempt(copy);
  if (!outcome.ok) throw new RegisterError(outcome.error, "the stage's command block");
}

async function verifyHeartbeat(
  stage: StageRegisters,
  device: BridgeDevice,
  holder: SequenceHolder,
  heartbeat: Heartbeat,
  faults: DeviceFault[],
): Promise<void> {
  if (!stage.has(control, "ControllerHb")) {
    faults.push({ fault: "heartbeat-not-watched", detail: "715.ControllerHb is not there" });
    return;
  }
  heartbeat.value = nextSequence(heartbeat.value);
  if (!stage.hasStageModel) {
    await stage.setKept(control, "ControllerHb", heartbeat.value);
    return;
  }
  // The stage shows how long it has been waiting: without an advance the age grows, with one it falls.
  await refresh(device);
  const before = device.fact(stageFact.controllerHeartbeatAgeMs);
  await sleep(watchMs / 4);
  await refresh(device);
  const waiting = device.fact(stageFact.controllerHeartbeatAgeMs);
  await writeZero(stage, device, holder, heartbeat);
  await refresh(device);
  const after = device.fact(stageFact.controllerHeartbeatAgeMs);
  if (!(waiting > before && after < waiting)) {
    faults.push({
      fault: "heartbeat-not-watched",
      detail: `islet_stage.CtlHbAge went ${before}, ${waiting} ms without and ${after} ms after an advance`,
    });
  }
}

const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));
