/** Judges one value that a person has given against what its form allows. */
import { err, ok, type Result } from "../../domain/result.ts";
import type { Sentence } from "../state.ts";
import { kW, pct } from "../view/format.ts";
import type { InputView } from "./kinds.ts";

/** The value as the controller takes it, or the sentence that refuses it. */
export function judgeValue(input: InputView, given: number | string | undefined): Result<number | string, Sentence> {
  const shown = String(given ?? "nothing").slice(0, 40);
  const between = (
    value: number,
    min: number,
    max: number,
    text: (value: number) => string,
  ): Result<number, Sentence> =>
    Number.isFinite(value) && value >= min && value <= max
      ? ok(value)
      : err({
          key: "refuse.value",
          values: { value: Number.isFinite(value) ? text(value) : shown, min: text(min), max: text(max) },
        });
  const numeric =
    typeof given === "number" ? given : typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN;
  switch (input.kind) {
    case "power":
      return between(numeric, input.minW, input.maxW, (value) => kW(value));
    case "percent":
      return between(numeric, input.minPct, input.maxPct, (value) => pct(value));
    case "moment":
      return Number.isFinite(numeric)
        ? ok(numeric)
        : err({ key: "refuse.value", values: { value: shown, min: "now", max: "a week ahead" } });
    case "choice": {
      const options = input.options.map(([value]) => value);
      return options.includes(String(given))
        ? ok(String(given))
        : err({ key: "refuse.value", values: { value: shown, min: options[0] ?? "–", max: options.at(-1) ?? "–" } });
    }
    case "text":
      return typeof given === "string" && given.length > 0 && given.length <= input.lengthMax
        ? ok(given)
        : err({
            key: "refuse.value",
            values: { value: shown, min: "1 character", max: `${input.lengthMax} characters` },
          });
  }
}
