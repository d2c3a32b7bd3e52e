/**
 * The backend has no power for a while: vehicles in session are asked to pause, sleep and are woken when there is some again, by
 * what each kind wakes up from. One that stays keeps its session and gets nothing; one that does not wake up is told.
 */
import { at, least, most, secondsUntil } from "../../checkers/probes.ts";
import type { SessionUse } from "../../peers/vehicle/plugged.ts";
import { usualPort } from "../../plant/stage/vehicle-port.ts";
import type { Check, Scenario } from "../../story/scenario.ts";
import type { Site } from "../../story/site.ts";
import { schoolBus, worldFor } from "../../world-config.ts";

interface Row {
  readonly habit: string;
  readonly protocol: SessionUse["protocol"];
  /** It goes to sleep, and is back within so long after there is power again, s; NaN: never. */
  readonly sleeps: boolean;
  readonly backWithinS: number;
}

const takesW = 10_000;
/** From the wake-up to energy: a look, the session's setup, test and precharge. */
const soonS = 12;
/** Three attempts by the duty cycle come before state F. */
const afterStateFS = 55;

const rows: readonly Row[] = [
  { habit: "",                 protocol: "20",  sleeps: true,  backWithinS: soonS },
  { habit: "",                 protocol: "2",   sleeps: true,  backWithinS: soonS },
  { habit: "",                 protocol: "din", sleeps: true,  backWithinS: soonS },
  { habit: "deep-sleeper",     protocol: "20",  sleeps: true,  backWithinS: afterStateFS },
  { habit: "never-wakes",      protocol: "20",  sleeps: true,  backWithinS: Number.NaN },
  { habit: "stays-when-asked", protocol: "20",  sleeps: false, backWithinS: 1 },
];

const nothing = "10:00:30";
const again = "10:02:10";

const powerW = (evse: number) => (site: Site): number => site.world.stages[evse]!.truePowerW;
const port = (site: Site, evse: number) => site.world.stages[evse]!.port!;
const lines = (text: RegExp) => (site: Site): number => site.sessions!.told.filter((line) => text.test(line.text)).length;

function checksOf({ habit, protocol, sleeps, backWithinS }: Row, evse: number): Check[] {
  const what = `${protocol}${habit === "" ? "" : ` ${habit}`} at bay ${evse + 1}`;
  const checks: Check[] = [
    [`${what}: power before`, at("10:00:29", powerW(evse)), "≥", 0.8 * takesW, "W"],
    [`${what}: power while there is none`, most(powerW(evse), "10:00:32", again), "=", 0, "W"],
    [`${what}: contactors closed while it sleeps`, at("10:01:55", (s) => (port(s, evse).closed ? 1 : 0)), "=", sleeps ? 0 : 1, "times"],
    [`${what}: the pilot has no duty cycle for sessions while it sleeps`, at("10:01:55", (s) => (port(s, evse).dutyPct === 100 ? 1 : 0)), "=", sleeps ? 1 : 0, "times"],
  ];
  if (Number.isNaN(backWithinS)) checks.push([`${what}: power afterwards`, most(powerW(evse), again), "=", 0, "W"]);
  else checks.push([`${what}: until it is charged again`, secondsUntil((s) => powerW(evse)(s) > 0.8 * takesW, again, 1_000), "≤", backWithinS, "s"]);
  return checks;
}

export const vehiclesSleep: Scenario = {
  name: "vehicles-sleep",
  sentence: "Vehicles in session are asked to pause while the backend has no power for them, sleep, and are woken when it has.",
  siteFile: "sim/scenarios/sites/vehicles-sleep.yaml",
  tickMs: 50,
  from: "10:00",
  to: "10:03:25",
  world: (seed) =>
    worldFor({
      seed,
      startsAt: "2006-06-14 10:00",
      stageW: rows.map(() => 30_000),
      nominalVoltageV: 480,
      phases: 3,
      stage: { port: usualPort, enterServiceDelayS: 1 },
      vehicles: rows.map(() => ({ ...schoolBus, socPct: 60, bidirectional: false })),
    }),
  begins(site) {
    rows.forEach(({ habit, protocol }, evse) => {
      site.uses[evse] = { protocol, scheduled: false, habit, id: `VEHICLE${evse + 1}` };
    });
    site.world.building.hold(20_000);
    site.station.requestAll(takesW);
  },
  checks: () => [
    ...rows.flatMap(checksOf),
    ["vehicles asked to pause, with the reason", at("10:01:55", lines(/is asked to pause: the backend asks for no power/)), "=", rows.length, "times"],
    ["one that was asked and stays is told", at("10:01:55", lines(/was asked to pause and stays/)), "=", 1, "times"],
    ["one that does not wake up is told", at("10:03:20", lines(/VEHICLE5 does not wake up/)), "=", 1, "times"],
    ["a vehicle of ISO 15118-20 pauses its session", at("10:03:20", (s) => (s.sessions!.told.some(({ text }) => /VEHICLE1 has ended \(paused\)/.test(text)) ? 1 : 0)), "=", 1, "times"],
    ["a plug that is in counts as in while the pilot is in F", least((s) => (s.snapshot.evses[3]!.connected ? 1 : 0), "10:00:10"), "=", 1, "times"],
  ],
  story: [
    [nothing, "The backend has no power for anybody.", (site) => site.station.requestAll(0)],
    [again, "There is power again.", (site) => site.station.requestAll(takesW)],
  ],
};
