/**
 * Duties that CONTRACT.md gives a transfer device (64902), and their trials. None of them moves K1: what is written is "no
 * command", or a close with the number that it has closed with already.
 */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { toRegisterNumber, writeNumber } from "../../src/protocols/sunspec/point-types.ts";
import { contractNumbers } from "../maps/register-words.table.ts";
import { transferDeviceModel } from "../maps/vendor-models.table.ts";
import { CannotTry, type Duty, type Seen, saw } from "./duty.ts";
import { accepted, answerText, type StageUnderTest } from "./stage-under-test.ts";

const own = transferDeviceModel.id;
const refused = 3;
const closed = 1;
const commands = { none: 0, close: 2 } as const;
const [tokMaxMinMs] = contractNumbers["tokMaxMinMs"]!;
const [tokMaxMaxMs] = contractNumbers["tokMaxMaxMs"]!;
/** Looks at the contacts, and between them, ms. */
const looks = 20;
const lookEveryMs = 100;
/** A silence in which nothing may move: longer than any heartbeat of a stage, ms. */
const silenceMs = 12_000;
/** Where both sides are one, they differ by no more, percent of nominal, Hz and degrees. */
const sameV = 3;
const sameHz = 0.1;
const sameDeg = 10;
const livePct = 50;
const staleByMs = 100;

interface Where {
  readonly no: number;
  readonly nc: number;
  readonly operations: number;
  readonly closeSequence: number;
}

const where = async (device: StageUnderTest): Promise<Where> => ({
  no: await device.get(own, "ContNo"),
  nc: await device.get(own, "ContNc"),
  operations: await device.get(own, "Ops"),
  closeSequence: await device.get(own, "CloseSeq"),
});
const stayed = (before: Where, after: Where): boolean =>
  before.no === after.no && before.nc === after.nc && before.operations === after.operations;
const words = ({ no, nc, operations }: Where): string => `NO ${no}, NC ${nc}, ${operations} operations`;

/** The command block in one request; the answer. `tokenMs` is added to the clock as read a moment ago. */
async function command(device: StageUnderTest, cmd: number, sequence: number, tokenMs = 0): Promise<number> {
  const first = device.place(own, "Tok");
  const last = device.place(own, "SeqCmd");
  const exchange = new Exchange(device.around.unit, 16, first.address, last.address + last.registers - first.address);
  const token = (await device.get(own, "ClkMs")) + tokenMs;
  const values = { Tok: token < 0 ? token + 2 ** 32 : token, Cmd: cmd, SeqCmd: sequence };
  for (const [point, value] of Object.entries(values)) {
    const { address, type, scale } = device.place(own, point);
    const at = exchange.dataOffset + 2 * (address - first.address);
    writeNumber(type, toRegisterNumber(type, value, scale), exchange.frame, at);
  }
  return await device.ask(exchange);
}

/** Sends "no command" with a token that must be refused. */
async function tryStale(device: StageUnderTest, tokenMs: number): Promise<Seen> {
  const before = await where(device);
  const refusals = await device.get(own, "Refused");
  const code = await command(device, commands.none, before.closeSequence, tokenMs);
  const more = (await device.get(own, "Refused")) - refusals;
  return saw(code === refused && more === 1, `${answerText(code)}, Refused ${more} more`);
}

export const transferDuties: readonly Duty[] = [
  {
    id: "has-its-models",
    needs: "reads",
    duty: `serves models 1 and ${own}, whole`,
    did: "walked the chain from its marker",
    expected: "both, with every point",
    trial: async (device) => {
      const missing = [1, own].filter((id) => !device.images.has(id));
      const short = transferDeviceModel.points.filter(([name]) => !device.has(own, name)).map(([name]) => name);
      const seen =
        missing.length > 0 ? `models ${missing.join(", ")} are missing` : short.length > 0 ? `${short.join(", ")} missing` : "whole";
      return saw(seen === "whole", seen);
    },
  },
  {
    id: "says-who-it-is",
    needs: "reads",
    duty: "tells manufacturer, model, version and serial number",
    did: "read model 1",
    expected: "four texts",
    trial: async ({ identity }) => {
      const empty = Object.entries(identity).flatMap(([name, text]) => (text === "" ? [name] : []));
      return saw(empty.length === 0, empty.length > 0 ? `${empty.join(", ")} empty` : Object.values(identity).join(", "));
    },
  },
  {
    id: "tells-both-contacts",
    needs: "reads",
    duty: "reports both contacts, each translated to the position of the device",
    did: `read ContNo and ContNc ${looks} times`,
    expected: "both say open, or both closed, each time",
    trial: async (device) => {
      let apart = 0;
      let last = await where(device);
      for (let i = 0; i < looks; i++) {
        await device.around.sleep(lookEveryMs);
        last = await where(device);
        if (last.no !== last.nc || last.no > closed) apart += 1;
      }
      return saw(apart === 0, apart === 0 ? words(last) : `apart or unknown ${apart} times, last ${words(last)}`);
    },
  },
  {
    id: "measures-both-sides",
    needs: "reads",
    duty: "measures voltage and frequency on both sides, and the angle between them",
    did: "read GridV, GridHz, BusV, BusHz and Ang",
    expected: "values on both sides; the same on both while it is closed",
    trial: async (device) => {
      const names = ["GridV", "GridHz", "BusV", "BusHz", "Ang"] as const;
      const [gridV, gridHz, busV, busHz, deg] = (await Promise.all(names.map((name) => device.get(own, name)))) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const seen = `${gridV.toFixed(1)} % and ${gridHz.toFixed(2)} Hz, ${busV.toFixed(1)} % and ${busHz.toFixed(2)} Hz, ${deg.toFixed(1)}° apart`;
      if (Number.isNaN(gridV) || Number.isNaN(busV)) return saw(false, seen);
      const isClosed = (await device.get(own, "ContNo")) === closed;
      if (!isClosed || gridV < livePct) return saw(true, seen);
      const same =
        Math.abs(gridV - busV) <= sameV && Math.abs(gridHz - busHz) <= sameHz && Math.abs(deg) <= sameDeg;
      return saw(same, `${seen}, closed`);
    },
  },
  {
    id: "tells-synchronism",
    needs: "reads",
    duty: "tells what its own synchronism check says",
    did: "read Sync",
    expected: "0 or 1, and 1 while it is closed onto a live grid",
    trial: async (device) => {
      const sync = await device.get(own, "Sync");
      const isJoined = (await device.get(own, "ContNo")) === closed && (await device.get(own, "GridV")) > livePct;
      return saw(isJoined ? sync === 1 : sync === 0 || sync === 1, `Sync ${sync}${isJoined ? ", closed" : ""}`);
    },
  },
  {
    id: "counts-its-milliseconds",
    needs: "reads",
    duty: "counts its own milliseconds in ClkMs",
    did: "read ClkMs twice, 2 s apart",
    expected: "as much more as time has passed, within 100 ms",
    trial: async (device) => {
      const [before, beforeMs] = [await device.get(own, "ClkMs"), device.around.clock()];
      await device.around.sleep(2_000);
      const off = ((await device.get(own, "ClkMs")) - before) % 2 ** 32 - (device.around.clock() - beforeMs);
      return saw(Math.abs(off) <= 100, `off by ${Math.abs(off).toFixed(0)} ms`);
    },
  },
  {
    id: "tells-its-token-time",
    needs: "reads",
    duty: "tells how old a command may be",
    did: "read TokMax",
    expected: `${tokMaxMinMs} to ${tokMaxMaxMs} ms`,
    trial: async (device) => {
      const value = await device.get(own, "TokMax");
      return saw(value >= tokMaxMinMs && value <= tokMaxMaxMs, `${value} ms`);
    },
  },
  {
    id: "stays-when-nobody-speaks",
    needs: "reads",
    duty: "stays where it is when the controller falls silent",
    did: `wrote nothing for ${silenceMs / 1_000} s`,
    expected: "contacts and operations as before",
    trial: async (device) => {
      const before = await where(device);
      await device.around.sleep(silenceMs);
      const after = await where(device);
      return saw(stayed(before, after), `${words(before)}, then ${words(after)}`);
    },
  },
  {
    id: "takes-a-fresh-block",
    needs: "writes",
    duty: "takes the command block by one function 16",
    did: "sent no command with a fresh token",
    expected: "accepted, and nothing moves",
    trial: async (device) => {
      const before = await where(device);
      const code = await command(device, commands.none, before.closeSequence);
      await device.around.sleep(lookEveryMs);
      const after = await where(device);
      return saw(code === accepted && stayed(before, after), `${answerText(code)}, ${words(after)}`);
    },
  },
  {
    id: "refuses-stale-commands",
    needs: "writes",
    duty: "refuses a command whose token is older than TokMax",
    did: `sent no command with a token ${staleByMs} ms older than TokMax`,
    expected: "exception 3, Refused one more",
    trial: async (device) => tryStale(device, -device.atFirst(own, "TokMax") - staleByMs),
  },
  {
    id: "refuses-tokens-from-the-future",
    needs: "writes",
    duty: "refuses a token that its own clock has not reached",
    did: "sent no command with a token 10 s ahead",
    expected: "exception 3, Refused one more",
    trial: async (device) => tryStale(device, 10_000),
  },
  {
    id: "closes-once-for-each-number",
    needs: "writes",
    duty: "never closes twice for the same SeqCmd",
    did: "while it is closed, sent a close with the number that it has closed with",
    expected: "nothing moves, CloseSeq as before",
    trial: async (device) => {
      const before = await where(device);
      if (before.no !== closed || before.nc !== closed) throw new CannotTry("it is not closed: close it and run this again");
      const code = await command(device, commands.close, before.closeSequence);
      await device.around.sleep(10 * lookEveryMs);
      const after = await where(device);
      await command(device, commands.none, before.closeSequence);
      const ok = stayed(before, after) && after.closeSequence === before.closeSequence;
      return saw(ok, `${answerText(code)}, ${words(after)}, CloseSeq ${before.closeSequence} then ${after.closeSequence}`);
    },
  },
  {
    id: "contacts-are-not-derived",
    needs: "hands",
    duty: "reads both contacts from the device itself, never from the command",
    did: "pull the wire of one contact: the two must disagree",
    expected: "ContNo and ContNc differ within 100 ms",
  },
  {
    id: "open-stands",
    needs: "hands",
    duty: "opens by Cmd 1 and stays open",
    did: "with the loads behind it off: open it by `islet commission`, step k1",
    expected: "both contacts say open within its travel time, and stay so",
  },
  {
    id: "synchronism-in-its-close-circuit",
    needs: "hands",
    duty: "does not close out of synchronism, whatever is commanded",
    did: "with both sides live and out of step, send a close with a new number",
    expected: "it stays open",
  },
];
