/** O and I: messages for the driver, set by the backend or coming with prices, shown while their state and time apply. */

import { collectionOf } from "../collection.ts";
import { type Block, type Context, info, isEvse } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { IdTokenInfo, MessageContent, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";

type Message = RequestOf<"SetDisplayMessage">["message"];

const messagesMax = 100;
const reportItems = 20;
const lookMs = 1_000;
/** Messages of the station itself (prices, personal ones) use ids from here on, one for each EVSE. */
const personalBase = 2_000_000_000;
const formats = new Set(["ASCII", "UTF8", "URI"]);

export interface DisplayFacts {
  state(): "Charging" | "Faulted" | "Idle" | "Unavailable";
  transactionEvse(transactionId: string): number | null;
}

/** Messages for people at the station. */
export interface Display extends Block {
  start(): void;
  onTransactionEnded(transactionId: string, evseId: number, totalCost: number | undefined): void;
  /** I01, I06: a personal message that came with an authorisation or an event's answer. */
  personal(evseId: number, content: MessageContent | undefined): void;
  showInfo(evseId: number, tokenInfo: IdTokenInfo): void;
  /** I02, I03: what the transaction costs so far or in the end. */
  cost(transactionId: string, totalCost: number): void;
}

export function createDisplay(
  context: Context,
  facts: DisplayFacts,
  onCost: (transactionId: string, totalCost: number) => void,
): Display {
  const { model, port, clock, session } = context;
  const messages = collectionOf<Message>(context.store, "display-message");
  const shown = new Map<number, string>();
  let timer: Cancel | null = null;
  const all = (): Message[] => messages.all().map(({ value }) => value);
  model.provide("DisplayMessageCtrlr", "DisplayMessages", () => String(all().length));

  function applies(message: Message, nowMs: number, state: string): boolean {
    if (message.startDateTime && Date.parse(message.startDateTime) > nowMs) return false;
    return message.state === undefined || message.state === state;
  }

  /** Shows what applies now; AlwaysFront hides everything else, InFront goes before the normal cycle. */
  function refresh(): void {
    const nowMs = context.nowMs();
    const state = facts.state();
    for (const message of all())
      if (message.endDateTime && Date.parse(message.endDateTime) <= nowMs) messages.remove(String(message.id));
    const candidates = all().filter((message) => applies(message, nowMs, state));
    const front = candidates.find((message) => message.priority === "AlwaysFront");
    const wanted = front ? [front] : candidates;
    for (const id of [...shown.keys()])
      if (id < personalBase && !wanted.some((message) => message.id === id)) {
        shown.delete(id);
        port.display?.({ id, text: null });
      }
    for (const message of wanted) {
      const text = message.message.content;
      if (shown.get(message.id) === text) continue;
      shown.set(message.id, text);
      port.display?.({
        id: message.id,
        evseId: message.display?.evse?.id ?? 0,
        text,
        ...(message.message.language !== undefined && { language: message.message.language }),
      });
    }
  }

  function look(): void {
    timer?.();
    refresh();
    timer = all().length > 0 ? clock.after("display messages", lookMs, look) : null;
  }

  function set({ message }: RequestOf<"SetDisplayMessage">): ResponseOf<"SetDisplayMessage"> {
    if (!model.flag("DisplayMessageCtrlr", "Enabled"))
      return { status: "Rejected", statusInfo: info("NotEnabled", "Messages are switched off.") };
    if (!formats.has(message.message.format)) return { status: "NotSupportedMessageFormat" };
    if (message.transactionId !== undefined && facts.transactionEvse(message.transactionId) === null)
      return { status: "UnknownTransaction" };
    if (message.display?.evse && !isEvse(context, message.display.evse.id))
      return { status: "Rejected", statusInfo: info("UnknownEvse", "There is no such display.") };
    const replaced = messages.get(String(message.id));
    if (!replaced && all().length >= messagesMax)
      return { status: "Rejected", statusInfo: info("TooManyMessages", `At most ${messagesMax} messages can be set.`) };
    context.store.atomically(() => {
      // Only one message can always be in front (use case O01); a new one takes its place.
      if (message.priority === "AlwaysFront")
        for (const other of all()) if (other.priority === "AlwaysFront") messages.remove(String(other.id));
      messages.put(String(message.id), message);
    });
    look();
    return { status: "Accepted" };
  }

  function get(request: RequestOf<"GetDisplayMessages">): ResponseOf<"GetDisplayMessages"> {
    const chosen = all().filter(
      (message) =>
        (!request.id || request.id.includes(message.id)) &&
        (request.priority === undefined || request.priority === message.priority) &&
        (request.state === undefined || request.state === message.state),
    );
    if (chosen.length === 0) return { status: "Unknown" };
    context.afterAnswer("display messages report", () => {
      for (let at = 0; at < chosen.length; at += reportItems)
        session.tell(
          "NotifyDisplayMessages",
          {
            requestId: request.requestId,
            tbc: at + reportItems < chosen.length,
            messageInfo: chosen.slice(at, at + reportItems),
          },
          { priority: priority.report },
        );
    });
    return { status: "Accepted" };
  }

  function show(evseId: number, text: string): void {
    const id = personalBase + evseId;
    if (shown.get(id) === text) return;
    shown.set(id, text);
    port.display?.({ id, evseId, text });
  }

  function cost(transactionId: string, totalCost: number): void {
    const evseId = facts.transactionEvse(transactionId);
    if (evseId === null) return;
    onCost(transactionId, totalCost);
    if (model.flag("TariffCostCtrlr", "Enabled", "Cost"))
      show(evseId, `${totalCost} ${model.text("TariffCostCtrlr", "Currency")}`);
  }

  return {
    handlers: {
      SetDisplayMessage: set,
      GetDisplayMessages: get,
      ClearDisplayMessage({ id }) {
        if (!messages.get(String(id))) return { status: "Unknown" };
        messages.remove(String(id));
        look();
        return { status: "Accepted" };
      },
      CostUpdated({ transactionId, totalCost }) {
        cost(transactionId, totalCost);
        return {};
      },
    },
    start: look,
    onTransactionEnded(transactionId, evseId, totalCost) {
      for (const message of all()) if (message.transactionId === transactionId) messages.remove(String(message.id));
      const fallback = model.text("TariffCostCtrlr", "TotalCostFallbackMessage");
      if (totalCost === undefined && fallback !== "") show(evseId, fallback);
      look();
    },
    personal(evseId, content) {
      if (content && model.flag("TariffCostCtrlr", "Enabled", "Tariff")) show(evseId, content.content);
    },
    showInfo(evseId, tokenInfo) {
      const fallback = model.text("TariffCostCtrlr", "TariffFallbackMessage");
      if (!model.flag("TariffCostCtrlr", "Enabled", "Tariff")) return;
      if (tokenInfo.personalMessage) show(evseId, tokenInfo.personalMessage.content);
      else if (fallback !== "") show(evseId, fallback);
    },
    cost,
  };
}
