/**
 * State → what is shown, sentences included. Pure: the page, the terminal and the tests call the same function, on the
 * gateway or in the browser. Signs become words here and nowhere else.
 */
import { type AccountRole, type ActionId, type ActionView, type NotOffered, offers } from "./actions.ts";
import type { SiteState } from "./state.ts";
import { type ChargerView, chargersView } from "./view/chargers.ts";
import { type DayView, dayView } from "./view/day.ts";
import { type DiagramView, diagramView } from "./view/diagram.ts";
import { type EventsView, eventsView, type StepsView, stepsView } from "./view/events.ts";
import { wordsOf } from "./view/format.ts";
import { type IslandView, islandView } from "./view/island.ts";
import { type HealthItem, healthView, type LimitsView, limitsView } from "./view/limits.ts";
import { type ModeView, modeView } from "./view/mode.ts";
import { totalsOf } from "./view/totals.ts";
import { type TrendView, trendView } from "./view/trend.ts";
import { type WhyView, whyView } from "./view/why.ts";

export interface View {
  readonly title: string;
  readonly site: { readonly name: string; readonly place: string; readonly demo: boolean };
  /** Clock time of the state. */
  readonly time: string;
  readonly date: string;
  readonly mode: ModeView;
  readonly diagram: DiagramView;
  readonly trend: TrendView;
  readonly steps: StepsView | null;
  readonly events: EventsView;
  readonly actions: {
    readonly offered: readonly ActionView[];
    readonly notOffered: readonly NotOffered[];
    readonly none: string | null;
  };
  readonly chargers: readonly ChargerView[];
  readonly why: WhyView | null;
  readonly day: DayView;
  readonly island: IslandView;
  readonly limits: LimitsView;
  readonly health: readonly HealthItem[];
  readonly role: AccountRole;
}

export interface ViewOptions {
  readonly role: AccountRole;
  readonly supported: readonly ActionId[];
  /** The EVSE whose setpoint is explained; the first without it. */
  readonly selected?: number | undefined;
}

/** Words that the page needs for a state beside those of every page: of events, and of what devices and permits lack. */
export function wordsNeeded({ events, evses, island }: SiteState): ("events" | "faults")[] {
  const faults = events.some(({ values }) => typeof values?.["why"] === "string");
  const some = events.length > 0 || island.handover !== null || evses.some(({ fault }) => fault !== null);
  return [...(some ? (["events"] as const) : []), ...(faults ? (["faults"] as const) : [])];
}

export function view(state: SiteState, options: ViewOptions): View {
  const words = wordsOf(state);
  const totals = totalsOf(state);
  const mode = modeView(state, totals, words);
  const selected = state.evses.find((evse) => evse.evse === options.selected) ?? state.evses[0];
  return {
    title: `${mode.level === "critical" ? `${mode.lead.replace(/\.$/, "")}: ` : ""}${state.site.name} · Islet`,
    site: { name: state.site.name, place: state.site.place, demo: state.site.demo },
    time: words.time(state.atMs),
    date: words.date(state.atMs),
    mode,
    diagram: diagramView(state, totals, words),
    trend: trendView(state, totals, words),
    steps: stepsView(state, words),
    events: eventsView(state, words),
    actions: offers(state, options.role, options.supported),
    chargers: chargersView(state, totals, words),
    why: selected ? whyView(state, selected, totals, words) : null,
    day: dayView(state, words),
    island: islandView(state, totals, words),
    limits: limitsView(state, words),
    health: healthView(state, words),
    role: options.role,
  };
}
