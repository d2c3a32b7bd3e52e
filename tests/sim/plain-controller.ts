/**
 * A small controller for the simulator's own tests: permit, outage, island by two stages, return, and a cautious export
 * limit. Not the product: just enough to make the plant do everything.
 */

import type { Controller, ControllerBoot } from "../../sim/story/site.ts";
import { type Commands, createCommands } from "../../src/core/commands.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { Role } from "../../src/domain/modes.ts";

type State = "grid" | "opening" | "starting" | "island" | "stopping" | "closing";

export interface PlainOptions {
  readonly formers: number;
  readonly enterDelayMs: number;
  readonly rampMs: number;
  readonly importLimitW: number;
  /** A mistake to make on purpose, so that a test can see the simulator notice. */
  readonly mistake?: "form-while-closed" | "discharge-without-permit" | "ignore-meter" | "close-without-stopping";
}

const defaults: PlainOptions = { formers: 2, enterDelayMs: 300_000, rampMs: 300_000, importLimitW: 750_000 };

export function plainController(options: Partial<PlainOptions> = {}): (boot: ControllerBoot) => Controller {
  const settings = { ...defaults, ...options };
  return (boot) => new PlainController(boot, settings);
}

class PlainController implements Controller {
  readonly #commands: Commands;
  readonly #options: PlainOptions;
  readonly #stored: Map<string, unknown>;
  #state: State = "grid";
  #sinceMs = Number.NaN;
  #goodSinceMs = Number.NaN;
  #outSinceMs = Number.NaN;
  #totalW = 0;
  #first = true;
  #sample = -1;

  constructor(boot: ControllerBoot, options: PlainOptions) {
    this.#commands = createCommands(boot.stageCount, boot.tierCount);
    this.#options = options;
    this.#stored = boot.stored;
  }

  get mode(): string {
    return this.#state;
  }

  step(snapshot: Snapshot, nowMs: number): Commands {
    const commands = this.#commands;
    commands.commandsEnabled = true;
    commands.heartbeatAllowed = true;
    const device = snapshot.transferDevice;
    if (this.#first) {
      this.#first = false;
      this.#sinceMs = nowMs;
      this.#goodSinceMs = nowMs - this.#options.enterDelayMs - this.#options.rampMs;
      commands.closeSequence = (this.#stored.get("sequence") as number | undefined) ?? 0;
    }
    const good =
      device.gridVoltagePu > 0.917 &&
      device.gridVoltagePu < 1.05 &&
      device.gridFrequencyHz > 59.5 &&
      device.gridFrequencyHz < 60.1;
    if (!good) this.#goodSinceMs = Number.NaN;
    else if (Number.isNaN(this.#goodSinceMs)) this.#goodSinceMs = nowMs;
    if (device.gridVoltagePu > 0.1) this.#outSinceMs = Number.NaN;
    else if (Number.isNaN(this.#outSinceMs)) this.#outSinceMs = nowMs;
    this.#next(snapshot, nowMs);
    this.#command(snapshot, nowMs);
    return commands;
  }

  #go(state: State, nowMs: number): void {
    this.#state = state;
    this.#sinceMs = nowMs;
  }

  #next(snapshot: Snapshot, nowMs: number): void {
    const device = snapshot.transferDevice;
    const forMs = nowMs - this.#sinceMs;
    const open = device.contactNo === "open" && device.contactNc === "open";
    const closed = device.contactNo === "closed" && device.contactNc === "closed";
    const backup = snapshot.site.permit.backupNotified;
    if (this.#state === "grid") {
      if (backup && nowMs - this.#outSinceMs > 2_000) this.#go("opening", nowMs);
    } else if (this.#state === "opening") {
      if (open && forMs > 500 && device.busVoltagePu < 0.1) this.#go("starting", nowMs);
    } else if (this.#state === "starting") {
      if (device.busVoltagePu > 0.9) this.#go("island", nowMs);
    } else if (this.#state === "island") {
      if (nowMs - this.#goodSinceMs > 10_000) {
        const rush = this.#options.mistake === "close-without-stopping";
        this.#go(rush ? "closing" : "stopping", nowMs);
        if (rush) this.#nextSequence();
      }
    } else if (this.#state === "stopping") {
      if (device.busVoltagePu < 0.05 && forMs > 500) {
        this.#go("closing", nowMs);
        this.#nextSequence();
      }
    } else if (closed) this.#go("grid", nowMs);
  }

  #nextSequence(): void {
    this.#commands.closeSequence++;
    this.#stored.set("sequence", this.#commands.closeSequence);
  }

  #command(snapshot: Snapshot, nowMs: number): void {
    const commands = this.#commands;
    const { mistake } = this.#options;
    const state = this.#state;
    const rushing = mistake === "close-without-stopping" && state === "closing";
    const forms =
      state === "starting" || state === "island" || rushing || (mistake === "form-while-closed" && state === "opening");
    commands.transferDevice = state === "grid" ? "none" : state === "closing" ? "close" : "open";
    if (mistake === "form-while-closed" && state === "opening") commands.transferDevice = "none";
    const tiersAfterMs = nowMs - this.#sinceMs;
    for (let i = 0; i < commands.tierClosed.length; i++) {
      commands.tierClosed[i] = state === "grid" || (state === "island" && tiersAfterMs > 1_000 * (i + 1));
    }
    if (state === "grid") this.#share(snapshot, nowMs);
    for (let i = 0; i < commands.stages.length; i++) {
      const command = commands.stages[i]!;
      command.leaseUntilMs = nowMs + 500;
      command.formVoltagePu = 1;
      command.formFrequencyHz = 60;
      if (forms && i < this.#options.formers) command.role = "forming";
      else if (state !== "grid" || !snapshot.evses[i]!.connected || !snapshot.stages[i]!.verified) command.role = "off";
      if (command.role === "forming" || command.role === "off") command.powerW = 0;
    }
  }

  /** Requests, cut to what the connection allows by the last sample of the meter. */
  #share(snapshot: Snapshot, nowMs: number): void {
    const { permit } = snapshot.site;
    const { enterDelayMs, rampMs, importLimitW, mistake } = this.#options;
    const parallel = permit.mode.startsWith("parallel") && !permit.revoked;
    const inServiceMs = nowMs - this.#goodSinceMs - enterDelayMs;
    const share = inServiceMs > 0 ? Math.min(1, inServiceMs / rampMs) : 0;
    const meterFresh = nowMs - snapshot.meter.sampleAtMs < 1_000;
    const mayGive = (parallel && meterFresh) || mistake === "discharge-without-permit" || mistake === "ignore-meter";
    if (snapshot.meter.sampleCount !== this.#sample && meterFresh) {
      this.#sample = snapshot.meter.sampleCount;
      let stagesW = 0;
      for (let i = 0; i < snapshot.stages.length; i++) stagesW += snapshot.stages[i]!.powerW || 0;
      const otherW = snapshot.meter.powerW - stagesW;
      const roomW = otherW + permit.exportLimitW - 8_000;
      const wasW = this.#totalW;
      this.#totalW = Math.min(roomW, wasW + 2_000);
    }
    const takesW = Math.max(0, importLimitW - 100_000);
    let requestsW = 0;
    let asksW = 0;
    for (let i = 0; i < snapshot.evses.length; i++) {
      const request = snapshot.evses[i]!.requestedW;
      if (request < 0) requestsW -= request;
      else asksW += request;
    }
    const giveScale =
      mistake === "ignore-meter" || mistake === "discharge-without-permit"
        ? 1
        : requestsW > 0
          ? Math.min(1, Math.max(0, this.#totalW) / requestsW)
          : 0;
    const takeScale = asksW > 0 ? Math.min(1, takesW / asksW) : 0;
    for (let i = 0; i < snapshot.evses.length; i++) {
      const evse = snapshot.evses[i]!;
      const stage = snapshot.stages[i]!;
      const command = this.#commands.stages[i]!;
      const gives = evse.requestedW < 0 && mayGive && evse.socPct > evse.reservePct;
      const mostW = share * 60_000;
      const powerW = gives
        ? -Math.min(-evse.requestedW * giveScale, mostW, stage.maxDischargeW)
        : Math.max(0, evse.requestedW) * takeScale;
      const role: Role = gives ? "discharge" : "charge";
      command.role = role;
      command.powerW = Number.isFinite(powerW) ? Math.min(powerW, stage.maxChargeW) : 0;
    }
  }
}
