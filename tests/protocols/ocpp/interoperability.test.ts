/** What stations of this kind are expected to do beyond the certification list: found by running an outside suite. */
import { expect, test } from "vitest";
import { hashData } from "../../../src/protocols/ocpp/security/certificates.ts";
import { createHarness, startMs, token } from "./harness.ts";
import { issue } from "./test-ca.ts";

/** Far from UTC, so that a time that is read in this machine's zone shows. */
process.env["TZ"] = "Asia/Tokyo";

test.each([
  ["without an offset", "2026-06-15T12:00:07.25", "accepted"],
  ["with an offset", "2026-06-15T14:00:07.25+02:00", "accepted"],
  ["that is none", "yesterday", "unregistered"],
])("a backend's clock %s: UTC is meant, and the boot is %s", async (_, currentTime, registration) => {
  const h = await createHarness({ started: false, variables: { "ClockCtrlr.TimeSource": "Heartbeat" } });
  h.core.answers.BootNotification = () => ({ status: "Accepted", currentTime, interval: 300 });
  h.station.start();
  await h.run(1_000);
  expect(h.station.status().registration).toBe(registration);
  if (registration !== "accepted") return;
  await h.plug(1);
  await h.present(token(), 1);
  // Asked at the virtual start, when the backend's clock was 7.25 s ahead.
  const aheadMs = Date.parse(h.events()[0]!.timestamp) - h.clock.wallMs();
  expect(Math.abs(aheadMs - 7_250)).toBeLessThan(1_000);
  expect(h.clock.wallMs()).toBeGreaterThan(startMs);
});

test.each(["Active", "Available", "Enabled"] as const)(
  "a custom report of what is %s has components without that variable, and none where it is false",
  async (criterion) => {
    const h = await createHarness({ variables: { "MonitoringCtrlr.Enabled": "false" } });
    await h.call("GetReport", { requestId: 1, componentCriteria: [criterion] });
    await h.run(2_000);
    const names = new Set(
      h
        .sent("NotifyReport")
        .flatMap((report) => report.reportData ?? [])
        .map(({ component }) => component.name),
    );
    expect(names.has("TxCtrlr")).toBe(true);
    expect(names.has("MonitoringCtrlr")).toBe(criterion !== "Enabled");
  },
);

test("a custom report of problems names the station and the EVSE that has one", async () => {
  const h = await createHarness();
  h.site.evses[1]!.faulted = true;
  await h.run(1_000);
  await h.call("GetReport", { requestId: 1, componentCriteria: ["Problem"] });
  await h.run(2_000);
  const reported = h.sent("NotifyReport").flatMap((report) => report.reportData ?? []);
  const components = new Set(reported.map(({ component: { name, evse } }) => `${name} ${evse?.id ?? 0}`));
  expect([...components].sort()).toEqual(["ChargingStation 0", "EVSE 2"]);
});

const inTenMinutes = new Date(startMs + 600_000).toISOString();
const reservation = { id: 7, expiryDateTime: inTenMinutes, idToken: token("HOLDER"), groupIdToken: token("FLEET") };

test.each([
  ["of the reservation's group", "FLEET", true],
  ["of another group", "OTHERS", false],
])("a remote start for a token %s at a reserved EVSE", async (_, group, starts) => {
  const h = await createHarness({ variables: { "AuthCtrlr.AuthorizeRemoteStart": "true" } });
  h.core.answers.Authorize = () => ({ idTokenInfo: { status: "Accepted", groupIdToken: token(group) } });
  await h.call("ReserveNow", { ...reservation, evseId: 1 });
  await h.plug(1);
  const answer = await h.call("RequestStartTransaction", { idToken: token("MEMBER"), remoteStartId: 3, evseId: 1 });
  // Which group a token belongs to is only known when the backend has been asked.
  expect(answer.status).toBe("Accepted");
  await h.run(2_000);
  expect(h.site.allowed[0]).toBe(starts);
  expect(h.events().some((event) => event.reservationId === 7)).toBe(starts);
});

test("a remote start for a stranger is refused at a reserved EVSE when nobody has to be asked", async () => {
  const h = await createHarness();
  await h.call("ReserveNow", { ...reservation, evseId: 1 });
  const answer = await h.call("RequestStartTransaction", { idToken: token("MEMBER"), remoteStartId: 3, evseId: 1 });
  expect(answer.status).toBe("Rejected");
});

test("a remote start that names no EVSE is for the vehicle that is plugged in next", async () => {
  const h = await createHarness();
  const answer = await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 9 });
  expect(answer.status).toBe("Accepted");
  await h.run(2_000);
  await h.plug(2);
  await h.run(1_000);
  expect(h.site.allowed).toEqual([false, true]);
  await h.unplug(2);
  const events = h.events();
  expect(events.at(-1)).toMatchObject({ eventType: "Ended", offline: false, transactionInfo: { remoteStartId: 9 } });
});

test("… and is refused when two vehicles wait, and forgotten when none comes in time", async () => {
  const h = await createHarness({ variables: { "TxCtrlr.EVConnectionTimeOut": "30" } });
  expect((await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 9 })).status).toBe("Accepted");
  await h.run(31_000);
  await h.plug(1);
  await h.plug(2);
  expect(h.site.allowed).toEqual([false, false]);
  expect((await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 10 })).status).toBe("Rejected");
});

test("a reservation of any EVSE is refused where that is configured away", async () => {
  const h = await createHarness({ variables: { "ReservationCtrlr.NonEvseSpecific": "false" } });
  expect((await h.call("ReserveNow", reservation)).status).toBe("Rejected");
  expect((await h.call("ReserveNow", { ...reservation, evseId: 1 })).status).toBe("Accepted");
});

test("certificates from the configuration are known: its own cannot be deleted, a vehicle side's chain can", async () => {
  const root = issue({ name: "Root", ca: true });
  const own = issue({ name: "depot-1", issuer: root });
  const h = await createHarness({
    config: { tls: { cert: own.pem, key: own.keyPem, roots: { V2GRootCertificate: root.pem } } },
  });
  const roots = await h.call("GetInstalledCertificateIds", { certificateType: ["V2GRootCertificate"] });
  expect(roots.certificateHashDataChain).toHaveLength(1);
  const deletion = (pem: string) =>
    h.call("DeleteCertificate", { certificateHashData: hashData(pem, root.pem) }).then(({ status }) => status);
  expect(await deletion(own.pem)).toBe("Failed");
  const vehicleSide = issue({ name: "secc", issuer: root });
  h.station.certificates.setOwn("V2GCertificate", { chain: [vehicleSide.pem], key: vehicleSide.keyPem });
  expect(await deletion(vehicleSide.pem)).toBe("Accepted");
  expect(await deletion(vehicleSide.pem)).toBe("NotFound");
});

test("configured variables that are unknown or impossible are named and not used", async () => {
  const h = await createHarness({
    variables: { "TxCtrlr.TxStartPoint": "Whenever", "TxCtrlr.Mood": "good", "TxCtrlr.EVConnectionTimeOut": "45" },
  });
  expect(h.station.model.complaints).toHaveLength(2);
  expect(h.station.model.text("TxCtrlr", "TxStartPoint")).toBe("EVConnected,Authorized");
  expect(h.station.model.text("TxCtrlr", "EVConnectionTimeOut")).toBe("45");
  expect(h.logs.filter((line) => line.includes("configured variable"))).toHaveLength(2);
});
