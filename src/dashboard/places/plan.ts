/** The next 24 hours by the plan: every vehicle on one time axis, and under it grid, load, PV, vehicles and price. */
import { hourMs } from "../../domain/units.ts";
import type { FleetPort } from "../fleet/fleet-port.ts";
import { decimal, type Label, label, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { SiteState } from "../state.ts";
import { duration, type Words, wordsOf } from "../view/format.ts";
import { type Axis, blocks, hourLines, niceTop, stepPath, xOf } from "./charts.ts";
import { energy, leadPanel, money, panel, percent, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Plan = ReturnType<FleetPort["plan"]>;
const shownMs = 24 * hourMs;
/** Vehicles that one picture holds. */
const rowsMax = 60;
const planOldMs = 5 * 60_000;

const basisWords: Readonly<Record<string, Label>> = {
  feed: label("A forecast from elsewhere."),
  "similar-days": label("The last days of the same kind."),
  "clear-sky": label("The sun of the last two weeks, clouds of the last hour."),
  flat: label("The last hour goes on: nothing better is known."),
  unknown: label("Not known."),
  known: label("Known."),
  "partly known": label("Known for a part; then the last known one goes on."),
  none: label("Not known: the plan goes by departures only."),
};
const basis = (key: string): string => String(basisWords[key] ?? key);

/** How far off such forecasts were here; "" before that was measured. */
const errorText = (errors: Plan["errors"]["load"]): string =>
  errors === null
    ? ""
    : t` Off by ${percent(errors.hourAheadPct)} an hour ahead and ${percent(errors.dayAheadPct)} a day ahead, over the last two weeks.`;

export function planPage(state: SiteState, fleet: FleetPort): PlacePage {
  const plan = fleet.plan();
  const words = wordsOf(state);
  if (plan.method === "none" || plan.startsAtMs === null)
    return {
      place: "fleet",
      page: "/fleet/plan",
      title: t`Plan`,
      body: leadPanel({
        level: "normal",
        lead: t`There is no plan yet.`,
        rest: t`Each charger goes by its departure.`,
        sub: plan.fallback === "" ? plan.sentence : plan.fallback,
      }),
    };
  const startsAtMs = plan.startsAtMs;
  const inWh = sumWh(plan, 1);
  const outWh = sumWh(plan, -1);
  const old = (plan.ageMs ?? 0) > planOldMs;
  const lead = leadPanel({
    level: old || plan.method === "greedy" || !plan.inForce ? "attention" : "normal",
    tag: old
      ? t`The plan is ${duration(plan.ageMs ?? 0)} old`
      : plan.method === "greedy"
        ? t`Without the optimiser`
        : plan.inForce
          ? undefined
          : t`The plan has lapsed`,
    lead: t`The next 24 hours.`,
    rest:
      outWh > 500
        ? t`${energy(inWh)} into ${plan.vehicles.length} vehicles, ${energy(outWh)} back.`
        : t`${energy(inWh)} into ${plan.vehicles.length} vehicles.`,
    sub: plan.fallback === "" ? plan.sentence : `${plan.sentence} ${plan.fallback}`,
    asideTitle: t`What the plan rests on`,
    aside: [
      [t`Load`, `${basis(plan.basis.load)}${errorText(plan.errors.load)}`],
      ["PV", `${basis(plan.basis.pv)}${errorText(plan.errors.pv)}`],
      [t`Prices`, basis(plan.basis.prices)],
    ],
  });
  const costs = table(
    [{ name: t`What` }, { name: t`By plan`, num: true }],
    [
      { cells: [t`Energy`, money(plan.cost.energy, plan.currency || null)] },
      { cells: [t`Rise of the demand charge`, money(plan.cost.demand, plan.currency || null)] },
      { cells: [t`Wear`, money(plan.cost.wear, plan.currency || null)] },
      { cells: [t`Grid events`, money(plan.cost.events, plan.currency || null)] },
      { cells: [t`Together`, money(plan.cost.total, plan.currency || null)], kind: "sum" },
      { cells: [t`Charging at once`, money(plan.cost.atOnce, plan.currency || null)] },
    ],
    t`Cost by plan`,
  );
  const faults =
    plan.faults.length > 0
      ? html`<ul class="links">${plan.faults.map(({ where, sentence }) => html`<li>${where}: ${sentence}</li>`)}</ul>`
      : html`<p class="dim">Nothing of what it rests on is missing or contradictory.</p>`;
  return {
    place: "fleet",
    page: "/fleet/plan",
    title: t`Plan`,
    body: html`${lead}${panel("c12", t`Vehicles, 24 hours`, gantt(plan, startsAtMs, words))}${panel("c12", t`Power at the site`, powerStack(plan, startsAtMs, words))}${panel("c8", t`What each vehicle does now, and why`, nowTable(plan))}${panel("c4", t`Cost by plan`, html`${costs}<p class="dim">Before taxes. At once: each vehicle at full power from now or from its arrival on until it has what it needs, under the same import limit. Where that would leave more energy missing, the two don’t compare, and no figure stands.</p>`)}${panel("c12", t`What was mended in what it rests on`, faults)}`,
  };
}

const sumWh = (plan: Plan, sign: 1 | -1): number =>
  plan.vehicles.reduce(
    (sum, { runs }) =>
      sum +
      runs.reduce(
        (own, { fromMs, untilMs, powerW }) => own + (Math.max(0, sign * powerW) * (untilMs - fromMs)) / hourMs,
        0,
      ),
    0,
  );

function gantt(plan: Plan, startsAtMs: number, words: Words): Html {
  const vehicles = plan.vehicles.slice(0, rowsMax);
  const axis: Axis = { fromMs: startsAtMs, untilMs: startsAtMs + shownMs, left: 130, width: 860 };
  const rowH = 26;
  const bottom = 24 + vehicles.length * rowH;
  const mostW = Math.max(1, ...vehicles.flatMap(({ runs }) => runs.map(({ powerW }) => Math.abs(powerW))));
  const rows = vehicles.map(({ name, evse, runs, departsAtMs, arrivesAtMs, neededWh }, i) => {
    const line = 24 + i * rowH + 18;
    const last = runs.at(-1);
    const ready = neededWh === null || (last !== undefined && last.endWh >= neededWh - 100);
    const leaves =
      departsAtMs === null || departsAtMs > axis.untilMs
        ? ""
        : ready
          ? html`<path d="M${xOf(axis, departsAtMs) - 5} ${line - 12}h10l-5 8z" class="f-ink"/>`
          : html`<path d="M${xOf(axis, departsAtMs) - 6} ${line}h12l-6 -11z" class="f-warn"/>`;
    const road =
      departsAtMs === null || departsAtMs > axis.untilMs
        ? ""
        : html`<rect x="${xOf(axis, departsAtMs)}" y="${line - 14}" width="${Math.max(0, xOf(axis, axis.untilMs) - xOf(axis, departsAtMs))}" height="16" rx="2" class="g-road"/>`;
    const due =
      arrivesAtMs === null
        ? ""
        : html`<path d="M${axis.left} ${line}H${xOf(axis, arrivesAtMs)}" class="g-wait" stroke-dasharray="2 3"/>`;
    return html`<text x="0" y="${line}" class="lab">${name}</text><text x="${axis.left - 8}" y="${line}" text-anchor="end">${evse > 0 && arrivesAtMs === null ? t`bay ${evse}` : "due"}</text><path d="M${axis.left} ${line}H${axis.left + axis.width}" class="gridl"/>${road}${due}${blocks(runs, axis, line, 15, mostW)}${leaves}`;
  });
  const phone = table(
    [{ name: t`Vehicle` }, { name: t`Charges` }, { name: t`Leaves` }],
    plan.vehicles.map(({ name, runs, departsAtMs, unplanned }) => ({
      cells: [name, spans(runs, words) || unplanned || "nothing", departsAtMs === null ? "–" : words.hm(departsAtMs)],
    })),
    t`Plan by vehicle`,
  );
  return html`<p class="legend"><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="g-ch"/></svg>charging, above the line</span><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="g-dis"/></svg>discharging, below</span><span><svg width="12" height="10" aria-hidden="true"><path d="M1 1h10L6 9z" class="f-ink"/></svg>leaves, ready</span><span><svg width="12" height="10" aria-hidden="true"><path d="M1 9h10L6 1z" class="f-warn"/></svg>leaves, not ready</span></p><div class="chart wide"><svg viewBox="0 0 1000 ${bottom + 8}" role="img" aria-label="Each vehicle over the next 24 hours; the table has every value.">${hourLines(axis, words, 2, 16, bottom, 12)}${rows}</svg></div><details class="twin"><summary>Show as a table</summary>${phone}</details>`;
}

/** "22:00–23:15, 02:30–04:00". */
function spans(runs: Plan["vehicles"][number]["runs"], words: Words): string {
  const parts: { fromMs: number; untilMs: number; sign: number }[] = [];
  for (const { fromMs, untilMs, powerW } of runs) {
    const sign = powerW > 50 ? 1 : powerW < -50 ? -1 : 0;
    const last = parts.at(-1);
    if (sign === 0) continue;
    if (last && last.sign === sign && last.untilMs === fromMs) last.untilMs = untilMs;
    else parts.push({ fromMs, untilMs, sign });
  }
  return parts
    .map(({ fromMs, untilMs, sign }) => `${sign < 0 ? "gives " : ""}${words.hm(fromMs)}–${words.hm(untilMs)}`)
    .join(", ");
}

function powerStack(plan: Plan, startsAtMs: number, words: Words): Html {
  const axis: Axis = { fromMs: startsAtMs, untilMs: startsAtMs + shownMs, left: 60, width: 930 };
  const { slotMs } = plan;
  const slots = Math.round(shownMs / slotMs);
  const cut = (values: readonly number[]): readonly number[] => values.slice(0, slots);
  const top = niceTop(Math.max(1, ...cut(plan.netW).map(Math.abs), ...cut(plan.gridCapW).filter((cap) => cap < 1e7)));
  const low = Math.min(0, ...cut(plan.netW));
  const yGrid = (value: number): number => 140 - (120 * Math.max(value, -top / 6)) / top;
  const topLoad = niceTop(Math.max(1, ...cut(plan.loadW), ...cut(plan.pvW)));
  const yLoad = (value: number): number => 250 - (80 * value) / topLoad;
  const topVehicles = niceTop(Math.max(1, ...cut(plan.vehiclesW).map(Math.abs)));
  const yVehicles = (value: number): number => 335 - (50 * value) / topVehicles;
  const path = (values: readonly number[], y: (value: number) => number): string =>
    stepPath(cut(values), startsAtMs, slotMs, axis, y);
  const limit =
    plan.importLimitW !== null && plan.importLimitW <= top
      ? html`<path d="M60 ${yGrid(plan.importLimitW)}H990" class="limitl"/><text x="985" y="${yGrid(plan.importLimitW) - 4}" text-anchor="end">import limit</text>`
      : "";
  const tick = (value: number, y: number): Html =>
    html`<text x="54" y="${y + 4}" text-anchor="end">${Math.round(value / 1000)}</text>`;
  const prices = priceBand(plan, axis, startsAtMs);
  const high = Math.round(Math.max(0, ...cut(plan.netW)) / 1000);
  const sentence =
    low < -50
      ? t`Grid up to ${high} kW, exporting up to ${Math.round(-low / 1000)} kW.`
      : t`Grid up to ${high} kW, never exporting.`;
  return html`<p class="dim">${sentence}</p><div class="chart wide"><svg viewBox="0 0 1000 430" role="img" aria-label="Grid, load, PV, vehicles and price over the next 24 hours; the table below has every hour.">${hourLines(axis, words, 2, 20, 400, 424)}<text x="60" y="12" class="lab">Grid, kW: importing above the line</text><path d="M60 ${yGrid(0)}H990" class="nowl"/>${tick(top, yGrid(top))}${tick(0, yGrid(0))}${limit}<path d="${path(plan.netW, yGrid)}" class="l-grid"/><text x="60" y="164" class="lab">Load and PV, kW</text>${tick(topLoad, yLoad(topLoad))}${tick(0, yLoad(0))}<path d="${path(plan.loadW, yLoad)}" class="l-load"/><path d="${path(plan.pvW, yLoad)}" class="l-pv"/><text x="60" y="276" class="lab">Vehicles, kW: charging above the line</text><path d="M60 ${yVehicles(0)}H990" class="nowl"/>${tick(topVehicles, yVehicles(topVehicles))}<path d="${path(plan.vehiclesW, yVehicles)}" class="l-veh"/>${prices}</svg></div><details class="twin"><summary>Show as a table</summary>${hourTable(plan, startsAtMs, words)}</details>`;
}

/** Runs of one price, with the price in them; what is not known is told as such. */
function priceBand(plan: Plan, axis: Axis, startsAtMs: number): Html {
  const runs: { from: number; to: number; price: number | null }[] = [];
  const slots = Math.round(shownMs / plan.slotMs);
  for (let i = 0; i < Math.min(slots, plan.importPerKWh.length); i++) {
    const price = i < plan.knownPriceSlots ? plan.importPerKWh[i]! : null;
    const last = runs.at(-1);
    if (last && last.price === price) last.to = i + 1;
    else runs.push({ from: i, to: i + 1, price });
  }
  const known = runs.flatMap(({ price }) => price ?? []);
  const middle = (Math.min(...known) + Math.max(...known)) / 2;
  return html`<text x="0" y="384" class="lab">${plan.currency === "" ? t`Price` : `${plan.currency}/kWh`}</text>${runs.map(
    ({ from, to, price }) => {
      const x = xOf(axis, startsAtMs + from * plan.slotMs);
      const w = xOf(axis, startsAtMs + to * plan.slotMs) - x;
      const text = price === null ? t`not known` : decimal(price, 3);
      return html`<rect x="${x}" y="390" width="${Math.max(0, w - 0.5)}" height="14" class="${price === null ? "short" : price > middle ? "p-hi" : "p-lo"}"/>${w > 46 ? html`<text x="${x + w / 2}" y="401" text-anchor="middle" class="ink">${text}</text>` : ""}`;
    },
  )}`;
}

function hourTable(plan: Plan, startsAtMs: number, words: Words): Html {
  const perHour = Math.round(hourMs / plan.slotMs);
  const mean = (values: readonly number[], i: number): string => {
    const part = values.slice(i, i + perHour);
    return part.length === 0 ? "–" : decimal(part.reduce((a, b) => a + b, 0) / part.length / 1000, 1);
  };
  const rows = Array.from({ length: 24 }, (_, hour) => {
    const i = hour * perHour;
    const price =
      i < plan.knownPriceSlots
        ? plan.importPerKWh[i] === undefined
          ? "–"
          : decimal(plan.importPerKWh[i], 3)
        : t`not known`;
    return {
      cells: [
        words.hm(startsAtMs + hour * hourMs),
        mean(plan.netW, i),
        mean(plan.loadW, i),
        mean(plan.pvW, i),
        mean(plan.vehiclesW, i),
        price,
      ],
    };
  });
  return table(
    [
      { name: t`From` },
      { name: t`Grid, kW`, num: true },
      { name: t`Load, kW`, num: true },
      { name: "PV, kW", num: true },
      { name: t`Vehicles, kW`, num: true },
      { name: t`Price`, num: true },
    ],
    rows,
    t`Power and price by hour`,
  );
}

function nowTable(plan: Plan): Html {
  return table(
    [{ name: t`Vehicle` }, { name: t`Now, and why` }, { name: t`Each slot` }],
    plan.vehicles.map(({ name, evse, now, unplanned, runs }) => ({
      cells: [
        evse > 0 ? html`<a href="/fleet/charger/${evse}">${name}</a>` : name,
        unplanned === "" ? now : unplanned,
        runs.length > 0 ? html`<a href="/fleet/plan/why?evse=${evse}">Why, ${name}</a>` : "",
      ],
    })),
    t`What each vehicle does now`,
  );
}
