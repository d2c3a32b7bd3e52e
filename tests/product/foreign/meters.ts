/**
 * Meters of other makers by their public register lists, with addresses on the wire, and maps as a technician writes them from
 * the manual where the library has none.
 */
import { RegisterImage } from "../site/modbus-server.ts";
import type { Truth } from "./truth.ts";

const three = [0, 1, 2] as const;

/** Registers that are given as whole values only: a read that begins or ends inside one is refused. */
class WholeValues extends RegisterImage {
  /** Whether a value of two registers begins here. */
  readonly begins: (address: number) => boolean;

  constructor(begins: (address: number) => boolean) {
    super([3, 4]);
    this.begins = begins;
  }

  override registers(functionCode: 3 | 4, address: number, count: number): Buffer | number {
    return this.begins(address) && this.begins(address + count) ? super.registers(functionCode, address, count) : 2;
  }
}

function setInt(image: RegisterImage, address: number, value: number, low: boolean): void {
  const raw = Math.round(value) >>> 0;
  image.words[address + (low ? 1 : 0)] = raw >>> 16;
  image.words[address + (low ? 0 : 1)] = raw & 0xffff;
}

function setSwapped(image: RegisterImage, address: number, value: number): void {
  image.setFloat(address, value);
  const { words } = image;
  [words[address], words[address + 1]] = [words[address + 1]!, words[address]!];
}

/** Siemens PAC2200: float32 at odd offsets, volts at 1, watts at 25 and 65, hertz at 55. */
export function pac2200(truth: Truth): RegisterImage {
  const image = new WholeValues((address) => address % 2 === 1);
  image.define(1, 80);
  image.refresh = () => {
    for (const i of three) {
      image.setFloat(1 + 2 * i, truth.phaseV[i]);
      image.setFloat(25 + 2 * i, truth.phaseW[i]);
    }
    image.setFloat(55, truth.frequencyHz);
    image.setFloat(65, truth.powerW);
    image.setFloat(67, 0);
  };
  return image;
}

/** Phoenix Contact EEM-MA370: holding registers, float32 with the low word first, volts from 0x8006, watts at 0x8016 and 0x801E. */
export function eemMa370(truth: Truth): RegisterImage {
  const image = new RegisterImage([3]);
  image.define(0x8006, 0x39);
  image.refresh = () => {
    for (const i of three) {
      setSwapped(image, 0x8006 + 2 * i, truth.phaseV[i]);
      setSwapped(image, 0x801e + 2 * i, truth.phaseW[i]);
    }
    setSwapped(image, 0x800c, truth.frequencyHz);
    setSwapped(image, 0x8016, truth.powerW);
  };
  return image;
}
export const eemMa370Map = `device: meter
maker: Phoenix Contact EEM-MA370
wordOrder: little
facts:
  powerW:      { address: 0x8016, type: float32 }
  powerAW:     { address: 0x801E, type: float32 }
  powerBW:     { address: 0x8020, type: float32 }
  powerCW:     { address: 0x8022, type: float32 }
  voltageAV:   { address: 0x8006, type: float32 }
  voltageBV:   { address: 0x8008, type: float32 }
  voltageCV:   { address: 0x800A, type: float32 }
  frequencyHz: { address: 0x800C, type: float32 }
`;

/** Carlo Gavazzi EM340: int32 with the low word first in tenths, hertz at 0x33; 0x7FFFFFFF where it has no value; 50 registers. */
export function em340(truth: Truth): RegisterImage {
  const image = new RegisterImage([3, 4]);
  image.define(0, 0x50);
  image.refresh = () => {
    for (const i of three) {
      setInt(image, 2 * i, 10 * truth.phaseV[i], true);
      setInt(image, 0x12 + 2 * i, 10 * truth.phaseW[i], true);
      setInt(image, 0x2e, 0x7fff_ffff, true);
    }
    setInt(image, 0x28, 10 * truth.powerW, true);
    image.words[0x33] = Math.round(10 * truth.frequencyHz);
  };
  const read = image.registers.bind(image);
  image.registers = (functionCode, address, count) => (count > 50 ? 3 : read(functionCode, address, count));
  return image;
}

/** Inepro PRO380: float32 from 0x5000, power in kilowatts. */
export function pro380(truth: Truth): RegisterImage {
  const image = new RegisterImage([3]);
  image.define(0x5000, 0x32);
  image.refresh = () => {
    for (const i of three) {
      image.setFloat(0x5002 + 2 * i, truth.phaseV[i]);
      image.setFloat(0x5014 + 2 * i, truth.phaseW[i] / 1_000);
    }
    image.setFloat(0x5008, truth.frequencyHz);
    image.setFloat(0x5012, truth.powerW / 1_000);
  };
  return image;
}
export const pro380Map = `device: meter
maker: Inepro PRO380
facts:
  powerW:      { address: 0x5012, type: float32, scale: 1000 }
  powerAW:     { address: 0x5014, type: float32, scale: 1000 }
  powerBW:     { address: 0x5016, type: float32, scale: 1000 }
  powerCW:     { address: 0x5018, type: float32, scale: 1000 }
  voltageAV:   { address: 0x5002, type: float32 }
  voltageBV:   { address: 0x5004, type: float32 }
  voltageCV:   { address: 0x5006, type: float32 }
  frequencyHz: { address: 0x5008, type: float32 }
`;

/** Eastron SDM120: one phase; input registers, float32, whole values only. */
export function sdm120(truth: Truth): RegisterImage {
  const image = new WholeValues((address) => address % 2 === 0);
  image.define(0, 0x50);
  image.refresh = () => {
    image.setFloat(0x00, truth.phaseV[0]);
    image.setFloat(0x0c, truth.powerW);
    image.setFloat(0x46, truth.frequencyHz);
  };
  return image;
}
export const sdm120Map = `device: meter
maker: Eastron SDM120
registers: input
facts:
  powerW:      { address: 0x0C, type: float32 }
  voltageAV:   { address: 0x00, type: float32 }
  frequencyHz: { address: 0x46, type: float32 }
`;

/** Lovato DMG: input registers by numbers from 1, int32 and uint32 in hundredths and thousandths. */
export function dmg610(truth: Truth): RegisterImage {
  const image = new RegisterImage([4]);
  image.define(1, 0x60);
  image.refresh = () => {
    for (const i of three) {
      setInt(image, 1 + 2 * i, 100 * truth.phaseV[i], false);
      setInt(image, 0x13 + 2 * i, 100 * truth.phaseW[i], false);
    }
    setInt(image, 0x31, 1_000 * truth.frequencyHz, false);
    setInt(image, 0x39, 100 * truth.powerW, false);
  };
  return image;
}
/** The manual's numbers: one more than on the wire. */
export const dmg610Map = `device: meter
maker: Lovato DMG610
registers: input
firstRegister: 1
facts:
  powerW:      { address: 0x3A, type: int32, scale: 0.01 }
  powerAW:     { address: 0x14, type: int32, scale: 0.01 }
  powerBW:     { address: 0x16, type: int32, scale: 0.01 }
  powerCW:     { address: 0x18, type: int32, scale: 0.01 }
  voltageAV:   { address: 0x02, type: uint32, scale: 0.01 }
  voltageBV:   { address: 0x04, type: uint32, scale: 0.01 }
  voltageCV:   { address: 0x06, type: uint32, scale: 0.01 }
  frequencyHz: { address: 0x32, type: uint32, scale: 0.001 }
`;

/** Meter behind a Huawei SUN2000: int32, export positive, holes between what there is. */
export function sun2000Meter(truth: Truth): RegisterImage {
  const image = new RegisterImage([3]);
  image.define(37_101, 6);
  image.define(37_113, 2);
  image.define(37_132, 6);
  image.refresh = () => {
    for (const i of three) {
      setInt(image, 37_101 + 2 * i, 10 * truth.phaseV[i], false);
      setInt(image, 37_132 + 2 * i, -truth.phaseW[i], false);
    }
    setInt(image, 37_113, -truth.powerW, false);
  };
  return image;
}
