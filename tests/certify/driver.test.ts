/** A rig behind a program: the same rows as without it, and a sentence for each way in which a program goes wrong. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { simulatedRig } from "../../sim/certify/simulated-rig.ts";
import { runProcedure } from "../../src/certify/engine.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { processRig } from "../../src/cli/certify/process-rig.ts";
import { standardGridProfile as profile } from "../../src/config/grid-profiles.ts";

const driver = join(import.meta.dirname, "driver-over-simulator.ts");
const procedureOf = (id: string) => procedures.find((one) => one.id === id)!;
const procedure = procedureOf("reconnect");

test("a driver with the simulator behind it gives the simulator's rows, and says what it can't do", async () => {
  const rig = await processRig(`"${process.execPath}" "${driver}"`, 60);
  try {
    expect(rig.facts.name).toBe("simulator behind a driver");
    const through = await runProcedure(procedure, profile, rig, { quick: true });
    const direct = await runProcedure(procedure, profile, simulatedRig({ profile, seed: 5 }), { quick: true });
    expect(through.verdict).toBe("pass");
    expect(through).toEqual(direct);
    for (const id of ["reverse-power", "unintentional-island"])
      expect(await runProcedure(procedureOf(id), profile, rig, { quick: true })).toMatchObject({ verdict: "pass" });
    expect(await runProcedure(procedureOf("measuring-chain"), profile, rig, { quick: false })).toMatchObject({
      verdict: "not run",
      why: "needs equipment that tells what it has found of its own measuring chain",
    });
  } finally {
    rig.close();
  }
});

/** A driver that says one line at the beginning and one for each question. */
function saying(first: object, then: object | null): string {
  const lines = [first, then].map((line) => `console.log(${JSON.stringify(JSON.stringify(line))})`);
  const script = `${lines[0]}; process.stdin.on("data", () => { ${then === null ? "process.exit()" : lines[1]} })`;
  return `"${process.execPath}" -e '${script}'`;
}

const instruments = { voltagePu: 0.001, frequencyHz: 0.001, activePu: 0.001, reactivePu: 0.001, timeS: 0.001 };
const facts = {
  name: "a rig",
  equipment: "a stage",
  nominalFrequencyHz: 60,
  ratedW: 1_000,
  ratedVA: 1_000,
  instruments,
};
const values = [0, 0, 0];
const short = { stepS: 0.1, voltagePu: values, frequencyHz: values, activePu: values, reactivePu: values };

test.each([
  ["is at another frequency", { ...facts, nominalFrequencyHz: 50 }, null, /the rig is at 50 Hz, the code for 60 Hz/],
  ["does not say how exact it is", { ...facts, instruments: {} }, null, /`voltagePu` must be the largest error/],
  [
    "can do what nobody asks",
    { ...facts, abilities: ["load", "magic"] },
    null,
    /`abilities` must be some of load, phases/,
  ],
  ["ends", facts, null, /the rig's driver \(.*\): it ended/],
  ["tells of an error", facts, { error: "the source is in local control" }, /: the source is in local control/],
  ["records too little", facts, short, /`voltagePu` has 3 samples, the run was \d+/],
  ["records no numbers", facts, { ...short, voltagePu: ["1"] }, /`voltagePu` must be at most \d+ numbers/],
])("a driver that %s is refused", async (_, first, then, sentence) => {
  const attempt = async (): Promise<unknown> => {
    const rig = await processRig(saying(first, then), 60);
    try {
      return await runProcedure(procedure, profile, rig, { quick: true });
    } finally {
      rig.close();
    }
  };
  await expect(attempt()).rejects.toThrow(sentence);
});
