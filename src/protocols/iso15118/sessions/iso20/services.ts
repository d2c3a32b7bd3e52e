/** Services of ISO 15118-20 that the charger offers, their parameter sets, and the schedule that the choice asks for. */
import { clamp } from "../../../../domain/units.ts";
import { type ChargerFacts, type Connector, isDirect, type ScheduleEntry, type ServiceChoice } from "../contract.ts";
import { awaitsSchedule, offeredSchedules } from "../schedules.ts";
import type { SessionContext } from "../session.ts";
import { rational } from "../wire-values.ts";
import type { Body, Iso20Rows } from "./bodies.ts";
import { bothWays, takeNeeds } from "./limits.ts";

/** Energy transfer services by their numbers: AC 1, DC 2, MCS 8, and both directions. */
const energyServices = [
  { id: 5, of: ["ac1", "ac3"], bidirectional: true },
  { id: 1, of: ["ac1", "ac3"], bidirectional: false },
  { id: 6, of: ["dc"], bidirectional: true },
  { id: 2, of: ["dc"], bidirectional: false },
  { id: 9, of: ["mcs"], bidirectional: true },
  { id: 8, of: ["mcs"], bidirectional: false },
] as const satisfies readonly {
  readonly id: number;
  readonly of: readonly Connector[];
  readonly bidirectional: boolean;
}[];

const dayS = 86_400;
const entriesMax = 1_024;

/** What can be agreed on, the wanted one first: many vehicles take the first. Numbers as the fields know them. */
const parameterSets: readonly { readonly id: number; readonly dynamic: boolean; readonly needsBy: 1 | 2 }[] = [
  { id: 1, dynamic: true, needsBy: 1 },
  { id: 2, dynamic: true, needsBy: 2 },
  { id: 3, dynamic: false, needsBy: 1 },
];
const noPrices = 0;
const priceLevels = 2;
const unifiedChannel = 1;
const gridFollowing = 1;
const passiveIslandingDetection = 2;
/** Of AC: one phase or three; of DC: the extended plug (CCS); of MCS there is one. */
const connectors = { ac1: 1, ac3: 2, dc: 2, mcs: 1 } as const;

/**
 * Offered services, both directions first. An AC vehicle feeds through its own inverter: both directions only while the pair
 * of this charger and this vehicle is permitted.
 */
const servicesOf = ({ facts }: SessionContext): readonly (typeof energyServices)[number][] =>
  energyServices.filter(
    ({ of, bidirectional }) =>
      (of as readonly Connector[]).includes(facts.connector) &&
      (!bidirectional || (facts.ratings.minW < 0 && (isDirect(facts.connector) || facts.noAcDischarge === ""))),
  );

const parameterList = (
  { connector, nominalV }: ChargerFacts,
  bidirectional: boolean,
): Body<"ServiceDetailRes">["ServiceParameterList"] => ({
  ParameterSet: parameterSets.map(({ id, dynamic, needsBy }) => ({
    ParameterSetID: id,
    Parameter: [
      { Name: "Connector", intValue: connectors[connector] },
      { Name: "ControlMode", intValue: dynamic ? 2 : 1 },
      ...(isDirect(connector) ? [] : [{ Name: "EVSENominalVoltage", intValue: Math.round(nominalV) }]),
      { Name: "MobilityNeedsMode", intValue: needsBy },
      { Name: "Pricing", intValue: dynamic ? noPrices : priceLevels },
      ...(bidirectional
        ? [
            { Name: "BPTChannel", intValue: unifiedChannel },
            { Name: "GeneratorMode", intValue: gridFollowing },
            ...(isDirect(connector)
              ? []
              : [{ Name: "GridCodeIslandingDetectionMethod", intValue: passiveIslandingDetection }]),
          ]
        : []),
    ],
  })),
});

const powerSchedule = ({ facts }: SessionContext, all: readonly ScheduleEntry[], most: number) => {
  const entries = all.slice(0, entriesMax);
  const lastS = entries.at(-1)!.startS + dayS;
  return {
    // Vehicles of one maker refuse a schedule without prices: one level for all of it says that no time is cheaper.
    PriceLevelSchedule: {
      TimeAnchor: Math.round(facts.unixS),
      PriceScheduleID: 1,
      NumberOfPriceLevels: 1,
      PriceLevelScheduleEntries: { PriceLevelScheduleEntry: [{ Duration: Math.round(lastS), PriceLevel: 1 }] },
    },
    PowerSchedule: {
      TimeAnchor: Math.round(facts.unixS),
      PowerScheduleEntries: {
        PowerScheduleEntry: entries.map(({ startS, maxW }, i) => ({
          Duration: Math.max(1, Math.round((entries[i + 1]?.startS ?? startS + dayS) - startS)),
          Power: rational(clamp(maxW, 0, most)),
        })),
      },
    },
  };
};

/** The ratings all the time: what flows back is the site's to ask for. */
const dischargingSchedule = (context: SessionContext) => {
  const most = -context.facts.ratings.minW;
  return powerSchedule(context, [{ startS: 0, maxW: most }], most);
};

const scheduleOf = (context: SessionContext) =>
  context.choice.dynamic
    ? { Dynamic_SEResControlMode: {} }
    : {
        Scheduled_SEResControlMode: {
          ScheduleTuple: offeredSchedules(context.facts).map(({ id, entries }) => ({
            ScheduleTupleID: id,
            ChargingSchedule: powerSchedule(context, entries, context.facts.ratings.maxW),
            ...(bothWays(context) ? { DischargingSchedule: dischargingSchedule(context) } : {}),
          })),
        },
      };

/** Services, their parameters, the vehicle's choice, and the schedule. */
export const negotiation: Iso20Rows<"ServiceDiscovery" | "ServiceDetail" | "ServiceSelection" | "ScheduleExchange"> = {
  ServiceDiscovery: {
    blank: (context) => ({
      ResponseCode: "OK",
      ServiceRenegotiationSupported: true,
      EnergyTransferServiceList: {
        Service: servicesOf(context).map(({ id }) => ({ ServiceID: id, FreeService: false })),
      },
    }),
    serve: () => ({}),
  },
  ServiceDetail: {
    blank: (context) => {
      const { id, bidirectional } = servicesOf(context)[0]!;
      return { ResponseCode: "OK", ServiceID: id, ServiceParameterList: parameterList(context.facts, bidirectional) };
    },
    serve(context, { ServiceID }) {
      const asked = servicesOf(context).find(({ id }) => id === ServiceID);
      return asked === undefined
        ? { ResponseCode: "FAILED_ServiceIDInvalid" }
        : { ServiceID, ServiceParameterList: parameterList(context.facts, asked.bidirectional) };
    },
  },
  ServiceSelection: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(context, { SelectedEnergyTransferService: { ServiceID, ParameterSetID }, SelectedVASList }) {
      const service = servicesOf(context).find(({ id }) => id === ServiceID);
      if (service === undefined) return { ResponseCode: "FAILED_NoEnergyTransferServiceSelected" };
      const set = parameterSets.find(({ id }) => id === ParameterSetID);
      if (set === undefined || SelectedVASList !== undefined) return { ResponseCode: "FAILED_ServiceSelectionInvalid" };
      context.choice = { serviceId: ServiceID, bidirectional: service.bidirectional, dynamic: set.dynamic };
      return {};
    },
  },
  ScheduleExchange: {
    blank: (context) => ({ ResponseCode: "OK", EVSEProcessing: "Finished", ...scheduleOf(context) }),
    serve(context, { Dynamic_SEReqControlMode, Scheduled_SEReqControlMode }) {
      const needs = context.choice.dynamic ? Dynamic_SEReqControlMode : Scheduled_SEReqControlMode;
      if (needs === undefined) return { ResponseCode: "FAILED" };
      if (!takeNeeds(context, needs)) return { ResponseCode: "FAILED_WrongChargeParameter" };
      const before = context.state === "schedule" || context.state === "scheduleAc";
      const { facts, quirks } = context;
      const waits = before && facts.maxW <= 0 && facts.minW >= 0 && quirks.leastOfferW === 0;
      const isAsked = before && !context.choice.dynamic && awaitsSchedule(context);
      return { EVSEProcessing: waits || isAsked ? "Ongoing" : "Finished" };
    },
  },
};

/** The loop's control mode as the schema names it, for the mode that was agreed on. */
export const modeName = <E extends "AC" | "DC", S extends "Req" | "Res">(
  { dynamic, bidirectional }: ServiceChoice,
  energy: E,
  side: S,
) => `${bidirectional ? "BPT_" : ""}${dynamic ? "Dynamic" : "Scheduled"}_${energy}_CL${side}ControlMode` as const;
