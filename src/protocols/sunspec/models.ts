/** All SunSpec models that we know, by identifier. Others are skipped by their length when a chain is walked. */
import { control, controlAc, enterService } from "./der-control.table.ts";
import {
  frequencyDroop,
  highFrequencyTrip,
  highVoltageTrip,
  lowFrequencyTrip,
  lowVoltageTrip,
  voltVar,
  voltWatt,
  wattVar,
} from "./der-curves.table.ts";
import { capacity, common, measureAc, measureDc, storageCapacity } from "./der-measure.table.ts";
import {
  basicSettings,
  basicStorage,
  battery,
  floatInverters,
  immediateControls,
  nameplate,
  strings,
  wholeNumberInverters,
} from "./inverter.table.ts";
import { floatMeters, wholeNumberMeters } from "./meter.table.ts";
import type { ModelTable } from "./model.ts";

export const sunspecModels: readonly ModelTable[] = [
  common,
  ...wholeNumberInverters,
  ...floatInverters,
  nameplate,
  basicSettings,
  immediateControls,
  basicStorage,
  strings,
  ...wholeNumberMeters,
  ...floatMeters,
  measureAc,
  capacity,
  enterService,
  controlAc,
  voltVar,
  voltWatt,
  lowVoltageTrip,
  highVoltageTrip,
  lowFrequencyTrip,
  highFrequencyTrip,
  frequencyDroop,
  wattVar,
  storageCapacity,
  measureDc,
  control,
  battery,
];

/** The model with this id, where it is known. */
export const sunspecModel = (id: number): ModelTable | undefined => sunspecModels.find((model) => model.id === id);
