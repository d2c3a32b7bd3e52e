/** Contracts through the whole connection, with real keys: the way of a vehicle that pays by its own, and what stops it. */
import { describe, expect, it } from "vitest";
import type { VehicleContract, VehicleOptions } from "../../../../sim/peers/vehicle/steps.ts";
import { signatureOf } from "../../../../sim/peers/vehicle/steps.ts";
import { driveSession } from "../../../../sim/peers/vehicle/vehicle.ts";
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import type { SchemaSet } from "../../../../src/protocols/exi/schema.ts";
import {
  type ContractBackend,
  createContractDesk,
  type DeskOptions,
} from "../../../../src/protocols/iso15118/contracts/desk.ts";
import { iso2 } from "../../../../src/protocols/iso15118/messages/iso2.ts";
import { iso20Common } from "../../../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import type { ContractDesk, MeterReceipt } from "../../../../src/protocols/iso15118/sessions/plug-and-charge.ts";
import { createConnection } from "../../../../src/protocols/iso15118/transport/connection.ts";
import { chargerFacts, obey, ownId } from "../sessions/charger.ts";
import { certificate, hierarchy, nowMs as todayMs } from "./pki.ts";

const p256 = hierarchy("prime256v1");
const p521 = hierarchy("secp521r1");
const maker = certificate({ name: "VIN 1234" });
const maker521 = certificate({ name: "VIN 1234", curve: "secp521r1" });

const contractOf = ({ leaf, between }: typeof p256, more: Partial<VehicleContract> = {}): VehicleContract => ({
  emaid: "DEABCC12345678",
  certificate: leaf.der,
  between: between.map(({ der }) => der),
  key: leaf.key,
  ...more,
});

/** A certificate for the vehicle, as a backend answers: a message of another session, with a signature over its parts. */
function installation(set: "iso2" | "iso20"): Uint8Array {
  const SessionID = new Uint8Array(8).fill(9);
  if (set === "iso2") {
    const chain = { Id: "id1", Certificate: p256.leaf.der };
    const Signature = signatureOf(p256.root, iso2 as unknown as SchemaSet, "ContractSignatureCertChain", chain);
    return codecOf(iso2)
      .encode("V2G_Message", {
        Header: { SessionID, Signature },
        Body: {
          CertificateInstallationRes: {
            ResponseCode: "OK",
            SAProvisioningCertificateChain: { Certificate: p256.root.der },
            ContractSignatureCertChain: chain,
            ContractSignatureEncryptedPrivateKey: { Id: "id2", value: new Uint8Array(48).fill(2) },
            DHpublickey: { Id: "id3", value: new Uint8Array(65).fill(3) },
            eMAID: { Id: "id4", value: "DEABCC12345678" },
          },
        },
      } as never)
      .slice();
  }
  return codecOf(iso20Common)
    .encode("CertificateInstallationRes", {
      Header: { SessionID, TimeStamp: 1 },
      ResponseCode: "OK",
      EVSEProcessing: "Finished",
      CPSCertificateChain: { Certificate: p521.root.der },
      SignedInstallationData: {
        Id: "id1",
        ContractCertificateChain: { Certificate: p521.leaf.der, SubCertificates: { Certificate: [p521.root.der] } },
        ECDHCurve: "SECP521",
        DHPublicKey: new Uint8Array(133),
        SECP521_EncryptedPrivateKey: new Uint8Array(94),
      },
      RemainingContractCertificateChains: 0,
    } as never)
    .slice();
}

const receipts: MeterReceipt[] = [];
const backend = (more: Partial<ContractBackend> = {}): ContractBackend => ({
  authorize: async () => "accepted",
  certificate: async ({ schema }) => installation(schema.includes("-20") ? "iso20" : "iso2"),
  receipt: (receipt) => void receipts.push(receipt),
  ...more,
});

const base: VehicleOptions = {
  protocol: "ISO 15118-2",
  bidirectional: false,
  voltageV: 400,
  rounds: 3,
  currentA: 60,
  unixS: () => todayMs / 1000,
};

/** Drives a vehicle through a connection that counts as encrypted; time goes on while nobody says anything. */
async function drive(options: Partial<VehicleOptions>, desk: Partial<DeskOptions> = {}) {
  const facts = chargerFacts({
    minW: -60_000,
    setpointW: 5_000,
    unixS: todayMs / 1000,
    connector: options.energy === "ac" ? "ac3" : "dc",
    authorization: "waiting",
  });
  const connection = createConnection({
    facts,
    newSessionId: () => ownId,
    paused: undefined,
    secure: true,
    mutual: true,
    certificate: "",
    iso20Plain: false,
    nowMs: 0,
    desk: () => createContractDesk({ roots: [p256.root.pem, p521.root.pem], backend: backend(), ...desk }),
  });
  const back: Uint8Array[] = [];
  let nowMs = 0;
  let closed = false;
  const take = ({ frames, close }: { frames: readonly Uint8Array[]; close: boolean }): void => {
    for (const frame of frames) back.push(frame.slice());
    closed ||= close;
    if (connection.session) obey(facts, connection.session.order);
  };
  const result = await driveSession(
    {
      send: (bytes) => take(connection.receive(bytes, (nowMs += 1))),
      async next() {
        for (let i = 0; i < 4_000 && back.length === 0 && !closed; i++) {
          await Promise.resolve();
          take(connection.tick((nowMs += 20)));
        }
        return back.shift();
      },
    },
    { ...base, ...options },
  );
  return { ...result, session: connection.session!, nowMs };
}

const iso2Contract: Partial<VehicleOptions> = { contract: contractOf(p256) };
const iso20Contract: Partial<VehicleOptions> = {
  protocol: "ISO 15118-20",
  bidirectional: true,
  contract: contractOf(p521),
};

describe("a vehicle pays by its contract", () => {
  it.each<[string, Partial<VehicleOptions>]>([
    ["ISO 15118-2 DC", iso2Contract],
    ["ISO 15118-2 AC", { ...iso2Contract, energy: "ac" }],
    [
      "ISO 15118-2, a certificate first",
      { contract: contractOf(p256, { provisioning: { certificate: maker.der, key: maker.key } }) },
    ],
    ["ISO 15118-20 DC_BPT", iso20Contract],
    ["ISO 15118-20 AC", { ...iso20Contract, energy: "ac", bidirectional: false }],
    ["ISO 15118-20 with keys of the field (P-256)", { ...iso20Contract, contract: contractOf(p256) }],
    [
      "ISO 15118-20, a certificate first",
      {
        ...iso20Contract,
        contract: contractOf(p521, { provisioning: { certificate: maker521.der, key: maker521.key } }),
      },
    ],
  ])("%s: complete, without a card, and its receipts are signed", async (_, options) => {
    receipts.length = 0;
    const { session, ...result } = await drive(options, { receiptEveryMs: 0 });
    expect(result).toMatchObject({ complete: true, trouble: "" });
    expect(session.vehicle.emaid).toBe("DEABCC12345678");
    expect(receipts.length).toBeGreaterThan(0);
    expect(receipts[0]).toMatchObject({ emaid: "DEABCC12345678", meterWh: 1_234 });
    if (options.contract!.provisioning !== undefined) expect(result.steps).toContain("CertificateInstallation OK");
  });

  it("the backend's certificate goes out with this session's number and the backend's signature", async () => {
    const { lastLoop, ...result } = await drive({
      contract: contractOf(p256, { provisioning: { certificate: maker.der, key: maker.key } }),
    });
    expect(result).toMatchObject({ complete: true });
    expect(lastLoop!["ReceiptRequired"]).toBe(false);
  });

  it("a vehicle without a contract pays otherwise on the same connection", async () => {
    const { trouble } = await drive({ protocol: "ISO 15118-2", contract: undefined });
    // Nobody comes with a card: the vehicle was told to wait for one.
    expect(trouble).toMatch(/^Authorization: /);
  });
});

const signedBy = (other: typeof p256): Partial<VehicleContract> => ({ key: other.leaf.key });
const expired = hierarchy("prime256v1", undefined, { leaf: { toMs: todayMs - 86_400_000 } });
const early = hierarchy("prime256v1", undefined, { leaf: { fromMs: todayMs + 86_400_000 } });
const stranger = hierarchy("prime256v1");
const never = (): Promise<never> => new Promise(() => {});

describe("what stops a contract, in each protocol's words", () => {
  it.each<[string, Partial<VehicleContract>, Partial<DeskOptions>, string, string]>([
    [
      "a challenge signed by another key",
      signedBy(stranger),
      {},
      "Authorization: FAILED_SignatureError",
      "Authorization: FAILED_SignatureError",
    ],
    [
      "an unknown root",
      contractOf(stranger),
      {},
      "PaymentDetails: FAILED_CertChainError",
      "Authorization: WARNING_CertificateValidationError",
    ],
    [
      "expired",
      contractOf(expired),
      { roots: [expired.root.pem] },
      "PaymentDetails: FAILED_CertificateExpired",
      "Authorization: WARNING_CertificateExpired",
    ],
    [
      "not yet valid",
      contractOf(early),
      { roots: [early.root.pem] },
      "PaymentDetails: FAILED_CertificateExpired",
      "Authorization: WARNING_CertificateNotYetValid",
    ],
    [
      "revoked, says the backend",
      {},
      { backend: backend({ authorize: async () => ({ refused: "revoked" }) }) },
      "PaymentDetails: FAILED_CertificateRevoked",
      "Authorization: WARNING_CertificateRevoked",
    ],
    [
      "canceled, says the backend",
      {},
      { backend: backend({ authorize: async () => ({ refused: "canceled" }) }) },
      "PaymentDetails: FAILED_ContractCanceled",
      "Authorization: WARNING_NoContractMatchingPCIDFound",
    ],
    [
      "the backend can't be asked",
      {},
      { backend: backend({ authorize: () => Promise.reject(new Error("offline")) }) },
      "PaymentDetails: FAILED",
      "Authorization: WARNING_eMSPUnknown",
    ],
    [
      "the backend does not answer",
      {},
      { backend: backend({ authorize: never }) },
      "Authorization: never finished",
      "Authorization: never finished",
    ],
  ])("%s", async (_, contract, desk, iso2Says, iso20Says) => {
    const second = await drive({ contract: contractOf(p256, contract) }, desk);
    expect(second.trouble).toBe(iso2Says);
    const twentieth = await drive({ ...iso20Contract, contract: contractOf(p256, contract) }, desk);
    expect(twentieth.trouble).toBe(iso20Says);
    for (const { session } of [second, twentieth]) {
      expect(session.order.phase).toBe("idle");
      expect(session.vehicle.maxW).toBe(0);
    }
  });

  it.each<[string, ContractBackend["certificate"], string]>([
    [
      "the backend has none",
      async () => ({ none: "unknown vehicle" }),
      "CertificateInstallation: FAILED_NoCertificateAvailable",
    ],
    [
      "it answers with something else",
      async () => Uint8Array.of(1, 2, 3),
      "CertificateInstallation: FAILED_NoCertificateAvailable",
    ],
    ["it fails", () => Promise.reject(new Error("offline")), "CertificateInstallation: FAILED_NoCertificateAvailable"],
    ["it does not answer within the vehicle's time", never, "CertificateInstallation: FAILED_NoCertificateAvailable"],
  ])("a certificate is asked for, and %s", async (_, ask, trouble) => {
    const provisioning = { certificate: maker.der, key: maker.key };
    const result = await drive(
      { contract: contractOf(p256, { provisioning }) },
      { backend: backend({ certificate: ask }) },
    );
    expect(result.trouble).toBe(trouble);
    expect(result.nowMs).toBeLessThan(5_500);
  });

  it("a certificate asked for with another maker's key", async () => {
    const provisioning = { certificate: maker.der, key: maker521.key };
    const { trouble } = await drive({ contract: contractOf(p256, { provisioning }) });
    expect(trouble).toBe("CertificateInstallation: FAILED_SignatureError");
  });

  it("no backend for certificates: the service is not offered", async () => {
    const provisioning = { certificate: maker.der, key: maker.key };
    const without = { ...backend(), certificate: undefined };
    const { trouble } = await drive({ contract: contractOf(p256, { provisioning }) }, { backend: without });
    expect(trouble).toBe("ServiceDetail: FAILED_ServiceIDInvalid");
  });

  it("not encrypted: contracts are not offered, and the desk is never asked for", () => {
    const facts = chargerFacts();
    const start = { facts, newSessionId: () => ownId, paused: undefined, certificate: "", iso20Plain: true, nowMs: 0 };
    let asked = 0;
    const desk = (): ContractDesk => {
      asked++;
      return createContractDesk({ roots: [], backend: backend() });
    };
    const connection = createConnection({ ...start, secure: false, mutual: false, desk });
    expect(connection.session).toBeUndefined();
    expect(asked).toBe(0);
  });
});
