import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { SchemaSet } from "../../../src/protocols/exi/schema.ts";
import { iso2 } from "../../../src/protocols/iso15118/messages/iso2.ts";
import { iso20Common } from "../../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import { xmldsig } from "../../../src/protocols/iso15118/messages/xmldsig.ts";
import {
  publicKeyOf,
  type SignatureSuite,
  type SignedElement,
  signElements,
  signedOctets,
  verifyElements,
} from "../../../src/protocols/iso15118/signatures.ts";
import { anyCodecOf, bytesOf, readVectors, setOf } from "../exi/support/vectors.ts";

const keys: Readonly<Record<SignatureSuite, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  "ecdsa-p256-sha256": generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  "ecdsa-p521-sha512": generateKeyPairSync("ec", { namedCurve: "secp521r1" }),
  ed448: generateKeyPairSync("ed448"),
};

const authorization = (challenge: number): SignedElement => ({
  set: iso2 as unknown as SchemaSet,
  element: { name: "AuthorizationReq" },
  value: { Id: "id1", GenChallenge: new Uint8Array(16).fill(challenge) } as { Id: string },
});
const metering: SignedElement = {
  set: iso20Common as unknown as SchemaSet,
  element: { name: "SignedMeteringData" },
  value: {
    Id: "id2",
    SessionID: new Uint8Array(8),
    MeterInfo: { MeterID: "m", ChargedEnergyReadingWh: 12_000 },
    Dynamic_SMDTControlMode: {},
  } as { Id: string },
};

const cases: readonly (readonly [SignatureSuite, SignedElement, number])[] = [
  ["ecdsa-p256-sha256", authorization(7), 64],
  ["ecdsa-p521-sha512", metering, 132],
  ["ed448", metering, 114],
];

describe.each(cases)("a signature by %s", (suite, element, octets) => {
  const { publicKey, privateKey } = keys[suite];

  test("holds in the grammar of the message's set and in that of xmldsig", () => {
    const inMessage = signElements(suite, privateKey, [element]);
    const alone = signElements(suite, privateKey, [element], xmldsig as unknown as SchemaSet);
    expect(inMessage.SignatureValue.value.length, "r and s, or the Ed448 octets, as they are").toBe(octets);
    expect(verifyElements(inMessage, publicKey, [element])).toEqual({ ok: true, grammar: "message" });
    expect(verifyElements(alone, publicKey, [element])).toEqual({ ok: true, grammar: "xmldsig" });
  });

  test("survives the way through EXI", () => {
    const codec = anyCodecOf(element.set.name as "iso2");
    const signature = signElements(suite, privateKey, [element]);
    const { value } = codec.decodeFragment(codec.encodeFragment({ name: "Signature" }, signature));
    expect(verifyElements(value as typeof signature, publicKey, [element])).toMatchObject({ ok: true });
  });

  test("does not hold by another key", () => {
    const signature = signElements(suite, privateKey, [element]);
    const other =
      suite === "ed448"
        ? generateKeyPairSync("ed448")
        : generateKeyPairSync("ec", { namedCurve: suite === "ecdsa-p256-sha256" ? "prime256v1" : "secp521r1" });
    expect(verifyElements(signature, other.publicKey, [element])).toMatchObject({
      ok: false,
      fault: "signature-differs",
    });
  });
});

describe("a signature does not hold", () => {
  const { publicKey, privateKey } = keys["ecdsa-p256-sha256"];
  const signature = signElements("ecdsa-p256-sha256", privateKey, [authorization(7)]);
  const [reference] = signature.SignedInfo.Reference;

  test.each([
    ["for another challenge", signature, [authorization(8)], "digest-differs"],
    [
      "for another element",
      signature,
      [{ ...metering, value: { ...metering.value, Id: "id9" } }],
      "element-not-signed",
    ],
    ["for an element that it does not refer to", signature, [authorization(7), metering], "element-not-signed"],
    [
      "with a reference to something else beside",
      {
        ...signature,
        SignedInfo: { ...signature.SignedInfo, Reference: [reference!, { ...reference!, URI: "#id9" }] },
      },
      [authorization(7)],
      "reference-unknown",
    ],
    [
      "with a method that nobody agreed on",
      { ...signature, SignedInfo: { ...signature.SignedInfo, SignatureMethod: { Algorithm: "urn:rsa-sha1" } } },
      [authorization(7)],
      "algorithm-unknown",
    ],
    [
      "with a transform that is not canonical EXI",
      {
        ...signature,
        SignedInfo: {
          ...signature.SignedInfo,
          Reference: [{ ...reference!, Transforms: { Transform: [{ Algorithm: "urn:xpath" }] } }],
        },
      },
      [authorization(7)],
      "algorithm-unknown",
    ],
    [
      "with one octet of its value changed",
      {
        ...signature,
        SignatureValue: { value: signature.SignatureValue.value.map((octet, i) => (i === 5 ? octet ^ 1 : octet)) },
      },
      [authorization(7)],
      "signature-differs",
    ],
  ] as const)("%s", (_, given, elements, fault) => {
    const list = elements as unknown as [SignedElement];
    expect(verifyElements(given as unknown as typeof signature, publicKey, list)).toMatchObject({ ok: false, fault });
  });

  test("by a key of another kind", () => {
    const { publicKey: other } = keys["ecdsa-p521-sha512"];
    expect(verifyElements(signature, other, [authorization(7)])).toMatchObject({ ok: false, fault: "key-unfit" });
  });

  test("an unfit key cannot sign either", () => {
    expect(() => signElements("ed448", privateKey, [metering])).toThrow(/cannot sign/);
  });
});

test("the two grammars of SignedInfo give different octets: 210 and 209 for one reference", () => {
  const { SignedInfo } = signElements("ecdsa-p256-sha256", keys["ecdsa-p256-sha256"].privateKey, [
    { ...metering, value: { ...metering.value, Id: "id1" } },
  ]);
  expect(signedOctets(SignedInfo, iso20Common as unknown as SchemaSet).length).toBe(210);
  expect(signedOctets(SignedInfo, xmldsig as unknown as SchemaSet).length).toBe(209);
});

const captures = process.env["ISLET_EXI_REAL"];

test.skipIf(captures === undefined)("signatures of another stack hold by their certificates", () => {
  const signedBy: Readonly<Record<string, readonly [element: string, certificate: (value: never) => Uint8Array]>> = {
    AuthorizationReq: [
      "PnC_AReqAuthorizationMode",
      (value: { ContractCertificateChain: { Certificate: Uint8Array } }) => value.ContractCertificateChain.Certificate,
    ],
    CertificateInstallationReq: [
      "OEMProvisioningCertificateChain",
      (value: { Certificate: Uint8Array }) => value.Certificate,
    ],
  };
  let verified = 0;
  for (const { schemaSet, xml, exi, fragment } of readVectors(captures!)) {
    if (schemaSet !== "iso20-common" || fragment || !xml.includes("SignatureValue")) continue;
    const { root, value } = anyCodecOf(schemaSet).decode(bytesOf(exi)) as { root: string; value: never };
    const [name, certificate] = signedBy[root]!;
    const { Header, [name]: signed } = value as { Header: { Signature: never }; [name: string]: unknown };
    const element = {
      set: setOf(schemaSet) as unknown as SchemaSet,
      element: { name },
      value: signed as { Id: string },
    };
    expect(verifyElements(Header.Signature, publicKeyOf(certificate(signed as never)), [element])).toMatchObject({
      ok: true,
    });
    verified++;
  }
  expect(verified).toBeGreaterThan(0);
});
