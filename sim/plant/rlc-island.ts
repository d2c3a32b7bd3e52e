/**
 * One power stage on a parallel RLC load behind a breaker: the test circuit for unintentional islands (IEEE 1547-2018 8.1),
 * at a quarter of a millisecond. The stage is a current source behind a phase-locked loop; its firmware has its own voltage
 * and frequency trips and an active method, Sandia frequency shift, that can be switched off so that a controller's backup
 * can be tested alone. Everything is per unit of the stage's rating and nominal voltage, positive sequence only.
 *
 * Load and source: v across C, R, L in parallel, currents of stage and other inverters into the node. With the breaker
 * closed the grid holds v, so that neither load nor stage move it. Commands and reports travel with dead times; reports are
 * means over one cycle, as meters give them.
 */

export interface RlcIslandOptions {
  readonly nominalFrequencyHz: number;
  /** Quality factor R √(C/L) of the load. */
  readonly qualityFactor: number;
  /** Active power of the stage, and its share of all power generated into the island. */
  readonly powerPu: number;
  readonly share: number;
  /** Load power beyond the generated power, of the generated power; and inductive beyond capacitive power, likewise. */
  readonly activeMismatch: number;
  readonly reactiveMismatch: number;
  /** Time constant with which the stage follows reactive power, seconds. */
  readonly reactiveLagS: number;
  /** From the controller's write until the stage acts, and from the stage's measurement until the controller reads it. */
  readonly commandDeadS: number;
  readonly reportDeadS: number;
  /** Sandia frequency shift: phase of the current per deviation of frequency, (π/2) of this, 1/Hz; 0 is off. */
  readonly frequencyShiftPerHz: number;
  /** Constant part of the shift, a fraction of a quarter turn. */
  readonly frequencyShiftOffset: number;
  /** The stage's own trips. */
  readonly stageTrips: StageTrips;
}

/** Firmware trips: windows with one clearing time for both sides each. Widened for tests of a method alone. */
export interface StageTrips {
  readonly voltageMaxPu: number;
  readonly frequencyMinHz: number;
  readonly frequencyMaxHz: number;
  readonly clearingS: number;
}

/** What the active method's own detection uses: outside these and for this long, the firmware stops. */
const shiftWindow = { belowHz: 3.1, aboveHz: 1.9, heldS: 0.08 } as const;

const rlcIslandDefaults: RlcIslandOptions = {
  nominalFrequencyHz: 60,
  qualityFactor: 1,
  powerPu: 1,
  share: 1,
  activeMismatch: 0,
  reactiveMismatch: 0,
  reactiveLagS: 0.02,
  commandDeadS: 0.01,
  reportDeadS: 0.005,
  frequencyShiftPerHz: 0,
  frequencyShiftOffset: 0.01,
  stageTrips: { voltageMaxPu: 1.2, frequencyMinHz: 56.5, frequencyMaxHz: 62, clearingS: 0.16 },
};

/** Gain of the shift in the simulated firmware, 1/Hz: typical are 0.01 to 0.1; 4 Qf / (π f0) = 0.021 has no blind zone. */
export const firmwareShiftPerHz = 0.08;

/** Integration step, seconds. */
export const rlcStepS = 0.000_25;

/** Phase-locked loop: natural frequency and damping, typical of a stage that rides through phase jumps. */
const loopNaturalRadS = 2 * Math.PI * 8;
const loopDamping = 0.9;
const currentLagS = 0.002;
const voltageFilterS = 0.005;
const activeLagS = 0.02;
const currentMaxPu = 1.2;
/** A dead node still lets the firmware divide, pu. */
const voltageFloorPu = 0.1;
/** Commands and reports on their way, at most. */
const delayStepsMax = 4_000;

/** A value that arrives a fixed number of steps later. */
class DeadTime {
  readonly #values: Float64Array;
  #index = 0;

  constructor(delayS: number, value: number) {
    const steps = Math.min(delayStepsMax, Math.max(0, Math.round(delayS / rlcStepS)));
    this.#values = new Float64Array(steps + 1).fill(value);
  }

  step(value: number): number {
    this.#values[this.#index] = value;
    this.#index = (this.#index + 1) % this.#values.length;
    return this.#values[this.#index]!;
  }
}

export class RlcIsland {
  readonly #options: RlcIslandOptions;
  readonly #omega: number;
  readonly #inductive: number;
  readonly #circuit: CircuitStep;
  // node voltage, inductor current, stage current: real and imaginary parts in a frame that stands still
  #vRe = 1;
  #vIm = 0;
  #lRe = 0;
  #lIm: number;
  #iRe: number;
  #iIm = 0;
  #gridAngle = 0;
  #loopAngle = 0;
  #loopIntegral = 0;
  #loopHz: number;
  #vFiltered = 1;
  #activePu: number;
  #reactivePu = 0;
  #commandedPu: number;
  #commandedVarPu = 0;
  readonly #activeDead: DeadTime;
  readonly #reactiveDead: DeadTime;
  readonly #ceaseDead: DeadTime;
  readonly #voltageReport: DeadTime;
  readonly #frequencyReport: DeadTime;
  #cycleS = 0;
  #cycleVoltage = 0;
  #cycleAngle = 0;
  #measuredPu = 1;
  #measuredHz: number;
  #abnormalS = 0;
  #shiftedS = 0;
  #ceaseCommanded = false;

  /** The grid, while the breaker is closed. */
  gridVoltagePu = 1;
  gridFrequencyHz: number;
  breakerClosed = true;
  /** What the controller reads. */
  voltagePu = 1;
  frequencyHz: number;
  /** The stage injects no more, and why. */
  ceased = false;
  ceasedBy: "" | "controller" | "stage-trip" | "stage-method" = "";
  timeS = 0;
  /** Largest magnitude of the phase angle that the active method has added, radians. */
  shiftRad = 0;

  constructor(options: Partial<RlcIslandOptions> = {}) {
    this.#options = { ...rlcIslandDefaults, ...options };
    const { nominalFrequencyHz, powerPu, share, qualityFactor, activeMismatch, reactiveMismatch } = this.#options;
    const generatedPu = powerPu / share;
    const loadPu = generatedPu * (1 + activeMismatch);
    this.#omega = 2 * Math.PI * nominalFrequencyHz;
    const capacitive = qualityFactor * loadPu;
    this.#inductive = capacitive + reactiveMismatch * generatedPu;
    this.#circuit = solveCircuit(this.#omega, loadPu, capacitive, this.#inductive);
    this.#lIm = -this.#inductive;
    this.#iRe = powerPu;
    this.#activePu = this.#commandedPu = powerPu;
    this.#loopHz = this.#measuredHz = this.frequencyHz = this.gridFrequencyHz = nominalFrequencyHz;
    this.#activeDead = new DeadTime(this.#options.commandDeadS, powerPu);
    this.#reactiveDead = new DeadTime(this.#options.commandDeadS, 0);
    this.#ceaseDead = new DeadTime(this.#options.commandDeadS, 0);
    this.#voltageReport = new DeadTime(this.#options.reportDeadS, 1);
    this.#frequencyReport = new DeadTime(this.#options.reportDeadS, nominalFrequencyHz);
  }

  /** The controller's setpoint: injected active and reactive power, pu. */
  command(injectedPu: number, injectedVarPu: number): void {
    this.#commandedPu = injectedPu;
    this.#commandedVarPu = injectedVarPu;
  }

  /** The controller's order to cease to energize. */
  commandCease(): void {
    this.#ceaseCommanded = true;
  }

  /** Turns the grid's phase at once, degrees. */
  jumpPhase(degrees: number): void {
    this.#gridAngle += (degrees * Math.PI) / 180;
  }

  get isEnergized(): boolean {
    return Math.hypot(this.#vRe, this.#vIm) >= 0.05;
  }

  /** One integration step of `rlcStepS`. */
  step(): void {
    this.timeS += rlcStepS;
    this.#followVoltage();
    this.#measure();
    this.#protect();
    this.#injectCurrent();
    this.#solveNode();
    this.voltagePu = this.#voltageReport.step(this.#measuredPu);
    this.frequencyHz = this.#frequencyReport.step(this.#measuredHz);
  }

  #followVoltage(): void {
    const cos = Math.cos(this.#loopAngle);
    const sin = Math.sin(this.#loopAngle);
    const magnitude = Math.hypot(this.#vRe, this.#vIm);
    const error = (this.#vIm * cos - this.#vRe * sin) / Math.max(magnitude, voltageFloorPu);
    this.#loopIntegral += loopNaturalRadS * loopNaturalRadS * error * rlcStepS;
    const omega = this.#omega + this.#loopIntegral + 2 * loopDamping * loopNaturalRadS * error;
    this.#loopAngle = wrap(this.#loopAngle + omega * rlcStepS);
    this.#loopHz = omega / (2 * Math.PI);
    this.#vFiltered += (magnitude - this.#vFiltered) * (rlcStepS / voltageFilterS);
  }

  /** Means over one cycle of the loop's angle and of the voltage. */
  #measure(): void {
    this.#cycleS += rlcStepS;
    this.#cycleVoltage += Math.hypot(this.#vRe, this.#vIm) * rlcStepS;
    this.#cycleAngle += this.#loopHz * rlcStepS;
    if (this.#cycleS < 1 / this.#options.nominalFrequencyHz) return;
    this.#measuredPu = this.#cycleVoltage / this.#cycleS;
    this.#measuredHz = this.#cycleAngle / this.#cycleS;
    this.#cycleS = this.#cycleVoltage = this.#cycleAngle = 0;
  }

  /** The firmware's own trips and the detection of its active method. */
  #protect(): void {
    if (this.ceased) return;
    const { stageTrips, frequencyShiftPerHz, nominalFrequencyHz } = this.#options;
    const deviationHz = this.#measuredHz - nominalFrequencyHz;
    const abnormal =
      this.#measuredPu > stageTrips.voltageMaxPu ||
      this.#measuredHz > stageTrips.frequencyMaxHz ||
      this.#measuredHz < stageTrips.frequencyMinHz;
    this.#abnormalS = abnormal ? this.#abnormalS + rlcStepS : 0;
    const shifted = deviationHz > shiftWindow.aboveHz || -deviationHz > shiftWindow.belowHz;
    this.#shiftedS = shifted ? this.#shiftedS + rlcStepS : 0;
    if (this.#ceaseDead.step(this.#ceaseCommanded ? 1 : 0) > 0) this.#cease("controller");
    else if (this.#abnormalS >= stageTrips.clearingS) this.#cease("stage-trip");
    else if (frequencyShiftPerHz > 0 && this.#shiftedS >= shiftWindow.heldS) this.#cease("stage-method");
  }

  #cease(by: typeof this.ceasedBy): void {
    this.ceased = true;
    this.ceasedBy = by;
  }

  #injectCurrent(): void {
    const { reactiveLagS, frequencyShiftPerHz, frequencyShiftOffset, nominalFrequencyHz } = this.#options;
    const wantedPu = this.#activeDead.step(this.#commandedPu);
    const wantedVarPu = this.#reactiveDead.step(this.#commandedVarPu);
    this.#activePu += (wantedPu - this.#activePu) * Math.min(1, rlcStepS / activeLagS);
    this.#reactivePu += (wantedVarPu - this.#reactivePu) * Math.min(1, rlcStepS / reactiveLagS);
    const voltage = Math.max(this.#vFiltered, voltageFloorPu);
    const deviationHz = this.#measuredHz - nominalFrequencyHz;
    const chopping = frequencyShiftPerHz > 0 ? frequencyShiftOffset + frequencyShiftPerHz * deviationHz : 0;
    this.shiftRad = (Math.PI / 2) * Math.max(-0.5, Math.min(0.5, chopping));
    // S = v i*: active current along the voltage, injected reactive current a quarter turn behind it
    let direct = this.#activePu / voltage;
    let quadrature = -this.#reactivePu / voltage;
    const magnitude = Math.hypot(direct, quadrature);
    const scale = this.ceased ? 0 : Math.min(1, currentMaxPu / Math.max(magnitude, 1e-9));
    direct *= scale;
    quadrature *= scale;
    // held for one step while the voltage turns on: its angle is that of the step's middle
    const turn = this.#loopHz * 2 * Math.PI * rlcStepS;
    const angle = this.#loopAngle - turn / 2 + this.shiftRad;
    const wantedRe = direct * Math.cos(angle) - quadrature * Math.sin(angle);
    const wantedIm = direct * Math.sin(angle) + quadrature * Math.cos(angle);
    // the current loop works in the turning frame: turn the present current on with it, then let it follow
    const re = this.#iRe * Math.cos(turn) - this.#iIm * Math.sin(turn);
    const im = this.#iRe * Math.sin(turn) + this.#iIm * Math.cos(turn);
    this.#iRe = re + (wantedRe - re) * (rlcStepS / currentLagS);
    this.#iIm = im + (wantedIm - im) * (rlcStepS / currentLagS);
  }

  /** Node voltage and inductor current over one step: the grid's while closed, the circuit's own while open. */
  #solveNode(): void {
    if (this.breakerClosed) {
      this.#gridAngle = wrap(this.#gridAngle + 2 * Math.PI * this.gridFrequencyHz * rlcStepS);
      this.#vRe = this.gridVoltagePu * Math.cos(this.#gridAngle);
      this.#vIm = this.gridVoltagePu * Math.sin(this.#gridAngle);
      const perFrequency = (this.#inductive * this.#options.nominalFrequencyHz) / this.gridFrequencyHz;
      this.#lRe = this.#vIm * perFrequency;
      this.#lIm = -this.#vRe * perFrequency;
      return;
    }
    const { share, powerPu } = this.#options;
    const voltage = Math.max(Math.hypot(this.#vRe, this.#vIm), voltageFloorPu);
    // the other inverters: constant active power at unity power factor, without any method, at the step's middle like ours
    const others = this.ceased ? 0 : (powerPu * (1 / share - 1)) / (voltage * voltage);
    const halfTurn = this.#loopHz * Math.PI * rlcStepS;
    const cos = others * Math.cos(halfTurn);
    const sin = others * Math.sin(halfTurn);
    const sourceRe = this.#iRe + cos * this.#vRe - sin * this.#vIm;
    const sourceIm = this.#iIm + sin * this.#vRe + cos * this.#vIm;
    const { vv, vl, lv, ll, vs, ls } = this.#circuit;
    const vRe = vv * this.#vRe + vl * this.#lRe + vs * sourceRe;
    const vIm = vv * this.#vIm + vl * this.#lIm + vs * sourceIm;
    this.#lRe = lv * this.#vRe + ll * this.#lRe + ls * sourceRe;
    this.#lIm = lv * this.#vIm + ll * this.#lIm + ls * sourceIm;
    this.#vRe = vRe;
    this.#vIm = vIm;
  }
}

/** Exact step of the circuit: how voltage (v) and inductor current (l) follow from themselves and from a held source (s). */
interface CircuitStep {
  readonly vv: number;
  readonly vl: number;
  readonly lv: number;
  readonly ll: number;
  readonly vs: number;
  readonly ls: number;
}

/** Terms of the series of the matrix exponential; the step is a twentieth of a radian, so these are far too many. */
const seriesTerms = 16;

/** exp(A h) and ∫ exp(A t) dt · b for C v' = s - G v - l and L l' = v, per unit at `omega`. */
function solveCircuit(omega: number, conductance: number, capacitive: number, inductive: number): CircuitStep {
  const c = omega / capacitive;
  const l = omega * inductive;
  const a = [-conductance * c, -c, l, 0] as const;
  let term: readonly [number, number, number, number] = [1, 0, 0, 1];
  const exponential = [1, 0, 0, 1];
  const held = [rlcStepS * c, 0];
  for (let k = 1; k <= seriesTerms; k++) {
    const scale = rlcStepS / k;
    term = [
      (term[0] * a[0] + term[1] * a[2]) * scale,
      (term[0] * a[1] + term[1] * a[3]) * scale,
      (term[2] * a[0] + term[3] * a[2]) * scale,
      (term[2] * a[1] + term[3] * a[3]) * scale,
    ];
    for (let index = 0; index < 4; index++) exponential[index] = exponential[index]! + term[index]!;
    held[0] = held[0]! + (term[0] * c * rlcStepS) / (k + 1);
    held[1] = held[1]! + (term[2] * c * rlcStepS) / (k + 1);
  }
  const [vv, vl, lv, ll] = exponential as [number, number, number, number];
  return { vv, vl, lv, ll, vs: held[0]!, ls: held[1]! };
}

function wrap(angle: number): number {
  return angle > Math.PI ? angle - 2 * Math.PI : angle;
}
