/** What the devices of the emulated site show and take on the wire: SunSpec, our vendor models, and meters of other makers. */
import { RegisterImage } from "./modbus-server.ts";
import type { ContactState, Plant, PlantStage, StageRole } from "./plant.ts";
import { SunspecMap, type SunspecShape } from "./sunspec-map.ts";

const badValue = 3;
const busy = 6;
/** A command's token may be this old, ms. */
const tokenMaxMs = 500;
const roleWords: readonly StageRole[] = ["off", "charge", "discharge", "forming", "hold"];
const contactCodes: Readonly<Record<ContactState, number>> = { open: 0, closed: 1, transit: 2 };
/** Serial-number order (RFC 1982) of 32-bit numbers. */
const isOlder = (a: number, b: number): boolean => a !== b && (b - a) >>> 0 < 0x8000_0000;
const clockMs = (startMs: number): number => Math.floor(performance.now() - startMs) % 0x1_0000_0000;

function identify(map: SunspecMap, model: string, serialNumber: string): void {
  map.setText("1.Mn", "Emulated Works");
  map.setText("1.Md", model);
  map.setText("1.Vr", "7.1");
  map.setText("1.SN", serialNumber);
  map.set("1.DA", 1);
}

/** A SunSpec meter of model 203. `wScale` is its scale factor of power and may change while it runs. */
export class SunspecMeterFace {
  readonly map = new SunspecMap([1, 203]);
  wScale = 1;
  /** It shows so many watts for each: its ratio was changed under it. */
  gain = 1;

  constructor(plant: Plant) {
    const { map } = this;
    identify(map, "Meter 203", "M-1");
    map.setAll(203, { V_SF: -1, Hz_SF: -2, W_SF: 1, VAR_SF: 1 });
    const { nominalV, phases } = plant.options;
    map.image.refresh = () => {
      const { voltagePu, frequencyHz } = plant.meter;
      const powerW = this.gain * plant.meter.powerW;
      const phaseW = plant.meter.phaseW.map((onPhaseW) => this.gain * onPhaseW);
      const hertz = Number.isNaN(frequencyHz) ? -327.68 : frequencyHz;
      map.set("203.W_SF", this.wScale);
      if (phases === "single") {
        const onlyV = voltagePu * nominalV;
        map.setAll(203, { PhV: onlyV, PhVphA: onlyV, Hz: hertz, W: powerW, WphA: powerW, VAR: 0 });
        return;
      }
      const phaseV = (voltagePu * nominalV) / Math.sqrt(3);
      map.setAll(203, {
        PhV: phaseV,
        PhVphA: phaseV,
        PhVphB: phaseV,
        PhVphC: phaseV,
        PPV: voltagePu * nominalV,
        PhVphAB: voltagePu * nominalV,
        PhVphBC: voltagePu * nominalV,
        PhVphCA: voltagePu * nominalV,
        Hz: hertz,
        W: powerW,
        WphA: phaseW[0]!,
        WphB: phaseW[1]!,
        WphC: phaseW[2]!,
        VAR: 0,
      });
    };
  }
}

/** PV behind K1: it tells its power, and takes a limit in percent. */
export class PvFace {
  readonly map = new SunspecMap([1, 701, 702, 704]);

  constructor(plant: Plant) {
    const { map } = this;
    identify(map, "PV", "PV-1");
    map.setAll(701, { W_SF: 1, V_SF: -1, Hz_SF: -2, St: 1 });
    map.setAll(702, { W_SF: 1, WMax: 100_000 });
    map.setAll(704, { WMaxLimPct_SF: -1, WMaxLimPctEna: 0, WMaxLimPct: 100 });
    map.image.refresh = () => map.set("701.W", plant.pvW * (1 + 0.001 * Math.random()));
    map.image.write = (address, words) => {
      for (let i = 0; i < words.length; i += 1) map.image.words[address + i] = words[i]!;
      return 0;
    };
  }
}

/** A meter that counts in float32 at fixed registers: `powerW` and so on at an address each, high word first. */
function floatMeterFace(
  plant: Plant,
  readFunction: 3 | 4,
  places: Readonly<
    Partial<
      Record<
        | "powerW"
        | "powerAW"
        | "powerBW"
        | "powerCW"
        | "voltageAV"
        | "voltageBV"
        | "voltageCV"
        | "voltageV"
        | "frequencyHz",
        number
      >
    >
  >,
): RegisterImage {
  const image = new RegisterImage([readFunction]);
  for (const address of Object.values(places)) image.define(address, 2);
  image.refresh = () => {
    const { powerW, phaseW, voltagePu, frequencyHz } = plant.meter;
    const phaseV = (voltagePu * plant.options.nominalV) / Math.sqrt(3);
    const values = {
      powerW,
      powerAW: phaseW[0],
      powerBW: phaseW[1],
      powerCW: phaseW[2],
      voltageAV: phaseV,
      voltageBV: phaseV,
      voltageCV: phaseV,
      voltageV: voltagePu * plant.options.nominalV,
      frequencyHz,
    };
    for (const [name, address] of Object.entries(places)) image.setFloat(address, values[name as keyof typeof values]);
  };
  return image;
}

/** Janitza UMG 604: float32 from 19000 on, function 3 (its public Modbus list: U L1–3 19000, P sum 19026, f 19050). */
export const janitzaFace = (plant: Plant): RegisterImage => {
  const image = floatMeterFace(plant, 3, {
    voltageAV: 19_000,
    voltageBV: 19_002,
    voltageCV: 19_004,
    powerAW: 19_020,
    powerBW: 19_022,
    powerCW: 19_024,
    powerW: 19_026,
    frequencyHz: 19_050,
  });
  // The real block has no holes.
  image.define(19_000, 60);
  return image;
};

/** Eastron SDM630: float32 input registers, function 4 (its public register list). */
export const eastronFace = (plant: Plant): RegisterImage => {
  const image = floatMeterFace(plant, 4, {
    voltageAV: 0x00,
    voltageBV: 0x02,
    voltageCV: 0x04,
    powerAW: 0x0c,
    powerBW: 0x0e,
    powerCW: 0x10,
    powerW: 0x34,
    frequencyHz: 0x46,
  });
  image.define(0, 0x50);
  return image;
};

export interface StageFaceOptions {
  readonly serialNumber: string;
  /** Model 64901 beside the standard ones. */
  readonly vendorModel: boolean;
  readonly shape?: SunspecShape;
}

/** A certified power stage: models 701–715, and the stage model that CONTRACT.md asks for. */
export class StageFace {
  readonly map: SunspecMap;
  readonly #plant: Plant;
  readonly #stage: PlantStage;
  readonly #vendor: boolean;
  readonly #startMs = performance.now();
  executedSequence = 0;
  refused = 0;
  /** Its own heartbeat, clock and counters stand still although it answers. */
  clockStopped = false;
  #heldClockMs = 0;
  #heldLifeS = 0;
  #heartbeat = Number.NaN;
  #heartbeatMs = performance.now();
  #setpointMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(plant: Plant, index: number, options: StageFaceOptions) {
    this.#plant = plant;
    this.#stage = plant.stages[index]!;
    this.#vendor = options.vendorModel;
    const standard = [1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715];
    this.map = new SunspecMap(options.vendorModel ? [...standard, 64_901] : standard, options.shape);
    identify(this.map, "Stage", options.serialNumber);
    this.#fill();
    this.map.image.refresh = () => this.#show();
    this.map.image.write = (address, words) => this.#write(address, words);
  }

  start(): void {
    this.#timer = setInterval(() => this.#watch(), 20);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get clockMs(): number {
    return this.clockStopped ? this.#heldClockMs : clockMs(this.#startMs);
  }

  stopClock(): void {
    this.#heldClockMs = this.clockMs;
    this.#heldLifeS = this.#stage.lifeS;
    this.clockStopped = true;
  }

  #fill(): void {
    const { map } = this;
    const { maxChargeW, maxDischargeW, watchdogS } = this.#stage.options;
    const { nominalV } = this.#plant.options;
    map.setAll(701, {
      W_SF: 1,
      Var_SF: 1,
      V_SF: -1,
      Hz_SF: -2,
      VA_SF: 1,
      A_SF: -1,
      PF_SF: -3,
      TotWh_SF: 0,
      Alrm: 0,
      ACType: 3,
    });
    map.setAll(702, { W_SF: 1, VA_SF: 1, V_SF: -1 });
    map.setAll(702, {
      WMaxRtg: Math.max(maxChargeW, maxDischargeW),
      VAMaxRtg: 1.1 * Math.max(maxChargeW, maxDischargeW),
      WMax: Math.max(maxChargeW, maxDischargeW),
      WChaRteMaxRtg: maxChargeW,
      WDisChaRteMaxRtg: maxDischargeW,
      WChaRteMax: maxChargeW,
      WDisChaRteMax: maxDischargeW,
      VNomRtg: nominalV / 10,
    });
    map.setAll(703, { V_SF: -2, Hz_SF: -3 });
    map.setAll(703, {
      ES: 1,
      ESVHi: 105,
      ESVLo: 91.7,
      ESHzHi: 60.1,
      ESHzLo: 59.5,
      ESDlyTms: 300,
      ESRndTms: 0,
      ESRmpTms: 300,
      ESDlyRemTms: 0,
    });
    map.setAll(704, { PF_SF: -3, WMaxLimPct_SF: -1, WSet_SF: 0, WSetPct_SF: -1, VarSet_SF: 0, VarSetPct_SF: -1 });
    for (const name of map.pointsOf(704))
      if (/Ena$|EnaRvrt$|Tms$|Rem$|Mod$|Pri$|^WSet|^VarSet/.test(name) && !name.endsWith("_SF"))
        map.set(`704.${name}`, 0);
    map.setAll(704, { WMaxLimPct: 100, WMaxLimPctRvrt: 100, AntiIslEna: 1, WRmp: 100, VarRmp: 100, WRmpRef: 0 });
    for (const group of ["PFWInj", "PFWInjRvrt", "PFWAbs", "PFWAbsRvrt"])
      map.setAll(704, { [`${group}.PF`]: 1, [`${group}.Ext`]: 0 });
    for (const id of [705, 706, 707, 708, 709, 710, 711, 712]) this.#fillCurves(id);
    map.setAll(713, { WH_SF: 1, Pct_SF: -1 });
    map.setAll(714, { NPrt: 1, "Prt[1].PrtTyp": 4, "Prt[1].DCSta": 2 });
    map.setAll(715, { LocRemCtl: 0, DERHb: 0, ControllerHb: 0, AlarmReset: 0, OpCtl: 0 });
    if (!this.#vendor) return;
    map.setAll(64_901, { W_SF: 0, V_SF: -2, Hz_SF: -3, Pct_SF: -1, TokMax: tokenMaxMs, HbTms: watchdogS, Alrm: 0 });
    map.setAll(64_901, {
      Tok: 0,
      Seq: 0,
      RoleCmd: 0,
      WCmd: 0,
      VarCmd: 0,
      FormV: 100,
      FormHz: this.#plant.options.nominalHz,
      CtlHb: 0,
    });
  }

  /** Some curve in force, and two that may be written. */
  #fillCurves(id: number): void {
    const { map } = this;
    const names = map.pointsOf(id);
    const scales: Readonly<Record<string, number>> = {
      V_SF: -2,
      Hz_SF: -3,
      Tms_SF: -2,
      DeptRef_SF: -2,
      RspTms_SF: -2,
      W_SF: -2,
      Db_SF: -3,
      K_SF: -3,
    };
    for (const name of names) if (name.endsWith("_SF")) map.set(`${id}.${name}`, scales[name]!);
    for (const name of names) if (!name.endsWith("_SF")) map.set(`${id}.${name}`, 0);
    const counts =
      id === 711
        ? { NCtl: 3 }
        : id >= 707 && id <= 710
          ? { NPt: 5, NCrvSet: 3 }
          : { NPt: id === 705 ? 4 : id === 706 ? 2 : 6, NCrv: 3 };
    const group = id === 711 ? "Ctl" : "Crv";
    map.setAll(id, { ...counts, Ena: id >= 707 && id <= 710 ? 1 : 0, [`${group}[1].ReadOnly`]: 1 });
  }

  #show(): void {
    const { map } = this;
    const stage = this.#stage;
    const plant = this.#plant;
    const { maxChargeW, maxDischargeW } = stage.options;
    const role = stage.role === "hold" ? (stage.powerW < 0 ? 2 : 1) : roleWords.indexOf(stage.role);
    const running = stage.role !== "off" || Math.abs(stage.powerW) > 1;
    const lifeS = Math.floor(this.clockStopped ? this.#heldLifeS : stage.lifeS);
    const busHz = Number.isNaN(plant.busHz) ? 0 : plant.busHz;
    map.setAll(701, {
      St: running ? 1 : 0,
      InvSt: running ? 3 : 0,
      ConnSt: running ? 1 : 0,
      Alrm: stage.alarmBits,
      DERMode: stage.role === "forming" ? 2 : 1,
      W: -stage.powerW,
      Var: 0,
      LLV: plant.busPu * plant.options.nominalV,
      LNV: (plant.busPu * plant.options.nominalV) / Math.sqrt(3),
      Hz: busHz,
      TotWhInj: stage.exportWh,
      TotWhAbs: stage.importWh,
    });
    map.setAll(713, {
      WHRtg: stage.options.capacityWh,
      WHAvail: (stage.options.capacityWh * stage.socPct) / 100,
      SoC: stage.socPct,
      Sta: 0,
    });
    map.set("714.Prt[1].DCSta", stage.connected ? 2 : 0xffff);
    map.setAll(715, { DERHb: lifeS, LocRemCtl: stage.local ? 1 : 0 });
    const set = map.get("704.WSetEnaRvrt") === 1 ? map.get("704.WSetRvrtTms") : 0;
    map.set(
      "704.WSetRvrtRem",
      set === 0 ? 0 : Math.max(0, Math.ceil(set - (performance.now() - this.#setpointMs) / 1_000)),
    );
    if (!this.#vendor) return;
    const flags =
      (stage.local ? 1 : 0) |
      (map.get("704.AntiIslEna") === 1 ? 2 : 0) |
      (running ? 4 : 0) |
      (stage.watchdogTripped ? 8 : 0) |
      (stage.connected ? 16 : 0);
    map.setAll(64_901, {
      Role: role,
      Flags: flags,
      Alrm: stage.alarmBits,
      W: -stage.powerW,
      Var: 0,
      V: 100 * plant.busPu,
      Hz: busHz,
      WChaMax: stage.connected ? maxChargeW : 0,
      WDisMax: stage.connected ? maxDischargeW : 0,
      Hb: lifeS,
      ClkMs: this.clockMs,
      ExeSeq: this.executedSequence,
      CtlHbAge: performance.now() - this.#heartbeatMs,
      Refused: this.refused,
    });
    if (stage.connected) map.set("64901.SoC", stage.socPct);
    else map.image.words[map.address("64901.SoC")] = 0xffff;
  }

  #write(address: number, words: readonly number[]): number {
    const values = this.map.parse(address, words);
    if (values === null) return badValue;
    if (this.#stage.local) return busy;
    if (values.has("64901.Seq")) return this.#commandBlock(values, address, words);
    for (let i = 0; i < words.length; i += 1) this.map.image.words[address + i] = words[i]!;
    for (const [path, value] of values) this.#wrote(path, value);
    return 0;
  }

  #commandBlock(values: ReadonlyMap<string, number>, address: number, words: readonly number[]): number {
    const value = (name: string): number => values.get(`64901.${name}`) ?? Number.NaN;
    const ageMs = this.clockMs - value("Tok");
    if (!(ageMs >= 0 && ageMs <= tokenMaxMs) || isOlder(value("Seq"), this.executedSequence)) {
      this.refused += 1;
      return badValue;
    }
    for (let i = 0; i < words.length; i += 1) this.map.image.words[address + i] = words[i]!;
    this.executedSequence = value("Seq");
    this.#setpointMs = performance.now();
    this.#heard(value("CtlHb"));
    if (this.#stage.watchdogTripped) return 0;
    const plant = this.#plant;
    const stage = this.#stage;
    const role = roleWords[value("RoleCmd")] ?? "off";
    // Its hardware interlock: never a grid former while K1 may be closed.
    if (role === "forming" && plant.joined && plant.options.interlock) return badValue;
    stage.formPu = value("FormV") / 100;
    stage.formHz = value("FormHz");
    stage.command(role, -value("WCmd"), performance.now());
    return 0;
  }

  #heard(heartbeat: number): void {
    if (heartbeat === this.#heartbeat) return;
    this.#heartbeat = heartbeat;
    this.#heartbeatMs = performance.now();
  }

  #wrote(path: string, value: number): void {
    const stage = this.#stage;
    if (path === "715.ControllerHb") this.#heard(value);
    if (path === "715.AlarmReset" && value === 1) stage.watchdogTripped = false;
    if (path === "704.WSet" && !this.#vendor) {
      this.#setpointMs = performance.now();
      stage.command(value > 0 ? "discharge" : "charge", -value, performance.now());
    }
    if (path === "715.OpCtl" && !this.#vendor && value === 0) stage.command("off", 0, performance.now());
    const request = /^(70[5-9]|71[0-2])\.Adpt(Crv|Ctl)Req$/.exec(path);
    if (request !== null) this.#adopt(Number(request[1]), request[2]!, value);
  }

  #adopt(id: number, group: string, index: number): void {
    const { map } = this;
    const from = `${group}[${index}].`;
    for (const name of map.pointsOf(id)) {
      if (!name.startsWith(from) || name.endsWith("ReadOnly")) continue;
      const target = `${id}.${group}[1].${name.slice(from.length)}`;
      map.set(target, map.get(`${id}.${name}`));
    }
    map.set(`${id}.Adpt${group}Rslt`, 1);
  }

  /** Its own timers: reversion of the setpoint, and the watch on the controller. */
  #watch(): void {
    const { map } = this;
    const stage = this.#stage;
    const nowMs = performance.now();
    const reversionMs = map.get("704.WSetEnaRvrt") === 1 ? 1_000 * map.get("704.WSetRvrtTms") : 0;
    if (reversionMs > 0 && nowMs - this.#setpointMs > reversionMs && stage.role !== "off" && stage.role !== "forming")
      stage.command(stage.role, -map.get("704.WSetRvrt"), nowMs);
    const watchMs = 1_000 * stage.options.watchdogS;
    if (watchMs > 0 && nowMs - this.#heartbeatMs > watchMs && stage.role !== "off") {
      stage.command("off", 0, nowMs);
      stage.watchdogTripped = this.#vendor;
    }
  }
}

/** The transfer device K1 (64902), and on the same unit the panel of tiers (64903). */
export class SwitchgearFace {
  readonly map: SunspecMap;
  readonly #startMs = performance.now();
  /** Clocks stand still although the device answers. */
  clockStopped = false;
  #heldClockMs = 0;
  refused = 0;

  constructor(plant: Plant, parts: { readonly k1: boolean; readonly panel: boolean }) {
    const ids = [1, ...(parts.k1 ? [64_902] : []), ...(parts.panel ? [64_903] : [])];
    const map = new SunspecMap(ids);
    this.map = map;
    identify(map, "Switchgear", "K-1");
    if (parts.k1)
      map.setAll(64_902, { V_SF: -2, Hz_SF: -3, Ang_SF: -1, Tok: 0, Cmd: 0, SeqCmd: 0, TokMax: tokenMaxMs });
    if (parts.panel)
      map.setAll(64_903, { W_SF: 0, NTier: plant.tiersW.length, Tok: 0, CloseCmd: 0, TokMax: tokenMaxMs });
    map.image.refresh = () => {
      if (parts.k1) this.#showK1(plant);
      if (parts.panel) this.#showPanel(plant);
    };
    map.image.write = (address, words) => {
      const values = map.parse(address, words);
      if (values === null) return badValue;
      const first = [...values.keys()][0]!;
      const id = first.slice(0, first.indexOf("."));
      const ageMs = this.clockMs - (values.get(`${id}.Tok`) ?? Number.NaN);
      if (!(ageMs >= 0 && ageMs <= tokenMaxMs)) {
        this.refused += 1;
        return badValue;
      }
      for (let i = 0; i < words.length; i += 1) map.image.words[address + i] = words[i]!;
      if (id === "64902") this.#commandK1(plant, values);
      else {
        const bits = values.get("64903.CloseCmd") ?? 0;
        for (let i = 0; i < plant.tiersClosed.length; i += 1) plant.tiersClosed[i] = ((bits >> i) & 1) === 1;
      }
      return 0;
    };
  }

  get clockMs(): number {
    return this.clockStopped ? this.#heldClockMs : clockMs(this.#startMs);
  }

  stopClock(): void {
    this.#heldClockMs = this.clockMs;
    this.clockStopped = true;
  }

  #showK1(plant: Plant): void {
    const k1 = plant.k1!;
    const { linePu } = plant;
    this.map.setAll(64_902, {
      ContNo: contactCodes[k1.contact(k1.lieNo)],
      ContNc: contactCodes[k1.contact(k1.lieNc)],
      GridV: 100 * (linePu + (linePu > 0 ? 0.001 * (Math.random() - 0.5) : 0)),
      GridHz: linePu > 0.1 ? plant.lineHz : 0,
      BusV: 100 * plant.busPu,
      BusHz: Number.isNaN(plant.busHz) ? 0 : plant.busHz,
      Ang: plant.angleDeg,
      Sync: Math.abs(plant.angleDeg) < 10 && plant.gridLive && plant.busLive ? 1 : 0,
      CloseSeq: k1.closeSequence,
      Ops: k1.operations,
      ClkMs: this.clockMs,
      Refused: this.refused,
    });
  }

  #commandK1(plant: Plant, values: ReadonlyMap<string, number>): void {
    const k1 = plant.k1!;
    const command = values.get("64902.Cmd");
    const sequence = values.get("64902.SeqCmd") ?? 0;
    if (command === 1) k1.aim = "open";
    if (command === 2 && isOlder(k1.closeSequence, sequence)) {
      k1.closeSequence = sequence;
      k1.aim = "close";
    }
  }

  #showPanel(plant: Plant): void {
    let bits = 0;
    plant.tiersW.forEach((loadW, i) => {
      const fed = plant.tiersClosed[i] === true;
      if (fed) bits |= 1 << i;
      this.map.set(`64903.Tier[${i + 1}].W`, fed && plant.busPu > 0.5 ? loadW : 0);
    });
    this.map.setAll(64_903, { Closed: bits, ClkMs: this.clockMs });
  }
}
