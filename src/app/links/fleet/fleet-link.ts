/**
 * The link to a fleet: tells what the page says, keeps records until the fleet's database has them, and carries out signed orders
 * through the port for requests. A site never needs its fleet: whatever is away, it goes on by its own word.
 */
import { readFileSync } from "node:fs";
import type { SiteConfig } from "../../../config/site.ts";
import {
  leasesMax,
  needsMax,
  type RecordBody,
  type SiteMessage,
  storedSchema,
} from "../../../protocols/fleet/payloads.ts";
import { dispatcherKey } from "../../../protocols/fleet/signed.ts";
import { subjectOf } from "../../../protocols/fleet/subjects.ts";
import type { EnergyAccount } from "../../account/account.ts";
import type { AuditEvent, AuditHead } from "../../audit/audit-chain.ts";
import { signDocument } from "../../commissioning/station-key.ts";
import type { Log } from "../../log.ts";
import type { People } from "../../people.ts";
import type { ReadyVehicle } from "../../planning/readiness.ts";
import { whyOf } from "../../store/files.ts";
import type { Documents } from "../../store/store.ts";
import { isletVersion } from "../../version.ts";
import type { LinkPort } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { type Carrier, openCarrier } from "./connection.ts";
import { readEnergy } from "./energy-reader.ts";
import { type AuditView, createHeadTeller } from "./head-teller.ts";
import { isOver, type LeaseEntry, openLeaseBook } from "./lease-book.ts";
import { createLeaseMeter } from "./lease-meter.ts";
import { createFleetNotes } from "./notes.ts";
import { type LeaseNews, openOrderDesk } from "./order-desk.ts";
import type { OrderReason } from "./order-refusals.table.ts";
import { newEpoch, type Outbox, openOutbox } from "./outbox.ts";
import { createPowerTeller } from "./power-teller.ts";
import { createReader } from "./reader.ts";
import { leaseWaits, openReleaseDesk, type ReleaseDesk, type ReleasePort } from "./release-desk.ts";
import { createEventReader, jsonOf, type ShownPage, urgentOf } from "./told.ts";

type FleetConfig = NonNullable<SiteConfig["links"]["fleet"]>;

export interface FleetOptions {
  readonly config: Pick<SiteConfig, "stateDir">;
  readonly fleet: FleetConfig;
  readonly links: LinkPort;
  readonly documents: Documents;
  readonly account: Pick<EnergyAccount, "rows">;
  readonly board: () => readonly ReadyVehicle[];
  readonly auditLog: AuditView;
  readonly people: Pick<People, "get">;
  readonly audit: (event: AuditEvent) => void;
  readonly log: Log;
}

export interface FleetLink extends OutsideLink {
  /** Whoever serves the page says what it shows; null while it shows nothing. Until then no state is told. */
  describe(page: () => ShownPage | null, updates: ReleasePort | null): void;
}

/** Work is looked for this often, ms. */
const lookEveryMs = 250;
const stateEveryMs = 60_000;
/** States that follow one another at once: at most one in this time, ms. */
const urgentEveryMs = 1_000;
/** A restart with a trial is over after this, ms. */
const restartMs = 120_000;

export function startFleet(options: FleetOptions): FleetLink {
  const { fleet, links, documents, log, audit } = options;
  const { site } = fleet;
  const mayUpdate = fleet.rights.includes("updates");
  const boot = newEpoch(documents, Date.now());
  const outbox = openOutbox(documents, site, boot);
  const notes = createFleetNotes(log, fleet.url);
  notes.unreadable(outbox.unreadable);
  const newEvents = createEventReader();
  const meter = createLeaseMeter();
  const heads = createHeadTeller({
    ...{ site, boot, audit: options.auditLog },
    sign: (text) => signDocument(options.config.stateDir, text),
    add: (body) => outbox.add(body, Date.now()),
    onFailed: notes.failed,
  });
  const due = { lookMs: 0, stateMs: 0, urgentMs: 0, energyMs: 0 };
  let page: () => ShownPage | null = () => null;
  let urgent = "";

  const carrier: Carrier = openCarrier({
    url: fleet.url,
    site,
    credentials: read(fleet.credentialsFile),
    ca: read(fleet.caFile),
    subjects: (["order", "stored", "release"] as const).map((kind) => subjectOf(site, kind)),
    onConnect() {
      notes.connected();
      outbox.again();
      reader.again();
      due.stateMs = 0;
    },
    onLost: (why) => notes.lost(why),
    onMessage(subject, payload) {
      if (subject === subjectOf(site, "stored")) takeStored(outbox, payload);
      else if (subject === subjectOf(site, "order")) desk.take(payload);
      else releases?.take(payload);
    },
  });

  const reader = createReader({
    ...{ site, boot, carrier },
    take: { order: (payload) => desk.take(payload), release: (payload) => releases?.take(payload) },
    onPlaces: (places) => heads.asked(places, performance.now()),
    onAnswered(is, isNew) {
      notes.answered(is);
      if (!isNew) return;
      // The fleet is there again: what it has missed goes at once, and what the site is now.
      outbox.again();
      due.stateMs = 0;
    },
  });
  const tellPower = createPowerTeller(site, carrier);
  const keys = fleet.dispatcherKeys.map((file) => dispatcherKey(readFileSync(file, "utf8")));
  const desk = openOrderDesk({
    site,
    keys,
    rights: fleet.rights.filter((one) => one !== "updates"),
    links,
    book: openLeaseBook(documents),
    nowMs: Date.now,
    clockOffsetMs: () => reader.clockOffsetMs,
    offUntilMs: () => offUntilMs(options.people),
    onNews,
    onRefusal: refuse,
  });
  /** Null until somebody says how this controller is replaced; it then says itself where it is not. */
  let releases: ReleaseDesk | null = null;
  const openReleases = (updates: ReleasePort): ReleaseDesk =>
    openReleaseDesk({
      ...{ site, keys, updates, documents, isAllowed: mayUpdate, nowMs: Date.now, onRefusal: refuse },
      waitsFor: () => (desk.leases.some(({ lease }) => isSoon(lease)) ? leaseWaits : ""),
      onNews: (release) => outbox.add({ kind: "release", release }, Date.now()),
    });

  function refuse(reason: OrderReason): void {
    const said = notes.refused(reason);
    if (said !== "") audit({ kind: "refusal", actor: "fleet", body: { link: "fleet", reason, why: said } });
  }

  function onNews(news: LeaseNews): void {
    const givenWh = isOver(news.state) ? meter.take(news.leaseId) : null;
    outbox.add(receiptOf(news, givenWh, options.auditLog.head()), Date.now());
    heads.soon(performance.now());
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
    const own = { clockOffsetMs: reader.clockOffsetMs, waiting: outbox.size, leases: desk.leases };
    carrier.publish(subjectOf(site, "state"), JSON.stringify(stateMessage(options, shown.site, own)));
  }

  function work(nowMs: number): void {
    desk.look();
    releases?.look();
    lookAtPage(nowMs);
    if (nowMs >= due.energyMs) {
      due.energyMs = nowMs + stateEveryMs;
      readEnergy(documents, options.account, Date.now(), (body, atMs) => outbox.add(body, atMs));
    }
    heads.look(nowMs);
    if (!carrier.connected) return;
    reader.look(nowMs);
    for (const record of outbox.due(nowMs)) carrier.publish(subjectOf(site, "record"), JSON.stringify(record));
  }

  return {
    name: "Fleet",
    describe(next, updates) {
      page = next;
      if (updates !== null) releases = openReleases(updates);
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
      releases?.look();
      heads.tell();
      for (const record of outbox.due(performance.now()))
        carrier.publish(subjectOf(site, "record"), JSON.stringify(record));
      await carrier.stop();
    },
  };
}

function takeStored(outbox: Outbox, payload: Uint8Array): void {
  const stored = storedSchema.safeParse(jsonOf(payload)).data;
  if (stored !== undefined) outbox.stored(stored.epoch, stored.sequences);
}

const receiptOf = ({ givenW, ...news }: LeaseNews, givenWh: number | null, audit: AuditHead): RecordBody => ({
  kind: "receipt",
  receipt: {
    schema: "islet-fleet-receipt-1",
    ...news,
    ...{ givenW: Number.isFinite(givenW) ? givenW : null, givenWh, audit },
  },
});

/** What the page shows, with what only the link knows. */
function stateMessage(
  { fleet, board: boardOf, auditLog, people }: FleetOptions,
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
    // What nobody may ask for is not offered.
    offer: Date.now() < offUntilMs(people) ? null : shown.offer,
    ready: board.length === 0 ? null : { count: board.length - short.length, of: board.length },
    audit: auditLog.head(),
    version: isletVersion(),
    clockOffsetMs: Number.isFinite(own.clockOffsetMs) ? Math.round(own.clockOffsetMs) : null,
    waiting: own.waiting,
    leases: own.leases.slice(0, leasesMax).map(({ lease, state }) => ({ id: lease.id, state })),
  };
}

/** Until when a person heeds no orders, ms UTC. */
const offUntilMs = (people: FleetOptions["people"]): number => people.get("fleetOffUntilMs", 0)?.value ?? 0;

/** Whether a request for power stands, or begins before a restart would be over. */
const isSoon = ({ kind, fromMs }: LeaseEntry["lease"]): boolean => kind === "power" && fromMs < Date.now() + restartMs;

const read = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readFileSync(file, "utf8");
