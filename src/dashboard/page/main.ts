/** The page in the browser: takes states from the stream, shows the view, and brings actions back. Works offline from the gateway. */
import type UPlot from "uplot";
import type { AccountRole, ActionId } from "../actions.ts";
import { knowsWords, t } from "../language/language.ts";
import { bottomBar, brand, health, mainContent, mainParts, tabs } from "../panels/panels.ts";
import { firstUi, type Ui } from "../panels/ui.ts";
import type { SiteState } from "../state.ts";
import type { Group } from "../view/chargers.ts";
import { type View, view, wordsNeeded } from "../view.ts";
import { createDayChart, type DayChart } from "./day-chart.ts";
import { type Answer, openDialog } from "./dialog.ts";
import { keepPlace, takePlace } from "./language-form.ts";
import { morph } from "./morph.ts";
import { openStream } from "./stream.ts";

interface Session {
  readonly role: AccountRole;
  readonly csrf: string;
  readonly supported: readonly ActionId[];
}

const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no place called ${id}.`);
  return element;
};

const session = JSON.parse(byId("session").textContent ?? "{}") as Session;
/** No message for this long: the data are old. */
const staleMs = 3000;
const phone = matchMedia("(max-width:640px)");

let state: SiteState | null = null;
let ui: Ui | null = null;
let shown: View | null = null;
let chart: DayChart | null = null;
const written = new Map<string, string>();

function write(id: string, markup: string): void {
  if (written.get(id) === markup) return;
  written.set(id, markup);
  morph(byId(id), markup);
}

/** Panels that stay where they are are drawn one by one, those that have changed. */
function writeMain(next: View, shownAs: Ui): void {
  const { frames, bodies } = mainParts(next, shownAs);
  const arranged = written.get("frames") === frames;
  if (!arranged) morph(byId("main"), mainContent(next, shownAs).text);
  written.set("frames", frames);
  for (const [id, body] of bodies) {
    if (arranged) write(id, body);
    else written.set(id, body);
  }
}

function firstCharger(site: SiteState): number {
  const moving =
    site.evses.find((evse) => evse.role === "forming") ?? site.evses.find((evse) => Math.abs(evse.setpointW) > 0);
  return (moving ?? site.evses.find((evse) => evse.connected) ?? site.evses[0])?.evse ?? 1;
}

/** Words that are on their way are waited for so long, ms; then they are said in English until they come. */
const wordsMaxMs = 3000;
const wordsAsked = new Set<string>();
let wordsWaited = 0;
/** Whether words of this state are still on their way. Each part is loaded once, when it is needed. */
function waitsForWords(site: SiteState): boolean {
  for (const part of wordsNeeded(site)) {
    if (knowsWords(part) || wordsAsked.has(part)) continue;
    wordsAsked.add(part);
    wordsWaited++;
    let waiting = true;
    const over = (): void => {
      if (waiting) wordsWaited--;
      waiting = false;
      schedule();
    };
    setTimeout(over, wordsMaxMs);
    import(byId("session").dataset[part] ?? "").then(over, over);
  }
  return wordsWaited > 0;
}

function render(): void {
  if (!state || waitsForWords(state)) return;
  ui ??= { ...firstUi(state.evses.length, firstCharger(state)), ...takePlace<Partial<Ui>>(), phone: phone.matches };
  const next = view(state, { role: session.role, supported: session.supported, selected: ui.selected });
  announce(next);
  shown = next;
  document.title = next.title;
  writeMain(next, ui);
  write("brand", brand(next).text);
  write("tabs", tabs(next).text);
  write("bnav", bottomBar(next).text);
  write("health", health(next).text);
  if (!ui.stale) write("clock", next.time);
  chart ??= createDayChart(byId("plot"), byId("readout"), loadUPlot);
  chart.show(next.day);
}

/** A mode is told politely, a new critical event at once, a clock never. */
function announce(next: View): void {
  if (shown && shown.mode.mode !== next.mode.mode) byId("announce").textContent = `${next.mode.lead} ${next.mode.rest}`;
  const known = new Set(shown?.events.events.map((event) => event.id));
  const urgent = next.events.events.find(
    (event) => event.severity === "critical" && event.open && !known.has(event.id),
  );
  if (urgent && shown) byId("alert").textContent = `${urgent.severityName}: ${urgent.sentence} ${urgent.todo}`;
}

function loadUPlot(): Promise<typeof UPlot> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = byId("session").dataset["chart"] ?? "";
    script.onload = () => (window.uPlot ? resolve(window.uPlot) : reject(new Error("uPlot is missing")));
    script.onerror = () => reject(new Error("uPlot could not be loaded"));
    document.head.append(script);
  });
}

const stream = openStream("/api/v1/events", {
  state: (next) => {
    state = next;
    checkAge();
    schedule();
  },
  restarted: () => location.reload(),
  signedOut: () => location.assign("/login"),
});

let asked = false;
/** At most one drawing for each frame of the screen, and none while nobody looks. */
function schedule(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    render();
  });
}

/** Old data never look live: banner, grey, no motion, no actions. */
function checkAge(): void {
  const ageMs = stream.ageMs();
  const stale = ageMs > staleMs;
  const bar = byId("stalebar");
  if (stale) {
    const age = ageMs < 100_000 ? `${Math.round(ageMs / 1000)}\u00a0s` : `${Math.round(ageMs / 60_000)}\u00a0min`;
    byId("staletext").textContent = shown
      ? t`No data for ${Number.isFinite(ageMs) ? age : t`some time`}. This is the site at ${shown.time}. Actions return with the connection.`
      : t`No data yet. The controller has not answered.`;
    byId("livetext").textContent = Number.isFinite(ageMs) ? t`Data ${age} old` : t`No data`;
  }
  if (ui && ui.stale === stale && bar.hidden === !stale) return;
  bar.hidden = !stale;
  document.body.classList.toggle("stale", stale);
  byId("livetext").hidden = !stale;
  byId("live").hidden = stale;
  if (stale) byId("alert").textContent = t`The connection is lost. The data are old.`;
  if (ui) ui = { ...ui, stale };
  schedule();
}
setInterval(checkAge, 500);
document.addEventListener("visibilitychange", checkAge);

function change(part: Partial<Ui>): void {
  if (ui) ui = { ...ui, ...part };
  render();
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-islet-csrf": session.csrf },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

async function send(action: string, reason: string, values: Record<string, number | string>): Promise<Answer> {
  const answer = await post("/api/v1/actions", { action, reason, values });
  const body = (await answer.json().catch(() => null)) as { ok?: boolean; sentence?: string } | null;
  return {
    ok: body?.ok === true,
    sentence: body?.sentence ?? t`The controller answered ${answer.status}. Nothing has changed.`,
  };
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;
function toast(sentence: string): void {
  const element = byId("toast");
  element.textContent = sentence;
  element.classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove("on"), 4000);
}

function selectCharger(evse: number): void {
  change({ selected: evse, opened: ui?.opened === evse ? null : evse });
  document.querySelector<HTMLElement>(`[data-sel="${evse}"]`)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target.closest<HTMLElement>("button,tr[data-row]") : null;
  if (!target) return;
  const { sel, row, filter, list, all, act, ack, evse } = target.dataset;
  if (sel ?? row) selectCharger(Number(sel ?? row));
  else if (filter) change({ filter: filter as Group | "all" });
  else if (list) change({ list: list === "tiles" ? "tiles" : "rows" });
  else if (all) change({ all: true });
  else if (target.id === "theme") switchTheme();
  else if (act && shown) {
    const offered = shown.actions.offered.find((candidate) => candidate.id === act);
    const dialog = byId("dlg");
    if (offered && dialog instanceof HTMLDialogElement)
      openDialog(dialog, offered, () => state?.atMs ?? Date.now(), send, toast, evse);
  } else if (ack)
    send("acknowledge", "", { event: ack })
      .then((answer) => toast(answer.sentence))
      .catch(() => toast(t`The controller did not answer.`));
});

/** Light, dark, or as the system says; remembered on this device. */
function switchTheme(): void {
  const root = document.documentElement;
  const dark = root.dataset["theme"]
    ? root.dataset["theme"] === "dark"
    : matchMedia("(prefers-color-scheme:dark)").matches;
  root.dataset["theme"] = dark ? "light" : "dark";
  try {
    localStorage.setItem("islet-theme", root.dataset["theme"]);
  } catch {
    // A browser that keeps nothing keeps the system's choice.
  }
  themed();
}
function themed(): void {
  const root = document.documentElement;
  const dark = root.dataset["theme"]
    ? root.dataset["theme"] === "dark"
    : matchMedia("(prefers-color-scheme:dark)").matches;
  byId("theme").textContent = dark ? t`Light` : t`Dark`;
  chart?.redraw();
}
try {
  const kept = localStorage.getItem("islet-theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset["theme"] = kept;
} catch {
  // Nothing is kept here.
}
themed();
matchMedia("(prefers-color-scheme:dark)").addEventListener("change", themed);

document.getElementById("demorole")?.addEventListener("change", (event) => {
  const { value } = event.target as HTMLSelectElement;
  post("/api/v1/session/role", { role: value })
    .then(() => location.reload())
    .catch(() => toast(t`The controller did not answer.`));
});

keepPlace(() => ui && { ...ui, stale: false });

let resizeTimer: ReturnType<typeof setTimeout> | undefined;
addEventListener("resize", () => {
  clearTimeout(resizeTimer);
  resizeTimer = setTimeout(() => {
    if (ui && ui.phone !== phone.matches) change({ phone: phone.matches });
    chart?.redraw();
  }, 150);
});
