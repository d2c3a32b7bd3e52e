/** Why the plan has a vehicle do at a moment what it does: its day in runs, and of one slot the proof. */
import type { FleetPort } from "../fleet/fleet-port.ts";
import { phrase, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { SiteState } from "../state.ts";
import { directionOfVehicle, idleW, kW, lower, type Words, wordsOf } from "../view/format.ts";
import { leadPanel, panel, percent, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Planned = ReturnType<FleetPort["plan"]>["vehicles"][number];
type Why = Awaited<ReturnType<FleetPort["why"]>>;

const doing = (powerW: number): string =>
  Math.abs(powerW) <= idleW ? t`Waits` : `${directionOfVehicle(powerW)} ${kW(powerW)}`;

/** Null: the plan has no such vehicle. `atMs` NaN: the slot of now, or its first. */
export async function whySlotPage(
  state: SiteState,
  fleet: FleetPort,
  evse: number,
  atMs: number,
): Promise<PlacePage | null> {
  const words = wordsOf(state);
  const own = fleet.plan().vehicles.filter((one) => one.evse === evse && one.runs.length > 0);
  const runs = own.flatMap((one) => one.runs);
  const first = own[0];
  if (first === undefined) return null;
  const asked = Number.isFinite(atMs) ? atMs : Math.max(state.atMs, runs[0]!.fromMs);
  const why = await fleet.why(evse, asked);
  return {
    place: "fleet",
    page: "/fleet/plan",
    title: t`Why, ${first.name}`,
    body: html`${lead(first.name, why, words, state.atMs)}${panel("c12", t`Its day by plan`, dayTable(own, asked, words))}`,
  };
}

function lead(name: string, why: Why, words: Words, nowMs: number): Html {
  if (!why.ok)
    return leadPanel({
      level: "normal",
      lead: t`${name}: why is not known.`,
      rest: why.error.sentence,
      sub: t`The table has the likely reason of every slot.`,
    });
  const { fromMs, untilMs, powerW, reasons, proven } = why.value;
  const together = reasons.length > 1 ? t`None of these alone, all of them together: ` : "";
  return leadPanel({
    level: "normal",
    lead: t`${name}: ${lower(doing(powerW))} from ${words.moment(fromMs, nowMs)} to ${words.hm(untilMs)}.`,
    rest: `${together}${reasons.map(({ sentence }) => phrase(sentence)).join(" ")}`,
    sub: proven
      ? t`Proven: the day was planned again without it, and this slot changed.`
      : t`Likely, not proven: whatever was taken away, alone or together, this slot stayed as it is.`,
    asideTitle: t`Because of`,
    aside: reasons.map((reason) => [phrase(reason.name), phrase(reason.sentence)] as const),
  });
}

function dayTable(own: readonly Planned[], askedMs: number, words: Words): Html {
  return table(
    [
      { name: t`From` },
      { name: t`What` },
      { name: t`Then has`, num: true },
      { name: t`Likely reason` },
      { name: t`Proof` },
    ],
    own.flatMap(({ evse, runs, capacityWh }) =>
      runs.map(({ fromMs, untilMs, powerW, endWh, sentence }) => ({
        cells: [
          t`${words.hm(fromMs)} to ${words.hm(untilMs)}`,
          doing(powerW),
          percent(capacityWh ? (100 * endWh) / capacityWh : null),
          phrase(sentence),
          askedMs >= fromMs && askedMs < untilMs
            ? t`above`
            : html`<a href="/fleet/plan/why?evse=${evse}&amp;at=${fromMs}">Prove ${words.hm(fromMs)}</a>`,
        ],
      })),
    ),
    t`Runs of equal slots, and why`,
  );
}
