/**
 * Duties that CONTRACT.md gives a transfer device (64902), and their trials. None of them moves K1: what is written is "no
 * command", or a close with the number that it has closed with already.
 */
import { transferDeviceModel } from "../maps/vendor-models.table.ts";
import { type CommandBlock, clockDuties, identityDuties, sendBlock, tokenDuties } from "./block-trials.ts";
import { CannotTry, type Duty, saw } from "./duty.ts";
import { accepted, answerText, type StageUnderTest } from "./stage-under-test.ts";

const own = transferDeviceModel.id;
const closed = 1;
const commands = { none: 0, close: 2 } as const;
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

const block: CommandBlock = {
  model: own,
  last: "SeqCmd",
  still: async (device) => ({ Cmd: commands.none, SeqCmd: await device.get(own, "CloseSeq") }),
  countsRefused: true,
};
const command = (device: StageUnderTest, cmd: number, sequence: number): Promise<number> =>
  sendBlock(device, block, { Cmd: cmd, SeqCmd: sequence });

export const transferDuties: readonly Duty[] = [
  ...identityDuties(own, transferDeviceModel.points.map(([name]) => name)),
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
  ...clockDuties(own),
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
  ...tokenDuties(block),
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
    id: "mirror-contact-follows-every-pole",
    needs: "hands",
    duty: "its mirror contact, in the gate enable of every stage that may form, stays open while any main pole touches",
    did: "without supply: hold one main pole closed, let the device open, and measure the mirror contact; each pole once",
    expected: "open each time, and ContNc says closed",
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
