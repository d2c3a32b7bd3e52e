/** Contracts in the tables of states: challenges, receipts, resuming, and what is out of order. */
import { describe, expect, it } from "vitest";
import type { PausedSession } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import {
  type Bench,
  iso2Bench,
  iso2ContractBench,
  iso2ContractRequests,
  iso20Bench,
  iso20ContractBench,
  iso20ContractRequests,
  ownId,
} from "./charger.ts";

const requests = iso2ContractRequests("DC_extended");
const way = [
  "SessionSetup",
  "ServiceDiscovery",
  "PaymentServiceSelection",
  "PaymentDetails",
  "Authorization",
  "ChargeParameterDiscovery",
  "CableCheck",
  "CableCheck",
  "PreCharge",
  "PowerDelivery+",
  "CurrentDemand",
];
const upTo = (one: Bench, key: string): Bench => {
  for (const step of way.slice(0, way.indexOf(key))) expect(one.send(step).body["ResponseCode"]).toMatch(/^OK/);
  return one;
};
const code = (one: Bench, key: string, body?: Fields): string => String(one.send(key, body).body["ResponseCode"]);

describe("ISO 15118-2", () => {
  it("contract and card are offered where there is a desk, and a card alone without", () => {
    const offered = (one: Bench): unknown => {
      one.send("SessionSetup");
      return one.send("ServiceDiscovery").body["PaymentOptionList"];
    };
    expect(offered(iso2ContractBench())).toEqual({ PaymentOption: ["Contract", "ExternalPayment"] });
    expect(offered(iso2Bench())).toEqual({ PaymentOption: ["ExternalPayment"] });
    const plain = iso2Bench();
    for (const step of way.slice(0, 2)) plain.send(step);
    expect(code(plain, "PaymentServiceSelection", requests["PaymentServiceSelection"])).toBe(
      "FAILED_PaymentSelectionInvalid",
    );
  });

  it("the challenge must come back as it was drawn, and counts once", () => {
    const one = upTo(iso2ContractBench(), "Authorization");
    const other = { Id: "id1", GenChallenge: new Uint8Array(16).fill(8) };
    expect(code(one, "Authorization", other)).toBe("FAILED_ChallengeInvalid");
    expect(one.session.end).toBe("failed");
    const none = upTo(iso2ContractBench(), "Authorization");
    expect(code(none, "Authorization", {})).toBe("FAILED_ChallengeInvalid");
  });

  it("while the backend thinks, the vehicle asks on without signing again", () => {
    let waits = true;
    const one = upTo(
      iso2ContractBench("DC_extended", {}, { authorize: () => (waits ? "waiting" : "accepted") }),
      "Authorization",
    );
    expect(one.send("Authorization").body).toMatchObject({ EVSEProcessing: "Ongoing" });
    expect(one.send("Authorization", {}).body).toMatchObject({ EVSEProcessing: "Ongoing" });
    waits = false;
    expect(one.send("Authorization", {}).body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Finished" });
  });

  it("a backend that goes on thinking ends the session within the vehicle's patience", () => {
    const one = upTo(iso2ContractBench("DC_extended", {}, { authorize: () => "waiting" }), "Authorization");
    const fromMs = one.nowMs;
    while (one.session.end === "" && one.nowMs - fromMs < 120_000) {
      one.nowMs += 1_000;
      one.send("Authorization", one.session.state === "authorization" && one.nowMs - fromMs > 1_200 ? {} : undefined);
    }
    expect(one.session.end).toBe("failed");
    expect((one.nowMs - fromMs) / 1000).toBeGreaterThan(45);
    expect((one.nowMs - fromMs) / 1000).toBeLessThan(60);
  });

  it.each([
    ["payment details of a vehicle that pays otherwise", "PaymentDetails"],
    ["a certificate for a vehicle that pays otherwise", "CertificateInstallation"],
    ["a new certificate for a vehicle that pays otherwise", "CertificateUpdate"],
  ])("%s are out of order", (_, key) => {
    const one = iso2ContractBench();
    for (const step of way.slice(0, 2)) one.send(step);
    one.send("PaymentServiceSelection", {
      SelectedPaymentOption: "ExternalPayment",
      SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
    });
    expect(code(one, key, requests[key])).toBe("FAILED_SequenceError");
  });

  it("a certificate that was not selected, and an authorization before the contract was shown, are out of order", () => {
    const one = iso2ContractBench();
    for (const step of way.slice(0, 2)) one.send(step);
    one.send("PaymentServiceSelection", {
      SelectedPaymentOption: "Contract",
      SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
    });
    expect(code(one, "CertificateInstallation")).toBe("FAILED_SequenceError");
    const two = upTo(iso2ContractBench(), "PaymentDetails");
    expect(code(two, "Authorization")).toBe("FAILED_SequenceError");
  });

  it("a receipt is asked for as often as configured; nothing else comes before it but the end", () => {
    const received: number[] = [];
    const desk = { receiptEveryMs: 60_000, receive: ({ meterWh }: { meterWh: number }) => void received.push(meterWh) };
    const one = upTo(iso2ContractBench("DC_extended", {}, desk), "CurrentDemand");
    expect(one.send("CurrentDemand").body).toMatchObject({
      ReceiptRequired: true,
      MeterInfo: { MeterReading: 1_234n },
    });
    expect(code(one, "MeteringReceipt")).toBe("OK");
    expect(received).toEqual([1_234]);
    expect(one.send("CurrentDemand").body).toMatchObject({ ReceiptRequired: false });
    one.nowMs += 2_000;
    for (let i = 0; i < 700 && one.session.end === ""; i++) {
      const { body } = one.send("CurrentDemand");
      if (body["ReceiptRequired"] !== true) continue;
      expect(code(one, "CurrentDemand")).toBe("FAILED_SequenceError");
    }
    expect(one.session.end).toBe("failed");
    const leaves = upTo(iso2ContractBench("DC_extended", {}, desk), "CurrentDemand");
    leaves.send("CurrentDemand");
    expect(code(leaves, "PowerDelivery-")).toBe("OK");
  });

  it.each([
    ["of another reading", { MeterInfo: { MeterID: "DE*ISL*E001", MeterReading: 9n } }, ""],
    ["of another meter", { MeterInfo: { MeterID: "X", MeterReading: 1_234n } }, ""],
    ["with a signature that does not hold", {}, "signature-differs"],
  ])("a receipt %s is refused", (_, values, wrong) => {
    let first = true;
    // The challenge was signed well; what comes later is not.
    const verify = (): string => {
      const says = first ? "" : wrong;
      first = false;
      return says;
    };
    const one = upTo(iso2ContractBench("DC_extended", {}, { verify }), "CurrentDemand");
    one.send("CurrentDemand");
    first = wrong === "";
    expect(code(one, "MeteringReceipt", { ...requests["MeteringReceipt"], ...values })).toBe(
      "FAILED_MeteringSignatureNotValid",
    );
  });

  it("a receipt that nobody asked for is out of order", () => {
    const one = upTo(iso2ContractBench("DC_extended", {}, { receiptEveryMs: undefined }), "CurrentDemand");
    one.send("CurrentDemand");
    expect(code(one, "MeteringReceipt")).toBe("FAILED_SequenceError");
  });
});

describe("a session that was paused and paid by a contract", () => {
  const paused = (): PausedSession => {
    const one = upTo(iso2ContractBench("DC_extended", {}, { receiptEveryMs: undefined }), "CurrentDemand");
    one.send("CurrentDemand");
    one.send("PowerDelivery-");
    one.send("SessionStop", { ChargingSession: "Pause" });
    return one.session.paused!;
  };
  const again = (emaid: string): Bench => {
    const desk = { authorize: () => "waiting" as const };
    const one = iso2ContractBench("DC_extended", {}, desk, { sessionId: "aaaaaaaaaaaaaaaa", paused: paused() });
    expect(one.send("SessionSetup", undefined, ownId).body).toMatchObject({ ResponseCode: "OK_OldSessionJoined" });
    expect(one.send("ServiceDiscovery").body["PaymentOptionList"]).toEqual({ PaymentOption: ["Contract"] });
    one.send("PaymentServiceSelection");
    one.send("PaymentDetails", { ...requests["PaymentDetails"], eMAID: emaid });
    return one;
  };

  it("the same contract is still authorised, and offered alone; another one is asked for", () => {
    expect(again("DEABCC12345678").send("Authorization").body).toMatchObject({ EVSEProcessing: "Finished" });
    expect(again("DEXYZC12345678").send("Authorization").body).toMatchObject({ EVSEProcessing: "Ongoing" });
  });
});

describe("ISO 15118-20", () => {
  const setUp = (one: Bench): Bench => {
    for (const step of ["SessionSetup", "AuthorizationSetup"]) one.send(step);
    return one;
  };
  const authorization = iso20ContractRequests(true, true)["Authorization"]!;
  const mode = authorization["PnC_AReqAuthorizationMode"] as Fields;
  const wrongChallenge = {
    ...authorization,
    PnC_AReqAuthorizationMode: { ...mode, GenChallenge: new Uint8Array(16).fill(9) },
  };

  it("contract and card are offered with a challenge; without a desk a card alone", () => {
    const one = iso20ContractBench();
    one.send("SessionSetup");
    expect(one.send("AuthorizationSetup").body).toMatchObject({
      AuthorizationServices: ["PnC", "EIM"],
      CertificateInstallationService: true,
      PnC_ASResAuthorizationMode: { GenChallenge: new Uint8Array(16).fill(7) },
    });
    const without = iso20Bench(true, true);
    without.send("SessionSetup");
    expect(without.send("AuthorizationSetup").body).toMatchObject({ AuthorizationServices: ["EIM"] });
  });

  it("a wrong challenge is a warning: the vehicle may try again, or pay otherwise, but not for ever", () => {
    const one = setUp(iso20ContractBench());
    expect(one.send("Authorization", wrongChallenge)).toMatchObject({
      body: { ResponseCode: "WARNING_ChallengeInvalid" },
      close: false,
    });
    const card = { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} };
    expect(one.send("Authorization", card).body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Finished" });
    const endless = setUp(iso20ContractBench());
    const codes = Array.from({ length: 9 }, () => code(endless, "Authorization", wrongChallenge));
    expect(codes).toEqual([...Array.from({ length: 8 }, () => "WARNING_ChallengeInvalid"), "FAILED"]);
  });

  it.each([
    ["of another session", { SessionID: new Uint8Array(8) }],
    ["of another reading", { MeterInfo: { MeterID: "DE*ISL*E001", ChargedEnergyReadingWh: 1 } }],
  ])("a signed reading %s is refused", (_, values) => {
    const one = setUp(iso20ContractBench());
    const rest = [
      "Authorization",
      "ServiceDiscovery",
      "ServiceSelection",
      "DC_ChargeParameterDiscovery",
      "ScheduleExchange",
      "DC_CableCheck",
      "DC_CableCheck",
      "DC_PreCharge",
      "PowerDelivery+",
    ];
    for (const step of rest) one.send(step);
    expect(one.send("DC_ChargeLoop").body).toMatchObject({
      EVSEStatus: { EVSENotification: "MeteringConfirmation" },
      MeterInfo: { ChargedEnergyReadingWh: 1_234 },
    });
    const data = iso20ContractRequests(true, true)["MeteringConfirmation"]!["SignedMeteringData"] as Fields;
    expect(code(one, "MeteringConfirmation", { SignedMeteringData: { ...data, ...values } })).toBe(
      "FAILED_MeteringSignatureNotValid",
    );
  });
});
