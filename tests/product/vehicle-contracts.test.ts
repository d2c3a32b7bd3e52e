/** Contracts in vehicles through `islet run`: its certificate and the roots come from the backend, and so does who may charge. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { VehicleOptions } from "../../sim/peers/vehicle/steps.ts";
import type { VehicleResult } from "../../sim/peers/vehicle/vehicle.ts";
import { codecOf } from "../../src/protocols/exi/codec.ts";
import { iso2 } from "../../src/protocols/iso15118/messages/iso2.ts";
import { iso20Common } from "../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import { certificate, type Hierarchy, hierarchy, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { issue, keyOfRequest } from "../protocols/ocpp/test-ca.ts";
import { sleep, until } from "./site/judge.ts";
import { startVehicleSite, type VehicleSite } from "./site/vehicle-site.ts";

const patienceMs = 30_000;
const tlsPort = 12_000 + Math.floor(Math.random() * 3_000);
const v2gRoot = issue({ name: "V2G root", ca: true });
const operators = hierarchy("prime256v1", "DEABCC11111111");
const maker = certificate({ name: "Maker of vehicles", authority: true });
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const car = certificate({ name: "CAR2", by: maker });
const provisioning = certificate({ name: "PCID1", by: maker });

/** A contract below the operators' root. */
const contractOf = (emaid: string, more: object = {}): Hierarchy => ({
  ...operators,
  leaf: certificate({ name: emaid, by: operators.between[0]!, ...more }),
});
const shows = ({ leaf, between }: Hierarchy): Partial<VehicleOptions> => ({
  contract: { emaid: leaf.name, certificate: leaf.der, between: between.map(({ der }) => der), key: leaf.key },
});

const installed = codecOf(iso2).encode("V2G_Message", {
  Header: { SessionID: new Uint8Array(8) },
  Body: {
    CertificateInstallationRes: {
      ResponseCode: "OK",
      SAProvisioningCertificateChain: { Certificate: operators.root.der },
      ContractSignatureCertChain: { Id: "id1", Certificate: operators.leaf.der },
      ContractSignatureEncryptedPrivateKey: { Id: "id2", value: new Uint8Array(48) },
      DHpublickey: { Id: "id3", value: new Uint8Array(65) },
      eMAID: { Id: "id4", value: "DEABCC11111111" },
    },
  },
});

const certificateBytes = new Uint8Array(1);
const installed20 = codecOf(iso20Common).encode("CertificateInstallationRes", {
  Header: { SessionID: new Uint8Array(8), TimeStamp: 1 },
  ResponseCode: "OK",
  EVSEProcessing: "Finished",
  CPSCertificateChain: { Certificate: operators.root.der },
  SignedInstallationData: {
    Id: "id1",
    ContractCertificateChain: { Certificate: operators.leaf.der, SubCertificates: { Certificate: [certificateBytes] } },
    ECDHCurve: "SECP521",
    DHPublicKey: new Uint8Array(133),
    SECP521_EncryptedPrivateKey: new Uint8Array(94),
  },
  RemainingContractCertificateChains: 0,
});

let site: VehicleSite;
/** The EVSE whose vehicle gets schedules. */
let schedulesFor = 0;
beforeAll(async () => {
  const accepts = (idTokenInfo: string, certificateStatus = "Accepted") => ({
    idTokenInfo: { status: idTokenInfo },
    certificateStatus,
  });
  site = await startVehicleSite({
    stages: 2,
    links: [{ tlsPort }, { tlsPort: tlsPort + 1 }],
    config: () => ({ authorization: "required" }),
    backend: {
      acceptsCard: () => true,
      answer(action, { idToken, evseId, iso15118SchemaVersion }) {
        if (action === "NotifyEVChargingNeeds") return { status: evseId === schedulesFor ? "Accepted" : "Rejected" };
        if (action === "NotifyEVChargingSchedule") return { status: "Accepted" };
        if (action === "Get15118EVCertificate")
          return {
            status: "Accepted",
            exiResponse: Buffer.from(String(iso15118SchemaVersion).includes("-20") ? installed20 : installed).toString(
              "base64",
            ),
          };
        const emaid = (idToken as { idToken?: string } | undefined)?.idToken;
        if (action !== "Authorize") return undefined;
        if (emaid === "DEABCC00REVOKE") return accepts("Accepted", "CertificateRevoked");
        return emaid === "DEABCC0BLOCKED" ? accepts("Blocked") : accepts("Accepted");
      },
    },
  });
  const { backend } = site;
  await backend.whenConnected();
  const asked = () => backend.said.find(({ action }) => action === "SignCertificate")?.payload["csr"];
  for (const [certificateType, pem] of [
    ["V2GRootCertificate", v2gRoot.pem],
    ["V2GRootCertificate", maker.pem],
    ["MORootCertificate", operators.root.pem],
  ])
    expect(await backend.call("InstallCertificate", { certificateType, certificate: pem })).toMatchObject({
      status: "Accepted",
    });
  await backend.call("TriggerMessage", { requestedMessage: "SignV2GCertificate" });
  expect(await until(() => asked() !== undefined, patienceMs)).toBe(true);
  const own = issue({ name: "Charger", issuer: v2gRoot, publicKey: keyOfRequest(String(asked())) });
  const signed = { certificateChain: own.pem, certificateType: "V2GCertificate" };
  expect(await backend.call("CertificateSigned", signed)).toMatchObject({ status: "Accepted" });
  for (const [variable, component, attributeValue] of [
    ["RequestMeteringReceipt", "ISO15118Ctrlr", "true"],
    ["TxUpdatedInterval", "SampledDataCtrlr", "1"],
  ])
    await backend.call("SetVariables", {
      setVariableData: [{ attributeValue, component: { name: component }, variable: { name: variable } }],
    });
  expect(await until(() => site.said(/Bay 2 listens for vehicles: .* with encryption/) !== undefined, patienceMs)).toBe(
    true,
  );
  expect(await until(() => site.said(/Contracts in vehicles are accepted/) !== undefined, patienceMs)).toBe(true);
}, 2 * patienceMs);
afterAll(() => site?.stop());

const iso2Dc = { protocol: "ISO 15118-2", bidirectional: false, rounds: 30 } as const;
const overTls12 = (place: number) => ({ port: tlsPort + place, ca: v2gRoot.pem, maxVersion: "TLSv1.2" }) as const;
const mutual = (place: number) => ({ port: tlsPort + place, ca: v2gRoot.pem, cert: car.pem, key: keyOf(car) });
const lines = (pattern: RegExp): string[] =>
  site.process.lines.filter(({ text }) => pattern.test(text)).map(({ text }) => text);

it("ISO 15118-2: a contract is asked for with the hashes of its chain, charges, and signs receipts", {
  timeout: 3 * patienceMs,
}, async () => {
  const contract = contractOf("DEABCC22222222");
  expect(await site.vehicle(0, { ...iso2Dc, ...shows(contract) }, overTls12(0)).done).toMatchObject({
    complete: true,
    trouble: "",
  });
  const asked = site.backend.said.find(({ action }) => action === "Authorize")!.payload;
  expect(asked).toMatchObject({ idToken: { idToken: "DEABCC22222222", type: "eMAID" } });
  // The contract and the two authorities below the root.
  expect(asked["iso15118CertificateHashData"]).toHaveLength(3);
  const event = () =>
    site.backend.said.some(
      ({ action, payload }) => action === "TransactionEvent" && JSON.stringify(payload).includes("DEABCC22222222"),
    );
  expect(await until(event, patienceMs)).toBe(true);
  // That receipts are asked for may have come to the place after this session had begun: then the next one signs.
  const signed = (): boolean => lines(/has signed .* Wh for DEABCC22222222/).length > 0;
  for (let i = 0; i < 5 && !signed(); i++)
    await site.vehicle(0, { ...iso2Dc, rounds: 60, ...shows(contract) }, overTls12(0)).done;
  expect(await until(signed, patienceMs)).toBe(true);
});

it("ISO 15118-20: the same contract in the next session needs no new transaction and stops none", {
  timeout: patienceMs,
}, async () => {
  const contract = contractOf("DEABCC22222222");
  const { done } = site.vehicle(0, { rounds: 20, ...shows(contract) }, mutual(0));
  expect(await done).toMatchObject({ complete: true, trouble: "" });
  const events = site.backend.said.filter(({ action }) => action === "TransactionEvent");
  const atBay1 = events.filter(({ payload }) => (payload["evse"] as { id?: number } | undefined)?.id === 1);
  expect(atBay1.filter(({ payload }) => payload["eventType"] === "Started")).toHaveLength(1);
  expect(events.filter(({ payload }) => payload["eventType"] === "Ended")).toHaveLength(0);
});

/** A profile for the transaction at Bay 1, of so many schedules. */
function give(...limits: readonly number[]): Promise<unknown> {
  const started = site.backend.said
    .filter(({ action }) => action === "TransactionEvent")
    .map(({ payload }) => payload)
    .find((payload) => (payload["evse"] as { id?: number } | undefined)?.id === 1)!;
  const { transactionId } = started["transactionInfo"] as { transactionId: string };
  const chargingSchedule = limits.map((limit, i) => ({
    id: i + 1,
    startSchedule: new Date(Date.now() - 1_000).toISOString(),
    chargingRateUnit: "W",
    chargingSchedulePeriod: [{ startPeriod: 0, limit }],
  }));
  return site.backend.setProfile(1, 0, "TxProfile", { id: 4_711, transactionId, chargingSchedule });
}

it("schedules: its needs go up, three come down, its choice goes back, and a new one makes it negotiate again", {
  timeout: patienceMs,
}, async () => {
  const said = (wanted: string) => site.backend.said.filter(({ action }) => action === wanted);
  const needsBefore = said("NotifyEVChargingNeeds").length;
  schedulesFor = 1;
  let leaves = false;
  const contract = contractOf("DEABCC22222222");
  const session = site.vehicle(
    0,
    { ...iso2Dc, rounds: 10_000, leaves: () => leaves, takesSchedule: 2, ...shows(contract) },
    overTls12(0),
  );
  expect(await until(() => said("NotifyEVChargingNeeds").length > needsBefore, patienceMs)).toBe(true);
  expect(await give(12_000, 9_000, 6_000)).toEqual({ status: "Accepted", why: "" });
  const chosen = {
    evseId: 1,
    chargingSchedule: { chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 9_000 }] },
  };
  const isTold = () => said("NotifyEVChargingSchedule").some(({ payload }) => JSON.stringify(payload).includes("9000"));
  expect(await until(isTold, patienceMs)).toBe(true);
  expect(said("NotifyEVChargingSchedule").at(-1)!.payload).toMatchObject(chosen);
  expect(await until(() => site.world.stages[0]!.truePowerW > 5_000, patienceMs)).toBe(true);
  expect(await give(4_000)).toEqual({ status: "Accepted", why: "" });
  expect(await until(() => lines(/has sent 1 schedule for the vehicle at EVSE 1/).length > 0, patienceMs)).toBe(true);
  expect(await until(() => site.world.stages[0]!.truePowerW < 4_500, patienceMs)).toBe(true);
  leaves = true;
  const { lastLoop } = await session.done;
  expect(lastLoop).toMatchObject({ SAScheduleTupleID: 2, DC_EVSEStatus: { EVSENotification: "ReNegotiation" } });
  schedulesFor = 0;
});

it("ISO 15118-20, scheduled control: the vehicle keeps to the backend's schedule, and its choice goes back", {
  timeout: patienceMs,
}, async () => {
  const said = (wanted: string) => site.backend.said.filter(({ action }) => action === wanted);
  const needsBefore = said("NotifyEVChargingNeeds").length;
  const toldBefore = said("NotifyEVChargingSchedule").length;
  schedulesFor = 1;
  let leaves = false;
  const scheduled = { rounds: 10_000, bidirectional: false, scheduled: true, leaves: () => leaves } as const;
  const session = site.vehicle(0, { ...scheduled, ...shows(contractOf("DEABCC22222222")) }, mutual(0));
  expect(await until(() => said("NotifyEVChargingNeeds").length > needsBefore, patienceMs)).toBe(true);
  expect(await give(8_000)).toEqual({ status: "Accepted", why: "" });
  expect(await until(() => said("NotifyEVChargingSchedule").length > toldBefore, patienceMs)).toBe(true);
  expect(said("NotifyEVChargingSchedule").at(-1)!.payload).toMatchObject({
    evseId: 1,
    chargingSchedule: { chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 8_000 }] },
  });
  // It asks for 24 kW.
  expect(await until(() => site.world.stages[0]!.truePowerW > 6_500, patienceMs)).toBe(true);
  let most = 0;
  for (let i = 0; i < 20; i++) {
    most = Math.max(most, site.world.stages[0]!.truePowerW);
    await sleep(50);
  }
  expect(most).toBeLessThan(8_500);
  leaves = true;
  expect(await session.done).toMatchObject({ complete: true, trouble: "" });
  schedulesFor = 0;
});

it("a certificate for the vehicle comes from the backend", { timeout: patienceMs }, async () => {
  const own = shows(operators).contract!;
  const contract = { ...own, provisioning: { certificate: provisioning.der, key: provisioning.key } };
  const { steps } = await site.vehicle(0, { ...iso2Dc, rounds: 1, contract }, overTls12(0)).done;
  expect(steps).toContain("CertificateInstallation OK");
  const asked = site.backend.said.find(({ action }) => action === "Get15118EVCertificate")!.payload;
  expect(asked).toMatchObject({ action: "Install", iso15118SchemaVersion: "urn:iso:15118:2:2013:MsgDef" });
});

it("ISO 15118-20 installs one too, and then pays by it", { timeout: patienceMs }, async () => {
  const own = shows(operators).contract!;
  const contract = { ...own, provisioning: { certificate: provisioning.der, key: provisioning.key } };
  const { steps, trouble } = await site.vehicle(0, { rounds: 1, bidirectional: false, contract }, mutual(0)).done;
  expect(trouble).toBe("");
  expect(steps.slice(2, 4)).toEqual(["CertificateInstallation OK", "Authorization OK"]);
  const asked = site.backend.said.filter(({ action }) => action === "Get15118EVCertificate").at(-1)!.payload;
  expect(asked).toMatchObject({ action: "Install", iso15118SchemaVersion: "urn:iso:std:iso:15118:-20:CommonMessages" });
});

const yesterday = Date.now() - 86_400_000;
const tomorrow = Date.now() + 86_400_000;
it.each<[string, Hierarchy, string, string, RegExp]>([
  [
    "expired",
    contractOf("DEABCC33333333", { toMs: yesterday }),
    "FAILED_CertificateExpired",
    "WARNING_CertificateExpired",
    /has expired/,
  ],
  [
    "not valid yet",
    contractOf("DEABCC44444444", { fromMs: tomorrow }),
    "FAILED_CertificateExpired",
    "WARNING_CertificateNotYetValid",
    /is valid from/,
  ],
  [
    "of a root that nobody trusts",
    hierarchy("prime256v1", "DEABCC55555555"),
    "FAILED_CertChainError",
    "WARNING_CertificateValidationError",
    /nobody who is trusted/,
  ],
  ["revoked", contractOf("DEABCC00REVOKE"), "FAILED_CertificateRevoked", "WARNING_CertificateRevoked", /was revoked/],
  [
    "blocked",
    contractOf("DEABCC0BLOCKED"),
    "FAILED_ContractCanceled",
    "WARNING_NoContractMatchingPCIDFound",
    /has ended or is blocked/,
  ],
])(
  "a contract that is %s is refused as each protocol wants it, told once with the vehicle's name",
  async (_, contract, failed, warned, why) => {
    const { name } = contract.leaf;
    const told = () => lines(new RegExp(`the contract .*${name} of .* is not accepted`));
    const end = async (one: Promise<VehicleResult>) => (await one).trouble;
    expect(await end(site.vehicle(1, { ...iso2Dc, ...shows(contract) }, overTls12(1)).done)).toBe(
      `PaymentDetails: ${failed}`,
    );
    expect(await until(() => told().length === 1, patienceMs)).toBe(true);
    expect(told()[0]).toMatch(why);
    expect(await end(site.vehicle(1, { rounds: 1, ...shows(contract) }, mutual(1)).done)).toBe(
      `Authorization: ${warned}`,
    );
    expect(await until(() => told().length === 2, patienceMs)).toBe(true);
    expect(told()[1]).toContain("vehicle CAR2");
    expect(site.world.stages[1]!.port!.closed).toBe(false);
  },
  patienceMs,
);
