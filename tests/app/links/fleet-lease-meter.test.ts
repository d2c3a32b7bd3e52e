/** Energy of leases: what was seen is counted, and what was not seen is no energy. */
import { expect, test } from "vitest";
import type { LeaseEntry } from "../../../src/app/links/fleet/lease-book.ts";
import { createLeaseMeter } from "../../../src/app/links/fleet/lease-meter.ts";
import { createPowerTeller } from "../../../src/app/links/fleet/power-teller.ts";
import type { ShownSite } from "../../../src/app/links/fleet/told.ts";
import { powerSchema } from "../../../src/protocols/fleet/payloads.ts";

const entry = (change: object = {}, state: LeaseEntry["state"] = "running"): LeaseEntry => ({
  lease: {
    ...{ id: "L1", kind: "power", evse: 0, valueW: -3_600, fromMs: 0, untilMs: 1e9, cause: "c", issuedBy: "d" },
    ...change,
  } as LeaseEntry["lease"],
  state,
});

/** An hour of looks each second, at powers by the second; what its lease then comes to. */
function metered(powerW: (s: number) => number | null, lease = entry(), stepS = 1): number | null {
  const meter = createLeaseMeter();
  for (let s = 0; s <= 3_600; s += stepS) meter.look([lease], powerW(s), s * 1_000);
  return meter.take("L1");
}

test.each<[string, number | null, number | null]>([
  ["an hour at −3.6 kW", metered(() => -3_600), -3_600],
  ["half of it charging again", metered((s) => (s > 1_800 ? 3_600 : -3_600)), 0],
  ["its power was not known for a minute of it", metered((s) => (s > 60 && s <= 120 ? null : -3_600)), -3_540],
  ["its power was not known for ten minutes of it → nobody knows", metered((s) => (s < 600 ? null : -3_600)), null],
  ["the controller looked each ten seconds only → nobody knows", metered(() => -3_600, entry(), 10), null],
  ["a lease of one charger is not metered", metered(() => -3_600, entry({ evse: 1 })), null],
  ["a limit is not metered", metered(() => -3_600, entry({ kind: "cap-charge" })), null],
  ["one that has not begun is not metered", metered(() => -3_600, entry({}, "accepted")), null],
])("%s", (_, found, expected) => {
  if (expected === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(expected, -1);
});

test("powers are told each five seconds while a lease for power stands, and not without", () => {
  const told: string[] = [];
  const carrier = { connected: true, publish: (subject: string, text: string) => void told.push(`${subject} ${text}`) };
  const tell = createPowerTeller("depot-1", carrier);
  const shown = { atMs: 5, chargersW: -1_000 } as ShownSite;
  for (let nowMs = 1_000; nowMs <= 11_000; nowMs += 250) tell(shown, [entry()], nowMs);
  expect(told).toHaveLength(3);
  const [subject, text] = told[0]!.split(" ");
  expect(subject).toBe("islet.v1.depot-1.power");
  expect(powerSchema.parse(JSON.parse(text!))).toMatchObject({ site: "depot-1", chargersW: -1_000 });
  tell(shown, [entry({ kind: "stop" })], 60_000);
  tell(shown, [], 60_000);
  expect(told).toHaveLength(3);
});
