/**
 * ISO 15118-20: schedules of power and prices, the largest part of its CommonMessages.
 */
import { attribute, choice, namespace, optional, repeat } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";
import { Description, Identifier, Name, NumericID, PercentValue, RationalNumber } from "./iso20-common-types.ts";

const { sequence } = namespace("urn:iso:std:iso:15118:-20:CommonMessages", {
  prefix: "v2gci_cm",
  attributes: "qualified",
});

// Power over time ──────────────────────────────────────────────────────────────────────────────────────────────────

const PowerScheduleEntry = sequence({
  Duration: xs.unsignedInt,
  Power: RationalNumber,
  Power_L2: optional(RationalNumber),
  Power_L3: optional(RationalNumber),
});

const PowerScheduleEntryList = sequence({ PowerScheduleEntry: repeat(PowerScheduleEntry, 1, 1024) });

/** How much power there is, per interval. */
const PowerSchedule = sequence({
  TimeAnchor: xs.unsignedLong,
  AvailableEnergy: optional(RationalNumber),
  PowerTolerance: optional(RationalNumber),
  PowerScheduleEntries: PowerScheduleEntryList,
});

// Prices over time ─────────────────────────────────────────────────────────────────────────────────────────────────

const Currency = restrict(xs.string, { maxLength: 3 });
const Language = restrict(xs.string, { maxLength: 3 });
const priceSchedule = {
  TimeAnchor: xs.unsignedLong,
  PriceScheduleID: NumericID,
  PriceScheduleDescription: optional(Description),
};

const PriceLevelScheduleEntry = sequence({ Duration: xs.unsignedInt, PriceLevel: xs.unsignedByte });
const PriceLevelScheduleEntryList = sequence({
  PriceLevelScheduleEntry: repeat(PriceLevelScheduleEntry, 1, 1024),
});

/** Prices as levels without a currency: the lower the cheaper. */
const PriceLevelSchedule = sequence({
  Id: optional(attribute(xs.ID)),
  ...priceSchedule,
  NumberOfPriceLevels: xs.unsignedByte,
  PriceLevelScheduleEntries: PriceLevelScheduleEntryList,
});

const TaxRule = sequence({
  TaxRuleID: NumericID,
  TaxRuleName: optional(Name),
  TaxRate: RationalNumber,
  TaxIncludedInPrice: optional(xs.boolean),
  AppliesToEnergyFee: xs.boolean,
  AppliesToParkingFee: xs.boolean,
  AppliesToOverstayFee: xs.boolean,
  AppliesMinimumMaximumCost: xs.boolean,
});

const TaxRuleList = sequence({ TaxRule: repeat(TaxRule, 1, 10) });
const PriceRule = sequence({
  EnergyFee: RationalNumber,
  ParkingFee: optional(RationalNumber),
  ParkingFeePeriod: optional(xs.unsignedInt),
  CarbonDioxideEmission: optional(xs.unsignedShort),
  RenewableGenerationPercentage: optional(xs.unsignedByte),
  PowerRangeStart: RationalNumber,
});

const PriceRuleStack = sequence({ Duration: xs.unsignedInt, PriceRule: repeat(PriceRule, 1, 8) });
const PriceRuleStackList = sequence({ PriceRuleStack: repeat(PriceRuleStack, 1, 1024) });
const OverstayRule = sequence({
  OverstayRuleDescription: optional(Description),
  StartTime: xs.unsignedInt,
  OverstayFee: RationalNumber,
  OverstayFeePeriod: xs.unsignedInt,
});

const OverstayRuleList = sequence({
  OverstayTimeThreshold: optional(xs.unsignedInt),
  OverstayPowerThreshold: optional(RationalNumber),
  OverstayRule: repeat(OverstayRule, 1, 5),
});

const AdditionalService = sequence({ ServiceName: Name, ServiceFee: RationalNumber });
const AdditionalServiceList = sequence({ AdditionalService: repeat(AdditionalService, 1, 5) });

/** Prices in a currency, with taxes, overstay fees and additional services. */
const AbsolutePriceSchedule = sequence({
  Id: optional(attribute(xs.ID)),
  ...priceSchedule,
  Currency,
  Language,
  PriceAlgorithm: Identifier,
  MinimumCost: optional(RationalNumber),
  MaximumCost: optional(RationalNumber),
  TaxRules: optional(TaxRuleList),
  PriceRuleStacks: PriceRuleStackList,
  OverstayRules: optional(OverstayRuleList),
  AdditionalSelectedServices: optional(AdditionalServiceList),
});

const PriceSchedule = choice({ AbsolutePriceSchedule, PriceLevelSchedule });

// What the charger offers ──────────────────────────────────────────────────────────────────────────────────────────

const ChargingSchedule = sequence({ PowerSchedule, PriceSchedule: optional(PriceSchedule) });

/** One offer: charging and, for bidirectional transfer, discharging. */
const ScheduleTuple = sequence({
  ScheduleTupleID: NumericID,
  ChargingSchedule,
  DischargingSchedule: optional(ChargingSchedule),
});

export const Scheduled_SEResControlMode = sequence({ ScheduleTuple: repeat(ScheduleTuple, 1, 3) });
export const Dynamic_SEResControlMode = sequence({
  DepartureTime: optional(xs.unsignedInt),
  MinimumSOC: optional(PercentValue),
  TargetSOC: optional(PercentValue),
  PriceSchedule: optional(PriceSchedule),
});

// What the vehicle offers and intends ──────────────────────────────────────────────────────────────────────────────

const EVPowerScheduleEntry = sequence({ Duration: xs.unsignedInt, Power: RationalNumber });
const EVPowerScheduleEntryList = sequence({ EVPowerScheduleEntry: repeat(EVPowerScheduleEntry, 1, 1024) });
const EVPowerSchedule = sequence({
  TimeAnchor: xs.unsignedLong,
  EVPowerScheduleEntries: EVPowerScheduleEntryList,
});

const EVPriceRule = sequence({ EnergyFee: RationalNumber, PowerRangeStart: RationalNumber });
const EVPriceRuleStack = sequence({ Duration: xs.unsignedInt, EVPriceRule: repeat(EVPriceRule, 1, 8) });
const EVPriceRuleStackList = sequence({ EVPriceRuleStack: repeat(EVPriceRuleStack, 1, 1024) });
const EVAbsolutePriceSchedule = sequence({
  TimeAnchor: xs.unsignedLong,
  Currency,
  PriceAlgorithm: Identifier,
  EVPriceRuleStacks: EVPriceRuleStackList,
});

/** Energy that the vehicle offers to give back, at its price. */
const EVEnergyOffer = sequence({ EVPowerSchedule, EVAbsolutePriceSchedule });
export const Scheduled_SEReqControlMode = sequence({
  DepartureTime: optional(xs.unsignedInt),
  EVTargetEnergyRequest: optional(RationalNumber),
  EVMaximumEnergyRequest: optional(RationalNumber),
  EVMinimumEnergyRequest: optional(RationalNumber),
  EVEnergyOffer: optional(EVEnergyOffer),
});

export const Dynamic_SEReqControlMode = sequence({
  DepartureTime: xs.unsignedInt,
  MinimumSOC: optional(PercentValue),
  TargetSOC: optional(PercentValue),
  EVTargetEnergyRequest: RationalNumber,
  EVMaximumEnergyRequest: RationalNumber,
  EVMinimumEnergyRequest: RationalNumber,
  EVMaximumV2XEnergyRequest: optional(RationalNumber),
  EVMinimumV2XEnergyRequest: optional(RationalNumber),
});

const PowerToleranceAcceptance = enumeration("PowerToleranceNotConfirmed", "PowerToleranceConfirmed");
const Scheduled_EVPPTControlMode = sequence({
  SelectedScheduleTupleID: NumericID,
  PowerToleranceAcceptance: optional(PowerToleranceAcceptance),
});

const Dynamic_EVPPTControlMode = sequence({});
const EVPowerProfileEntryList = sequence({ EVPowerProfileEntry: repeat(PowerScheduleEntry, 1, 2048) });

/** The power that the vehicle intends to take, per interval. */
export const EVPowerProfile = sequence({
  TimeAnchor: xs.unsignedLong,
  EVPPTControlMode: choice({ Dynamic_EVPPTControlMode, Scheduled_EVPPTControlMode }),
  EVPowerProfileEntries: EVPowerProfileEntryList,
});
