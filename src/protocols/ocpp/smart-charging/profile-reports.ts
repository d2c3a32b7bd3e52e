/** Answers to GetChargingProfiles, and the reports that follow them. */
import type { Context } from "../context.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";
import type { Profiles, Stored } from "./profiles.ts";

/** Profiles in one ReportChargingProfiles. */
const reportItems = 10;
/** Reports of the profiles that are kept. */
export interface ProfileReports {
  answer(request: RequestOf<"GetChargingProfiles">): ResponseOf<"GetChargingProfiles">;
}

/** Whether 2.0.1 has the words for a profile that came on a connection of 2.1. */
const isSayable = ({ profile }: Stored): boolean =>
  profile.chargingProfileKind !== "Dynamic" &&
  profile.chargingProfilePurpose !== "PriorityCharging" &&
  profile.chargingSchedule.every(({ chargingSchedulePeriod }) =>
    chargingSchedulePeriod.every(({ limit }) => limit !== undefined),
  );

/** Reports of `profiles`, sent after the answer. */
export function createProfileReports(context: Context, profiles: Profiles): ProfileReports {
  function report({
    requestId,
    evseId,
    chargingProfile: wanted,
  }: RequestOf<"GetChargingProfiles">): ResponseOf<"GetChargingProfiles"> {
    profiles.expire();
    const chosen = profiles
      .all()
      .filter(
        (stored) =>
          (context.session.version === "2.1" || isSayable(stored)) &&
          (evseId === undefined || stored.evseId === evseId) &&
          (!wanted.chargingProfileId || wanted.chargingProfileId.includes(stored.profile.id)) &&
          (!wanted.chargingProfilePurpose || wanted.chargingProfilePurpose === stored.profile.chargingProfilePurpose) &&
          (wanted.stackLevel === undefined || wanted.stackLevel === stored.profile.stackLevel) &&
          (!wanted.chargingLimitSource || wanted.chargingLimitSource.includes(stored.source)),
      );
    if (chosen.length === 0) return { status: "NoProfiles" };
    context.afterAnswer("charging profiles", () => sendReport(requestId, chosen));
    return { status: "Accepted" };
  }

  /** One message carries the profiles of one EVSE and one source. */
  function sendReport(requestId: number, chosen: readonly Stored[]): void {
    const groups = Map.groupBy(chosen, (stored) => `${stored.evseId}|${stored.source}`);
    const parts = [...groups.values()].flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / reportItems) }, (_, i) =>
        group.slice(i * reportItems, (i + 1) * reportItems),
      ),
    );
    parts.forEach((part, index) => {
      const [first, ...rest] = part;
      if (!first) return;
      context.session.tell(
        "ReportChargingProfiles",
        {
          requestId,
          evseId: first.evseId,
          chargingLimitSource: first.source,
          tbc: index < parts.length - 1,
          chargingProfile: [first.profile, ...rest.map((stored) => stored.profile)],
        },
        { priority: priority.report },
      );
    });
  }

  return { answer: report };
}
