/** A commissioning for the pages: five steps, one of them with something to mend, one under way where a test says so. */
import type { Commissioning, StepView, Underway } from "../../src/app/commissioning/commissioning.ts";
import type { SiteState } from "../../src/dashboard/state.ts";

export interface SampleCommissioning extends Commissioning {
  /** What was asked, in order. */
  readonly asked: string[];
  running: Underway | null;
  why: string;
}

const looks = Array.from({ length: 200 }, (_, i) => ({
  atMs: i * 100,
  stages: [{ commandW: i % 80 < 40 ? 4_400 : 2_200, powerW: i % 80 < 42 && i % 80 > 2 ? 4_350 : 2_210 }],
  meterW: 12_000 + (i % 80 < 44 && i % 80 > 4 ? 2_150 : 0),
  sampleAtMs: i * 100,
}));

export function sampleCommissioning(state: SiteState): SampleCommissioning {
  const atMs = state.atMs;
  const step = (id: string, title: string, does: string, needs: StepView["needs"] = "grid"): StepView => ({
    id,
    title,
    does,
    needs,
    result: null,
  });
  const steps: StepView[] = [
    {
      ...step(
        "devices",
        "Devices: found, identified, answering",
        "reads every device that the site file names",
        "nothing",
      ),
      result: {
        step: "devices",
        title: "Devices: found, identified, answering",
        atMs,
        verdict: "pass",
        findings: [
          {
            verdict: "pass",
            device: "Bay 1",
            sentence:
              "Example Works QS-60, version 2.4, serial number ST-1, at 10.0.0.11:502, unit 1, answers in 12 ms (99 of 100 within 19 ms).",
          },
          {
            verdict: "pass",
            device: "PCC meter",
            sentence: "found at 10.0.0.5:502, unit 1, answers in 8 ms (99 of 100 within 15 ms).",
          },
        ],
        comparisons: [],
        looks: [],
      },
    },
    {
      ...step(
        "nudges",
        "Wiring of the meter, dynamics of meter and stages",
        "charges the vehicles with up to 8.8 kW altogether, up and down 8 times in about 1 min",
      ),
      result: {
        step: "nudges",
        title: "Wiring of the meter, dynamics of meter and stages",
        atMs,
        verdict: "fail",
        findings: [
          {
            verdict: "fail",
            device: "Bay 1",
            sentence:
              "Bay 1: dead time is 590 ± 30 ms, configured 15 ms. Set evses[0].stage.deadTimeMs to 590, or make the device faster.",
          },
          {
            verdict: "warn",
            device: "PCC meter",
            sentence:
              "Wiring of its current transformers: Several connections would show the same: nudge again with more power, or with stages on other phases.",
          },
        ],
        comparisons: [
          {
            device: "PCC meter",
            setting: "pcc.meter.updateMs",
            what: "time between samples",
            configured: 100,
            measured: 101,
            uncertainty: 4,
            unit: "ms",
            verdict: "as configured",
            todo: "",
          },
          {
            device: "Bay 1",
            setting: "evses[0].stage.deadTimeMs",
            what: "dead time",
            configured: 15,
            measured: 590,
            uncertainty: 30,
            unit: "ms",
            verdict: "refuse",
            todo: "",
          },
          {
            device: "Bay 1",
            setting: "evses[0].stage.slewPctPerS",
            what: "fastest change",
            configured: Number.POSITIVE_INFINITY,
            measured: 420,
            uncertainty: 80,
            unit: "%/s",
            verdict: "as configured",
            todo: "",
          },
        ],
        looks,
      },
    },
    step(
      "limit",
      "A limit is kept",
      "charges the vehicles with up to 11.0 kW, then lowers the import limit below it and looks how soon it is kept",
    ),
    step(
      "hands",
      "Links and inputs, with somebody at the site",
      "charges one vehicle after the other with a tenth of its rating and asks somebody at the site whether it is that one; then asks to unplug each link and to make each contact change, one after the other",
      "hands",
    ),
    step(
      "watchdogs",
      "Watchdog of each stage, waited out",
      "charges each vehicle with a tenth of its rating, then the controller writes nothing to any device in the middle of it, for 9 s; nothing controls the site meanwhile",
    ),
  ];
  const sample: SampleCommissioning = {
    asked: [],
    running: null,
    why: "",
    startedAtMs: atMs - 3_600_000,
    steps: () => steps,
    underway: () => sample.running,
    refusal: () => sample.why,
    begin(id, by) {
      sample.asked.push(`begin ${id} ${by}`);
      return sample.why;
    },
    answer(yes) {
      sample.asked.push(`answer ${yes ? "yes" : "no"}`);
      return sample.running !== null;
    },
    cancel(by) {
      sample.asked.push(`stop ${by}`);
      return sample.running !== null;
    },
    measured: () => ({
      settings: [{ setting: "evses[0].stage.deadTimeMs", to: 590, device: "Bay 1" }],
      refused: ["PCC meter: its mean delay (latency, half window) is too uncertain (80 ± 90)."],
    }),
    adopt(by) {
      sample.asked.push(`adopt ${by}`);
      return { ok: true, sentence: "evses[0].stage.deadTimeMs: 590. The file as it was: site.yaml.before" };
    },
    again(by) {
      sample.asked.push(`again ${by}`);
      return "";
    },
    report: () => "<!doctype html><title>Commissioning of a sample</title>",
    stop: () => undefined,
  };
  return sample;
}

/** The step with hands, while it asks. */
export const askingStep = (state: SiteState): Underway => ({
  step: "hands",
  title: "Links and inputs, with somebody at the site",
  sinceMs: state.atMs,
  by: "installer",
  said: [
    "Is somebody at the chargers who can look and unplug? Yes.",
    "The answer is slower than the nudges: once more, slower.",
  ],
  question: "Only Bay 1 charges now, with 2.2 kW. Look at it: is it that one?",
  cancelled: false,
});
