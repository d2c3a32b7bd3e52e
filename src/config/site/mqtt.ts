/** Settings of the link to an MQTT broker, and of what Home Assistant is shown there. */
import { z } from "zod";
import { flagOr, group, text } from "../setting.ts";

/** What may be asked of the site over a link; `src/app/links/asks.table.ts` says what each is for. */
export const linkRights = ["power", "limits", "departures", "reserve", "chargers"] as const;

const topicPart = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,4}$/;

export const mqttSettings = group(
  {
    url: text({
      sentence: "The broker. `mqtts` is encrypted, and the broker's certificate is verified.",
      maxLength: 300,
      // Without a name or password in it: the address is logged.
      pattern: /^mqtts?:\/\/[^@\s/?#]+$/,
      example: "mqtts://broker.local:8883",
    }),
    username: text({ sentence: "Name at the broker.", maxLength: 200, example: "islet" }).optional(),
    passwordFile: text({
      sentence: "File that holds its password.",
      maxLength: 300,
      example: "/etc/islet/mqtt.password",
    }).optional(),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the broker's; the system's where none is given.",
      maxLength: 300,
      example: "/etc/islet/mqtt-ca.pem",
    }).optional(),
    certificateFile: text({
      sentence: "Own certificate (PEM), where the broker asks for one.",
      maxLength: 300,
      example: "/etc/islet/mqtt.pem",
    }).optional(),
    keyFile: text({
      sentence: "Its private key (PEM), without a passphrase.",
      maxLength: 300,
      example: "/etc/islet/mqtt.key",
    }).optional(),
    topic: text({
      sentence: "What all topics of this site begin with.",
      maxLength: 100,
      pattern: topicPart,
      example: "islet/depot",
    }).default("islet/site"),
    rights: z
      .array(z.enum(linkRights, { error: `must be one of ${linkRights.join(", ")}` }))
      .max(linkRights.length, "must name each right once")
      .default([])
      .meta({
        sentence:
          "What may be asked through the broker, by everybody whom it lets publish there; none: it is told the state and heeds nothing.",
      }),
    homeAssistant: flagOr(true, {
      sentence: "Whether Home Assistant is told of the site and its chargers as devices.",
    }),
    discoveryPrefix: text({
      sentence: "Home Assistant's prefix for that.",
      maxLength: 100,
      pattern: topicPart,
      example: "homeassistant",
    }).default("homeassistant"),
  },
  "An MQTT broker.",
);
