/** The pages beside the overview: what each address shows, and the forms that change something. Roles are judged here, not in the page. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Session } from "../access/sessions.ts";
import { offers } from "../actions.ts";
import { answerBody, offerBody } from "../economy/economy-api.ts";
import type { EconomyPort } from "../economy/economy-port.ts";
import type { Asking, FleetPort, FleetResult } from "../fleet/fleet-port.ts";
import { previewBody, takeBody, timetableBody, vehiclesBody } from "../fleet/vehicles-api.ts";
import { serveInstallation } from "../installation/installation-routes.ts";
import { t } from "../language/language.ts";
import type { Perform } from "../server/act.ts";
import type { Serving } from "../server/serving.ts";
import type { UpdatesPort } from "../source.ts";
import type { SiteState } from "../state.ts";
import { wordsOf } from "../view/format.ts";
import { serveAlerts } from "./alerts.ts";
import { changePage, findChange, planChange, valuesOf } from "./change.ts";
import { chargerPage } from "./charger.ts";
import { eventsPage } from "./events.ts";
import { gridEventsPage } from "./grid-events.ts";
import { dayCsv, dayPage, monthCsv, monthPage } from "./history.ts";
import { momentAt } from "./moments.ts";
import { planPage } from "./plan.ts";
import { readyPage } from "./ready.ts";
import { reserveActions, reservePage } from "./reserve.ts";
import { checked, createPlaceServer, notice, type PlaceServer, texts } from "./serve.ts";
import { nextMoment, updatesPage } from "./updates.ts";
import { importPage, vehiclePage, vehiclesPage, weekOf } from "./vehicles.ts";
import { whySlotPage } from "./why-slot.ts";

export function servePlaces(app: FastifyInstance, serving: Serving, perform: Perform): void {
  const places = createPlaceServer(app, serving);
  const { get } = places;
  const { fleet, economy } = serving.source;
  if (fleet) {
    serveFleet(places, serving, fleet);
    serveReserve(places, serving, fleet, perform);
  } else get("/fleet", () => notice("fleet", "/fleet", t`Fleet`, t`This controller keeps no vehicles.`));
  if (economy) serveEconomy(app, places, serving, economy);
  else get("/history", () => notice("history", "/history", t`History`, t`This controller keeps no record.`));
  serveEvents(places, perform);
  serveInstallation(app, places, serving, serving.source.commissioning);
  serveChargers(places, serving, perform);
  const { alerts, updates } = serving.source;
  if (alerts) serveAlerts(places, serving, alerts);
  else get("/alerts", () => notice("installation", "/alerts", t`Alerts`, t`This controller tells nobody of events.`));
  if (updates) serveUpdates(places, serving, updates);
  else
    get("/updates", () => notice("installation", "/updates", t`Software`, t`This controller does not replace itself.`));
}

function serveUpdates({ get, post, toPage }: PlaceServer, { audit, source }: Serving, updates: UpdatesPort): void {
  get("/updates", ({ session }) => updatesPage(updates.view(), session));
  post("/updates/install", "installer", (form, session, request, reply) => {
    const from = (form["from"] ?? "").slice(0, 1_000);
    const notBeforeMs = nextMoment(form["notBefore"] ?? "", source.state(), Date.now());
    if (Number.isNaN(notBeforeMs))
      return toPage(reply, session, "/updates", {
        refused: t`That moment can't be told yet. Nothing was begun: try again.`,
      });
    const refused = updates.order({ from, by: session.name, notBeforeMs });
    audit(request, "update", session.name, refused === "" ? `install ${from}` : `install ${from}: refused`);
    return toPage(reply, session, "/updates", refused === "" ? { done: t`It is under way.` } : { refused });
  });
  post("/updates/cancel", "installer", (_form, session, request, reply) => {
    const ended = updates.cancel();
    audit(request, "update", session.name, ended ? "ended before it began" : "nothing to end");
    return toPage(
      reply,
      session,
      "/updates",
      ended ? { done: t`It is ended.` } : { refused: t`Nothing waits any more.` },
    );
  });
}

function serveEvents({ get, post, toPage }: PlaceServer, perform: Perform): void {
  get("/events", ({ state, session, query }) => eventsPage(state, session, query["show"] ?? "all"));
  post("/events/acknowledge", "operator", async (form, session, request, reply) => {
    const done = await perform(request, { action: "acknowledge", reason: "", values: { event: form["event"] ?? "" } });
    return toPage(
      reply,
      session,
      `/events?show=${encodeURIComponent(form["show"] ?? "all")}`,
      done.ok ? { done: done.sentence } : { refused: done.sentence },
    );
  });
}

function serveChargers({ get, post, answer, toPage }: PlaceServer, { source }: Serving, perform: Perform): void {
  const { fleet } = source;
  get("/fleet/charger/:evse", ({ state, session }, request) => {
    const evse = Number((request.params as Record<string, string>)["evse"]);
    const charger = state.evses.find((one) => one.evse === evse);
    return charger ? chargerPage(state, charger, fleet, session, source.supported) : null;
  });
  get("/fleet/change", async ({ state, session, query }) => {
    const evse = Number(query["evse"]);
    const remedy = query["remedy"];
    const found =
      remedy === undefined
        ? undefined
        : fleet
            ?.readiness()
            .vehicles.find((one) => one.evse === evse)
            ?.remedies.find(({ id }) => id === remedy);
    if (remedy !== undefined && !found)
      return notice("fleet", "/fleet", t`Change`, t`This way out is no longer there.`, t`The plan has moved on.`);
    const id = found?.action?.action ?? query["act"] ?? "";
    const change = findChange(state, session, source.supported, id, Number(found?.action?.values["evse"] ?? evse));
    if (change === null)
      return notice(
        "fleet",
        "/fleet",
        t`Change`,
        t`This can't be done now.`,
        found && found.action === null ? t`${found.label}: somebody on site has to.` : "",
      );
    const given = found?.action ? givenOf(found.action.values, state) : query;
    const values = valuesOf(change.action, evse, { ...defaults(change.action.inputs), ...given }, state.atMs);
    const changes = found ? [found.change] : planChange(id, evse, values);
    const tried = changes.length === 0 || !fleet ? null : await fleet.tryPlan({ changes: [...changes] });
    return changePage(state, session, change, given, tried);
  });
  post("/fleet/change", "operator", async (form, session, request, reply) => {
    const state = source.state();
    const evse = Number(form["evse"]);
    const change = state && findChange(state, session, source.supported, form["act"] ?? "", evse);
    const back = `/fleet/charger/${Number.isInteger(evse) ? evse : 1}`;
    if (!state || !change) return toPage(reply, session, back, { refused: t`Refused: this can't be done now.` });
    const values = valuesOf(change.action, evse, form, state.atMs);
    const done = await perform(request, { action: change.action.id, reason: form["reason"] ?? "", values });
    // A refusal stays where the form is and keeps what was entered.
    if (!done.ok)
      return answer(request, reply.code(done.status), () => changePage(state, session, change, form, null), {
        refused: done.sentence,
      });
    return toPage(reply, session, back, { done: done.sentence });
  });
}

function serveReserve(
  { get, post, toPage }: PlaceServer,
  { source }: Serving,
  port: FleetPort,
  perform: Perform,
): void {
  get("/fleet/reserve", ({ state, session }) => reservePage(state, port, session, source.supported));
  post("/fleet/reserve", "operator", async (form, session, request, reply) => {
    const state = source.state();
    const action =
      state &&
      offers(state, session.role, source.supported).offered.find(
        ({ id }) => id === form["act"] && reserveActions.some((one) => one === id),
      );
    if (!state || !action)
      return toPage(reply, session, "/fleet/reserve", { refused: t`Refused: this can't be done now.` });
    const values = valuesOf(action, 0, form, state.atMs);
    const done = await perform(request, { action: action.id, reason: form["reason"] ?? "", values });
    return toPage(reply, session, "/fleet/reserve", done.ok ? { done: done.sentence } : { refused: done.sentence });
  });
}

function serveFleet({ get, post, answer, toPage }: PlaceServer, { audit }: Serving, port: FleetPort): void {
  get("/fleet", ({ state }) => readyPage(state, port));
  get("/fleet/vehicles", ({ state, session }) => vehiclesPage(state, port, session));
  get("/fleet/vehicle/:id", ({ state, session }, request) =>
    vehiclePage(state, port, session, (request.params as Record<string, string>)["id"] ?? ""),
  );
  get("/fleet/plan", ({ state }) => planPage(state, port));
  get("/fleet/plan/why", ({ state, query }) =>
    whySlotPage(state, port, Number(query["evse"]), Number(query["at"] ?? Number.NaN)),
  );
  /** Runs a change of the fleet and says what came of it, on the page where it was asked. */
  const changing = <T extends z.ZodType>(
    address: string,
    schema: T,
    bodyOf: (form: Record<string, string>) => unknown,
    run: (body: z.output<T>, person: Asking) => FleetResult,
    back: (form: Record<string, string>) => string,
  ): void =>
    post(address, "operator", (form, session, request, reply) => {
      const body = checked(schema, bodyOf(form));
      if ("refused" in body) return toPage(reply, session, back(form), { refused: body.refused });
      const result = run(body.body, { name: session.name });
      const sentence = result.ok ? result.value : result.error.sentence;
      audit(request, result.ok ? "acted" : "refused", session.name, sentence);
      return toPage(reply, session, back(form), result.ok ? { done: sentence } : { refused: sentence });
    });
  const vehicleAddress = (form: Record<string, string>): string =>
    `/fleet/vehicle/${encodeURIComponent(form["vehicleId"] ?? "")}`;
  changing(
    "/fleet/vehicle",
    timetableBody,
    (form) => ({
      vehicleId: form["vehicleId"],
      weekly: weekOf(form),
      version: Number(form["version"]),
      reason: form["reason"],
    }),
    (body, person) => port.changeTimetable(body, person),
    vehicleAddress,
  );
  changing(
    "/fleet/vehicle/exception",
    timetableBody,
    (form) => {
      const present = port.vehicles().vehicles.find(({ id }) => id === form["vehicleId"])?.exceptions ?? [];
      const exception = {
        date: form["date"],
        leavesAt: (form["leavesAt"] ?? "").trim() || null,
        ...((form["needPct"] ?? "") !== "" && { needPct: Number(form["needPct"]) }),
        reason: form["reason"],
      };
      return {
        vehicleId: form["vehicleId"],
        exceptions: [...present.filter(({ date }) => date !== form["date"]), exception],
        reason: form["reason"],
      };
    },
    (body, person) => port.changeTimetable(body, person),
    vehicleAddress,
  );
  changing(
    "/fleet/vehicles/add",
    vehiclesBody,
    (form) => ({
      put: [
        {
          id: form["id"],
          name: form["name"],
          ...((form["capacityKWh"] ?? "") !== "" && { capacityWh: Number(form["capacityKWh"]) * 1_000 }),
        },
      ],
      reason: form["reason"],
    }),
    (body, person) => port.changeVehicles(body, person),
    () => "/fleet/vehicles",
  );
  changing(
    "/fleet/import/take",
    takeBody,
    (form) => ({ previewId: form["previewId"], reason: form["reason"] }),
    (body, person) => port.take(body, person),
    () => "/fleet/vehicles",
  );
  post("/fleet/import", "operator", (form, session, request, reply) => {
    const body = checked(previewBody, { kind: form["kind"], text: form["text"] });
    const preview = "refused" in body ? body : port.preview(body.body);
    if ("refused" in preview) return toPage(reply, session, "/fleet/vehicles", preview);
    if (!preview.ok) return toPage(reply, session, "/fleet/vehicles", { refused: preview.error.sentence });
    return answer(request, reply, () => importPage(preview.value, session));
  });
}

function serveEconomy(
  app: FastifyInstance,
  { get, post, toPage }: PlaceServer,
  { allowed, audit, source }: Serving,
  port: EconomyPort,
): void {
  get("/history", ({ state, query }) => dayPage(state, port, dateIn(query)));
  get("/history/month", ({ state, query }) => monthPage(state, port, dateIn(query)));
  get("/fleet/grid-events", ({ state, session }) => gridEventsPage(state, port, session));
  const file = (
    address: string,
    read: (query: Record<string, string>, state: SiteState) => { name: string; text: string } | null,
  ): void => {
    app.get(address, (request, reply) => {
      if (!allowed(request, reply, "viewer", true)) return reply;
      const state = source.state();
      const found = state && read(texts(request.query), state);
      if (!found) return reply.code(404).type("text/plain").send(`${t`Nothing is on record of that time.`}\n`);
      return reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", `attachment; filename="${found.name}"`)
        .send(found.text);
    });
  };
  file("/history/day.csv", (query, state) => {
    const day = port.day(dateIn(query));
    const what = ["vehicles", "chargers"].find((one) => one === query["what"]) ?? "quarters";
    return day && { name: `${day.date}-${what}.csv`, text: dayCsv(day, what, wordsOf(state)) };
  });
  file("/history/month.csv", (query) => {
    const month = port.month(dateIn(query));
    const what = query["what"] === "vehicles" ? "vehicles" : "days";
    return month && { name: `${month.from}-${what}.csv`, text: monthCsv(month, what) };
  });
  post("/fleet/grid-events", "operator", (form, session, request, reply) => {
    const zone = source.state()?.site.timeZone ?? "UTC";
    const fromMs = momentAt(form["date"] ?? "", form["from"] ?? "", zone);
    const toMs = momentAt(form["date"] ?? "", form["to"] ?? "", zone);
    const body = checked(offerBody, {
      programme: form["programme"],
      fromMs,
      toMs: toMs > fromMs ? toMs : toMs + 86_400_000,
      askedW: Number(form["askedKW"]) * 1_000,
      answerByMs: fromMs,
      payPerKWh: Number(form["pay"]),
      penaltyPerKWh: Number(form["penalty"]),
    });
    if ("refused" in body) return toPage(reply, session, "/fleet/grid-events", body);
    return tell(request, reply, session, port.offer(body.body, session.name));
  });
  post("/fleet/grid-events/answer", "operator", (form, session, request, reply) => {
    const committedW = form["decline"] === "1" ? 0 : Number(form["committedKW"]) * 1_000;
    const body = checked(answerBody, { id: form["id"], committedW });
    if ("refused" in body) return toPage(reply, session, "/fleet/grid-events", body);
    return tell(request, reply, session, port.answer(body.body, session.name));
  });
  function tell(
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session,
    result: ReturnType<EconomyPort["offer"]>,
  ): FastifyReply {
    const sentence = result.ok ? result.value : result.error;
    audit(request, result.ok ? "acted" : "refused", session.name, sentence);
    return toPage(reply, session, "/fleet/grid-events", result.ok ? { done: sentence } : { refused: sentence });
  }
}

const dateIn = (query: Readonly<Record<string, string>>): string | undefined =>
  /^\d{4}-\d{2}-\d{2}$/.test(query["date"] ?? "") ? query["date"] : undefined;

/** What the form starts with. */
const defaults = (
  inputs: readonly {
    readonly name: string;
    readonly kind: string;
    readonly text?: string;
    readonly valuePct?: number;
  }[],
): Record<string, string> =>
  Object.fromEntries(
    inputs.map(({ name, text, valuePct }) => [name, text ?? (valuePct === undefined ? "" : String(valuePct))]),
  );

/** Values of an action as its form has them: moments by the site's clock. */
function givenOf(values: Readonly<Record<string, number | string>>, state: SiteState): Record<string, string> {
  const words = wordsOf(state);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      name.endsWith("AtMs") ? words.hm(Number(value)) : String(value),
    ]),
  );
}
