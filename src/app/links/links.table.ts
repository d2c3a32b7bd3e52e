/**
 * The links over which somebody asks something of the site. A row for each: who speaks there, whose request is heeded where
 * two ask different things, and what becomes of requests and caps when the link is lost. Whoever builds a link adds a row.
 */

export interface LinkRow {
  readonly name: string;
  /** Of two requests for the same charger that of the lower number is heeded; the other waits. Caps need no rank: the tightest holds. */
  readonly rank: number;
  /** Who keeps its caps over a restart: this port, or the link's own records, which it reads before it speaks. */
  readonly keptBy: "port" | "link";
  /** What the link does when its messenger falls silent. */
  readonly onLoss: string;
}

export const links = {
  csip: {
    name: "CSIP",
    rank: 10,
    keptBy: "port",
    onLoss:
      "Controls run to their end, then the default control holds for as long as the server is away; where it says nothing, the configured fail-safe.",
  },
  eebus: {
    name: "EEBUS",
    rank: 10,
    keptBy: "port",
    onLoss: "Without its heartbeat the fail-safe limits hold, until it is back and has stated a limit or none.",
  },
  backend: {
    name: "Backend",
    rank: 20,
    keptBy: "link",
    onLoss: "Caps of its profiles hold; its requests lapse unless its profile goes on offline.",
  },
  openadr: {
    name: "OpenADR",
    rank: 24,
    keptBy: "port",
    onLoss: "Caps hold; events that are known run to their ends, requests no longer than `silenceH`.",
  },
  sunspec: {
    name: "SunSpec",
    rank: 28,
    keptBy: "port",
    onLoss: "Caps hold; requests lapse with their lease.",
  },
  api: {
    name: "API",
    rank: 30,
    keptBy: "port",
    onLoss: "Caps hold; requests lapse with their lease.",
  },
  mqtt: {
    name: "MQTT",
    rank: 40,
    keptBy: "port",
    onLoss: "Caps hold; requests lapse with their lease. The broker tells others that the site is offline.",
  },
  fleet: {
    name: "Fleet",
    rank: 50,
    keptBy: "port",
    onLoss: "Each lease runs to the end that it was given, and no longer.",
  },
} as const satisfies Record<string, LinkRow>;

export type LinkId = keyof typeof links;
