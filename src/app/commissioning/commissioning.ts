/**
 * Guided commissioning of a running site: one step at a time, each begun by a person, with the tables of `islet commission`.
 * What is done is kept, so that it goes on after a restart. Whoever may ask is judged by the caller; whether the site allows it
 * now is judged here.
 */
import { existsSync, readFileSync } from "node:fs";
import type { MeasuredSettings } from "../../commissioning/measured-settings.ts";
import { modeColumns } from "../../domain/modes.table.ts";
import type { SiteStation } from "../station.ts";
import { type Adopted, adoptMeasured, measuredBy } from "./adopt.ts";
import { Nudger } from "./nudger.ts";
import { type Progress, readProgress, writeProgress } from "./progress.ts";
import { reportFile, writeReport } from "./report.ts";
import { runStep } from "./run-step.ts";
import type { Step, StepResult } from "./step.ts";
import { steps as allSteps } from "./steps.ts";

/** Sentences kept of a step under way. */
const saidMax = 100;
/** A question that nobody answers counts as answered by nobody after this, ms. */
const answerMaxMs = 15 * 60_000;

export interface StepView {
  readonly id: string;
  readonly title: string;
  /** What it will do to the site. */
  readonly does: string;
  readonly needs: Step["needs"];
  readonly result: StepResult | null;
}

/** The step that is being taken. */
export interface Underway {
  readonly step: string;
  readonly title: string;
  readonly sinceMs: number;
  readonly by: string;
  /** What went on so far, oldest first. */
  readonly said: readonly string[];
  /** What a person at the site is asked to do or to look at. */
  readonly question: string | null;
  /** A person has ended it; the site comes to rest. */
  readonly cancelled: boolean;
}

export interface Commissioning {
  readonly startedAtMs: number;
  steps(): readonly StepView[];
  underway(): Underway | null;
  /** Why a step can't begin now; "" where it can. */
  refusal(step: string): string;
  /** Begins a step; why not, or "". It goes on by itself. */
  begin(step: string, by: string): string;
  /** A person's answer to the question; false where none is asked. */
  answer(yes: boolean): boolean;
  /** Ends the step under way without a result; false where there is none. */
  cancel(by: string): boolean;
  /** What was measured to be something else than configured, and may be written into the site file. */
  measured(): MeasuredSettings;
  /** Writes it there. The running site stays as it was until it is started again, and takes no further step until then. */
  adopt(by: string): Adopted;
  /** Forgets all results. */
  again(by: string): string;
  /** The newest signed report, HTML; null before the first. */
  report(): string | null;
  stop(): void;
}

interface Running extends Underway {
  said: string[];
  question: string | null;
  readonly nudger: Nudger;
  cancelled: boolean;
  answered: ((yes: boolean | null) => void) | null;
}

/** `file`: the site's, where it may be written; null where it may not, as for a demonstration. */
export function openCommissioning(station: SiteStation, file: string | null): Commissioning {
  const { config } = station;
  const mine = allSteps.filter((step) => step.applies(station));
  let progress: Progress = readProgress(config);
  let running: Running | null = null;
  let written = false;

  const refusal = (id: string): string => {
    const step = mine.find((one) => one.id === id);
    if (step === undefined) return "there is no such step at this site";
    if (running !== null) return `“${running.title}” is under way, begun by ${running.by}`;
    if (written) return "the site file was written: start the controller again, it goes on from there";
    const report = station.report();
    if (report === null) return "the controller has not told anything yet";
    const { mode } = report.site;
    if (step.needs !== "nothing" && modeColumns[mode].place !== "grid")
      return "the site must be joined to the grid for it; it is not now";
    return "";
  };

  const take = async (step: Step, run: Running): Promise<void> => {
    const say = (sentence: string): void => {
      run.said.push(sentence);
      if (run.said.length > saidMax) run.said.shift();
    };
    const result = await runStep(step, {
      site: station,
      nudger: run.nudger,
      say,
      askHands: (request) => ask(run, request),
    });
    await run.nudger.finish();
    if (run.cancelled) return;
    progress = { ...progress, results: [...progress.results.filter((one) => one.step !== step.id), result] };
    writeProgress(config, progress);
    station.audit(writeReport(config, progress, mine, { file: reportFile(config), by: run.by }).record);
  };

  return {
    get startedAtMs() {
      return progress.startedAtMs;
    },
    steps: () =>
      mine.map((step) => ({
        id: step.id,
        title: step.title,
        does: step.does(station),
        needs: step.needs,
        result: progress.results.find((one) => one.step === step.id) ?? null,
      })),
    underway: () => running,
    refusal,
    begin(id, by) {
      const why = refusal(id);
      if (why !== "") return why;
      const step = mine.find((one) => one.id === id)!;
      const run: Running = {
        step: id,
        title: step.title,
        sinceMs: Date.now(),
        by,
        said: [],
        question: null,
        nudger: new Nudger(station),
        cancelled: false,
        answered: null,
      };
      running = run;
      station.audit({ kind: "test", actor: by, body: { what: "commissioning began", step: id } });
      void take(step, run)
        .catch((failure: Error) => {
          const message = `Commissioning, ${step.title}: ${failure.message}`;
          station.audit({ kind: "alarm", actor: "controller", body: { message } });
        })
        .finally(() => {
          running = null;
        });
      return "";
    },
    answer(yes) {
      if (running?.answered == null) return false;
      running.answered(yes);
      return true;
    },
    cancel(by) {
      if (running === null) return false;
      running.cancelled = true;
      running.nudger.cancel("stopped by hand");
      running.answered?.(null);
      station.audit({ kind: "test", actor: by, body: { what: "commissioning stopped", step: running.step } });
      return true;
    },
    measured: () => (written || file === null ? { settings: [], refused: [] } : measuredBy(progress)),
    adopt(by) {
      const why = refusal("devices");
      if (why !== "") return { ok: false, sentence: why };
      if (file === null) return { ok: false, sentence: "this site has no file that could be written" };
      const adopted = adoptMeasured(file, station, progress, new Date());
      written = adopted.ok;
      station.audit({ kind: "test", actor: by, body: { what: "measured settings", ...adopted } });
      return adopted;
    },
    again(by) {
      if (written) return refusal("devices");
      if (running !== null) return `“${running.title}” is under way, begun by ${running.by}`;
      progress = { ...progress, startedAtMs: Date.now(), results: [] };
      writeProgress(config, progress);
      station.audit({ kind: "test", actor: by, body: { what: "commissioning from the beginning" } });
      return "";
    },
    report: () => (existsSync(reportFile(config)) ? readFileSync(reportFile(config), "utf8") : null),
    stop() {
      if (running === null) return;
      running.cancelled = true;
      running.nudger.cancel("the controller ends");
      running.answered?.(null);
    },
  };
}

/** Puts a question and waits for its answer; null where nobody answers. */
function ask(run: Running, request: string): Promise<boolean | null> {
  if (run.cancelled) return Promise.resolve(null);
  return new Promise((resolve) => {
    const patience = setTimeout(() => run.answered?.(null), answerMaxMs);
    run.question = request;
    run.answered = (yes) => {
      clearTimeout(patience);
      run.question = null;
      run.answered = null;
      run.said.push(`${request} ${yes === null ? "Nobody answered." : yes ? "Yes." : "No."}`);
      resolve(yes);
    };
  });
}
