/**
 * The settings of a site: what `config/*.yaml` may say. Read by the installer's eyes first, so sentences matter. Powers are
 * magnitudes; directions are in the names.
 */
import { z } from "zod";
import { serviceModes } from "../domain/modes.ts";
import { choice, choiceOr, flagOr, group, integerOr, number, numberOr, text } from "./setting.ts";

/** Most EVSEs that one controller drives; sizes every shared buffer. */
export const evsesMax = 100;
/** Most tiers of critical load behind one transfer device. */
export const tiersMax = 8;

const host = text({ sentence: "Name or address of the device.", maxLength: 253, example: "192.168.1.20" });
const modbus = {
  host,
  port: integerOr(502, { sentence: "TCP port of its Modbus server.", min: 1, max: 65_535 }),
  unitId: integerOr(1, { sentence: "Modbus unit identifier.", min: 0, max: 255 }),
  map: text({
    sentence: "Register map: `sunspec`, or the path of a map file for a device that does not speak SunSpec.",
    maxLength: 300,
    example: "sunspec",
  }).default("sunspec"),
};

export const meterSettings = group(
  {
    ...modbus,
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
    windowMs: numberOr(20, { sentence: "Time over which one sample averages.", unit: "ms", min: 0, max: 5_000 }),
    latencyMs: numberOr(10, {
      sentence: "From the end of the averaging window to the value being readable.",
      unit: "ms",
      min: 0,
      max: 1_000,
    }),
    noisePct: numberOr(0.3, {
      sentence: "Standard deviation of its noise, of the sum of stage ratings.",
      unit: "%",
      min: 0,
      max: 5,
    }),
  },
  "The meter at the point of common coupling (PCC).",
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
      sentence: "Import limit for the chargers' own sum while the meter cannot be believed.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }).optional(),
    meter: meterSettings,
  },
  "The connection to the grid.",
);

export const transferDeviceSettings = group(
  {
    kind: choice(["none", "open-transition", "microgrid-interconnect"], {
      sentence:
        "`none`: the site cannot island. `open-transition`: a transfer switch, loads blink. `microgrid-interconnect`: listed for closed transition after a synchronism check.",
      installer: true,
    }),
    ...modbus,
    travelMs: numberOr(100, {
      sentence: "Listed worst travel time.",
      unit: "ms",
      min: 5,
      max: 10_000,
    }),
  },
  "The transfer device K1 between the grid and the site bus.",
);

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
      sentence: "From a written set-point to the first movement.",
      unit: "ms",
      min: 0,
      max: 1_000,
    }),
  },
  "The power stage behind this EVSE.",
);

export const evseSettings = group(
  {
    name: text({ sentence: "What people call it.", maxLength: 60, example: "Bay 4" }).optional(),
    stage: stageSettings,
    maxChargeW: number({ sentence: "Rating, charging.", unit: "W", min: 0, max: 5_000_000 }),
    maxDischargeW: numberOr(0, { sentence: "Rating, discharging.", unit: "W", min: 0, max: 5_000_000 }),
    minPowerW: numberOr(0, {
      sentence: "Smallest power it can hold; below it the set-point is zero.",
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

const tierSettings = group(
  {
    name: text({ sentence: "What it feeds.", maxLength: 60, example: "Kitchen and refrigeration" }),
    loadW: number({ sentence: "Expected load.", unit: "W", min: 0, max: 10_000_000 }),
    inrushFactor: numberOr(1, { sentence: "Inrush, as a multiple of the load.", min: 1, max: 20 }),
    sheddable: flagOr(true, { sentence: "Whether it may be shed to keep reserve and run time." }),
  },
  "A tier of critical load behind K1, most important first.",
);

export const loopSettings = group(
  {
    periodMs: numberOr(20, { sentence: "Period of the control loop.", unit: "ms", min: 5, max: 100 }),
    realTimePriority: flagOr(true, {
      sentence: "Try to get SCHED_FIFO priority for the control thread.",
    }),
    watchdogS: integerOr(5, {
      sentence: "Time after which a power stage ramps to zero by itself when the controller is silent.",
      unit: "s",
      min: 2,
      max: 30,
      source: "parallel operation 2 to 5 s, as studied for the mode machine",
      installer: true,
    }),
  },
  "The control loop.",
);

const backendSettings = group(
  {
    url: text({
      sentence: "OCPP 2.0.1 endpoint; the identity is appended.",
      maxLength: 500,
      pattern: /^wss?:\/\/.+/,
      example: "wss://backend.example/ocpp",
    }),
    identity: text({
      sentence: "Charging station identity.",
      maxLength: 48,
      pattern: /^[A-Za-z0-9_.:-]+$/,
      example: "DEPOT-1",
    }),
    securityProfile: integerOr(1, { sentence: "OCPP security profile.", min: 0, max: 3 }),
    connectorType: text({ sentence: "OCPP name of the connectors.", maxLength: 20, example: "cCCS1" }).default("cCCS1"),
    passwordFile: text({
      sentence: "File that holds the basic-authentication password.",
      maxLength: 300,
      example: "/etc/islet/backend.password",
    }).optional(),
  },
  "The OCPP backend.",
);

const dashboardSettings = group(
  {
    host: text({
      sentence: "Address to listen on; loopback unless you decide otherwise.",
      maxLength: 253,
      example: "127.0.0.1",
    }).default("127.0.0.1"),
    port: integerOr(8080, { sentence: "TCP port; 0 takes any free one.", min: 0, max: 65_535 }),
  },
  "The page for people.",
);

const permitSettings = group(
  {
    file: text({
      sentence: "The signed permission to operate. Without it the site is a load and nothing else.",
      maxLength: 300,
      example: "/etc/islet/permit.json",
    }).optional(),
    anchors: z
      .array(
        text({
          sentence: "Public key (PEM file) that may sign permits.",
          maxLength: 300,
          example: "/etc/islet/utility.pem",
        }),
      )
      .max(16, "must hold at most 16 trust anchors")
      .default([]),
  },
  "The permission to operate.",
);

/** The whole site. */
export const siteSettings = group(
  {
    site: group(
      {
        name: text({ sentence: "What people call the site.", maxLength: 80, example: "North depot" }),
        timeZone: text({ sentence: "IANA time zone.", maxLength: 64, example: "America/Los_Angeles" }).default("UTC"),
        serviceMode: choiceOr("load-only", serviceModes, {
          sentence: "How the site wishes to run. More than the permit grants is refused.",
          source: "requirements R1, R2",
          installer: true,
        }),
        nominalVoltageV: number({ sentence: "Nominal line-to-line voltage.", unit: "V", min: 100, max: 1_000 }),
        nominalFrequencyHz: choiceOr("60", ["50", "60"], { sentence: "Nominal frequency, Hz, in quotes." }),
        phases: choiceOr("three", ["single", "split", "three"], { sentence: "Kind of service." }),
        gridProfile: text({
          sentence: "Grid profile: a built-in name, or the path of a utility's own file.",
          maxLength: 300,
          example: "ieee1547-catB-III",
        }).default("ieee1547-catB-III"),
        utilityNotified: flagOr(false, {
          sentence: "The utility has been told in writing that the site backs itself up behind a transfer device.",
          source: "requirement R4",
          installer: true,
        }),
      },
      "The site.",
    ),
    pcc: pccSettings,
    transferDevice: transferDeviceSettings.optional(),
    evses: z
      .array(evseSettings, { error: "must be a list of EVSEs" })
      .min(1, "must list at least one EVSE")
      .max(evsesMax, `must list at most ${evsesMax} EVSEs`),
    tiers: z.array(tierSettings).max(tiersMax, `must list at most ${tiersMax} tiers`).default([]),
    allocation: choiceOr("equal", ["equal", "first-come", "by-departure"], {
      sentence: "How EVSEs share the site's power.",
      source: "requirement R35",
    }),
    loop: loopSettings.prefault({}),
    authorization: choiceOr("required", ["required", "none"], {
      sentence:
        "`required`: a card, a backend or the vehicle's contract must authorize each session. `none`: whoever is plugged in may charge, as in a depot behind a gate or at home.",
    }),
    loadPanel: group({ ...modbus }, "The panel that switches the tiers; may be the same device as K1.").optional(),
    pv: group({ ...modbus }, "PV behind K1 that the controller may curtail.").optional(),
    permit: permitSettings.prefault({}),
    backend: backendSettings.optional(),
    dashboard: dashboardSettings.prefault({}),
    stateDir: text({
      sentence: "Folder for what must survive a restart: journal, audit log, stored intents.",
      maxLength: 300,
      example: "/var/lib/islet",
    }).default(".islet"),
    sim: z.record(z.string(), z.unknown()).optional().meta({
      sentence: "What the simulator should pretend; the controller does not read it.",
    }),
  },
  "A site.",
);

export type SiteConfig = z.infer<typeof siteSettings>;
export type EvseConfig = SiteConfig["evses"][number];
export type TierConfig = SiteConfig["tiers"][number];
