/** Answers to GetCompositeSchedule: judged, then computed in steps that leave room for other work. */
import { type Context, info } from "../context.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { createComposer } from "./composer.ts";
import { type CompositeSchedule, compositeSteps, type ScheduleContext, stationSteps } from "./composite.ts";
import type { Profiles } from "./profiles.ts";

/** Longest composite schedule that is computed, s. */
const durationMaxS = 32 * 24 * 3600;
type Answer = ResponseOf<"GetCompositeSchedule">;

/** Composite schedules on request. */
export interface CompositeAnswers {
  answer(request: RequestOf<"GetCompositeSchedule">): Answer | Promise<Answer>;
}

/** Answers from `profiles`, at EVSEs as `scheduleContext` sees them. */
export function createCompositeAnswers(
  context: Context,
  profiles: Profiles,
  scheduleContext: (evseId: number) => ScheduleContext,
): CompositeAnswers {
  const { config, clock } = context;
  const composer = createComposer(clock);

  function composite(request: RequestOf<"GetCompositeSchedule">): Answer | Promise<Answer> {
    const { evseId, duration, chargingRateUnit = "W" } = request;
    const refuse = (reasonCode: string, sentence: string): Answer => ({
      status: "Rejected",
      statusInfo: info(reasonCode, sentence),
    });
    if (evseId < 0 || evseId > config.evses.length) return refuse("UnknownEvse", `There is no EVSE ${evseId}.`);
    if (!(duration > 0)) return refuse("InvalidValue", "The duration must be positive.");
    const startMs = Math.floor(context.nowMs() / 1000) * 1000;
    const of = [profiles.inForce(), startMs, Math.min(duration, durationMaxS), chargingRateUnit] as const;
    const steps =
      evseId === 0
        ? stationSteps(
            ...of,
            config.evses.map((_, index) => scheduleContext(index + 1)),
          )
        : compositeSteps(...of, scheduleContext(evseId), context.session.version);
    const answer = ({ periods, durationS }: CompositeSchedule): Answer => {
      const [first, ...rest] = periods;
      return {
        status: "Accepted",
        schedule: {
          evseId,
          duration: durationS,
          scheduleStart: context.iso(startMs),
          chargingRateUnit,
          chargingSchedulePeriod: [first!, ...rest],
        },
      };
    };
    const composed = composer.compose(steps);
    if (composed === null) return refuse("Busy", "Too many schedules are being computed.");
    return composed instanceof Promise ? composed.then(answer) : answer(composed);
  }

  return { answer: composite };
}
