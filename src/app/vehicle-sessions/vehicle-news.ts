/**
 * What vehicles tell in their sessions, carried to whom it concerns: the register of vehicles learns who is there and what it can,
 * its departure counts for this stay, and the backend hears what it needs (OCPP K15).
 */
import type { SiteConfig } from "../../config/site.ts";
import type { Identifier } from "../../domain/fleet/vehicles.ts";
import { minuteMs, secondMs } from "../../domain/units.ts";
import {
  type ChosenSchedule,
  type Connector,
  isDirect,
  type ScheduleEntry,
} from "../../protocols/iso15118/sessions/contract.ts";
import type { ChargingNeeds, Iso15118Relay, Offer } from "../../protocols/ocpp/smart-charging/k-iso15118.ts";
import type { ChargingSchedule } from "../../protocols/ocpp/transport/messages.table.ts";
import type { Log } from "../log.ts";
import type { Presence } from "../vehicles/presence.ts";
import type { VehicleWord } from "./messages.ts";
import type { VehicleSessionsOptions } from "./vehicle-sessions.ts";

/** Schedules that a vehicle may choose from. */
const tuplesMax = 3;
/** A departure that moves by less is the same, ms. */
const sameMs = minuteMs;

export interface NewsOptions {
  readonly config: SiteConfig;
  readonly presence: Pick<Presence, "identify" | "told" | "state">;
  /** Null without a backend. */
  readonly backend: Pick<Iso15118Relay, "negotiate" | "chosen" | "onRenegotiate"> | null;
  /** Schedules for the vehicle at an EVSE (index) to choose from; none: it need not wait. */
  readonly offer: (index: number, schedules: readonly (readonly ScheduleEntry[])[]) => void;
  readonly log: Log;
  /** UTC, ms. */
  readonly now: () => number;
}

/** What of a session has been carried on already. */
interface Carried {
  vehicleId: string;
  departsAtMs: number;
  maxChargeW: number;
  maxDischargeW: number;
  needsTold: boolean;
  /** Where its schedules come from; null while it has none. */
  profileId: number | null;
}

const nothing = (): Carried => ({
  vehicleId: "",
  departsAtMs: Number.NaN,
  maxChargeW: 0,
  maxDischargeW: 0,
  needsTold: false,
  profileId: null,
});

/** ISO 15118-20 names a vehicle by a text; the older protocols by the address of its communication controller. */
const identifierOf = ({ vehicleId, protocol }: VehicleWord): Identifier => ({
  kind: protocol === "ISO 15118-20" ? "evccId" : "mac",
  value: vehicleId,
});

export function createVehicleNews({
  config,
  presence,
  backend,
  offer,
  log,
  now,
}: NewsOptions): NonNullable<VehicleSessionsOptions["onVehicle"]> {
  const all = config.evses.map(nothing);

  function learn(evse: number, word: VehicleWord, carried: Carried): void {
    const nowMs = now();
    if (word.vehicleId !== carried.vehicleId) {
      carried.vehicleId = word.vehicleId;
      presence.identify(evse, identifierOf(word), "iso15118", nowMs);
    }
    // A battery's limits fall with its charge: what it once could is what it can.
    carried.maxChargeW = Math.max(carried.maxChargeW, word.maxChargeW);
    carried.maxDischargeW = Math.max(carried.maxDischargeW, word.maxDischargeW);
    presence.told(
      evse,
      {
        ...(word.capacityWh > 0 && { capacityWh: word.capacityWh }),
        ...(word.inEnergy && carried.maxChargeW > 0 && { maxChargeW: carried.maxChargeW }),
        ...(word.inEnergy && word.leastChargeW > 0 && { minChargeW: word.leastChargeW }),
        ...(word.inEnergy && { bidirectional: word.bidirectional }),
        ...(word.inEnergy && carried.maxDischargeW > 0 && { maxDischargeW: carried.maxDischargeW }),
      },
      "iso15118",
      nowMs,
    );
    const departsAtMs = nowMs + word.departsInMs;
    const neededWh = neededWhOf(word);
    if (!Number.isFinite(departsAtMs) || Number.isNaN(neededWh)) return;
    if (Math.abs(departsAtMs - carried.departsAtMs) < sameMs) return;
    carried.departsAtMs = departsAtMs;
    presence.state(evse, { departsAtMs, neededWh }, "iso15118", nowMs);
  }

  function tellBackend(evse: number, word: VehicleWord, carried: Carried): void {
    // Its limits are known once it has come to the cable check; for AC, to energy.
    if (backend === null || carried.needsTold || !(word.needsKnown || word.phase !== "idle")) return;
    carried.needsTold = true;
    const { connector } = config.evses[evse - 1]!.vehicleLink!;
    void backend.negotiate(evse, needsOf(word, connector, now()), tuplesMax).then((given) => {
      if (carried.vehicleId === word.vehicleId) pass(evse, given);
    });
  }

  function pass(evse: number, { schedules, profileId }: Offer): void {
    all[evse - 1]!.profileId = profileId;
    const { connector } = config.evses[evse - 1]!.vehicleLink!;
    const nowMs = now();
    offer(
      evse - 1,
      schedules.slice(0, tuplesMax).map((schedule) => entriesOf(schedule, wattsPerAmpere(connector), nowMs)),
    );
    if (schedules.length > 0)
      log(
        "info",
        `The backend has sent ${schedules.length} schedule${schedules.length === 1 ? "" : "s"} for the vehicle at EVSE ${evse}.`,
        { evse },
      );
  }

  const { site } = config;
  const phaseV = site.phases === "three" ? site.nominalVoltageV / Math.sqrt(3) : site.nominalVoltageV;
  /** Of a direct current nobody knows the voltage beforehand: it says nothing. */
  const wattsPerAmpere = (connector: Connector): number =>
    isDirect(connector) ? Number.POSITIVE_INFINITY : phaseV * (connector === "ac3" ? 3 : 1);

  backend?.onRenegotiate((evse, given) => {
    if (config.evses[evse - 1]?.vehicleLink !== undefined && all[evse - 1]!.vehicleId !== "") pass(evse, given);
  });

  function tellChoice(evse: number, { tuple, entries }: ChosenSchedule, { profileId }: Carried): void {
    const [first, ...rest] = entries.map(({ startS, maxW }) => ({ startPeriod: startS, limit: Math.max(0, maxW) }));
    if (backend === null || first === undefined) return;
    const schedule = { id: tuple + 1, chargingRateUnit: "W" as const, chargingSchedulePeriod: [first, ...rest] };
    void backend.chosen(evse, schedule as ChargingSchedule, profileId, tuple).then((isAccepted) => {
      if (!isAccepted)
        log("warn", `The backend does not accept the schedule of the vehicle at EVSE ${evse}.`, { evse });
    });
  }

  return (message) => {
    const carried = all[message.index]!;
    if (message.kind === "ended") Object.assign(carried, nothing());
    if (message.kind === "chosen") tellChoice(message.index + 1, message.chosen, carried);
    if (message.kind !== "vehicle" || message.word.vehicleId === "") return;
    learn(message.index + 1, message.word, carried);
    tellBackend(message.index + 1, message.word, carried);
  };
}

/** A schedule of the backend as a session knows it: from now on, W at most; what is below zero permits no charging. */
function entriesOf(
  { chargingRateUnit, chargingSchedulePeriod, startSchedule }: ChargingSchedule,
  wattsPerAmpere: number,
  nowMs: number,
): ScheduleEntry[] {
  const shiftS = startSchedule === undefined ? 0 : Math.round((Date.parse(startSchedule) - nowMs) / secondMs);
  const factor = chargingRateUnit === "W" ? 1 : wattsPerAmpere;
  const entries = chargingSchedulePeriod.map(({ startPeriod, limit = Number.POSITIVE_INFINITY, operationMode }) => ({
    startS: Math.max(0, startPeriod + shiftS),
    maxW: limit <= 0 || operationMode === "Idle" ? 0 : limit * factor,
  }));
  // What is over already is not said; what runs now begins at 0.
  return entries
    .filter(({ startS }, i) => entries[i + 1]?.startS !== startS)
    .map((entry, i) => (i === 0 ? { ...entry, startS: 0 } : entry));
}

/** Energy that is to be in its battery when it leaves, Wh; NaN where it has not said enough. */
function neededWhOf({ capacityWh, socPct, targetSocPct, targetWh }: VehicleWord): number {
  if (targetSocPct > 0) return (capacityWh * targetSocPct) / 100;
  return (capacityWh * socPct) / 100 + Math.max(0, targetWh);
}

const wholeOr0 = (value: number): number => (Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0);

/** What a vehicle that gives back has said: powers are magnitudes, W; energies Wh. */
function bothWaysOf(word: VehicleWord): NonNullable<ChargingNeeds["v2xChargingParameters"]> {
  const { maxChargeW, maxDischargeW, targetWh, mostWh, leastWh, targetSocPct } = word;
  return {
    maxChargePower: wholeOr0(maxChargeW),
    maxDischargePower: wholeOr0(maxDischargeW),
    ...(targetWh > 0 && { evTargetEnergyRequest: Math.round(targetWh) }),
    ...(Number.isFinite(mostWh) && { evMaxEnergyRequest: Math.round(mostWh) }),
    ...(Number.isFinite(leastWh) && { evMinEnergyRequest: Math.round(leastWh) }),
    ...(targetSocPct > 0 && { targetSoC: Math.min(100, wholeOr0(targetSocPct)) }),
  };
}

function needsOf(word: VehicleWord, connector: Connector, nowMs: number): ChargingNeeds {
  const departure = Number.isFinite(word.departsInMs) && {
    departureTime: new Date(nowMs + word.departsInMs).toISOString(),
  };
  const both = word.bidirectional && word.maxDischargeW > 0 && { v2xChargingParameters: bothWaysOf(word) };
  const controlMode = word.dynamic ? "DynamicControl" : "ScheduledControl";
  if (!isDirect(connector)) {
    return {
      requestedEnergyTransfer: connector === "ac1" ? "AC_single_phase" : "AC_three_phase",
      controlMode,
      ...departure,
      ...both,
    };
  }
  const voltageV = wholeOr0(word.maxVoltageV);
  return {
    requestedEnergyTransfer: "DC",
    controlMode,
    ...departure,
    ...both,
    dcChargingParameters: {
      evMaxVoltage: voltageV,
      evMaxCurrent: voltageV > 0 ? wholeOr0(word.maxChargeW / voltageV) : 0,
      evMaxPower: wholeOr0(word.maxChargeW),
      ...(word.targetWh > 0 && { energyAmount: wholeOr0(word.targetWh) }),
      ...(Number.isFinite(word.socPct) && { stateOfCharge: Math.min(100, wholeOr0(word.socPct)) }),
      ...(word.capacityWh > 0 && { evEnergyCapacity: wholeOr0(word.capacityWh) }),
    },
  };
}
