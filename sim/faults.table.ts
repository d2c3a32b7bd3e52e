/**
 * Everything that can be made to go wrong at a simulated site, by target and error: what a test, a person at the control API
 * or a seeded schedule may raise and clear. `on` and `off` act on the plant's true devices or on their links.
 */
import type { Link } from "./link.ts";
import { habits } from "./peers/vehicle/habits.table.ts";
import type { PowerStage } from "./plant/stage/power-stage.ts";
import { alarmBit } from "./plant/stage/stage-config.ts";
import type { World } from "./world.ts";

/** What a fault acts on. `evse` counts from 0 and is only there for stages, vehicles and their links. */
export interface FaultPlace {
  readonly world: World;
  readonly links: SiteLinks;
  readonly evse: number;
}

export interface SiteLinks {
  readonly meter: Link;
  readonly transferDevice: Link;
  readonly loadPanel: Link;
  readonly stages: readonly Link[];
}

export type FaultTarget = "stage" | "vehicle" | "session" | "meter" | "transferDevice" | "stageLink" | "meterLink" | "transferDeviceLink" | "loadPanelLink";

export interface FaultRow {
  readonly target: FaultTarget;
  readonly error: string;
  readonly sentence: string;
  /** May appear in seeded schedules: the site must stay safe under any single one of them. */
  readonly random: boolean;
  readonly on: (place: FaultPlace) => void;
  readonly off: (place: FaultPlace) => void;
  /** Why it can't be raised at this place; empty where it can. */
  readonly refusal?: (place: FaultPlace) => string;
}

const stageOf = ({ world, evse }: FaultPlace): PowerStage => world.stages[evse]!;
const metersOf = ({ world }: FaultPlace) => world.meter.faults;
const deviceOf = ({ world }: FaultPlace) => world.transferDevice.faults;

/** A row that sets one property of a stage's faults, and lets the stage look at its target again. */
function stageRow<K extends keyof PowerStage["faults"]>(error: string, sentence: string, key: K, value: PowerStage["faults"][K], rest: PowerStage["faults"][K], random = true): FaultRow {
  return {
    target: "stage", error, sentence, random,
    on: (place) => { stageOf(place).faults[key] = value; stageOf(place).renewAbility(); },
    off: (place) => { stageOf(place).faults[key] = rest; stageOf(place).renewAbility(); },
  };
}

/** What there is nothing of where the stage speaks with vehicles by itself. */
const withoutPort = (place: FaultPlace): string =>
  stageOf(place).port === undefined ? `EVSE ${place.evse + 1} has no vehicleLink: its charger speaks with the vehicle` : "";

/** A row that sets a property of the stage's side towards the vehicle. */
const portRow = (error: string, sentence: string, key: "leaks" | "welded" | "refusesToClose"): FaultRow => ({
  target: "stage", error, sentence, random: false, refusal: withoutPort,
  on: (place) => { stageOf(place).port![key] = true; },
  off: (place) => { stageOf(place).port![key] = false; },
});

const sessionRows: FaultRow[] = habits.map(({ name, sentence }) => ({
  target: "session", error: name, sentence, random: false, refusal: withoutPort,
  on: ({ world, evse }) => { world.vehicles[evse]!.habit = name; },
  off: ({ world, evse }) => {
    const vehicle = world.vehicles[evse]!;
    if (vehicle.habit === name) vehicle.habit = "";
  },
}));

const linkTargets: readonly (readonly [FaultTarget, (place: FaultPlace) => Link])[] = [
  ["stageLink",          ({ links, evse }) => links.stages[evse]!],
  ["meterLink",          ({ links }) => links.meter],
  ["transferDeviceLink", ({ links }) => links.transferDevice],
  ["loadPanelLink",      ({ links }) => links.loadPanel],
];

/** The link that a fault acts on; undefined for faults of the plant. */
export const linkOfFault = (target: FaultTarget, place: FaultPlace): Link | undefined =>
  linkTargets.find(([name]) => name === target)?.[1](place);

/** What a device can do by itself behind a link that it shares with others: everything else is the whole link's. */
export const ownErrors: readonly string[] = ["freeze", "hang"];

const linkErrors: readonly (readonly [error: string, sentence: string, on: (link: Link) => void, off: (link: Link) => void])[] = [
  ["delay",   "Replies come 50 ms later.",                       (l) => { l.delayMs = 50; },   (l) => { l.delayMs = 0; }],
  ["loss",    "Every fifth request gets no reply.",              (l) => { l.lossShare = 0.2; }, (l) => { l.lossShare = 0; }],
  ["freeze",  "It answers with its last values; its own clock stands still.", (l) => { l.frozen = true; },  (l) => { l.frozen = false; }],
  ["hang",    "It takes requests and answers none; cleared, it carries out what piled up.", (l) => { l.hung = true; }, (l) => { l.hung = false; }],
  ["garbage", "Replies are bytes without sense.",                (l) => { l.garbage = true; }, (l) => { l.garbage = false; }],
  ["late",    "Replies come after everyone has given up.",       (l) => { l.late = true; },    (l) => { l.late = false; }],
  ["down",    "Nothing goes through.",                           (l) => { l.down = true; },    (l) => { l.down = false; }],
];

const linkRows: FaultRow[] = linkTargets.flatMap(([target, linkOf]) =>
  linkErrors.map(([error, sentence, on, off]) => ({
    // What seeded schedules draw from stays as it was, so that a seed goes on meaning the same run.
    target, error, sentence, random: error !== "hang" && target !== "loadPanelLink",
    on: (place: FaultPlace) => on(linkOf(place)),
    off: (place: FaultPlace) => off(linkOf(place)),
  })),
);

export const faultRows: readonly FaultRow[] = [
  stageRow("hung",               "Firmware hangs; power stays where it is.",          "hung",             true,       false),
  stageRow("local",              "Somebody has turned it to local control.",          "local",            true,       false),
  stageRow("neverStops",         "Off has no effect.",                                "neverStops",       true,       false),
  stageRow("refusesForming",     "It will not form.",                                 "refusesForming",   true,       false),
  stageRow("formsItself",        "It forms without being told.",                      "formsItself",      true,       false, false),
  stageRow("dischargesItself",   "It gives half its rating without being told.",      "dischargesItself", true,       false, false),
  stageRow("stuck",              "Its power does not move.",                          "stuck",            true,       false),
  stageRow("slow",               "It responds twenty times slower.",                  "slowness",         20,         1),
  stageRow("derated",            "Heat leaves it a fifth of its rating.",             "derating",         0.2,        1),
  stageRow("antiIslandingOff",   "Its anti-islanding function is switched off.",      "antiIslandingOff", true,       false),
  stageRow("reportsOff",         "It reports off, whatever it does.",                 "reportedRole",     "off",      undefined),
  stageRow("reportsCharge",      "It reports charging, whatever it does.",            "reportedRole",     "charge",   undefined),
  stageRow("reportsForming",     "It reports forming, whatever it does.",             "reportedRole",     "forming",  undefined),
  stageRow("deadTime",           "It moves half a second after what was written.",    "deadTimeMs",       500,        0, false),
  stageRow("seldom",             "It looks at what was written once a second.",       "commandPeriodMs",  1_000,      0, false),
  stageRow("slews",              "It moves by a tenth of its rating a second.",       "slewPuPerS",       0.1,        Number.POSITIVE_INFINITY, false),
  portRow("portLeaks",       "The insulation test of its vehicle port fails.",       "leaks"),
  portRow("portWelded",      "The contactors towards the vehicle do not open.",      "welded"),
  portRow("portStuckOpen",   "The contactors towards the vehicle do not close.",     "refusesToClose"),
  { target: "stage", error: "groundFault", sentence: "A ground fault: it trips and latches.", random: true,
    on: (p) => stageOf(p).trip(alarmBit.groundFault), off: (p) => stageOf(p).resetAlarms() },
  { target: "stage", error: "trip", sentence: "It trips once and starts again by itself.", random: true,
    on: (p) => stageOf(p).trip(0), off: () => {} },

  { target: "vehicle", error: "silent", sentence: "The vehicle stops renewing its limits.", random: true,
    on: (p) => { p.world.vehicles[p.evse]!.silent = true; }, off: (p) => { p.world.vehicles[p.evse]!.silent = false; } },
  { target: "vehicle", error: "paused", sentence: "The vehicle takes and gives nothing.", random: true,
    on: (p) => { p.world.vehicles[p.evse]!.paused = true; }, off: (p) => { p.world.vehicles[p.evse]!.paused = false; } },

  { target: "meter", error: "freeze",         sentence: "Its registers stand still.",               random: true,  on: (p) => { metersOf(p).frozen = true; },         off: (p) => { metersOf(p).frozen = false; } },
  { target: "meter", error: "freezeCounting", sentence: "It repeats its values and counts on.",     random: true,  on: (p) => { metersOf(p).frozenCounting = true; }, off: (p) => { metersOf(p).frozenCounting = false; } },
  { target: "meter", error: "reversed",       sentence: "Its current transformers are reversed.",   random: false, on: (p) => { metersOf(p).reversed = true; },       off: (p) => { metersOf(p).reversed = false; } },
  { target: "meter", error: "notANumber",     sentence: "Its power is not a number.",               random: true,  on: (p) => { metersOf(p).notANumber = true; },     off: (p) => { metersOf(p).notANumber = false; } },
  { target: "meter", error: "dead",           sentence: "It has no supply.",                        random: true,  on: (p) => { metersOf(p).dead = true; },           off: (p) => { metersOf(p).dead = false; } },

  { target: "meter", error: "coarse",         sentence: "Its smallest step is 1 % of its range.",         random: false, on: (p) => { metersOf(p).stepShare = 0.01; }, off: (p) => { metersOf(p).stepShare = 0; } },
  { target: "meter", error: "late",           sentence: "Its values come half a second later.",           random: false, on: (p) => { metersOf(p).latencyMs = 500; },  off: (p) => { metersOf(p).latencyMs = 0; } },
  { target: "meter", error: "jitters",        sentence: "Its values come up to 300 ms later, unevenly.",  random: false, on: (p) => { metersOf(p).jitterMs = 300; },   off: (p) => { metersOf(p).jitterMs = 0; } },
  { target: "meter", error: "averages",       sentence: "It averages over a second, whatever it tells.",  random: false, on: (p) => { metersOf(p).averageMs = 1_000; }, off: (p) => { metersOf(p).averageMs = 0; } },

  { target: "transferDevice", error: "welded",        sentence: "The main contact does not open.",              random: true,  on: (p) => { deviceOf(p).welded = true; },        off: (p) => { deviceOf(p).welded = false; } },
  { target: "transferDevice", error: "stuckOpen",     sentence: "The main contact does not close.",             random: true,  on: (p) => { deviceOf(p).stuckOpen = true; },     off: (p) => { deviceOf(p).stuckOpen = false; } },
  { target: "transferDevice", error: "slow",          sentence: "It moves five times slower.",                  random: true,  on: (p) => { deviceOf(p).slowness = 5; },         off: (p) => { deviceOf(p).slowness = 1; } },
  { target: "transferDevice", error: "noOpen",        sentence: "Contact NO always says open.",                 random: true,  on: (p) => { deviceOf(p).contactNo = "open"; },   off: (p) => { deviceOf(p).contactNo = undefined; } },
  { target: "transferDevice", error: "noClosed",      sentence: "Contact NO always says closed.",               random: true,  on: (p) => { deviceOf(p).contactNo = "closed"; }, off: (p) => { deviceOf(p).contactNo = undefined; } },
  { target: "transferDevice", error: "ncOpen",        sentence: "Contact NC always says open.",                 random: true,  on: (p) => { deviceOf(p).contactNc = "open"; },   off: (p) => { deviceOf(p).contactNc = undefined; } },
  { target: "transferDevice", error: "ncClosed",      sentence: "Contact NC always says closed.",               random: true,  on: (p) => { deviceOf(p).contactNc = "closed"; }, off: (p) => { deviceOf(p).contactNc = undefined; } },
  { target: "transferDevice", error: "echo",          sentence: "Both contacts show the command, not the position.", random: true, on: (p) => { deviceOf(p).echo = true; },      off: (p) => { deviceOf(p).echo = false; } },
  { target: "transferDevice", error: "gridDead",      sentence: "The grid-side voltmeter says dead.",           random: true,  on: (p) => { deviceOf(p).gridVoltmeterPu = 0; },  off: (p) => { deviceOf(p).gridVoltmeterPu = undefined; } },
  { target: "transferDevice", error: "gridNormal",    sentence: "The grid-side voltmeter says normal.",         random: true,  on: (p) => { deviceOf(p).gridVoltmeterPu = 1; },  off: (p) => { deviceOf(p).gridVoltmeterPu = undefined; } },
  { target: "transferDevice", error: "gridAbnormal",  sentence: "The grid-side voltmeter says 0.7 pu.",         random: true,  on: (p) => { deviceOf(p).gridVoltmeterPu = 0.7; }, off: (p) => { deviceOf(p).gridVoltmeterPu = undefined; } },
  { target: "transferDevice", error: "busDead",       sentence: "The bus voltmeter says dead.",                 random: true,  on: (p) => { deviceOf(p).busVoltmeterPu = 0; },   off: (p) => { deviceOf(p).busVoltmeterPu = undefined; } },
  { target: "transferDevice", error: "busLive",       sentence: "The bus voltmeter says normal.",               random: true,  on: (p) => { deviceOf(p).busVoltmeterPu = 1; },   off: (p) => { deviceOf(p).busVoltmeterPu = undefined; } },
  { target: "transferDevice", error: "syncStuck",     sentence: "The synchronism relay always says yes.",       random: true,  on: (p) => { deviceOf(p).syncRelayStuck = true; }, off: (p) => { deviceOf(p).syncRelayStuck = false; } },
  { target: "transferDevice", error: "syncDead",      sentence: "The synchronism relay always says no.",        random: true,  on: (p) => { deviceOf(p).syncRelayDead = true; },  off: (p) => { deviceOf(p).syncRelayDead = false; } },
  { target: "transferDevice", error: "closesItself",  sentence: "It closes by itself, once.",                   random: false, on: (p) => { p.world.stir(); p.world.transferDevice.moveByItself("closed"); }, off: () => {} },
  { target: "transferDevice", error: "bridged",       sentence: "A pole conducts although the device is open and says so.", random: false,
    on: (p) => { const d = p.world.transferDevice; d.faults.welded = true; d.faults.contactNo = "open"; d.faults.contactNc = "open"; p.world.stir(); d.moveByItself("closed"); },
    off: (p) => { const d = p.world.transferDevice; d.faults.welded = false; d.faults.contactNo = undefined; d.faults.contactNc = undefined; p.world.stir(); d.moveByItself("open"); } },
  { target: "transferDevice", error: "opensItself",   sentence: "It opens by itself, once.",                    random: true,  on: (p) => { p.world.stir(); p.world.transferDevice.moveByItself("open"); },   off: () => {} },

  ...sessionRows,

  ...linkRows,
];
