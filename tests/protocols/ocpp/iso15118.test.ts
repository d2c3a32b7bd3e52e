import { expect, test } from "vitest";
import { createHarness } from "./harness.ts";
import { issue, keyOfRequest } from "./test-ca.ts";

const root = issue({ name: "Root", ca: true });
const hashData = [
  {
    hashAlgorithm: "SHA256" as const,
    issuerNameHash: "aa",
    issuerKeyHash: "bb",
    serialNumber: "01",
    responderURL: "http://ocsp.example",
  },
];

test.each([
  ["accepted", "Accepted", undefined, "started"],
  ["of an accepted driver but a revoked certificate", "Accepted", "CertificateRevoked", "refused"],
  ["of an unknown driver", "Unknown", "Accepted", "refused"],
] as const)("C07: a contract certificate %s", async (_, status, certificateStatus, outcome) => {
  const h = await createHarness();
  h.core.answers.Authorize = () => ({ idTokenInfo: { status }, ...(certificateStatus && { certificateStatus }) });
  await h.plug(1);
  const presented = h.station.presentToken({ idToken: "DE-ABC-C123", type: "eMAID" }, 1, {
    certificate: "PEM",
    hashData,
  });
  await h.clock.advance(200);
  expect((await presented).outcome).toBe(outcome);
  expect(h.sent("Authorize")[0]).toMatchObject({ certificate: "PEM", iso15118CertificateHashData: hashData });
});

test("M01, M02: the vehicle's certificate request passes through as it is", async () => {
  const h = await createHarness();
  h.core.answers.Get15118EVCertificate = ({ exiRequest, action }) => ({
    status: "Accepted",
    exiResponse: `${action}:${exiRequest}`,
  });
  const answer = h.station.iso15118.contractCertificate({
    iso15118SchemaVersion: "urn:iso:15118:2:2013:MsgDef",
    action: "Update",
    exiRequest: "AAEC",
  });
  await h.clock.advance(200);
  expect(await answer).toEqual({ status: "Accepted", exiResponse: "Update:AAEC" });
});

test.each([
  ["an answer", { status: "Accepted" as const, ocspResult: "MIIB" }, "MIIB"],
  ["no answer", { status: "Failed" as const }, null],
])("M06: the OCSP status of a certificate, %s", async (_, response, expected) => {
  const h = await createHarness();
  h.core.answers.GetCertificateStatus = () => response;
  const status = h.station.iso15118.certificateStatus(hashData[0]!);
  await h.clock.advance(200);
  expect(await status).toBe(expected);
});

test("M06: without a connection there is no status, and nobody waits", async () => {
  const h = await createHarness();
  h.link.up = false;
  h.link.cut();
  expect(await h.station.iso15118.certificateStatus(hashData[0]!)).toBeNull();
});

test("A03: a certificate that runs out is renewed without being asked", async () => {
  const h = await createHarness({ config: { pollMs: 60_000 } });
  await h.call("TriggerMessage", { requestedMessage: "SignChargingStationCertificate" });
  await h.clock.advance(100);
  const soon = issue({
    name: "0",
    issuer: root,
    publicKey: keyOfRequest(h.sent("SignCertificate")[0]!.csr),
    toMs: h.clock.wallMs() + 20 * 86_400_000,
  });
  expect(
    (await h.call("CertificateSigned", { certificateChain: soon.pem, certificateType: "ChargingStationCertificate" }))
      .status,
  ).toBe("Accepted");
  await h.run(86_500_000, 60_000);
  expect(h.sent("SignCertificate").length).toBeGreaterThan(1);
});

test("F04: a remote stop withdraws the service of a vehicle that talks ISO 15118", async () => {
  const h = await createHarness();
  await h.plug(1);
  const presented = h.station.presentToken({ idToken: "DE-ABC-C123", type: "eMAID" }, 1, { hashData });
  await h.run(2000);
  expect((await presented).outcome).toBe("started");
  await h.call("RequestStopTransaction", { transactionId: h.station.transactions()[0]!.transactionId });
  await h.run(500);
  expect(h.site.allowed[0]).toBe(false);
});
