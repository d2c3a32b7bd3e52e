/**
 * A simulated power stage as Modbus sees it: SunSpec 1, 701–715 and our stage model, in the order and size of a realistic
 * map. It keeps the contract of firmware-bridge/CONTRACT.md by itself: commands carry the age of what they were decided on
 * and a sequence number, and stale ones are refused and counted. Without `stageModel` it is a standard SunSpec stage.
 */
import { PortFlag, StageFlag, stageModel, vehiclePortModel } from "../../firmware-bridge/maps/vendor-models.table.ts";
import { roleNames } from "../../src/domain/modes.ts";
import { flipSunSpecDer } from "../../src/domain/sign.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { type FaceModel, RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import type { PlantPort, PlantStage } from "../plant/devices.ts";
import { type CurveFunctions, curveFunctions, curveModels } from "./register-faces-curves.ts";

export interface StageFaceOptions {
  /** Milliseconds of the stage's own clock. */
  readonly clock: () => number;
  /** Default true: our stage model is there. */
  readonly stageModel?: boolean;
  readonly nominalFrequencyHz?: number;
  readonly canForm?: boolean;
  /** Kind of its connection; three phases unless said. */
  readonly phases?: "single" | "split" | "three";
  readonly baseAddress?: number;
  /** Age after which a command is refused, ms. */
  readonly tokenMaxMs?: number;
  /** Watchdog time that it tells, s. */
  readonly watchdogS?: number;
}

export interface StageFace {
  readonly face: RegisterFace;
  /** Lets timers run that live in registers; whoever moves the time calls it now and then. */
  readonly runTimers: () => void;
  /** Commands that were refused because of their age, sequence numbers not counted. */
  readonly refusedByAge: () => number;
  readonly curves: CurveFunctions;
}

const twoTo32 = 0x1_0000_0000;
const model = (id: number): FaceModel => ({ table: sunspecModel(id)! });
const { ok, illegalValue } = ExceptionCode;

export function createStageFace(stage: PlantStage, options: StageFaceOptions): StageFace {
  const withStageModel = options.stageModel ?? true;
  const models: FaceModel[] = [
    model(1),
    model(701),
    model(702),
    model(703),
    model(704),
    ...curveModels,
    model(713),
    { table: sunspecModel(714)!, counts: { NPrt: 1 } },
    model(715),
  ];
  if (withStageModel) models.push({ table: stageModel });
  const port = withStageModel ? stage.port : undefined;
  if (port !== undefined) models.push({ table: vehiclePortModel });
  const face = new RegisterFace(models, options.baseAddress);
  const state = new StageFaceState(stage, face, options);
  state.identity();
  state.measurements();
  state.ratings();
  state.enterService();
  state.setPoints();
  state.storage();
  state.control();
  if (withStageModel) state.ownModel();
  if (port !== undefined) state.vehiclePort(port);
  const curves = curveFunctions(face, options.clock, options.nominalFrequencyHz ?? 60);
  curves.otherReactiveOn = (model) =>
    [705, 712].some((other) => other !== model && curves.reactiveOn(other)) || state.constantReactiveOn();
  state.curveReactiveOn = () => [705, 712].some((model) => curves.reactiveOn(model));
  return { face, runTimers: () => state.runTimers(), refusedByAge: () => state.refusedByAge, curves };
}

/** SunSpec's `ACType`, and from line-to-line to phase voltage. */
const connections = {
  single: { acType: 0, divisor: 1 },
  split: { acType: 1, divisor: 2 },
  three: { acType: 2, divisor: Math.sqrt(3) },
} as const;

class StageFaceState {
  refusedByAge = 0;
  /** A reactive mode of a curve is on. */
  curveReactiveOn: () => boolean = () => false;
  readonly #stage: PlantStage;
  readonly #face: RegisterFace;
  readonly #options: StageFaceOptions;
  readonly #powerExponent: number;
  #operate = true;
  /** A command block was accepted: from then on 704 and 715 no longer move the stage. */
  #ownModelCommands = false;
  #heartbeatSeen = Number.NaN;
  /** When its own power limit was last written; NaN while no timer of it runs. */
  #limitArmedMs = Number.NaN;
  #heartbeatMs: number;

  constructor(stage: PlantStage, face: RegisterFace, options: StageFaceOptions) {
    this.#stage = stage;
    this.#face = face;
    this.#options = options;
    this.#heartbeatMs = options.clock();
    // 16-bit points hold up to 32,767; larger ratings need a coarser step.
    const largest = 1.2 * Math.max(stage.ratedW, stage.ratedVA, stage.ratedVar);
    this.#powerExponent = Math.max(0, Math.ceil(Math.log10(largest / 32_767)));
  }

  identity(): void {
    const face = this.#face;
    face.setText(1, "Mn", "Islet");
    face.setText(1, "Md", "Simulated power stage");
    face.setText(1, "Vr", this.#stage.firmware);
    face.setText(1, "SN", this.#stage.serialNumber);
    face.set(1, "DA", 1);
  }

  measurements(): void {
    const face = this.#face;
    const stage = this.#stage;
    const volts = (): number => stage.voltagePu * stage.nominalVoltageV;
    const watts = (): number => flipSunSpecDer(stage.powerW);
    const vars = (): number => flipSunSpecDer(stage.reactiveVar);
    const apparent = (): number => Math.hypot(stage.powerW, stage.reactiveVar);
    const exponent = this.#powerExponent;
    const { acType, divisor } = connections[this.#options.phases ?? "three"];
    face.setAll(701, {
      A_SF: -1,
      V_SF: -1,
      Hz_SF: -3,
      W_SF: exponent,
      PF_SF: -3,
      VA_SF: exponent,
      Var_SF: exponent,
      TotWh_SF: 0,
      TotVarh_SF: 0,
      Tmp_SF: -1,
      ACType: acType,
    });
    const live = (path: string, value: () => number): void => face.live(701, path, value);
    live("St", () => (stage.role === "off" ? 0 : 1));
    live("InvSt", () => (stage.alarmBits !== 0 ? 6 : stage.role === "off" ? 7 : 3));
    live("ConnSt", () => (stage.contactorClosed ? 1 : 0));
    live("Alrm", () => stage.alarmBits);
    live("DERMode", () => (stage.role === "forming" ? 2 : 1));
    live("W", watts);
    live("VA", apparent);
    live("Var", vars);
    live("PF", () => (apparent() < 1 ? 1 : watts() / apparent()));
    live("A", () => (volts() < 1 ? 0 : apparent() / (Math.sqrt(3) * volts())));
    live("LLV", volts);
    live("LNV", () => volts() / divisor);
    live("Hz", () => stage.frequencyHz);
    live("TotWhInj", () => stage.exportWh);
    live("TotWhAbs", () => stage.importWh);
    const phases = acType + 1;
    for (let phase = 1; phase <= phases; phase += 1) {
      live(`WL${phase}`, () => watts() / phases);
      live(`VarL${phase}`, () => vars() / phases);
      live(`VL${phase}`, () => volts() / divisor);
    }
    for (const pair of ["VL1L2", "VL2L3", "VL3L1"].slice(0, phases === 3 ? 3 : phases - 1)) live(pair, volts);
  }

  ratings(): void {
    const face = this.#face;
    const { ratedW, ratedVA, ratedVar, nominalVoltageV } = this.#stage;
    const exponent = this.#powerExponent;
    face.setAll(702, { W_SF: exponent, PF_SF: -3, VA_SF: exponent, Var_SF: exponent, V_SF: 0, A_SF: -1 });
    const ratings = {
      W: ratedW,
      VA: ratedVA,
      VarMaxInj: ratedVar,
      VarMaxAbs: ratedVar,
      VNom: nominalVoltageV,
      A: ratedVA / (Math.sqrt(3) * nominalVoltageV),
    };
    face.setAll(702, {
      WMaxRtg: ratings.W,
      VAMaxRtg: ratings.VA,
      VarMaxInjRtg: ratings.VarMaxInj,
      VarMaxAbsRtg: ratings.VarMaxAbs,
      WChaRteMaxRtg: ratings.W,
      WDisChaRteMaxRtg: ratings.W,
      VAChaRteMaxRtg: ratings.VA,
      VADisChaRteMaxRtg: ratings.VA,
      VNomRtg: ratings.VNom,
      VMaxRtg: 1.2 * ratings.VNom,
      VMinRtg: 0.5 * ratings.VNom,
      AMaxRtg: ratings.A,
      NorOpCatRtg: 1,
      AbnOpCatRtg: 2,
      CtrlModes: 0x3ffb,
      IntIslandCatRtg: this.#options.canForm === false ? 1 : 14,
      WMax: ratings.W,
      VAMax: ratings.VA,
      VarMaxInj: ratings.VarMaxInj,
      VarMaxAbs: ratings.VarMaxAbs,
      VAChaRteMax: ratings.VA,
      VADisChaRteMax: ratings.VA,
      VNom: ratings.VNom,
      VMax: 1.2 * ratings.VNom,
      VMin: 0.5 * ratings.VNom,
      AMax: ratings.A,
      IntIslandCat: this.#options.canForm === false ? 1 : 14,
    });
    face.live(702, "WChaRteMax", () => this.#stage.maxChargeW);
    face.live(702, "WDisChaRteMax", () => this.#stage.maxDischargeW);
    // A setting never lies above its rating, and never at nothing.
    face.onWrite(702, (touched) =>
      settings702.some(([setting, rating]) => touched(setting) && !within(face, setting, rating)) ? illegalValue : ok,
    );
  }

  enterService(): void {
    const nominalHz = this.#options.nominalFrequencyHz ?? 60;
    this.#face.setAll(703, { V_SF: -1, Hz_SF: -2 });
    this.#face.setAll(703, {
      ES: 1,
      ESVHi: 105,
      ESVLo: 91.7,
      ESHzHi: nominalHz + 0.1,
      ESHzLo: nominalHz - 0.5,
      ESDlyTms: 300,
      ESRndTms: 0,
      ESRmpTms: 300,
      ESDlyRemTms: 0,
    });
    this.#face.onWrite(703, (touched) => {
      const told = (path: string): number => this.#face.get(703, path);
      const switched = told("ES") === 0 || told("ES") === 1;
      if (!switched || !(told("ESVLo") < told("ESVHi")) || !(told("ESHzLo") < told("ESHzHi"))) return illegalValue;
      if (touched("ES")) this.#stage.setPermitService(this.#face.get(703, "ES") === 1);
      return ok;
    });
  }

  setPoints(): void {
    const face = this.#face;
    face.setAll(704, { PF_SF: -3, WMaxLimPct_SF: -1, WSet_SF: 0, WSetPct_SF: -1, VarSet_SF: 0, VarSetPct_SF: -1 });
    face.setAll(704, {
      PFWInjEna: 0,
      PFWInjEnaRvrt: 0,
      PFWInjRvrtTms: 0,
      PFWAbsEnaRvrt: 0,
      PFWAbsRvrtTms: 0,
      "PFWInj.PF": 1,
      "PFWInj.Ext": 0,
      "PFWAbs.PF": 1,
      "PFWAbs.Ext": 0,
      VarSetPri: 0,
      PFWAbsEna: 0,
      WMaxLimPctEna: 0,
      WMaxLimPct: 100,
      WMaxLimPctRvrt: 100,
      WMaxLimPctEnaRvrt: 0,
      WMaxLimPctRvrtTms: 0,
      WSetEna: 0,
      WSetMod: 1,
      WSet: 0,
      WSetRvrt: 0,
      WSetPct: 0,
      WSetEnaRvrt: 0,
      WSetRvrtTms: 0,
      VarSetEna: 0,
      VarSetMod: 4,
      VarSet: 0,
      VarSetPct: 0,
      WRmpRef: 1,
    });
    face.live(704, "WSetRvrtRem", () => {
      const remainingS = this.#stage.reversionRemainingS;
      return Number.isNaN(remainingS) ? 0 : Math.ceil(remainingS);
    });
    face.live(704, "WMaxLimPctRvrtRem", () => this.#limitRemainingS());
    face.live(704, "AntiIslEna", () => (this.#stage.antiIslanding ? 1 : 0));
    face.onWrite(704, (touched) => {
      // The certified function is not for a controller to switch: only its own installer can.
      if (touched("AntiIslEna") && face.get(704, "AntiIslEna") !== (this.#stage.antiIslanding ? 1 : 0))
        return illegalValue;
      if (!this.#limits704()) return illegalValue;
      if (touched("WMaxLimPct") || touched("WMaxLimPctEna") || touched("WMaxLimPctRvrtTms")) this.#armLimit();
      if (touched("WSetRvrtTms") || touched("WSetRvrt")) {
        this.#stage.setReversion(face.get(704, "WSetRvrtTms"), flipSunSpecDer(face.get(704, "WSetRvrt")));
      }
      const power = touched("WSet") || touched("WSetPct") || touched("WSetEna") || touched("WSetMod");
      const reactive = touched("VarSet") || touched("VarSetPct") || touched("VarSetEna") || touched("VarSetMod");
      if (power || reactive) this.#standardCommand();
      return ok;
    });
  }

  /** A reactive mode of 704 is on: constant power factor, or constant var. */
  constantReactiveOn(): boolean {
    return constantModes.some((enable) => this.#face.get(704, enable) === 1);
  }

  /** Shares lie from 0 to 100 %, power factors in range, enables are 0 or 1, and one reactive mode is on at most. */
  #limits704(): boolean {
    const told = (path: string): number => this.#face.get(704, path);
    if (["WMaxLimPct", "WMaxLimPctRvrt"].some((path) => !(told(path) >= 0 && told(path) <= 100))) return false;
    if (["PFWInj.PF", "PFWAbs.PF"].some((path) => !(told(path) > 0 && told(path) <= 1))) return false;
    if (Math.abs(told("WSet")) > this.#stage.ratedW || Math.abs(told("WSetPct")) > 100) return false;
    if (enables704.some((path) => told(path) !== 0 && told(path) !== 1)) return false;
    const factor = told("PFWInjEna") === 1 || told("PFWAbsEna") === 1;
    const vars = told("VarSetEna") === 1;
    return !((factor && vars) || ((factor || vars) && this.curveReactiveOn()));
  }

  #armLimit(): void {
    this.#limitArmedMs = this.#options.clock();
    this.#limit();
  }

  #limitRemainingS(): number {
    const setS = this.#face.get(704, "WMaxLimPctRvrtTms");
    if (!(setS > 0) || Number.isNaN(this.#limitArmedMs)) return 0;
    const remainingS = Math.max(0, setS - (this.#options.clock() - this.#limitArmedMs) / 1_000);
    if (remainingS === 0) this.#revertLimit();
    return Math.ceil(remainingS);
  }

  /** Nobody has renewed the limit: it goes to what it reverts to. */
  #revertLimit(): void {
    const face = this.#face;
    this.#limitArmedMs = Number.NaN;
    face.set(704, "WMaxLimPct", face.get(704, "WMaxLimPctRvrt"));
    face.set(704, "WMaxLimPctEna", face.get(704, "WMaxLimPctEnaRvrt"));
    this.#limit();
  }

  #limit(): void {
    const face = this.#face;
    const share = face.get(704, "WMaxLimPctEna") === 1 ? face.get(704, "WMaxLimPct") / 100 : 1;
    this.#stage.limitDischarge(share * this.#stage.ratedW);
  }

  /** Its own timers run whether anybody reads them or not. */
  runTimers(): void {
    this.#limitRemainingS();
  }

  storage(): void {
    const face = this.#face;
    const stage = this.#stage;
    face.setAll(713, { WH_SF: 2, Pct_SF: -1, Sta: 0 });
    face.live(713, "WHRtg", () => stage.capacityWh);
    face.live(713, "WHAvail", () => (stage.capacityWh * stage.socPct) / 100);
    face.live(713, "SoC", () => stage.socPct);
    face.setAll(714, {
      DCA_SF: -1,
      DCV_SF: -1,
      DCW_SF: this.#powerExponent,
      DCWH_SF: 0,
      Tmp_SF: 0,
      NPrt: 1,
      PrtAlrms: 0,
    });
    face.setAll(714, { "Prt[1].PrtTyp": 2, "Prt[1].ID": 1, "Prt[1].DCAlrm": 0 });
    face.setText(714, "Prt[1].IDStr", "EV 1");
    const watts = (): number => flipSunSpecDer(stage.dcVoltageV * stage.dcCurrentA);
    face.live(714, "DCA", () => flipSunSpecDer(stage.dcCurrentA));
    face.live(714, "DCW", watts);
    face.live(714, "Prt[1].DCA", () => flipSunSpecDer(stage.dcCurrentA));
    face.live(714, "Prt[1].DCV", () => stage.dcVoltageV);
    face.live(714, "Prt[1].DCW", watts);
    face.live(714, "Prt[1].DCSta", () => (stage.vehicleConnected ? 1 : 0));
  }

  control(): void {
    const face = this.#face;
    face.setAll(715, { ControllerHb: 0, AlarmReset: 0, OpCtl: 1 });
    face.live(715, "LocRemCtl", () => (this.#stage.local ? 1 : 0));
    face.live(715, "DERHb", () => this.#stage.heartbeat);
    face.onWrite(715, (touched) => {
      if (touched("ControllerHb")) this.#heartbeat(face.get(715, "ControllerHb"));
      if (touched("AlarmReset")) {
        if (face.get(715, "AlarmReset") === 1) this.#stage.resetAlarms();
        face.set(715, "AlarmReset", 0);
      }
      if (touched("OpCtl")) {
        this.#operate = face.get(715, "OpCtl") % 2 === 1;
        this.#standardCommand();
      }
      return ok;
    });
  }

  ownModel(): void {
    const face = this.#face;
    const stage = this.#stage;
    const id = stageModel.id;
    const live = (path: string, value: () => number): void => face.live(id, path, value);
    face.setAll(id, { W_SF: 0, V_SF: -2, Hz_SF: -3, Pct_SF: -1 });
    face.setAll(id, {
      TokMax: this.#options.tokenMaxMs ?? 300,
      HbTms: this.#options.watchdogS ?? 5,
      Tok: 0,
      Seq: 0,
      RoleCmd: 0,
      WCmd: 0,
      VarCmd: 0,
      FormV: 0,
      FormHz: 0,
      CtlHb: 0,
    });
    live("Role", () => roleNames.indexOf(stage.role));
    live("Flags", () => flagsOf(stage));
    live("Alrm", () => stage.alarmBits);
    live("W", () => flipSunSpecDer(stage.powerW));
    live("Var", () => flipSunSpecDer(stage.reactiveVar));
    live("V", () => 100 * stage.voltagePu);
    live("Hz", () => stage.frequencyHz);
    live("WChaMax", () => stage.maxChargeW);
    live("WDisMax", () => stage.maxDischargeW);
    live("SoC", () => stage.socPct);
    live("Hb", () => stage.heartbeat % twoTo32);
    live("ClkMs", () => this.#clockMs());
    live("ExeSeq", () => stage.executedSequence % twoTo32);
    live("CtlHbAge", () => Math.min(0xffff_fffe, Math.floor(this.#options.clock() - this.#heartbeatMs)));
    live("Refused", () => stage.staleRefused + this.refusedByAge);
    // A part of the block would be executed with what was left in the rest of it.
    face.onWrite(id, (touched) => (commandBlock.every(touched) ? this.#command() : illegalValue));
  }

  /** Control pilot, contactors and output towards the vehicle, for sessions that the controller speaks. */
  vehiclePort(port: PlantPort): void {
    const face = this.#face;
    const id = vehiclePortModel.id;
    const live = (path: string, value: () => number): void => face.live(id, path, value);
    face.setAll(id, { V_SF: -1, A_SF: -1, Pct_SF: -1 });
    face.setAll(id, { VMin: port.minV, VMax: port.maxV, AMax: port.maxA });
    face.setAll(id, { Tok: 0, PhaseCmd: 0, VCmd: 0, AChaMax: 0, ADisMax: 0, Duty: 100 });
    live("Pilot", () => pilotWords.indexOf(port.pilot));
    live("Phase", () => portPhases.indexOf(port.phase));
    live("Insul", () => insulationWords.indexOf(port.insulation));
    live("Flags", () => portFlagsOf(port));
    live("V", () => port.voltageV);
    live("A", () => flipSunSpecDer(this.#stage.dcCurrentA));
    face.onWrite(id, (touched) => (portBlock.every(touched) ? this.#portOrder(port) : illegalValue));
  }

  #portOrder(port: PlantPort): ExceptionCode {
    const face = this.#face;
    const id = vehiclePortModel.id;
    const age = (this.#clockMs() - face.get(id, "Tok")) | 0;
    const phase = portPhases[face.get(id, "PhaseCmd")];
    if (!(age >= 0 && age <= face.get(stageModel.id, "TokMax"))) {
      this.refusedByAge += 1;
      return illegalValue;
    }
    const order = {
      voltageV: face.get(id, "VCmd"),
      chargeA: face.get(id, "AChaMax"),
      dischargeA: face.get(id, "ADisMax"),
      dutyPct: face.get(id, "Duty"),
    };
    return phase !== undefined && port.order({ phase, ...order }) ? ok : illegalValue;
  }

  /** The command block of our own model: checked as a whole, executed as a whole. */
  #command(): ExceptionCode {
    const face = this.#face;
    const stage = this.#stage;
    const id = stageModel.id;
    const age = (this.#clockMs() - face.get(id, "Tok")) | 0;
    if (!(age >= 0 && age <= face.get(id, "TokMax"))) {
      this.refusedByAge += 1;
      return illegalValue;
    }
    const role = roleNames[face.get(id, "RoleCmd")];
    if (role === undefined || ((role === "forming" || role === "hold") && this.#options.canForm === false))
      return illegalValue;
    const ahead = (face.get(id, "Seq") - (stage.executedSequence % twoTo32)) | 0;
    const refusedBefore = stage.staleRefused;
    stage.command({
      role,
      powerW: flipSunSpecDer(face.get(id, "WCmd")),
      reactiveVar: flipSunSpecDer(face.get(id, "VarCmd")),
      formVoltagePu: face.get(id, "FormV") / 100,
      formFrequencyHz: face.get(id, "FormHz"),
      sequence: stage.executedSequence + ahead,
    });
    if (stage.staleRefused !== refusedBefore) return illegalValue;
    this.#ownModelCommands = true;
    this.#heartbeat(face.get(id, "CtlHb"));
    return ok;
  }

  /** 704 and 715 as a standard client uses them: without age or sequence. */
  #standardCommand(): void {
    if (this.#ownModelCommands) return;
    const face = this.#face;
    const stage = this.#stage;
    const on = face.get(704, "WSetEna") === 1 && this.#operate;
    const watts =
      face.get(704, "WSetMod") === 1 ? face.get(704, "WSet") : (face.get(704, "WSetPct") / 100) * stage.ratedW;
    const vars =
      face.get(704, "VarSetMod") === 4 ? face.get(704, "VarSet") : (face.get(704, "VarSetPct") / 100) * stage.ratedVar;
    stage.command({
      role: !on ? "off" : watts > 0 ? "discharge" : "charge",
      powerW: on ? flipSunSpecDer(watts) : 0,
      reactiveVar: on && face.get(704, "VarSetEna") === 1 ? flipSunSpecDer(vars) : 0,
      formVoltagePu: 0,
      formFrequencyHz: 0,
      sequence: stage.executedSequence,
    });
  }

  #heartbeat(value: number): void {
    if (value !== this.#heartbeatSeen) {
      this.#heartbeatSeen = value;
      this.#heartbeatMs = this.#options.clock();
    }
    this.#stage.controllerHeartbeat(value);
  }

  #clockMs(): number {
    return Math.floor(this.#options.clock()) % (twoTo32 - 1);
  }
}

/** First to last point of what is written as one. */
const commandBlock = ["Tok", "Seq", "RoleCmd", "WCmd", "VarCmd", "FormV", "FormHz", "CtlHb"];
const constantModes = ["PFWInjEna", "PFWAbsEna", "VarSetEna"] as const;
const enables704 = [
  "PFWInjEna",
  "PFWAbsEna",
  "WMaxLimPctEna",
  "WMaxLimPctEnaRvrt",
  "WSetEna",
  "WSetEnaRvrt",
  "VarSetEna",
] as const;
/** Settings of 702 and the ratings that bound them. */
const settings702 = [
  ["WMax", "WMaxRtg"],
  ["VAMax", "VAMaxRtg"],
  ["VarMaxInj", "VarMaxInjRtg"],
  ["VarMaxAbs", "VarMaxAbsRtg"],
  ["WChaRteMax", "WChaRteMaxRtg"],
  ["WDisChaRteMax", "WDisChaRteMaxRtg"],
  ["VAChaRteMax", "VAChaRteMaxRtg"],
  ["VADisChaRteMax", "VADisChaRteMaxRtg"],
] as const;

const within = (face: RegisterFace, setting: string, rating: string): boolean => {
  const value = face.get(702, setting);
  return value > 0 && value <= face.get(702, rating);
};

const pilotWords: readonly PlantPort["pilot"][] = ["A", "B", "C", "D", "E", "F"];
const portPhases: readonly PlantPort["phase"][] = ["idle", "cableCheck", "precharge", "energy", "stopped"];
const insulationWords: readonly PlantPort["insulation"][] = ["unknown", "testing", "valid", "fault"];
const portBlock = ["Tok", "PhaseCmd", "VCmd", "AChaMax", "ADisMax", "Duty"];

const portFlagsOf = ({ closed, ready, emergency }: PlantPort): number =>
  (closed ? 1 << PortFlag.closed : 0) | (ready ? 1 << PortFlag.ready : 0) | (emergency ? 1 << PortFlag.emergency : 0);

function flagsOf(stage: PlantStage): number {
  return (
    (stage.local ? 1 << StageFlag.local : 0) |
    (stage.antiIslanding ? 1 << StageFlag.antiIslanding : 0) |
    (stage.contactorClosed ? 1 << StageFlag.contactorClosed : 0) |
    (stage.watchdogTripped ? 1 << StageFlag.watchdogTripped : 0) |
    (stage.vehicleConnected ? 1 << StageFlag.vehicleConnected : 0)
  );
}
