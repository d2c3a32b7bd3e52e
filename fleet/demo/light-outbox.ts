/** Records of a light site until they are stored, and its audit log with signed heads. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { type FleetRecord, headText, type RecordBody, type SiteMessage } from "../../src/protocols/fleet/payloads.ts";

const resendMs = 5_000;
const sentAtOnce = 50;

export interface LightOutbox {
  add(body: RecordBody, atMs: number): void;
  /** One more record of the audit log. */
  write(what: string): void;
  addHead(nowMs: number): void;
  /** Records to send now. */
  due(nowMs: number): readonly FleetRecord[];
  stored(epoch: string, sequences: readonly number[]): void;
  /** The controller ends and begins again: what waits is kept, and numbers are under another name. */
  restart(): void;
  readonly audit: SiteMessage["audit"];
  readonly made: number;
  readonly waiting: number;
}

export function createLightOutbox(site: string, firstEpoch: string): LightOutbox {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const waiting = new Map<string, { readonly record: FleetRecord; sentMs: number }>();
  let epoch = firstEpoch;
  let restarts = 0;
  let sequence = 0;
  let made = 0;
  let audit = { records: 1, hash: createHash("sha256").update(site).digest("hex") };
  const add = (body: RecordBody, atMs: number): void => {
    sequence++;
    made++;
    waiting.set(`${epoch}/${sequence}`, {
      record: { schema: "islet-fleet-record-1", site, epoch, sequence, atMs, body },
      sentMs: 0,
    });
  };
  return {
    add,
    write(what) {
      const hash = createHash("sha256").update(audit.hash + what);
      audit = { records: audit.records + 1, hash: hash.digest("hex") };
    },
    addHead(nowMs) {
      const signature = sign(null, Buffer.from(headText(site, audit)), privateKey).toString("base64");
      const head = { schema: "islet-fleet-head-1", ...audit, boot: epoch, signature, publicKeyPem } as const;
      add({ kind: "head", head }, nowMs);
    },
    due(nowMs) {
      const due: FleetRecord[] = [];
      for (const one of waiting.values()) {
        if (due.length >= sentAtOnce) break;
        if (nowMs - one.sentMs < resendMs) continue;
        one.sentMs = nowMs;
        due.push(one.record);
      }
      return due;
    },
    stored(of, sequences) {
      for (const one of sequences) waiting.delete(`${of}/${one}`);
    },
    restart() {
      epoch = `${firstEpoch}-${String(++restarts).padStart(4, "0")}`;
      sequence = 0;
      for (const one of waiting.values()) one.sentMs = 0;
    },
    get audit() {
      return audit;
    },
    get made() {
      return made;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
