/** Settings of the planner: what the vehicles together should hold for an outage. No setting here widens a limit. */
import { group, httpsAddress, integerOr, numberOr, text } from "../setting.ts";

/** A forecast that somebody else makes; it counts where it reaches, the site's own elsewhere. */
const forecastFeed = (of: string, example: string) =>
  group(
    {
      file: text({
        sentence: `File with a forecast of ${of} by moment, W, beside the configuration; read again when it changes.`,
        maxLength: 300,
        example,
      }).optional(),
      url: httpsAddress("a forecast")
        .optional()
        .meta({ sentence: `Address of the forecast of ${of}, https.` }),
      caFile: text({
        sentence: "Authorities whose certificates the address may show, PEM; without it those of the system.",
        maxLength: 300,
      }).optional(),
      everyMinutes: integerOr(30, { sentence: "How often it is read.", unit: "min", min: 5, max: 1_440 }),
    },
    "",
  )
    .refine(({ file, url }) => (file === undefined) !== (url === undefined), { error: "must have either file or url" })
    .meta({
      sentence: `A forecast of ${of} from elsewhere, lines of moment and W or JSON with at and powerW. A series with anything wrong in it is refused as a whole.`,
    });

export const planningSettings = group(
  {
    runwayH: numberOr(0, {
      sentence:
        "Hours for which the vehicles should hold the energy of tier 1, above their reserves; 0: no more than the reserves.",
      unit: "h",
      min: 0,
      max: 240,
      source: "requirement R30",
    }),
    warningFile: text({
      sentence:
        "A file that warns of an outage, JSON: hours, until and reason. Somebody else writes it; the vehicles are charged for it while it holds.",
      maxLength: 300,
      example: "/run/islet/warning.json",
    }).optional(),
    loadForecast: forecastFeed("the load without the vehicles", "load.csv").optional(),
    pvForecast: forecastFeed("PV", "pv.csv").optional(),
  },
  "Planning the day.",
);
