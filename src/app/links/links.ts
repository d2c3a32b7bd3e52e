/** The port for requests: checks what is asked, carries it out by its kind, writes it down, and tells what becomes of it. */

import type { SiteConfig } from "../../config/site.ts";
import type { SiteFacts } from "../../core/snapshot.ts";
import { minuteMs } from "../../domain/units.ts";
import { oneLine } from "../../domain/visible.ts";
import type { AuditEvent } from "../audit/audit-chain.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { People } from "../people.ts";
import type { Documents } from "../store/store.ts";
import { askRow } from "./asks.table.ts";
import { type Cap, openCaps } from "./caps.ts";
import { findFault, standsAgainst } from "./check.ts";
import type { Ask, Asker, KeptWord, LinkPort, Notice, Receipt, Standing } from "./link-port.ts";
import type { LinkId } from "./links.table.ts";
import { createOutcomes, outcomeOf } from "./outcomes.ts";
import { createReceipts } from "./receipts.ts";
import { type RefusalKey, refusalOf } from "./refusals.ts";
import { type Ability, createRequests, type Request } from "./requests.ts";
import { applySetting } from "./settings.ts";

export interface LinksOptions {
  readonly config: Pick<SiteConfig, "evses">;
  /** Inputs of the control thread; what is written here is written by the port alone. */
  readonly control: { readonly evses: readonly EvseInputs[]; readonly site: SiteFacts; flush(): void };
  readonly people: Pick<People, "get" | "ask" | "forget">;
  readonly documents: Documents;
  readonly audit: (event: AuditEvent) => void;
  readonly replan: () => void;
  /** UTC, ms. */
  readonly nowMs: () => number;
  /** The control thread's clock, ms. */
  readonly monotonicMs: () => number;
}

/** Records of the audit log that one asker may cause in a minute; what is beyond is counted in the next one. */
const auditedPerMinute = 30;

export function openLinks(options: LinksOptions): LinkPort {
  const { config, control, people, audit, nowMs } = options;
  const caps = openCaps(options.documents, control, nowMs());
  caps.apply();
  const requests = createRequests(control.evses, options.monotonicMs, () => control.flush());
  const outcomes = createOutcomes(config.evses.length, (evse) => control.evses[evse - 1]!.requestedW);
  const receipts = createReceipts();
  const written = createAsksWritten(audit, nowMs);
  const listeners = new Map<LinkId, Set<(notice: Notice) => void>>();
  const counts = { done: 0, refused: 0, repeated: 0 };
  let latest: ControlReport | null = null;
  control.flush();

  const tell = (link: LinkId, notice: Notice): void => {
    for (const listener of listeners.get(link) ?? []) listener(notice);
  };
  const refused = (asker: Asker, ask: Ask, key: RefusalKey): Receipt => {
    counts.refused++;
    const row = askRow(ask.what);
    const { sentence, todo } = refusalOf(key);
    const said =
      key === "closed" && row.kind === "closed" ? { sentence: row.sentence, todo: row.todo } : { sentence, todo };
    if (key !== "rate") written(asker, "refusal", ask, said.sentence);
    return receiptOf(ask, { accepted: false, state: "refused", reason: key, ...said });
  };

  function carryOut(asker: Asker, ask: Ask): Receipt {
    const row = askRow(ask.what);
    const now = nowMs();
    const fault = findFault(asker, ask, config.evses.length);
    if (fault !== null) return refused(asker, ask, fault);
    if (row.kind === "setting") {
      const against = applySetting({ ...options, config }, asker, ask, latest, now);
      if (against !== null) return refused(asker, ask, against);
      written(asker, "setting", ask, "");
      return receiptOf(ask, inForce);
    }
    if (row.kind === "cap") {
      if (!caps.set(asker, ask, Number(ask.value), now)) return refused(asker, ask, "too-many");
      control.flush();
      written(asker, "limit", ask, "");
      return receiptOf(ask, { ...inForce, untilMs: ask.validS === undefined ? null : now + ask.validS * 1_000 });
    }
    const against = standsAgainst({ config, inputs: control.evses, people, report: latest }, ask);
    if (against !== null) return refused(asker, ask, against);
    const request = requests.set(asker, ask.evse, Number(ask.value), (ask.validS ?? 0) * 1_000, now);
    written(asker, "command", ask, "");
    const waits = isOutranked(requests.heeded, request, config.evses.length) ? refusalOf("outranked") : null;
    return receiptOf(ask, {
      ...inForce,
      untilMs: request.untilMs,
      ...(waits && { state: "waiting" as const, reason: waits.key, sentence: waits.sentence, todo: waits.todo }),
    });
  }

  function takeBack(asker: Asker, ask: Ask): Receipt {
    const { what, evse } = ask;
    const row = askRow(what);
    if (row.kind === "closed" || row.kind === "setting") return refused(asker, ask, "closed");
    if (!asker.rights.includes(row.right)) return refused(asker, ask, "not-allowed");
    const count = row.kind === "cap" ? caps.release(asker, what, evse) : requests.release(asker, evse);
    if (count === 0) return refused(asker, ask, "nothing-stands");
    control.flush();
    written(asker, row.kind === "cap" ? "limit" : "command", { ...ask, value: "released" }, "");
    return receiptOf(ask, { ...inForce, state: "released" });
  }

  /** A message that has come before is not carried out again; a flood is refused. */
  function once(asker: Asker, ask: Ask, run: (asker: Asker, ask: Ask) => Receipt): Receipt {
    const before = receipts.before(asker, ask, nowMs());
    if (before === "reused") return refused(asker, ask, "id-reused");
    if (before !== null) {
      counts.repeated++;
      return before;
    }
    if (!receipts.inPace(asker, nowMs())) return refused(asker, ask, "rate");
    const receipt = run(asker, ask);
    if (receipt.accepted) counts.done++;
    receipts.keep(asker, ask, receipt, nowMs());
    return receipt;
  }

  return {
    ask: (asker, ask) => once(asker, ask, carryOut),
    release: (asker, what, evse, id) => once(asker, { what, evse, value: "", id }, takeBack),
    say(link, evse, word) {
      sayCap(control, evse, word);
      requests.say(link, evse, word, nowMs());
      control.flush();
    },
    standing: () => [
      ...requests.list().map((request) => standingRequest(request, requests.heeded, control.evses, latest)),
      ...caps.list().map((cap) => standingCap(cap, caps.isFailSafe(cap))),
    ],
    heeded: (evse) => requests.heeded(evse),
    tightest: (what, evse) => caps.tightest(what, evse)?.asker ?? "",
    follow(link, listener) {
      const all = listeners.get(link) ?? new Set();
      listeners.set(link, all.add(listener));
      return () => void all.delete(listener);
    },
    counts,
    look(report) {
      latest = report;
      const now = nowMs();
      const { ended, changed } = caps.look(now);
      if (ended.length + changed.length > 0) control.flush();
      for (const cap of ended) tell(cap.link, noticeOfCap(cap, "lapsed"));
      for (const cap of changed) tell(cap.link, noticeOfCap(cap, caps.isFailSafe(cap) ? "fail-safe" : "in-force"));
      for (const request of requests.look(abilitiesOf(report, control.evses, config)))
        tell(request.link, lapsedNotice(request));
      for (const [{ link }, notice] of outcomes.look(report, requests.heeded, now)) tell(link, notice);
    },
    sentence:
      caps.unreadable > 0
        ? `${caps.unreadable} limits of connected systems can't be read and don't count. Have them set again.`
        : "",
  };
}

const inForce = { accepted: true, state: "in-force", reason: "", sentence: "", todo: "" } as const;

const receiptOf = (
  { id = "" }: Ask,
  said: Pick<Receipt, "accepted" | "state" | "reason" | "sentence" | "todo"> & { readonly untilMs?: number | null },
): Receipt => ({ id, untilMs: null, repeated: false, ...said });

/** No EVSE that it is for follows it. */
function isOutranked(heeded: (evse: number) => Request | null, request: Request, evseCount: number): boolean {
  if (request.evse > 0) return heeded(request.evse) !== request;
  for (let evse = 1; evse <= evseCount; evse++) if (heeded(evse) === request) return false;
  return true;
}

/** The backend's cap has a place of its own among the inputs: its own records keep it. */
function sayCap({ evses, site }: LinksOptions["control"], evse: number, word: KeptWord | null): void {
  const caps = evse === 0 ? site : evses[evse - 1];
  if (!caps) return;
  caps.backendMinW = word?.minW ?? Number.NEGATIVE_INFINITY;
  caps.backendMaxW = word?.maxW ?? Number.POSITIVE_INFINITY;
}

/** What each vehicle could take or give now, for sharing what is asked of the site. */
function abilitiesOf(
  report: ControlReport,
  inputs: readonly EvseInputs[],
  config: LinksOptions["config"],
): readonly Ability[] {
  return config.evses.map(({ maxChargeW, maxDischargeW }, i) => {
    const stage = report.stages[i]!;
    const { reservePct, dischargeEnabled, operatorMinW, operatorMaxW } = inputs[i]!;
    if (!stage.vehicleConnected) return { chargeW: 0, dischargeW: 0 };
    const gives = dischargeEnabled && stage.bidirectional && stage.socPct > reservePct && operatorMinW < 0;
    const takes = !(stage.socPct >= 100) && operatorMaxW > 0;
    return {
      chargeW: takes ? Math.min(maxChargeW, stage.maxChargeW) : 0,
      dischargeW: gives ? Math.min(maxDischargeW, stage.maxDischargeW) : 0,
    };
  });
}

function standingRequest(
  request: Request,
  heeded: (evse: number) => Request | null,
  inputs: readonly EvseInputs[],
  report: ControlReport | null,
): Standing {
  const { link, askerId, asker, evse, powerW, atMs, untilMs } = request;
  const base = { link, askerId, asker, kind: "request", what: "powerW", evse, value: powerW, atMs, untilMs } as const;
  const whose = evse > 0 ? [evse] : inputs.map((_, i) => i + 1);
  const followers = whose.filter((one) => heeded(one) === request);
  const said = (key: RefusalKey) => {
    const { sentence, todo } = refusalOf(key);
    return { reason: key, sentence, todo };
  };
  if (followers.length === 0) return { ...base, state: "waiting", givenW: 0, ...said("outranked") };
  if (report === null) return { ...base, state: "in-force", givenW: Number.NaN, reason: "", sentence: "", todo: "" };
  const results = followers.map((one) => outcomeOf(report, one, inputs[one - 1]!.requestedW));
  const givenW = results.reduce((sum, one) => sum + one.givenW, 0);
  const worst = results.find(({ event }) => event === "limited") ?? results.find(({ event }) => event === "waiting");
  if (worst === undefined || worst.reason === "")
    return { ...base, state: "in-force", givenW, reason: "", sentence: "", todo: "" };
  return { ...base, state: worst.event, givenW, ...said(worst.reason) };
}

const failSafeSentence = "It was to be renewed and was not: its fail-safe value holds.";
const failSafeTodo = "It ends when the asker renews it, or a person takes it back.";

function standingCap(cap: Cap, isFailSafe: boolean): Standing {
  const { link, askerId, asker, what, evse, valueW, failSafeW, atMs, untilMs } = cap;
  return {
    ...{ link, askerId, asker, kind: "cap", what, evse, atMs, untilMs, givenW: Number.NaN },
    value: isFailSafe ? (failSafeW ?? 0) : valueW,
    state: isFailSafe ? "fail-safe" : "in-force",
    reason: isFailSafe ? "fail-safe" : "",
    sentence: isFailSafe ? failSafeSentence : "",
    todo: isFailSafe ? failSafeTodo : "",
  };
}

function noticeOfCap({ askerId, what, evse }: Cap, event: "lapsed" | "fail-safe" | "in-force"): Notice {
  const sentence =
    event === "lapsed"
      ? "The limit has come to the end that its asker gave it."
      : event === "fail-safe"
        ? failSafeSentence
        : "The limit is renewed and in force.";
  const todo = event === "fail-safe" ? failSafeTodo : "";
  return { askerId, what, evse, event, givenW: Number.NaN, reason: event === "in-force" ? "" : event, sentence, todo };
}

const lapsedNotice = ({ askerId, evse }: Request): Notice => ({
  ...{ askerId, what: "powerW", evse, event: "lapsed", givenW: Number.NaN, reason: "lapsed" },
  sentence: "The lease is over: the local plan goes on.",
  todo: "Ask again to go on.",
});

/**
 * Writes what was asked into the audit log: each change, a renewal not. Bounded for each asker, so that a flood does not fill
 * the log; how many were left out is said in the next one.
 */
function createAsksWritten(audit: LinksOptions["audit"], nowMs: () => number) {
  const askers = new Map<string, { fromMs: number; count: number; leftOut: number; last: Map<string, string> }>();
  return (asker: Asker, kind: "command" | "limit" | "setting" | "refusal", ask: Ask, why: string): void => {
    const key = `${asker.link}/${asker.id}`;
    const book = askers.get(key) ?? { fromMs: nowMs(), count: 0, leftOut: 0, last: new Map<string, string>() };
    if (askers.size < askersMax) askers.set(key, book);
    const place = `${ask.what}/${ask.evse}`;
    const word = `${kind} ${ask.value}`;
    if (book.last.get(place) === word && kind !== "setting") return;
    if (nowMs() - book.fromMs > minuteMs) Object.assign(book, { fromMs: nowMs(), count: 0 });
    if (book.count >= auditedPerMinute) {
      book.leftOut++;
      return;
    }
    book.count++;
    book.last.set(place, word);
    const { what, evse, value, validS, reason } = ask;
    audit({
      kind,
      actor: asker.name,
      body: {
        link: asker.link,
        ...{ what, evse, value },
        ...(validS !== undefined && { validS }),
        ...(reason !== undefined && { reason: oneLine(reason).slice(0, 200) }),
        ...(why !== "" && { why }),
        ...(book.leftOut > 0 && { leftOut: book.leftOut }),
      },
    });
    book.leftOut = 0;
  };
}
/** Askers whose records are counted. */
const askersMax = 200;
