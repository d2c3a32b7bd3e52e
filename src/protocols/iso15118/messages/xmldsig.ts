/**
 * XML signatures (xmldsig-core-schema): what V2G headers carry, and the rest of the schema, whose names take
 * event codes in every set. Elements of other schemas (`any`) hold their code and are refused.
 */
import { attribute, choice, namespace, optional, repeat, run, schemaSet, unbounded, wildcard } from "../../exi/dsl.ts";
import { xs } from "../../exi/simple-types.ts";

const { elements, sequence, mixed, text } = namespace("http://www.w3.org/2000/09/xmldsig#", { prefix: "ds" });
const CryptoBinary = xs.base64Binary;

// What is signed ───────────────────────────────────────────────────────────────────────────────────────────────────

const CanonicalizationMethod = mixed({ Algorithm: attribute(xs.anyURI), any: repeat(wildcard, 0, unbounded) });
const HMACOutputLength = xs.integer;
const SignatureMethod = mixed({
  Algorithm: attribute(xs.anyURI),
  HMACOutputLength: optional(HMACOutputLength),
  any: repeat(wildcard, 0, unbounded),
});

/** A step from the signed element to the octets that are digested; V2G uses canonical EXI and no XPath. */
const Transform = mixed({
  Algorithm: attribute(xs.anyURI),
  content: repeat(choice({ XPath: xs.string, any: wildcard }), 0, unbounded),
});

const Transforms = sequence({ Transform: repeat(Transform, 1, unbounded) });
const DigestMethod = mixed({ Algorithm: attribute(xs.anyURI), any: repeat(wildcard, 0, unbounded) });
const DigestValue = xs.base64Binary;

/** The digest of one signed element, which `URI` names by its Id. */
const Reference = sequence({
  Id: optional(attribute(xs.ID)),
  URI: optional(attribute(xs.anyURI)),
  Type: optional(attribute(xs.anyURI)),
  Transforms: optional(Transforms),
  DigestMethod,
  DigestValue,
});

/** What is signed: the digests of the referenced elements and the algorithms. */
export const SignedInfo = sequence({
  Id: optional(attribute(xs.ID)),
  CanonicalizationMethod,
  SignatureMethod,
  Reference: repeat(Reference, 1, unbounded),
});

/** The signature itself, over the EXI fragment of SignedInfo. */
const SignatureValue = text(xs.base64Binary, { Id: optional(attribute(xs.ID)) });

// Which key signed ─────────────────────────────────────────────────────────────────────────────────────────────────

const DSAKeyValue = sequence({
  primes: optional(run({ P: CryptoBinary, Q: CryptoBinary })),
  G: optional(CryptoBinary),
  Y: CryptoBinary,
  J: optional(CryptoBinary),
  generation: optional(run({ Seed: CryptoBinary, PgenCounter: CryptoBinary })),
});

const RSAKeyValue = sequence({ Modulus: CryptoBinary, Exponent: CryptoBinary });
const KeyValue = mixed({ key: choice({ DSAKeyValue, RSAKeyValue, any: wildcard }) });
const RetrievalMethod = sequence({
  URI: optional(attribute(xs.anyURI)),
  Type: optional(attribute(xs.anyURI)),
  Transforms: optional(Transforms),
});

export const X509IssuerSerial = sequence({ X509IssuerName: xs.string, X509SerialNumber: xs.integer });
const X509Data = sequence({
  content: repeat(
    choice({
      X509IssuerSerial,
      X509SKI: xs.base64Binary,
      X509SubjectName: xs.string,
      X509Certificate: xs.base64Binary,
      X509CRL: xs.base64Binary,
      any: wildcard,
    }),
    1,
    unbounded,
  ),
});

const PGPData = sequence({
  packet: run(
    { PGPKeyID: xs.base64Binary, PGPKeyPacket: optional(xs.base64Binary), any: repeat(wildcard, 0, unbounded) },
    { PGPKeyPacket: xs.base64Binary, any: repeat(wildcard, 0, unbounded) },
  ),
});

const SPKIData = sequence({ SPKISexp: repeat(xs.base64Binary, 1, unbounded), any: optional(wildcard) });

/** Which key signed. V2G sends the certificate in the message instead. */
const KeyInfo = mixed({
  Id: optional(attribute(xs.ID)),
  content: repeat(
    choice({
      KeyName: xs.string,
      KeyValue,
      RetrievalMethod,
      X509Data,
      PGPData,
      SPKIData,
      MgmtData: xs.string,
      any: wildcard,
    }),
    1,
    unbounded,
  ),
});

// The signature ────────────────────────────────────────────────────────────────────────────────────────────────────

const ObjectElement = mixed({
  Id: optional(attribute(xs.ID)),
  MimeType: optional(attribute(xs.string)),
  Encoding: optional(attribute(xs.anyURI)),
  any: repeat(wildcard, 0, unbounded),
});

/** A signature over one or more elements of the message, in the header of the message. */
export const Signature = sequence({
  Id: optional(attribute(xs.ID)),
  SignedInfo,
  SignatureValue,
  KeyInfo: optional(KeyInfo),
  Object: repeat(ObjectElement, 0, unbounded),
});

const Manifest = sequence({ Id: optional(attribute(xs.ID)), Reference: repeat(Reference, 1, unbounded) });
const SignatureProperty = mixed({
  Target: attribute(xs.anyURI),
  Id: optional(attribute(xs.ID)),
  any: repeat(wildcard, 1, unbounded),
});

const SignatureProperties = sequence({
  Id: optional(attribute(xs.ID)),
  SignatureProperty: repeat(SignatureProperty, 1, unbounded),
});

/** The global elements of this schema. */
export const xmldsigElements = elements({
  Signature,
  SignatureValue,
  SignedInfo,
  CanonicalizationMethod,
  SignatureMethod,
  Reference,
  Transforms,
  Transform,
  DigestMethod,
  DigestValue,
  KeyInfo,
  KeyName: xs.string,
  MgmtData: xs.string,
  KeyValue,
  RetrievalMethod,
  X509Data,
  PGPData,
  SPKIData,
  Object: ObjectElement,
  Manifest,
  SignatureProperties,
  SignatureProperty,
  DSAKeyValue,
  RSAKeyValue,
});

/** XML signatures alone: the grammar in which some stacks sign SignedInfo. */
export const xmldsig = schemaSet("xmldsig", xmldsigElements);
