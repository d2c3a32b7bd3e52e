/**
 * The API for connected systems: what stands, asking, taking back. What may be asked, with its unit, range and right, is the
 * table of the port (`src/app/links/asks.table.ts`); it is part of the description.
 */
import { z } from "zod";
import { type AskName, askNames, askRow } from "../../app/links/asks.table.ts";
import type { ApiRoute } from "../server/api-route.ts";
import { askState } from "../state.ts";

const rowText = (name: AskName): string => {
  const row = askRow(name);
  const place = { evse: "a charger", site: "the site", both: "a charger or the site" }[row.scope];
  const what =
    row.kind === "closed"
      ? `refused: ${row.todo}`
      : "choices" in row
        ? `one of ${row.choices.join(", ")}; right ${row.right}`
        : `${row.min} to ${row.max} ${row.unit}; right ${row.right}`;
  return `\`${name}\` (${row.kind}, ${place}): ${row.sentence} ${what}.`;
};

const what = z.enum(askNames as [AskName, ...AskName[]]).describe(askNames.map(rowText).join("\n"));
const evse = z.number().int().min(0).max(1_000).default(0).describe("A charger from 1; 0 is the site.");

export const askBody = z.object({
  what,
  evse,
  value: z.union([z.number(), z.string().max(40)]).describe("In the unit of what is asked; powers are watts."),
  validS: z
    .number()
    .optional()
    .describe("Of a request: its lease, s, at most a day. Of a cap: the end that it is given; without, it holds."),
  renewS: z.number().optional().describe("Of a cap: not renewed for so long, failSafeW holds until it is renewed."),
  failSafeW: z.number().optional(),
  reason: z.string().max(200).optional().describe("For people: page and audit log show it."),
});
export const releaseBody = z.object({ what, evse });

const receipt = z.object({
  id: z.string(),
  accepted: z.boolean(),
  state: z.enum(["in-force", "waiting", "released", "refused"]),
  reason: z.string().describe("Stable key of why it waits or is refused; empty while it is in force."),
  sentence: z.string(),
  todo: z.string().describe("First step to take."),
  untilMs: z.number().nullable().describe("When it ends by itself, ms UTC."),
  repeated: z.boolean().describe("The same message had come before: nothing was done again."),
});
const accepted = {
  description: "Heard: in force, or waiting behind somebody else.",
  schema: z.object({ ok: z.literal(true), receipt }),
};
const refused = {
  description: "Refused: reason, sentence and the first step to take are in the receipt.",
  schema: z.object({ ok: z.literal(false), error: z.string(), sentence: z.string(), receipt: receipt.optional() }),
};
const answers = { "200": accepted, "400": refused, "403": refused, "409": refused, "429": refused } as const;

export const askRoutes = [
  {
    id: "asks",
    method: "GET",
    path: "/api/v1/asks",
    access: "viewer",
    summary: "What backend and connected systems ask, who they are, and what becomes of it.",
    answers: {
      "200": {
        description: "Requests and caps that stand; `may` is what the asker itself may ask.",
        schema: z.object({ asks: z.array(askState), may: z.array(z.string()) }),
      },
    },
  },
  {
    id: "ask",
    method: "POST",
    path: "/api/v1/asks",
    access: "viewer",
    byToken: true,
    summary:
      "Asks something of a charger or the site. A request is a lease; a cap holds until it is replaced; a setting stands like a person’s. By a token with the right for it, or an operator’s session with its x-islet-csrf header.",
    body: askBody,
    answers,
  },
  {
    id: "release",
    method: "POST",
    path: "/api/v1/asks/release",
    access: "viewer",
    byToken: true,
    summary: "Takes back a request or cap: a token its own, an operator’s session everybody’s.",
    body: releaseBody,
    answers,
  },
] as const satisfies readonly ApiRoute[];
