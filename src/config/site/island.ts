/** Settings of what an island needs: the transfer device, the tiers of load, the controller's own supply. */
import { usualReturnDelayS } from "../../domain/electrical.ts";
import { choice, flagOr, group, number, numberOr, text } from "../setting.ts";
import { modbus } from "./modbus.ts";
import { transferParts } from "./parts.ts";

/** Most tiers of critical load behind one transfer device. */
export const tiersMax = 8;

export const transferDeviceSettings = group(
  {
    kind: choice(["none", "open-transition", "microgrid-interconnect"], {
      sentence:
        "`none`: the site cannot island. `open-transition`: a transfer switch, with an interruption of the loads. `microgrid-interconnect`: listed for closed transition after a synchronism check.",
      installer: true,
    }),
    ...modbus,
    ...transferParts,
    travelMs: numberOr(100, {
      sentence: "Listed worst travel time.",
      unit: "ms",
      min: 5,
      max: 10_000,
    }),
    returnDelayS: numberOr(usualReturnDelayS, {
      sentence: "The grid has been good this long before K1 closes onto it again (time delay on retransfer).",
      unit: "s",
      min: 5,
      max: 3_600,
    }),
  },
  "The transfer device K1 between the grid and the site bus: one device with registers of its own, or `contacts`, `command`, `gridVoltage` and `busVoltage` as parts of several.",
);

export const tierSettings = group(
  {
    name: text({ sentence: "What it feeds.", maxLength: 60, example: "Kitchen and refrigeration" }),
    loadW: number({ sentence: "Expected load.", unit: "W", min: 0, max: 10_000_000 }),
    inrushFactor: numberOr(1, { sentence: "Inrush, as a multiple of the load.", min: 1, max: 20 }),
    sheddable: flagOr(true, { sentence: "Whether it may be shed to keep reserve and run time." }),
  },
  "A tier of critical load behind K1, most important first.",
);

export const auxiliarySettings = group(
  {
    capacityWh: number({ sentence: "What it holds when it is full.", unit: "Wh", min: 1, max: 100_000 }),
    standbyW: number({
      sentence: "What gateway, transfer device and the stages' electronics take while the site is dark.",
      unit: "W",
      min: 0,
      max: 10_000,
    }),
    startWh: number({
      sentence: "What one black start takes: precharge, contactors, control.",
      unit: "Wh",
      min: 0,
      max: 10_000,
    }),
    keepWh: numberOr(0, {
      sentence: "Kept for seeing the grid return and closing K1: no black start is tried below it.",
      unit: "Wh",
      min: 0,
      max: 100_000,
    }),
    chargeW: numberOr(0, {
      sentence: "What its charger gives while the site bus is live.",
      unit: "W",
      min: 0,
      max: 10_000,
    }),
  },
  "The auxiliary battery that keeps the controller awake in the dark; it bounds how often and how late a black start is tried.",
);
