/** Bidirectional chargers of several makers: registers, habits and what they do on silence, as in the public facts about each. */
import { DeviceBank } from "./bank.ts";
import { type TwinMaker, totalW } from "./twin.ts";

const illegalValue = 3;
const signed16 = (word: number): number => (word << 16) >> 16;

/**
 * Wallbox Quasar: functions 3 and 6. Nothing below register 81 = 1 is obeyed; less than 1380 W is no setpoint; it stops when
 * no message has come for the seconds in 88; the state of charge reads 0 while it does not charge.
 */
const wallboxQuasar: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  let [remote, idleS, action, setW, silentMs] = [0, 0, 2, 0, 0];
  const runs = (): boolean => remote === 1 && action === 1 && Math.abs(setW) >= 1_380 && truth.vehicleConnected;
  bank.writable(6, 81, 1, ([word]) => {
    remote = word!;
    // Giving control back resets what was set.
    if (word === 0) [idleS, action, setW] = [0, 2, 0];
  });
  for (const address of [82, 83]) bank.writable(6, address, 1, () => (remote === 1 ? undefined : illegalValue));
  bank.writable(6, 88, 1, ([word]) => {
    if (remote !== 1) return illegalValue;
    idleS = word!;
    return undefined;
  });
  bank.writable(6, 256, 1);
  bank.writable(6, 257, 1, ([word]) => {
    if (remote !== 1 || (word !== 1 && word !== 2)) return illegalValue;
    action = word;
    return undefined;
  });
  bank.writable(6, 260, 1, ([word]) => {
    if (remote !== 1) return illegalValue;
    setW = signed16(word!);
    return undefined;
  });
  bank.refresh = () => {
    silentMs = 0;
    bank.int16(3, 81, remote);
    bank.int16(3, 88, idleS);
    bank.int16(3, 514, 7_000);
    bank.int16(3, 526, runs() ? setW : 0);
    bank.int16(3, 537, truth.vehicleConnected ? (runs() ? (setW > 0 ? 1 : 11) : 4) : 0);
    bank.int16(3, 538, runs() && setW > 0 ? truth.socPct : 0);
    for (let i = 539; i < 543; i += 1) bank.int16(3, i, 0);
  };
  bank.refresh();
  return {
    units: new Map([[1, bank]]),
    truth,
    inForceW: () => (runs() ? setW : 0),
    pass: (elapsedMs) => {
      silentMs += elapsedMs;
      if (idleS > 0 && silentMs > 1_000 * idleS) action = 2;
    },
  };
};

/** EVtec BiDiPro: pairs, high word first; idle after the seconds in 42 without a message; 188: 1 suspends, 0 runs. */
const evtecBidipro: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  bank.text(3, 0, "2.4", 16);
  bank.text(3, 16, "BDP-0815", 10);
  bank.text(3, 26, "BiDiPro 10", 16);
  let [timeoutS, suspended, setW, silentMs] = [60, true, 0, 0];
  const runs = (): boolean => !suspended && setW !== 0 && truth.vehicleConnected;
  bank.writable(16, 42, 2, (words) => {
    const seconds = bank.number32(words, "int32");
    if (seconds < 0 || seconds > 600) return illegalValue;
    timeoutS = seconds;
    return undefined;
  });
  bank.writable(16, 186, 2, (words) => void (setW = bank.number32(words, "int32")));
  bank.writable(16, 188, 2, (words) => void (suspended = bank.number32(words, "int32") === 1));
  bank.refresh = () => {
    silentMs = 0;
    bank.int32(3, 42, timeoutS);
    bank.int32(3, 100, truth.vehicleConnected ? (runs() ? (setW > 0 ? 7 : 8) : 10) : 1);
    bank.float32(3, 110, runs() ? setW : 0);
    bank.float32(3, 112, truth.socPct);
    bank.int32(3, 114, 1);
    bank.float32(3, 130, 10_000);
    bank.int64(3, 154, 0);
  };
  bank.refresh();
  return {
    units: new Map([[1, bank]]),
    truth,
    inForceW: () => (runs() ? setW : 0),
    pass: (elapsedMs) => {
      silentMs += elapsedMs;
      if (silentMs > 1_000 * timeoutS) [suspended, setW] = [true, 0];
    },
  };
};

/** ambiBox: connector 1 at input 4000 and holding 3000; the setpoint is written with charging negative. */
const ambiboxAmbicharge: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  let setW = 0;
  bank.writable(16, 3_000, 2, (words) => void (setW = -bank.number32(words, "int32")), true);
  bank.writable(16, 3_002, 2, () => undefined, true);
  bank.refresh = () => {
    for (let i = 4_000; i < 4_110; i += 2) bank.int32(4, i, 0);
    for (const i of [0, 1, 2] as const) bank.float32(4, 4_012 + 2 * i, truth.phaseVoltageV[i]);
    bank.int32(4, 4_018, truth.vehicleConnected ? setW : 0);
    bank.float32(4, 4_026, truth.importWh);
    bank.float32(4, 4_028, truth.exportWh);
    bank.int32(4, 4_036, 3);
    bank.float32(4, 4_048, 77_000);
    bank.float32(4, 4_054, truth.socPct);
    bank.int32(4, 4_082, truth.vehicleConnected ? 5 : 0);
    bank.int32(4, 4_084, truth.vehicleConnected ? 1 : 0);
  };
  bank.refresh();
  return { units: new Map([[1, bank]]), truth, inForceW: () => setW };
};

/**
 * Sigenergy EVDC: start and stop by function 6, limits by function 16 and never under 500 W; register 41001 is reserved, and
 * whoever touches it breaks something.
 */
const sigenergyEvdc: TwinMaker = (truth) => {
  const bank = new DeviceBank();
  let [started, chargeW, dischargeW] = [false, 0, 0];
  const inForceW = (): number => (started && truth.vehicleConnected ? (dischargeW > 0 ? -dischargeW : chargeW) : 0);
  bank.writable(6, 41_000, 1, ([word]) => void (started = word === 0), true);
  for (const address of [41_002, 41_004])
    bank.writable(
      16,
      address,
      2,
      (words) => {
        const watts = bank.number32(words, "int32");
        if (watts < 500) return illegalValue;
        if (address === 41_002) [chargeW, dischargeW] = [watts, 0];
        else [chargeW, dischargeW] = [0, watts];
        return undefined;
      },
      true,
    );
  bank.refresh = () => {
    bank.int16(4, 31_500, 4_000);
    bank.int16(4, 31_501, Math.round(inForceW() / 400));
    bank.int32(4, 31_502, inForceW());
    bank.int16(4, 31_504, truth.vehicleConnected ? 10 * truth.socPct : 0);
    bank.int32(4, 31_505, 100);
    bank.int16(4, 31_513, inForceW() > 0 ? 3 : inForceW() < 0 ? 8 : 0);
    bank.int32(4, 31_519, truth.importWh / 10);
    bank.int32(4, 31_521, truth.exportWh / 10);
    bank.int32(4, 31_523, 25_000);
    bank.int32(4, 31_525, 25_000);
  };
  bank.refresh();
  return { units: new Map([[1, bank]]), truth, inForceW };
};

/** A MultiPlus behind a GX: VE.Bus at unit 227, the system at unit 100; the setpoint counts while ESS is external (2902 = 3). */
const victronMultiplus: TwinMaker = (truth) => {
  const [vebus, system] = [new DeviceBank(), new DeviceBank()];
  let [setW, silentMs] = [0, 0];
  const inForceW = (): number => (system.word(3, 2_902) === 3 && silentMs < 60_000 ? setW : 0);
  vebus.writable(16, 37, 1, ([word]) => {
    setW = signed16(word!);
    silentMs = 0;
  });
  system.int16(3, 2_902, 1);
  system.writable(16, 2_902, 1);
  vebus.refresh = () => {
    for (let i = 0; i < 3; i += 1) {
      vebus.int16(3, 3 + i, 10 * truth.phaseVoltageV[i]!);
      vebus.int16(3, 6 + i, 0);
      vebus.int16(3, 9 + i, 100 * truth.frequencyHz);
      vebus.int16(3, 12 + i, i === 0 ? inForceW() / 10 : 0);
    }
    vebus.int16(3, 22, 320);
    vebus.int16(3, 31, 252);
    vebus.int16(3, 33, 3);
  };
  vebus.refresh();
  const showSystem = (): void => {
    for (const i of [0, 1, 2] as const) system.int32(3, 908 + 2 * i, truth.phasePowerW[i]);
    system.int16(3, 842, totalW(truth));
    system.int16(3, 843, truth.socPct);
  };
  showSystem();
  system.refresh = showSystem;
  return {
    units: new Map([
      [227, vebus],
      [100, system],
    ]),
    truth,
    inForceW,
    pass: (elapsedMs) => {
      silentMs += elapsedMs;
    },
  };
};

/** Each by the name of its map. */
export const stageTwins: Readonly<Record<string, TwinMaker>> = {
  "wallbox-quasar": wallboxQuasar,
  "evtec-bidipro": evtecBidipro,
  "ambibox-ambicharge": ambiboxAmbicharge,
  "sigenergy-evdc": sigenergyEvdc,
  "victron-multiplus": victronMultiplus,
};
