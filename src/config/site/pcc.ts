/** Settings of the connection to the grid: its limits, its meter, its protections and its record. */
import { z } from "zod";
import { choiceOr, flagOr, group, integer, integerOr, number, numberOr, text } from "../setting.ts";
import { evsesMax } from "./evse.ts";
import { modbus } from "./modbus.ts";

/** Most conductors, buses and transformers with a limit of their own. */
const protectiveGroupsMax = 15;

/** Most meters whose sum is the exchange with the grid. */
const summedMax = 8;

const summedMeterSettings = group(
  {
    device: text({ sentence: "Name of a meter of `devices`.", maxLength: 60, example: "Feeder A" }),
    sign: choiceOr("plus", ["plus", "minus"], {
      sentence:
        "`plus`: what it counts as positive is import of the site. `minus`: the other way, for a meter that is turned round or a feeder that is taken off.",
      installer: true,
    }),
  },
  "One meter of a sum.",
);

const meterSettings = group(
  {
    ...modbus,
    sumOf: z
      .array(summedMeterSettings, { error: "must be a list of meters" })
      .max(summedMax, `must list at most ${summedMax} meters`)
      .default([]),
    importPositive: flagOr(true, {
      sentence: "Whether the meter counts import as positive. Prove it with a power nudge: makers differ.",
      installer: true,
    }),
    proven: flagOr(false, {
      sentence:
        "Sign and place were proven at commissioning. Until then power stays small, and the stages' own moves prove it.",
      source: "requirement R38",
      installer: true,
    }),
    updateMs: numberOr(20, { sentence: "Time between new samples.", unit: "ms", min: 5, max: 2_000 }),
    windowMs: number({
      sentence: "Time over which one sample averages; without it the time between samples.",
      unit: "ms",
      min: 0,
      max: 5_000,
    }).optional(),
    latencyMs: numberOr(10, {
      sentence: "From the end of the averaging window to the value being readable.",
      unit: "ms",
      min: 0,
      max: 2_000,
    }),
    resolutionW: numberOr(1, {
      sentence: "Smallest step of its power value.",
      unit: "W",
      min: 0,
      max: 10_000,
    }),
    accuracyClassPct: numberOr(1, {
      sentence: "Accuracy class with its transformers: limits are kept by this share of themselves less.",
      unit: "%",
      min: 0,
      max: 5,
      source: "usual classes are 0.2 to 2",
      installer: true,
    }),
    offsetW: numberOr(0, {
      sentence: "Largest constant error of its power value; every limit is kept by so much less.",
      unit: "W",
      min: 0,
      max: 100_000,
      installer: true,
    }),
  },
  "The meter at the point of common coupling (PCC): one device, or the sum of several with `sumOf`. A site without one says nothing here.",
);

const protectiveGroupSettings = group(
  {
    name: text({ sentence: "What it is.", maxLength: 60, example: "Feeder F2" }),
    kind: choiceOr("conductor", ["conductor", "bus", "transformer"], {
      sentence: "What its limit protects.",
      installer: true,
    }),
    evses: z
      .array(integer({ sentence: "Number of an EVSE that it feeds, from 1.", min: 1, max: evsesMax }))
      .min(1, "must name at least one EVSE"),
    chargeLimitW: number({
      sentence: "Largest sum of its EVSEs while charging.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
    dischargeLimitW: number({
      sentence: "Largest sum of its EVSEs while discharging.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
  },
  "A conductor, bus or transformer that feeds some of the EVSEs. Its limit is protective: no backend or operator loosens it.",
);

const reversePowerSettings = group(
  {
    reverseMarginW: number({
      sentence:
        "Export beyond the limit by more than this trips (32R). Utilities ask for 0.1 % of the service transformer's rating.",
      unit: "W",
      min: 0,
      max: 1_000_000,
      installer: true,
    }).optional(),
    minimumImportW: number({
      sentence:
        "Import below this trips while vehicles discharge (32F, 37). Utilities ask for 5 % of the chargers' nameplate.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }).optional(),
    delayS: numberOr(2, {
      sentence: "Time for which it must last.",
      unit: "s",
      min: 0.1,
      max: 2,
      source: "usual relay settings, requirement R12",
      installer: true,
    }),
  },
  "Emulation of a reverse-power or minimum-import relay beside the control loop. A trip latches discharging off until a person on site resets it.",
);

const inadvertentExportSettings = group(
  {
    alarmCount: integerOr(2, {
      sentence: "More inadvertent exports than this within the window raise an alarm.",
      min: 1,
      max: 100,
      source: "requirement R11",
      installer: true,
    }),
    alarmWindowH: numberOr(24, { sentence: "The window.", unit: "h", min: 1, max: 168, installer: true }),
    countFromS: numberOr(2, {
      sentence: "Shorter exports are recorded but not counted.",
      unit: "s",
      min: 0,
      max: 30,
      installer: true,
    }),
    alarmLongS: numberOr(60, {
      sentence: "One that lasts longer raises an alarm at once.",
      unit: "s",
      min: 1,
      max: 600,
      installer: true,
    }),
    responseBoundMs: number({
      sentence:
        "Recovery from a load step that the site promises; the response-time passport counts what took longer. Without it, what meter and stages are good for; less than that is refused.",
      unit: "ms",
      min: 50,
      max: 30_000,
      source: "requirement R10",
      installer: true,
    }).optional(),
  },
  "Record of exports beyond the limit, and its alarms.",
);

const reductionSettings = group(
  {
    device: text({ sentence: "The I/O module that the contact is wired to.", maxLength: 60, example: "Cabinet I/O" }),
    input: integer({ sentence: "Input of the contact, 0-based.", min: 0, max: 65_535, installer: true }),
    activeWhen: choiceOr("on", ["on", "off"], {
      sentence:
        "What the input is while the grid operator asks for less. `off` suits a contact that opens: then a broken wire asks for less, too.",
      installer: true,
    }),
    chargeLimitW: numberOr(4_200, {
      sentence: "The most that all chargers together may take meanwhile.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      source: "4.2 kW for one controllable load in Germany (EnWG § 14a)",
      installer: true,
    }),
  },
  "The contact by which the grid operator asks controllable loads to take less (in Germany under § 14a EnWG). Obeyed within 3 s. While the module does not answer it counts as asked for.",
);

export const pccSettings = group(
  {
    importLimitW: number({
      sentence: "Largest power that the site may take from the grid.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
    exportLimitW: numberOr(0, {
      sentence: "Largest power that the site may give to the grid. The permit can only make it smaller.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
    conductorLimitW: numberOr(100_000_000, {
      sentence: "Protective limit of conductor, bus or transformer in both directions; wins over everything.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      source: "NEC 705.13, as cited in requirement R14",
      installer: true,
    }),
    powerControlMode: choiceOr("unrestricted", ["unrestricted", "import-only", "export-only", "no-exchange"], {
      sentence: "Direction in which stored energy may move across the PCC.",
      source: "UL 1741 CRD for power control systems, as cited in requirement R9",
      installer: true,
    }),
    fallbackImportLimitW: number({
      sentence:
        "Import limit for the chargers' own sum while the meter cannot be believed; always, on a site without a meter.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }).optional(),
    phaseImportLimitW: number({
      sentence: "Largest power that one phase may take from the grid; without it only the sum is limited.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }).optional(),
    phaseExportLimitW: number({
      sentence: "Largest power that one phase may give to the grid; without it only the sum is limited.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }).optional(),
    curtailPv: flagOr(false, {
      sentence:
        "PV of `pv` that takes commands is held back, too, where the site would export more than its limit: it gives what the site takes and may export, and vehicles that discharge stand back for it.",
      installer: true,
    }),
    groups: z
      .array(protectiveGroupSettings)
      .max(protectiveGroupsMax, `must list at most ${protectiveGroupsMax} groups`)
      .default([]),
    generationProfile: text({
      sentence: "File of a Limited Generation Profile: an export limit for each hour of each month, 288 values.",
      maxLength: 300,
      example: "profiles/lgp.yaml",
      source: "California Rule 21, as cited in requirement R13",
      installer: true,
    }).optional(),
    reduction: reductionSettings.optional(),
    reversePower: reversePowerSettings.optional(),
    inadvertentExport: inadvertentExportSettings.prefault({}),
    meter: meterSettings.prefault({}),
  },
  "The connection to the grid.",
);
