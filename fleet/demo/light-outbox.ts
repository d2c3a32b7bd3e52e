/** Records of a light site until they are stored, and its audit log with signed heads. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createHeadPlaces, headText } from "../../src/protocols/fleet/heads.ts";
import type { FleetRecord, RecordBody, SiteMessage } from "../../src/protocols/fleet/payloads.ts";

const resendMs = 5_000;
const sentAtOnce = 50;

export interface LightOutbox {
  add(body: RecordBody, atMs: number): void;
  /** One more record of the audit log. */
  write(what: string): void;
  addHead(nowMs: number): void;
  /** The fleet asks what stands at these places of the log; where another process told of them a head follows at once. */
  asked(places: readonly number[], nowMs: number): void;
  /** Somebody cuts the log to so many records; or writes that many and all that follow anew. */
  cut(records: number): void;
  rewrite(from: number): void;
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
  /** Hashes of the log's records, and the first of them. */
  const log = [createHash("sha256").update(site).digest("hex")];
  const audit = (): SiteMessage["audit"] => ({ records: log.length, hash: log.at(-1)! });
  let places = createHeadPlaces();
  const add = (body: RecordBody, atMs: number): void => {
    sequence++;
    made++;
    waiting.set(`${epoch}/${sequence}`, {
      record: { schema: "islet-fleet-record-1", site, epoch, sequence, atMs, body },
      sentMs: 0,
    });
  };
  const write = (what: string): void => {
    log.push(
      createHash("sha256")
        .update(log.at(-1)! + what)
        .digest("hex"),
    );
  };
  const addHead = (nowMs: number): void => {
    const { records, hash } = audit();
    const told = places.toTell(records).map((one) => ({ records: one, hash: log[one - 1] ?? null }));
    const head = { records, hash, places: told };
    const signature = sign(null, Buffer.from(headText(site, head)), privateKey).toString("base64");
    add({ kind: "head", head: { schema: "islet-fleet-head-1", ...head, boot: epoch, signature, publicKeyPem } }, nowMs);
  };
  return {
    add,
    write,
    addHead,
    asked(asked, nowMs) {
      if (places.asked(asked)) addHead(nowMs);
    },
    cut(records) {
      log.length = Math.max(1, records);
    },
    rewrite(from) {
      const count = log.length;
      log.length = Math.max(1, from);
      while (log.length < count) write(`anew ${log.length}`);
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
      places = createHeadPlaces();
      for (const one of waiting.values()) one.sentMs = 0;
    },
    get audit() {
      return audit();
    },
    get made() {
      return made;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
