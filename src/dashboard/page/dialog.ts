/** The dialog of an action: what will happen, what is asked, the reason; a refusal stays in it and keeps the input. */
import type { ActionView, InputView } from "../actions.ts";
import { t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { severityIcons } from "../panels/icons.ts";

export interface Answer {
  readonly ok: boolean;
  readonly sentence: string;
}
export type Send = (action: string, reason: string, values: Record<string, number | string>) => Promise<Answer>;

const field = (input: InputView): Html => {
  switch (input.kind) {
    case "power":
      return html`<label class="f">${input.label}<input name="${input.name}" type="number" inputmode="decimal" step="0.1" min="0" value="${input.valueW / 1000}" required></label>`;
    case "percent":
      return html`<label class="f">${input.label}<input name="${input.name}" type="number" inputmode="numeric" step="1" value="${input.valuePct}" required></label>`;
    case "moment":
      return html`<label class="f">${input.label}<input name="${input.name}" type="time" value="${input.text}" data-from="${input.valueMs}" data-text="${input.text}" required></label>`;
    case "choice":
      return html`<label class="f">${input.label}<select name="${input.name}">${input.options.map(([value, name]) => html`<option value="${value}">${name}</option>`)}</select></label>`;
    case "text":
      return html`<label class="f">${input.label}<textarea name="${input.name}" rows="6" maxlength="${input.lengthMax}" spellcheck="false"></textarea></label>`;
  }
};

/** The next time the site's clock shows this, given a moment whose clock time is known: no time zone is needed. */
function nextMoment(wanted: string, knownText: string, knownMs: number, nowMs: number): number {
  const minutes = (text: string): number => {
    const [h = "0", m = "0"] = text.split(":");
    return Number(h) * 60 + Number(m);
  };
  const dayMs = 86_400_000;
  const base = Math.floor(knownMs / 60_000) * 60_000 + (minutes(wanted) - minutes(knownText)) * 60_000;
  const ahead = (((base - nowMs) % dayMs) + dayMs) % dayMs;
  return nowMs + (ahead === 0 ? dayMs : ahead);
}

/** Input as the request carries it: powers in W, moments in milliseconds. */
function inputValue(input: InputView, form: HTMLFormElement, nowMs: number): number | string {
  const element = form.elements.namedItem(input.name);
  const text =
    element instanceof HTMLInputElement ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement
      ? element.value
      : "";
  switch (input.kind) {
    case "power":
      return text.trim() === "" ? "" : Math.round(Number(text) * 1000);
    case "percent":
      return text.trim() === "" ? "" : Number(text);
    case "moment":
      return text === "" ? "" : nextMoment(text, input.text, input.valueMs, nowMs);
    default:
      return text;
  }
}

/** Other fields follow a choice: they show what stands for the vehicle that is chosen. */
function follow(input: InputView & { kind: "choice" }, form: HTMLFormElement, chosen: string | undefined): void {
  const select = form.elements.namedItem(input.name);
  if (!(select instanceof HTMLSelectElement)) return;
  const fill = (): void => {
    for (const [name, value] of Object.entries(input.fills?.[select.value] ?? {})) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = value;
    }
  };
  if (input.name === "evse" && chosen !== undefined && input.options.some(([value]) => value === chosen))
    select.value = chosen;
  select.addEventListener("change", fill);
  fill();
}

/** Opens the dialog; `done` is called with the sentence once the controller has taken the action. */
export function openDialog(
  dialog: HTMLDialogElement,
  action: ActionView,
  nowMs: () => number,
  send: Send,
  done: (sentence: string) => void,
  /** The charger that the person came from. */
  evse?: string,
): void {
  dialog.innerHTML =
    html`<form method="dialog" novalidate><h2 id="dlgh">${action.label}?</h2><ul class="eff">${action.effects.map((effect) => html`<li>${effect}</li>`)}</ul>${action.inputs.map(field)}${
      action.needsReason
        ? html`<label class="f">Reason, kept in the log<input name="reason" maxlength="200" placeholder="For example: driver called" autocomplete="off"></label>`
        : ""
    }<div class="refuse" role="alert">${severityIcons.critical}<span></span></div><div class="row"><button class="btn" value="cancel" formnovalidate>Leave as it is</button><button class="btn ${action.stopsPower ? "danger" : "primary"}" value="go">${action.verb}</button></div></form>`.text;
  const form = dialog.querySelector("form");
  const box = dialog.querySelector(".refuse");
  const said = box?.querySelector("span");
  if (!form || !box || !said) return;
  const refuse = (sentence: string): void => {
    box.classList.add("on");
    said.textContent = sentence;
  };
  let busy = false;
  form.addEventListener("submit", (event) => {
    if ((event.submitter as HTMLButtonElement | null)?.value === "cancel") return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    box.classList.remove("on");
    const reason = form.elements.namedItem("reason");
    const values: Record<string, number | string> = {};
    for (const input of action.inputs) values[input.name] = inputValue(input, form, nowMs());
    send(action.id, reason instanceof HTMLInputElement ? reason.value : "", values)
      .then((answer) => {
        if (answer.ok) {
          dialog.close();
          done(answer.sentence);
        } else refuse(answer.sentence);
      })
      .catch(() => refuse(t`The controller did not answer. Nothing may have changed; look before you try again.`))
      .finally(() => {
        busy = false;
      });
  });
  for (const input of action.inputs) if (input.kind === "choice") follow(input, form, evse);
  dialog.showModal();
  const first = form.querySelector<HTMLElement>("label.f input, label.f select, label.f textarea");
  first?.focus();
}
