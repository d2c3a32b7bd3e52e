/** Settings of the SunSpec server towards a utility or an energy manager. */
import { z } from "zod";
import { group, integerOr, text } from "../../setting.ts";

/** What may be written there. */
const sunspecRights = ["power", "limits"] as const;

const addresses = (sentence: string, standard: readonly string[]) =>
  z
    .array(
      text({
        sentence: "An IP address.",
        maxLength: 45,
        pattern: /^[0-9a-fA-F.:]+$/,
        example: "192.168.10.20",
      }),
    )
    .max(16, "must list at most 16 addresses")
    .default([...standard])
    .meta({ sentence });

export const sunspecSettings = group(
  {
    host: text({
      sentence:
        "Address to listen on; loopback unless you decide otherwise. Modbus knows no passwords and no encryption.",
      maxLength: 253,
      example: "192.168.10.2",
    }).default("127.0.0.1"),
    port: integerOr(1502, { sentence: "TCP port; 0 takes any free one.", min: 0, max: 65_535 }),
    unitId: integerOr(1, { sentence: "Unit identifier of the site.", min: 1, max: 247 }),
    readers: addresses("Addresses that may connect.", ["127.0.0.1", "::1"]),
    writers: addresses("Those of them that may write, as far as `rights` go; none: read-only.", []),
    rights: z
      .array(z.enum(sunspecRights, { error: `must be one of ${sunspecRights.join(", ")}` }))
      .max(sunspecRights.length, "must name each right once")
      .default([])
      .meta({ sentence: "What may be written: power of all chargers together, and limits of it; none: read-only." }),
    leaseS: integerOr(60, {
      sentence: "A power that was written ends after this long, unless it names a time of its own or is written again.",
      unit: "s",
      min: 1,
      max: 3_600,
    }),
    connectionsMax: integerOr(4, { sentence: "Most connections at once.", min: 1, max: 16 }),
  },
  "A SunSpec server: all chargers together as one storage, over Modbus TCP.",
);
