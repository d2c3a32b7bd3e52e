/**
 * Metrics for Prometheus, read from the latest state when they are asked for. Names carry their unit in the base unit
 * that Prometheus recommends (seconds, watts, ratio). Powers keep the core's sign: positive from the grid.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { stageFacts } from "../../domain/facts.table.ts";
import { type Fact, type ShownName, shownNames } from "../../domain/facts.ts";
import { formerModeNames, modeNames } from "../../domain/modes.ts";
import type { AlertCounts } from "../alerts/alerts.ts";
import type { Known, SiteState } from "../state.ts";
import { powerOf } from "../view/totals.ts";

export interface MetricsExtras {
  readonly ageMs: () => number;
  readonly pages: () => number;
  readonly skipped: () => number;
  /** Of all ways that alerts go; absent where none is configured. */
  readonly alerts?: (() => AlertCounts) | undefined;
  /** Bytes given to the disk since the start; null where the system does not tell. */
  readonly written?: (() => { readonly total: number; readonly recorder: number } | null) | undefined;
  /** Of the controller; "0" where nobody says. */
  readonly version?: string;
}

type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];
interface Row {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** It only ever rises, from the controller's start or from the first day: typed so that rates can be made of it. */
  readonly counts?: true;
  readonly read: (state: SiteState) => readonly Sample[];
}

const one = (value: number | null | undefined, scale = 1): readonly Sample[] =>
  value == null ? [] : [[value * scale]];
const flag = (value: boolean): readonly Sample[] => [[value ? 1 : 0]];
const evses =
  (read: (evse: SiteState["evses"][number]) => number | null) =>
  (state: SiteState): readonly Sample[] =>
    state.evses.flatMap((evse): readonly Sample[] => {
      const value = read(evse);
      return value === null ? [] : [[value, { evse: String(evse.evse) }]];
    });
/** A measured value: absent unless it is of now. */
const liveOne = (known: Known, value: number | null, scale = 1): readonly Sample[] =>
  known.state === "live" ? one(value, scale) : [];
const stateSet = (name: string, names: readonly string[], now: string): readonly Sample[] =>
  names.map((item) => [item === now ? 1 : 0, { [name]: item }]);

/** A fact of the power stages, where the table gives it a metric: what is of the moment only is absent unless it is of now. */
function factMetric(name: ShownName<typeof stageFacts>, { age, sentence, shown }: Fact<number>): Row[] {
  if (shown?.metric === undefined) return [];
  const { metric, scale = 1 } = shown;
  return [
    {
      name: `islet_evse_${metric}`,
      help: sentence,
      labels: ["evse"],
      read: evses((evse) => {
        const value = age === "now" && evse.known.state !== "live" ? null : evse[name];
        return value === null ? null : value * scale;
      }),
    },
  ];
}

const metricRows: readonly Row[] = [
  {
    name: "islet_mode",
    help: "1 for the mode that the site is in, also under the name that release 0.1 had for it.",
    labels: ["mode"],
    read: ({ mode: { mode } }) => [
      ...stateSet("mode", modeNames, mode),
      ...stateSet("mode", Object.values(formerModeNames), formerModeNames[mode] ?? ""),
    ],
  },
  { name: "islet_mode_since_timestamp_seconds", help: "When the mode began.", read: (s) => one(s.mode.sinceMs, 0.001) },
  {
    name: "islet_pcc_power_watts",
    help: "Power at the point of common coupling, import positive.",
    read: (s) => liveOne(s.pccKnown, s.pccW),
  },
  { name: "islet_export_limit_watts", help: "Export limit in force.", read: (s) => one(s.exportLimitW) },
  { name: "islet_import_limit_watts", help: "Import limit in force.", read: (s) => one(s.importLimitW) },
  {
    name: "islet_exceedances_total",
    help: "Exports and imports beyond their limit on record.",
    counts: true,
    labels: ["side"],
    read: ({ pccRecord }) =>
      pccRecord === undefined
        ? []
        : [
            [pccRecord.exports.count, { side: "export" }],
            [pccRecord.imports.count, { side: "import" }],
          ],
  },
  {
    name: "islet_recovery_seconds",
    help: "Time beyond the limit after load steps, as measured in operation.",
    labels: ["share"],
    read: ({ pccRecord }) =>
      pccRecord === undefined
        ? []
        : (["p50Ms", "p99Ms", "longestMs"] as const).flatMap((key): readonly Sample[] => {
            const value = pccRecord.passport[key];
            return value === null
              ? []
              : [[value / 1_000, { share: { p50Ms: "0.5", p99Ms: "0.99", longestMs: "1" }[key] }]];
          }),
  },
  {
    name: "islet_recoveries_late_total",
    counts: true,
    help: "Recoveries from load steps that took longer than the site promises.",
    read: ({ pccRecord }) => one(pccRecord?.passport.lateCount),
  },
  {
    name: "islet_vehicles_power_watts",
    help: "Power of all vehicles whose charger answers, charging positive; absent while none does.",
    read: (s) => {
      const live = s.evses.map(powerOf).filter((powerW) => powerW !== null);
      return live.length === 0 ? [] : [[live.reduce((sum, powerW) => sum + powerW, 0)]];
    },
  },
  {
    name: "islet_evses_not_known",
    help: "EVSEs whose power is not known now; they are in no sum.",
    read: (s) => [[s.evses.filter((evse) => powerOf(evse) === null).length]],
  },
  {
    name: "islet_evse_power_watts",
    help: "Measured power of an EVSE, charging positive.",
    labels: ["evse"],
    read: evses(powerOf),
  },
  {
    name: "islet_evse_energy_joules_total",
    help: "Energy at an EVSE by its own meter, since that began.",
    labels: ["evse", "direction"],
    counts: true,
    read: (s) =>
      s.evses.flatMap(({ evse, importWh, exportWh }) => [
        ...one(importWh, 3_600).map(([value]): Sample => [value, { evse: String(evse), direction: "charged" }]),
        ...one(exportWh, 3_600).map(([value]): Sample => [value, { evse: String(evse), direction: "discharged" }]),
      ]),
  },
  {
    name: "islet_site_energy_joules_total",
    help: "Energy at the point of common coupling, summed up from live power since the controller started.",
    labels: ["direction"],
    counts: true,
    read: ({ energy }) =>
      energy === undefined
        ? []
        : [
            [energy.importedWh * 3_600, { direction: "imported" }],
            [energy.exportedWh * 3_600, { direction: "exported" }],
          ],
  },
  {
    name: "islet_evse_setpoint_watts",
    help: "Setpoint of an EVSE, charging positive.",
    labels: ["evse"],
    read: evses((evse) => evse.setpointW),
  },
  ...shownNames(stageFacts).flatMap((name) => factMetric(name, stageFacts[name])),
  {
    name: "islet_evse_connected",
    help: "1 while a vehicle is plugged in.",
    labels: ["evse"],
    read: evses((evse) => (evse.connected ? 1 : 0)),
  },
  {
    name: "islet_tier_power_watts",
    help: "Power that a tier of loads takes.",
    labels: ["tier"],
    read: (s) =>
      s.tiers.flatMap((tier) => liveOne(tier.known, tier.loadW).map(([value]): Sample => [value, { tier: tier.name }])),
  },
  {
    name: "islet_tier_fed",
    help: "1 while a tier is fed; absent while that is not known.",
    labels: ["tier"],
    read: (s) =>
      s.tiers
        .filter(({ state }) => state !== "unknown")
        .map((tier): Sample => [tier.state === "on" ? 1 : 0, { tier: tier.name }]),
  },
  {
    name: "islet_tier_runway_seconds",
    help: "How long a tier and those above it could be fed with every reserve kept.",
    labels: ["tier"],
    read: (s) =>
      s.tiers.flatMap((tier): readonly Sample[] =>
        tier.runwayH === null ? [] : [[tier.runwayH * 3600, { tier: tier.name }]],
      ),
  },
  { name: "islet_pv_power_watts", help: "Production of PV.", read: (s) => one(s.pv?.powerW) },
  { name: "islet_pv_curtailed_watts", help: "Production of PV that is held back.", read: (s) => one(s.pv?.curtailedW) },
  {
    name: "islet_grid_voltage_pu",
    help: "Grid voltage, per unit.",
    read: (s) => liveOne(s.grid.known, s.grid.voltagePu),
  },
  {
    name: "islet_grid_frequency_hertz",
    help: "Grid frequency.",
    read: (s) => liveOne(s.grid.known, s.grid.frequencyHz),
  },
  { name: "islet_grid_good", help: "1 while both voltmeters call the grid good.", read: (s) => flag(s.grid.good) },
  {
    name: "islet_bus_voltage_volts",
    help: "Voltage of the site bus.",
    read: (s) => liveOne(s.bus.known, s.bus.voltageV),
  },
  {
    name: "islet_k1_contact_open",
    help: "1 while a contact of K1 says open; absent while it says nothing.",
    labels: ["contact"],
    read: ({ k1 }) =>
      k1.quality !== "good"
        ? []
        : (["no", "nc"] as const).flatMap((contact): readonly Sample[] =>
            k1[contact] === "unknown" ? [] : [[k1[contact] === "open" ? 1 : 0, { contact: contact.toUpperCase() }]],
          ),
  },
  {
    name: "islet_island_energy_above_reserve_joules",
    help: "Energy in the vehicles above their reserve.",
    read: (s) => one(s.island.energyAboveReserveWh, 3600),
  },
  {
    name: "islet_island_starts_left",
    help: "Island starts that are left before a reset.",
    read: (s) => one(s.island.startsLeft),
  },
  {
    name: "islet_loop_period_seconds",
    help: "Period of the control loop.",
    read: (s) => one(s.health.loop.periodMs, 0.001),
  },
  {
    name: "islet_loop_late_seconds",
    help: "Lateness of the control loop: within this for a share of all cycles.",
    labels: ["share"],
    read: (s) => [
      [s.health.loop.lateP99Ms / 1000, { share: "0.99" }],
      [s.health.loop.lateP999Ms / 1000, { share: "0.999" }],
      [s.health.loop.lateMaxMs / 1000, { share: "1" }],
    ],
  },
  {
    name: "islet_loop_cycle_seconds",
    help: "Deadline to write acknowledged, 99th percentile.",
    read: (s) => one(s.health.loop.cycleP99Ms, 0.001),
  },
  {
    name: "islet_loop_cycles_total",
    help: "Cycles since start.",
    counts: true,
    read: (s) => one(s.health.loop.cycles),
  },
  {
    name: "islet_loop_missed_total",
    help: "Cycles that were skipped since start.",
    counts: true,
    read: (s) => one(s.health.loop.missed),
  },
  {
    name: "islet_loop_stalls_total",
    help: "How often the controller itself stood still, since start.",
    counts: true,
    read: (s) => one(s.health.loop.stalls),
  },
  {
    name: "islet_loop_stalled_seconds_total",
    help: "For how long the controller itself stood still, since start.",
    counts: true,
    read: (s) => one(s.health.loop.stalledMs, 0.001),
  },
  {
    name: "islet_loop_real_time",
    help: "1 while the control loop has real-time priority.",
    read: (s) => flag(s.health.loop.fifo),
  },
  {
    name: "islet_meter_age_seconds",
    help: "Age of the PCC meter's value.",
    read: (s) => one(s.health.meterAgeMs, 0.001),
  },
  {
    name: "islet_meter_good",
    help: "1 while the PCC meter may be believed.",
    read: (s) => flag(s.health.meterQuality === "good"),
  },
  {
    name: "islet_device_answers",
    help: "1 while a device answers with values of now.",
    labels: ["device"],
    read: (s) =>
      s.health.devices.map(
        ({ state, name }): Sample => [state === "answers" || state === "unverified" ? 1 : 0, { device: name }],
      ),
  },
  {
    name: "islet_device_frozen",
    help: "1 while a device answers and its own clock stands.",
    labels: ["device"],
    read: (s) => s.health.devices.map(({ state, name }): Sample => [state === "frozen" ? 1 : 0, { device: name }]),
  },
  {
    name: "islet_device_age_seconds",
    help: "Age of a device's values.",
    labels: ["device"],
    read: (s) =>
      s.health.devices.flatMap(({ ageMs, name }) =>
        one(ageMs, 0.001).map(([value]): Sample => [value, { device: name }]),
      ),
  },
  {
    name: "islet_submeter_power_watts",
    help: "Power of a meter that is only watched, or is part of a sum, as it counts it.",
    labels: ["device"],
    read: (s) =>
      s.health.devices.flatMap(({ powerW, name }) => one(powerW).map(([value]): Sample => [value, { device: name }])),
  },
  {
    name: "islet_owed_records",
    help: "Things that are in force and not yet on disk.",
    read: (s) => one(s.health.owed.length),
  },
  {
    name: "islet_backend_connected",
    help: "1 while the backend is connected.",
    read: (s) => flag(s.health.backend.state === "connected"),
  },
  {
    name: "islet_journal_entries",
    help: "Transaction messages that wait for the backend.",
    read: (s) => one(s.health.journalEntries),
  },
  {
    name: "islet_certificate_expires_timestamp_seconds",
    help: "When a certificate expires.",
    labels: ["certificate"],
    read: (s) =>
      s.health.certificates.map(({ name, expiresAtMs }): Sample => [expiresAtMs / 1000, { certificate: name }]),
  },
  {
    name: "islet_clock_offset_seconds",
    help: "Known error of the clock; absent while it is not synchronized.",
    read: (s) => one(s.health.clockOffsetMs, 0.001),
  },
  {
    name: "islet_events_open",
    help: "Events that nobody has acknowledged.",
    labels: ["severity"],
    read: (s) =>
      (["notice", "warning", "critical"] as const).map(
        (severity): Sample => [
          s.events.filter((event) => event.severity === severity && event.acknowledged === null).length,
          { severity },
        ],
      ),
  },
];

export interface Metrics {
  readonly contentType: string;
  text(state: SiteState | null): Promise<string>;
}

/** A registry of its own, so that several dashboards in one process do not meet. `process` adds memory and event loop of this process. */
export function createMetrics(extras: MetricsExtras, process = true): Metrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  // Gauges whose names claim to be counters; `nodejs_active_handles` and its like have the same by kind.
  for (const kind of ["handles", "requests", "resources"]) registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  const series = metricRows.map((row) => ({ row, made: seriesOf(row, registry) }));
  const build = new Gauge({
    name: "islet_build_info",
    help: "1, with the version of the controller and of Node.js.",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  build.set({ version: extras.version ?? "0", node: globalThis.process.versions.node }, 1);
  const alerts = extras.alerts === undefined ? null : alertMetrics(registry, extras.alerts);
  const written = extras.written === undefined ? null : writtenMetric(registry, extras.written);
  const age = new Gauge({ name: "islet_state_age_seconds", help: "Age of the latest state.", registers: [registry] });
  const pages = new Gauge({ name: "islet_dashboard_pages", help: "Pages that are open.", registers: [registry] });
  const skipped = new Counter({
    name: "islet_dashboard_skipped_total",
    help: "Updates that slow pages did not get, since start.",
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: (state) => {
      const ageS = extras.ageMs() / 1000;
      age.set(Number.isFinite(ageS) ? ageS : Number.NaN);
      pages.set(extras.pages());
      alerts?.();
      written?.();
      skipped.reset();
      skipped.inc(extras.skipped());
      for (const { row, made } of series) {
        made.reset();
        // Without labels a series starts at 0 after a reset: an unknown value must be absent instead.
        const samples = state ? row.read(state) : [];
        if (samples.length === 0 && !row.labels) made.remove();
        for (const [value, labels] of samples)
          if (made instanceof Counter) made.inc({ ...labels }, Math.max(0, value));
          else made.set({ ...labels }, value);
      }
      return registry.metrics();
    },
  };
}

/** What becomes of alerts; returns what reads them anew. */
function alertMetrics(registry: Registry, read: () => AlertCounts): () => void {
  const registers = [registry];
  const waiting = new Gauge({ name: "islet_alerts_waiting", help: "Alerts that wait to be told.", registers });
  const sent = new Counter({ name: "islet_alerts_sent_total", help: "Alerts told, since start.", registers });
  const lost = new Counter({ name: "islet_alerts_lost_total", help: "Alerts never told, since start.", registers });
  return () => {
    const counts = read();
    waiting.set(counts.waiting);
    for (const [counter, value] of [
      [sent, counts.sent],
      [lost, counts.lost],
    ] as const) {
      counter.reset();
      counter.inc(value);
    }
  };
}

function seriesOf({ name, help, labels, counts }: Row, registry: Registry): Gauge | Counter {
  const settings = { name, help, labelNames: [...(labels ?? [])], registers: [registry] };
  return counts ? new Counter(settings) : new Gauge(settings);
}

/** What the disk was given, by parts; returns what reads it anew. */
function writtenMetric(registry: Registry, read: NonNullable<MetricsExtras["written"]>): () => void {
  const bytes = new Counter({
    name: "islet_written_bytes_total",
    help: "Bytes given to the disk, since start: by the flight recorder, and by all else.",
    labelNames: ["part"],
    registers: [registry],
  });
  return () => {
    bytes.reset();
    const written = read();
    if (written === null) return;
    bytes.inc({ part: "recorder" }, written.recorder);
    bytes.inc({ part: "other" }, Math.max(0, written.total - written.recorder));
  };
}
