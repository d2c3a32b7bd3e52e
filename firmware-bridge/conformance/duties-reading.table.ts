/** Duties that are seen by reading alone: what the stage shows of itself, and how it answers. */
import { Exchange, readHolding, readRegistersMax } from "../../src/protocols/modbus/exchange.ts";
import { contractNumbers } from "../maps/register-words.table.ts";
import { stageModel } from "../maps/vendor-models.table.ts";
import { CannotTry, type Duty, saw, saysWhoItIs } from "./duty.ts";
import { accepted, answerText, flag, type StageUnderTest } from "./stage-under-test.ts";

const own = stageModel.id;
const number = (name: keyof typeof contractNumbers): number => contractNumbers[name]![0];
const compulsory = [1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715, own];

/** Repeats of each curve model, and points of a curve, that are the least (CONTRACT.md, number 12). */
const curvesNeeded = [
  // model  repeats    least  points  least
  [705, "NCrv",    2, "NPt", 4],
  [706, "NCrv",    2, "NPt", 2],
  [707, "NCrvSet", 2, "NPt", 5],
  [708, "NCrvSet", 2, "NPt", 5],
  [709, "NCrvSet", 2, "NPt", 5],
  [710, "NCrvSet", 2, "NPt", 5],
  [711, "NCtl",    2, undefined, 0],
  [712, "NCrv",    2, "NPt", 6],
] as const;

export const readingDuties: readonly Duty[] = [
  {
    id: "has-all-models",
    needs: "reads",
    duty: `serves models 1, 701 to 715 and ${own} in a chain that ends with 0xFFFF and 0`,
    did: "walked the chain from its marker",
    expected: "every model, whole, and the end",
    trial: async (stage) => {
      const missing = compulsory.filter((id) => !stage.images.has(id));
      const short = [...stage.images].filter(([id, { layout }]) => {
        const told = stage.chain!.entries.find((entry) => entry.id === id)!.length;
        const padded = id === 1 && told === 65;
        return compulsory.includes(id) && !padded && layout.table.points.some(([name]) => !layout.byPath.has(name));
      });
      const last = stage.chain!.entries.at(-1)!;
      const end = await stage.access.read(last.address + 2 + last.length, 2);
      const ends = end.ok && end.value.readUInt16BE(0) === 0xffff && end.value.readUInt16BE(2) === 0;
      const faults = [
        ...(missing.length > 0 ? [`models ${missing.join(", ")} are missing`] : []),
        ...(short.length > 0 ? [`models ${short.map(([id]) => id).join(", ")} are too short`] : []),
        ...(ends ? [] : [`the chain ends with ${end.ok ? `0x${end.value.toString("hex")}` : end.error}`]),
      ];
      return saw(faults.length === 0, faults.join("; ") || `${stage.chain!.entries.length} models`);
    },
  },
  saysWhoItIs,
  {
    id: "answers-in-time",
    needs: "reads",
    duty: `answers a read of its block within ${number("answerTypicalMs")} ms as a rule and ${number("answerMaxMs")} ms at the latest`,
    did: `read the block of ${own} 100 times, one after the other`,
    expected: `half of them within ${number("answerTypicalMs")} ms, 95 of 100 within ${number("answerMaxMs")} ms (the network counts too)`,
    trial: async (stage) => {
      const { address, layout } = stage.images.get(own)!;
      const tookMs: number[] = [];
      for (let i = 0; i < 100; i += 1) {
        const exchange = readHolding(stage.around.unit, address, layout.length + 2);
        const code = await stage.ask(exchange);
        tookMs.push(code === accepted ? exchange.finishedMs - exchange.sentMs : Number.POSITIVE_INFINITY);
      }
      tookMs.sort((a, b) => a - b);
      const [half, most, all] = [tookMs[49]!, tookMs[94]!, tookMs[99]!];
      const seen = `half within ${half.toFixed(1)} ms, 95 within ${most.toFixed(1)} ms, the longest ${all.toFixed(1)} ms`;
      return saw(half <= number("answerTypicalMs") && most <= number("answerMaxMs"), seen);
    },
  },
  {
    id: "answers-long-reads",
    needs: "reads",
    duty: `answers reads of up to ${readRegistersMax} registers, also across models`,
    did: `read ${readRegistersMax} registers from the marker on`,
    expected: "their values",
    trial: async (stage) => {
      const code = await stage.ask(readHolding(stage.around.unit, stage.chain!.baseAddress, readRegistersMax));
      return saw(code === accepted, answerText(code));
    },
  },
  {
    id: "answers-any-read",
    needs: "reads",
    duty: "answers any read of registers that exist, also one that begins or ends inside a value or a block",
    did: "read the low word of ClkMs alone, and from Refused into the middle of the command block",
    expected: "their values",
    trial: async (stage) => {
      const { unit } = stage.around;
      const low = await stage.ask(readHolding(unit, stage.place(own, "ClkMs").address + 1, 1));
      const from = stage.place(own, "Refused").address;
      const across = await stage.ask(readHolding(unit, from, stage.place(own, "WCmd").address + 1 - from));
      return saw(low === accepted && across === accepted, `${answerText(low)}; ${answerText(across)}`);
    },
  },
  {
    id: "takes-two-requests-at-once",
    needs: "reads",
    duty: "takes a second request before the first is answered, on one connection",
    did: "sent 20 pairs of reads",
    expected: "40 answers",
    trial: async (stage) => {
      const { address, layout } = stage.images.get(own)!;
      let good = 0;
      for (let i = 0; i < 20; i += 1) {
        const pair = [0, 1].map(() => stage.ask(readHolding(stage.around.unit, address, layout.length + 2)));
        for (const code of await Promise.all(pair)) if (code === accepted) good += 1;
      }
      return saw(good === 40, `${good} answers`);
    },
  },
  {
    id: "says-why-it-refuses",
    needs: "reads",
    duty: "answers a read beyond its registers with exception 2, a function that it does not serve with exception 1",
    did: "read 100 registers behind the end of the chain; asked for coils (function 1)",
    expected: "exception 2; exception 1, or 2 where it has coils",
    trial: async (stage) => {
      const last = stage.chain!.entries.at(-1)!;
      const behind = Math.min(65_535 - 100, last.address + last.length + 1_000);
      const beyond = await stage.ask(readHolding(stage.around.unit, behind, 100));
      const coils = await stage.ask(new Exchange(stage.around.unit, 1, behind, 8));
      return saw(beyond === 2 && (coils === 1 || coils === 2), `${answerText(beyond)}; ${answerText(coils)}`);
    },
  },
  {
    id: "counts-its-milliseconds",
    needs: "reads",
    duty: "counts its own milliseconds in ClkMs",
    did: "read ClkMs ten times in 2 s",
    expected: "each time as much more as time has passed, within 50 ms",
    trial: async (stage) => {
      let worstMs = 0;
      let before = await stage.get(own, "ClkMs");
      let beforeMs = stage.around.clock();
      for (let i = 0; i < 10; i += 1) {
        await stage.around.sleep(187 + 3 * i);
        const now = await stage.get(own, "ClkMs");
        const nowMs = stage.around.clock();
        worstMs = Math.max(worstMs, Math.abs(((now - before) | 0) - (nowMs - beforeMs)));
        [before, beforeMs] = [now, nowMs];
      }
      return saw(worstMs <= 50, `off by ${worstMs.toFixed(0)} ms at most`);
    },
  },
  lifeDuty("counts-its-life", own, "Hb"),
  lifeDuty("counts-its-life-for-sunspec", 715, "DERHb"),
  {
    id: "anti-islanding-is-on",
    needs: "reads",
    duty: "keeps its certified anti-islanding function on, and shows it",
    did: "read Flags bit 1 and 704.AntiIslEna",
    expected: "both say on",
    trial: async (stage) => {
      const bit = flag(await stage.look(), "antiIslanding");
      const enabled = await stage.get(704, "AntiIslEna");
      return saw(bit && enabled === 1, `Flags says ${bit ? "on" : "off"}, 704.AntiIslEna ${enabled}`);
    },
  },
  {
    id: "fine-enough-scales",
    needs: "reads",
    duty: "has a scale factor for each kind of value; voltage with a resolution of 0.1 % or better",
    did: `read the scale factors of ${own}`,
    expected: "W_SF, V_SF, Hz_SF, Pct_SF from -10 to 10, V_SF at most -1",
    trial: async (stage) => {
      const values = await stage.look();
      const factors = ["W_SF", "V_SF", "Hz_SF", "Pct_SF"].map((name) => [name, values.get(name)!] as const);
      const wrong = factors.filter(([name, value]) => !(Math.abs(value) <= 10 && (name !== "V_SF" || value <= -1)));
      return saw(wrong.length === 0, factors.map(([name, value]) => `${name} ${value}`).join(", "));
    },
  },
  {
    id: "shows-its-times",
    needs: "reads",
    duty: "shows TokMax and HbTms within the contract's range",
    did: "read them",
    expected: `TokMax ${number("tokMaxMinMs")} to ${number("tokMaxMaxMs")} ms, HbTms ${number("hbTmsMinS")} to ${number("hbTmsMaxS")} s`,
    trial: async (stage) => {
      const values = await stage.look();
      const [token, beat] = [values.get("TokMax")!, values.get("HbTms")!];
      const fits =
        token >= number("tokMaxMinMs") &&
        token <= number("tokMaxMaxMs") &&
        beat >= number("hbTmsMinS") &&
        beat <= number("hbTmsMaxS");
      return saw(fits, `TokMax ${token} ms, HbTms ${beat} s`);
    },
  },
  {
    id: "measures-one-truth",
    needs: "reads",
    duty: `shows the same measurements in 701 and ${own}; voltage in percent of 702.VNom`,
    did: "read both, three times",
    expected: "the same within 2 % of the rating, 2 % of the voltage, 0.05 Hz, and the same alarms, at least once",
    trial: async (stage) => {
      let seen = "";
      for (let i = 0; i < 3; i += 1) {
        const values = await stage.look();
        const standard = (point: string): Promise<number> => stage.get(701, point);
        const apartW = Math.abs((await standard("W")) - values.get("W")!);
        const shownV = (values.get("V")! / 100) * stage.atFirst(702, "VNom");
        const apartV = Math.abs((await standard("LLV")) - shownV);
        const apartHz = Math.abs((await standard("Hz")) - values.get("Hz")!);
        const alarms = (await standard("Alrm")) === values.get("Alrm");
        seen = `apart by ${apartW.toFixed(0)} W, ${apartV.toFixed(1)} V, ${apartHz.toFixed(2)} Hz, alarms ${alarms ? "the same" : "different"}`;
        const volts = Math.max(1, 0.02 * stage.atFirst(702, "VNom"));
        if (apartW <= 0.02 * stage.ratedW + 50 && apartV <= volts && apartHz <= 0.05 && alarms) return saw(true, seen);
      }
      return saw(false, seen);
    },
  },
  {
    id: "tells-its-ratings",
    needs: "reads",
    duty: "tells its ratings in 702, and what it can do now in WChaMax and WDisMax (0 for nothing)",
    did: "read them",
    expected: "WMaxRtg, WMax and VNom above 0; WChaMax and WDisMax from 0 to their rating",
    trial: async (stage) => {
      const values = await stage.look();
      const names = ["WMaxRtg", "WMax", "VNom"];
      const missing = names.filter((name) => !(stage.atFirst(702, name) > 0));
      const able = ["WChaMax", "WDisMax"].map((name) => [name, values.get(name)!] as const);
      const odd = able.filter(([, value]) => !(value >= 0 && value <= 1.001 * stage.ratedW));
      const seen = [
        ...names.map((name) => `${name} ${stage.atFirst(702, name)}`),
        ...able.map(([name, value]) => `${name} ${Number.isNaN(value) ? "not implemented" : value}`),
      ];
      return saw(missing.length === 0 && odd.length === 0, seen.join(", "));
    },
  },
  {
    id: "has-curves-to-write",
    needs: "reads",
    duty: "has at least one curve beside the mirror in 705 to 712, with points enough",
    did: "read the counts of curves and points",
    expected: "NCrv, NCrvSet, NCtl at least 2; NPt at least 4 in 705, 2 in 706, 6 in 712, 5 in 707 to 710",
    trial: async (stage) => {
      const wrong: string[] = [];
      for (const [model, repeats, least, points, leastPoints] of curvesNeeded) {
        if (!(stage.atFirst(model, repeats) >= least)) wrong.push(`${model}.${repeats} is ${stage.atFirst(model, repeats)}`);
        if (points !== undefined && !(stage.atFirst(model, points) >= leastPoints))
          wrong.push(`${model}.${points} is ${stage.atFirst(model, points)}`);
      }
      return saw(wrong.length === 0, wrong.join(", ") || "enough of each");
    },
  },
];

function lifeDuty(id: string, model: number, point: string): Duty {
  return {
    id,
    needs: "reads",
    duty: `counts its own life once a second in ${model}.${point}`,
    did: `read ${model}.${point} 5 s apart`,
    expected: "4 to 6 more",
    trial: async (stage) => {
      const before = await stage.get(model, point);
      if (Number.isNaN(before)) return saw(false, "not implemented");
      await stage.around.sleep(5_000);
      const more = ((await stage.get(model, point)) - before) | 0;
      return saw(more >= 4 && more <= 6, `${more} more`);
    },
  };
}

/** Energies from the beginning of the trials, for the last of them, Wh. SunSpec's counters read 0 also where there is none. */
export async function energiesOf(stage: StageUnderTest): Promise<readonly number[]> {
  const read = async (point: string): Promise<number> => (await stage.get(701, point)) || 0;
  return [await read("TotWhInj"), await read("TotWhAbs")];
}

/** The last duty: after everything that was tried, the energy registers have not gone backwards. */
export function energyDuty(before: readonly number[]): Duty {
  return {
    id: "energies-never-fall",
    needs: "reads",
    duty: "counts 701.TotWhInj and TotWhAbs, never backwards",
    did: "read them before and after all trials",
    expected: "both there, none smaller than before",
    trial: async (stage) => {
      const after = await energiesOf(stage);
      if (after.every((wattHours) => wattHours === 0)) throw new CannotTry("both show 0, which also means not implemented");
      const fell = after.some((wattHours, i) => wattHours < before[i]!);
      return saw(!fell, `from ${before.join(" and ")} Wh to ${after.join(" and ")} Wh`);
    },
  };
}
