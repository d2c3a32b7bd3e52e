/** Duties that need power: following, signs, coming down, the utility's permission, and who may move the stage. */
import { contractNumbers } from "../maps/register-words.table.ts";
import { CannotTry, type Duty, kW, saw } from "./duty.ts";
import { chargeWOf, charging, contactorOpensMs, needVehicle, roles, zeroWithinMs } from "./motion.ts";
import { accepted, answerText, flag } from "./stage-under-test.ts";

const [rampMs] = contractNumbers["rampToZeroMaxMs"]!;
const [openMaxMs] = contractNumbers["openMaxMs"]!;
const ceaseMaxMs = 2_000;

export const powerDuties: readonly Duty[] = [
  {
    id: "follows-its-setpoint",
    needs: "charge",
    duty: "charges with what it is told, and shows it with SunSpec's sign: charging is negative",
    did: "commanded the role charge with -10 %, then -5 % of the rating",
    expected: "W within 2 % of the rating of each within 5 s, role charge, contactor closed",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      const found: string[] = [];
      let good = true;
      for (const share of [1, 0.5]) {
        const wantedW = -share * chargeWOf(stage);
        const near = (powerW: number): boolean => Math.abs(powerW - wantedW) <= 0.02 * stage.ratedW;
        const seen = await stage.hold({ role: roles.charge, powerW: wantedW }, share === 1 ? 15_000 : 5_000, (moment) =>
          near(moment.values.get("W")!),
        );
        const { values, atMs } = seen.at(-1)!;
        good &&= near(values.get("W")!) && values.get("Role") === roles.charge && flag(values, "contactorClosed");
        found.push(`${kW(values.get("W")!)} for ${kW(wantedW)} after ${(atMs / 1_000).toFixed(1)} s`);
      }
      await stage.rest();
      return saw(good, found.join("; "));
    },
  },
  {
    id: "comes-to-zero-in-time",
    needs: "charge",
    duty: `told to be off it is at zero within ${rampMs} ms and opens its contactor within ${openMaxMs} ms`,
    did: "charged, then commanded the role off",
    expected: `zero within ${rampMs} ms and open within ${openMaxMs} ms, and its dead time`,
    trial: async (stage) => {
      await charging(stage);
      const beganMs = stage.around.clock();
      await stage.command();
      const zeroMs = await zeroWithinMs(stage, rampMs + 4_000);
      await contactorOpensMs(stage, openMaxMs + 4_000);
      const values = await stage.look();
      const openMs = stage.around.clock() - beganMs;
      const open = !flag(values, "contactorClosed");
      const seen = `zero after ${zeroMs.toFixed(0)} ms, contactor ${open ? `open after ${openMs.toFixed(0)} ms` : "still closed"}`;
      return saw(zeroMs <= rampMs + 200 && open && openMs <= openMaxMs + 400, seen);
    },
  },
  {
    id: "only-the-block-moves-it",
    needs: "charge",
    duty: "after the first command block 704.WSet and 715.OpCtl move it no more",
    did: "with the role off, wrote 704.WSet = -10 % of the rating and WSetEna = 1, and kept the heartbeat going for 4 s",
    expected: "stays off, at zero",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      await stage.rest();
      await stage.write(704, "WSetMod", 1);
      await stage.write(704, "WSet", -chargeWOf(stage));
      await stage.write(704, "WSetEna", 1);
      let moved = false;
      for (let i = 0; i < 8; i += 1) {
        await stage.around.sleep(500);
        const values = await stage.look();
        moved ||= values.get("Role") !== 0 || Math.abs(values.get("W")!) > 0.02 * stage.ratedW;
      }
      await stage.write(704, "WSet", 0);
      await stage.rest();
      return saw(!moved, moved ? "it moved" : "stayed off");
    },
  },
  {
    id: "ceases-without-permission",
    needs: "charge",
    duty: "ceases within 2 s when 703.ES says that service is not permitted",
    did: "charged, wrote 703.ES = 0 and went on commanding",
    expected: "zero within 2 s, and stays there for 2 s",
    trial: async (stage) => {
      await charging(stage);
      const code = await stage.write(703, "ES", 0);
      if (code !== accepted) return saw(false, `703.ES = 0: ${answerText(code)}`);
      const command = { role: roles.charge, powerW: -chargeWOf(stage) };
      const small = 0.1 * chargeWOf(stage);
      const seen = await stage.hold(command, ceaseMaxMs + 500, ({ values }) => -values.get("W")! < small);
      const { atMs, values } = seen.at(-1)!;
      const zero = -values.get("W")! < small && atMs <= ceaseMaxMs;
      const after = zero ? await stage.hold(command, 2_000) : [];
      const stays = after.every((moment) => -moment.values.get("W")! < small);
      await stage.write(703, "ES", 1);
      await stage.rest();
      const what = zero ? `zero after ${(atMs / 1_000).toFixed(1)} s` : `still ${kW(-values.get("W")!)}`;
      return saw(zero && stays, `${what}${stays ? "" : ", then power again"}`);
    },
  },
  {
    id: "shows-what-it-does",
    needs: "charge",
    duty: "shows in Role and W what it does, not what it was told",
    did: "wrote 703.ES = 0 at rest and commanded charging for 3 s",
    expected: "Role 0 and W at zero all the time, as 714.DCW says too",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      await stage.rest();
      await stage.write(703, "ES", 0);
      const seen = await stage.hold({ role: roles.charge, powerW: -chargeWOf(stage) }, 3_000);
      const dcW = stage.has(714, "DCW") ? await stage.get(714, "DCW") : 0;
      await stage.write(703, "ES", 1);
      await stage.rest();
      const told = seen.filter(({ values }) => values.get("Role") !== 0 || -values.get("W")! > 0.02 * stage.ratedW);
      const last = told.at(-1)?.values;
      const what = last === undefined ? "Role 0, zero" : `Role ${last.get("Role")}, W ${last.get("W")}`;
      return saw(told.length === 0, `${what}; 714.DCW ${dcW}`);
    },
  },
  {
    id: "adds-reactive-power",
    needs: "charge",
    duty: "adds VarCmd to its reactive power: injection is positive",
    did: "held the role charge at zero power, with VarCmd 0, then 10 % of 702.VarMaxInj",
    expected: "Var more by that within 2 % of the rating",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      const wantedVar = 0.1 * stage.atFirst(702, "VarMaxInj");
      if (!(wantedVar > 0)) throw new CannotTry("702.VarMaxInj is not there");
      const before = await stage.hold({ role: roles.charge }, 4_000);
      const startVar = before.at(-1)!.values.get("Var")!;
      const near = (value: number): boolean => Math.abs(value - startVar - wantedVar) <= 0.02 * stage.ratedW;
      const seen = await stage.hold({ role: roles.charge, reactiveVar: wantedVar }, 5_000, ({ values }) =>
        near(values.get("Var")!),
      );
      const endVar = seen.at(-1)!.values.get("Var")!;
      await stage.rest();
      return saw(near(endVar), `from ${startVar.toFixed(0)} to ${endVar.toFixed(0)} var for ${wantedVar.toFixed(0)}`);
    },
  },
  {
    id: "charge-never-gives-back",
    needs: "discharge",
    duty: "in the role charge a positive WCmd is executed as zero",
    did: "commanded the role charge with +10 % of the rating for 4 s",
    expected: "no power towards the grid",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      const seen = await stage.hold({ role: roles.charge, powerW: chargeWOf(stage) }, 4_000, ({ values }) =>
        values.get("W")! > 0.03 * stage.ratedW,
      );
      const most = Math.max(...seen.map(({ values }) => values.get("W")!));
      await stage.rest();
      return saw(most <= 0.03 * stage.ratedW, `at most ${kW(most)}`);
    },
  },
  {
    id: "discharges-as-told",
    needs: "discharge",
    duty: "gives back what it is told in the role discharge: positive; and comes to zero in time",
    did: "commanded +10 % of the rating, then the role off",
    expected: `W within 2 % of the rating of it within 15 s; zero ${rampMs} ms after the role off`,
    trial: async (stage) => {
      const ready = await stage.look();
      const wantedW = chargeWOf(stage);
      if (!(ready.get("WDisMax")! >= wantedW)) throw new CannotTry("WDisMax is too small");
      const near = (powerW: number): boolean => Math.abs(powerW - wantedW) <= 0.02 * stage.ratedW;
      const seen = await stage.hold({ role: roles.discharge, powerW: wantedW }, 15_000, ({ values }) =>
        near(values.get("W")!),
      );
      const { values, atMs } = seen.at(-1)!;
      await stage.command();
      const zeroMs = await zeroWithinMs(stage, rampMs + 4_000);
      await stage.rest();
      const found = `${kW(values.get("W")!)} after ${(atMs / 1_000).toFixed(1)} s; zero ${zeroMs.toFixed(0)} ms after the role off`;
      return saw(near(values.get("W")!) && zeroMs <= rampMs + 200, found);
    },
  },
];
