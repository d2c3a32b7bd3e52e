/**
 * What the island's forecast rests on: energy and ability of each vehicle (`battery-gauge.ts`), usual loads, PV by the hour of
 * the day. The forecast itself (`runway.ts`) is made anew every two seconds.
 */
import { hourMs, secondMs } from "../../domain/units.ts";
import type { Snapshot } from "../snapshot.ts";
import { abilityOf, energyOf } from "./formers.ts";
import { forecastRunway, pvHours } from "./runway.ts";
import type { IslandConfig, IslandState } from "./state.ts";

const tuning = {
  everyMs: 2 * secondMs,
  /** PV of an hour is averaged with this time constant, h. */
  pvTauH: 0.25,
} as const;
const hoursPerDay = 24;

/** Forecasts, when it is time. */
export function forecastIsland(
  island: IslandState,
  config: IslandConfig,
  eligible: Uint8Array,
  snapshot: Snapshot,
  periodMs: number,
  nowMs: number,
): void {
  learnPv(island, snapshot, periodMs);
  if (nowMs < island.forecastAtMs + tuning.everyMs) return;
  island.forecastAtMs = nowMs;
  const { runwayInputs: inputs, tiers } = island;
  const { stages, evses, wallMs } = snapshot;
  for (let i = 0; i < stages.length; i++) {
    const evse = evses[i]!;
    const stage = stages[i]!;
    const feeds = eligible[i] === 1 || stage.role === "forming";
    inputs.usableWh[i] = feeds ? energyOf(island, config, i, evse, stage) : 0;
    inputs.maxDischargeW[i] = abilityOf(stage, config.ratedW[i]!);
    // Overdue is unknown: it is still there.
    const inH = (evse.departsAtMs - wallMs) / hourMs;
    inputs.departsInH[i] = inH > 0 ? inH : Number.POSITIVE_INFINITY;
  }
  inputs.fed = 0;
  for (let t = 0; t < tiers.closed.length; t++) {
    inputs.tierLoadW[t] = tiers.usualW[t]!;
    if (tiers.closed[t] || island.phase === "none" || island.phase === "starting") inputs.fed = t + 1;
  }
  expectPv(island, wallMs);
  forecastRunway(island.runway, inputs);
}

function learnPv(island: IslandState, { site, wallMs }: Snapshot, periodMs: number): void {
  if (!(site.pvPowerW >= 0) || !Number.isFinite(wallMs)) return;
  const hour = hourOfDay(wallMs);
  const weight = Math.min(1, periodMs / (tuning.pvTauH * hourMs));
  const before = island.pvOfHourW[hour]!;
  island.pvOfHourW[hour] = before + (site.pvPowerW - before) * weight;
}

/** This hour as it is, later ones as they were the day before; nothing where nobody knows. */
function expectPv({ pvOfHourW, runwayInputs: { pvByHourW }, runwayInputs }: IslandState, wallMs: number): void {
  if (!Number.isFinite(wallMs)) {
    pvByHourW.fill(0);
    return;
  }
  const hour = hourOfDay(wallMs);
  for (let h = 0; h < pvHours; h++) pvByHourW[h] = pvOfHourW[(hour + h) % hoursPerDay]!;
  runwayInputs.hourLeftH = 1 - (wallMs % hourMs) / hourMs;
}

const hourOfDay = (wallMs: number): number => Math.floor(wallMs / hourMs) % hoursPerDay;
