/** What a session waits for just now, in words for people: who has to do something, and what. Empty while energy may flow freely. */
import type { ChargerFacts } from "../../protocols/iso15118/sessions/contract.ts";
import type { Session } from "../../protocols/iso15118/sessions/session.ts";

/** A vehicle that has been silent for longer is waited for, ms: twice the slowest rounds that were recorded. */
const silentMs = 1_000;

const asked: Readonly<Record<Exclude<ChargerFacts["wants"], "charge">, string>> = {
  stop: "the vehicle to stop, as it was asked to",
  pause: "the vehicle to pause, as it was asked to",
  renegotiate: "the vehicle to negotiate its schedule again",
};

const negotiates = "the vehicle, which chooses what it is offered";

/** By state of the protocols' tables (`states.table.ts`). */
const negotiating: Readonly<Record<string, string>> = {
  setup: "the vehicle to say who it is",
  discovery: negotiates,
  services: negotiates,
  selection: negotiates,
  authorizationSetup: negotiates,
  details: "the vehicle to show its contract",
};

type Waiting = Pick<Session, "state" | "order" | "loop" | "vehicle">;

export function waitsFor({ state, order, loop, vehicle }: Waiting, facts: ChargerFacts, nowMs: number): string {
  if (facts.trouble !== "")
    return facts.trouble === "emergency" ? "the emergency to end" : "the power stage to recover";
  const heardMsAgo = nowMs - loop.heardAtMs;
  if (heardMsAgo > silentMs) return `the vehicle's next message, for ${Math.floor(heardMsAgo / 1000)} s`;
  if (negotiating[state] !== undefined) return negotiating[state];
  if (state === "payment" || state === "authorization") return payment(vehicle.emaid, facts);
  if (order.phase === "cableCheck") return insulation(facts);
  if (order.phase === "precharge") return voltage(order.voltageV, facts.presentVoltageV);
  if (order.phase === "stopped") return "the vehicle to end its session";
  if (order.phase === "energy" && !facts.contactorsClosed) return "the contactors to close";
  if (loop.isIn) return facts.wants === "charge" ? flow(order.currentA, facts) : asked[facts.wants];
  if (facts.scheduleAwaited && vehicle.needsAtMs > 0) return "the backend's schedules for this vehicle";
  return "the vehicle to be ready for energy";
}

function payment(emaid: string, { authorization }: ChargerFacts): string {
  if (authorization === "rejected") return "another card: the one that was shown is refused";
  if (authorization === "accepted") return "the vehicle to go on";
  return emaid === "" ? "somebody to pay, by a card or the backend" : `the backend's word on the contract ${emaid}`;
}

const insulation = ({ insulation: state }: ChargerFacts): string =>
  state === "fault"
    ? "the cable to be looked at: its insulation test has failed"
    : state === "valid"
      ? "the vehicle to go on to the precharge"
      : "the insulation test of cable and inlet";

const voltage = (targetV: number, presentV: number): string =>
  `the precharge, at ${Math.round(presentV)} of ${Math.round(targetV)} V`;

/** In the loop: what would flow is not wanted or not allowed by one of the two. */
function flow(currentA: number, { maxW, minW, setpointW }: ChargerFacts): string {
  if (maxW === 0 && minW === 0) return "power that the site may give";
  if (setpointW === 0) return "a request for power";
  return currentA === 0 ? "the vehicle, which asks for no current" : "";
}
