/**
 * Metrics for Prometheus, read from the latest state when they are asked for. Names carry their unit in the base unit
 * that Prometheus recommends (seconds, watts, ratio). Powers keep the core's sign: positive from the grid.
 */
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { modeNames } from "../domain/modes.ts";
import type { SiteState } from "./state.ts";

export interface MetricsExtras {
  readonly ageMs: () => number;
  readonly pages: () => number;
  readonly skipped: () => number;
}

type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];
interface Row {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
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
const stateSet = (name: string, names: readonly string[], now: string): readonly Sample[] =>
  names.map((item) => [item === now ? 1 : 0, { [name]: item }]);

export const metricRows: readonly Row[] = [
  {
    name: "islet_mode",
    help: "1 for the mode that the site is in.",
    labels: ["mode"],
    read: (s) => stateSet("mode", modeNames, s.mode.mode),
  },
  { name: "islet_mode_since_timestamp_seconds", help: "When the mode began.", read: (s) => one(s.mode.sinceMs, 0.001) },
  {
    name: "islet_pcc_power_watts",
    help: "Power at the point of common coupling, import positive.",
    read: (s) => one(s.pccW),
  },
  { name: "islet_export_limit_watts", help: "Export limit in force.", read: (s) => one(s.exportLimitW) },
  { name: "islet_import_limit_watts", help: "Import limit in force.", read: (s) => one(s.importLimitW) },
  {
    name: "islet_exceedances",
    help: "Exports and imports beyond their limit on record.",
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
    labels: ["quantile"],
    read: ({ pccRecord }) =>
      pccRecord === undefined
        ? []
        : (["p50Ms", "p99Ms", "longestMs"] as const).flatMap((key): readonly Sample[] => {
            const value = pccRecord.passport[key];
            return value === null
              ? []
              : [[value / 1_000, { quantile: { p50Ms: "0.5", p99Ms: "0.99", longestMs: "1" }[key] }]];
          }),
  },
  {
    name: "islet_recoveries_late",
    help: "Recoveries from load steps that took longer than the site promises.",
    read: ({ pccRecord }) => one(pccRecord?.passport.lateCount),
  },
  {
    name: "islet_vehicles_power_watts",
    help: "Power of all vehicles, charging positive.",
    read: (s) => [[s.evses.reduce((sum, evse) => sum + (evse.powerW ?? 0), 0)]],
  },
  {
    name: "islet_evse_power_watts",
    help: "Measured power of an EVSE, charging positive.",
    labels: ["evse"],
    read: evses((evse) => evse.powerW),
  },
  {
    name: "islet_evse_setpoint_watts",
    help: "Setpoint of an EVSE, charging positive.",
    labels: ["evse"],
    read: evses((evse) => evse.setpointW),
  },
  {
    name: "islet_evse_state_of_charge_ratio",
    help: "State of charge of the vehicle at an EVSE.",
    labels: ["evse"],
    read: evses((evse) => (evse.socPct === null ? null : evse.socPct / 100)),
  },
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
    read: (s) => s.tiers.map((tier): Sample => [tier.loadW ?? 0, { tier: tier.name }]),
  },
  {
    name: "islet_tier_fed",
    help: "1 while a tier is fed.",
    labels: ["tier"],
    read: (s) => s.tiers.map((tier): Sample => [tier.state === "on" ? 1 : 0, { tier: tier.name }]),
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
  { name: "islet_grid_voltage_pu", help: "Grid voltage, per unit.", read: (s) => one(s.grid.voltagePu) },
  { name: "islet_grid_frequency_hertz", help: "Grid frequency.", read: (s) => one(s.grid.frequencyHz) },
  { name: "islet_grid_good", help: "1 while both voltmeters call the grid good.", read: (s) => flag(s.grid.good) },
  { name: "islet_bus_voltage_volts", help: "Voltage of the site bus.", read: (s) => one(s.bus.voltageV) },
  {
    name: "islet_k1_contact_open",
    help: "1 while a contact of K1 says open.",
    labels: ["contact"],
    read: (s) => [
      [s.k1.no === "open" ? 1 : 0, { contact: "NO" }],
      [s.k1.nc === "open" ? 1 : 0, { contact: "NC" }],
    ],
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
    help: "Lateness of the control loop.",
    labels: ["quantile"],
    read: (s) => [
      [s.health.loop.lateP99Ms / 1000, { quantile: "0.99" }],
      [s.health.loop.lateP999Ms / 1000, { quantile: "0.999" }],
      [s.health.loop.lateMaxMs / 1000, { quantile: "1" }],
    ],
  },
  {
    name: "islet_loop_cycle_seconds",
    help: "Deadline to write acknowledged, 99th percentile.",
    read: (s) => one(s.health.loop.cycleP99Ms, 0.001),
  },
  { name: "islet_loop_cycles", help: "Cycles since start.", read: (s) => one(s.health.loop.cycles) },
  { name: "islet_loop_missed", help: "Cycles that were skipped since start.", read: (s) => one(s.health.loop.missed) },
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
    help: "1 while a device answers.",
    labels: ["device"],
    read: (s) =>
      s.health.devices.map((device): Sample => [device.state === "answers" ? 1 : 0, { device: device.name }]),
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
    help: "Known error of the clock; absent while it is not synchronised.",
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
  const gauges = metricRows.map((row) => ({
    row,
    gauge: new Gauge({ name: row.name, help: row.help, labelNames: [...(row.labels ?? [])], registers: [registry] }),
  }));
  const age = new Gauge({ name: "islet_state_age_seconds", help: "Age of the latest state.", registers: [registry] });
  const pages = new Gauge({ name: "islet_dashboard_pages", help: "Pages that are open.", registers: [registry] });
  const skipped = new Gauge({
    name: "islet_dashboard_skipped",
    help: "Updates that slow pages did not get, since start.",
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: (state) => {
      const ageS = extras.ageMs() / 1000;
      age.set(Number.isFinite(ageS) ? ageS : Number.NaN);
      pages.set(extras.pages());
      skipped.set(extras.skipped());
      for (const { row, gauge } of gauges) {
        gauge.reset();
        // A gauge without labels starts at 0 after a reset: an unknown value must be absent instead.
        const samples = state ? row.read(state) : [];
        if (samples.length === 0 && !row.labels) gauge.remove();
        for (const [value, labels] of samples) gauge.set({ ...labels }, value);
      }
      return registry.metrics();
    },
  };
}
