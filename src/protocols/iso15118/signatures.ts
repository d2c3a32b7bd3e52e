/**
 * Signatures of ISO 15118: an XML signature whose canonical form is EXI. Each signed element is digested as an EXI
 * fragment in the grammar of its message's set; SignedInfo, which lists the digests, is signed as a fragment too.
 *
 * Of SignedInfo there are two practices in the field: the grammar of the message's set, or that of xmldsig alone, which
 * gives other bytes. Signing takes the first unless told otherwise; verification tries both.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify, X509Certificate } from "node:crypto";
import { codecOf } from "../exi/codec.ts";
import type { FragmentName } from "../exi/interpret.ts";
import type { Infer, SchemaSet } from "../exi/schema.ts";
import { type Signature as SignatureType, type SignedInfo as SignedInfoType, xmldsig } from "./messages/xmldsig.ts";

/** The Signature of a message header. */
export type Signature = Infer<typeof SignatureType>;
export type SignedInfo = Infer<typeof SignedInfoType>;

/** What is signed: an element with an Id, in the set of its message. */
export interface SignedElement {
  readonly set: SchemaSet;
  readonly element: FragmentName;
  /** Its value has the `Id` by which the signature refers to it. */
  readonly value: { readonly Id?: string };
}

/** ISO 15118-2 signs with P-256, ISO 15118-20 with P-521 or Ed448. */
export type SignatureSuite = "ecdsa-p256-sha256" | "ecdsa-p521-sha512" | "ed448";

interface Suite {
  readonly method: string;
  readonly digestMethod: string;
  readonly digest: "sha256" | "sha512";
  /** What the signature algorithm hashes with; Ed448 does it itself. */
  readonly hash: "sha256" | "sha512" | null;
  readonly keyType: "ec" | "ed448";
  readonly curve: string | undefined;
}

const sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
const sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";

const suites: Readonly<Record<SignatureSuite, Suite>> = {
  "ecdsa-p256-sha256": {
    method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    digestMethod: sha256,
    digest: "sha256",
    hash: "sha256",
    keyType: "ec",
    curve: "prime256v1",
  },
  "ecdsa-p521-sha512": {
    method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    digestMethod: sha512,
    digest: "sha512",
    hash: "sha512",
    keyType: "ec",
    curve: "secp521r1",
  },
  ed448: {
    method: "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448",
    digestMethod: sha512,
    digest: "sha512",
    hash: null,
    keyType: "ed448",
    curve: undefined,
  },
};

const digests: Readonly<Record<string, "sha256" | "sha512">> = { [sha256]: "sha256", [sha512]: "sha512" };

/** The canonical form; the standards write it with a slash, some vehicles without. */
const canonicalExi = "http://www.w3.org/TR/canonical-exi/";
const isCanonicalExi = (algorithm: string): boolean => algorithm === canonicalExi || `${algorithm}/` === canonicalExi;

/** Elements that one signature may cover. */
const referencesMax = 8;

/** The digest of an element as the signature of its message has it. */
function digestOf({ set, element, value }: SignedElement, digest: "sha256" | "sha512"): Uint8Array {
  return createHash(digest).update(codecOf(set).encodeFragment(element, value)).digest();
}

/** The octets of SignedInfo that are signed: in the grammar of a message's set, or of xmldsig alone. */
export function signedOctets(signedInfo: SignedInfo, set: SchemaSet): Uint8Array {
  return codecOf(set).encodeFragment({ name: "SignedInfo" }, signedInfo);
}

/**
 * Signs elements of one message. `grammar` is the set in whose grammar SignedInfo is coded, by default the message's.
 * The key must fit the suite, and every element must have an Id.
 */
export function signElements(
  suite: SignatureSuite,
  privateKey: KeyObject,
  elements: readonly [SignedElement, ...SignedElement[]],
  grammar: SchemaSet = elements[0].set,
): Signature {
  const { method, digestMethod, digest, hash } = suites[suite];
  if (!fits(suite, privateKey)) throw new TypeError(`this key cannot sign with ${suite}`);
  const signedInfo: SignedInfo = {
    CanonicalizationMethod: { Algorithm: canonicalExi },
    SignatureMethod: { Algorithm: method },
    Reference: elements.map((one) => {
      const { Id } = one.value;
      if (Id === undefined) throw new TypeError(`${one.element.name} has no Id to refer to`);
      return {
        URI: `#${Id}`,
        Transforms: { Transform: [{ Algorithm: canonicalExi }] },
        DigestMethod: { Algorithm: digestMethod },
        DigestValue: digestOf(one, digest),
      };
    }),
  };
  const octets = signedOctets(signedInfo, grammar);
  return {
    SignedInfo: signedInfo,
    SignatureValue: { value: sign(hash, octets, { key: privateKey, dsaEncoding: "ieee-p1363" }) },
  };
}

/** Why a signature does not hold. */
export type SignatureFault =
  | "algorithm-unknown" // a method or transform that the standards do not use
  | "key-unfit" // the key is not of the kind that the method needs
  | "element-not-signed" // an element that should be signed has no reference
  | "reference-unknown" // a reference to something that is not among the elements
  | "digest-differs" // an element is not the one that was signed
  | "signature-differs"; // SignedInfo is not what this key signed

export type Verification =
  | { readonly ok: true; readonly grammar: "message" | "xmldsig" }
  | { readonly ok: false; readonly fault: SignatureFault; readonly detail: string };

const refuse = (fault: SignatureFault, detail: string): Verification => ({ ok: false, fault, detail });

/**
 * Does this signature cover exactly these elements, by this key? The elements are what the reader relies upon: each must
 * be referred to by its Id and have the digest, and nothing else may be referred to.
 * Whether the key is to be trusted (its certificate, for this session) is for the caller.
 */
export function verifyElements(
  signature: Signature,
  publicKey: KeyObject,
  elements: readonly [SignedElement, ...SignedElement[]],
): Verification {
  const { SignedInfo: signedInfo, SignatureValue: signed } = signature;
  const method = signedInfo.SignatureMethod.Algorithm;
  const suite = (Object.keys(suites) as SignatureSuite[]).find((one) => suites[one].method === method);
  if (suite === undefined) return refuse("algorithm-unknown", `signature method ${method}`);
  if (!isCanonicalExi(signedInfo.CanonicalizationMethod.Algorithm)) {
    return refuse("algorithm-unknown", `canonicalization ${signedInfo.CanonicalizationMethod.Algorithm}`);
  }
  if (!fits(suite, publicKey)) return refuse("key-unfit", `${suite} needs another kind of key`);

  const references = signedInfo.Reference;
  if (references.length > Math.min(elements.length, referencesMax)) {
    return refuse("reference-unknown", `${references.length} references for ${elements.length} elements`);
  }
  for (const one of elements) {
    const reference = references.find(({ URI }) => URI !== undefined && URI === `#${one.value.Id}`);
    if (reference === undefined) return refuse("element-not-signed", `no reference to ${one.element.name}`);
    const transform = reference.Transforms?.Transform.find((step) => !isCanonicalExi(step.Algorithm));
    if (transform !== undefined) return refuse("algorithm-unknown", `transform ${transform.Algorithm}`);
    const digest = digests[reference.DigestMethod.Algorithm];
    if (digest === undefined) return refuse("algorithm-unknown", `digest method ${reference.DigestMethod.Algorithm}`);
    if (!equal(digestOf(one, digest), reference.DigestValue)) {
      return refuse("digest-differs", `${one.element.name} is not what was signed`);
    }
  }

  const { hash } = suites[suite];
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  for (const [grammar, set] of [
    ["message", elements[0].set],
    ["xmldsig", xmldsig],
  ] as const) {
    if (verify(hash, signedOctets(signedInfo, set), key, signed.value)) return { ok: true, grammar };
  }
  return refuse("signature-differs", "SignedInfo is not what this key signed");
}

/** The public key of a certificate (DER), to verify what its owner signed. Throws if it is none. */
export const publicKeyOf = (certificate: Uint8Array): KeyObject =>
  createPublicKey(new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }));

function fits(suite: SignatureSuite, key: KeyObject): boolean {
  const { keyType, curve } = suites[suite];
  return key.asymmetricKeyType === keyType && key.asymmetricKeyDetails?.namedCurve === curve;
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
