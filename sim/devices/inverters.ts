/** PV inverters of several makers, with what they do with a limit. Registers as in the public facts about each. */
import { DeviceBank } from "./bank.ts";
import { type Truth, type TwinMaker, totalW } from "./twin.ts";

const three = [0, 1, 2] as const;
const isNight = ({ productionW }: Truth): boolean => Number.isNaN(productionW);

/** SMA: unit 3, high word first; at night every value says 0x80000000 or 0xFFFFFFFF. */
const smaInverter: TwinMaker = (truth) => {
  const bank = new DeviceBank({ inputIsHolding: true });
  const show = (): void => {
    if (isNight(truth)) {
      bank.words(3, 30_775, [0x8000, 0]);
      for (const address of [30_783, 30_785, 30_787, 30_803]) bank.words(3, address, [0xffff, 0xffff]);
      return;
    }
    bank.int32(3, 30_775, truth.productionW);
    for (const i of three) bank.int32(3, 30_783 + 2 * i, 100 * truth.phaseVoltageV[i]);
    bank.int32(3, 30_803, 100 * truth.frequencyHz);
  };
  show();
  bank.refresh = show;
  return { units: new Map([[3, bank]]), truth };
};

/** Sungrow SG: input registers, low word first, AC power at 5030. */
const sungrowSg: TwinMaker = (truth) => {
  const bank = new DeviceBank({ lowWordFirst: true });
  const show = (): void => {
    for (let i = 5_000; i < 5_040; i += 1) bank.int16(4, i, 0);
    for (const i of three) bank.int16(4, 5_018 + i, 10 * truth.phaseVoltageV[i]);
    bank.int32(4, 5_030, isNight(truth) ? 0xffff_ffff : truth.productionW);
    bank.int16(4, 5_035, 10 * truth.frequencyHz);
  };
  show();
  bank.refresh = show;
  return { units: new Map([[1, bank]]), truth };
};

/** Huawei EMMA: unit 0, production, a limit in tenths of a percent that counts in mode 7. */
const huaweiEmma: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  bank.int16(3, 40_100, 0);
  bank.int16(3, 40_109, 1_000);
  bank.writable(16, 40_100, 1);
  bank.writable(16, 40_109, 1);
  const show = (): void => {
    bank.int32(3, 31_657, totalW(truth));
    bank.int32(3, 30_354, truth.productionW);
  };
  show();
  bank.refresh = show;
  const inForceW = (): number => (bank.word(3, 40_100) === 7 ? bank.word(3, 40_109) / 10 : Number.NaN);
  return { units: new Map([[0, bank]]), truth, inForceW };
};

/** Registers of a SunSpec common model of 65, without its last, padding register. */
function common(maker: string, model: string, serial: string): number[] {
  const text = (letters: string, registers: number): number[] => {
    const bytes = Buffer.alloc(2 * registers);
    bytes.write(letters, "latin1");
    return Array.from({ length: registers }, (_, i) => bytes.readUInt16BE(2 * i));
  };
  return [1, 65, ...text(maker, 16), ...text(model, 16), ...text("", 8), ...text("4.18.34", 8), ...text(serial, 16), 1];
}

const unknown16 = 0xffff;
const signed = (value: number): number => Math.round(value) & 0xffff;

/** Model 103: fifty registers; volts between phases at 5, watts at 12 with the power of ten after it, hertz at 14. */
function inverter103(truth: Truth): number[] {
  const points = new Array<number>(50).fill(unknown16);
  for (const i of three) points[8 + i] = Math.round(10 * truth.phaseVoltageV[i]);
  points[11] = signed(-1);
  points[12] = isNight(truth) ? 0x8000 : signed(truth.productionW / 10);
  points[13] = isNight(truth) ? 0x8000 : 1;
  points[14] = Math.round(100 * truth.frequencyHz);
  points[15] = signed(-2);
  return [103, 50, ...points];
}

/** Model 203: volts at 5, hertz at 14, watts and its phases at 16 with the power of ten at 20. `sign`: of import. */
function meter203(truth: Truth, sign: 1 | -1): number[] {
  const points = new Array<number>(105).fill(0x8000);
  for (const i of three) points[6 + i] = Math.round(10 * truth.phaseVoltageV[i]);
  points[13] = signed(-1);
  points[14] = Math.round(100 * truth.frequencyHz);
  points[15] = signed(-2);
  points[16] = signed((sign * totalW(truth)) / 10);
  for (const i of three) points[17 + i] = signed((sign * truth.phasePowerW[i]) / 10);
  points[20] = 1;
  return [203, 105, ...points];
}

const marker = [0x5375, 0x6e53];
const end = [0xffff, 0];

/** SolarEdge: one chain with the inverter and, behind a second common model, its meter, which counts export as positive. */
const solaredge: TwinMaker = (truth) => {
  const bank = new DeviceBank({ lowWordFirst: true });
  const show = (): void => {
    const inverter = [...common("SolarEdge", "SE10K", "7E0A-1"), ...inverter103(truth)];
    const words = [...marker, ...inverter, ...common("SolarEdge", "SE-MTR-3Y", "M-77"), ...meter203(truth, -1), ...end];
    words.forEach((word, i) => {
      bank.words(3, 40_000 + i, [word]);
    });
  };
  show();
  bank.refresh = show;
  const ramps = { 62232: 5, 62234: 5 };
  let [timeoutS, fallbackPct, isOn, limitPct, silentMs] = [60, 100, false, 100, 0];
  const put = (): void => {
    bank.int16(3, 0xf300, isOn ? 1 : 0);
    bank.int32(3, 0xf310, timeoutS);
    bank.float32(3, 0xf312, fallbackPct);
    for (const [address, rate] of Object.entries(ramps)) bank.float32(3, Number(address), rate);
    bank.float32(3, 0xf322, limitPct);
  };
  put();
  bank.writable(16, 0xf300, 1, ([word]) => void (isOn = word === 1));
  bank.writable(16, 0xf310, 2, (words) => void (timeoutS = bank.number32(words, "int32")));
  bank.writable(16, 0xf312, 2, (words) => void (fallbackPct = bank.number32(words, "float32")));
  for (const address of [0xf318, 0xf31a] as const)
    bank.writable(16, address, 2, (words) => {
      const rate = bank.number32(words, "float32");
      // Off is only taken once the rate is 100.
      if (rate === -1 && ramps[address] !== 100 && ramps[address] !== -1) return 3;
      ramps[address] = rate;
      return undefined;
    });
  bank.writable(16, 0xf322, 2, (words) => {
    limitPct = bank.number32(words, "float32");
    silentMs = 0;
  });
  return {
    units: new Map([[1, bank]]),
    truth,
    inForceW: () => (isOn ? (silentMs > 1_000 * timeoutS ? fallbackPct : limitPct) : Number.NaN),
    pass: (elapsedMs) => {
      silentMs += elapsedMs;
    },
  };
};

/** Fronius: the inverter at unit 1, its meter at unit 240, import positive; common models of 65. */
const fronius: TwinMaker = (truth) => {
  const [inverter, meter] = [new DeviceBank(), new DeviceBank()];
  const nameplate = [120, 26, 4, 8_200, 0, ...new Array<number>(23).fill(unknown16)];
  const put = (bank: DeviceBank, words: readonly number[]): void =>
    words.forEach((word, i) => {
      bank.words(3, 40_000 + i, [word]);
    });
  const show = (): void => {
    put(inverter, [
      ...marker,
      ...common("Fronius", "Symo 8.2-3-M", "F-1"),
      ...inverter103(truth),
      ...nameplate,
      ...end,
    ]);
    put(meter, [...marker, ...common("Fronius", "Smart Meter 63A", "FM-1"), ...meter203(truth, 1), ...end]);
  };
  show();
  inverter.refresh = show;
  meter.refresh = show;
  return {
    units: new Map([
      [1, inverter],
      [240, meter],
    ]),
    truth,
  };
};

/** Each by the name of its map. */
export const pvTwins: Readonly<Record<string, TwinMaker>> = {
  "sma-inverter": smaInverter,
  "sungrow-sg": sungrowSg,
  "huawei-emma-pv": huaweiEmma,
  "solaredge-inverter": solaredge,
};

/** Devices that need no map: they speak SunSpec. */
export const sunspecTwins: Readonly<Record<"fronius" | "solaredge", TwinMaker>> = { fronius, solaredge };
