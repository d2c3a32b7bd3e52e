/** Tells the fleet where the audit log ends: every quarter of an hour, after each receipt, and when the fleet asks what stood before. */
import { createHeadPlaces, type HeadPlace, headText } from "../../../protocols/fleet/heads.ts";
import type { RecordBody } from "../../../protocols/fleet/payloads.ts";
import { type AuditHead, type AuditRecord, genesisHash } from "../../audit/audit-chain.ts";
import { whyOf } from "../../store/files.ts";

const headEveryMs = 15 * 60_000;
/** What may be followed by more in a moment: the head waits for it, ms. */
const headAfterMs = 1_000;

/** What is read of the audit log. */
export interface AuditView {
  head(): AuditHead;
  read(fromSeq: number, limit: number): readonly Pick<AuditRecord, "seq" | "hash">[];
}

export interface HeadTellerOptions {
  readonly site: string;
  readonly boot: string;
  readonly audit: AuditView;
  /** Signs with the station's key; throws where it can't. */
  readonly sign: (text: string) => { readonly signature: string; readonly publicKeyPem: string };
  readonly add: (body: RecordBody) => void;
  readonly onFailed: (why: string) => void;
}

export interface HeadTeller {
  /** To be called often; moments are monotonic, ms. */
  look(nowMs: number): void;
  /** A receipt was given, or a document was answered: a head follows. */
  soon(nowMs: number): void;
  /** The fleet asks what stands at these places. */
  asked(places: readonly number[], nowMs: number): void;
  /** At once: the last word. */
  tell(): void;
}

export function createHeadTeller({ site, boot, audit, sign, add, onFailed }: HeadTellerOptions): HeadTeller {
  const places = createHeadPlaces();
  let dueMs = 0;

  /** What stands at a place now. */
  function placeAt(records: number): HeadPlace {
    if (records === 0) return { records, hash: genesisHash };
    const [record] = audit.read(records, 1);
    return { records, hash: record?.seq === records ? record.hash : null };
  }
  function tell(): void {
    try {
      const { records, hash } = audit.head();
      const head = { records, hash, places: places.toTell(records).map(placeAt) };
      const { signature, publicKeyPem } = sign(headText(site, head));
      add({ kind: "head", head: { schema: "islet-fleet-head-1", ...head, boot, signature, publicKeyPem } });
    } catch (failure) {
      onFailed(`the head of the audit log can't be told (${whyOf(failure)})`);
    }
  }
  const soon = (nowMs: number): void => {
    dueMs = Math.min(dueMs, nowMs + headAfterMs);
  };
  return {
    tell,
    soon,
    look(nowMs) {
      if (nowMs < dueMs) return;
      dueMs = nowMs + headEveryMs;
      tell();
    },
    asked(asked, nowMs) {
      if (places.asked(asked)) soon(nowMs);
    },
  };
}
