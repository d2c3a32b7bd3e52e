/**
 * The physics of a small site in real time, written for these tests alone: a grid, a building with PV, a bus behind K1 with
 * critical loads and power stages, a meter at the PCC. Steps of 5 ms. Signs as the controller's own: positive is taken from the
 * grid, or by the vehicle.
 */

export interface StageOptions {
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly responseMs: number;
  readonly deadTimeMs: number;
  /** Largest change of power; infinite without. */
  readonly slewWPerS: number;
  /** It takes a new command so long after the one before, and none between, ms. */
  readonly commandPeriodMs: number;
  /** It rounds what it is told to multiples of this, W. */
  readonly resolutionW: number;
  /** Its own timer on the controller's heartbeat, s; 0 for one that has none. */
  readonly watchdogS: number;
  readonly socPct: number;
  readonly capacityWh: number;
  readonly connected: boolean;
  /** Share of its power on each phase. */
  readonly phaseShare: readonly [number, number, number];
}

const stageDefaults: StageOptions = {
  maxChargeW: 60_000,
  maxDischargeW: 60_000,
  responseMs: 50,
  deadTimeMs: 15,
  slewWPerS: Number.POSITIVE_INFINITY,
  commandPeriodMs: 0,
  resolutionW: 1,
  watchdogS: 5,
  socPct: 60,
  capacityWh: 150_000,
  connected: true,
  phaseShare: [1 / 3, 1 / 3, 1 / 3],
};

export interface MeterOptions {
  readonly updateMs: number;
  readonly windowMs: number;
  readonly latencyMs: number;
  readonly resolutionW: number;
  /** It counts export as positive. */
  readonly reversed: boolean;
  /** Samples come later by up to this, ms, and such a share of them not at all. */
  readonly jitterMs?: number;
  readonly lostShare?: number;
  /** It shows so much too much, W. */
  readonly offsetW?: number;
}

export const meterDefaults: MeterOptions = {
  updateMs: 50,
  windowMs: 50,
  latencyMs: 10,
  resolutionW: 1,
  reversed: false,
};

export interface PlantOptions {
  readonly nominalV: number;
  readonly nominalHz: number;
  /** Kind of service: on a single phase the meter has no other to show. */
  readonly phases: "single" | "three";
  readonly stages: readonly Partial<StageOptions>[];
  /** Worst travel of K1; without it the bus hangs on the grid for ever. */
  readonly k1TravelMs?: number;
  readonly tiersW: readonly number[];
  readonly buildingW: number;
  /** Of the building's load, on each phase. */
  readonly buildingShare: readonly [number, number, number];
  readonly pvW: number;
  /** What hangs on the utility's line beside this site; fed by the site when it energizes a dead line. */
  readonly lineLoadW: number;
  /** K1's mirror contact is wired into the stages: none of them forms while its poles touch. */
  readonly interlock: boolean;
  readonly meter: MeterOptions;
}

const plantDefaults: PlantOptions = {
  nominalV: 480,
  nominalHz: 60,
  phases: "three",
  stages: [{}],
  tiersW: [],
  buildingW: 20_000,
  buildingShare: [1 / 3, 1 / 3, 1 / 3],
  pvW: 0,
  lineLoadW: 3_000,
  interlock: true,
  meter: meterDefaults,
};

export type StageRole = "off" | "charge" | "discharge" | "forming" | "hold";

/** One power stage with the vehicle behind it: what it was told and what it does. */
export class PlantStage {
  readonly options: StageOptions;
  connected: boolean;
  socPct: number;
  role: StageRole = "off";
  /** Told: power and what an island is to have. */
  targetW = 0;
  formPu = 1;
  formHz: number;
  /** Measured. */
  powerW = 0;
  alarmBits = 0;
  local = false;
  watchdogTripped = false;
  /** It follows neither setpoint nor stop: a stage that has lost its mind. */
  stuckW: number | null = null;
  importWh = 0;
  exportWh = 0;
  lifeS = 0;
  #takenMs = Number.NEGATIVE_INFINITY;
  #delayed: { readonly atMs: number; readonly powerW: number }[] = [];
  #aimW = 0;

  constructor(given: Partial<StageOptions>, nominalHz: number) {
    this.options = { ...stageDefaults, ...given };
    this.connected = this.options.connected;
    this.socPct = this.options.socPct;
    this.formHz = nominalHz;
  }

  /** Something was commanded: it acts after the dead time. */
  command(role: StageRole, powerW: number, nowMs: number): void {
    this.role = role;
    const { maxChargeW, maxDischargeW, resolutionW } = this.options;
    const aimW = role === "off" ? 0 : resolutionW * Math.round(powerW / resolutionW);
    const bounded = Math.max(-maxDischargeW, Math.min(maxChargeW, aimW));
    if (bounded === this.targetW || nowMs - this.#takenMs < this.options.commandPeriodMs) return;
    this.#takenMs = nowMs;
    this.targetW = bounded;
    this.#delayed.push({ atMs: nowMs + this.options.deadTimeMs, powerW: bounded });
  }

  follow(nowMs: number, stepMs: number, busLive: boolean): void {
    while (this.#delayed.length > 0 && this.#delayed[0]!.atMs <= nowMs) this.#aimW = this.#delayed.shift()!.powerW;
    const { responseMs, slewWPerS } = this.options;
    let aimW = busLive && this.connected && this.role !== "off" ? this.#aimW : 0;
    if (this.stuckW !== null && busLive) aimW = this.stuckW;
    const wanted = (aimW - this.powerW) * (1 - Math.exp(-stepMs / Math.max(1, responseMs)));
    const most = (slewWPerS * stepMs) / 1_000;
    this.powerW += Math.max(-most, Math.min(most, wanted));
    if (!busLive || (Math.abs(this.powerW) < 1 && aimW === 0)) this.powerW = 0;
  }

  count(stepMs: number): void {
    const energyWh = (this.powerW * stepMs) / 3_600_000;
    if (energyWh > 0) this.importWh += energyWh;
    else this.exportWh -= energyWh;
    this.socPct += (100 * energyWh) / this.options.capacityWh;
    this.lifeS += stepMs / 1_000;
  }
}

export type ContactState = "open" | "closed" | "transit";

/** The transfer device: main poles and their two contacts, each of which can lie. */
class PlantK1 {
  readonly travelMs: number;
  /** 1 closed, 0 open. */
  position = 1;
  aim: "open" | "close" | "stay" = "stay";
  welded = false;
  /** What a contact says instead of the truth. */
  lieNo: ContactState | null = null;
  lieNc: ContactState | null = null;
  closeSequence = 0;
  operations = 0;

  constructor(travelMs: number) {
    this.travelMs = travelMs;
  }

  get closed(): boolean {
    return this.position > 0;
  }

  contact(lie: ContactState | null): ContactState {
    return lie ?? (this.position >= 1 ? "closed" : this.position <= 0 ? "open" : "transit");
  }

  step(stepMs: number): void {
    if (this.aim === "stay" || (this.aim === "open" && this.welded)) return;
    const before = this.position;
    const move = stepMs / this.travelMs;
    this.position = this.aim === "open" ? Math.max(0, before - move) : Math.min(1, before + move);
    if (before !== this.position && (this.position === 0 || this.position === 1)) this.operations += 1;
  }
}

/** What the meter shows: one sample, older by latency and window than what flows. */
export interface MeterSample {
  powerW: number;
  readonly phaseW: [number, number, number];
  voltagePu: number;
  frequencyHz: number;
  count: number;
}

/** One moment of the truth. */
export interface Moment {
  readonly atMs: number;
  readonly pccW: number;
  readonly phaseW: readonly [number, number, number];
  readonly stagesW: number;
  readonly pvW: number;
}

const momentsMax = 200_000;
export const stepMs = 5;
/**
 * Longest standstill of this process that the plant makes up for. In a longer one the devices could neither be read nor told
 * anything: for them it did not happen, and nothing is held against the controller for it.
 */
export const standstillMaxMs = 100;

export class Plant {
  readonly options: PlantOptions;
  readonly stages: readonly PlantStage[];
  readonly k1: PlantK1 | null;
  readonly meter: MeterSample;
  readonly moments: Moment[] = [];
  gridPresent = true;
  gridPu = 1;
  gridHz: number;
  buildingW: number;
  buildingShare: readonly [number, number, number];
  pvW: number;
  readonly tiersW: number[];
  readonly tiersClosed: boolean[];
  busPu = 1;
  busHz: number;
  angleDeg = 0;
  /** The meter goes on answering with its last sample. */
  meterStopped = false;
  /** The plant's own clock: time that it has run, ms. Behind the machine's where that stood still. */
  ranMs = 0;
  /** A stage gave power to a line that the utility believes dead, ms of the plant's own clock. */
  deadLineFedMs = 0;
  /** A generator runs, and feeds the bus while K1 is open; stages that form beside it are counted. */
  generatorRuns = false;
  formedBesideGeneratorMs = 0;
  /** K1 was closed onto a live bus out of synchronism, times. */
  asynchronousCloses = 0;
  #timer: NodeJS.Timeout | undefined;
  #steppedMs = performance.now();
  #sampledMs = 0;
  #tasks: { readonly atMs: number; readonly act: () => void }[] = [];
  #queue: { readonly atMs: number; readonly sample: Omit<MeterSample, "count"> }[] = [];

  constructor(given: Partial<PlantOptions>) {
    this.options = { ...plantDefaults, ...given };
    const { nominalHz, stages, k1TravelMs, tiersW, buildingW, pvW } = this.options;
    this.stages = stages.map((stage) => new PlantStage(stage, nominalHz));
    this.k1 = k1TravelMs === undefined ? null : new PlantK1(k1TravelMs);
    this.tiersW = [...tiersW];
    this.tiersClosed = tiersW.map(() => true);
    this.buildingW = buildingW;
    this.buildingShare = this.options.buildingShare;
    this.pvW = pvW;
    this.gridHz = nominalHz;
    this.busHz = nominalHz;
    this.meter = { powerW: buildingW - pvW, phaseW: [0, 0, 0], voltagePu: 1, frequencyHz: nominalHz, count: 0 };
  }

  start(): void {
    this.#steppedMs = performance.now();
    this.#timer = setInterval(() => this.#run(), stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Does something when so much time of the plant's own clock has gone by. */
  after(ms: number, act: () => void): void {
    this.#tasks.push({ atMs: this.ranMs + ms, act });
  }

  get gridLive(): boolean {
    return this.gridPresent && this.gridPu > 0.1;
  }

  /** Voltage and frequency on the grid side of K1, whoever makes them. */
  get linePu(): number {
    return this.gridPresent ? this.gridPu : this.joined ? this.busPu : 0;
  }

  get lineHz(): number {
    return this.gridLive ? this.gridHz : this.busHz;
  }

  get joined(): boolean {
    return this.k1 === null || this.k1.closed;
  }

  get busLive(): boolean {
    return this.busPu > 0.1;
  }

  #run(): void {
    const nowMs = performance.now();
    if (nowMs - this.#steppedMs > standstillMaxMs) this.#steppedMs = nowMs - stepMs;
    while (this.#steppedMs + stepMs <= nowMs) {
      this.#steppedMs += stepMs;
      this.#step(this.#steppedMs);
    }
  }

  #step(nowMs: number): void {
    const { stages, k1 } = this;
    this.ranMs += stepMs;
    const due = this.#tasks.filter(({ atMs }) => atMs <= this.ranMs);
    if (due.length > 0) this.#tasks = this.#tasks.filter(({ atMs }) => atMs > this.ranMs);
    for (const { act } of due) act();
    const wasJoined = this.joined;
    k1?.step(stepMs);
    const formers = stages.filter(({ role }) => role === "forming");
    if (!wasJoined && this.joined && this.busLive && this.gridLive && Math.abs(this.angleDeg) > 25)
      this.asynchronousCloses += 1;
    const forming = formers.length > 0;
    if (this.joined && this.gridLive) {
      this.busPu = this.gridPu;
      this.busHz = this.gridHz;
      this.angleDeg = 0;
    } else {
      const fed = this.generatorRuns && !this.joined;
      if (fed && forming) this.formedBesideGeneratorMs += stepMs;
      const aimPu = forming ? formers[0]!.formPu : fed ? 1 : 0;
      this.busPu += (aimPu - this.busPu) * (1 - Math.exp(-stepMs / 60));
      if (this.busPu < 0.01) this.busPu = 0;
      this.busHz = forming ? formers[0]!.formHz : fed ? this.options.nominalHz : Number.NaN;
      if (this.gridLive && forming)
        this.angleDeg = ((this.angleDeg + 0.36 * (this.busHz - this.gridHz) * stepMs + 540) % 360) - 180;
      if (this.joined && forming && this.busLive) this.deadLineFedMs += stepMs;
    }
    let tierW = 0;
    for (let i = 0; i < this.tiersW.length; i += 1)
      if (this.tiersClosed[i] && this.busPu > 0.5) tierW += this.tiersW[i]!;
    const islanded = !(this.joined && this.gridLive);
    let stagesW = 0;
    for (const stage of stages) {
      if (stage.role === "forming" && islanded)
        stage.powerW = -(tierW + (this.joined ? this.options.lineLoadW : 0)) / formers.length;
      else stage.follow(nowMs, stepMs, this.busLive && (!islanded || forming));
      stage.count(stepMs);
      stagesW += stage.powerW;
    }
    const phaseW: [number, number, number] = [0, 0, 0];
    const feedsLine = this.joined && !this.gridLive && forming && this.busLive;
    if (feedsLine) phaseW.fill(-this.options.lineLoadW / 3);
    if (this.gridLive) {
      for (let phase = 0; phase < 3; phase += 1) {
        phaseW[phase] = this.buildingW * this.buildingShare[phase]! - this.pvW / 3;
        if (!this.joined) continue;
        phaseW[phase]! += tierW / 3;
        for (const stage of stages) phaseW[phase]! += stage.powerW * stage.options.phaseShare[phase]!;
      }
    }
    this.moments.push({ atMs: nowMs, pccW: phaseW[0] + phaseW[1] + phaseW[2], phaseW, stagesW, pvW: this.pvW });
    if (this.moments.length > momentsMax) this.moments.splice(0, momentsMax / 2);
    this.#measure(nowMs);
  }

  #measure(nowMs: number): void {
    const { updateMs, windowMs, latencyMs, resolutionW, reversed } = this.options.meter;
    const { jitterMs = 0, lostShare = 0, offsetW = 0 } = this.options.meter;
    if (nowMs - this.#sampledMs >= updateMs - 0.01) {
      this.#sampledMs = nowMs;
      const count = Math.max(1, Math.round(windowMs / stepMs));
      const phaseW: [number, number, number] = [0, 0, 0];
      const from = Math.max(0, this.moments.length - count);
      for (let i = from; i < this.moments.length; i += 1)
        for (let phase = 0; phase < 3; phase += 1) phaseW[phase]! += this.moments[i]!.phaseW[phase]!;
      for (let phase = 0; phase < 3; phase += 1)
        phaseW[phase] =
          (reversed ? -1 : 1) *
          resolutionW *
          Math.round((phaseW[phase]! / (this.moments.length - from) + offsetW / 3) / resolutionW);
      // A living grid is never quite still.
      const sample = {
        powerW: phaseW[0] + phaseW[1] + phaseW[2],
        phaseW,
        voltagePu: this.linePu === 0 ? 0 : this.linePu + 0.002 * (Math.random() - 0.5),
        frequencyHz: this.linePu === 0 ? Number.NaN : this.lineHz + 0.01 * (Math.random() - 0.5),
      };
      if (Math.random() >= lostShare) this.#queue.push({ atMs: nowMs + latencyMs + jitterMs * Math.random(), sample });
    }
    while (this.#queue.length > 0 && this.#queue[0]!.atMs <= nowMs) {
      const { sample } = this.#queue.shift()!;
      if (!this.meterStopped) Object.assign(this.meter, sample, { count: this.meter.count + 1 });
    }
  }
}
