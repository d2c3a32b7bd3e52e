/** Each habit of the simulated vehicle against the charger's connections, in virtual time: how its session ends, and what is left. */
import { expect, test } from "vitest";
import { begun, habitOf, habits } from "../../sim/peers/vehicle/habits.table.ts";
import { usualBattery, type VehicleProtocol } from "../../sim/peers/vehicle/steps.ts";
import { createVirtualCharger, VirtualVehicle } from "../../sim/peers/vehicle/virtual-vehicle.ts";
import type { Session } from "../../src/protocols/iso15118/sessions/session.ts";
import { chargerFacts, obey } from "../protocols/iso15118/sessions/charger.ts";

const stepMs = 20;
/** Longer than any silence that ends a session, ms. */
const longMs = 120_000;

function play(habit: string, protocol: VehicleProtocol) {
  let nowMs = 0;
  let last: Session | undefined;
  let why = "";
  let mostA = 0;
  const facts = chargerFacts({ setpointW: 10_000, minW: -60_000 });
  const charger = createVirtualCharger({
    iso20Plain: true,
    facts,
    now: () => nowMs,
    onSession(session) {
      last = session;
      obey(facts, session.order);
      if (session.loop.isIn) mostA = Math.max(mostA, facts.presentCurrentA);
    },
    onEnd(reason) {
      why ||= reason;
    },
  });
  const vehicle = new VirtualVehicle(
    charger,
    {
      protocol,
      bidirectional: protocol === "ISO 15118-20",
      voltageV: 400,
      rounds: begun + 5,
      currentA: 60,
      unixS: () => 1_780_000_000 + nowMs / 1_000,
      battery: usualBattery,
      habit: habitOf(habit),
      onPilot(state) {
        facts.pilot = state === "" ? "C" : state;
      },
    },
    nowMs,
  );
  while (vehicle.result === undefined && nowMs < longMs) {
    nowMs += stepMs;
    vehicle.tick(nowMs);
    charger.tick();
  }
  return {
    result: vehicle.result,
    end: last?.end,
    order: last?.order,
    closed: facts.contactorsClosed,
    why,
    mostA,
    last,
  };
}

const three = ["DIN SPEC 70121", "ISO 15118-2", "ISO 15118-20"] as const;
const [din, iso2, iso20] = three;

/** [habit, protocols, how the charger's session ends, what is told of it]. */
type Row = readonly [habit: string, protocols: readonly VehicleProtocol[], end: string, why: RegExp];
const rows: readonly Row[] = [
  ["silent", three, "silent", /no request for \d+ s in loop/],
  ["late", [iso20], "stopped", /^/],
  ["pieces", three, "stopped", /^/],
  ["half-frame", three, "silent", /no request for/],
  ["oversized", three, "failed", /2000000 bytes|longer|too long|frame/],
  ["garbage", three, "failed", /can't be read/],
  ["flood", three, "failed", /vehicle closed the connection/],
  ["wrong-session", three, "failed", /FAILED_UnknownSession/],
  ["out-of-order", three, "failed", /FAILED_SequenceError/],
  ["greedy", three, "stopped", /^/],
  ["negative-discharge", [iso20], "stopped", /^/],
  ["absurd-exponent", [iso20], "stopped", /^/],
  ["clock-goes-back", three, "stopped", /^/],
  ["full-window", [iso20], "stopped", /^/],
  ["leaves-in-precharge", three, "stopped", /^/],
  ["leaves-in-loop", three, "stopped", /^/],
  ["gives-up-early", three, "stopped", /^/],
  ["never-precharged", [iso20], "stopped", /^/],
  ["trusting", [din, iso2], "stopped", /^/],
  ["skips-welding", three, "stopped", /^/],
  ["reports-fault", [din, iso2], "stopped", /^/],
  ["asks-standby", [iso20], "stopped", /^/],
  ["renegotiates", [iso2, iso20], "stopped", /^/],
  ["picky", [iso20], "stopped", /^/],
  ["boasts", three, "stopped", /^/],
  ["many-protocols", three, "stopped", /^/],
  ["asks-for-meter", [iso20], "stopped", /^/],
  ["pilot-leaves", three, "trouble", /control pilot is in B/],
];

test.each(rows.flatMap(([habit, protocols, ...rest]) => protocols.map((one) => [habit, one, ...rest] as const)))(
  "%s, %s: the session ends as %s, nothing flows and contactors are open",
  (habit, protocol, end, why) => {
    const played = play(habit, protocol);
    expect(played.end).toBe(end);
    expect(played.why).toMatch(why);
    // What the vehicle asks for, or the site where it decides, and never more.
    expect(played.mostA).toBeLessThanOrEqual(60);
    expect([played.order?.phase, played.order?.currentA, played.closed]).toEqual(["idle", 0, false]);
  },
);

test("a vehicle that reports a fault of its own gets no more current, and stays in its session until it leaves", () => {
  const { result } = play("reports-fault", "DIN SPEC 70121");
  expect(result).toMatchObject({ complete: true, trouble: "" });
  const { lastLoop } = result!;
  expect(lastLoop!["EVSEPresentCurrent"]).toMatchObject({ Value: 0 });
});

test("every habit that is about one session has its row", () => {
  const longer = ["stays-when-asked", "deep-sleeper", "never-wakes", "never-ready"];
  expect([...rows.map(([name]) => name), ...longer].sort()).toEqual(habits.map(({ name }) => name).sort());
});
