/** The pages beside the overview: kept up to date while nobody types, light or dark as on the overview. */
import { keepPlace, takePlace } from "./language-form.ts";
import { morph } from "./morph.ts";

/** A page is fetched again this often, ms, where it does not say `data-every` itself; and an answer waited for so long. */
const everyMs = 5_000;
const answerMaxMs = 4_000;
const leastEveryMs = 500;

const main = document.getElementById("main");
let busy = false;
/** A form that somebody has begun is left alone, and so is the page around it. */
let typed = false;
document.addEventListener("input", () => {
  typed = true;
});

/** Takes the page's main part anew; what has the focus and what is open stays. */
async function renew(): Promise<void> {
  if (busy || typed || document.hidden || main === null) return;
  busy = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(answerMaxMs) });
    if (answer.redirected && new URL(answer.url).pathname === "/login") return location.assign("/login");
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [next, health, clock] = [
      fresh.getElementById("main"),
      fresh.getElementById("health"),
      fresh.querySelector(".livedot b"),
    ];
    // What was just said stays until the next page.
    const said = main.querySelector(".said,.refuse")?.outerHTML ?? "";
    if (next && !typed) morph(main, `${said}${next.innerHTML}`);
    const shown = document.getElementById("health");
    if (health && shown) morph(shown, health.innerHTML);
    const time = document.querySelector(".livedot b");
    if (time && clock) time.textContent = clock.textContent;
    document.body.classList.remove("stale");
  } catch {
    // Old data never look live.
    document.body.classList.add("stale");
  } finally {
    busy = false;
  }
}
// A page that a form has led to shows its own answer until the next one.
let renewedMs = performance.now();
function renewWhenDue(): void {
  const own = Number(main?.querySelector<HTMLElement>("[data-every]")?.dataset["every"]);
  if (performance.now() - renewedMs < (own > 0 ? own : everyMs)) return;
  renewedMs = performance.now();
  void renew();
}
if (!document.querySelector("form[method=post] [name=previewId]")) setInterval(renewWhenDue, leastEveryMs);

/** What somebody has typed stays when the language changes; secrets do not. */
const inputs = (): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] => [
  ...document.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(
    "main input:not([type=hidden],[type=password],[type=file]),main select,main textarea",
  ),
];
keepPlace(() =>
  typed
    ? inputs().map((field) =>
        field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : field.value,
      )
    : null,
);
const before = takePlace<readonly (string | boolean)[]>();
if (Array.isArray(before) && before.length === inputs().length) {
  typed = true;
  inputs().forEach((field, i) => {
    const value: string | boolean | undefined = before[i];
    if (field instanceof HTMLInputElement && typeof value === "boolean") field.checked = value;
    else if (typeof value === "string") field.value = value;
  });
}

const root = document.documentElement;
const isDark = (): boolean =>
  root.dataset["theme"] ? root.dataset["theme"] === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
const button = document.getElementById("theme");
const themed = (): void => {
  // The gateway has written both in the reader's language.
  if (button) button.textContent = button.dataset[isDark() ? "light" : "dark"] ?? "";
};
try {
  const kept = localStorage.getItem("islet-theme");
  if (kept === "light" || kept === "dark") root.dataset["theme"] = kept;
} catch {
  // Nothing is kept here.
}
themed();
button?.addEventListener("click", () => {
  root.dataset["theme"] = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("islet-theme", root.dataset["theme"]);
  } catch {
    // A browser that keeps nothing keeps the system's choice.
  }
  themed();
});
