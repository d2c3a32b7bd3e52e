/**
 * Meters of several makers. Registers as in the public facts about each (named in the map files' own sources, read apart from
 * them): addresses on the wire, in the makers' order, with their steps.
 */
import { DeviceBank } from "./bank.ts";
import { type Truth, type Twin, type TwinMaker, totalW } from "./twin.ts";

type Show = (truth: Truth) => void;

/** One unit whose registers are renewed before each read. */
function meter(truth: Truth, unit: number, bank: DeviceBank, show: Show): Twin {
  show(truth);
  bank.refresh = () => show(truth);
  return { units: new Map([[unit, bank]]), truth };
}

const three = [0, 1, 2] as const;

/** SDM630: input registers, float32, volts at 0, watts at 12, total 52, hertz 70, kWh 72 and 74; at most 80 registers. */
const eastronSdm630: TwinMaker = (truth) => {
  const bank = new DeviceBank({ registersMax: 80 });
  return meter(truth, 1, bank, () => {
    for (let i = 0; i < 90; i += 2) bank.float32(4, i, 0);
    for (const i of three) {
      bank.float32(4, 2 * i, truth.phaseVoltageV[i]);
      bank.float32(4, 12 + 2 * i, truth.phasePowerW[i]);
    }
    bank.float32(4, 52, totalW(truth));
    bank.float32(4, 60, truth.reactiveVar);
    bank.float32(4, 70, truth.frequencyHz);
    bank.float32(4, 72, truth.importWh / 1_000);
    bank.float32(4, 74, truth.exportWh / 1_000);
    bank.float32(4, 342, (truth.importWh + truth.exportWh) / 1_000);
  });
};

/** SDM72, first version: total power, import, export, total energy, and nothing else. */
const eastronSdm72: TwinMaker = (truth) => {
  const bank = new DeviceBank({ registersMax: 60 });
  return meter(truth, 1, bank, () => {
    bank.float32(4, 52, totalW(truth));
    bank.float32(4, 72, truth.importWh / 1_000);
    bank.float32(4, 74, truth.exportWh / 1_000);
    bank.float32(4, 342, (truth.importWh + truth.exportWh) / 1_000);
  });
};

/** UMG 604: holding registers, float32 from 19000. */
const janitzaUmg604: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 1, bank, () => {
    for (let i = 19_000; i < 19_078; i += 2) bank.float32(3, i, 0);
    for (const i of three) {
      bank.float32(3, 19_000 + 2 * i, truth.phaseVoltageV[i]);
      bank.float32(3, 19_020 + 2 * i, truth.phasePowerW[i]);
    }
    bank.float32(3, 19_026, totalW(truth));
    bank.float32(3, 19_042, truth.reactiveVar);
    bank.float32(3, 19_050, truth.frequencyHz);
    bank.float32(3, 19_068, truth.importWh);
    bank.float32(3, 19_076, truth.exportWh);
  });
};

/** PM5xxx: function 3 only, kilowatts as float32, hertz at 0x0C25, energies as 64-bit Wh at 3203 and 3207. */
const schneiderPm5xxx: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 1, bank, () => {
    for (let i = 2_999; i < 3_110; i += 2) bank.float32(3, i, Number.NaN);
    for (const i of three) {
      bank.float32(3, 0x0bd3 + 2 * i, truth.phaseVoltageV[i]);
      bank.float32(3, 3_053 + 2 * i, truth.phasePowerW[i] / 1_000);
    }
    bank.float32(3, 0x0bf3, totalW(truth) / 1_000);
    bank.float32(3, 3_067, truth.reactiveVar / 1_000);
    bank.float32(3, 0x0c25, truth.frequencyHz);
    bank.int64(3, 3_203, truth.importWh);
    bank.int64(3, 3_207, truth.exportWh);
  });
};

/** EM24: int32 with the low word first, 0.1 V and 0.1 W; functions 3 and 4 give the same; at most 50 registers. */
function carloGavazzi(hertzAt: number, importAt: number, exportAt: number, model: number | undefined): TwinMaker {
  return (truth) => {
    const bank = new DeviceBank({ lowWordFirst: true, inputIsHolding: true, registersMax: 50 });
    const twin = meter(truth, 1, bank, () => {
      for (let i = 0; i < 0x60; i += 2) bank.int32(3, i, 0);
      for (const i of three) {
        bank.int32(3, 2 * i, 10 * truth.phaseVoltageV[i]);
        bank.int32(3, 0x12 + 2 * i, 10 * truth.phasePowerW[i]);
      }
      bank.int32(3, 0x28, 10 * totalW(truth));
      bank.int16(3, hertzAt, 10 * truth.frequencyHz);
      bank.int32(3, importAt, truth.importWh / 100);
      bank.int32(3, exportAt, truth.exportWh / 100);
    });
    if (model === undefined) return twin;
    // Read alone, register 0x0B is the model; inside a block it is half a voltage.
    const read = bank.read.bind(bank);
    bank.read = (address, count, into, at, functionCode) => {
      const code = read(address, count, into, at, functionCode);
      if (address === 0x0b && count === 1) into.writeUInt16BE(model, at);
      return code;
    };
    return twin;
  };
}

/** B23: 0.1 V, 0.01 W as int32, hertz 0.01; "not available" is 0x7FFFFFFF; its type as text at 0x8960. */
const abbB23: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 1, bank, () => {
    for (let i = 0x5b00; i < 0x5b40; i += 2) bank.words(3, i, [0x7fff, 0xffff]);
    for (const i of three) {
      bank.int32(3, 0x5b00 + 2 * i, 10 * truth.phaseVoltageV[i]);
      bank.int32(3, 0x5b16 + 2 * i, 100 * truth.phasePowerW[i]);
    }
    bank.int32(3, 0x5b14, 100 * totalW(truth));
    bank.int32(3, 0x5b1c, 100 * truth.reactiveVar);
    bank.int16(3, 0x5b2c, 100 * truth.frequencyHz);
    bank.int64(3, 0x5000, truth.importWh / 10);
    bank.int64(3, 0x5004, truth.exportWh / 10);
    bank.text(3, 0x8960, "B23 112-100", 6);
  });
};

/** PAC2200: float32 at odd offsets, values whole only, energies as float64 Wh at 801 and 809; functions 3 and 4. */
const siemensPac2200: TwinMaker = (truth) => {
  const bank = new DeviceBank({ wholeValues: true, inputIsHolding: true });
  return meter(truth, 126, bank, () => {
    for (let i = 1; i < 80; i += 2) bank.float32(3, i, 0);
    for (const i of three) {
      bank.float32(3, 1 + 2 * i, truth.phaseVoltageV[i]);
      bank.float32(3, 25 + 2 * i, truth.phasePowerW[i]);
    }
    bank.float32(3, 55, truth.frequencyHz);
    bank.float32(3, 65, totalW(truth));
    bank.float32(3, 67, truth.reactiveVar);
    bank.float64(3, 801, truth.importWh);
    bank.float64(3, 809, truth.exportWh);
  });
};

/** Socomec: "SOCO" at 50000 with one letter in each register, the name at 50058. */
function socomec(name: string, show: (bank: DeviceBank, truth: Truth) => void): TwinMaker {
  return (truth) => {
    const bank = new DeviceBank();
    return meter(truth, 1, bank, () => {
      bank.words(
        3,
        50_000,
        [..."SOCO"].map((letter) => letter.charCodeAt(0)),
      );
      bank.text(3, 50_058, name, 8);
      show(bank, truth);
    });
  };
}

const socomecCountisE34 = socomec("Countis E34", (bank, truth) => {
  for (let i = 50_520; i < 50_560; i += 2) bank.int32(3, i, 0);
  for (const i of three) {
    bank.int32(3, 50_520 + 2 * i, 100 * truth.phaseVoltageV[i]);
    bank.int32(3, 0xc570 + 2 * i, truth.phasePowerW[i] / 10);
  }
  bank.int32(3, 0xc55e, 100 * truth.frequencyHz);
  bank.int32(3, 0xc568, totalW(truth) / 10);
});

const socomecDirisB30 = socomec("Diris B30", (bank, truth) => {
  for (let i = 0x480c; i < 0x4844; i += 2) bank.int32(3, i, 0);
  for (const i of three) {
    bank.int32(3, 0x480c + 2 * i, 100 * truth.phaseVoltageV[i]);
    bank.int32(3, 0x4838 + 2 * i, truth.phasePowerW[i]);
  }
  bank.int32(3, 0x482c, totalW(truth));
});

/** Shelly Pro 3EM: input registers only, low word first, texts with turned bytes; a phase each 20 registers from 1020. */
const shellyPro3em: TwinMaker = (truth) => {
  const bank = new DeviceBank({ lowWordFirst: true, turnedText: true });
  return meter(truth, 1, bank, () => {
    bank.text(4, 0, "A0B1C2D3E4F5", 6);
    bank.text(4, 6, "SPEM-003CEBEU", 10);
    for (let i = 1_000; i < 1_080; i += 1) bank.int16(4, i, 0);
    bank.float32(4, 1_013, totalW(truth));
    for (const i of three) {
      bank.float32(4, 1_020 + 20 * i, truth.phaseVoltageV[i]);
      bank.float32(4, 1_024 + 20 * i, truth.phasePowerW[i]);
      bank.float32(4, 1_033 + 20 * i, truth.frequencyHz);
    }
  });
};

/** Meter behind a SUN2000: export counts positive. */
const huaweiMeter: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 1, bank, () => {
    for (let i = 37_101; i < 37_138; i += 2) bank.int32(3, i, 0);
    for (const i of three) {
      bank.int32(3, 37_101 + 2 * i, 10 * truth.phaseVoltageV[i]);
      bank.int32(3, 37_132 + 2 * i, -truth.phasePowerW[i]);
    }
    bank.int32(3, 37_113, -totalW(truth));
  });
};

/** EMMA: unit 0, grid import positive, production, and its percentage limit. */
const huaweiEmma: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  let [mode, limit] = [0, 1_000];
  bank.writable(16, 40_100, 1, ([word]) => void (mode = word!));
  bank.writable(16, 40_109, 1, ([word]) => void (limit = word!));
  const twin = meter(truth, 0, bank, () => {
    bank.int32(3, 31_657, totalW(truth));
    bank.int32(3, 30_354, truth.productionW);
    bank.int16(3, 40_100, mode);
    bank.int16(3, 40_109, limit);
  });
  return { ...twin, inForceW: () => (mode === 7 ? limit / 10 : Number.NaN) };
};

/** Sunny Home Manager: unit 2, two unsigned numbers. */
const smaHomeManager: TwinMaker = (truth) => {
  const bank = new DeviceBank({ inputIsHolding: true });
  return meter(truth, 2, bank, () => {
    bank.int32(3, 30_865, Math.max(0, totalW(truth)));
    bank.int32(3, 30_867, Math.max(0, -totalW(truth)));
  });
};

/** Victron GX: the system at unit 100; 16-bit powers that overflow, 32-bit ones, the battery's state of charge, the ESS mode. */
const victronGx: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 100, bank, () => {
    for (const i of three) {
      bank.int16(3, 820 + i, truth.phasePowerW[i]);
      bank.int32(3, 908 + 2 * i, truth.phasePowerW[i]);
    }
    bank.int16(3, 843, truth.socPct);
    bank.int16(3, 2_902, 1);
  });
};

/** Sungrow SH: input registers, low word first, grid power at 13009 with export positive. */
const sungrowSh: TwinMaker = (truth) => {
  const bank = new DeviceBank({ lowWordFirst: true });
  return meter(truth, 1, bank, () => {
    for (let i = 5_016; i < 5_038; i += 1) bank.int16(4, i, 0);
    bank.int32(4, 5_016, truth.productionW);
    for (const i of three) bank.int16(4, 5_018 + i, 10 * truth.phaseVoltageV[i]);
    bank.int16(4, 5_035, 10 * truth.frequencyHz);
    bank.int32(4, 13_009, -totalW(truth));
  });
};

/** Sigenergy plant: unit 247, kilowatts in thousandths, bought positive. */
const sigenergyPlant: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  return meter(truth, 247, bank, () => bank.int32(4, 30_005, totalW(truth)));
};

/** Each by the name of its map. */
export const meterTwins: Readonly<Record<string, TwinMaker>> = {
  "eastron-sdm630": eastronSdm630,
  "eastron-sdm72": eastronSdm72,
  "janitza-umg604": janitzaUmg604,
  "schneider-pm5xxx": schneiderPm5xxx,
  "carlo-gavazzi-em24-e1": carloGavazzi(0x33, 0x34, 0x4e, 1_651),
  "carlo-gavazzi-em24": carloGavazzi(0x37, 0x42, 0x5c, undefined),
  "abb-b23": abbB23,
  "siemens-pac2200": siemensPac2200,
  "socomec-countis-e34": socomecCountisE34,
  "socomec-diris-b30": socomecDirisB30,
  "shelly-pro-3em": shellyPro3em,
  "huawei-sun2000-meter": huaweiMeter,
  "huawei-emma-meter": huaweiEmma,
  "sma-home-manager": smaHomeManager,
  "victron-gx-grid": victronGx,
  "sungrow-sh-grid": sungrowSh,
  "sigenergy-plant": sigenergyPlant,
};
