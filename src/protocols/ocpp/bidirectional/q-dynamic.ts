/**
 * K28, Q04, Q07: dynamic schedules. The backend gives new values for the one period of a profile, or is asked for them from
 * time to time. A field that is given replaces, one that is absent stays; each update renews the lease of the profile. The
 * whole must obey the rules as a new profile would: what breaks them changes nothing.
 */
import { type Context, info } from "../context.ts";
import type { SmartCharging } from "../smart-charging/k-smart-charging.ts";
import { judgeModes } from "../smart-charging/profile-modes.ts";
import { judgeDischarge, type Refusal, refuse } from "../smart-charging/profile-rules.ts";
import type { Stored } from "../smart-charging/profiles.ts";
import type { ChargingProfile, RequestOf, ResponseOf, ScheduleUpdate } from "../transport/messages.table.ts";

/** New values for dynamic profiles. */
export interface DynamicSchedules {
  update(request: RequestOf<"UpdateDynamicSchedule">): ResponseOf<"UpdateDynamicSchedule">;
  /** Asks the backend for the values that are due. Called often. */
  pull(): void;
}

function merged(profile: ChargingProfile, update: ScheduleUpdate, atIso: string): ChargingProfile {
  const { customData: _, ...amounts } = update;
  const [schedule, ...more] = profile.chargingSchedule;
  const [period] = schedule!.chargingSchedulePeriod;
  return {
    ...profile,
    dynUpdateTime: atIso,
    chargingSchedule: [{ ...schedule!, chargingSchedulePeriod: [{ ...period!, ...amounts }] }, ...more],
  };
}

export function createDynamicSchedules(context: Context, smartCharging: SmartCharging): DynamicSchedules {
  const { session } = context;
  const { profiles } = smartCharging;
  /** When the backend was asked last, by profile, UTC ms. */
  const askedMs = new Map<number, number>();

  function apply(stored: Stored, update: ScheduleUpdate): Refusal | null {
    const profile = merged(stored.profile, update, context.iso());
    const why =
      judgeModes(profile, "2.1", profiles.perPhase(stored.evseId)) ??
      judgeDischarge(profile, context.config, context.port.site);
    if (why) return why;
    const persist = profiles.install({ ...stored, profile });
    smartCharging.emit();
    persist();
    return null;
  }

  const dynamic = (id: number): Stored | null => {
    const stored = profiles.of(id);
    return stored?.profile.chargingProfileKind === "Dynamic" && stored.source === "CSO" ? stored : null;
  };

  async function ask({ profile: { id } }: Stored): Promise<void> {
    try {
      const { status, scheduleUpdate } = await session.call("PullDynamicScheduleUpdate", { chargingProfileId: id });
      const stored = dynamic(id);
      if (status !== "Accepted" || scheduleUpdate === undefined || stored === null) return;
      const why = apply(stored, scheduleUpdate);
      if (why) context.log("warn", `The update of charging profile ${id} cannot be followed: ${why.sentence}`);
    } catch (error) {
      context.log("debug", `The backend did not answer for charging profile ${id}: ${(error as Error).message}`);
    }
  }

  return {
    update({ chargingProfileId, scheduleUpdate }) {
      const stored = dynamic(chargingProfileId);
      const why =
        stored === null
          ? refuse("InvalidProfile", `There is no dynamic profile ${chargingProfileId}.`)
          : apply(stored, scheduleUpdate);
      return why ? { status: "Rejected", statusInfo: info(why.reasonCode, why.sentence) } : { status: "Accepted" };
    },
    pull() {
      if (session.version !== "2.1" || !context.online()) return;
      const nowMs = context.nowMs();
      for (const stored of profiles.inForce()) {
        const { id, dynUpdateInterval = 0, dynUpdateTime = "" } = stored.profile;
        if (!(dynUpdateInterval > 0)) continue;
        const lastMs = Math.max(Date.parse(dynUpdateTime), askedMs.get(id) ?? Number.NEGATIVE_INFINITY);
        if (nowMs >= lastMs && nowMs - lastMs < dynUpdateInterval * 1000) continue;
        askedMs.set(id, nowMs);
        void ask(stored);
      }
      for (const id of askedMs.keys()) if (profiles.of(id) === undefined) askedMs.delete(id);
    },
  };
}
