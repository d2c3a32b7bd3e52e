/** Duties of the command block, tried at zero power: age, order, wholeness, and what nobody may switch. */
import { contractNumbers } from "../maps/register-words.table.ts";
import { stageModel } from "../maps/vendor-models.table.ts";
import { CannotTry, type Duty, type Seen, saw } from "./duty.ts";
import { accepted, answerText, type Block, nextSequence, type StageUnderTest } from "./stage-under-test.ts";

const own = stageModel.id;
const [tokMaxMaxMs] = contractNumbers["tokMaxMaxMs"]!;
/** From the end of a command to its number in ExeSeq, ms: dead time and the stage's own cycle. */
const executedWithinMs = 4_000;
const refused = 3;

/** ExeSeq, when it has come to `wanted` or time is over. */
async function executed(stage: StageUnderTest, wanted: number): Promise<number> {
  const untilMs = stage.around.clock() + executedWithinMs;
  for (;;) {
    const shown = await stage.get(own, "ExeSeq");
    if (shown === wanted || stage.around.clock() >= untilMs) return shown;
    await stage.around.sleep(50);
  }
}

/** Sends a block that has to be refused: answer, count of refusals, number executed and what the registers show after it. */
async function tryRefusal(
  stage: StageUnderTest,
  blockAfter: (good: number) => Block,
  counted: boolean,
): Promise<Seen> {
  await stage.command();
  const good = stage.sequence;
  await executed(stage, good);
  const before = await stage.look();
  const code = await stage.command(blockAfter(good));
  stage.sequence = good;
  await stage.around.sleep(100);
  const after = await stage.look();
  const more = (after.get("Refused")! - before.get("Refused")!) | 0;
  const kept = after.get("Seq") === before.get("Seq") && after.get("Tok") === before.get("Tok");
  const idle = after.get("ExeSeq") === before.get("ExeSeq");
  const ok = code === refused && kept && idle && (!counted || more === 1);
  const shown = kept ? "the last good block still shown" : "the refused block shown";
  return saw(ok, `${answerText(code)}, Refused ${more} more, ${shown}${idle ? "" : ", ExeSeq moved"}`);
}

const refusalExpected = "exception 3, Refused one more, nothing executed, the command registers show the last good block";

export const commandDuties: readonly Duty[] = [
  {
    id: "executes-a-block",
    needs: "writes",
    duty: "takes the command block by one function 16, executes it and shows its number",
    did: "sent role off, zero power, with a fresh token and the next number",
    expected: "accepted, then ExeSeq shows the number and the command registers the block",
    trial: async (stage) => {
      const code = await stage.command();
      const shown = await executed(stage, stage.sequence);
      const values = await stage.look();
      const kept = values.get("Seq") === stage.sequence && values.get("CtlHb") === stage.heartbeat;
      const seen = `${answerText(code)}, ExeSeq ${shown} for ${stage.sequence}, registers ${kept ? "show it" : "show something else"}`;
      return saw(code === accepted && shown === stage.sequence && kept, seen);
    },
  },
  {
    id: "refuses-stale-commands",
    needs: "writes",
    duty: "refuses a block whose token is older than TokMax",
    did: "sent a block with a token 100 ms older than TokMax",
    expected: refusalExpected,
    trial: async (stage) => {
      const clock = await stage.get(own, "ClkMs");
      return await tryRefusal(stage, () => ({ token: around32(clock - stage.tokenMaxMs - 100) }), true);
    },
  },
  {
    id: "refuses-commands-from-the-future",
    needs: "writes",
    duty: "refuses a block whose token is ahead of its clock",
    did: "sent a block with a token 30 s ahead",
    expected: refusalExpected,
    trial: async (stage) => {
      const clock = await stage.get(own, "ClkMs");
      return await tryRefusal(stage, () => ({ token: around32(clock + 30_000) }), true);
    },
  },
  {
    id: "refuses-very-old-commands",
    needs: "writes",
    duty: "refuses a block whose token is far older than TokMax, as what piled up in a network would be",
    did: `sent a block with a token ${3 + tokMaxMaxMs / 1_000} s old, and one that is an hour old`,
    expected: refusalExpected,
    trial: async (stage) => {
      const clock = await stage.get(own, "ClkMs");
      const first = await tryRefusal(stage, () => ({ token: around32(clock - 3_000 - tokMaxMaxMs) }), true);
      const second = await tryRefusal(stage, () => ({ token: around32(clock - 3_600_000) }), true);
      return saw(first.ok && second.ok, `${first.seen}; ${second.seen}`);
    },
  },
  {
    id: "takes-commands-within-their-time",
    needs: "writes",
    duty: "accepts a block whose token is younger than TokMax",
    did: "waited for half of TokMax between the read and the write",
    expected: "accepted",
    trial: async (stage) => {
      const token = await stage.get(own, "ClkMs");
      await stage.around.sleep(stage.tokenMaxMs / 2);
      const code = await stage.command({ token });
      return saw(code === accepted, answerText(code));
    },
  },
  {
    id: "refuses-commands-out-of-order",
    needs: "writes",
    duty: "refuses a block with a number older than the last one accepted",
    did: "sent a block with the number before the last",
    expected: refusalExpected,
    trial: (stage) => tryRefusal(stage, (good) => ({ sequence: around32(good - 1) }), true),
  },
  {
    id: "takes-the-same-number-again",
    needs: "writes",
    duty: "accepts a repeated block with the number of the last one: it is not older",
    did: "sent a block twice",
    expected: "accepted twice",
    trial: async (stage) => {
      const first = await stage.command();
      const second = await stage.command({ sequence: stage.sequence });
      return saw(first === accepted && second === accepted, `${answerText(first)}; ${answerText(second)}`);
    },
  },
  {
    id: "orders-numbers-around-the-circle",
    needs: "writes",
    duty: "compares numbers as serial numbers of 32 bits (RFC 1982), also across their wrap",
    did: "sent numbers ahead by 100,000, then by almost half the circle, until they had wrapped",
    expected: "all accepted and executed",
    trial: async (stage) => {
      const answers: string[] = [];
      for (const ahead of [100_000, 2_147_000_000, 2_147_000_000, 100_000]) {
        const code = await stage.command({ sequence: nextSequence(stage.sequence, ahead) });
        const shown = await executed(stage, stage.sequence);
        if (code !== accepted || shown !== stage.sequence)
          answers.push(`${ahead} ahead: ${answerText(code)}, ExeSeq ${shown} for ${stage.sequence}`);
      }
      return saw(answers.length === 0, answers.join("; ") || "all executed");
    },
  },
  {
    id: "refuses-parts-of-a-block",
    needs: "writes",
    duty: "refuses a write that begins or ends inside the command block, and function 6 inside it",
    did: "wrote RoleCmd by function 6, WCmd alone, and all but CtlHb",
    expected: "exception 3 three times, nothing executed",
    trial: async (stage) => {
      await stage.command();
      await executed(stage, stage.sequence);
      const single = await stage.write(own, "RoleCmd", 0, 6);
      const alone = await stage.write(own, "WCmd", 0);
      const { address } = stage.place(own, "Tok");
      const words = stage.place(own, "CtlHb").address - address;
      const token = await stage.get(own, "ClkMs");
      const most = await stage.writeWords(own, "Tok", [token >>> 16, token & 0xffff, ...new Array(words - 2).fill(0)]);
      const codes = [single, alone, most];
      return saw(codes.every((code) => code === refused), codes.map(answerText).join("; "));
    },
  },
  {
    id: "refuses-unknown-roles",
    needs: "writes",
    duty: "refuses a role that does not exist",
    did: "sent RoleCmd 9 at zero power",
    expected: "exception 3, nothing executed",
    trial: (stage) => tryRefusal(stage, () => ({ role: 9 }), false),
  },
  {
    id: "refuses-writes-to-what-it-shows",
    needs: "writes",
    duty: "refuses a write to registers that only show something",
    did: "wrote W and ExeSeq",
    expected: "exception 3 (or 2), and the values stay",
    trial: async (stage) => {
      const before = await stage.get(own, "ExeSeq");
      const codes = [await stage.write(own, "W", 0), await stage.write(own, "ExeSeq", nextSequence(before, 5))];
      const after = await stage.get(own, "ExeSeq");
      const ok = codes.every((code) => code === refused || code === 2) && after === before;
      return saw(ok, `${codes.map(answerText).join("; ")}, ExeSeq ${after === before ? "stays" : "changed"}`);
    },
  },
  {
    id: "anti-islanding-stays-on",
    needs: "writes",
    duty: "lets no controller switch its anti-islanding function off",
    did: "wrote 704.AntiIslEna = 0, and 1 again at once",
    expected: "refused, or without effect",
    trial: async (stage) => {
      const code = await stage.write(704, "AntiIslEna", 0);
      const shown = await stage.get(704, "AntiIslEna");
      if (code === accepted) await stage.write(704, "AntiIslEna", 1);
      return saw(shown === 1, `${answerText(code)}, then 704.AntiIslEna ${shown}`);
    },
  },
  {
    id: "comes-back-after-a-dropped-connection",
    needs: "writes",
    duty: "serves the next connection as soon as the last one has ended",
    did: "dropped the connection and opened another",
    expected: "a read and a block answered within 2 s",
    trial: async (stage) => {
      const beganMs = stage.around.clock();
      stage.reconnect();
      const code = await stage.command();
      const tookMs = stage.around.clock() - beganMs;
      return saw(code === accepted && tookMs <= 2_000, `${answerText(code)} after ${tookMs.toFixed(0)} ms`);
    },
  },
  {
    id: "obeys-local-control",
    needs: "writes",
    duty: "acknowledges commands under local control and does not execute them",
    did: "sent a block while Flags bit 0 is on",
    expected: "accepted, ExeSeq stays",
    trial: async (stage) => {
      const before = await stage.look();
      if ((before.get("Flags")! & 1) === 0) throw new CannotTry("switch it to local control and run this again");
      const code = await stage.command();
      await stage.around.sleep(500);
      const shown = await stage.get(own, "ExeSeq");
      return saw(code === accepted && shown === before.get("ExeSeq"), `${answerText(code)}, ExeSeq ${shown}`);
    },
  },
];

/** A number of 32 bits. */
const around32 = (value: number): number => ((value % 2 ** 32) + 2 ** 32) % 2 ** 32;
