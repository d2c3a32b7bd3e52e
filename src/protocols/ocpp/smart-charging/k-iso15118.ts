/**
 * K15–K17 and M01, M02, M06: what passes between vehicle and backend through the station. The vehicle's needs go up, up
 * to three schedules come down for it to choose from, its own schedule goes up, and its certificate requests pass
 * through unread as EXI.
 */
import type { Context } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { ChargingSchedule, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import type { Version } from "../transport/versions.ts";
import { priority } from "../transport/waiting.ts";
import type { SmartCharging } from "./k-smart-charging.ts";

/** How long a vehicle can be kept waiting for schedules before it gets what stands (ISO 15118-2 allows 60 s), ms. */
const scheduleWaitMs = 55_000;

/** What a vehicle needs, as it says by ISO 15118. */
export type ChargingNeeds = RequestOf<"NotifyEVChargingNeeds">["chargingNeeds"];

/** Schedules that a vehicle may choose from, and the profile that they come from. */
export interface Offer {
  /** What the vehicle may choose from; a single unlimited-by-backend schedule when none came in time. */
  schedules: readonly ChargingSchedule[];
  profileId: number | null;
}

export interface Iso15118Relay {
  /** Needs of the vehicle at plug-in or renegotiation; resolves with the schedules to offer. */
  negotiate(evseId: number, chargingNeeds: ChargingNeeds, maxScheduleTuples?: number): Promise<Offer>;
  /** The vehicle has chosen and sent its own profile. False: the backend does not accept it. */
  chosen(evseId: number, schedule: ChargingSchedule, profileId: number | null, index: number): Promise<boolean>;
  /** M06: the OCSP answer for a certificate, base64 DER, or null. */
  certificateStatus(data: RequestOf<"GetCertificateStatus">["ocspRequestData"]): Promise<string | null>;
  /** M01, M02: a contract certificate for the vehicle; both sides EXI in base64. */
  contractCertificate(request: RequestOf<"Get15118EVCertificate">): Promise<ResponseOf<"Get15118EVCertificate">>;
  /** A new profile for a negotiating EVSE: offer it, or ask the vehicle to renegotiate (use case K16). */
  onRenegotiate(listener: (evseId: number, offer: Offer) => void): void;
}

/** A vehicle that gives back says so in its transfer: 2.0.1 has no word for it. */
function inWordsOf(version: Version, needs: ChargingNeeds): ChargingNeeds {
  if (version !== "2.1" || needs.v2xChargingParameters === undefined) return needs;
  const requestedEnergyTransfer = needs.requestedEnergyTransfer === "DC" ? "DC_BPT" : "AC_BPT";
  return {
    ...needs,
    requestedEnergyTransfer,
    availableEnergyTransfer: [needs.requestedEnergyTransfer, requestedEnergyTransfer],
  };
}

export function createIso15118Relay(context: Context, smartCharging: SmartCharging): Iso15118Relay {
  const { session, clock } = context;
  const waiting = new Map<number, { settle(offer: Offer): void; cancel: Cancel }>();
  const negotiated = new Set<number>();
  const listeners: ((evseId: number, offer: Offer) => void)[] = [];

  smartCharging.onProfileSet((evseId, profile) => {
    if (profile.chargingProfilePurpose !== "TxProfile") return;
    const offer: Offer = { schedules: profile.chargingSchedule, profileId: profile.id };
    const open = waiting.get(evseId);
    if (open) open.settle(offer);
    else if (negotiated.has(evseId)) for (const listener of listeners) listener(evseId, offer);
  });

  function wait(evseId: number): Promise<Offer> {
    return new Promise((resolve) => {
      waiting.get(evseId)?.settle({ schedules: [], profileId: null });
      const cancel = clock.after(`schedules for EVSE ${evseId}`, scheduleWaitMs, () =>
        settle({ schedules: [], profileId: null }),
      );
      const settle = (offer: Offer): void => {
        cancel();
        waiting.delete(evseId);
        negotiated.add(evseId);
        resolve(offer);
      };
      waiting.set(evseId, { settle, cancel });
    });
  }

  return {
    async negotiate(evseId, chargingNeeds, maxScheduleTuples) {
      const none: Offer = { schedules: [], profileId: null };
      const { maxDischargePower_L2, maxDischargePower_L3 } = chargingNeeds.v2xChargingParameters ?? {};
      smartCharging.profiles.notePhases(evseId, (maxDischargePower_L2 ?? maxDischargePower_L3) !== undefined);
      if (!context.online()) return none;
      const offer = wait(evseId);
      try {
        const { status } = await session.call(
          "NotifyEVChargingNeeds",
          {
            evseId,
            chargingNeeds: inWordsOf(session.version, chargingNeeds),
            ...(maxScheduleTuples !== undefined && { maxScheduleTuples }),
          },
          { priority: priority.person },
        );
        // No schedule will come, so the vehicle gets what stands already.
        if (status !== "Accepted" && status !== "Processing") waiting.get(evseId)?.settle(none);
      } catch (error) {
        context.log("warn", `The backend was not told what a vehicle needs: ${(error as Error).message}`, { evseId });
        waiting.get(evseId)?.settle(none);
      }
      return offer;
    },
    async chosen(evseId, chargingSchedule, profileId, index) {
      if (profileId !== null) {
        smartCharging.profiles.choose(profileId, index);
        smartCharging.emit();
      }
      try {
        const { status } = await session.call("NotifyEVChargingSchedule", {
          timeBase: context.iso(),
          evseId,
          chargingSchedule,
        });
        return status === "Accepted";
      } catch {
        // A backend that does not answer does not object.
        return true;
      }
    },
    async certificateStatus(ocspRequestData) {
      try {
        const { status, ocspResult } = await session.call(
          "GetCertificateStatus",
          { ocspRequestData },
          { priority: priority.person },
        );
        return status === "Accepted" ? (ocspResult ?? null) : null;
      } catch {
        // No answer is no status: the vehicle decides without one.
        return null;
      }
    },
    contractCertificate: (request) => session.call("Get15118EVCertificate", request, { priority: priority.person }),
    onRenegotiate: (listener) => void listeners.push(listener),
  };
}
