/** The account of a site whose controller may be running: read from its store and audit log, which are not touched. */
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { tableZone, type ZoneOffsets } from "../../domain/time-zone.ts";
import { auditFileName, openAudit } from "../audit/audit.ts";
import type { AuditVerdict } from "../audit/audit-chain.ts";
import { stationKeyFile } from "../commissioning/station-key.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { storeFileName } from "../store/durable.ts";
import { whyOf } from "../store/files.ts";
import type { Documents } from "../store/store.ts";
import { everyText, readTexts } from "./account-book.ts";
import { type AccountVerdict, readAnchor, verifyAccount } from "./chain.ts";
import { type AccountQuestions, accountQuestions } from "./questions.ts";

export interface AccountReader extends AccountQuestions {
  readonly zone: ZoneOffsets;
  verify(): { readonly account: AccountVerdict; readonly audit: AuditVerdict };
  close(): void;
}

/** Opens it; throws a sentence where there is none. */
export function readAccount({ config, agreements }: Pick<LoadedSite, "config" | "agreements">): AccountReader {
  const path = join(config.stateDir, storeFileName);
  if (!existsSync(path))
    throw new Error(`${path} is not there: the controller has not run yet, or its state lies elsewhere`);
  const zone = tableZone(config.site.timeZone);
  if (!zone.ok) throw new Error(zone.error);
  const database = openReadOnly(path);
  const list = database.prepare("SELECT key, value FROM document WHERE collection = ? ORDER BY key");
  const one = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?");
  const documents: Pick<Documents, "get" | "entries"> = {
    get(collection, key) {
      const row = one.get(collection, key);
      return row === undefined ? undefined : String(row["value"]);
    },
    entries: (collection) =>
      list.all(collection).map((row) => ({ key: String(row["key"]), value: String(row["value"]) })),
  };
  const texts = (fromMs: number, toMs: number): string[] => readTexts(documents, fromMs, toMs);
  return {
    ...accountQuestions(texts, agreements, zone.value),
    zone: zone.value,
    verify() {
      const log = openAudit({ path: join(config.stateDir, auditFileName), now: () => 0, readOnly: true });
      try {
        // The log first: a row that comes meanwhile is one that is not in it yet.
        const audit = log.verify();
        const anchors = [...log.everyOf("account")].flatMap(({ body }) => readAnchor(body) ?? []);
        return { audit, account: verifyAccount(everyText(documents), anchors, stationKey(config.stateDir)) };
      } finally {
        log.close();
      }
    },
    close: () => database.close(),
  };
}

function openReadOnly(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.exec("PRAGMA busy_timeout = 5000");
    database.prepare("SELECT 1 FROM document LIMIT 1").get();
    return database;
  } catch (failure) {
    throw new Error(`The store ${path} can't be read (${whyOf(failure)}). Check the path and its rights.`);
  }
}

/** The public key that the station signs with; null where its key is not here. */
function stationKey(stateDir: string): string | null {
  try {
    const key = createPublicKey(readFileSync(join(stateDir, stationKeyFile), "utf8"));
    return key.export({ type: "spki", format: "pem" }).toString();
  } catch {
    return null;
  }
}
