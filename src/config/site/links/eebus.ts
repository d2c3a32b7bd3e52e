/** Settings of the link to a grid operator's control box, or an energy manager, over EEBUS. */
import { z } from "zod";
import { flagOr, group, integerOr, numberOr, text } from "../../setting.ts";

/** Peers that the configuration trusts. */
const guardsMax = 5;

const guardSettings = group(
  {
    ski: text({
      sentence: "Its SKI, 40 hexadecimal digits, as its label or its page shows it.",
      maxLength: 60,
      pattern: /^([0-9A-Fa-f][\s:-]?){39}[0-9A-Fa-f]$/,
      example: "0f3c9a0c5d6e7f8091a2b3c4d5e6f708192a3b4c",
      installer: true,
    }),
    name: text({ sentence: "What it is, for people.", maxLength: 60, example: "Control box" }).default("Control box"),
    address: text({
      sentence: "Host and port, where it does not connect by itself and is not found on the network.",
      maxLength: 120,
      pattern: /^[^\s/@]+:\d{1,5}(\/[^\s]*)?$/,
      example: "192.168.1.20:4712",
    }).optional(),
  },
  "A peer that may limit the site.",
);

export const eebusSettings = group(
  {
    host: text({
      sentence:
        "Address on which peers are heard; `0.0.0.0` is the whole network, the standard value this machine alone.",
      maxLength: 60,
      example: "0.0.0.0",
    }).default("127.0.0.1"),
    port: integerOr(4_715, { sentence: "Its port; 0 takes any that is free.", min: 0, max: 65_535 }),
    announce: flagOr(true, {
      sentence: "Whether the site is announced on the network (mDNS), and peers are looked for there.",
    }),
    guards: z
      .array(guardSettings)
      .max(guardsMax, `must list at most ${guardsMax} peers`)
      .default([])
      .meta({ sentence: "Peers that are trusted; `islet eebus trust` adds others while the site runs." }),
    consumption: flagOr(true, {
      sentence: "Whether consumption may be limited (LPC): what all chargers together take.",
    }),
    production: flagOr(true, {
      sentence: "Whether production may be limited (LPP): what the site gives to the grid.",
    }),
    floorW: numberOr(4_200, {
      sentence:
        "A limit of consumption below this counts as this: the grid operator leaves so much. 4200 for one charger; what is left several comes from the operator.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      source: "4.2 kW for one controllable load in Germany (EnWG § 14a)",
      installer: true,
    }),
    failSafeW: numberOr(4_200, {
      sentence:
        "The most that all chargers together take while the peer's heartbeat is missing, until the peer states another.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
    failSafeExportW: numberOr(0, {
      sentence: "The most that the site gives to the grid meanwhile, until the peer states another.",
      unit: "W",
      min: 0,
      max: 100_000_000,
      installer: true,
    }),
    failSafeH: numberOr(2, {
      sentence: "How long this lasts at least, until the peer states another.",
      unit: "h",
      min: 2,
      max: 24,
      installer: true,
    }),
    failSafeEnds: flagOr(false, {
      sentence:
        "Whether it ends after that time without a heartbeat; otherwise it lasts until the peer is back, or a person takes the limit back.",
      installer: true,
    }),
  },
  "A grid operator's control box, or an energy manager, that limits the site over EEBUS.",
);
