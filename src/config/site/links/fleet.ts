/** Settings of the link to a fleet: many sites that are looked at, and asked, together. */
import { z } from "zod";
import { group, text } from "../../setting.ts";

/** What a fleet may ask; the port for requests knows more, which are not a fleet's to ask. `updates`: install signed versions. */
const fleetRights = ["power", "limits", "updates"] as const;
/** Most keys that may sign orders: one, and its successor. */
const keysMax = 4;

export const fleetLinkSettings = group(
  {
    url: text({
      sentence: "The fleet's broker (NATS). `tls` is encrypted, and the broker's certificate is verified.",
      maxLength: 300,
      // Without a name or password in it: the address is logged.
      pattern: /^(nats|tls):\/\/[^@\s/?#]+$/,
      example: "tls://fleet.example:4222",
    }),
    site: text({
      sentence: "This site's name there: small letters, digits and hyphens, given once and never to another site.",
      maxLength: 40,
      pattern: /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/,
      form: "3 to 40 small letters, digits and hyphens, no hyphen at either end",
      example: "depot-north",
    }),
    credentialsFile: text({
      sentence:
        "File with this site's identity: JWT and seed as the broker's tools write them, or the seed of an NKey alone.",
      maxLength: 300,
      example: "/etc/islet/fleet.creds",
    }).optional(),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the broker's; the system's where none is given.",
      maxLength: 300,
      example: "/etc/islet/fleet-ca.pem",
    }).optional(),
    dispatcherKeys: z
      .array(
        text({
          sentence: "Public key (PEM, Ed25519) that may sign orders.",
          maxLength: 300,
          example: "/etc/islet/dispatcher.pub.pem",
        }),
      )
      .max(keysMax, `must list at most ${keysMax} keys`)
      .default([])
      .meta({ sentence: "Whose orders are heeded; none: nobody's." }),
    rights: z
      .array(z.enum(fleetRights, { error: `must be one of ${fleetRights.join(", ")}` }))
      .max(fleetRights.length, "must name each right once")
      .default([])
      .meta({ sentence: "What the fleet may ask; none: it is told of the site, and asks nothing." }),
  },
  "A fleet.",
);
