/** A code's settings as the simulated stage's own protections carry them, as a firmware would that is listed for the code. */
import type { GridSettings } from "../../src/config/grid-profiles.ts";
import { alarmBit, type ProtectionTable, type TripRow } from "../plant/stage/stage-config.ts";

/** Its contactor and its detection need so long, ms. */
const openingMs = 20;
/** Momentary cessation has begun after this time at the latest, ms. */
const cessationMs = 83;

export function protectionsFor(s: Readonly<GridSettings>): ProtectionTable {
  const nominal = s.nominalFrequencyHz;
  const voltage = (name: string, side: TripRow["side"], threshold: number, clearingS: number): TripRow => ({
    name,
    quantity: "voltagePu",
    side,
    threshold,
    clearingMs: clearingS * 1_000,
    alarm: side === "above" ? alarmBit.acOverVoltage : alarmBit.acUnderVoltage,
  });
  const frequency = (name: string, side: TripRow["side"], thresholdHz: number, clearingS: number): TripRow => ({
    name,
    quantity: "deviationHz",
    side,
    threshold: thresholdHz - nominal,
    clearingMs: clearingS * 1_000,
    alarm: side === "above" ? alarmBit.overFrequency : alarmBit.underFrequency,
  });
  return {
    // A threshold of 0 is a row that the code has not got.
    trips: [
      s.ov2Pu > 0 && voltage("OV2", "above", s.ov2Pu, s.ov2S),
      s.ov1Pu > 0 && voltage("OV1", "above", s.ov1Pu, s.ov1S),
      voltage("UV1", "below", s.uv1Pu, s.uv1S),
      voltage("UV2", "below", s.uv2Pu, s.uv2S),
      voltage("UV3", "below", s.uv3Pu, s.uv3S),
      s.of2Hz > 0 && frequency("OF2", "above", s.of2Hz, s.of2S),
      s.of1Hz > 0 && frequency("OF1", "above", s.of1Hz, s.of1S),
      s.uf1Hz > 0 && frequency("UF1", "below", s.uf1Hz, s.uf1S),
      s.uf2Hz > 0 && frequency("UF2", "below", s.uf2Hz, s.uf2S),
    ].filter((row) => row !== false),
    openingMs,
    cessation: s.momentaryCessation
      ? { belowPu: s.cessationLowPu, abovePu: s.cessationHighPu, withinMs: cessationMs }
      : { belowPu: 0, abovePu: Number.POSITIVE_INFINITY, withinMs: cessationMs },
    enterService: {
      minPu: s.enterVoltageMinPu,
      maxPu: s.enterVoltageMaxPu,
      minDeviationHz: s.enterFrequencyMinHz - nominal,
      maxDeviationHz: s.enterFrequencyMaxHz - nominal,
    },
  };
}
