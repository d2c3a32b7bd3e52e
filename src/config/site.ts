/**
 * The settings of a site: what `config/*.yaml` may say. Read by the installer's eyes first, so sentences matter. Powers are
 * magnitudes; directions are in the names.
 */
import { z } from "zod";
import { serviceModes } from "../domain/modes.ts";
import { choice, choiceOr, flagOr, group, integer, integerOr, number, numberOr, text } from "./setting.ts";

/** Most EVSEs that one controller drives; sizes every shared buffer. */
export const evsesMax = 100;
/** Most tiers of critical load behind one transfer device. */
export const tiersMax = 8;
/** Most conductors, buses and transformers with a limit of their own. */
export const protectiveGroupsMax = 15;

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
    responseBoundMs: numberOr(500, {
      sentence: "Recovery from a load step that the site promises; the response-time passport counts what took longer.",
      unit: "ms",
      min: 50,
      max: 30_000,
      source: "requirement R10",
      installer: true,
    }),
  },
  "Record of exports beyond the limit, and its alarms.",
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
    reversePower: reversePowerSettings.optional(),
    inadvertentExport: inadvertentExportSettings.prefault({}),
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
      source: "study of anti-islanding: with 100 ms the backup finds every island of the matrix, with 430 ms not",
      installer: true,
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
    securityProfile: integerOr(1, {
      sentence: "OCPP security profile: 1 password, 2 password over TLS, 3 client certificate.",
      min: 1,
      max: 3,
    }),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the backend's; the system's where none is given.",
      maxLength: 300,
      example: "/etc/islet/backend-ca.pem",
    }).optional(),
    certificateFile: text({
      sentence: "The station's own certificate (PEM), for security profile 3.",
      maxLength: 300,
      example: "/etc/islet/station.pem",
    }).optional(),
    keyFile: text({
      sentence: "Key of the station's own certificate (PEM).",
      maxLength: 300,
      example: "/etc/islet/station.key",
    }).optional(),
    manufacturerCaFile: text({
      sentence: "Certificates (PEM) that may sign firmware; without any, unsigned images are accepted.",
      maxLength: 300,
      example: "/etc/islet/manufacturer-ca.pem",
    }).optional(),
    v2gCaFile: text({
      sentence: "Roots (PEM) of the certificates that are shown to vehicles.",
      maxLength: 300,
      example: "/etc/islet/v2g-ca.pem",
    }).optional(),
    contractCaFile: text({
      sentence: "Roots (PEM) of mobility operators, for vehicles' contracts.",
      maxLength: 300,
      example: "/etc/islet/contract-ca.pem",
    }).optional(),
    connectorType: text({ sentence: "OCPP name of the connectors.", maxLength: 20, example: "cCCS1" }).default("cCCS1"),
    passwordFile: text({
      sentence: "File that holds the basic-authentication password.",
      maxLength: 300,
      example: "/etc/islet/backend.password",
    }).optional(),
    fallbacks: z
      .array(
        group(
          {
            url: text({
              sentence: "Another endpoint of the backend, tried in this order while the ones before it fail.",
              maxLength: 500,
              pattern: /^wss?:\/\/.+/,
              example: "wss://backup.example/ocpp",
            }),
            securityProfile: integerOr(1, { sentence: "OCPP security profile of this endpoint.", min: 1, max: 3 }),
          },
          "A further network profile, in slots 2 to 5.",
        ),
      )
      .max(4, "must list at most 4 further endpoints")
      .optional(),
    transactionsAfterRestart: choice(["resume", "end"], {
      sentence: "What happens to transactions that ran when the controller lost its supply; they resume unless said.",
    }).optional(),
    variables: z.record(z.string().max(200), z.string().max(1_000)).optional().meta({
      sentence:
        "Values of OCPP variables to begin with, as `Component.Variable` or `Component.Variable.Instance`; a backend may change them later.",
    }),
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
    certificateFile: text({
      sentence: "Certificate of the page, PEM. Without it one is made and kept where the page listens beyond loopback.",
      maxLength: 300,
      example: "/etc/islet/page.pem",
    }).optional(),
    keyFile: text({
      sentence: "Its private key, PEM, without a passphrase.",
      maxLength: 300,
      example: "/etc/islet/page.key",
    }).optional(),
    hostNames: z
      .array(text({ sentence: "A name under which the page is reached.", maxLength: 253, example: "depot.example" }))
      .max(16, "must list at most 16 names")
      .default([]),
    onSiteAddresses: z
      .array(
        text({
          sentence:
            "A local address of this machine (the service port in the cabinet) whose visitors count as being on site.",
          maxLength: 45,
          example: "192.168.99.1",
        }),
      )
      .max(8, "must list at most 8 addresses")
      .default([]),
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

const auxiliarySettings = group(
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
    pv: group(
      {
        ...modbus,
        ratedW: number({ sentence: "Rating of the PV.", unit: "W", min: 1, max: 100_000_000 }),
        curtail: choiceOr("command", ["command", "frequency-shift"], {
          sentence: "How an island holds PV back: by a command, or by its frequency where PV only listens to that.",
        }),
      },
      "PV behind K1 that the controller may curtail.",
    ).optional(),
    auxiliary: auxiliarySettings.optional(),
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
