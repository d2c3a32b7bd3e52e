/**
 * One device behind one unit of one link: how it is found and bound, what is known of it, its reader and writer. It comes
 * back by itself after any fault: a lost connection means that its identity is checked again before it is believed.
 */
import { err, ok, type Result } from "../../src/domain/result.ts";
import { type Exchange, readHolding } from "../../src/protocols/modbus/exchange.ts";
import { type Clock, type ModbusLink, whenOpen } from "../../src/protocols/modbus/link.ts";
import { type RegisterReader, type SeenMarker, walkChain } from "../../src/protocols/sunspec/chain.ts";
import type { DeviceKind, DeviceMap } from "../maps/device-map.ts";
import { type BoundDevice, bindSunspec, type Identity, identityOf, readKnownModels } from "../maps/sunspec-binding.ts";
import { type DevicePace, type DeviceSettings, usualPace } from "../settings.ts";
import { DeviceReader } from "./device-reader.ts";
import { DeviceWriter, type WriterOptions } from "./device-writer.ts";
import type { DeviceFault, DeviceFaultName } from "./faults.table.ts";
import { compareIdentity, identityChange } from "./identity.ts";
import { LifeSign } from "./life-sign.ts";
import { findByMap, hasTakeover, release, takeOver, takeoverPrefix } from "./map-device.ts";
import { gapMax, type PlanLimits, type ReadBlock } from "./read-plan.ts";
import { busyMs, isBusy, isRefusedRange, Refusal, RegisterAccess, shorterReads } from "./register-access.ts";
import { ReplyTime } from "./reply-time.ts";

/** A changed scale factor stays in the reports for this long. */
const scaleToldMs = 60_000;
/** Time for a connection before a device counts as unreachable, ms. */
const connectMaxMs = 600;
/** A unit behind a shared link counts as silent after so many replies in a row that stayed away. */
const silentFrom = 3;
/** Longest time that a request waits for its turn behind other devices, ms. */
const turnMaxMs = 2_000;
/** Writes that may wait before one while the device settles after each. */
const settleTurns = 3;
const restFactor = 8;
const restMaxMs = 5_000;
/** Pause between two attempts to find a device, ms. */
const retryMs = 3_000;

const noIdentity: Identity = { manufacturer: "", model: "", version: "", serialNumber: "" };

/** How far a device is: not found, being found, being checked, or under a map that is in force. */
export type DeviceState = "unbound" | "binding" | "checking" | "bound";

/** One device: its connection, the map in force, its reader and writer, and what went wrong with it. */
export class BridgeDevice {
  readonly kind: DeviceKind;
  readonly settings: DeviceSettings;
  readonly link: ModbusLink;
  readonly pace: DevicePace;
  readonly access: RegisterAccess;
  readonly readTime = new ReplyTime("read");
  readonly writeTime = new ReplyTime("write");
  /** How its reads are cut; found out where the settings say too much. */
  #limits: PlanLimits;
  readonly #apart = new Set<number>();
  readonly #clock: Clock;
  readonly #writerOptions: WriterOptions;
  readonly #reactiveByController: boolean;

  state: DeviceState = "unbound";
  bound: BoundDevice | undefined;
  reader: DeviceReader | undefined;
  writer: DeviceWriter | undefined;
  /** While it is being verified or configured the cycle writes nothing to it. */
  held = false;
  /** Faults of discovery and verification; what happens in the cycle is in `cycleFault`. */
  faults: DeviceFault[] = [];
  /** Last thing that went wrong in a cycle, null after a good one. */
  cycleFault: DeviceFaultName | null = "unreachable";
  reads = 0;
  failedReads = 0;
  writes = 0;
  failedWrites = 0;
  /** Writes that the device refused with an exception. */
  refusedWrites = 0;
  /** The device's own sign of life; without a map in force there is none. */
  life: LifeSign | undefined;
  readonly madeMs: number;
  /** Arrival of the last read that was taken, ms; -Infinity before the first. */
  readAtMs = Number.NEGATIVE_INFINITY;
  /** Writes refused with an exception in a row, since when, the last one's code and register. */
  refusedInRow = 0;
  refusedSinceMs = Number.NEGATIVE_INFINITY;
  refusedCode = 0;
  refusedAddress = 0;
  /** Arrival of the last reply of any kind, ms; -Infinity before the first. */
  answersAtMs = Number.NEGATIVE_INFINITY;
  /** How often each fault has happened, by its name. */
  readonly errors: Record<string, number> = {};
  /** Exception code and register of the last refusal, for people. */
  exceptionCode = 0;
  exceptionAddress = 0;
  /** Other units are spoken to over the same link. */
  sharesLink = false;
  #timeouts = 0;
  #busy = 0;

  /** Settings that the map wants at take-over have not been written since the device was found or found again. */
  takeoverOwed = false;
  #takingOver = false;
  /** Re-read of model 1 after a reconnection. */
  identityCheck: Exchange | undefined;
  /** Reconnections of the link that have been checked. */
  #checkedReconnects = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Where its SunSpec map begins. */
  readonly #marker: SeenMarker = {};
  /** Changes of scale factors that were seen when a report was last made, and until when the last one is told. */
  #scaleChanges = 0;
  #scaleToldUntilMs = Number.NEGATIVE_INFINITY;
  /** Called when a map is in force: the cycle hooks its exchanges here. */
  onBound: (device: BridgeDevice) => void = () => {};
  /** Called when its reads were cut anew: the cycle hooks them here. */
  onReplanned: () => void = () => {};

  constructor(
    kind: DeviceKind,
    settings: DeviceSettings,
    link: ModbusLink,
    clock: Clock,
    writerOptions: WriterOptions,
    reactiveByController: boolean | undefined,
  ) {
    this.kind = kind;
    this.settings = settings;
    this.link = link;
    this.pace = { ...usualPace, ...settings.pace };
    this.#limits = planLimits(this.pace);
    this.access = new RegisterAccess(link, settings.unit, this.pace, clock, settings.map?.settleMs);
    this.#clock = clock;
    this.madeMs = clock();
    this.#writerOptions = writerOptions;
    this.#reactiveByController = reactiveByController ?? false;
  }

  get map(): DeviceMap | undefined {
    return this.bound?.map;
  }

  /** Whether a scale factor changed lately. */
  scaleChangedLately(nowMs: number): boolean {
    const decoder = this.reader?.decoder;
    if (decoder === undefined) return false;
    if (decoder.scaleChanges !== this.#scaleChanges) {
      this.#scaleChanges = decoder.scaleChanges;
      this.#scaleToldUntilMs = nowMs + scaleToldMs;
    }
    return nowMs <= this.#scaleToldUntilMs;
  }

  /** A scale factor that changed lately, or none; to be asked whenever a report is made. */
  scaleFaults(): readonly DeviceFault[] {
    const decoder = this.reader?.decoder;
    const change = decoder?.lastScaleChange;
    if (decoder === undefined || change === undefined || !this.scaleChangedLately(this.#clock())) return [];
    const { name, address, before, after } = change;
    const now = Number.isNaN(after) ? "nothing usable" : `${after}`;
    const times = decoder.scaleChanges === 1 ? "once" : `${decoder.scaleChanges} times`;
    const detail = `${name}, register ${address}: from ${before} to ${now}; changed ${times}`;
    return [{ fault: "scale-changed", detail }];
  }

  /** A fact by its index in `factNames`; NaN until it is known. */
  fact(index: number): number {
    return this.reader === undefined ? Number.NaN : this.reader.values[index]!;
  }

  /** Reads registers with retries, for discovery and verification. */
  get readRegisters(): RegisterReader {
    return this.access.read;
  }

  /** One request outside the cycle, with retries. What writes goes to nobody but the device that was found. */
  attempt(exchange: Exchange): Promise<Result<Exchange, DeviceFaultName>> {
    return this.access.attempt(exchange, exchange.isWrite ? this.#isOther : undefined);
  }

  /** Whether another device may answer than the one that was found: over a new connection its identity is read again. */
  readonly #isOther = async (): Promise<DeviceFaultName | null> => {
    if (this.isLost()) return this.faults[0]?.fault ?? "unreachable";
    if (this.state === "binding" || !this.needsIdentityCheck) return null;
    const { identityCheck } = this;
    if (identityCheck === undefined) return this.identityChecked() ? null : "identity-differs";
    const own = readHolding(identityCheck.unit, identityCheck.address, identityCheck.count);
    const outcome = await this.access.attempt(own);
    if (!outcome.ok) return outcome.error;
    return this.identityChecked(own.reply) ? null : (this.faults[0]?.fault ?? "identity-differs");
  };

  /** Found once, and no longer: nothing is written until it is found again. */
  isLost(): boolean {
    return this.state === "unbound" && this.bound !== undefined;
  }

  /** Starts one request of the cycle at the device's own pace: its reply may come cycles later. */
  start(exchange: Exchange): void {
    const time = exchange.isWrite ? this.writeTime : this.readTime;
    exchange.anyUnit = this.pace.anyUnitInReply;
    const settleMs = exchange.isWrite ? (this.settings.map?.settleMs ?? 0) : 0;
    this.link.start(
      exchange,
      this.#clock() + turnMaxMs + settleTurns * settleMs,
      time.timeoutMs(this.pace.replyTimeoutMs),
    );
  }

  /** Bookkeeping of one request of the cycle: what it took, what went wrong, when the device is spoken to again. */
  finished(exchange: Exchange): void {
    const { fault, finishedMs } = exchange;
    const time = exchange.isWrite ? this.writeTime : this.readTime;
    if (fault === null || fault === "exception") {
      time.took(finishedMs - exchange.sentMs);
      this.answersAtMs = finishedMs;
      this.#timeouts = 0;
    }
    if (fault === null) {
      this.#busy = 0;
      if (exchange.isWrite) this.refusedInRow = 0;
      return;
    }
    this.errors[fault] = (this.errors[fault] ?? 0) + 1;
    if (fault === "exception") {
      this.exceptionCode = exchange.exceptionCode;
      this.exceptionAddress = exchange.address;
      if (exchange.isWrite) {
        if (this.refusedInRow === 0) this.refusedSinceMs = finishedMs;
        this.refusedInRow += 1;
        this.refusedCode = exchange.exceptionCode;
        this.refusedAddress = exchange.address;
      }
      if (!isBusy(exchange.exceptionCode, this.pace)) return;
      this.link.rest(this.settings.unit, finishedMs + busyMs(this.#busy));
      this.#busy += 1;
    } else if (fault === "timeout" || fault === "write-timeout") {
      time.missed();
      this.#timeouts += 1;
      // A silent unit must not take the line from the others: it is asked again after a multiple of what the try has cost.
      if (!this.sharesLink || this.#timeouts < silentFrom) return;
      const restMs = Math.min(restMaxMs, restFactor * (finishedMs - exchange.sentMs));
      this.link.rest(this.settings.unit, finishedMs + restMs);
    }
  }

  /** Something went wrong in a cycle. A request that did not get its turn says nothing new about a device that is silent. */
  cycleFailed(fault: DeviceFaultName): void {
    if (fault !== "not-sent" || this.cycleFault === null) this.cycleFault = fault;
  }

  /** Finds the device and binds its map. Never throws; `faults` says what is wrong. */
  async bind(): Promise<boolean> {
    if (this.state === "binding" || this.state === "bound") return this.state === "bound";
    this.state = "binding";
    const outcome = await this.#find();
    if (!outcome.ok) {
      this.faults = [outcome.error];
      this.cycleFault = outcome.error.fault;
      this.state = "unbound";
      this.#retryAtMs = this.#clock() + retryMs;
      return false;
    }
    this.faults = [];
    this.bound = outcome.value;
    const { unit } = this.settings;
    const { registersMax } = this.access;
    this.#limits = { ...this.#limits, registersMax: Math.min(registersMax, this.#limits.registersMax) };
    this.reader = new DeviceReader(outcome.value.map, unit, this.#limits);
    this.#scaleChanges = 0;
    this.life = new LifeSign(outcome.value.map, this.settings.asVoltmeter);
    this.readAtMs = this.#clock();
    this.refusedInRow = 0;
    this.writer = new DeviceWriter(outcome.value.map, unit, this.#writerOptions, this.reader.decoder);
    const common = outcome.value.images.get(1);
    this.identityCheck = common === undefined ? undefined : readHolding(unit, common.address, common.layout.length + 2);
    this.#checkedReconnects = this.link.counters.reconnects;
    this.state = "bound";
    this.takeoverOwed = hasTakeover(outcome.value.map);
    this.onBound(this);
    return true;
  }

  /** Writes the map's settings in their order and reads them back; commands wait until all are in force. Never throws. */
  async takeOver(): Promise<void> {
    const { map } = this;
    if (this.#takingOver || map === undefined || this.#clock() < this.#retryAtMs) return;
    this.#takingOver = true;
    const fault = await takeOver(this, map);
    this.#takingOver = false;
    this.takeoverOwed = fault !== null;
    this.faults = this.faults.filter(({ detail }) => !detail.startsWith(takeoverPrefix));
    if (fault === null) return;
    this.faults = [...this.faults, fault];
    this.cycleFault = fault.fault;
    this.#retryAtMs = this.#clock() + retryMs;
  }

  /** Writes what the map wants written when the device is given back; what fails is left to the device's own watchdog. */
  async giveBack(): Promise<void> {
    if (this.state === "bound" && this.map !== undefined) await release(this, this.map);
  }

  /** In the cycle: tries to bind in the background when that is due. */
  bindWhenDue(nowMs: number): void {
    if (this.state !== "unbound" || nowMs < this.#retryAtMs) return;
    this.link.open();
    if (this.link.state === "open") void this.bind();
  }

  /** Whether the link was reopened since this device was last identified. */
  get needsIdentityCheck(): boolean {
    return this.#checkedReconnects !== this.link.counters.reconnects;
  }

  /** Takes an answer to `identityCheck`: the same registers as at the scan, or the device is bound anew. */
  identityChecked(reply = this.identityCheck?.reply): boolean {
    const common = this.bound?.images.get(1);
    const change = common && reply && identityChange(common, reply);
    if (change !== undefined) {
      this.unbind(change);
      return false;
    }
    this.#checkedReconnects = this.link.counters.reconnects;
    this.state = "bound";
    // What was written before the connection was lost may not have arrived, and the device may have restarted.
    this.writer?.forget();
    this.takeoverOwed = this.map !== undefined && hasTakeover(this.map);
    return true;
  }

  /**
   * A read was refused because of its registers: from now on the device is read without the registers in between, then in
   * shorter pieces; a value that is refused alone is read apart from the others. False when nothing is left to try.
   */
  tighten(block: ReadBlock): boolean {
    const { reader } = this;
    const code = block.exchange.exceptionCode;
    if (reader === undefined || !isRefusedRange(code) || isBusy(code, this.pace)) return false;
    const { count, address, exceptionCode } = block.exchange;
    const { registersMax, gapMax } = this.#limits;
    const shorter = shorterReads.find((one) => one < Math.min(count, registersMax));
    if (gapMax > 0 && exceptionCode === Refusal.address) this.#limits = { ...this.#limits, gapMax: 0 };
    else if (block.parts.length > 1 && shorter !== undefined) {
      this.#limits = { ...this.#limits, registersMax: shorter };
    } else if (!this.#apart.has(address)) {
      this.#apart.add(address);
      this.#limits = { ...planLimits(this.pace), apart: this.#apart };
    } else {
      block.refused = true;
      reader.decoder.forget(block.parts);
      return false;
    }
    reader.plan(this.#limits);
    this.onReplanned();
    return true;
  }

  unbind(fault: DeviceFault): void {
    this.state = "unbound";
    this.faults = [fault];
    this.cycleFault = fault.fault;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
  }

  async #find(): Promise<Result<BoundDevice, DeviceFault>> {
    const { map, expected } = this.settings;
    if (!(await whenOpen(this.link, this.#clock() + connectMaxMs, this.#clock))) {
      return err({ fault: "unreachable", detail: this.link.name });
    }
    if (map !== undefined) {
      const found = await findByMap(this, map);
      if (!found.ok) return found;
      const identity = { ...noIdentity, ...definedOf(expected), ...found.value };
      const difference = compareIdentity(identity, expected ?? {});
      return difference === undefined ? ok({ identity, images: new Map(), map }) : err(difference);
    }
    const chain = await walkChain(this.readRegisters, this.#marker);
    // A device that has never answered anything has no chain that could be broken.
    const { answersAtMs, unanswered } = this.access;
    if (!chain.ok && unanswered !== null && answersAtMs === Number.NEGATIVE_INFINITY)
      return err({ fault: unanswered, detail: "no SunSpec at any of the usual addresses, nor anything else" });
    if (!chain.ok) return chain;
    const images = await readKnownModels(this.readRegisters, chain.value, this.kind);
    if (!images.ok) return images;
    const identity = identityOf(images.value);
    const difference = compareIdentity(identity, expected ?? {});
    if (difference !== undefined) return err(difference);
    const bound = bindSunspec(this.kind, images.value, { reactiveByController: this.#reactiveByController });
    return bound.ok ? ok({ identity, images: images.value, map: bound.value }) : bound;
  }
}

const planLimits = ({ maxRegisters, mergeGaps }: DevicePace): PlanLimits => ({
  registersMax: maxRegisters,
  gapMax: mergeGaps ? gapMax : 0,
});

const definedOf = (expected: Partial<Identity> = {}): Partial<Identity> =>
  Object.fromEntries(Object.entries(expected).filter(([, text]) => text !== undefined));
