/** A change before it is made: what it would do, in numbers, and the form that confirms it. */

import type { Session } from "../access/sessions.ts";
import type { ActionId, ActionView, InputView } from "../actions.ts";
import type { FleetPort } from "../fleet/fleet-port.ts";
import { decimal, t } from "../language/language.ts";
import { type Html, html, raw } from "../panels/html.ts";
import type { EvseState, SiteState } from "../state.ts";
import { wordsOf } from "../view/format.ts";
import { offeredAt } from "./charger.ts";
import { leadPanel, panel, percent, reasonField, secret, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Tried = Awaited<ReturnType<FleetPort["tryPlan"]>>;
type PlanChange = Parameters<FleetPort["tryPlan"]>[0]["changes"][number];

/** Values of the form as the person gave them: text, by name of the field. */
export type Given = Readonly<Record<string, string>>;

/** What the planner is asked for an action; null where an action changes no plan. */
export function planChange(id: string, evse: number, values: Readonly<Record<string, number | string>>): PlanChange[] {
  switch (id) {
    case "stop":
      return [{ kind: "stop", evse }];
    case "resume":
      return [{ kind: "resume", evse }];
    case "chargeNow":
      return [{ kind: "charge-now", evse }];
    case "priority":
      return [{ kind: "priority", evse, priority: Number(values["priority"] ?? 1) }];
    case "departure":
      return [
        { kind: "departure", evse, departsAtMs: Number(values["departsAtMs"]) },
        { kind: "need", evse, neededPct: Number(values["targetPct"]) },
      ];
    default:
      return [];
  }
}

export interface Change {
  readonly action: ActionView;
  readonly label: string;
  readonly detail: string;
  readonly charger: EvseState;
}

/** What is asked for, if it is offered there now. */
export function findChange(
  state: SiteState,
  session: Session,
  supported: readonly ActionId[],
  id: string,
  evse: number,
): Change | null {
  const charger = state.evses.find((one) => one.evse === evse);
  const found = charger && offeredAt(state, charger, session, supported).find(({ action }) => action.id === id);
  return charger && found ? { ...found, charger } : null;
}

/** The form's text as the action takes it; moments are the next time that the site's clock shows it. */
export function valuesOf(
  action: ActionView,
  evse: number,
  given: Given,
  nowMs: number,
): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  for (const input of action.inputs) {
    const text = given[input.name] ?? "";
    if (input.kind === "choice" && input.name === "evse") values[input.name] = String(evse);
    else if (input.kind === "moment") values[input.name] = momentOf(text, input, nowMs);
    else if (input.kind === "power") values[input.name] = text.trim() === "" ? "" : Math.round(Number(text) * 1_000);
    else if (input.kind === "percent") values[input.name] = text.trim() === "" ? "" : Number(text);
    else values[input.name] = text;
  }
  return values;
}

function momentOf(
  text: string,
  { text: known, valueMs }: InputView & { kind: "moment" },
  nowMs: number,
): number | string {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (match === null) return "";
  const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  const wanted = Number(match[1]) * 60 + Number(match[2]);
  const base = Math.floor(valueMs / 60_000) * 60_000 + (wanted - minutes(known)) * 60_000;
  const dayMs = 86_400_000;
  const ahead = (((base - nowMs) % dayMs) + dayMs) % dayMs;
  return nowMs + (ahead === 0 ? dayMs : ahead);
}

export function changePage(
  state: SiteState,
  session: Session,
  change: Change,
  given: Given,
  tried: Tried | null,
): PlacePage {
  const { action, label, charger, detail } = change;
  const name = charger.vehicle ?? t`charger ${charger.evse}`;
  const words = wordsOf(state);
  const fields = action.inputs.map((input) => fieldOf(input, charger, given));
  const hasFields = action.inputs.some(({ name: field }) => field !== "evse");
  const lead = leadPanel({
    level: "normal",
    lead: t`Nothing has changed yet.`,
    rest: `${label}: ${name}?`,
    sub: detail,
    asideTitle: t`What it means`,
    aside:
      action.id === "stop"
        ? [
            [t`Until`, t`an operator resumes it`],
            [t`At`, t`charger ${charger.evse} alone`],
          ]
        : [],
  });
  const form = html`<form method="post" action="/fleet/change" class="form">${secret(session)}<input type="hidden" name="act" value="${action.id}"><input type="hidden" name="evse" value="${charger.evse}">${fields}${action.needsReason ? reasonField() : ""}<div class="rowbtns end"><a class="btn" href="/fleet/charger/${charger.evse}">Leave as it is</a>${
    hasFields
      ? html`<button class="btn" formmethod="get" formaction="/fleet/change" formnovalidate>See what changes</button>`
      : ""
  }<button class="btn ${action.stopsPower ? "danger" : "primary"}">${action.verb}</button></div></form>`;
  return {
    place: "fleet",
    page: "/fleet",
    title: `${label}: ${name}`,
    body: html`${lead}${panel("c8", t`What changes`, triedTable(tried), words.time(state.atMs))}${panel("c4", t`Confirm`, form)}`,
  };
}

function fieldOf(input: InputView, charger: EvseState, given: Given): Html {
  const own = given[input.name];
  switch (input.kind) {
    case "choice": {
      if (input.name === "evse") return html``;
      return html`<label class="f">${input.label}<select name="${input.name}">${input.options.map(([value, text]) => html`<option value="${value}"${value === own ? raw(" selected") : ""}>${text}</option>`)}</select></label>`;
    }
    case "moment":
      return html`<label class="f">${input.label}<input type="text" inputmode="numeric" name="${input.name}" value="${own ?? fillOf(charger, input) ?? input.text}" pattern="([01]?[0-9]|2[0-3]):[0-5][0-9]" required></label>`;
    case "percent":
      return html`<label class="f">${input.label}<input type="number" name="${input.name}" value="${own ?? fillOf(charger, input) ?? String(input.valuePct)}" min="${input.minPct}" max="${input.maxPct}" required></label>`;
    case "power":
      return html`<label class="f">${input.label}<input type="number" name="${input.name}" value="${own ?? String(input.valueW / 1_000)}" step="0.1" min="0" required></label>`;
    case "text":
      return html`<label class="f">${input.label}<textarea name="${input.name}" rows="4" maxlength="${input.lengthMax}">${own ?? ""}</textarea></label>`;
  }
}

/** What stands for this vehicle now, so that nobody changes what was not meant. */
function fillOf(charger: EvseState, input: InputView): string | undefined {
  return input.name === "targetPct" && charger.targetPct !== null ? String(Math.round(charger.targetPct)) : undefined;
}

function stayingText(count: number): Html {
  if (count === 0) return html``;
  return count === 1
    ? html`<p class="dim">One other vehicle stays as it is.</p>`
    : html`<p class="dim">${count} vehicles stay as they are.</p>`;
}

function triedTable(tried: Tried | null): Html {
  if (tried === null) return html`<p class="dim">It changes no plan: power follows within a second.</p>`;
  if (!tried.ok)
    return html`<p class="dim">What it does to the other vehicles is not known: ${tried.error.sentence}</p>`;
  const { costNow, costAfter, readyNow, readyAfter, of, rows, sentence } = tried.value;
  const change = costAfter - costNow;
  const rowsOut = [
    {
      cells: [
        t`Ready at departure`,
        t`${readyNow} of ${of}`,
        readyNow === readyAfter ? t`the same` : t`${readyAfter} of ${of}`,
      ],
      kind: readyNow === readyAfter ? "same" : "",
    },
    {
      cells: [
        t`Cost by plan`,
        decimal(costNow, 2),
        Math.abs(change) < 0.005
          ? t`the same`
          : change > 0
            ? t`${decimal(costAfter, 2)}, ${decimal(change, 2)} more`
            : t`${decimal(costAfter, 2)}, ${decimal(-change, 2)} less`,
      ],
      kind: Math.abs(change) < 0.005 ? "same" : "",
    },
    ...rows
      .filter(({ same }) => !same)
      .map(({ name, nowPct, afterPct }) => ({ cells: [name, percent(nowPct), percent(afterPct)], kind: "" })),
  ];
  return html`<p>${sentence}</p>${table([{ name: t`What` }, { name: t`Now` }, { name: t`After` }], rowsOut, t`Before and after`)}${stayingText(rows.filter(({ same }) => same).length)}`;
}
