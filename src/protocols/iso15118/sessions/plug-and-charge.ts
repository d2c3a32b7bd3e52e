/**
 * Contracts in the vehicle (Plug & Charge) as sessions see them: a desk that draws challenges, judges chains, verifies
 * signatures and asks the backend. Everything that it does at once is bounded; what takes time is asked again.
 */
import type { Signature, SignedElement } from "../signatures.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A contract certificate and those between it and a root, DER. */
export interface ContractChain {
  readonly certificate: Uint8Array;
  readonly between: readonly Uint8Array[];
}

/** A contract whose chain leads to a root that the charger trusts. */
export interface Contract {
  /** The contract's identifier as the backend knows it: upper case, without separators. */
  readonly emaid: string;
  readonly certificate: Uint8Array;
  /** From the contract to the root, PEM. */
  readonly pem: readonly string[];
  /** It ends within some days. */
  readonly expiresSoon: boolean;
  /** Why nobody has looked up whether it was revoked, or an empty sentence. */
  readonly revocation: string;
}

/** Why a contract is not accepted. */
export type ContractFault = "expired" | "notYetValid" | "chain" | "revoked" | "canceled" | "unknown" | "notAllowed";

export type Judgement =
  | { readonly ok: true; readonly contract: Contract }
  | { readonly ok: false; readonly fault: ContractFault; readonly detail: string };

/** The backend's word on a contract. */
export type ContractAnswer = "waiting" | "accepted" | { readonly refused: ContractFault };

/** A contract certificate for the vehicle, from the backend: the body of the answer and the signature over its parts. */
export type Provision =
  | "waiting"
  | { readonly none: string }
  | { readonly body: Fields; readonly signature: Signature | undefined };

/** A meter reading that the vehicle has signed. */
export interface MeterReceipt {
  readonly emaid: string;
  readonly meterId: string;
  readonly meterWh: number;
  /** The signed request as it came. */
  readonly exi: Uint8Array;
}

export interface ContractDesk {
  /** The backend gives vehicles contract certificates. */
  readonly provisions: boolean;
  /** A signed receipt is asked for this often, ms; never when undefined. */
  readonly receiptEveryMs: number | undefined;
  /** Sixteen random octets, new each time. */
  challenge(): Uint8Array;
  /** Is this chain good now, and is it this contract's? Without an identifier, that of the certificate. */
  judge(chain: ContractChain, emaid: string | undefined, unixS: number): Judgement;
  /** Whether this certificate's key has signed this element; why not, or an empty sentence. */
  verify(certificate: Uint8Array, element: SignedElement, signature: Signature | undefined): string;
  authorize(contract: Contract): ContractAnswer;
  provide(request: { readonly set: "iso2" | "iso20"; readonly update: boolean; readonly exi: Uint8Array }): Provision;
  receive(receipt: MeterReceipt): void;
}

/** What a session remembers of its contract. */
export interface ContractState {
  /** Undefined where contracts are not offered: no encryption, or no root to verify them by. */
  readonly desk: ContractDesk | undefined;
  /** The vehicle pays by its contract. */
  chosen: boolean;
  /** It asked for the service that gives it a certificate. */
  provisions: boolean;
  challenge: Uint8Array | undefined;
  contract: Contract | undefined;
  /** It has signed the challenge. */
  proven: boolean;
  /** Contracts and certificates that were presented. */
  attempts: number;
  /** The reading for which a receipt is awaited. */
  asked: { readonly meterId: string; readonly meterWh: number } | undefined;
  askedAtMs: number;
}

export const noContract = (desk: ContractDesk | undefined): ContractState => ({
  desk,
  chosen: false,
  provisions: false,
  challenge: undefined,
  contract: undefined,
  proven: false,
  attempts: 0,
  asked: undefined,
  askedAtMs: Number.NaN,
});

/** Contracts and certificates that a session may present; each costs some milliseconds of verification. */
export const attemptsMax = 8;

/** Same octets, in a time that does not tell how many were right. */
export function sameOctets(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}
