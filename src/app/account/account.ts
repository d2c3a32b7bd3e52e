/**
 * The energy account of a running site: kept from its report, each row's digest signed and put into the audit log, and asked for
 * statements and guests' bills.
 */
import type { Agreement } from "../../config/agreements-file.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { AuditEvent, AuditRecord } from "../audit/audit-chain.ts";
import { signDocument } from "../commissioning/station-key.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Log } from "../log.ts";
import { whyOf } from "../store/files.ts";
import type { Documents } from "../store/store.ts";
import type { Fleet } from "../vehicles/fleet.ts";
import { openAccountBook } from "./account-book.ts";
import { type AccountHead, type AccountRow, type Anchor, anchorOf, emptyHead, readAnchor } from "./chain.ts";
import { guestAccount } from "./guests.ts";
import { type AccountQuestions, accountQuestions } from "./questions.ts";
import { AccountRecorder, type PlaceView } from "./recorder.ts";
import { siteView } from "./site-view.ts";

/** So many rows in a row that don't close, and it is said. */
const openRowsMax = 4;

export interface EnergyAccount extends AccountQuestions {
  /** To be called with each look at the report. */
  look(report: ControlReport, nowMs: number): void;
  stop(): void;
}

export interface EnergyAccountOptions {
  readonly config: SiteConfig;
  readonly agreements: readonly Agreement[];
  readonly documents: Documents;
  readonly fleet: Pick<Fleet, "presence" | "zone">;
  readonly log: Log;
  /** Durable when it returns, or owed. */
  readonly audit: (event: AuditEvent) => void;
  /** The newest record of a row in the audit log. */
  readonly lastAudited: () => AuditRecord | undefined;
}

export function openEnergyAccount(options: EnergyAccountOptions): EnergyAccount {
  const { config, agreements, documents, fleet, log, audit } = options;
  const book = openAccountBook(documents);
  const { zone } = fleet;
  const last = options.lastAudited();
  const anchored = last === undefined ? null : readAnchor(last.body);
  const kept = book.state?.head ?? book.lastRow() ?? emptyHead;
  const { head, alarm } = whereItGoesOn(kept, anchored);
  for (const sentence of [book.sentence, alarm]) if (sentence !== "") log("warn", sentence);
  if (alarm !== "") audit({ kind: "alarm", actor: "controller", body: { message: alarm } });

  const anchor = (row: AccountRow): void => {
    try {
      const { sequence, hash, signature, publicKeyPem } = anchorOf(row, (text) => signDocument(config.stateDir, text));
      const body = { what: "energy account", sequence, hash, signature, publicKeyPem };
      audit({ kind: "account", actor: "controller", body });
    } catch (failure) {
      log(
        "error",
        `Row ${row.sequence} of the energy account can't be signed (${whyOf(failure)}). The next row's signature covers it as well.`,
      );
    }
  };
  // A cut between the store and the audit log: the chain makes up for all before it.
  const newest = head.sequence > (anchored?.sequence ?? 0) ? book.lastRow() : null;
  if (newest !== null && newest.sequence === head.sequence) anchor(newest);
  const closes = createClosureNotes(log);
  const account = guestAccount(agreements, zone);
  const recorder = new AccountRecorder({
    config,
    book,
    head,
    placeAt(evse, nowMs): PlaceView | null {
      const here = fleet.presence.at(evse);
      if (here === null) return null;
      const vehicle = here.vehicle?.entry ?? null;
      return { vehicle, account: account(here.told, vehicle, nowMs) };
    },
    onRow(row) {
      anchor(row);
      closes(row);
    },
  });
  return {
    ...accountQuestions((fromMs, toMs) => book.texts(fromMs, toMs), agreements, zone),
    look: (report, nowMs) => recorder.look(siteView(report, config), nowMs),
    stop: () => recorder.stop(),
  };
}

/** Rows that the store lost are not written anew: the chain goes on from where the audit log knows it. */
function whereItGoesOn(
  kept: AccountHead,
  anchored: Anchor | null,
): { readonly head: AccountHead; readonly alarm: string } {
  if (anchored === null || kept.sequence > anchored.sequence) return { head: kept, alarm: "" };
  if (kept.sequence === anchored.sequence && kept.hash === anchored.hash) return { head: kept, alarm: "" };
  const what =
    kept.sequence === anchored.sequence
      ? `row ${kept.sequence} is another than the audit log knows`
      : `the store ends at row ${kept.sequence}, and the audit log knows row ${anchored.sequence}`;
  return {
    head: anchored,
    alarm: `The energy account is not whole: ${what}. It goes on after row ${anchored.sequence}. An older store was put back, or somebody changed it: islet account verify.`,
  };
}

/** Says when rows don't close any more, and when they do again. */
function createClosureNotes(log: Log): (row: AccountRow) => void {
  let open = 0;
  return (row) => {
    if (row.closes && open >= openRowsMax) log("info", "The energy account closes again.");
    open = row.closes ? 0 : open + 1;
    if (open === openRowsMax)
      log(
        "warn",
        `The meters of the site disagree: the energy account has not closed for ${open} quarter-hours, by ${(row.closurePpm / 1e4).toFixed(2)} % in the last. Compare the meter at the PCC, PV and the chargers with each other; it clears by itself when they agree.`,
      );
  };
}
