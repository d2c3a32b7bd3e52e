/** What people read of a session that waits: who has to do something. */
import { expect, test } from "vitest";
import { createPlaceFacts } from "../../src/app/vehicle-sessions/charger-facts.ts";
import { waitsFor } from "../../src/app/vehicle-sessions/waits.ts";
import { noVehicle } from "../../src/protocols/iso15118/sessions/contract.ts";

const nowMs = 10_000;
const ratings = {
  evseId: "DE*ISL*E1",
  connector: "dc",
  maxChargeW: 60_000,
  maxDischargeW: 0,
  nominalV: 230,
  nominalHz: 50,
} as const;
const free = { ...createPlaceFacts(ratings), contactorsClosed: true, maxW: 60_000, setpointW: 20_000 };
const choice = { serviceId: 2, bidirectional: false, dynamic: false };
const idle = { phase: "idle", voltageV: 0, currentA: 0 } as const;
const energy = { phase: "energy", voltageV: 400, currentA: 50 } as const;
const at = (state: string, more: object = {}, loop: object = {}) => ({
  state,
  order: idle,
  loop: { isIn: false, silentMs: 500, heardAtMs: nowMs - 100, choice, ...loop },
  vehicle: noVehicle(),
  ...more,
});
const flows = at("loop", { order: energy }, { isIn: true });

type Row = [string, ReturnType<typeof at>, Partial<typeof free>, RegExp];
test.each<Row>([
  ["nobody has paid", at("authorization"), {}, /^somebody to pay/],
  ["a card was refused", at("authorization"), { authorization: "rejected" }, /^another card/],
  ["a contract is asked for", at("authorization", { vehicle: { ...noVehicle(), emaid: "DE1" } }), {}, /contract DE1$/],
  [
    "schedules are awaited",
    at("schedule", { vehicle: { ...noVehicle(), needsAtMs: 1 } }),
    { scheduleAwaited: true },
    /^the backend's schedules/,
  ],
  ["it negotiates", at("services"), {}, /^the vehicle, which chooses/],
  [
    "the insulation is tested",
    at("cableCheck", { order: { ...idle, phase: "cableCheck" } }),
    { insulation: "testing" },
    /^the insulation test/,
  ],
  [
    "the insulation test fails",
    at("cableCheck", { order: { ...idle, phase: "cableCheck" } }),
    { insulation: "fault" },
    /^the cable to be looked at/,
  ],
  [
    "precharge",
    at("precharging", { order: { phase: "precharge", voltageV: 400, currentA: 2 } }),
    { presentVoltageV: 379.6 },
    /^the precharge, at 380 of 400 V$/,
  ],
  ["contactors", flows, { contactorsClosed: false }, /^the contactors to close$/],
  ["energy flows", flows, {}, /^$/],
  ["nothing is allowed", flows, { maxW: 0 }, /^power that the site may give$/],
  ["nothing is requested", flows, { setpointW: 0 }, /^a request for power$/],
  [
    "the vehicle asks for nothing",
    at("loop", { order: { ...energy, currentA: 0 } }, { isIn: true }),
    {},
    /^the vehicle, which asks/,
  ],
  ["it was asked to pause", flows, { wants: "pause" }, /^the vehicle to pause/],
  [
    "it is silent",
    at("loop", { order: energy }, { isIn: true, heardAtMs: nowMs - 3_400 }),
    {},
    /^the vehicle's next message, for 3 s$/,
  ],
  [
    "welding detection",
    at("stopped", { order: { ...idle, phase: "stopped" } }),
    {},
    /^the vehicle to end its session$/,
  ],
  ["the power stage is faulted", flows, { trouble: "fault" }, /^the power stage to recover$/],
])("%s", (_, session, facts, sentence) => expect(waitsFor(session, { ...free, ...facts }, nowMs)).toMatch(sentence));
