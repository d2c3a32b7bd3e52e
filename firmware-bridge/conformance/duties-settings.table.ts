/** Duties of the functions 703 to 712: what may be written, and how curves come into force. Nothing is different afterwards. */
import { stageModel } from "../maps/vendor-models.table.ts";
import { CannotTry, type Duty, type Seen, saw } from "./duty.ts";
import { accepted, answerText, type StageUnderTest, TrialStopped } from "./stage-under-test.ts";

/** Points that have to take a write (CONTRACT.md, number 12). */
const writable: readonly (readonly [model: number, points: readonly string[]])[] = [
  [703, ["ES", "ESVHi", "ESVLo", "ESHzHi", "ESHzLo", "ESDlyTms", "ESRndTms", "ESRmpTms"]],
  [704, ["WMaxLimPctEna", "WMaxLimPct", "PFWInjEna", "PFWAbsEna", "PFWInj.PF", "PFWAbs.PF"]],
  [704, ["VarSetEna", "VarSetMod", "VarSetPri", "VarSetPct", "WSetEna", "WSetMod", "WSet"]],
  [705, ["Ena"]],
  [706, ["Ena"]],
  [711, ["Ena"]],
  [712, ["Ena"]],
];

const completed = 1;
const failed = 2;
const adoptionMaxMs = 5_000;

/** Asks for the adoption of curve 2 and waits for its result; NaN when none comes in time. */
async function adopt(stage: StageUnderTest, model: number): Promise<number> {
  const kind = model === 711 ? "Ctl" : "Crv";
  const code = await stage.write(model, `Adpt${kind}Req`, 2);
  if (code !== accepted) return -code;
  const untilMs = stage.around.clock() + adoptionMaxMs;
  for (;;) {
    const result = await stage.get(model, `Adpt${kind}Rslt`);
    if (result === completed || result === failed) return result;
    if (stage.around.clock() >= untilMs) return Number.NaN;
    await stage.around.sleep(100);
  }
}

const resultText = (result: number): string => {
  if (result === completed) return "completed";
  if (result === failed) return "failed";
  return result < 0 ? answerText(-result) : `no result within ${adoptionMaxMs / 1_000} s`;
};

/** Writable points of a curve, by their names inside it. */
function curvePoints(stage: StageUnderTest, model: number, curve: number): string[] {
  const prefix = `${model === 711 ? "Ctl" : "Crv"}[${curve}].`;
  const image = stage.images.get(model);
  if (image === undefined) throw new TrialStopped(`model ${model} is not there`);
  return image.layout.points
    .filter(({ path, writable: may }) => path.startsWith(prefix) && may)
    .map(({ path }) => path.slice(prefix.length));
}

const prefixOf = (model: number, curve: number): string => `${model === 711 ? "Ctl" : "Crv"}[${curve}].`;

/** Copies the curve in force into curve 2; what went wrong, or nothing. */
async function copyCurve(stage: StageUnderTest, model: number): Promise<string> {
  for (const name of curvePoints(stage, model, 2)) {
    const value = await stage.get(model, prefixOf(model, 1) + name);
    if (Number.isNaN(value)) continue;
    const code = await stage.write(model, prefixOf(model, 2) + name, value);
    if (code !== accepted) return `${model}.${prefixOf(model, 2)}${name} = ${value}: ${answerText(code)}`;
  }
  return "";
}

async function adoptCopy(stage: StageUnderTest, models: readonly number[]): Promise<Seen> {
  const wrong: string[] = [];
  for (const model of models) {
    const fault = await copyCurve(stage, model);
    const result = fault === "" ? await adopt(stage, model) : Number.NaN;
    if (fault !== "") wrong.push(fault);
    else if (result !== completed) wrong.push(`${model}: ${resultText(result)}`);
  }
  return saw(wrong.length === 0, wrong.join("; ") || `${models.join(", ")}: completed`);
}

export const settingDuties: readonly Duty[] = [
  {
    id: "takes-its-settings",
    needs: "writes",
    duty: "takes writes of the points that the contract names in 703 to 712",
    did: "wrote each point with the value that it has",
    expected: "accepted, each",
    trial: async (stage) => {
      const wrong: string[] = [];
      for (const [model, points] of writable) {
        for (const point of points) {
          const value = stage.has(model, point) ? await stage.get(model, point) : Number.NaN;
          const code = Number.isNaN(value) ? -1 : await stage.write(model, point, value);
          if (code !== accepted)
            wrong.push(`${model}.${point}${Number.isNaN(value) ? " not implemented" : `: ${answerText(code)}`}`);
        }
      }
      return saw(wrong.length === 0, wrong.join(", ") || "accepted");
    },
  },
  {
    id: "adopts-curves",
    needs: "writes",
    duty: "adopts a curve that holds together within 5 s, in 705, 706, 711 and 712",
    did: "copied the curve in force into curve 2 (what stood there is lost) and asked for its adoption",
    expected: "completed",
    trial: (stage) => adoptCopy(stage, [705, 706, 711, 712]),
  },
  {
    id: "adopts-trip-curves",
    needs: "writes",
    duty: "adopts trip curves that hold together within 5 s, in 707 to 710",
    did: "copied the curve in force into curve 2 (what stood there is lost) and asked for its adoption",
    expected: "completed",
    trial: (stage) => adoptCopy(stage, [707, 708, 709, 710]),
  },
  {
    id: "shows-the-curve-in-force",
    needs: "writes",
    duty: "shows in curve 1 what is in force, and follows an adoption there",
    did: "adopted a volt-watt curve with another response time, looked at curve 1, and adopted the former one again",
    expected: "curve 1 shows the new time, then the former one",
    trial: async (stage) => {
      const fault = await copyCurve(stage, 706);
      if (fault !== "") return saw(false, fault);
      const before = await stage.get(706, "Crv[1].RspTms");
      const other = before + 5;
      await stage.write(706, "Crv[2].RspTms", other);
      const first = await adopt(stage, 706);
      const shown = await stage.get(706, "Crv[1].RspTms");
      await stage.write(706, "Crv[2].RspTms", before);
      const second = await adopt(stage, 706);
      const restored = await stage.get(706, "Crv[1].RspTms");
      const good = first === completed && second === completed && shown === other && restored === before;
      return saw(good, `${resultText(first)}, ${shown} s for ${other} s; ${resultText(second)}, ${restored} s`);
    },
  },
  {
    id: "refuses-disordered-curves",
    needs: "writes",
    duty: "does not adopt a curve whose points are out of order; what is in force stays",
    did: "wrote a volt-var curve with its first voltage above the others and asked for its adoption",
    expected: "failed, or refused; curve 1 as before",
    trial: async (stage) => {
      const fault = await copyCurve(stage, 705);
      if (fault !== "") return saw(false, fault);
      const before = await stage.get(705, "Crv[1].Pt[1].V");
      const code = await stage.write(705, "Crv[2].Pt[1].V", 119);
      const result = code === accepted ? await adopt(stage, 705) : -code;
      const after = await stage.get(705, "Crv[1].Pt[1].V");
      if (result === completed || after !== before) {
        await stage.write(705, "Crv[2].Pt[1].V", before);
        await adopt(stage, 705);
      }
      return saw(result !== completed && after === before, `${resultText(result)}, curve 1 ${after === before ? "as before" : "changed"}`);
    },
  },
  {
    id: "guards-the-curve-in-force",
    needs: "writes",
    duty: "refuses writes into curve 1",
    did: "wrote 705.Crv[1].Pt[1].V with the value that it has",
    expected: "exception 3 (or 2)",
    trial: async (stage) => {
      const code = await stage.write(705, "Crv[1].Pt[1].V", await stage.get(705, "Crv[1].Pt[1].V"));
      return saw(code === 3 || code === 2, answerText(code));
    },
  },
];

/** What a person at the stage tries: the maker of the firmware, once for each version. */
export const handDuties: readonly Duty[] = [
  hands(
    "goes-on-when-its-clock-wraps",
    "compares tokens across the wrap of ClkMs, after 49.7 days",
    "set ClkMs to 0xFFFFFF00 at the bench and send blocks",
    "each accepted",
  ),
  hands(
    "never-forms-while-k1-is-closed",
    "never forms a grid while its own hardware interlock says that K1 may be closed",
    "close the interlock's contact and command the role forming",
    "Role stays 0, no voltage of its own",
  ),
  hands(
    "stops-on-its-stop-inputs",
    "stops by its own inputs (emergency stop, the reverse-power element that holds its contactor), whatever is commanded",
    "charge, and with leave discharge, and open each input; then close it again",
    "contactor open and power zero at once, and nothing starts again without a new command",
  ),
  hands(
    "bounds-what-it-forms",
    "refuses FormV outside 85 to 110 % and FormHz outside its range while the role is forming or hold",
    "at the bench, on a load of its own: command forming with FormV 120 %",
    "exception 3",
  ),
  hands(
    "holds-the-bus",
    "a stage that says it can: told to hold, carries the bus on when the mirror contact opens, and ends it after 2 s",
    "at the bench: command hold, open the contact",
    "voltage and angle go on; zero 2 s later without the command to form",
  ),
  hands(
    "starts-off",
    "after a restart the role is off and the contactor open; settings of 703 to 712 are kept",
    "charge, interrupt the supply, switch it on again",
    "Role 0, contactor open, settings as before",
  ),
  hands(
    "keeps-its-energies",
    "keeps 701.TotWhInj and TotWhAbs over a loss of power, saved at least every 5 min",
    "interrupt the supply and compare",
    "not more than 5 min of energy missing, never more than before",
  ),
];

function hands(id: string, duty: string, did: string, expected: string): Duty {
  return { id, needs: "hands", duty, did, expected };
}

export const hasOwnModel = (stage: StageUnderTest): void => {
  if (!stage.images.has(stageModel.id)) throw new CannotTry(`model ${stageModel.id} is not there`);
};
