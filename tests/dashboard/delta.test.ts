import fc from "fast-check";
import { expect, test } from "vitest";
import { applyPatch, diff, type Json } from "../../src/dashboard/delta.ts";
import { sampleState } from "./sampleStates.ts";

const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const round = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

test("a patch that went over the wire gives the new value, whatever the two values are", () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const patch = round(diff(before, after));
      expect(round(applyPatch(before, patch as never))).toEqual(after);
    }),
    { numRuns: 1000 },
  );
});
test("members called like parts of JavaScript are members", () => {
  const before = JSON.parse('{"a":{"__proto__":1,"constructor":2}}') as Json;
  const after = JSON.parse('{"a":{"__proto__":{"x":1},"toString":3}}') as Json;
  const result = applyPatch(before, round(diff(before, after)) as never);
  expect(JSON.stringify(result)).toBe(JSON.stringify(after));
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});
test("equal values need nothing", () =>
  expect(diff(round(sampleState("parallel")), round(sampleState("parallel")))).toBeNull());
test("one changed power costs a hundredth of the state", () => {
  const before = round(sampleState("parallel", 50));
  const after = round({ ...sampleState("parallel", 50), pccW: 5900 });
  expect(JSON.stringify(diff(before, after)).length).toBeLessThan(JSON.stringify(after).length / 100);
});
test("the value before is not touched", () => {
  const before = round(sampleState("parallel"));
  const kept = JSON.stringify(before);
  applyPatch(before, diff(before, round(sampleState("island"))));
  expect(JSON.stringify(before)).toBe(kept);
});
