/** The registers of the site's other devices: meter at the PCC, transfer device K1 with the panel of tiers, PV inverter. */
import { loadPanelModel, transferDeviceModel } from "../../firmware-bridge/maps/vendor-models.table.ts";
import { transferCommandNames } from "../../src/domain/modes.ts";
import { flipMeter } from "../../src/domain/sign.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { type FaceModel, RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import type { PlantLoadPanel, PlantMeter, PlantPv, PlantTransferDevice } from "../plant/devices.ts";

const model = (id: number): FaceModel => ({ table: sunspecModel(id)! });
const twoTo32 = 0x1_0000_0000;
const clockMs = (clock: () => number): number => Math.floor(clock()) % (twoTo32 - 1);

function setIdentity(face: RegisterFace, name: string, firmware: string, serialNumber: string): void {
  face.setText(1, "Mn", "Islet");
  face.setText(1, "Md", name);
  face.setText(1, "Vr", firmware);
  face.setText(1, "SN", serialNumber);
  face.set(1, "DA", 1);
}

export interface MeterFaceOptions {
  /** SunSpec model: 201–204 whole numbers, 211–214 floats. */
  readonly model?: number;
  readonly importPositive?: boolean;
  /** From line-to-line to phase voltage. */
  readonly phases?: "single" | "split" | "three";
  readonly serialNumber?: string;
  readonly baseAddress?: number;
  /** Whose current each input has, turned round where the sign is −1; each its own by default. */
  readonly wiring?: readonly { readonly conductor: number; readonly sign: 1 | -1 }[];
}

/** Angles of the conductors' voltages, degrees, by their number. */
const angles: Readonly<Record<number, readonly number[]>> = { 1: [0], 2: [0, 180], 3: [0, 240, 120] };

/** A meter whose current transformers are wired like this: each input multiplies its own voltage with what it has. */
function wired(meter: PlantMeter, wiring: NonNullable<MeterFaceOptions["wiring"]>): PlantMeter {
  const count = wiring.length;
  const powers = (): { readonly p: number[]; readonly q: number[] } => {
    const p: number[] = [];
    const q: number[] = [];
    wiring.forEach(({ conductor, sign }, input) => {
      const turn = ((angles[count]![input]! - angles[count]![conductor]!) * Math.PI) / 180;
      const active = meter.phasePowerW[conductor]!;
      const reactive = meter.reactiveVar / count;
      p.push(sign * (active * Math.cos(turn) - reactive * Math.sin(turn)));
      q.push(sign * (active * Math.sin(turn) + reactive * Math.cos(turn)));
    });
    return { p, q };
  };
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return new Proxy(meter, {
    get: (target, key) => {
      if (key === "powerW") return sum(powers().p);
      if (key === "reactiveVar") return sum(powers().q);
      if (key === "phasePowerW") return [...powers().p, 0, 0].slice(0, 3);
      return Reflect.get(target, key, target) as unknown;
    },
  });
}

export function createMeterFace(plant: PlantMeter, options: MeterFaceOptions = {}): RegisterFace {
  const meter = options.wiring === undefined ? plant : wired(plant, options.wiring);
  const id = options.model ?? 213;
  const importPositive = options.importPositive ?? true;
  const divisor = { single: 1, split: 2, three: Math.sqrt(3) }[options.phases ?? "three"];
  const face = new RegisterFace([model(1), model(id)], options.baseAddress);
  setIdentity(face, "Simulated meter", "1.0", options.serialNumber ?? "PCC-1");
  if (id < 210) {
    face.setAll(id, { A_SF: -1, V_SF: -1, Hz_SF: -2, W_SF: 2, VA_SF: 2, VAR_SF: 2, PF_SF: -2, TotWh_SF: 2, Evt: 0 });
  } else face.set(id, "Evt", 0);
  const live = (path: string, value: () => number): void => {
    if (face.has(id, path)) face.live(id, path, value);
  };
  const volts = (): number => meter.voltagePu * meter.nominalVoltageV;
  live("PhV", () => volts() / divisor);
  live("PPV", volts);
  live("Hz", () => meter.frequencyHz);
  live("W", () => flipMeter(meter.powerW, importPositive));
  live("VAR", () => flipMeter(meter.reactiveVar, importPositive));
  live("VA", () => Math.hypot(meter.powerW, meter.reactiveVar));
  live("A", () => (volts() < 1 ? 0 : Math.hypot(meter.powerW, meter.reactiveVar) / (divisor * volts())));
  for (const [i, phase] of ["A", "B", "C"].entries()) {
    live(`PhVph${phase}`, () => (meter.phaseVoltagePu[i]! * meter.nominalVoltageV) / divisor);
    live(`Wph${phase}`, () => flipMeter(meter.phasePowerW[i]!, importPositive));
  }
  live("TotWhExp", () => (importPositive ? meter.exportWh : meter.importWh));
  live("TotWhImp", () => (importPositive ? meter.importWh : meter.exportWh));
  return face;
}

export interface TransferDeviceFaceOptions {
  readonly clock: () => number;
  readonly tokenMaxMs?: number;
  readonly serialNumber?: string;
  readonly baseAddress?: number;
}

export interface TransferDeviceFace {
  readonly face: RegisterFace;
  readonly refusedByAge: () => number;
}

/** K1, and on the same unit the panel of tiers where the site has one. */
export function createTransferDeviceFace(
  device: PlantTransferDevice,
  options: TransferDeviceFaceOptions,
  panel?: PlantLoadPanel,
): TransferDeviceFace {
  const models: FaceModel[] = [model(1), { table: transferDeviceModel }];
  if (panel !== undefined) models.push({ table: loadPanelModel, counts: { NTier: panel.tierCount } });
  const face = new RegisterFace(models, options.baseAddress);
  setIdentity(face, "Simulated transfer device", "1.0", options.serialNumber ?? "K1");
  let refusedByAge = 0;
  const tokenMaxMs = options.tokenMaxMs ?? 300;

  const isStale = (id: number): boolean => {
    const age = (clockMs(options.clock) - face.get(id, "Tok")) | 0;
    const stale = !(age >= 0 && age <= tokenMaxMs);
    if (stale) refusedByAge += 1;
    return stale;
  };

  const id = transferDeviceModel.id;
  const live = (path: string, value: () => number): void => face.live(id, path, value);
  face.setAll(id, { V_SF: -2, Hz_SF: -3, Ang_SF: -1, TokMax: tokenMaxMs, Tok: 0, Cmd: 0, SeqCmd: 0 });
  live("ContNo", () => (device.contactNo === "closed" ? 1 : 0));
  live("ContNc", () => (device.contactNc === "closed" ? 1 : 0));
  live("GridV", () => 100 * device.gridVoltagePu);
  live("GridHz", () => device.gridFrequencyHz);
  live("BusV", () => 100 * device.busVoltagePu);
  live("BusHz", () => device.busFrequencyHz);
  live("Ang", () => device.phaseDeg);
  live("Sync", () => (device.syncRelay ? 1 : 0));
  live("CloseSeq", () => device.closeSequence % twoTo32);
  live("Ops", () => device.operations);
  live("ClkMs", () => clockMs(options.clock));
  live("Refused", () => refusedByAge);
  face.onWrite(id, () => {
    if (isStale(id)) return ExceptionCode.illegalValue;
    const command = transferCommandNames[face.get(id, "Cmd")];
    if (command === undefined) return ExceptionCode.illegalValue;
    if (command === "open") device.commandOpen();
    else if (command === "none") device.commandNone();
    else {
      const ahead = (face.get(id, "SeqCmd") - (device.closeSequence % twoTo32)) | 0;
      if (ahead < 0) return ExceptionCode.illegalValue;
      device.commandClose(device.closeSequence + ahead);
    }
    return ExceptionCode.ok;
  });

  if (panel !== undefined) {
    const panelId = loadPanelModel.id;
    face.setAll(panelId, { W_SF: 0, TokMax: tokenMaxMs, Tok: 0, CloseCmd: 0 });
    const closedBits = (): number => {
      let bits = 0;
      for (let tier = 0; tier < panel.tierCount; tier += 1) if (panel.closed(tier)) bits |= 1 << tier;
      return bits;
    };
    face.live(panelId, "Closed", closedBits);
    face.live(panelId, "ClkMs", () => clockMs(options.clock));
    for (let tier = 0; tier < panel.tierCount; tier += 1) {
      face.live(panelId, `Tier[${tier + 1}].W`, () => panel.loadW(tier));
    }
    face.onWrite(panelId, () => {
      if (isStale(panelId)) return ExceptionCode.illegalValue;
      const bits = face.get(panelId, "CloseCmd");
      for (let tier = 0; tier < panel.tierCount; tier += 1) panel.command(tier, ((bits >> tier) & 1) === 1);
      return ExceptionCode.ok;
    });
  }
  return { face, refusedByAge: () => refusedByAge };
}

/** PV inverter: standard SunSpec only, curtailed by 704 WMaxLimPct. */
export function createPvFace(pv: PlantPv, baseAddress?: number): RegisterFace {
  const face = new RegisterFace([model(1), model(701), model(702), model(704)], baseAddress);
  setIdentity(face, "Simulated PV inverter", pv.firmware, pv.serialNumber);
  const exponent = Math.max(0, Math.ceil(Math.log10((1.2 * pv.ratedW) / 32_767)));
  const volts = (): number => pv.voltagePu * pv.nominalVoltageV;
  face.setAll(701, {
    W_SF: exponent,
    VA_SF: exponent,
    Var_SF: exponent,
    V_SF: -1,
    Hz_SF: -3,
    A_SF: -1,
    PF_SF: -3,
    TotWh_SF: 0,
  });
  face.setAll(701, { ACType: 2, Var: 0, Alrm: 0, DERMode: 1 });
  face.live(701, "St", () => (pv.producedW > 0 ? 1 : 0));
  face.live(701, "W", () => pv.producedW);
  face.live(701, "VA", () => pv.producedW);
  face.live(701, "LLV", volts);
  face.live(701, "LNV", () => volts() / Math.sqrt(3));
  face.live(701, "Hz", () => pv.frequencyHz);
  face.setAll(702, { W_SF: exponent, VA_SF: exponent, V_SF: 0 });
  face.setAll(702, {
    WMaxRtg: pv.ratedW,
    WMax: pv.ratedW,
    VAMaxRtg: pv.ratedW,
    VAMax: pv.ratedW,
    VNom: pv.nominalVoltageV,
  });
  face.setAll(704, { WMaxLimPct_SF: -1 });
  face.setAll(704, {
    WMaxLimPctEna: 0,
    WMaxLimPct: 100,
    WMaxLimPctRvrt: 100,
    WMaxLimPctEnaRvrt: 0,
    WMaxLimPctRvrtTms: 0,
  });
  face.onWrite(704, (touched) => {
    if (!touched("WMaxLimPct") && !touched("WMaxLimPctEna")) return ExceptionCode.ok;
    const on = face.get(704, "WMaxLimPctEna") === 1;
    const share = (path: string): number => (face.get(704, path) / 100) * pv.ratedW;
    pv.limit(on ? share("WMaxLimPct") : pv.ratedW, face.get(704, "WMaxLimPctRvrtTms"), share("WMaxLimPctRvrt"));
    return ExceptionCode.ok;
  });
  return face;
}
