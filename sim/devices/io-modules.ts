/** I/O modules of several makers: which inputs and outputs they have where, as in the public facts about each. */
import { DeviceBank } from "./bank.ts";
import type { TwinMaker } from "./twin.ts";

/** What stands at the inputs of every module: the pattern that a reader must find again. */
export const inputPattern: readonly boolean[] = [true, false, true, true, false, false, true, false];

function module(more: (bank: DeviceBank) => void): TwinMaker {
  return (truth) => {
    const bank = new DeviceBank();
    more(bank);
    return { units: new Map([[1, bank]]), truth };
  };
}

function inputs(bank: DeviceBank, space: 1 | 2): void {
  inputPattern.forEach((on, i) => {
    bank.bit(space, i, on);
  });
}

function outputs(bank: DeviceBank, first: number, count: number): void {
  for (let i = 0; i < count; i += 1) bank.writable(5, first + i, 1);
}

/** Each by the name of its map. */
export const ioTwins: Readonly<Record<string, TwinMaker>> = {
  "waveshare-relay": module((bank) => {
    inputs(bank, 2);
    outputs(bank, 0, 8);
    bank.int16(3, 0x2000, 1);
    bank.int16(3, 0x4000, 1);
    bank.int16(3, 0x8000, 200);
    for (let i = 0; i < 8; i += 1) bank.int16(3, 0x1000 + i, 0);
  }),
  "advantech-adam-6052": module((bank) => {
    inputs(bank, 1);
    outputs(bank, 16, 8);
    for (let i = 0; i < 16; i += 2) bank.int32(3, i, 0);
  }),
  "moxa-iologik-e1200": module((bank) => {
    inputs(bank, 2);
    outputs(bank, 0, 8);
    for (let i = 0; i < 8; i += 1) bank.writable(5, 0x10 + i, 1);
    bank.int16(3, 0x20, 0);
    bank.int16(4, 0x30, 0b0100_1101);
  }),
  "wago-750": module((bank) => {
    inputs(bank, 1);
    inputs(bank, 2);
    for (let i = 0; i < 8; i += 1) bank.bit(1, 512 + i, false);
    for (let i = 0; i < 10; i += 1) bank.int16(3, 0x1000 + i, i === 0 ? 100 : 0);
  }),
  "siemens-logo8": module((bank) => {
    inputs(bank, 2);
    for (let i = 0; i < 8; i += 1) bank.writable(5, 8_192 + i, 1);
    for (let i = 0; i < 16; i += 1) bank.int16(3, i, 0);
  }),
};
