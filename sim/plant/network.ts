/**
 * Who holds up which conductor, and where the power flows. Three situations: joined to the grid; an island that stages form;
 * and no source that means to be one, where following stages may hold a bus up by accident until they notice, or it decays.
 */
import type { Grid } from "./grid.ts";
import type { Building, Tier } from "./loads.ts";
import { deadPu, type Node } from "./node.ts";
import type { Pv } from "./pv.ts";
import type { PowerStage } from "./stage/power-stage.ts";
import type { TransferDevice } from "./transfer-device.ts";

/** Voltage of a conductor that nothing supplies fades like this (motors and filters give a little back), ms. */
const decayMs = 45;
/** Voltage of an unintentional island settles like this, ms, and its frequency runs away like this, Hz per second. */
const settleMs = 20;
const driftHzPerS = 6;
/** Frequency that a forming stage adds when nobody takes its surplus, Hz per second, up to a bound. */
const surplusHzPerS = 1;
const surplusMaxHz = 3;

export class Network {
  readonly grid: Grid;
  readonly gridSide: Node;
  readonly bus: Node;
  readonly transferDevice: TransferDevice;
  readonly building: Building;
  readonly tiers: readonly Tier[];
  readonly stages: readonly PowerStage[];
  readonly pvs: readonly Pv[];

  /** Mean powers of the last step, W; import, consumption and charging positive, PV a magnitude. */
  pccW = 0;
  pccVar = 0;
  buildingW = 0;
  tiersW = 0;
  stagesW = 0;
  pvW = 0;
  /** Load that a formed bus could not carry, W. */
  unservedW = 0;
  /** Something fast is going on: the next steps should be short. */
  lively = true;

  readonly #driftSign: number;
  #surplusHz = 0;

  constructor(
    grid: Grid,
    gridSide: Node,
    bus: Node,
    transferDevice: TransferDevice,
    building: Building,
    tiers: readonly Tier[],
    stages: readonly PowerStage[],
    pvs: readonly Pv[],
    driftSign: number,
  ) {
    this.grid = grid;
    this.gridSide = gridSide;
    this.bus = bus;
    this.transferDevice = transferDevice;
    this.building = building;
    this.tiers = tiers;
    this.stages = stages;
    this.pvs = pvs;
    this.#driftSign = driftSign;
    this.#clearFlows();
  }

  step(fromMs: number, toMs: number): void {
    const durationMs = toMs - fromMs;
    const { grid, gridSide, bus } = this;
    const joined = this.transferDevice.closed;
    const gridLive = grid.present && grid.voltagePu > 0.01;
    const busSourceBefore = bus.source;
    this.lively = this.transferDevice.moving;
    this.#clearFlows();
    if (gridLive) this.#copyGrid(gridSide);
    if (gridLive && joined) {
      this.#copyGrid(bus);
      this.#onGrid(fromMs, toMs, durationMs);
    } else {
      this.#island(fromMs, toMs, durationMs, joined && !gridLive);
      if (gridLive) this.#gridSideOnly(fromMs, durationMs);
      else if (!joined) {
        this.#fade(gridSide, durationMs);
        this.building.step(fromMs, false);
        for (let i = 0; i < this.pvs.length; i++)
          if (this.pvs[i]!.config.side === "grid") this.pvs[i]!.step(durationMs);
      }
    }
    if (bus.source !== busSourceBefore) this.lively = true;
  }

  #clearFlows(): void {
    this.buildingW = 0;
    this.tiersW = 0;
    this.stagesW = 0;
    this.pvW = 0;
    this.unservedW = 0;
  }

  #copyGrid(node: Node): void {
    node.source = "grid";
    node.voltagePu = this.grid.voltagePu;
    node.frequencyHz = this.grid.frequencyHz;
    const [a, b, c] = this.grid.phaseShare;
    node.leastPhase = Math.min(a, b, c);
    node.mostPhase = Math.max(a, b, c);
    node.phaseDeg = this.grid.phaseDeg;
    node.islandedSinceMs = Number.NaN;
  }

  #fade(node: Node, durationMs: number): void {
    node.source = "dead";
    node.islandedSinceMs = Number.NaN;
    if (node.voltagePu > 0) {
      const left = node.voltagePu * Math.exp(-durationMs / decayMs);
      node.voltagePu = left > 1e-4 ? left : 0;
      if (left > 0.01) this.lively = true;
    }
  }

  /** K1 closed, grid alive: everything hangs on the grid. */
  #onGrid(fromMs: number, toMs: number, durationMs: number): void {
    const { bus, stages, tiers, building } = this;
    const deviationHz = bus.frequencyHz - this.grid.nominalFrequencyHz;
    const lowPu = bus.voltagePu * bus.leastPhase;
    const highPu = bus.voltagePu * bus.mostPhase;
    const normal = lowPu >= 0.88 && highPu <= 1.1 && deviationHz > -1.2 && deviationHz < 1.2;
    let stagesW = 0;
    let reactiveVar = 0;
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      stage.k1Closed = true;
      if (!(normal && stage.protections.quiet && stage.protections.standard)) this.#protect(stage, toMs, durationMs);
      stage.step(fromMs, toMs);
      // A stage that forms beside a live grid keeps the power that it had: it has lost the word on it.
      if (stage.isForming) stage.carry(stage.truePowerW, durationMs, false);
      stagesW += stage.meanW;
      reactiveVar += stage.reactiveVar;
    }
    let tiersW = 0;
    for (let i = 0; i < tiers.length; i++) {
      const tier = tiers[i]!;
      tier.step(fromMs, bus.voltagePu);
      tiersW += tier.powerW;
      reactiveVar += tier.reactiveVar;
    }
    building.step(fromMs, bus.voltagePu > 0.5);
    let pvW = 0;
    for (let i = 0; i < this.pvs.length; i++) {
      const pv = this.pvs[i]!;
      pv.step(durationMs);
      pvW += pv.powerW;
    }
    this.stagesW = stagesW;
    this.tiersW = tiersW;
    this.buildingW = building.powerW;
    this.pvW = pvW;
    this.pccW = building.powerW + tiersW + stagesW - pvW;
    this.pccVar = reactiveVar + building.reactiveVar;
    this.#surplusHz = 0;
  }

  /** Grid alive, K1 open: the building is on the grid, the bus behind K1 is not. */
  #gridSideOnly(fromMs: number, durationMs: number): void {
    const { building, gridSide } = this;
    building.step(fromMs, gridSide.voltagePu > 0.5);
    this.buildingW = building.powerW;
    let pvW = 0;
    for (let i = 0; i < this.pvs.length; i++) {
      const pv = this.pvs[i]!;
      if (pv.config.side !== "grid") continue;
      pv.step(durationMs);
      pvW += pv.powerW;
    }
    this.pvW += pvW;
    this.pccW = building.powerW - pvW;
    this.pccVar = building.reactiveVar;
  }

  /** No grid on the bus. `joined`: K1 is closed, so the building hangs on whatever the bus has. */
  #island(fromMs: number, toMs: number, durationMs: number, joined: boolean): void {
    this.pccW = 0;
    this.pccVar = 0;
    const { bus, stages } = this;
    for (let i = 0; i < stages.length; i++) stages[i]!.k1Closed = this.transferDevice.closed;
    if (bus.formers > 0) this.#formed(fromMs, toMs, durationMs, joined);
    else this.#unformed(fromMs, toMs, durationMs, joined);
    if (joined) {
      const { gridSide } = this;
      gridSide.source = bus.source;
      gridSide.voltagePu = bus.voltagePu;
      gridSide.frequencyHz = bus.frequencyHz;
      gridSide.phaseDeg = bus.phaseDeg;
    }
  }

  #protect(stage: PowerStage, toMs: number, durationMs: number): void {
    if (stage.isForming) return;
    if (stage.protections.watch(this.bus, toMs, durationMs, stage.antiIslanding)) stage.protectionsChanged();
  }

  /** Consumption behind K1 (and before it, when joined) in this step, W. */
  #demandW(fromMs: number, joined: boolean): number {
    const { bus, tiers, building } = this;
    let tiersW = 0;
    for (let i = 0; i < tiers.length; i++) {
      const tier = tiers[i]!;
      tier.step(fromMs, bus.voltagePu);
      tiersW += tier.powerW;
      if (tier.inrushing(fromMs)) this.lively = true;
    }
    this.tiersW = tiersW;
    if (joined) {
      building.step(fromMs, bus.voltagePu > 0.5);
      this.buildingW = building.powerW;
    }
    return tiersW + this.buildingW;
  }

  #unformed(fromMs: number, toMs: number, durationMs: number, joined: boolean): void {
    const { bus, stages } = this;
    let givenW = 0;
    for (let i = 0; i < stages.length; i++) {
      const powerW = stages[i]!.truePowerW;
      if (powerW < 0) givenW -= powerW;
    }
    const demandW = this.#demandW(fromMs, joined);
    this.#surplusHz = 0;
    const alive = givenW > 1 && bus.voltagePu > deadPu;
    if (!alive) this.#fade(bus, durationMs);
    else {
      if (bus.source !== "following") {
        bus.source = "following";
        bus.islandedSinceMs = fromMs;
      }
      const settledPu = Math.sqrt(givenW / (demandW > 1 ? demandW : 1));
      const towardsPu = settledPu > 1.4 ? 1.4 : settledPu;
      bus.voltagePu = towardsPu + (bus.voltagePu - towardsPu) * Math.exp(-durationMs / settleMs);
      bus.frequencyHz += (this.#driftSign * driftHzPerS * durationMs) / 1000;
      this.#turn(durationMs);
      this.lively = true;
    }
    let stagesW = 0;
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      // Without a source no current flows into a charging stage; in an accidental island it stops at the disturbance.
      if (!alive || stage.truePowerW > 0) stage.blackout();
      this.#protect(stage, toMs, durationMs);
      stage.step(fromMs, toMs);
      if (stage.meanW > 0) stage.blackout();
      stagesW += stage.meanW;
      if (stage.phase === "ramping") this.lively = true;
    }
    for (let i = 0; i < this.pvs.length; i++) {
      const pv = this.pvs[i]!;
      if (joined || pv.config.side === "bus") pv.step(durationMs);
    }
    this.stagesW = stagesW;
    // Loads take exactly what is given: that is how the voltage has settled.
    const share = demandW > 0 ? -stagesW / demandW : 0;
    this.tiersW *= share;
    this.buildingW *= share;
    this.unservedW = demandW - this.tiersW - this.buildingW;
  }

  #turn(durationMs: number): void {
    const { bus } = this;
    const deviationHz = bus.frequencyHz - this.grid.nominalFrequencyHz;
    const angleDeg = bus.phaseDeg + 0.36 * deviationHz * durationMs;
    bus.phaseDeg = angleDeg > 180 ? angleDeg - 360 : angleDeg <= -180 ? angleDeg + 360 : angleDeg;
  }

  /** Stages hold the bus up and share what is asked of it by droop. */
  #formed(fromMs: number, toMs: number, durationMs: number, joined: boolean): void {
    const { bus, stages, grid } = this;
    if (bus.source !== "forming") {
      bus.source = "forming";
      bus.islandedSinceMs = Number.NaN;
      this.lively = true;
    }
    const demandW = this.#demandW(fromMs, joined);
    let followingW = 0;
    let formedPu = 0;
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      this.#protect(stage, toMs, durationMs);
      stage.step(fromMs, toMs);
      if (stage.isForming) {
        if (stage.formedVoltagePu > formedPu) formedPu = stage.formedVoltagePu;
        if (stage.phase === "ramping") this.lively = true;
      } else followingW += stage.meanW;
    }
    if (bus.formers === 0) {
      // The last one has just stopped: what is left of the voltage fades, and nothing flows any more.
      this.#fade(bus, durationMs);
      this.tiersW = 0;
      this.buildingW = 0;
      this.unservedW = demandW;
      this.stagesW = followingW;
      return;
    }
    let pvW = 0;
    for (let i = 0; i < this.pvs.length; i++) {
      const pv = this.pvs[i]!;
      if (!joined && pv.config.side !== "bus") continue;
      pv.step(durationMs);
      pvW += pv.powerW;
    }
    const netW = demandW + followingW - pvW;
    const abilityW = this.#abilityW();
    const takesW = this.#takesW();
    let carriedW = netW;
    const overloaded = netW > abilityW;
    if (overloaded) carriedW = abilityW;
    else if (netW < -takesW) carriedW = -takesW;
    const servedW = carriedW - followingW + pvW;
    // Too little: the voltage sinks until the loads take what is there. Too much: it rises, and so does the frequency.
    const servedShare = demandW > 0 ? (servedW > 0 ? servedW : 0) / demandW : 1;
    const voltageShare = servedShare < 1.3 ? servedShare : 1.3;
    bus.voltagePu = formedPu * Math.sqrt(voltageShare);
    this.tiersW *= servedShare;
    this.buildingW *= servedShare;
    this.unservedW = servedShare < 1 ? demandW * (1 - servedShare) : 0;
    const surplus = netW < -takesW - 1;
    const hz = (surplusHzPerS * durationMs) / 1000;
    this.#surplusHz = surplus ? Math.min(surplusMaxHz, this.#surplusHz + hz) : Math.max(0, this.#surplusHz - 0.1 * hz);
    bus.frequencyHz = this.#shareByDroop(carriedW, durationMs, overloaded) + this.#surplusHz;
    if (!(bus.frequencyHz > 0)) bus.frequencyHz = grid.nominalFrequencyHz;
    this.#turn(durationMs);
    this.pvW = pvW;
    this.stagesW = followingW - carriedW;
    if (overloaded || surplus) this.lively = true;
  }

  #abilityW(): number {
    let sumW = 0;
    for (let i = 0; i < this.stages.length; i++) {
      const stage = this.stages[i]!;
      if (stage.isForming) sumW += stage.formAbilityW * stage.config.overloadFactor;
    }
    return sumW;
  }

  #takesW(): number {
    let sumW = 0;
    for (let i = 0; i < this.stages.length; i++) {
      const stage = this.stages[i]!;
      if (stage.isForming) sumW += stage.surgeTakeW;
    }
    return sumW;
  }

  /**
   * Each forming stage lowers its frequency with the power that it gives; on one bus they have one frequency, so each gives
   * (its no-load frequency − f) / slope. Returns f. A stage at its bound leaves the rest to the others.
   */
  #shareByDroop(carriedW: number, durationMs: number, overloaded: boolean): number {
    const { stages, grid } = this;
    let frequencyHz = grid.nominalFrequencyHz;
    let leftW = carriedW;
    let boundPass = 0;
    // At most three passes: after that what is left goes to whoever is still free.
    for (let pass = 0; pass < 3; pass++) {
      let sumWPerHz = 0;
      let sumNoLoadW = 0;
      leftW = carriedW;
      for (let i = 0; i < stages.length; i++) {
        const stage = stages[i]!;
        if (!stage.isForming) continue;
        if (stage.shareBound) {
          leftW += stage.sharedW;
          continue;
        }
        const wPerHz = stage.config.ratedW / ((stage.config.droopPct / 100) * grid.nominalFrequencyHz);
        sumWPerHz += wPerHz;
        sumNoLoadW += wPerHz * stage.formFrequencyHz;
      }
      if (sumWPerHz === 0) break;
      frequencyHz = (sumNoLoadW - leftW) / sumWPerHz;
      boundPass = 0;
      for (let i = 0; i < stages.length; i++) {
        const stage = stages[i]!;
        if (!stage.isForming || stage.shareBound) continue;
        const wPerHz = stage.config.ratedW / ((stage.config.droopPct / 100) * grid.nominalFrequencyHz);
        const givesW = (stage.formFrequencyHz - frequencyHz) * wPerHz;
        const mostW = stage.formAbilityW * stage.config.overloadFactor;
        stage.sharedW = -givesW;
        if (givesW > mostW + 1e-6) {
          stage.sharedW = -mostW;
          stage.shareBound = true;
          boundPass++;
        } else if (-givesW > stage.surgeTakeW + 1e-6) {
          stage.sharedW = stage.surgeTakeW;
          stage.shareBound = true;
          boundPass++;
        }
      }
      if (boundPass === 0) break;
    }
    this.#settleShares(carriedW, durationMs, overloaded);
    return frequencyHz;
  }

  /** Gives each its share, the last free one what rounding has left, so that the books close. */
  #settleShares(carriedW: number, durationMs: number, overloaded: boolean): void {
    const { stages } = this;
    let sumW = 0;
    let last = -1;
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      if (!stage.isForming) continue;
      sumW += stage.sharedW;
      if (last < 0 || !stage.shareBound) last = i;
    }
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      if (!stage.isForming) continue;
      const remainderW = i === last ? -carriedW - sumW : 0;
      stage.shareBound = false;
      stage.carry(stage.sharedW + remainderW, durationMs, overloaded);
    }
  }
}
