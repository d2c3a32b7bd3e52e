/** Duties of the safety nets below the controller: reversion, and the watch over the controller's heartbeat. */
import { contractNumbers } from "../maps/register-words.table.ts";
import { type Duty, kW, saw } from "./duty.ts";
import { chargeWOf, charging, contactorOpensMs, needVehicle, roles, zeroWithinMs } from "./motion.ts";
import { accepted, answerText, flag, type StageUnderTest } from "./stage-under-test.ts";

const [openMaxMs] = contractNumbers["openMaxMs"]!;
const [rampMs] = contractNumbers["rampToZeroMaxMs"]!;
/** A stage's own timers run in steps of a second at most, and are seen every 50 ms. */
const timerMs = 1_200;

/** Whole seconds that are shorter than the heartbeat's watch, so that the reversion acts first. */
const reversionS = (stage: StageUnderTest): number => (stage.watchdogMs >= 4_000 ? 2 : 1);

async function armReversion(stage: StageUnderTest, seconds: number): Promise<string> {
  const wanted = [
    ["WSetRvrt", 0],
    ["WSetEnaRvrt", 1],
    ["WSetRvrtTms", seconds],
    ["WSetMod", 1],
  ] as const;
  for (const [point, value] of wanted) {
    const code = await stage.write(704, point, value);
    const kept = await stage.get(704, point);
    if (code !== accepted || kept !== value) return `704.${point} = ${value}: ${answerText(code)}, shows ${kept}`;
  }
  return "";
}

export const netDuties: readonly Duty[] = [
  {
    id: "keeps-its-reversion-settings",
    needs: "writes",
    duty: "takes and keeps 704.WSetRvrt, WSetEnaRvrt, WSetRvrtTms and WSetMod",
    did: "wrote 0, 1, 20 s and watts, and read them back",
    expected: "accepted and kept",
    trial: async (stage) => {
      const fault = await armReversion(stage, 20);
      return saw(fault === "", fault || "kept");
    },
  },
  {
    id: "counts-down-its-reversion",
    needs: "writes",
    duty: "counts down 704.WSetRvrtRem when no setpoint comes, and a command block reloads it",
    did: "armed 20 s, sent a block, waited 3 s, sent a block",
    expected: "at most 20, 2 to 4 less after the wait, more again after the block",
    trial: async (stage) => {
      const fault = await armReversion(stage, 20);
      if (fault !== "") return saw(false, fault);
      await stage.command();
      await stage.write(704, "WSetEna", 1);
      await stage.command();
      const first = await stage.get(704, "WSetRvrtRem");
      await stage.around.sleep(3_000);
      const second = await stage.get(704, "WSetRvrtRem");
      await stage.command();
      await stage.around.sleep(100);
      const third = await stage.get(704, "WSetRvrtRem");
      const counts = first <= 20 && first - second >= 2 && first - second <= 4;
      return saw(counts && third > second, `${first} s, ${second} s, after the block ${third} s`);
    },
  },
  {
    id: "reverts",
    needs: "charge",
    duty: "ramps to 704.WSetRvrt (0) when setpoints stop for WSetRvrtTms, before its heartbeat's watch acts",
    did: "charged, then said nothing",
    expected: `zero ${rampMs / 1_000} s after WSetRvrtTms at the latest, not before it, nothing latched by then`,
    trial: async (stage) => {
      const seconds = reversionS(stage);
      const fault = await armReversion(stage, seconds);
      if (fault !== "") return saw(false, fault);
      await stage.write(704, "WSetEna", 1);
      await charging(stage);
      const small = 0.1 * chargeWOf(stage);
      const seen = await stage.silence(1_000 * seconds + rampMs + timerMs, (moment) => -moment.values.get("W")! < small);
      const end = seen.at(-1)!;
      const atS = end.atMs / 1_000;
      const zero = -end.values.get("W")! < small;
      const latched = flag(end.values, "watchdogTripped");
      await stage.rest();
      const inTime = end.atMs >= 1_000 * seconds - 700;
      const what = zero ? `zero after ${atS.toFixed(1)} s` : `still ${kW(-end.values.get("W")!)} after ${atS.toFixed(1)} s`;
      return saw(zero && inTime && !latched, `${what}${latched ? ", latched" : ""} (WSetRvrtTms ${seconds} s)`);
    },
  },
  {
    id: "watches-the-heartbeat",
    needs: "writes",
    duty: "counts in CtlHbAge how long CtlHb has stood still; only a change of CtlHb counts as life",
    did: "sent blocks with the same CtlHb for 1.5 s, then one with another",
    expected: "CtlHbAge grows with time, and falls with the change",
    trial: async (stage) => {
      stage.heartbeat += 1;
      await stage.command();
      const first = (await stage.look()).get("CtlHbAge")!;
      for (let i = 0; i < 5; i += 1) {
        await stage.around.sleep(300);
        await stage.command();
      }
      const standing = (await stage.look()).get("CtlHbAge")!;
      stage.heartbeat += 1;
      await stage.command();
      const changed = (await stage.look()).get("CtlHbAge")!;
      const grows = standing - first >= 1_200 && standing - first <= 2_500;
      return saw(grows && changed < 500, `${first} ms, ${standing} ms without, ${changed} ms after a change`);
    },
  },
  {
    id: "is-patient-while-the-heart-beats",
    needs: "charge",
    duty: "does not trip while CtlHb advances once a second",
    did: "held the role charge at zero power for one and a half HbTms with a heartbeat",
    expected: "nothing latched",
    trial: async (stage) => {
      needVehicle(stage, await stage.look());
      await armReversion(stage, 20);
      const seen = await stage.hold({ role: roles.charge }, 1.5 * stage.watchdogMs, ({ values }) =>
        flag(values, "watchdogTripped"),
      );
      const tripped = flag(seen.at(-1)!.values, "watchdogTripped");
      await stage.rest();
      return saw(!tripped, tripped ? `latched after ${(seen.at(-1)!.atMs / 1_000).toFixed(1)} s` : "nothing latched");
    },
  },
  {
    id: "trips-when-the-heart-stops",
    needs: "charge",
    duty: "when CtlHb stands still for HbTms: power to zero, contactor open, reason latched",
    did: "charged, then repeated the block with the same CtlHb",
    expected: "latched within HbTms and 1.2 s, not before; role off and power zero then; contactor open 2 s later",
    trial: async (stage) => {
      await charging(stage);
      const beganMs = stage.around.clock();
      let atMs = Number.NaN;
      const limitMs = stage.watchdogMs + timerMs;
      while (Number.isNaN(atMs) && stage.around.clock() - beganMs < limitMs) {
        await stage.command({ role: roles.charge, powerW: -chargeWOf(stage) });
        await stage.around.sleep(100);
        if (flag(await stage.look(), "watchdogTripped")) atMs = stage.around.clock() - beganMs;
      }
      if (Number.isNaN(atMs)) return saw(false, `nothing latched ${(limitMs / 1_000).toFixed(1)} s after the last change`);
      const zeroMs = await zeroWithinMs(stage, rampMs + 500);
      const openMs = await contactorOpensMs(stage, openMaxMs + 500);
      const end = await stage.look();
      const seen = `latched after ${(atMs / 1_000).toFixed(1)} s, zero ${zeroMs.toFixed(0)} ms and contactor open ${openMs.toFixed(0)} ms later, role ${end.get("Role")}`;
      const early = atMs < stage.watchdogMs - 1_200;
      return saw(!early && zeroMs <= rampMs && openMs <= openMaxMs && end.get("Role") === 0, seen);
    },
  },
  {
    id: "stays-latched",
    needs: "charge",
    duty: "stays off while the reason is latched, whatever is commanded, until 715.AlarmReset; then off until commanded anew",
    did: "stopped the heartbeat until it latched; commanded charging for 2.5 s; AlarmReset; said nothing for 2.5 s; commanded",
    expected: "off and latched; off and not latched; charging",
    trial: async (stage) => {
      await charging(stage);
      const limitMs = stage.watchdogMs + 2 * timerMs;
      const silent = await stage.silence(limitMs, ({ values }) => flag(values, "watchdogTripped"));
      if (!flag(silent.at(-1)!.values, "watchdogTripped")) return saw(false, "nothing latched");
      await stage.around.sleep(openMaxMs);
      const command = { role: roles.charge, powerW: -chargeWOf(stage) };
      const moved = (moments: readonly { values: ReadonlyMap<string, number> }[]): boolean =>
        moments.some(({ values }) => values.get("Role") !== 0 || -values.get("W")! > 0.2 * chargeWOf(stage));
      const latched = await stage.hold(command, 2_500);
      const heldOff = !moved(latched) && flag(latched.at(-1)!.values, "watchdogTripped");
      await stage.write(715, "AlarmReset", 1);
      const reset = await stage.silence(Math.min(2_500, stage.watchdogMs - 500));
      const stayedOff = !moved(reset) && !flag(reset.at(-1)!.values, "watchdogTripped");
      const again = await stage.hold(command, 6_000, ({ values }) => -values.get("W")! > 0.5 * chargeWOf(stage));
      const goes = -again.at(-1)!.values.get("W")! > 0.5 * chargeWOf(stage);
      await stage.rest();
      const seen = [
        heldOff ? "off while latched" : "moved, or the latch went, without a reset",
        stayedOff ? "off after the reset" : "moved after the reset before it was commanded, or still latched",
        goes ? "charges when commanded anew" : "does not charge when commanded anew",
      ];
      return saw(heldOff && stayedOff && goes, seen.join("; "));
    },
  },
];
