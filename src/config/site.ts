/**
 * The settings of a site: what `config/*.yaml` may say. Read by the installer's eyes first, so sentences matter. Powers are
 * magnitudes; directions are in the names.
 */
import { z } from "zod";
import { serviceModes } from "../domain/modes.ts";
import { devicesMax } from "./device-names.ts";
import { choiceOr, flagOr, group, integerOr, number, numberOr, text } from "./setting.ts";
import { accountSettings } from "./site/account.ts";
import { alertSettings } from "./site/alerts.ts";
import { approvalSettings } from "./site/approval.ts";
import { backendSettings } from "./site/backend.ts";
import { evseSettings, evsesMax } from "./site/evse.ts";
import { fleetSettings } from "./site/fleet.ts";
import { auxiliarySettings, tierSettings, tiersMax, transferDeviceSettings } from "./site/island.ts";
import { linkSettings } from "./site/links.ts";
import { modbus } from "./site/modbus.ts";
import { mqttSettings } from "./site/mqtt.ts";
import { bondingSettings, generatorSettings, namedDeviceSettings } from "./site/parts.ts";
import { pccSettings } from "./site/pcc.ts";
import { dashboardSettings, permitSettings } from "./site/people.ts";
import { planningSettings } from "./site/planning.ts";
import { pvMax, pvSettings } from "./site/pv.ts";
import { recorderSettings } from "./site/recorder.ts";
import { tariffSettings } from "./site/tariff.ts";

const loopSettings = group(
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

/** The whole site. */
export const siteSettings = group(
  {
    site: group(
      {
        name: text({ sentence: "What people call the site.", maxLength: 80, example: "North depot" }),
        timeZone: text({ sentence: "IANA time zone.", maxLength: 64, example: "America/Los_Angeles" }).default("UTC"),
        serviceMode: choiceOr("load-only", serviceModes, {
          sentence: "How the site is to run. More than the permit grants is refused.",
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
    devices: z
      .array(namedDeviceSettings, { error: "must be a list of meters and I/O modules" })
      .max(devicesMax, `must list at most ${devicesMax} devices`)
      .default([]),
    transferDevice: transferDeviceSettings.optional(),
    generator: generatorSettings.optional(),
    bonding: bondingSettings.optional(),
    evses: z
      .array(evseSettings, { error: "must be a list of EVSEs" })
      .min(1, "must list at least one EVSE")
      .max(evsesMax, `must list at most ${evsesMax} EVSEs`),
    tiers: z.array(tierSettings).max(tiersMax, `must list at most ${tiersMax} tiers`).default([]),
    allocation: choiceOr("equal", ["equal", "first-come", "by-departure"], {
      sentence: "How EVSEs share the site's power.",
      source: "requirement R35",
    }),
    ...fleetSettings,
    planning: planningSettings.prefault({}),
    alerts: alertSettings.optional(),
    loop: loopSettings.prefault({}),
    recorder: recorderSettings.prefault({}),
    diskDayMB: integerOr(100, {
      sentence:
        "What the controller may write in a day, all of it together: the flight recorder gets what the rest leaves, and more than this is told.",
      unit: "MB",
      min: 1,
      max: 100_000,
      source: "flash wears by what is written (docs/deployment.md)",
    }),
    authorization: choiceOr("required", ["required", "none"], {
      sentence:
        "`required`: a card, a backend or the vehicle's contract must authorize each session. `none`: whoever is plugged in may charge, as in a depot behind a gate or at home.",
    }),
    loadPanel: group({ ...modbus }, "The panel that switches the tiers; may be the same device as K1.").optional(),
    // Also one group: `parse.ts` makes a list of it.
    pv: z
      .array(pvSettings, { error: "must be one inverter, or a list of them" })
      .max(pvMax, `must list at most ${pvMax} inverters`)
      .default([]),
    auxiliary: auxiliarySettings.optional(),
    tariff: tariffSettings.optional(),
    account: accountSettings.prefault({}),
    permit: permitSettings.prefault({}),
    approval: approvalSettings.optional(),
    backend: backendSettings.optional(),
    mqtt: mqttSettings.optional(),
    links: linkSettings.prefault({}),
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

/** A site's whole configuration after reading: every standard value filled in, every reference known to lead somewhere. */
export type SiteConfig = z.infer<typeof siteSettings>;
/** One charger of the configuration with its power stage, vehicle and limits. */
export type EvseConfig = SiteConfig["evses"][number];
/** A meter or I/O module by its name. */
export type NamedDevice = SiteConfig["devices"][number];
