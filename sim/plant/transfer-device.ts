/**
 * The transfer device K1: a main contact with a travel that takes time, two auxiliary contacts with lags of their own,
 * voltmeters on both sides and a synchronism-check relay. Open is a standing command; close acts once per sequence number.
 * A contact travel under way finishes before another begins, as a real mechanism does.
 */
import type { Chance } from "./chance.ts";
import type { PlantTransferDevice } from "./devices.ts";
import { wrapDeg } from "./grid.ts";
import { deadPu, type Node } from "./node.ts";
import { sequenceAdvance } from "./stage/stage-commands.ts";

export interface TransferDeviceConfig {
  readonly openTravelMs: number;
  readonly closeTravelMs: number;
  /** Each auxiliary contact follows the main contact within this time, ms. */
  readonly contactLagMs: number;
  /** Synchronism-check relay: windows, and how long they must hold. */
  readonly syncVoltagePu: number;
  readonly syncFrequencyHz: number;
  readonly syncPhaseDeg: number;
  readonly syncHoldMs: number;
  /** The relay (25/27) is wired into the close coil: it closes only onto a dead bus or in synchronism. */
  readonly closeInterlock: boolean;
  /**
   * Listed for closed transition: a timer of its own opens it when a stage still forms so long after it has closed, ms.
   * 0: not listed, no timer.
   */
  readonly handoverMs: number;
  /** Standard deviations of its voltmeters, of its frequency meters and of its angle, pu, Hz, degrees. */
  readonly voltmeterNoisePu: number;
  readonly frequencyNoiseHz: number;
  readonly angleNoiseDeg: number;
}

/** What can be wrong with the device. */
class TransferDeviceFaults {
  welded = false;
  stuckOpen = false;
  /** Multiplies its travel times. */
  slowness = 1;
  contactNo: "open" | "closed" | undefined = undefined;
  contactNc: "open" | "closed" | undefined = undefined;
  /** Both contacts show the last command instead of the position. */
  echo = false;
  gridVoltmeterPu: number | undefined = undefined;
  busVoltmeterPu: number | undefined = undefined;
  syncRelayStuck = false;
  syncRelayDead = false;

  clear(): void {
    this.welded = false;
    this.stuckOpen = false;
    this.slowness = 1;
    this.contactNo = undefined;
    this.contactNc = undefined;
    this.echo = false;
    this.gridVoltmeterPu = undefined;
    this.busVoltmeterPu = undefined;
    this.syncRelayStuck = false;
    this.syncRelayDead = false;
  }
}

export class TransferDevice implements PlantTransferDevice {
  readonly config: TransferDeviceConfig;
  readonly faults = new TransferDeviceFaults();
  /** The truth about the main contact. */
  closed = true;
  operations = 0;
  closeSequence = 0;
  /** Close commands that the interlock in the coil has stopped. */
  closesBlocked = 0;
  /** Times that its own timer has ended a handover which took too long. */
  handoversEnded = 0;
  /** Advances when the main contact closes: the network looks then whether it was allowed. */
  closings = 0;
  /** Both sides were truly within the relay's windows when the contact last began to close: a contact travel under way cannot be stopped. */
  beganInStep = false;

  readonly #gridSide: Node;
  readonly #bus: Node;
  readonly #chance: Chance;
  #nowMs: number;
  #travelTo: "none" | "open" | "closed" = "none";
  #travelEndsMs = Number.POSITIVE_INFINITY;
  #wantsOpen = false;
  #wantsClose = false;
  #noClosed = true;
  #ncClosed = true;
  #noFollowsMs = Number.POSITIVE_INFINITY;
  #ncFollowsMs = Number.POSITIVE_INFINITY;
  #inSyncForMs = 0;
  #formedForMs = 0;
  #noisePu = 0;
  #noiseHz = 0;
  #noiseDeg = 0;

  constructor(config: TransferDeviceConfig, gridSide: Node, bus: Node, chance: Chance, nowMs: number) {
    this.config = config;
    this.#gridSide = gridSide;
    this.#bus = bus;
    this.#chance = chance;
    this.#nowMs = nowMs;
  }

  /** Whether the main contact or an auxiliary one is on its way. */
  get moving(): boolean {
    return (
      this.#travelTo !== "none" ||
      this.#noFollowsMs < Number.POSITIVE_INFINITY ||
      this.#ncFollowsMs < Number.POSITIVE_INFINITY
    );
  }

  /** The main contact is on its way open, by command or by the device's own timer. */
  get opening(): boolean {
    return this.#travelTo === "open";
  }

  /** When something happens next by itself, ms. */
  get nextEventMs(): number {
    return Math.min(this.#travelEndsMs, this.#noFollowsMs, this.#ncFollowsMs);
  }

  get contactNo(): "open" | "closed" {
    if (this.faults.echo) return this.#wantsOpen ? "open" : "closed";
    return this.faults.contactNo ?? (this.#noClosed ? "closed" : "open");
  }

  get contactNc(): "open" | "closed" {
    if (this.faults.echo) return this.#wantsOpen ? "open" : "closed";
    return this.faults.contactNc ?? (this.#ncClosed ? "closed" : "open");
  }

  get gridVoltagePu(): number {
    return this.faults.gridVoltmeterPu ?? seen(this.#gridSide.voltagePu + this.#noisePu);
  }

  get busVoltagePu(): number {
    return this.faults.busVoltmeterPu ?? seen(this.#bus.voltagePu - this.#noisePu);
  }

  get gridFrequencyHz(): number {
    return this.#gridSide.voltagePu < deadPu ? 0 : this.#gridSide.frequencyHz;
  }

  get busFrequencyHz(): number {
    return this.#bus.voltagePu < deadPu ? 0 : this.#bus.frequencyHz + this.#noiseHz;
  }

  get phaseDeg(): number {
    if (this.#gridSide.voltagePu < deadPu || this.#bus.voltagePu < deadPu) return Number.NaN;
    return wrapDeg(this.#bus.phaseDeg - this.#gridSide.phaseDeg + this.#noiseDeg);
  }

  get syncRelay(): boolean {
    if (this.faults.syncRelayDead) return false;
    return this.faults.syncRelayStuck || this.#inSyncForMs >= this.config.syncHoldMs;
  }

  commandOpen(): void {
    this.#wantsOpen = true;
    this.#wantsClose = false;
    this.#beginTravel();
  }

  commandClose(sequence: number): void {
    if (sequenceAdvance(sequence, this.closeSequence) <= 0) return;
    this.closeSequence = sequence;
    this.#wantsOpen = false;
    this.#wantsClose = true;
    this.#beginTravel();
  }

  commandNone(): void {
    this.#wantsOpen = false;
  }

  /** A fault: the mechanism moves by itself. */
  moveByItself(to: "open" | "closed"): void {
    this.beganInStep = false;
    this.#travelTo = to;
    this.#travelEndsMs = this.#nowMs + 1;
  }

  /** How far apart the two sides are: within the relay's windows? */
  get inSynchronism(): boolean {
    const { syncVoltagePu, syncFrequencyHz, syncPhaseDeg } = this.config;
    const grid = this.#gridSide;
    const bus = this.#bus;
    if (grid.voltagePu < 0.5 || bus.voltagePu < 0.5) return false;
    const differencePu = grid.voltagePu - bus.voltagePu;
    const slipHz = grid.frequencyHz - bus.frequencyHz;
    const angleDeg = wrapDeg(bus.phaseDeg - grid.phaseDeg);
    return (
      differencePu <= syncVoltagePu &&
      differencePu >= -syncVoltagePu &&
      slipHz <= syncFrequencyHz &&
      slipHz >= -syncFrequencyHz &&
      angleDeg <= syncPhaseDeg &&
      angleDeg >= -syncPhaseDeg
    );
  }

  step(toMs: number): void {
    const durationMs = toMs - this.#nowMs;
    this.#nowMs = toMs;
    if (!this.closed && this.inSynchronism) this.#inSyncForMs += durationMs;
    else this.#inSyncForMs = this.closed ? this.config.syncHoldMs : 0;
    if (this.config.handoverMs > 0) this.#watchHandover(durationMs);
    if (toMs >= this.#travelEndsMs) this.#endTravel();
    if (toMs >= this.#noFollowsMs) {
      this.#noFollowsMs = Number.POSITIVE_INFINITY;
      this.#noClosed = this.closed;
    }
    if (toMs >= this.#ncFollowsMs) {
      this.#ncFollowsMs = Number.POSITIVE_INFINITY;
      this.#ncClosed = this.closed;
    }
  }

  /** New noise on its voltmeters, about ten times a second. */
  flicker(): void {
    const { voltmeterNoisePu, frequencyNoiseHz, angleNoiseDeg } = this.config;
    this.#noisePu = voltmeterNoisePu * this.#chance.normal();
    if (frequencyNoiseHz > 0) this.#noiseHz = frequencyNoiseHz * this.#chance.normal();
    if (angleNoiseDeg > 0) this.#noiseDeg = angleNoiseDeg * this.#chance.normal();
  }

  /** Two sources share the bus only for the moment of a handover: then the device opens by itself. */
  #watchHandover(durationMs: number): void {
    this.#formedForMs = this.closed && this.#bus.formers > 0 ? this.#formedForMs + durationMs : 0;
    if (this.#formedForMs < this.config.handoverMs || this.#travelTo !== "none" || this.faults.welded) return;
    this.handoversEnded++;
    this.#wantsClose = false;
    this.#travelTo = "open";
    this.#travelEndsMs = this.#nowMs + this.config.openTravelMs * this.faults.slowness;
  }

  #beginTravel(): void {
    if (this.#travelTo !== "none") return;
    const { faults, config } = this;
    if (this.#wantsOpen && this.closed) {
      if (faults.welded) return;
      this.#travelTo = "open";
      this.#travelEndsMs = this.#nowMs + config.openTravelMs * faults.slowness;
    } else if (this.#wantsClose && !this.closed) {
      if (faults.stuckOpen) return;
      if (config.closeInterlock && !(this.#bus.voltagePu < deadPu || this.syncRelay)) {
        this.closesBlocked++;
        this.#wantsClose = false;
        return;
      }
      this.beganInStep = this.inSynchronism;
      this.#travelTo = "closed";
      this.#travelEndsMs = this.#nowMs + config.closeTravelMs * faults.slowness;
      this.#wantsClose = false;
    } else if (this.#wantsClose) this.#wantsClose = false;
  }

  #endTravel(): void {
    const nowClosed = this.#travelTo === "closed";
    this.#travelTo = "none";
    this.#travelEndsMs = Number.POSITIVE_INFINITY;
    if (nowClosed !== this.closed) {
      this.closed = nowClosed;
      this.operations++;
      if (nowClosed) this.closings++;
      const lagMs = this.config.contactLagMs;
      this.#noFollowsMs = this.#nowMs + lagMs * this.#chance.uniform();
      this.#ncFollowsMs = this.#nowMs + lagMs * this.#chance.uniform();
    }
    this.#beginTravel();
  }
}

const seen = (voltagePu: number): number => (voltagePu < 0.005 ? 0 : voltagePu);
