/**
 * The link to a fleet: tells what the page says, keeps records until the fleet's database has them, and carries out signed orders
 * through the port for requests. A site never needs its fleet: whatever is away, it goes on by its own word.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SiteConfig } from "../../../config/site.ts";
import { dispatcherKey } from "../../../protocols/fleet/orders.ts";
import {
  headText,
  helloAnswerSchema,
  leasesMax,
  needsMax,
  type RecordBody,
  type SiteMessage,
  storedSchema,
} from "../../../protocols/fleet/payloads.ts";
import { orderStream, subjectOf } from "../../../protocols/fleet/subjects.ts";
import type { EnergyAccount } from "../../account/account.ts";
import type { AuditEvent, AuditHead } from "../../audit/audit-chain.ts";
import { signDocument } from "../../commissioning/station-key.ts";
import type { Log } from "../../log.ts";
import type { ReadyVehicle } from "../../planning/readiness.ts";
import { whyOf } from "../../store/files.ts";
import type { Documents } from "../../store/store.ts";
import { isletVersion } from "../../version.ts";
import type { LinkPort } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { type Carrier, openCarrier } from "./connection.ts";
import { readEnergy } from "./energy-reader.ts";
import { isOver, type LeaseEntry, openLeaseBook } from "./lease-book.ts";
import { createLeaseMeter } from "./lease-meter.ts";
import { createFleetNotes } from "./notes.ts";
import { type LeaseNews, openOrderDesk } from "./order-desk.ts";
import { openOutbox } from "./outbox.ts";
import { createPowerTeller } from "./power-teller.ts";
import { createEventReader, type ShownPage, urgentOf } from "./told.ts";

type FleetConfig = NonNullable<SiteConfig["links"]["fleet"]>;

export interface FleetOptions {
  readonly config: Pick<SiteConfig, "stateDir">;
  readonly fleet: FleetConfig;
  readonly links: LinkPort;
  readonly documents: Documents;
  readonly account: Pick<EnergyAccount, "rows">;
  readonly board: () => readonly ReadyVehicle[];
  readonly auditHead: () => AuditHead;
  readonly audit: (event: AuditEvent) => void;
  readonly log: Log;
}

export interface FleetLink extends OutsideLink {
  /** Whoever serves the page says what it shows; null while it shows nothing. Until then no state is told. */
  describe(page: () => ShownPage | null): void;
}

/** Work is looked for this often, ms. */
const lookEveryMs = 250;
const stateEveryMs = 60_000;
/** States that follow one another at once: at most one in this time, ms. */
const urgentEveryMs = 1_000;
/** Orders are read again, and clocks compared, this often, ms. */
const readEveryMs = 60_000;
const headEveryMs = 15 * 60_000;
/** After a receipt the head follows, ms. */
const headAfterMs = 1_000;

export function startFleet(options: FleetOptions): FleetLink {
  const { fleet, links, documents, log, audit } = options;
  const { site } = fleet;
  const boot = `${Date.now().toString(36)}-${randomBytes(4).toString("hex")}`;
  const outbox = openOutbox(documents, site, boot);
  const notes = createFleetNotes(log, fleet.url);
  notes.unreadable(outbox.unreadable);
  const newEvents = createEventReader();
  const meter = createLeaseMeter();
  const due = { lookMs: 0, stateMs: 0, urgentMs: 0, readMs: 0, energyMs: 0, headMs: 0 };
  let page: () => ShownPage | null = () => null;
  let urgent = "";
  let clockOffsetMs = Number.NaN;
  let isAnswered = false;

  const carrier: Carrier = openCarrier({
    url: fleet.url,
    site,
    credentials: read(fleet.credentialsFile),
    ca: read(fleet.caFile),
    subjects: [subjectOf(site, "order"), subjectOf(site, "stored")],
    onConnect() {
      notes.connected();
      outbox.again();
      due.readMs = due.stateMs = 0;
    },
    onLost: (why) => notes.lost(why),
    onMessage: (subject, payload) => (subject === subjectOf(site, "order") ? desk.take(payload) : hearStored(payload)),
  });

  const tellPower = createPowerTeller(site, carrier);
  const desk = openOrderDesk({
    site,
    keys: fleet.dispatcherKeys.map((file) => dispatcherKey(readFileSync(file, "utf8"))),
    rights: fleet.rights,
    links,
    book: openLeaseBook(documents),
    nowMs: Date.now,
    clockOffsetMs: () => clockOffsetMs,
    onNews,
    onRefusal(reason) {
      const said = notes.refused(reason);
      if (said !== "") audit({ kind: "refusal", actor: "fleet", body: { link: "fleet", reason, why: said } });
    },
  });

  function onNews({ givenW, ...news }: LeaseNews): void {
    const receipt = {
      schema: "islet-fleet-receipt-1",
      ...news,
      givenW: Number.isFinite(givenW) ? givenW : null,
      givenWh: isOver(news.state) ? meter.take(news.leaseId) : null,
      audit: options.auditHead(),
    } as const;
    outbox.add({ kind: "receipt", receipt }, Date.now());
    due.headMs = Math.min(due.headMs, performance.now() + headAfterMs);
  }

  function hearStored(payload: Uint8Array): void {
    const stored = storedSchema.safeParse(jsonOf(payload)).data;
    if (stored !== undefined) outbox.stored(stored.epoch, stored.sequences);
  }

  /** Compares clocks, and reads the orders that stand at the broker. */
  async function readAnew(): Promise<void> {
    const askedMs = Date.now();
    const hello = { schema: "islet-fleet-hello-1", site, boot, version: isletVersion() };
    const answer = await carrier.ask(subjectOf(site, "hello"), JSON.stringify(hello));
    const heard = answer === null ? undefined : helloAnswerSchema.safeParse(jsonOf(answer.payload)).data;
    if (heard !== undefined) clockOffsetMs = heard.atMs - (askedMs + Date.now()) / 2;
    // The fleet is there again: what it has missed goes at once.
    if (heard !== undefined && !isAnswered) outbox.again();
    isAnswered = heard !== undefined;
    notes.answered(isAnswered);
    const orders = await carrier.ask(`$JS.API.DIRECT.GET.${orderStream}.${subjectOf(site, "order")}`, "");
    if (orders !== null && orders.status === 0) desk.take(orders.payload);
  }

  function tellHead(): void {
    const sealed = sealHead(options, boot);
    if (typeof sealed === "string") notes.failed(sealed);
    else outbox.add(sealed, Date.now());
  }

  function lookAtPage(nowMs: number): void {
    const shown = page();
    if (shown === null) return;
    for (const { event, atMs } of newEvents(shown.events)) outbox.add({ kind: "event", event }, atMs);
    meter.look(desk.leases, shown.site.chargersW, nowMs);
    tellPower(shown.site, desk.leases, nowMs);
    const now = urgentOf(shown.site);
    const isUrgent = now !== urgent && nowMs >= due.urgentMs;
    if (!carrier.connected || !(isUrgent || nowMs >= due.stateMs)) return;
    urgent = now;
    due.urgentMs = nowMs + urgentEveryMs;
    due.stateMs = nowMs + stateEveryMs;
    const own = { clockOffsetMs, waiting: outbox.size, leases: desk.leases };
    carrier.publish(subjectOf(site, "state"), JSON.stringify(stateMessage(options, shown.site, own)));
  }

  function work(nowMs: number): void {
    desk.look();
    lookAtPage(nowMs);
    if (nowMs >= due.energyMs) {
      due.energyMs = nowMs + stateEveryMs;
      readEnergy(documents, options.account, Date.now(), (body, atMs) => outbox.add(body, atMs));
    }
    if (nowMs >= due.headMs) {
      due.headMs = nowMs + headEveryMs;
      tellHead();
    }
    if (!carrier.connected) return;
    if (nowMs >= due.readMs) {
      due.readMs = nowMs + readEveryMs;
      void readAnew();
    }
    for (const record of outbox.due(nowMs)) carrier.publish(subjectOf(site, "record"), JSON.stringify(record));
  }

  return {
    name: "Fleet",
    describe(next) {
      page = next;
    },
    look() {
      const nowMs = performance.now();
      if (nowMs < due.lookMs) return;
      due.lookMs = nowMs + lookEveryMs;
      try {
        work(nowMs);
      } catch (failure) {
        // What the fleet is told is no reason to stop anything.
        notes.failed(whyOf(failure));
      }
    },
    get connected() {
      return carrier.connected;
    },
    get sentence() {
      return carrier.connected ? "" : notes.sentence;
    },
    async stop() {
      desk.stop();
      tellHead();
      for (const record of outbox.due(performance.now()))
        carrier.publish(subjectOf(site, "record"), JSON.stringify(record));
      await carrier.stop();
    },
  };
}

/** The head of the audit log, signed; a sentence where it can't be. */
function sealHead({ config, fleet, auditHead }: FleetOptions, boot: string): RecordBody | string {
  const head = auditHead();
  try {
    const { signature, publicKeyPem } = signDocument(config.stateDir, headText(fleet.site, head));
    return { kind: "head", head: { schema: "islet-fleet-head-1", ...head, boot, signature, publicKeyPem } };
  } catch (failure) {
    return `the head of the audit log can't be signed (${whyOf(failure)})`;
  }
}

/** What the page shows, with what only the link knows. */
function stateMessage(
  { fleet, board: boardOf, auditHead }: FleetOptions,
  shown: ShownPage["site"],
  own: { readonly clockOffsetMs: number; readonly waiting: number; readonly leases: readonly LeaseEntry[] },
): SiteMessage {
  const board = boardOf().filter(({ state }) => state !== "away" && state !== "unknown");
  const short = board.filter(({ state }) => state === "short" || state === "missed");
  return {
    schema: "islet-fleet-state-1",
    site: fleet.site,
    ...shown,
    needs: shown.needs.slice(0, needsMax),
    ready: board.length === 0 ? null : { count: board.length - short.length, of: board.length },
    audit: auditHead(),
    version: isletVersion(),
    clockOffsetMs: Number.isFinite(own.clockOffsetMs) ? Math.round(own.clockOffsetMs) : null,
    waiting: own.waiting,
    leases: own.leases.slice(0, leasesMax).map(({ lease, state }) => ({ id: lease.id, state })),
  };
}

const read = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readFileSync(file, "utf8");

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return null;
  }
}
