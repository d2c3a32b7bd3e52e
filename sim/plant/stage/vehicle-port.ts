/**
 * The side of a power stage that the vehicle sees, where a session drives it: control pilot, insulation test, precharge,
 * contactors. It follows the orders of the controller and keeps its own rules: contactors close only onto a battery at the
 * output's voltage, after a valid test, with the pilot in C or D, and open by themselves when the pilot leaves or orders cease.
 */
import type { PlantPort, PlantPortOrder, PlantPortPhase } from "../devices.ts";
import type { Vehicle } from "../vehicle.ts";

export interface PortConfig {
  /** Voltage of an AC outlet, which is neither tested nor precharged; 0 for DC. */
  readonly acV: number;
  readonly minV: number;
  readonly maxV: number;
  readonly maxA: number;
  /** How long the insulation test takes, ms. */
  readonly testMs: number;
  /** From the order to closed contactors, ms. */
  readonly closeMs: number;
  /** Orders are renewed at least this often, or it stops, ms. */
  readonly silentMs: number;
}

export const usualPort: PortConfig = {
  acV: 0,
  minV: 150,
  maxV: 1_000,
  maxA: 250,
  testMs: 800,
  closeMs: 120,
  silentMs: 5_000,
};

/** The charger is not available: −12 V all the time. */
const stateFPct = 0;
/** An outlet for trucks. */
export const mcsPort: PortConfig = { ...usualPort, maxV: 1_250, maxA: 3_000 };

/** A duty cycle below this says: speak with the charger, %. */
const sessionBelowPct = 10;
/** Voltage of the insulation test, and how fast the output follows, V per ms; it is dead below the last, V. */
const testV = 500;
const riseVPerMs = 1.5;
/** The output is at the battery's voltage within this, V. */
const withinV = 20;
/** The pilot has left C and D: open after this, ms. */
const pilotMs = 50;
/** Contactors take so long to open, ms; above this current they are not made to, A. */
const openMs = 15;
const openBelowA = 5;

export class VehiclePort implements PlantPort {
  readonly config: PortConfig;
  readonly #vehicle: Vehicle;
  phase: PlantPortPhase = "idle";
  insulation: PlantPort["insulation"] = "unknown";
  closed = false;
  emergency = false;
  voltageV = 0;
  /** Faults: the test never passes; contactors that do not open; contactors that do not close. */
  leaks = false;
  welded = false;
  refusesToClose = false;
  /** Energy orders that it had to refuse. */
  refused = 0;
  /** Times that a duty cycle for sessions has begun (B1 → B2), and that the pilot has left F: what vehicles wake up from. */
  dutyBegins = 0;
  statesF = 0;
  /** Openings, and those while a current flowed that contactors are not made for. */
  openings = 0;
  openedUnderLoad = 0;
  /** Current at the outlet, a magnitude, A: the stage's own. */
  loadA = (): number => 0;
  #chargeA = 0;
  #dischargeA = 0;
  #wantedV = 0;
  #dutyPct = 100;
  #sinceMs = 0;
  #orderedAtMs = Number.NEGATIVE_INFINITY;
  #leftAtMs = Number.NaN;
  #openAtMs = Number.NaN;
  #nowMs = 0;
  #saidChargeW = 0;
  #saidDischargeW = 0;

  constructor(config: PortConfig, vehicle: Vehicle) {
    this.config = config;
    this.#vehicle = vehicle;
  }

  get pilot(): PlantPort["pilot"] {
    const vehicle = this.#vehicle;
    if (this.#dutyPct === stateFPct) return "F";
    if (!vehicle.connected) return "A";
    if (vehicle.pilot !== "") return vehicle.pilot;
    // A vehicle without a mind of its own does what the session asks for; on AC it asks first.
    if (this.config.acV > 0) return this.#dutyPct < sessionBelowPct ? "C" : "B";
    const wants = this.phase === "cableCheck" || this.phase === "precharge" || this.phase === "energy";
    return wants ? "C" : "B";
  }
  get ready(): boolean {
    return this.phase === "energy" && !this.emergency;
  }
  get minV(): number {
    return this.config.minV;
  }
  get maxV(): number {
    return this.config.maxV;
  }
  get maxA(): number {
    return this.config.maxA;
  }
  get dutyPct(): number {
    return this.#dutyPct;
  }
  /** What may flow into and out of the vehicle now, W at its side. */
  get chargeCapW(): number {
    return this.closed && this.phase === "energy" && !this.emergency ? this.#chargeA * this.voltageV : 0;
  }
  get dischargeCapW(): number {
    return this.closed && this.phase === "energy" && !this.emergency ? this.#dischargeA * this.voltageV : 0;
  }
  /** The battery's voltage: its own, or what the vehicle has asked the output to be brought to. */
  get #batteryV(): number {
    if (this.config.acV > 0) return this.config.acV;
    return this.#vehicle.voltageV > 0 ? this.#vehicle.voltageV : this.#wantedV;
  }

  order({ phase, voltageV, chargeA, dischargeA, dutyPct }: PlantPortOrder): boolean {
    const { maxV, maxA } = this.config;
    const sane = voltageV >= 0 && voltageV <= maxV && chargeA >= 0 && chargeA <= maxA && dischargeA >= 0;
    const isEnergy = phase === "energy";
    const isTested = this.insulation === "valid" || this.config.acV > 0;
    const allowed = isTested && (this.pilot === "C" || this.pilot === "D");
    if (!sane || dischargeA > maxA || (isEnergy && this.phase !== "energy" && !allowed)) {
      this.refused++;
      return false;
    }
    this.#orderedAtMs = this.#nowMs;
    if (dutyPct < sessionBelowPct && dutyPct > 0 && !(this.#dutyPct < sessionBelowPct)) this.dutyBegins++;
    if (this.#dutyPct === stateFPct && dutyPct !== stateFPct) this.statesF++;
    this.#dutyPct = dutyPct;
    this.#chargeA = chargeA;
    this.#dischargeA = dischargeA;
    if (voltageV > 0) this.#wantedV = voltageV;
    if (phase !== this.phase) this.#enter(phase);
    return true;
  }

  #enter(phase: PlantPortPhase): void {
    this.phase = phase;
    this.#sinceMs = this.#nowMs;
    if (phase === "cableCheck") this.insulation = "testing";
    if (phase === "idle") this.insulation = "unknown";
    if (phase === "idle" || phase === "stopped" || phase === "cableCheck") this.#open();
  }

  /** The output is blocked first, by the phase that is none of energy; contactors follow. */
  #open(): void {
    if (this.closed && Number.isNaN(this.#openAtMs)) this.#openAtMs = this.#nowMs + openMs;
  }

  #followContactors(isBlocked: boolean, nowMs: number): void {
    if (this.phase === "energy") this.#openAtMs = Number.NaN;
    if (!this.closed || this.welded || !(nowMs >= this.#openAtMs) || !isBlocked) return;
    this.openings++;
    if (this.loadA() > openBelowA) this.openedUnderLoad++;
    this.closed = false;
    this.#openAtMs = Number.NaN;
  }

  /** Returns whether what may flow has changed since the last step. */
  step(fromMs: number, toMs: number): boolean {
    this.#nowMs = toMs;
    const durationMs = toMs - fromMs;
    if (this.phase !== "idle" && toMs - this.#orderedAtMs > this.config.silentMs) this.#enter("idle");
    if (!this.#vehicle.connected && this.phase !== "idle") this.#enter("idle");
    this.#watchPilot(toMs);
    this.#followContactors(this.#saidChargeW === 0 && this.#saidDischargeW === 0, toMs);
    this.#work(durationMs, toMs);
    const { chargeCapW, dischargeCapW } = this;
    const isNew = chargeCapW !== this.#saidChargeW || dischargeCapW !== this.#saidDischargeW;
    this.#saidChargeW = chargeCapW;
    this.#saidDischargeW = dischargeCapW;
    return isNew;
  }

  #watchPilot(nowMs: number): void {
    const isIn = this.pilot === "C" || this.pilot === "D";
    if (this.phase !== "energy" || isIn) {
      this.#leftAtMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#leftAtMs)) this.#leftAtMs = nowMs;
    if (nowMs - this.#leftAtMs >= pilotMs) this.#enter("stopped");
  }

  #work(durationMs: number, nowMs: number): void {
    switch (this.phase) {
      case "idle":
      case "stopped":
        this.#towards(this.closed ? this.#batteryV : 0, durationMs);
        return;
      case "cableCheck":
        if (this.insulation === "testing" && nowMs - this.#sinceMs >= this.config.testMs)
          this.insulation = this.leaks ? "fault" : "valid";
        this.#towards(this.insulation === "testing" ? testV : 0, durationMs);
        return;
      case "precharge":
        this.#towards(this.#wantedV, durationMs);
        return;
      case "energy":
        if (this.closed) this.voltageV = this.#batteryV;
        else this.#towards(this.#wantedV, durationMs);
        if (!this.closed && nowMs - this.#sinceMs >= this.config.closeMs && !this.refusesToClose) {
          if (this.config.acV > 0 || Math.abs(this.voltageV - this.#batteryV) <= withinV) this.closed = true;
        }
    }
  }

  #towards(targetV: number, durationMs: number): void {
    const mostV = riseVPerMs * durationMs;
    const gapV = targetV - this.voltageV;
    this.voltageV = Math.abs(gapV) <= mostV ? targetV : this.voltageV + Math.sign(gapV) * mostV;
  }
}
