/** The account of a site whose controller may be running: read from its store and audit log, which are not touched. */
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableZone, type ZoneOffsets } from "../../domain/time-zone.ts";
import { auditFileName, openAudit } from "../audit/audit.ts";
import type { AuditVerdict } from "../audit/audit-chain.ts";
import { stationKeyFile } from "../commissioning/station-key.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { storeFileName } from "../store/durable.ts";
import { readStore } from "../store/read-store.ts";
import { everyText, readTexts } from "./account-book.ts";
import { type AccountVerdict, type Anchor, readAnchor, verifyAccount } from "./chain.ts";
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
  const documents = readStore(path);
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
        return { audit, account: verifyRows(path, anchors, stationKey(config.stateDir)) };
      } finally {
        log.close();
      }
    },
    close: documents.close,
  };
}

/** The rows as they are now. */
function verifyRows(path: string, anchors: readonly Anchor[], stationKeyPem: string | null): AccountVerdict {
  const documents = readStore(path);
  try {
    return verifyAccount(everyText(documents), anchors, stationKeyPem);
  } finally {
    documents.close();
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
