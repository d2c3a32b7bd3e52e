/** The whole truth of the plant as one JSON value: every voltage, current, contact and state of charge. For people and tests. */
import { utcToLocal } from "../calendar.ts";
import type { Simulation } from "./simulation.ts";

const round = (value: number, digits = 3): number | null =>
  Number.isFinite(value) ? Number(value.toFixed(digits)) : null;

export function siteState(simulation: Simulation) {
  const { world, faults, uses } = simulation;
  const { grid, meter, transferDevice, network, bus, gridSide, truth } = world;
  return {
    t: round(world.simulatedMs / 1000),
    localTime: utcToLocal(world.wallMs, world.config.utcOffsetMinutes),
    grid: {
      present: grid.present,
      voltagePu: round(grid.voltagePu, 4),
      frequencyHz: round(grid.frequencyHz, 4),
      phaseDeg: round(grid.phaseDeg, 2),
    },
    gridSide: node(gridSide),
    bus: { ...node(bus), formers: bus.formers },
    transferDevice: {
      closed: transferDevice.closed,
      contactNo: transferDevice.contactNo,
      contactNc: transferDevice.contactNc,
      moving: transferDevice.moving,
      operations: transferDevice.operations,
      closeSequence: transferDevice.closeSequence,
      syncRelay: transferDevice.syncRelay,
    },
    pccW: round(network.pccW, 1),
    pccVar: round(network.pccVar, 1),
    buildingW: round(network.buildingW, 1),
    tiersW: round(network.tiersW, 1),
    stagesW: round(network.stagesW, 1),
    pvW: round(network.pvW, 1),
    unservedW: round(network.unservedW, 1),
    meter: {
      powerW: round(meter.powerW, 1),
      reactiveVar: round(meter.reactiveVar, 1),
      voltagePu: round(meter.voltagePu, 4),
      frequencyHz: round(meter.frequencyHz, 4),
      sampleCount: meter.sampleCount,
      importWh: round(meter.importWh, 1),
      exportWh: round(meter.exportWh, 1),
      dark: meter.dark,
    },
    tiers: world.tiers.map((tier) => ({
      name: tier.name,
      loadW: round(tier.loadW, 1),
      powerW: round(tier.powerW, 1),
      closed: tier.breakerClosed,
    })),
    pvs: world.pvs.map((pv) => ({
      side: pv.config.side,
      ratedW: pv.ratedW,
      powerW: round(pv.powerW, 1),
      limitW: round(pv.limitW, 1),
      tripped: pv.tripped,
    })),
    evses: world.stages.map((stage, i) => ({
      evse: i + 1,
      phase: stage.phase,
      role: stage.trueRole,
      reportedRole: stage.role,
      powerW: round(stage.truePowerW, 1),
      targetW: round(stage.targetW, 1),
      reactiveVar: round(stage.reactiveVar, 1),
      dcVoltageV: round(stage.dcVoltageV, 1),
      dcCurrentA: round(stage.dcCurrentA, 2),
      contactorClosed: stage.contactorClosed,
      alarmBits: stage.alarmBits,
      protectionBits: stage.protections.alarmBits,
      tripped: stage.protections.tripped,
      watchdogTripped: stage.watchdogTripped,
      executedSequence: stage.executedSequence,
      staleRefused: stage.staleRefused,
      formingRefused: stage.formingRefused,
      reversionRemainingS: round(stage.reversionRemainingS, 2),
      importWh: round(stage.importWh, 1),
      exportWh: round(stage.exportWh, 1),
      connected: stage.vehicleConnected,
      socPct: round(stage.socPct, 2),
      capacityWh: round(stage.capacityWh, 0),
      vehiclePaused: world.vehicles[i]!.paused,
      ...uses[i]!,
    })),
    faults: faults.raised.map(({ target, error, evse }) => ({ target, error, evse: evse + 1 })),
    pending: simulation.pending,
    violations: truth.violations.map(({ kind, atMs, durationMs, value }) => ({
      kind,
      atS: round((atMs - world.nowMs + world.simulatedMs) / 1000),
      durationMs: round(durationMs, 1),
      value: round(value),
    })),
    export: excess(truth.exportExcess),
    import: excess(truth.importExcess),
    longestBackfeedMs: round(truth.longestBackfeedMs, 1),
    balanceErrorPct: round(world.books.balance().errorPct, 6),
  };
}

function node({ source, voltagePu, frequencyHz, phaseDeg }: Simulation["world"]["bus"]) {
  return { source, voltagePu: round(voltagePu, 4), frequencyHz: round(frequencyHz, 4), phaseDeg: round(phaseDeg, 2) };
}

function excess({ events, longestMs, totalMs, peakW, energyWh: wh }: Simulation["world"]["truth"]["exportExcess"]) {
  return {
    events,
    longestMs: round(longestMs, 1),
    totalMs: round(totalMs, 1),
    peakW: round(peakW, 1),
    energyWh: round(wh),
  };
}
