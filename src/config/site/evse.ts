/** Settings of a charging place and its power stage. */
import { choiceOr, flagOr, group, number, numberOr, text } from "../setting.ts";
import { modbus } from "./modbus.ts";
import { vehicleLinkSettings } from "./vehicle-link.ts";

/** Most EVSEs that one controller drives; sizes every shared buffer. */
export const evsesMax = 100;

const stageSettings = group(
  {
    ...modbus,
    responseMs: numberOr(50, {
      sentence: "Time constant of its power response.",
      unit: "ms",
      min: 1,
      max: 5_000,
    }),
    deadTimeMs: numberOr(15, {
      sentence: "From a written setpoint to the first movement.",
      unit: "ms",
      min: 0,
      max: 5_000,
    }),
    slewPctPerS: number({
      sentence: "Fastest change of its power, of its rating; without it only the time constant counts.",
      unit: "%/s",
      min: 0.5,
      max: 10_000,
    }).optional(),
    commandPeriodMs: numberOr(0, {
      sentence: "It takes a new setpoint only so often; 0 for each one that arrives.",
      unit: "ms",
      min: 0,
      max: 5_000,
    }),
    resolutionW: numberOr(0, {
      sentence:
        "Smallest step of its setpoint: commands are rounded towards zero by it, so that it does not round away from zero.",
      unit: "W",
      min: 0,
      max: 100_000,
    }),
    openingMs: numberOr(60, {
      sentence: "From the command to cease until its current is gone; taken off the clearing times of trips.",
      unit: "ms",
      min: 0,
      max: 150,
      installer: true,
    }),
    holdsAngle: flagOr(false, {
      sentence:
        "It can hold its angle: K1's mirror contact in its own gate enable makes it hold the bus up at the voltage and angle it had, without a break. A planned island then passes unseen.",
      source: "duty `hold` of firmware-bridge/CONTRACT.md",
      installer: true,
    }),
    gridFunctions: choiceOr("stage", ["stage", "controller"], {
      sentence:
        "Who runs the grid-support functions: the stage's certified firmware, which is configured, read back and watched, or the controller for a stage that has none.",
      source: "requirement R17",
      installer: true,
    }),
    ratedVA: number({
      sentence: "Apparent-power rating; without it the larger of its powers.",
      unit: "VA",
      min: 1,
      max: 6_000_000,
      installer: true,
    }).optional(),
    maxVar: numberOr(0, {
      sentence:
        "Reactive power that it takes from the controller in either direction; 0 for a stage that follows none.",
      unit: "var",
      min: 0,
      max: 6_000_000,
      installer: true,
    }),
    reactiveResponseMs: numberOr(1_000, {
      sentence: "Time constant of its reactive power. The anti-islanding backup uses stages of at most 100 ms.",
      unit: "ms",
      min: 1,
      max: 10_000,
      source:
        "`npm run -s bench -- anti-islanding`: with 100 ms the backup finds every island of the matrix, with 430 ms not",
      installer: true,
    }),
  },
  "The power stage behind this EVSE.",
);

export const evseSettings = group(
  {
    name: text({ sentence: "What people call it.", maxLength: 60, example: "Bay 4" }).optional(),
    vehicle: text({
      sentence:
        "The vehicle that has its place here, as people call it; shown while nothing else tells who is plugged in.",
      maxLength: 60,
      example: "Bus 104",
    }).optional(),
    vehicleLink: vehicleLinkSettings.optional(),
    stage: stageSettings,
    maxChargeW: number({ sentence: "Rating, charging.", unit: "W", min: 0, max: 5_000_000 }),
    maxDischargeW: numberOr(0, { sentence: "Rating, discharging.", unit: "W", min: 0, max: 5_000_000 }),
    minPowerW: numberOr(0, {
      sentence: "Smallest power it can hold; below it the setpoint is zero.",
      unit: "W",
      min: 0,
      max: 1_000_000,
    }),
    dischargeEnabled: flagOr(false, {
      sentence: "Capable is not enabled: allow this EVSE to discharge its vehicle.",
      source: "requirement R5",
      installer: true,
    }),
    gridForming: flagOr(false, {
      sentence: "Listed as a source for the island.",
      source: "requirement R25",
      installer: true,
    }),
    reservePct: numberOr(30, { sentence: "State of charge kept in the vehicle.", unit: "%", min: 0, max: 100 }),
    phase: choiceOr("all", ["all", "a", "b", "c"], { sentence: "The phase it is connected to." }),
  },
  "One EVSE: a charging place with its power stage.",
);
