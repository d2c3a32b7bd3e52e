import { expect, test } from "vitest";
import { startCsms } from "../../../sim/peers/csms.ts";
import { expectedAnswer, fuzzFrame, isShared } from "../../../sim/peers/csms-fuzz.ts";
import { createVirtualClock } from "../../../sim/peers/virtual-clock.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { createSystemClock } from "../../../src/protocols/ocpp/clock.ts";
import { ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import { createOcppStation } from "../../../src/protocols/ocpp/station.ts";
import { createFakeSite } from "./harness.ts";

test("3,000 broken frames: each is answered as it must be, nothing changes, the station goes on", async () => {
  const answers: [string, string][] = [];
  const csms = await startCsms({
    strict: false,
    onMessage(_, direction, message) {
      if (direction === "in" && message.startsWith("[4"))
        answers.push((JSON.parse(message) as string[]).slice(1, 3) as [string, string]);
      else if (direction === "in" && message.startsWith("[3"))
        answers.push([(JSON.parse(message) as string[])[1]!, "result"]);
    },
  });
  const clock = createSystemClock();
  const store = openStore({ path: ":memory:" });
  const station = createOcppStation(
    {
      ...ocppDefaults,
      identity: "fuzzed",
      evses: [
        { connectorType: "cCCS2", supplyPhases: 3, nominalVoltageV: 230, maxChargeW: 60_000, maxDischargeW: 60_000 },
      ],
      network: [{ slot: 1, url: csms.url, securityProfile: 1 }],
    },
    createFakeSite(1),
    store,
    clock,
  );
  station.start();
  const until = async (what: () => boolean): Promise<void> => {
    for (let i = 0; !what(); i++) {
      if (i > 6000) throw new Error("It did not come to pass.");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await until(() => station.status().registration === "accepted" && store.queued() === 0);
  const before = store.entries("variable");
  answers.length = 0;
  const random = createVirtualClock(0, 1234).random;
  const expected: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const frame = fuzzFrame(random, i);
    // What would really reset or change something is left to the blocks' own tests.
    if (frame.includes('"Reset"') && frame.includes("OnIdle")) continue;
    const answer = expectedAnswer(frame);
    if (answer !== "none") expected.push(answer);
    csms.sendRaw("fuzzed", frame);
  }
  await until(() => answers.length >= expected.length);
  const given = answers.map(([id, code]) => (isShared(id) && code === "NotImplemented" ? "any" : code));
  expect(given.filter((code) => code === "InternalError")).toEqual([]);
  const count = (codes: string[], code: string): number => codes.filter((one) => one === code).length;
  for (const code of ["MessageTypeNotSupported", "NotImplemented"])
    expect([code, count(given, code)]).toEqual([code, count(expected, code)]);
  expect(count(given, "RpcFrameworkError")).toBeGreaterThanOrEqual(count(expected, "RpcFrameworkError"));
  expect(answers).toHaveLength(expected.length);
  expect(store.entries("variable")).toEqual(before);
  expect(csms.connected()).toEqual(["fuzzed"]);
  station.stop();
  clock.cancelAll();
  await csms.close();
});
