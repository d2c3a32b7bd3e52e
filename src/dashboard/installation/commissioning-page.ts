/** Guided commissioning: the steps on one side, what one of them will do, does or has found on the other. */
import type { Commissioning, StepView, Underway } from "../../app/commissioning/commissioning.ts";
import { type PlotWords, plot } from "../../app/commissioning/plot.ts";
import {
  type Finding,
  figureText,
  type StepResult,
  type StepVerdict,
  verdictWords,
} from "../../app/commissioning/step.ts";
import type { Session } from "../access/sessions.ts";
import { localNumber, phrase, t } from "../language/language.ts";
import { type Html, html, raw } from "../panels/html.ts";
import { okIcon, severityIcons } from "../panels/icons.ts";
import { type Lead, leadPanel, panel, secret, table } from "../places/parts.ts";
import type { PlacePage } from "../places/shell.ts";
import type { SiteState } from "../state.ts";
import { capital, wordsOf } from "../view/format.ts";

/** What a step does to the site, as a sentence. */
const doing = (does: string): string => phrase(`It ${does}.`);

export const commissioningAddress = "/installation";

/** A step under way is looked at this often, ms. */
const underwayEveryMs = 1_000;
/** Points that a plot needs to say something. */
const plotMin = 10;

const marks: Readonly<Record<StepVerdict, Html>> = {
  pass: okIcon,
  warn: severityIcons.warning,
  fail: severityIcons.critical,
  "not tried": severityIcons.record,
};

const verdictPart = (verdict: StepVerdict): Html =>
  html`<span class="st${verdict === "warn" ? " warn" : ""}">${marks[verdict]}<span>${phrase(verdictWords[verdict])}</span></span>`;

/** `chosen`: the step that a person looks at; by default the one under way, or the next. */
export function commissioningPage(
  state: SiteState,
  session: Session,
  commissioning: Commissioning,
  chosen: string | undefined,
): PlacePage {
  const steps = commissioning.steps();
  const underway = commissioning.underway();
  const shown =
    steps.find(({ id }) => id === (underway?.step ?? chosen)) ??
    steps.find(({ result }) => result === null) ??
    steps.at(-1);
  const body =
    shown === undefined
      ? html``
      : html`<div class="c8 stack">${underway ? underwayPanel(session, underway, shown) : stepPanel(session, commissioning, shown)}${shown.result && !underway ? foundPanel(shown) : ""}</div>`;
  const started = wordsOf(state).moment(commissioning.startedAtMs, state.atMs);
  return {
    place: "installation",
    page: commissioningAddress,
    title: t`Commissioning`,
    body: html`${leadPanel(leadOf(steps, underway))}<div class="c4 stack path-after">${panel("", t`Steps`, pathOf(steps, shown, underway), t`${doneOf(steps)} of ${steps.length}`)}${measuredPanel(session, commissioning, underway)}${panel("", t`Report`, reportPart(session, commissioning, steps, started))}</div>${body}<p class="sr" role="status">${announced(steps, underway)}</p>`,
  };
}

const doneOf = (steps: readonly StepView[]): number => steps.filter(({ result }) => result !== null).length;

function leadOf(steps: readonly StepView[], underway: Underway | null): Lead {
  const findings = steps.flatMap(({ result }) => result?.findings ?? []);
  const toMend = findings.filter(({ verdict }) => verdict === "fail");
  const aside: [string, string][] = toMend
    .slice(0, 3)
    .map(({ device, sentence }) => [phrase(device), withoutDevice(device, sentence)]);
  const left = steps.length - doneOf(steps);
  const common = { asideTitle: t`What is to mend`, aside };
  if (underway !== null) {
    return {
      ...common,
      level: "attention",
      tag: t`Commissioning has the site`,
      lead: `${phrase(underway.title)}.`,
      rest: underway.cancelled ? t`Stopped; the site comes to rest.` : phrase(underway.said.at(-1) ?? "") || t`Begun.`,
      sub: t`Begun by ${underway.by}. Nobody else's requests count meanwhile; every limit, permit and stop does.`,
    };
  }
  if (toMend.length > 0)
    return {
      ...common,
      level: "attention",
      tag: t`Not proven yet`,
      lead: t`${toMend.length} to mend.`,
      rest: left > 1 ? t`${left} steps are left.` : left === 1 ? t`One step is left.` : t`Every step was taken.`,
      sub: t`What was found stands with its step. Mend it, then take that step again.`,
    };
  return {
    level: "normal",
    lead: left > 0 ? t`${doneOf(steps)} of ${steps.length} steps are done.` : t`Every step was taken.`,
    rest: toMend.length === 0 && doneOf(steps) > 0 ? t`Nothing is to mend so far.` : "",
    sub: t`One step at a time. Each says what it will do to the site before it does it; what is done is kept.`,
  };
}

const announced = (steps: readonly StepView[], underway: Underway | null): string =>
  underway === null
    ? t`No step is under way. ${doneOf(steps)} of ${steps.length} are done.`
    : phrase(underway.question ?? "") || t`A step is under way: ${phrase(underway.title)}.`;

function pathOf(steps: readonly StepView[], shown: StepView | undefined, underway: Underway | null): Html {
  const row = (step: StepView, i: number): Html => {
    const { id, title, result } = step;
    const state = underway?.step === id ? t`now` : result === null ? t`not yet` : phrase(verdictWords[result.verdict]);
    const mark = result === null || underway?.step === id ? html`${i + 1}` : marks[result.verdict];
    const here = step === shown;
    return html`<li${here ? raw(' class="here"') : ""}><span class="m" aria-hidden="true">${mark}</span><a href="${commissioningAddress}?step=${id}"${here ? raw(' aria-current="step"') : ""}><b>${phrase(title)}</b><small>${state}</small></a></li>`;
  };
  return html`<ol class="path">${steps.map(row)}</ol>`;
}

function underwayPanel(
  session: Session,
  { step, said, question, cancelled }: Underway,
  { title, does }: StepView,
): Html {
  const asked =
    question === null
      ? ""
      : html`<form method="post" action="/installation/answer" class="asked">${secret(session)}<p class="lead-s">${phrase(question)}</p><div class="rowbtns"><button class="btn primary" name="answer" value="yes">Yes</button><button class="btn" name="answer" value="no">No</button></div></form>`;
  const stop = cancelled
    ? ""
    : html`<form method="post" action="/installation/stop">${secret(session)}<input type="hidden" name="step" value="${step}"><div class="rowbtns end"><button class="btn danger">Stop this step</button></div></form>`;
  const saying =
    said.length === 0
      ? html`<p class="dim">Begun.</p>`
      : html`<ol class="saying">${said.map((one) => html`<li>${phrase(one)}</li>`)}</ol>`;
  return html`<div data-every="${underwayEveryMs}">${panel("", phrase(title), html`<p>${doing(does)}</p>${saying}${asked}${stop}`, t`under way`)}</div>`;
}

function stepPanel(session: Session, commissioning: Commissioning, { id, title, does, needs, result }: StepView): Html {
  const why = commissioning.refusal(id);
  const who = needs === "hands" ? html`<p>Somebody must be at the site for it.</p>` : "";
  const begin =
    why !== ""
      ? html`<p class="st warn">${severityIcons.warning}<span>Not now: ${phrase(why)}.</span></p>`
      : html`<form method="post" action="/installation/begin">${secret(session)}<input type="hidden" name="step" value="${id}"><div class="rowbtns end"><button class="btn primary">${result === null ? t`Begin this step` : t`Take this step again`}</button></div></form>`;
  return panel(
    "",
    phrase(title),
    html`<p class="lead-s">What it will do to the site</p><p>${doing(does)}</p>${who}${begin}`,
  );
}

const plotWords = (): PlotWords => ({
  meter: t`meter`,
  told: t`told`,
  stages: t`stages`,
  title: (seconds) => t`Power over ${seconds} s`,
  number: localNumber,
});

function foundPanel({ result }: StepView): Html {
  if (result === null) return html``;
  const { findings, comparisons, looks, verdict, atMs } = result;
  const recording =
    looks.length > plotMin
      ? html`<h3 class="sech">Power while it was tried</h3><div class="plot">${raw(plot(looks, plotWords()))}</div>`
      : "";
  return panel(
    "",
    t`What was found`,
    html`${findingsTable(findings)}${comparisons.length > 0 ? comparisonsTable(comparisons) : ""}${recording}`,
    html`${verdictPart(verdict)} <time>${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC</time>`,
  );
}

/** The device has a column of its own. */
function withoutDevice(device: string, sentence: string): string {
  const said = phrase(sentence);
  const own = [device, phrase(device)].find((name) => said.startsWith(`${name}: `));
  return capital(own === undefined ? said : said.slice(own.length + 2));
}

const rowKind = (verdict: StepVerdict): string | undefined =>
  verdict === "fail" || verdict === "warn" ? "warnrow" : undefined;

const findingsTable = (findings: readonly Finding[]): Html =>
  table(
    [{ name: t`Device` }, { name: t`So` }, { name: t`What was found, what to do` }],
    findings.map(({ verdict, device, sentence }) => ({
      cells: [phrase(device), verdictPart(verdict), withoutDevice(device, sentence)],
      kind: rowKind(verdict),
    })),
    t`What was found of each device`,
  );

const figure = (value: number): string => localNumber(phrase(figureText(value)));

function comparisonsTable(comparisons: StepResult["comparisons"]): Html {
  const verdictOf = { "as configured": "pass", warn: "warn", refuse: "fail" } as const;
  const rows = comparisons.map(({ device, what, configured, measured, uncertainty, unit, verdict }) => ({
    cells: [
      `${phrase(device)}: ${phrase(what)}`,
      `${figure(configured)} ${unit}`,
      `${figure(measured)} ± ${figure(uncertainty)} ${unit}`,
      html`<span class="st${verdict === "as configured" ? "" : " warn"}">${marks[verdictOf[verdict]]}<span>${phrase(verdict)}</span></span>`,
    ],
    kind: rowKind(verdictOf[verdict]),
  }));
  const columns = [
    { name: t`Figure` },
    { name: t`Configured`, num: true },
    { name: t`Measured`, num: true },
    { name: t`So` },
  ];
  return html`<h3 class="sech">Measured and configured</h3>${table(columns, rows, t`Measured and configured figures`)}`;
}

/** What was measured to be something else, and the button that writes it. */
function measuredPanel(session: Session, commissioning: Commissioning, underway: Underway | null): Html {
  const { settings, refused } = commissioning.measured();
  if (settings.length === 0 && refused.length === 0) return html``;
  const rows = settings.map(({ device, setting, to }) => ({ cells: [setting, String(to), phrase(device)] }));
  const list =
    rows.length > 0
      ? table(
          [{ name: t`Setting` }, { name: t`Would become` }, { name: t`Device` }],
          rows,
          t`Settings that were measured`,
        )
      : "";
  const form =
    rows.length > 0 && underway === null
      ? html`<form method="post" action="/installation/adopt">${secret(session)}<p class="dim">The file as it is now is kept beside it. It counts from the next start of the controller on; nudges and limit are then taken again.</p><div class="rowbtns end"><button class="btn primary">Write into the site file</button></div></form>`
      : "";
  return panel(
    "",
    t`Measured, not as configured`,
    html`${list}${refused.map((one) => html`<p class="st warn">${severityIcons.warning}<span>${phrase(one)}</span></p>`)}${form}`,
  );
}

function reportPart(session: Session, commissioning: Commissioning, steps: readonly StepView[], started: string): Html {
  const isDone = doneOf(steps) > 0;
  const open = isDone
    ? html`<a class="btn" href="/installation/report">Open the signed report</a>`
    : html`<p class="dim">There is none before the first step.</p>`;
  const again =
    isDone && commissioning.underway() === null
      ? html`<form method="post" action="/installation/again">${secret(session)}<button class="btn">Forget all and begin anew</button></form>`
      : "";
  return html`<div class="rowbtns">${open}${again}</div><p class="dim beside">Begun ${started}. You can leave at any time and go on later, here or with <code>islet commission</code>; a restart keeps what is done.</p>`;
}
