import { afterEach, expect, test } from "vitest";
import { type Csms, type CsmsOptions, startCsms } from "../../../sim/peers/csms.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { createSystemClock, type SystemClock } from "../../../src/protocols/ocpp/clock.ts";
import { ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import { createOcppStation, type OcppStation } from "../../../src/protocols/ocpp/station.ts";
import { createFakeSite, type FakeSite, token } from "./harness.ts";

let csms: Csms | null = null;
let station: OcppStation | null = null;
let clock: SystemClock | null = null;

afterEach(async () => {
  station?.stop();
  clock?.cancelAll();
  await csms?.close();
  station = csms = clock = null;
});

async function until(what: () => boolean, maxMs = 60_000): Promise<void> {
  for (let waited = 0; !what(); waited += 10) {
    if (waited > maxMs) throw new Error("It did not come to pass.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function connect(
  options: CsmsOptions = {},
  password?: string,
): Promise<{ site: FakeSite; csms: Csms; station: OcppStation }> {
  csms = await startCsms(options);
  clock = createSystemClock();
  const site = createFakeSite(1);
  const config = {
    ...ocppDefaults,
    identity: "depot-1",
    pollMs: 20,
    evses: [
      {
        connectorType: "cCCS2",
        supplyPhases: 3 as const,
        nominalVoltageV: 230,
        maxChargeW: 60_000,
        maxDischargeW: 60_000,
      },
    ],
    network: [{ slot: 1, url: csms.url, securityProfile: 1 as const }],
    variables: { "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1", "OCPPCommCtrlr.RetryBackOffRandomRange": "0" },
    ...(password !== undefined && { basicAuthPassword: password }),
  };
  station = createOcppStation(config, site, openStore({ path: ":memory:" }), clock);
  station.start();
  return { site, csms, station };
}

const received = (peer: Csms, action: string): unknown[] =>
  peer.core.received.filter((message) => message.action === action).map((message) => message.payload);

test("over a real socket, with basic authentication and both sides' schemas, a transaction runs without violation", async () => {
  const {
    site,
    csms: peer,
    station: own,
  } = await connect({ passwords: { "depot-1": "a-password-of-16-chars" } }, "a-password-of-16-chars");
  await until(() => own.status().registration === "accepted");
  site.evses[0]!.connected = true;
  own.factsChanged();
  const presented = await own.presentToken(token(), 1);
  expect(presented.outcome).toBe("started");
  const answer = await peer.call("depot-1", "SetChargingProfile", {
    evseId: 1,
    chargingProfile: {
      id: 1,
      stackLevel: 0,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Absolute",
      chargingSchedule: [
        {
          id: 1,
          startSchedule: "2026-01-01T00:00:00Z",
          chargingRateUnit: "W",
          chargingSchedulePeriod: [{ startPeriod: 0, limit: -6000 }],
        },
      ],
    },
  });
  expect(answer.status).toBe("Accepted");
  expect(site.limits.get(1)).toMatchObject({ minW: -6000, maxW: 0, requestedW: -6000 });
  await peer.call("depot-1", "GetBaseReport", { requestId: 1, reportBase: "FullInventory" });
  await until(() => received(peer, "NotifyReport").length > 2 && peer.core.ledger.report().events >= 2);
  expect(peer.violations).toEqual([]);
});

test("a wrong password is refused and told once as a security event", async () => {
  const { station: own } = await connect({ passwords: { "depot-1": "another-password-16" } }, "a-password-of-16-chars");
  await until(() => own.status().connection === "waiting");
  expect(own.status().registration).toBe("unregistered");
});

test("a cut connection comes back by itself and nothing is lost", async () => {
  const { site, csms: peer, station: own } = await connect();
  await until(() => own.status().registration === "accepted");
  peer.cut("depot-1");
  await until(() => own.status().connection === "waiting");
  site.evses[0]!.connected = true;
  own.factsChanged();
  await until(() => own.status().connection === "open" && own.status().queued === 0);
  await until(() => peer.core.ledger.report().events === 1);
  expect(received(peer, "BootNotification")).toHaveLength(1);
});

test.each([
  ["not JSON at all", "][", '[4,"-1","RpcFrameworkError"'],
  ["not an array", "{}", '[4,"-1","RpcFrameworkError"'],
  ["an unknown message type", '[9,"1",{}]', '[4,"1","MessageTypeNotSupported"'],
  ["an id that is too long", `[2,"${"i".repeat(37)}","Reset",{}]`, `[4,"${"i".repeat(37)}","RpcFrameworkError"`],
  ["an unknown action", '[2,"1","Dance",{}]', '[4,"1","NotImplemented"'],
  ["a missing field", '[2,"2","Reset",{}]', '[4,"2","OccurrenceConstraintViolation"'],
  ["a wrong type", '[2,"3","Reset",{"type":5}]', '[4,"3","TypeConstraintViolation"'],
  ["a value that is not allowed", '[2,"4","Reset",{"type":"Never"}]', '[4,"4","PropertyConstraintViolation"'],
  ["a field that does not exist", '[2,"5","Reset",{"type":"OnIdle","soon":true}]', '[4,"5","FormatViolation"'],
  ["a payload that is no object", '[2,"6","Reset",[]]', '[4,"6","FormatViolation"'],
])("%s gets the right error code", async (_, frame, expected) => {
  const seen: string[] = [];
  const { csms: peer, station: own } = await connect({
    strict: false,
    onMessage: (_id, direction, message) => direction === "in" && seen.push(message),
  });
  await until(() => own.status().registration === "accepted");
  peer.sendRaw("depot-1", frame);
  await until(() => seen.some((message) => message.startsWith(expected)));
});
