/** Judges one value that a person has given against what its form allows. */
import { err, ok, type Result } from "../../domain/result.ts";
import { t } from "../language/language.ts";
import type { Sentence } from "../state.ts";
import { kW, pct } from "../view/format.ts";
import type { InputView } from "./kinds.ts";

/** Characters of a refused value that are shown again. */
const shownMax = 40;

/** The value as the controller takes it, or the sentence that refuses it: what was given, and what may be. */
export function judgeValue(input: InputView, given: number | string | undefined): Result<number | string, Sentence> {
  const refused = (allowed: string, shown = String(given).slice(0, shownMax)): Result<never, Sentence> =>
    err(
      given === undefined || given === ""
        ? { key: "refuse.missing", values: { name: input.name, allowed } }
        : { key: "refuse.value", values: { value: shown, allowed } },
    );
  const between = (min: number, max: number, text: (value: number) => string): Result<number, Sentence> => {
    if (Number.isFinite(numeric) && numeric >= min && numeric <= max) return ok(numeric);
    const allowed = t`a number from ${text(min)} to ${text(max)}`;
    return Number.isFinite(numeric) ? refused(allowed, text(numeric)) : refused(allowed);
  };
  const numeric =
    typeof given === "number" ? given : typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN;
  switch (input.kind) {
    case "power":
      return between(input.minW, input.maxW, (value) => kW(value));
    case "percent":
      return between(input.minPct, input.maxPct, (value) => pct(value));
    case "moment":
      return Number.isFinite(numeric) ? ok(numeric) : refused(t`a moment between now and a week ahead`);
    case "choice": {
      const options = input.options.map(([value]) => value);
      return options.includes(String(given)) ? ok(String(given)) : refused(t`one of: ${options.join(", ")}`);
    }
    case "text":
      return typeof given === "string" && given.length > 0 && given.length <= input.lengthMax
        ? ok(given)
        : refused(t`a text of 1 to ${input.lengthMax} characters`);
  }
}
