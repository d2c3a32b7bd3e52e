/** A site's true audit log with what tells the fleet of its heads, as the fleet's ledger takes them; a test puts the log back. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type AuditLog, openAudit } from "../../src/app/audit/audit.ts";
import { createHeadTeller } from "../../src/app/links/fleet/head-teller.ts";
import { newEpoch } from "../../src/app/links/fleet/outbox.ts";
import type { FleetRecord } from "../../src/protocols/fleet/payloads.ts";

const startMs = Date.UTC(2027, 0, 31, 12);

export function loggedSite(site: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const stored = new Map<string, string>();
  const documents = {
    get: (collection: string, key: string) => stored.get(`${collection}/${key}`),
    put: (collection: string, key: string, value: string) => void stored.set(`${collection}/${key}`, value),
  };
  const told: FleetRecord[] = [];
  /** What was written into the log, in its order. */
  let words: string[] = [];
  let log: AuditLog;
  let clockMs = startMs;
  let heads: ReturnType<typeof createHeadTeller>;
  let monotonicMs = 0;

  function open(): void {
    log = openAudit({ path: ":memory:", now: () => startMs });
    for (const word of words) log.append({ kind: "mode", actor: "controller", body: { word } });
    const epoch = newEpoch(documents, clockMs);
    let sequence = 0;
    heads = createHeadTeller({
      ...{ site, boot: epoch, audit: log },
      sign: (text) => ({ signature: sign(null, Buffer.from(text), privateKey).toString("base64"), publicKeyPem }),
      add: (body) =>
        told.push({
          schema: "islet-fleet-record-1",
          ...{ site, epoch, sequence: ++sequence, atMs: startMs + told.length * 60_000, body },
        }),
      onFailed(why) {
        throw new Error(why);
      },
    });
  }
  open();
  return {
    /** So many records are written. */
    write(count: number) {
      for (let i = 0; i < count; i++) {
        const word = `${words.length} ${stored.get("fleet/epoch")}`;
        words.push(word);
        log.append({ kind: "mode", actor: "controller", body: { word } });
      }
    },
    head: () => heads.tell(),
    /** The fleet asks for places; what the site tells of them at once is told. */
    asked(places: readonly number[]) {
      heads.asked(places, monotonicMs);
      monotonicMs += 1_000;
      heads.look(monotonicMs);
    },
    /** The controller begins again, where somebody has put the log back to so many records; its clock may not know the time. */
    restart(records = words.length, atMs = (clockMs += 1_000)) {
      log.close();
      words = words.slice(0, records);
      clockMs = atMs;
      monotonicMs = 0;
      open();
    },
    /** One record is another than before, and all that follow. */
    rewrite(at: number) {
      words = words.map((word, i) => (i === at ? `${word}, altered` : word));
    },
    hashAt: (records: number): string => log.read(records, 1)[0]!.hash,
    /** Heads since the last time. */
    take: (): FleetRecord[] => told.splice(0),
  };
}
