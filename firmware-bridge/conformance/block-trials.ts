/**
 * What the contract asks of every device with a command block of its own (transfer device, panel): who it is, its clock, how
 * old a command may be. A block is written whole, by one function 16, and says nothing that moves the device.
 */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { toRegisterNumber, writeNumber } from "../../src/protocols/sunspec/point-types.ts";
import { contractNumbers } from "../maps/register-words.table.ts";
import { type Duty, type Seen, saw, saysWhoItIs } from "./duty.ts";
import { answerText, type StageUnderTest } from "./stage-under-test.ts";

const refused = 3;
const [tokMaxMinMs] = contractNumbers["tokMaxMinMs"]!;
const [tokMaxMaxMs] = contractNumbers["tokMaxMaxMs"]!;
/** How far beyond the bounds a token is that must be refused, ms. */
const staleByMs = 100;
const aheadMs = 10_000;
const clockOffMaxMs = 100;

/** A model with a command block that begins with `Tok` and ends with `last`, and what it says when it moves nothing. */
export interface CommandBlock {
  readonly model: number;
  readonly last: string;
  readonly still: (device: StageUnderTest) => Promise<Readonly<Record<string, number>>>;
  /** It counts what it has refused. */
  readonly countsRefused: boolean;
}

/** Writes the block; the answer. `tokenMs` is added to the clock as read a moment ago. */
export async function sendBlock(
  device: StageUnderTest,
  { model, last }: CommandBlock,
  values: Readonly<Record<string, number>>,
  tokenMs = 0,
): Promise<number> {
  const from = device.place(model, "Tok");
  const to = device.place(model, last);
  const exchange = new Exchange(device.around.unit, 16, from.address, to.address + to.registers - from.address);
  const token = (await device.get(model, "ClkMs")) + tokenMs;
  const all = { Tok: token < 0 ? token + 2 ** 32 : token, ...values };
  for (const [point, value] of Object.entries(all)) {
    const { address, type, scale } = device.place(model, point);
    const at = exchange.dataOffset + 2 * (address - from.address);
    writeNumber(type, toRegisterNumber(type, value, scale), exchange.frame, at);
  }
  return await device.ask(exchange);
}

/** Sends a block that moves nothing with a token that must be refused. */
async function tryStale(device: StageUnderTest, block: CommandBlock, tokenMs: number): Promise<Seen> {
  const { model, countsRefused } = block;
  const refusals = countsRefused ? await device.get(model, "Refused") : 0;
  const code = await sendBlock(device, block, await block.still(device), tokenMs);
  if (!countsRefused) return saw(code === refused, answerText(code));
  const more = (await device.get(model, "Refused")) - refusals;
  return saw(code === refused && more === 1, `${answerText(code)}, Refused ${more} more`);
}

/** The model is there whole, and the device says who it is. */
export const identityDuties = (model: number, points: readonly string[]): readonly Duty[] => [
  {
    id: "has-its-models",
    needs: "reads",
    duty: `serves models 1 and ${model}, whole`,
    did: "walked the chain from its marker",
    expected: "both, with every point",
    trial: async (device) => {
      const missing = [1, model].filter((id) => !device.images.has(id));
      const short = points.filter((name) => !device.has(model, name));
      const seen =
        missing.length > 0
          ? `models ${missing.join(", ")} are missing`
          : short.length > 0
            ? `${short.join(", ")} missing`
            : "whole";
      return saw(seen === "whole", seen);
    },
  },
  saysWhoItIs,
];

/** Its clock, and how old a command may be, as far as reading tells. */
export const clockDuties = (model: number): readonly Duty[] => [
  {
    id: "counts-its-milliseconds",
    needs: "reads",
    duty: "counts its own milliseconds in ClkMs",
    did: "read ClkMs twice, 2 s apart",
    expected: `as much more as time has passed, within ${clockOffMaxMs} ms`,
    trial: async (device) => {
      const [before, beforeMs] = [await device.get(model, "ClkMs"), device.around.clock()];
      await device.around.sleep(2_000);
      const off = (((await device.get(model, "ClkMs")) - before) % 2 ** 32) - (device.around.clock() - beforeMs);
      return saw(Math.abs(off) <= clockOffMaxMs, `off by ${Math.abs(off).toFixed(0)} ms`);
    },
  },
  {
    id: "tells-its-token-time",
    needs: "reads",
    duty: "tells how old a command may be",
    did: "read TokMax",
    expected: `${tokMaxMinMs} to ${tokMaxMaxMs} ms`,
    trial: async (device) => {
      const value = await device.get(model, "TokMax");
      return saw(value >= tokMaxMinMs && value <= tokMaxMaxMs, `${value} ms`);
    },
  },
];

/** Commands that are too old, or of a future, move nothing and are refused. */
export function tokenDuties(block: CommandBlock): readonly Duty[] {
  const expected = `exception 3${block.countsRefused ? ", Refused one more" : ""}`;
  return [
    {
      id: "refuses-stale-commands",
      needs: "writes",
      duty: "refuses a command whose token is older than TokMax",
      did: `sent a block that moves nothing with a token ${staleByMs} ms older than TokMax`,
      expected,
      trial: async (device) => tryStale(device, block, -device.atFirst(block.model, "TokMax") - staleByMs),
    },
    {
      id: "refuses-tokens-from-the-future",
      needs: "writes",
      duty: "refuses a token that its own clock has not reached",
      did: `sent a block that moves nothing with a token ${aheadMs / 1_000} s ahead`,
      expected,
      trial: async (device) => tryStale(device, block, aheadMs),
    },
  ];
}
