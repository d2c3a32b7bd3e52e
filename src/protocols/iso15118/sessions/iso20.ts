/**
 * ISO 15118-20 on the charger's side: AC and DC in one and in both directions, dynamic and scheduled control, paid outside the
 * vehicle or by its contract.
 */
import { startAc } from "./ac.ts";
import { isDirect, type ScheduleEntry } from "./contract.ts";
import { startPower, stopPower } from "./dc.ts";
import { acRows } from "./iso20/ac.ts";
import type { Body, Iso20Rows } from "./iso20/bodies.ts";
import { paymentRows } from "./iso20/contract.ts";
import { dcRows } from "./iso20/dc.ts";
import { negotiation } from "./iso20/services.ts";
import { choose } from "./schedules.ts";
import { type Protocol, withCode } from "./session.ts";
import { iso20States } from "./states.table.ts";
import { contactorAnswerMaxMs, iso20Silence } from "./times.ts";
import { rationalOf } from "./wire-values.ts";

const choiceErrors = {
  unknown: "FAILED_ScheduleSelectionInvalid",
  beyond: "FAILED_EVPowerProfileViolation",
} as const;

/** The vehicle's own profile; what it would give back is no part of it. */
function profileOf({
  EVPowerProfileEntries,
}: NonNullable<Body<"PowerDeliveryReq">["EVPowerProfile"]>): ScheduleEntry[] {
  let startS = 0;
  return EVPowerProfileEntries.EVPowerProfileEntry.map(({ Duration, Power }) => {
    const entry = { startS, maxW: rationalOf(Power) };
    startS += Duration;
    return entry;
  });
}

const session: Iso20Rows<"SessionSetup" | "PowerDelivery" | "SessionStop"> = {
  SessionSetup: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEID: facts.evseId }),
    serve(context, { EVCCID }) {
      context.vehicle.id = EVCCID;
      // A vehicle without a certificate is known by its identifier alone.
      if (context.joined && EVCCID !== context.paused?.vehicleId) context.joined = false;
      return { ResponseCode: context.joined ? "OK_OldSessionJoined" : "OK_NewSessionEstablished" };
    },
  },
  PowerDelivery: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(context, { ChargeProgress, EVProcessing, EVPowerProfile }) {
      if (ChargeProgress === "Standby") return { ResponseCode: "WARNING_StandbyNotAllowed" };
      if (ChargeProgress === "Stop") return withCode(stopPower(context));
      if (ChargeProgress === "ScheduleRenegotiation" || EVProcessing !== "Finished") return {};
      const chosen = EVPowerProfile?.Scheduled_EVPPTControlMode?.SelectedScheduleTupleID;
      const wrong =
        context.choice.dynamic || chosen === undefined ? "" : choose(context, chosen, profileOf(EVPowerProfile!));
      if (wrong !== "") return { ResponseCode: choiceErrors[wrong] };
      return withCode(isDirect(context.facts.connector) ? startPower(context) : startAc(context, contactorAnswerMaxMs));
    },
  },
  SessionStop: {
    blank: () => ({ ResponseCode: "OK" }),
    serve: ({ state }, { ChargingSession }) =>
      ChargingSession === "Terminate" || state === "stopped" || state === "stoppedAc"
        ? {}
        : { ResponseCode: "FAILED_PauseNotAllowed" },
  },
};

/** The protocol as `createSession` drives it. */
export const iso20Protocol: Protocol = {
  name: "ISO 15118-20",
  states: iso20States,
  requests: { ...session, ...paymentRows, ...negotiation, ...dcRows, ...acRows } as unknown as Protocol["requests"],
  times: iso20Silence,
  loops: ["loop", "loopAc"],
  isProcessing(_, request, answer) {
    // The vehicle's own processing counts where the field is its own.
    const own = request["EVProcessing"];
    return own === undefined ? String(answer["EVSEProcessing"] ?? "Finished") !== "Finished" : own !== "Finished";
  },
  powerOf(name, request) {
    if (name !== "PowerDelivery") return "";
    const progress = request["ChargeProgress"];
    return progress === "Start" ? "+" : progress === "ScheduleRenegotiation" ? "~" : "-";
  },
};
