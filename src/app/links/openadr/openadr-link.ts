/**
 * A site as VEN of an OpenADR 3.1 VTN. Capacity limits become caps and dispatch becomes requests, both through the one port; prices
 * go to tariff and planner; changes of draw become offers that people answer, measured against a baseline; reports go back. Events
 * that are known run to their end while the VTN is silent, and after a restart.
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SiteConfig } from "../../../config/site.ts";
import { hourMs } from "../../../domain/units.ts";
import type { Program, VtnEvent } from "../../../protocols/openadr/messages.ts";
import { createVtnClient } from "../../../protocols/openadr/vtn-client.ts";
import type { Economy } from "../../economy/economy.ts";
import type { Log } from "../../log.ts";
import type { Documents } from "../../store/store.ts";
import type { LinkPort } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { type CarryOut, createCarryOut } from "./carry-out.ts";
import { type Enrolled, openMemory, shareOf } from "./memory.ts";
import { atMostEvery, createWebhook, followNotifier, type NotifierLink } from "./notifications.ts";
import { keepOffers } from "./offers.ts";
import type { SiteSample } from "./report-windows.ts";
import { createReporter } from "./reports.ts";
import { type OwnResource, startSession } from "./session.ts";
import { sampleOf } from "./site-sample.ts";
import { createStatusReports, type EventStatus } from "./status-reports.ts";
import { type Agenda, agendaOf, type KnownEvent, pricesOf } from "./wanted.ts";

type OpenadrConfig = NonNullable<SiteConfig["links"]["openadr"]>;

export interface OpenadrOptions {
  readonly config: SiteConfig;
  readonly openadr: OpenadrConfig;
  readonly links: Pick<LinkPort, "ask" | "release" | "standing">;
  readonly documents: Documents;
  readonly economy: Pick<Economy, "baseline" | "book" | "events" | "told">;
  /** Prices or commitments have changed: whoever plans looks again. */
  readonly replan: () => void;
  readonly log: Log;
  /** UTC, ms. */
  readonly nowMs: () => number;
}

/** What is wanted is looked at again at least this often, ms; prices and offers this often. */
const lookEveryMs = 1_000;
const pricesEveryMs = 60_000;
/** Complaints that are logged, each once. */
const problemsMax = 100;

export function startOpenadr(options: OpenadrOptions): OutsideLink {
  const { config, openadr, links, economy, log, nowMs } = options;
  const memory = openMemory(options.documents, () => randomBytes(4).readInt32BE());
  const problem = createProblems(log, openadr.url);
  const told = (sentence: string): void => log("info", `OpenADR: ${sentence}`);
  const client = createVtnClient({
    url: openadr.url,
    clientId: openadr.clientId,
    clientSecret: readFileSync(openadr.clientSecretFile, "utf8").trim(),
    scope: openadr.scope,
    tokenUrl: openadr.tokenUrl,
    ca: openadr.caFile === undefined ? undefined : readFileSync(openadr.caFile, "utf8"),
    nowMs: () => performance.now(),
  });
  const carryOut = createCarryOut(links, openadr.rights, memory, told);
  const offers = keepOffers(economy.events, memory, told, problem);
  const names = { clientName: openadr.venName, resourceName: openadr.venName };
  const reporter = createReporter({ client, economy, documents: options.documents, ...names, onProblem: problem });
  const states = createStatusReports(client, names.clientName, names.resourceName, problem);

  /** In this run. */
  let isEnrolled = false;
  let known: readonly KnownEvent[] = [];
  let agenda: Agenda = { wanted: [], nextMs: Number.NEGATIVE_INFINITY };
  let agendaAtMs = Number.NEGATIVE_INFINITY;
  let pricesAtMs = Number.NEGATIVE_INFINITY;
  let isChanged = true;
  let fault = `OpenADR VTN ${openadr.url}: not reached yet.`;
  let notifier: NotifierLink | null = null;
  let notifierText = "";

  const learn = (events: readonly VtnEvent[], programs: readonly Program[]): void => {
    const byId = new Map(programs.map((program) => [program.id, program]));
    known = events.flatMap((event) => {
      const program = byId.get(event.programID);
      const seed = memory.seed(event.id);
      return program === undefined
        ? []
        : [{ event, program, places: placesOf(event, memory.enrolled), share: (interval) => shareOf(seed, interval) }];
    });
    isChanged = true;
    pricesAtMs = Number.NEGATIVE_INFINITY;
  };
  learn(memory.events, memory.programs);

  const webhook = openadr.webhook;
  const bearerToken = randomBytes(32).toString("base64url");
  const wake = atMostEvery(() => session.readSoon());
  const listener = webhook && createWebhook(webhook.host, webhook.port, bearerToken, wake);
  const session = startSession({
    client,
    venName: openadr.venName,
    resources: ownResources(config, openadr.venName),
    programs: openadr.programs,
    pollMs: openadr.pollS * 1_000,
    webhook: webhook === undefined ? null : { callbackUrl: webhook.publicUrl, bearerToken },
    onRead(events, programs, own) {
      if (fault !== "") log("info", `OpenADR VTN ${openadr.url}: read, ${events.length} events.`);
      fault = "";
      isEnrolled = true;
      memory.know(events, programs, own, nowMs());
      learn(events, programs);
      look(nowMs());
    },
    onNotifier(found, topics) {
      const text = JSON.stringify([found, topics]);
      if (text === notifierText || !openadr.mqtt) return;
      notifierText = text;
      notifier?.stop();
      notifier = found && followNotifier(found, topics, openadr.clientId, () => client.token(), wake);
    },
    onFault(why) {
      const sentence = `OpenADR VTN ${openadr.url} is not reached: ${why.slice(0, 200)}. Limits hold, known events run to their ends; it is tried again until it is there. Check address, client and secret.`;
      if (sentence !== fault) log("warn", sentence);
      fault = sentence;
    },
    onProblem: problem,
  });
  listener
    ?.listen()
    .catch((failure: Error) => problem(`The webhook can't listen (${failure.message}): the VTN is polled.`));

  const levels = [openadr.simple.moderate, openadr.simple.high, openadr.simple.emergency] as const;
  const dischargeW = (evse: number): number =>
    config.evses.reduce((sum, { maxDischargeW }, i) => sum + (evse === 0 || evse === i + 1 ? maxDischargeW : 0), 0);

  /** Carries out what holds now; prices and offers when they may have changed. */
  function look(now: number): void {
    if (isChanged || now >= agenda.nextMs || now < agendaAtMs || now - agendaAtMs >= lookEveryMs) {
      const isDue = isChanged || now >= agenda.nextMs || now < agendaAtMs;
      if (isDue) agenda = agendaOf(known, now, { levels, dischargeW, problem });
      isChanged = false;
      agendaAtMs = now;
      const believedMs = memory.heardMs + openadr.silenceH * hourMs;
      if (openadr.rights.length > 0) carryOut.update(agenda.wanted, now, believedMs, isEnrolled);
    }
    if (now - pricesAtMs >= pricesEveryMs || now < pricesAtMs) {
      pricesAtMs = now;
      if (openadr.usePrices && tellPrices(options, known, now, problem)) options.replan();
      if (openadr.rights.includes("power") && offers.update(known, now)) options.replan();
    }
  }

  return {
    name: "OpenADR VTN",
    get connected() {
      return fault === "";
    },
    get sentence() {
      return fault;
    },
    look(report) {
      const now = nowMs();
      look(now);
      const isCurtailed = agenda.wanted.some((wanted) => carryOut.receiptOf(wanted)?.accepted);
      const isOut = agenda.wanted.some((wanted) => carryOut.isOptedOut(wanted));
      reporter.look(known, sampleOf(report, config, isCurtailed, isOut), now);
      if (!isEnrolled) return;
      const all = statusesOf(agenda, carryOut, links, (asked, out) => sampleOf(report, config, asked, out));
      states.look(openadr.tellStates ? all : all.filter(({ eventId }) => asksForState(known, eventId)), now);
    },
    async stop() {
      session.stop();
      listener?.stop();
      notifier?.stop();
      reporter.stop();
    },
  };
}

/** True where prices have changed. */
function tellPrices(
  { config, economy }: OpenadrOptions,
  known: readonly KnownEvent[],
  now: number,
  problem: (sentence: string) => void,
): boolean {
  const currency = config.tariff?.currency;
  if (currency === undefined) {
    if (known.some(({ event }) => hasPrices(event)))
      problem("Prices are not used: there is no tariff whose place they could take (tariff.currency).");
    return false;
  }
  const before = economy.told.version;
  for (const side of ["import", "export"] as const)
    economy.told.tell(side, pricesOf(known, side, now, currency, problem), now);
  return economy.told.version !== before;
}

/** What became of each event that asks for something now. */
function statusesOf(
  agenda: Agenda,
  carryOut: CarryOut,
  links: Pick<LinkPort, "standing">,
  sample: (isAsked: boolean, isOut: boolean) => SiteSample,
): readonly EventStatus[] {
  const byEvent = new Map<string, EventStatus>();
  const standing = links.standing().filter(({ link }) => link === "openadr");
  for (const wanted of agenda.wanted) {
    const receipt = carryOut.receiptOf(wanted);
    const isOut = carryOut.isOptedOut(wanted);
    if (!isOut && receipt === null) continue;
    // What stands says how a request of the whole site does, too; notices are each charger's own.
    const stands = standing.find(({ what, evse }) => what === wanted.what && evse === wanted.evse);
    const found = isOut ? optedOut : receipt?.accepted ? (stands ?? inForce) : (receipt ?? inForce);
    const { operatingState } = sample(receipt?.accepted ?? false, isOut);
    const reason = found.reason === "" ? "" : `${found.reason}: ${found.sentence} ${found.todo}`.trim();
    const before = byEvent.get(wanted.eventId);
    if (before === undefined || before.reason === "")
      byEvent.set(wanted.eventId, { eventId: wanted.eventId, state: operatingState, reason });
  }
  return [...byEvent.values()];
}

const inForce = { reason: "", sentence: "", todo: "" };
const optedOut = { reason: "opted-out", sentence: "A person at the site has opted out.", todo: "" };

const asksForState = (known: readonly KnownEvent[], eventId: string): boolean =>
  known.some(
    ({ event }) =>
      event.id === eventId && event.reportDescriptors.some(({ payloadType }) => payloadType === "OPERATING_STATE"),
  );

const hasPrices = ({ intervals }: VtnEvent): boolean =>
  intervals.some(({ payloads }) => payloads.some(({ type }) => type === "PRICE" || type === "EXPORT_PRICE"));

/** The site, and each charger, as resources of the VEN. */
function ownResources({ evses, pcc }: SiteConfig, name: string): readonly OwnResource[] {
  const attributesOf = (importW: number, exportW: number) => [
    { type: "MAX_POWER_CONSUMPTION", values: [importW / 1_000] },
    { type: "MAX_POWER_EXPORT", values: [exportW / 1_000] },
  ];
  return [
    { evse: 0, name, attributes: attributesOf(pcc.importLimitW, pcc.exportLimitW) },
    ...evses.map(({ maxChargeW, maxDischargeW }, i) => ({
      evse: i + 1,
      name: `${name}-${i + 1}`,
      attributes: attributesOf(maxChargeW, maxDischargeW),
    })),
  ];
}

/** Chargers that an event is for by its targets; the site where it names none of a charger's own. */
function placesOf({ targets }: VtnEvent, enrolled: Enrolled | null): readonly number[] {
  const meant = new Set(targets);
  const isMeant = (own: readonly string[]): boolean => own.some((target) => meant.has(target));
  const site = enrolled?.resources.find(({ evse }) => evse === 0)?.targets ?? [];
  if (enrolled === null || targets.length === 0 || isMeant(enrolled.targets) || isMeant(site)) return [0];
  const chargers = enrolled.resources.filter((one) => one.evse > 0 && isMeant(one.targets)).map(({ evse }) => evse);
  return chargers.length > 0 ? chargers : [0];
}

/** Each complaint once, with what it is about; beyond a bound none. */
function createProblems(log: Log, url: string): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (said.has(sentence) || said.size >= problemsMax) return;
    said.add(sentence);
    log("warn", `OpenADR VTN ${url}: ${sentence}`);
  };
}
