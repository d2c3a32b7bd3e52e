/**
 * The desk of one connection: judges contracts by the charger's roots, and asks the backend, whose answers come later.
 * Nothing here waits; the session asks again at its next tick.
 */
import { randomBytes } from "node:crypto";
import { codecOf } from "../../exi/codec.ts";
import { iso2 } from "../messages/iso2.ts";
import { iso20Common } from "../messages/iso20-common-messages.ts";
import type { Contract, ContractDesk, ContractFault, MeterReceipt, Provision } from "../sessions/plug-and-charge.ts";
import type { Fields } from "../sessions/session.ts";
import { publicKeyOf, type Signature, verifyElements } from "../signatures.ts";
import { judgeChain } from "./chain.ts";

/** What the backend does for contracts (OCPP: Authorize with the contract's hash data, Get15118EVCertificate). */
export interface ContractBackend {
  /** Whether this contract may charge here. Rejects when nobody can say: the vehicle waits, and is asked for again. */
  authorize(contract: Contract): Promise<"accepted" | { readonly refused: ContractFault }>;
  /** The vehicle's request as it came, EXI; the answer as it is to go out, EXI. Undefined where it gives none. */
  readonly certificate:
    | ((request: {
        readonly schema: string;
        readonly update: boolean;
        readonly exi: Uint8Array;
      }) => Promise<Uint8Array | { readonly none: string }>)
    | undefined;
  receipt(receipt: MeterReceipt): void;
}

export interface DeskOptions {
  /** Roots of contracts: of the mobility operators and of the V2G hierarchy, PEM. Read anew for each connection. */
  readonly roots: readonly string[];
  readonly backend: ContractBackend;
  readonly receiptEveryMs?: number | undefined;
}

const schemas = { iso2: "urn:iso:15118:2:2013:MsgDef", iso20: "urn:iso:std:iso:15118:-20:CommonMessages" } as const;

/** A backend that could not be asked is asked again as often as this. */
const asksMax = 3;

export function createContractDesk({ roots, backend, receiptEveryMs }: DeskOptions): ContractDesk {
  let asked: { emaid: string; answer: ReturnType<ContractDesk["authorize"]>; asks: number } | undefined;
  let provision: { exi: string; answer: Provision } | undefined;

  function ask(contract: Contract, asks: number): void {
    const mine = { emaid: contract.emaid, answer: "waiting" as ReturnType<ContractDesk["authorize"]>, asks };
    asked = mine;
    backend.authorize(contract).then(
      (answer) => {
        mine.answer = answer;
      },
      () => {
        if (mine.asks < asksMax && asked === mine) ask(contract, asks + 1);
        else mine.answer = { refused: "unknown" };
      },
    );
  }

  return {
    provisions: backend.certificate !== undefined,
    receiptEveryMs,
    challenge: () => new Uint8Array(randomBytes(16)),
    judge: (chain, emaid, unixS) => judgeChain(chain, roots, emaid, unixS),
    verify(certificate, element, signature) {
      if (signature === undefined) return "nothing is signed";
      try {
        const verified = verifyElements(signature, publicKeyOf(certificate), [element]);
        return verified.ok ? "" : `${verified.fault}: ${verified.detail}`;
      } catch (thrown) {
        return `a certificate or signature that can't be read: ${(thrown as Error).message}`;
      }
    },
    authorize(contract) {
      if (asked?.emaid !== contract.emaid) ask(contract, 1);
      return asked!.answer;
    },
    provide({ set, update, exi }) {
      if (backend.certificate === undefined) return { none: "the backend gives no certificates" };
      const key = Buffer.from(exi).toString("hex");
      if (provision?.exi === key) return provision.answer;
      const mine = { exi: key, answer: "waiting" as Provision };
      provision = mine;
      backend.certificate({ schema: schemas[set], update, exi: exi.slice() }).then(
        (answer) => {
          mine.answer = answer instanceof Uint8Array ? read(set, update, answer) : answer;
        },
        (error: Error) => {
          mine.answer = { none: `the backend did not answer: ${error.message}` };
        },
      );
      return mine.answer;
    },
    receive: (receipt) => backend.receipt(receipt),
  };
}

/** The backend's answer, which goes out as it is but for the session that it belongs to. */
function read(set: "iso2" | "iso20", update: boolean, exi: Uint8Array): Provision {
  const expected = `Certificate${update ? "Update" : "Installation"}Res`;
  try {
    if (set === "iso20") {
      const { root, value } = codecOf(iso20Common).decode(exi);
      const { Header, ...body } = value as unknown as { Header: { Signature?: Signature } } & Fields;
      return root === expected ? { body, signature: Header.Signature } : { none: `the backend answers with ${root}` };
    }
    const { root, value } = codecOf(iso2).decode(exi);
    if (root !== "V2G_Message") return { none: `the backend answers with ${root}` };
    const { Header, Body } = value as unknown as {
      Header: { Signature?: Signature };
      Body: Readonly<Record<string, Fields>>;
    };
    const body = Body[expected];
    return body === undefined
      ? { none: `the backend answers with ${Object.keys(Body)[0] ?? "nothing"}` }
      : { body, signature: Header.Signature };
  } catch (thrown) {
    return { none: `the backend's answer can't be read: ${(thrown as Error).message}` };
  }
}
