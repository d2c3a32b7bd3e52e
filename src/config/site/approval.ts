/**
 * Settings of what stands on paper only: who the parties are, how the service is built, which certificate covers which device.
 * The controller does not run by them; `islet approval` makes the utility's package of them and refuses what contradicts the
 * rest of the configuration.
 */
import { z } from "zod";
import { choice, flagOr, group, integer, number, text } from "../setting.ts";
import { evsesMax } from "./evse.ts";

/** Most certificates, breakers and pairs that a package lists. */
const certificatesMax = 200;
const breakersMax = 120;

const day = (sentence: string) =>
  text({ sentence, maxLength: 10, pattern: /^\d{4}-\d{2}-\d{2}$/, example: "2026-03-31" });

const covers = (what: string) =>
  z
    .array(
      text({
        sentence: `${what}: \`evses\` (all), \`evse 3\`, \`group Feeder F2\`, \`pcc.meter\`, \`transferDevice\`, \`loadPanel\`, \`pv\` (all), \`pv 2\`, \`generator\`, \`controller\`, \`vehicle\` and its EVCCID, or the name of a device.`,
        maxLength: 80,
        example: "evses",
      }),
    )
    .min(1, "must name at least one device")
    .max(evsesMax, `must name at most ${evsesMax} devices`);

const utilitySettings = group(
  {
    name: text({ sentence: "The utility or grid operator.", maxLength: 120, example: "Valley Power" }).optional(),
    application: text({
      sentence: "The utility's number of the application; the permit's reference.",
      maxLength: 120,
      example: "IA-2026-0117",
    }).optional(),
    account: text({ sentence: "Account or meter number of the service.", maxLength: 60, example: "0012" }).optional(),
    gridProfile: text({
      sentence: "The grid code that the utility asks for, by the name of a profile (`site.gridProfile`).",
      maxLength: 300,
      example: "ca-rule21",
    }).optional(),
    transformerVA: number({
      sentence: "Rating of the service transformer.",
      unit: "VA",
      min: 1_000,
      max: 100_000_000,
    }).optional(),
    exportLimitW: number({
      sentence: "The most that the utility lets the site export.",
      unit: "W",
      min: 0,
      max: 100_000_000,
    }).optional(),
    responseS: number({
      sentence:
        "Time within which an export beyond the limit must have ended. Without it the ceiling for certified power control systems, 30 s.",
      unit: "s",
      min: 0.05,
      max: 60,
      source: "UL 1741 CRD for power control systems, as cited in requirement R10",
    }).optional(),
    meterClassPct: number({
      sentence: "Accuracy class that the utility asks of the meter, with its transformers.",
      unit: "%",
      min: 0.01,
      max: 5,
    }).optional(),
    meterIntervalMs: number({
      sentence: "Longest time between two samples that it asks for.",
      unit: "ms",
      min: 5,
      max: 60_000,
    }).optional(),
  },
  "What the utility has told. What it has not is listed as missing.",
);

const breakerSettings = group(
  {
    name: text({ sentence: "What it is called on the panel.", maxLength: 60, example: "F2" }),
    covers: covers("What it feeds"),
    ratedA: number({ sentence: "Its rating.", unit: "A", min: 1, max: 10_000 }),
  },
  "A breaker or fuse below the main one.",
);

const serviceSettings = group(
  {
    mainBreakerA: number({
      sentence: "Rating of the main breaker or fuse.",
      unit: "A",
      min: 1,
      max: 10_000,
    }).optional(),
    busbarA: number({ sentence: "Rating of the main busbar.", unit: "A", min: 1, max: 10_000 }).optional(),
    faultCurrentA: number({
      sentence: "Available fault current at the service.",
      unit: "A",
      min: 1,
      max: 500_000,
    }).optional(),
    disconnect: text({
      sentence: "Where the lockable disconnect is that the utility can reach.",
      maxLength: 200,
      example: "north wall, beside the meter",
    }).optional(),
    breakers: z
      .array(breakerSettings, { error: "must be a list of breakers" })
      .max(breakersMax, `must list at most ${breakersMax} breakers`)
      .default([]),
  },
  "How the service is built. Three-phase currents are line currents.",
);

const groundingSettings = group(
  {
    neutral: choice(["solid", "switched"], {
      sentence:
        "Whether K1 switches the neutral. Switched, the chargers are a separately derived source while they form the island.",
    }),
    bond: choice(["service", "switched", "source"], {
      sentence:
        "Where neutral and ground are joined in an island: at the `service` as always, by the switched bond (`bonding`), or for good at the `source`.",
    }),
  },
  "Neutral and ground in an island.",
);

const certificateSettings = group(
  {
    standard: text({ sentence: "Standard, with its supplement.", maxLength: 80, example: "UL 1741 SB" }),
    record: text({
      sentence: "Number of the record or report, as in the equipment list of the authority.",
      maxLength: 120,
      example: "E000000-2026-1",
    }),
    laboratory: text({ sentence: "Who has certified.", maxLength: 120, example: "Example Laboratories" }).optional(),
    covers: covers("What of the site it covers"),
    manufacturer: text({ sentence: "Manufacturer as on the certificate.", maxLength: 64, example: "Acme" }).optional(),
    model: text({ sentence: "Model as on the certificate.", maxLength: 64, example: "DC 60" }).optional(),
    firmware: z
      .array(text({ sentence: "A firmware version that was examined.", maxLength: 64, example: "2.1.0" }))
      .max(20, "must list at most 20 versions")
      .default([]),
    issuedOn: day("Day of issue.").optional(),
    expiresOn: day("Last day on which it holds.").optional(),
    ratedChargeW: number({ sentence: "Certified rating, charging.", unit: "W", min: 0, max: 6_000_000 }).optional(),
    ratedDischargeW: number({
      sentence: "Certified rating, discharging.",
      unit: "W",
      min: 0,
      max: 6_000_000,
    }).optional(),
    ratedVA: number({ sentence: "Certified apparent power.", unit: "VA", min: 0, max: 6_000_000 }).optional(),
    voltageV: number({ sentence: "Certified nominal voltage.", unit: "V", min: 100, max: 1_000 }).optional(),
    frequencyHz: choice(["50", "60"], { sentence: "Certified nominal frequency, Hz, in quotes." }).optional(),
    phases: choice(["single", "split", "three"], { sentence: "Kind of service that it is certified for." }).optional(),
    accuracyClassPct: number({ sentence: "Of a meter: its certified class.", unit: "%", min: 0.01, max: 5 }).optional(),
    antiIslanding: flagOr(false, {
      sentence: "Of a power stage: it was examined for ceasing within 2 s of an unintentional island.",
    }),
    closedTransition: flagOr(false, { sentence: "Of a transfer device: it is listed for closed transition." }),
    file: text({
      sentence: "The paper itself, beside the configuration; it goes into the package.",
      maxLength: 300,
      example: "papers/dc60-ul1741sb.pdf",
    }).optional(),
  },
  "A certificate and what of the site it covers.",
);

const pairPaperSettings = group(
  {
    evse: integer({ sentence: "Number of the EVSE, from 1.", min: 1, max: evsesMax }),
    vehicle: text({ sentence: "The vehicle as its sessions tell it (EVCCID).", maxLength: 40, example: "00E0C5A1" }),
    evseRecord: text({ sentence: "Record of the EVSE's certificate (UL 1741 SC).", maxLength: 120 }),
    vehicleRecord: text({ sentence: "Record of the vehicle's (SAE J3072).", maxLength: 120 }),
  },
  "An EVSE and a vehicle whose own inverter is to feed through it.",
);

export const approvalSettings = group(
  {
    owner: text({ sentence: "Who owns the site.", maxLength: 120, example: "North School District" }).optional(),
    address: text({ sentence: "Where the site is.", maxLength: 200, example: "1 Depot Road" }).optional(),
    installer: text({ sentence: "Who has built it.", maxLength: 120, example: "Bright Electric" }).optional(),
    installerLicense: text({ sentence: "The installer's license.", maxLength: 60, example: "C-10 000000" }).optional(),
    utility: utilitySettings.prefault({}),
    service: serviceSettings.prefault({}),
    grounding: groundingSettings.optional(),
    certificates: z
      .array(certificateSettings, { error: "must be a list of certificates" })
      .max(certificatesMax, `must list at most ${certificatesMax} certificates`)
      .default([]),
    pairs: z
      .array(pairPaperSettings, { error: "must be a list of pairs" })
      .max(certificatesMax, `must list at most ${certificatesMax} pairs`)
      .default([]),
    certifyReport: text({
      sentence: "Report of `islet certify`, beside the configuration.",
      maxLength: 300,
      example: "certify-ca-rule21/certify.json",
    }).optional(),
    commissioningReport: text({
      sentence: "Report of `islet commission`. Without it the one in the state folder.",
      maxLength: 300,
      example: "commissioning.html",
    }).optional(),
  },
  "What a utility's engineer wants on paper beside what the controller runs by; only `islet approval` reads it.",
);

/** What stands on paper. */
export type ApprovalConfig = z.infer<typeof approvalSettings>;
