/** Takes one step and keeps what came of it, whoever asked for it: the command and the page alike. */
import { type Bench, gravest, type Step, type StepResult } from "./step.ts";

/** A step that throws has failed, and says why. */
export async function runStep(step: Step, bench: Bench): Promise<StepResult> {
  const { id, title } = step;
  const common = { step: id, title, atMs: Date.now() };
  try {
    const { findings, comparisons = [], looks = [], equipment } = await step.run(bench);
    const verdict = gravest(findings.map((one) => one.verdict));
    return { ...common, verdict, findings, comparisons, looks, ...(equipment && { equipment }) };
  } catch (error) {
    const sentence = `the step ended: ${error instanceof Error ? error.message : String(error)}`;
    const findings = [{ verdict: "fail", device: "site", sentence }] as const;
    return { ...common, verdict: "fail", findings, comparisons: [], looks: [] };
  }
}
