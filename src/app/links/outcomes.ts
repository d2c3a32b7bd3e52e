/**
 * What has become of the requests that EVSEs follow: what they are given, and which limit or whose word stands in the way, as the
 * core's explanation says. Told to the link once it has lasted, so that a ramp is no news.
 */
import { explain } from "../../core/setpoints/limits.ts";
import { requestSources } from "../../core/setpoints/schedule.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Notice } from "./link-port.ts";
import type { RefusalKey } from "./refusals.ts";
import { refusalOf } from "./refusals.ts";
import type { Request } from "./requests.ts";

export interface Outcome {
  readonly event: Extract<Notice["event"], "in-force" | "limited" | "waiting">;
  readonly givenW: number;
  readonly reason: RefusalKey | "";
}

/** Less than this beside what was asked for is no limit worth telling, W. */
const nearW = 50;
/** A reason that has not stood for so long is not told, ms. */
const settledMs = 1_000;

/** Limits on the way to where a request leads: no news for the asker. */
const passing = new Set(["ramp", "enter-service-ramp"]);

/** How an EVSE that is to follow a request does. */
export function outcomeOf(report: ControlReport, evse: number, powerW: number): Outcome {
  const { limits, requestSource, setpointW } = explain(report.chains, evse - 1);
  const stage = report.stages[evse - 1]!;
  if (!stage.vehicleConnected) return { event: "waiting", givenW: 0, reason: "no-vehicle" };
  const source = requestSources[requestSource];
  if (source === "departure") return { event: "waiting", givenW: setpointW, reason: "departure" };
  if (source === "operator") return { event: "waiting", givenW: setpointW, reason: "charge-now" };
  if (Math.abs(setpointW - powerW) <= nearW) return { event: "in-force", givenW: setpointW, reason: "" };
  const binding = limits.filter(({ binds, reason }) => binds && !passing.has(reason)).at(-1);
  return binding === undefined
    ? { event: "in-force", givenW: setpointW, reason: "" }
    : { event: "limited", givenW: setpointW, reason: binding.reason };
}

export interface Outcomes {
  /** Looks at what each EVSE does; returns what is new and has lasted, with whose request it is. */
  look(report: ControlReport, heeded: (evse: number) => Request | null, nowMs: number): readonly [Request, Notice][];
}

export function createOutcomes(evseCount: number, powerOf: (evse: number) => number): Outcomes {
  const seen = Array.from({ length: evseCount }, () => ({ key: "", sinceMs: 0, told: "" }));
  return {
    look(report, heeded, nowMs) {
      const news: [Request, Notice][] = [];
      seen.forEach((one, i) => {
        const request = heeded(i + 1);
        if (request === null) {
          one.key = one.told = "";
          return;
        }
        const { event, givenW, reason } = outcomeOf(report, i + 1, powerOf(i + 1));
        const key = `${request.link}/${request.askerId}/${request.evse}/${event}/${reason}`;
        if (key !== one.key) Object.assign(one, { key, sinceMs: nowMs });
        if (key === one.told || nowMs - one.sinceMs < settledMs) return;
        one.told = key;
        const { sentence, todo } =
          reason === "" ? { sentence: "The charger follows the request.", todo: "" } : refusalOf(reason);
        news.push([
          request,
          { askerId: request.askerId, what: "powerW", evse: i + 1, event, givenW, reason, sentence, todo },
        ]);
      });
      return news;
    },
  };
}
