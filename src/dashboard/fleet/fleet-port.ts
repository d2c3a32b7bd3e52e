/** What the API of vehicles and timetables asks of the controller; `station-fleet.ts` answers from the station. */
import type { z } from "zod";
import type { Result } from "../../domain/result.ts";
import type { PlanAnswer, ReadinessAnswer, TryAnswer, tryBody, WhyAnswer } from "./plan-api.ts";
import type {
  assignBody,
  PreviewAnswer,
  previewBody,
  TimetableAnswer,
  takeBody,
  timetableBody,
  VehiclesAnswer,
  vehiclesBody,
} from "./vehicles-api.ts";

/** The same, as lists that nobody changes. */
type Deep<T> = T extends readonly (infer E)[]
  ? readonly Deep<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T;

/** Why something was refused; `stale`: somebody has changed it since it was read. */
export interface FleetRefusal {
  readonly stale: boolean;
  readonly sentence: string;
}
/** A sentence of what was done. */
export type FleetResult = Result<string, FleetRefusal>;

/** Who asks, as far as it is written down. */
export interface Asking {
  readonly name: string;
}

export interface FleetPort {
  vehicles(): VehiclesAnswer;
  timetable(fromMs: number, untilMs: number): TimetableAnswer;
  changeVehicles(body: z.output<typeof vehiclesBody>, person: Asking): FleetResult;
  changeTimetable(body: z.output<typeof timetableBody>, person: Asking): FleetResult;
  assign(body: z.output<typeof assignBody>, person: Asking): FleetResult;
  preview(body: z.output<typeof previewBody>): Result<Deep<PreviewAnswer>, FleetRefusal>;
  plan(): Deep<PlanAnswer>;
  readiness(): Deep<ReadinessAnswer>;
  tryPlan(body: z.output<typeof tryBody>): Promise<Result<Deep<TryAnswer>, FleetRefusal>>;
  /** Why a charger does at a moment what the plan has it do. */
  why(evse: number, atMs: number): Promise<Result<Deep<WhyAnswer>, FleetRefusal>>;
  take(body: z.output<typeof takeBody>, person: Asking): FleetResult;
}
