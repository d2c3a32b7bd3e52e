/** What was: a day and a billing month in energy and money, by vehicle and charger, to look at, to print and to download. */
import { dayMs } from "../../domain/units.ts";
import type { DayAnswer, EnergyBalance, MonthAnswer } from "../economy/economy-api.ts";
import type { EconomyPort } from "../economy/economy-port.ts";
import { decimal, label, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { SiteState } from "../state.ts";
import { kW, type Words, wordsOf } from "../view/format.ts";
import { stackedBars } from "./charts.ts";
import { originTable } from "./origin.ts";
import { energy, figures, leadPanel, money, panel, percent, savedText, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

const atOnceNote = label(
  "At once: the same vehicles with the same energy, each at full power from when it plugged in, under the same import limit. Before taxes.",
);

const dateOf = (dayCount: number): string => new Date(dayCount * dayMs).toISOString().slice(0, 10);
const shifted = (date: string, days: number): string =>
  dateOf(Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs) + days);

/** Where nothing is on record. */
function emptyPage(page: string, title: string, date: string, economy: EconomyPort): PlacePage {
  const span = economy.day(undefined);
  const body = leadPanel({
    level: "normal",
    lead: t`No history of ${date}.`,
    rest:
      span === null
        ? t`Nothing has been recorded yet.`
        : t`The record goes from ${span.recordFrom} to ${span.recordTo}.`,
    sub: t`A quarter of an hour is on record once it is over.`,
  });
  return {
    place: "history",
    page,
    title,
    body: html`${body}${panel("c12", t`Another day`, stepper(date, "/history", 1))}`,
  };
}

/** Back and on, and a date to go to. */
const stepper = (date: string, address: string, days: number): Html =>
  html`<form method="get" action="${address}" class="stepper"><a class="btn" href="${address}?date=${shifted(date, -days)}" aria-label="Before">◂</a><label><span class="sr">Date</span><input type="text" name="date" value="${date}" pattern="\\d{4}-\\d{2}-\\d{2}" inputmode="numeric"></label><button class="btn">Show</button><a class="btn" href="${address}?date=${shifted(date, days)}" aria-label="After">▸</a></form>`;

export function dayPage(state: SiteState, economy: EconomyPort, asked: string | undefined): PlacePage {
  const words = wordsOf(state);
  const date = asked ?? yesterday(state, economy);
  const day = economy.day(date);
  if (day === null) return emptyPage("/history", t`Day`, date, economy);
  const { money: cost, currency, peak } = day;
  const rest =
    cost === null
      ? t`${energy(day.energy.gridWh)} from the grid, ${energy(day.energy.vehiclesInWh)} into vehicles.`
      : t`Energy cost ${money(cost.energy, currency)}; charging at once it would have been ${money(cost.energyAtOnce, currency)}.`;
  const lead = leadPanel({
    level: "normal",
    lead: `${words.date(day.startsAtMs + dayMs / 2)}.`,
    rest,
    sub: `${day.energy.exportedWh < 50 ? t`Nothing was exported.` : t`${energy(day.energy.exportedWh)} exported.`} ${gapText(day.gaps)}`,
  });
  const figs = figures([
    [t`From the grid`, energy(day.energy.gridWh), share(day.energy)],
    [t`From PV`, energy(day.energy.pvWh), day.energy.pvWh === 0 ? t`none measured` : ""],
    [t`Into vehicles`, energy(day.energy.vehiclesInWh), t`${energy(day.energy.vehiclesOutWh)} came back`],
    [
      t`Highest import`,
      peak === null ? "–" : kW(peak.powerW, 0),
      peak === null ? "" : t`at ${words.hm(peak.atMs)}, mean of 15 min`,
    ],
    cost === null
      ? [t`Saved`, t`not known`, t`costs appear when a tariff is set`]
      : [t`Saved`, money(cost.saved, currency), t`against charging at once`],
  ]);
  const vehicles = panel(
    "",
    t`Vehicles`,
    vehicleTable(day.vehicles, currency, words),
    csvLink("/history/day.csv", day.date, "vehicles"),
  );
  const account = economy.account({ from: date });
  const origin = account === null || account.rows === 0 ? "" : panel("", t`Origin by use`, originTable(account));
  const chargers = panel("", t`Chargers`, chargerTable(day), csvLink("/history/day.csv", day.date, "chargers"));
  return {
    place: "history",
    page: "/history",
    title: day.date,
    body: html`${lead}${panel("c12", t`The day in figures`, figs, stepper(day.date, "/history", 1))}<div class="c8 stack" data-key="left">${panel("", t`Where the energy came from`, hoursOfDay(day, words), csvLink("/history/day.csv", day.date, "quarters"))}${vehicles}${origin}</div><div class="c4 stack" data-key="right">${panel("", t`Energy balance`, balanceTable(day.energy))}${cost === null ? panel("", t`Cost`, html`<p class="dim">No prices are known. Energy and peaks are shown; costs appear when a tariff is set.</p>`) : panel("", t`Cost against charging at once`, dayCost(cost, currency))}${chargers}</div>`,
  };
}

function yesterday(state: SiteState, economy: EconomyPort): string {
  const today = economy.day(undefined)?.date ?? new Date(state.atMs).toISOString().slice(0, 10);
  const before = shifted(today, -1);
  return economy.day(before) === null ? today : before;
}

const gapText = (gaps: number): string =>
  gaps === 0
    ? t`Every quarter hour was measured.`
    : gaps === 1
      ? t`One quarter hour was not measured: it is a gap, not zero.`
      : t`${gaps} quarter hours were not measured: they are gaps, not zero.`;

function share({ gridWh, pvWh, vehiclesOutWh }: EnergyBalance): string {
  const all = gridWh + pvWh + vehiclesOutWh;
  return all > 0 ? t`${percent((100 * gridWh) / all)} of what came in` : "";
}

const csvLink = (path: string, date: string, what: string): Html =>
  html`<a class="btn" href="${path}?date=${date}&amp;what=${what}" download aria-label="CSV: ${what} of ${date}">CSV</a>`;

function hoursOfDay(day: DayAnswer, words: Words): Html {
  const hourMs = 3_600_000;
  const hours = Math.round((day.endsAtMs - day.startsAtMs) / hourMs);
  const bars = Array.from({ length: hours }, (_, i) => {
    const fromMs = day.startsAtMs + i * hourMs;
    const list = day.quarters.filter(({ startsAtMs }) => startsAtMs >= fromMs && startsAtMs < fromMs + hourMs);
    const sum = (key: "importWh" | "pvWh" | "outWh"): number => list.reduce((all, one) => all + one[key], 0) / 1_000;
    const past = fromMs + hourMs <= (day.quarters.at(-1)?.startsAtMs ?? 0);
    return {
      label: words.hm(fromMs),
      grid: sum("importWh"),
      pv: sum("pvWh"),
      vehicles: sum("outWh"),
      gap: list.length < 4 && past,
    };
  });
  const rows = bars.map(({ label, grid, pv, vehicles, gap }) => ({
    cells: [label, decimal(grid, 1), decimal(pv, 1), decimal(vehicles, 1), gap ? t`partly not measured` : ""],
  }));
  const columns = [
    { name: t`From` },
    { name: t`Grid, kWh`, num: true },
    { name: t`PV, kWh`, num: true },
    { name: t`Vehicles, kWh`, num: true },
    { name: t`Note` },
  ];
  return html`<p class="dim">kWh in each hour</p>${stackedBars(bars, 3, t`Energy by origin in each hour`)}<details class="twin"><summary>Show as a table</summary>${table(columns, rows, t`Energy by origin in each hour`)}</details>`;
}

function balanceTable(sums: EnergyBalance): Html {
  const inWh = sums.gridWh + sums.pvWh + sums.vehiclesOutWh;
  const outWh = sums.buildingWh + sums.vehiclesInWh + sums.exportedWh + sums.unaccountedWh;
  const row = (what: string, wh: number, kind = "") => ({ cells: [what, energy(wh)], kind });
  return table(
    [{ name: t`In and out` }, { name: t`Energy`, num: true }],
    [
      row(t`Grid`, sums.gridWh),
      row("PV", sums.pvWh),
      row(t`Vehicles, discharging`, sums.vehiclesOutWh),
      row(t`In together`, inWh, "sum"),
      row(t`Building`, sums.buildingWh),
      row(t`Vehicles, charging`, sums.vehiclesInWh),
      row(t`Exported`, sums.exportedWh),
      row(t`Not accounted for`, sums.unaccountedWh),
      row(t`Out together`, outWh, "sum"),
    ],
    t`Energy balance`,
  );
}

function dayCost(cost: NonNullable<DayAnswer["money"]>, currency: string | null): Html {
  const rows = [
    { cells: [t`Energy`, money(cost.energy, currency), money(cost.energyAtOnce, currency)] },
    { cells: [t`Rise of the demand charge`, money(cost.demandRise, currency), money(cost.demandRiseAtOnce, currency)] },
    { cells: [t`Wear`, money(cost.wear, currency), "–"] },
    {
      cells: [
        t`Together`,
        money(cost.energy + cost.demandRise + cost.wear, currency),
        money(cost.energyAtOnce + cost.demandRiseAtOnce, currency),
      ],
      kind: "sum",
    },
  ];
  return html`${table([{ name: t`What` }, { name: t`As run`, num: true }, { name: t`At once`, num: true }], rows, t`Cost against charging at once`)}<p><b>${savedText(cost.saved, currency)}</b> against charging at once.</p><p class="dim">${atOnceNote}</p>`;
}

function vehicleTable(vehicles: DayAnswer["vehicles"], currency: string | null, words: Words): Html {
  if (vehicles.length === 0) return html`<p class="dim">No vehicle charged or gave energy.</p>`;
  const priced = vehicles.some(({ energy: cost }) => cost !== null);
  const rows = vehicles.map((one) => ({
    cells: [
      one.name,
      energy(one.inWh),
      energy(one.outWh),
      percent(one.leftWithPct),
      one.leftAtMs === null ? "–" : words.hm(one.leftAtMs),
      ...(priced ? [money(one.energy, currency), money(one.energyAtOnce, currency), money(one.wear, currency)] : []),
    ],
  }));
  const sum = (key: "inWh" | "outWh"): number => vehicles.reduce((all, one) => all + one[key], 0);
  return table(
    [
      { name: t`Vehicle` },
      { name: t`Charged`, num: true },
      { name: t`Given`, num: true },
      { name: t`Left with`, num: true },
      { name: t`Left at`, num: true },
      ...(priced
        ? [
            { name: t`Energy cost`, num: true },
            { name: t`At once`, num: true },
            { name: t`Wear`, num: true },
          ]
        : []),
    ],
    [
      ...rows,
      {
        cells: [
          vehicles.length === 1 ? t`One vehicle` : t`${vehicles.length} vehicles`,
          energy(sum("inWh")),
          energy(sum("outWh")),
          "",
          "",
          ...(priced ? ["", "", ""] : []),
        ],
        kind: "sum",
      },
    ],
    t`Energy by vehicle`,
  );
}

const chargerTable = (day: DayAnswer): Html =>
  table(
    [
      { name: t`Charger` },
      { name: t`Plugged in`, num: true },
      { name: t`Charged`, num: true },
      { name: t`Given`, num: true },
    ],
    day.chargers.map(({ name, pluggedMs, inWh, outWh }) => ({
      cells: [name, `${decimal(pluggedMs / 3_600_000, 1)} h`, energy(inWh), energy(outWh)],
    })),
    t`Energy by charger`,
  );

export function monthPage(state: SiteState, economy: EconomyPort, asked: string | undefined): PlacePage {
  const words = wordsOf(state);
  const month = economy.month(asked);
  if (month === null)
    return emptyPage("/history/month", t`Month`, asked ?? new Date(state.atMs).toISOString().slice(0, 10), economy);
  const { money: cost, currency } = month;
  const peak = cost?.measured.demand[0];
  const lead = leadPanel({
    level: "normal",
    lead: t`${month.from} to ${month.to}.`,
    rest:
      cost === null
        ? t`${energy(month.energy.gridWh)} from the grid, ${energy(month.energy.vehiclesInWh)} into vehicles.`
        : t`${savedText(cost.saved, currency)} against charging at once.`,
    sub: `${month.recordFrom > month.from ? t`The record begins on ${month.recordFrom}. ` : ""}${gapText(month.gaps)}`,
    asideTitle: t`Where the difference comes from`,
    aside: cost === null ? [] : differences(cost, currency),
  });
  const figs = figures([
    [
      t`Bill so far`,
      cost === null ? t`not known` : money(cost.measured.total, currency),
      cost === null ? t`costs appear when a tariff is set` : t`at once: ${money(cost.atOnce.total, currency)}`,
    ],
    [
      t`Highest import`,
      peak === undefined ? "–" : kW(peak.peakW, 0),
      peak?.atMs == null ? "" : words.moment(peak.atMs, state.atMs),
    ],
    [t`From the grid`, energy(month.energy.gridWh), share(month.energy)],
    [t`From PV`, energy(month.energy.pvWh), ""],
    [t`Given by vehicles`, energy(month.energy.vehiclesOutWh), t`${energy(month.energy.vehiclesInWh)} into them`],
  ]);
  const days = month.days.map(({ date, energy: sums }) => ({
    label: date.slice(8).replace(/^0/, ""),
    grid: sums.gridWh / 1_000,
    pv: sums.pvWh / 1_000,
    vehicles: sums.vehiclesOutWh / 1_000,
  }));
  const rows = month.days.map(({ date, energy: sums, saved }) => ({
    cells: [
      html`<a href="/history?date=${date}">${date}</a>`,
      energy(sums.gridWh),
      energy(sums.pvWh),
      energy(sums.vehiclesInWh),
      energy(sums.vehiclesOutWh),
      money(saved, currency),
    ],
  }));
  const dayColumns = [
    { name: t`Day` },
    { name: t`Grid`, num: true },
    { name: "PV", num: true },
    { name: t`Into vehicles`, num: true },
    { name: t`Given`, num: true },
    { name: t`Saved`, num: true },
  ];
  return {
    place: "history",
    page: "/history/month",
    title: t`${month.from} to ${month.to}`,
    body: html`${lead}${panel("c12", t`The month in figures`, figs, stepper(month.from, "/history/month", 31))}${panel("c8", t`Energy by origin`, html`<p class="dim">kWh each day</p>${stackedBars(days, 7, t`Energy by origin on each day`)}${table(dayColumns, rows, t`Energy by day`)}`, csvLink("/history/month.csv", month.from, "days"))}<div class="c4 stack" data-key="right">${cost === null ? panel("", t`Bill`, html`<p class="dim">No prices are known. Energy and peaks are shown; costs appear when a tariff is set.</p>`) : panel("", t`Bill, and charging at once`, monthBill(month, cost))}${panel("", t`Energy balance`, balanceTable(month.energy))}</div>${panel("c12", t`Vehicles`, vehicleTable(month.vehicles, currency, words), csvLink("/history/month.csv", month.from, "vehicles"))}`,
  };
}

function differences(cost: NonNullable<MonthAnswer["money"]>, currency: string | null): (readonly [string, string])[] {
  const demand = (bill: typeof cost.measured): number => bill.demand.reduce((sum, { amount }) => sum + amount, 0);
  const energyCost = (bill: typeof cost.measured): number => bill.energy - bill.exported;
  return [
    [t`Energy`, savedText(energyCost(cost.atOnce) - energyCost(cost.measured), currency)],
    [t`Demand charge`, savedText(demand(cost.atOnce) - demand(cost.measured), currency)],
    [t`Wear`, t`${money(cost.wear, currency)} taken off`],
    ...(cost.eventPay === 0 ? [] : ([[t`Grid events`, t`${money(cost.eventPay, currency)} earned`]] as const)),
  ];
}

function monthBill(month: MonthAnswer, cost: NonNullable<MonthAnswer["money"]>): Html {
  const { currency } = month;
  const { measured, atOnce } = cost;
  const rows = [
    { cells: [t`Energy`, money(measured.energy, currency), money(atOnce.energy, currency)] },
    { cells: [t`Export`, money(-measured.exported, currency), money(-atOnce.exported, currency)] },
    ...measured.demand.map((line, i) => ({
      cells: [
        `${line.id}, ${kW(line.billedW, 0)}`,
        money(line.amount, currency),
        money(atOnce.demand[i]?.amount ?? null, currency),
      ],
    })),
    { cells: [t`Bill`, money(measured.total, currency), money(atOnce.total, currency)], kind: "sum" },
    { cells: [t`Wear`, money(cost.wear, currency), "–"] },
    { cells: [t`Grid events`, money(-cost.eventPay, currency), "–"] },
    { cells: [t`Energy that would have been missing`, "–", money(cost.missing, currency)] },
    {
      cells: [
        t`Together`,
        money(measured.total + cost.wear - cost.eventPay, currency),
        money(atOnce.total + cost.missing, currency),
      ],
      kind: "sum",
    },
  ];
  const unpriced =
    measured.unpriced === 1
      ? t` One quarter hour has no known price and is in no amount.`
      : measured.unpriced > 0
        ? t` ${measured.unpriced} quarter hours have no known price and are in no amount.`
        : "";
  return html`${table([{ name: month.tariff ?? t`Tariff` }, { name: t`As run`, num: true }, { name: t`At once`, num: true }], rows, t`Bill of the month`)}<p class="dim">${atOnceNote} Of the energy cost ${money(cost.building, currency)} is the building's.${unpriced}</p>`;
}

/** Text of a cell, quoted where it has to be. A sheet would take a leading sign for a formula. */
function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
const csv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  `${rows.map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
const iso = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
const wh = (value: number): number => Math.round(value);

/** Each row with UTC and the site's time, units in the heading. */
export function dayCsv(day: DayAnswer, what: string, words: Words): string {
  if (what === "vehicles")
    return csv([
      ["vehicle", "charged_Wh", "given_Wh", "left_with_pct", "left_at_site_time"],
      ...day.vehicles.map((one) => [
        one.name,
        wh(one.inWh),
        wh(one.outWh),
        one.leftWithPct === null ? null : Math.round(one.leftWithPct),
        one.leftAtMs === null ? null : words.hm(one.leftAtMs),
      ]),
    ]);
  if (what === "chargers")
    return csv([
      ["charger", "plugged_in_h", "charged_Wh", "given_Wh"],
      ...day.chargers.map((one) => [one.name, Math.round(one.pluggedMs / 36_000) / 100, wh(one.inWh), wh(one.outWh)]),
    ]);
  return csv([
    ["from_utc", "from_site_time", "import_Wh", "export_Wh", "pv_Wh", "vehicles_in_Wh", "vehicles_out_Wh", "estimated"],
    ...day.quarters.map((one) => [
      iso(one.startsAtMs),
      `${day.date} ${words.hm(one.startsAtMs)}`,
      wh(one.importWh),
      wh(one.exportWh),
      wh(one.pvWh),
      wh(one.inWh),
      wh(one.outWh),
      one.estimated ? "yes" : "no",
    ]),
  ]);
}

export function monthCsv(month: MonthAnswer, what: string): string {
  const currency = month.currency ?? "currency";
  if (what === "vehicles")
    return csv([
      ["vehicle", "charged_Wh", "given_Wh", `energy_${currency}`, `energy_at_once_${currency}`, `wear_${currency}`],
      ...month.vehicles.map((one) => [one.name, wh(one.inWh), wh(one.outWh), one.energy, one.energyAtOnce, one.wear]),
    ]);
  return csv([
    [
      "day",
      "grid_Wh",
      "pv_Wh",
      "vehicles_in_Wh",
      "vehicles_out_Wh",
      "building_Wh",
      "exported_Wh",
      `saved_against_charging_at_once_${currency}`,
    ],
    ...month.days.map(({ date, energy: sums, saved }) => [
      date,
      wh(sums.gridWh),
      wh(sums.pvWh),
      wh(sums.vehiclesInWh),
      wh(sums.vehiclesOutWh),
      wh(sums.buildingWh),
      wh(sums.exportedWh),
      saved,
    ]),
  ]);
}
