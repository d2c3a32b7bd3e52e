/** Settings of the link to an OpenADR 3.1 VTN: where it is, who we are there, and what it may ask. */
import { z } from "zod";
import { choiceOr, flagOr, group, integerOr, text } from "../../setting.ts";
import { linkRights } from "../mqtt.ts";

/** What a level of SIMPLE does to the chargers. */
const levelActs = ["ignore", "shift", "stop", "discharge"] as const;

const level = (standard: (typeof levelActs)[number], what: string) =>
  choiceOr(standard, levelActs, {
    sentence: `${what}: \`shift\` charges nothing that a departure does not need, \`stop\` charges nothing, \`discharge\` gives what permit and reserves allow.`,
  });

/** https, or a VTN on this machine. */
const address = (sentence: string, example: string) =>
  text({
    sentence,
    maxLength: 300,
    pattern: /^(https:\/\/[^@\s?#]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/[^@\s?#]*)?)$/,
    example,
  });

export const openadrSettings = group(
  {
    url: address(
      "The VTN: what paths such as /programs follow. https, unless it is on this machine.",
      "https://vtn.utility.example/openadr3/3.1.0",
    ),
    clientId: text({ sentence: "Client at the VTN.", maxLength: 200, example: "ven-depot" }),
    clientSecretFile: text({
      sentence: "File that holds its secret.",
      maxLength: 300,
      example: "/etc/islet/openadr.secret",
    }),
    tokenUrl: address(
      "Where tokens are got; without it the VTN says.",
      "https://auth.utility.example/token",
    ).optional(),
    scope: text({
      sentence: "Scope to ask for with a token.",
      maxLength: 300,
      example: "read_targets write_reports",
    }).optional(),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the VTN's; the system's where none is given.",
      maxLength: 300,
      example: "/etc/islet/vtn-ca.pem",
    }).optional(),
    venName: text({
      sentence: "Name of this VEN and of the site as its resource.",
      maxLength: 100,
      example: "depot-north",
    }),
    programs: z
      .array(text({ sentence: "Name of a programme that is heeded.", maxLength: 128, example: "CapacityLimits" }))
      .max(50, "must name at most 50 programmes")
      .default([])
      .meta({ sentence: "Names of the programmes that are heeded; none: all that the VTN shows." }),
    rights: z
      .array(z.enum(linkRights, { error: `must be one of ${linkRights.join(", ")}` }))
      .max(linkRights.length, "must name each right once")
      .default([])
      .meta({ sentence: "What events may ask; none: prices and reports alone." }),
    usePrices: flagOr(true, {
      sentence: "Whether prices of events stand for the tariff's own, in plan and bill, while they reach.",
    }),
    simple: group(
      {
        moderate: level("shift", "Level 1"),
        high: level("stop", "Level 2"),
        emergency: level("discharge", "Level 3"),
      },
      "What levels of SIMPLE do.",
    ).prefault({}),
    pollS: integerOr(30, {
      sentence: "How often the VTN is read without being told of a change.",
      unit: "s",
      min: 5,
      max: 60,
    }),
    silenceH: integerOr(24, {
      sentence: "How long requests of known events are still followed when the VTN is silent; limits hold beyond that.",
      unit: "h",
      min: 1,
      max: 240,
    }),
    tellStates: flagOr(false, {
      sentence:
        "Whether the VTN is told what becomes of each event, and why less is done, without having asked for OPERATING_STATE. Some VTNs then refuse to delete an event that has such a report.",
    }),
    mqtt: flagOr(true, { sentence: "Whether notifications are taken from the broker that the VTN names." }),
    webhook: group(
      {
        host: text({
          sentence: "Address to listen on for notifications.",
          maxLength: 253,
          example: "127.0.0.1",
        }).default("127.0.0.1"),
        port: integerOr(8090, { sentence: "TCP port.", min: 1, max: 65_535 }),
        publicUrl: address("Where the VTN reaches it.", "https://depot.example/openadr/callback"),
      },
      "A place where the VTN says that something has changed.",
    ).optional(),
  },
  "An OpenADR 3.1 VTN.",
);
