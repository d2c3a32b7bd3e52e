/**
 * Duties that CONTRACT.md gives the panel of load tiers (64903), and their trials. None of them switches a tier: what is
 * written is what is closed already.
 */
import { loadPanelModel } from "../maps/vendor-models.table.ts";
import { type CommandBlock, clockDuties, identityDuties, sendBlock, tokenDuties } from "./block-trials.ts";
import { type Duty, saw } from "./duty.ts";
import { accepted, answerText, type StageUnderTest } from "./stage-under-test.ts";

const own = loadPanelModel.id;
/** A bitfield of 16 has a bit for so many tiers. */
const tiersMax = 16;
/** A silence in which nothing may switch: longer than any heartbeat of a stage, ms. */
const silenceMs = 12_000;
const lookAfterMs = 500;

const closedOf = (device: StageUnderTest): Promise<number> => device.get(own, "Closed");
const block: CommandBlock = {
  model: own,
  last: "CloseCmd",
  still: async (device) => ({ CloseCmd: await closedOf(device) }),
  countsRefused: false,
};
const bits = (value: number): string => `Closed ${value.toString(2)}`;

export const panelDuties: readonly Duty[] = [
  ...identityDuties(own, loadPanelModel.points.map(([name]) => name)),
  {
    id: "measures-each-tier",
    needs: "reads",
    duty: "measures the power of each tier",
    did: "read NTier and W of each tier",
    expected: `1 to ${tiersMax} tiers, each with its power`,
    trial: async (device) => {
      const count = device.atFirst(own, "NTier");
      const isCount = count >= 1 && count <= tiersMax;
      const powersW: number[] = [];
      for (let tier = 1; isCount && tier <= count; tier++) powersW.push(await device.get(own, `Tier[${tier}].W`));
      const seen = `${count} tiers, ${powersW.map((powerW) => `${powerW.toFixed(0)} W`).join(", ")}`;
      return saw(isCount && powersW.every(Number.isFinite), seen);
    },
  },
  {
    id: "tells-what-is-closed",
    needs: "reads",
    duty: "tells which tiers are closed, and of no tier that is not there",
    did: "read Closed",
    expected: "no bit beyond NTier",
    trial: async (device) => {
      const closed = await closedOf(device);
      return saw(closed < 2 ** device.atFirst(own, "NTier"), bits(closed));
    },
  },
  ...clockDuties(own),
  {
    id: "stays-when-nobody-speaks",
    needs: "reads",
    duty: "stays where it is when the controller falls silent",
    did: `wrote nothing for ${silenceMs / 1_000} s`,
    expected: "Closed as before",
    trial: async (device) => {
      const before = await closedOf(device);
      await device.around.sleep(silenceMs);
      const after = await closedOf(device);
      return saw(before === after, `${bits(before)}, then ${bits(after)}`);
    },
  },
  {
    id: "takes-a-fresh-block",
    needs: "writes",
    duty: "takes the command block by one function 16",
    did: "sent what is closed already, with a fresh token",
    expected: "accepted, and nothing switches",
    trial: async (device) => {
      const before = await closedOf(device);
      const code = await sendBlock(device, block, { CloseCmd: before });
      await device.around.sleep(lookAfterMs);
      const after = await closedOf(device);
      return saw(code === accepted && before === after, `${answerText(code)}, ${bits(after)}`);
    },
  },
  ...tokenDuties(block),
  {
    id: "closed-is-not-derived",
    needs: "hands",
    duty: "reads Closed from the breakers' contacts, never from the command",
    did: "open one breaker by hand: its bit must fall, whatever was commanded",
    expected: "the bit is 0 within 500 ms",
  },
  {
    id: "switches-each-tier-alone",
    needs: "hands",
    duty: "closes and opens the tier of each bit, and no other",
    did: "at the bench, loads off: write one bit after the other",
    expected: "each breaker follows its own bit",
  },
];
