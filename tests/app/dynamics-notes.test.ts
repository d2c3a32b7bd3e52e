import { expect, test } from "vitest";
import { createDynamicsNotes } from "../../src/app/notes/dynamics-notes.ts";

test("what is slower than configured is told once, by name and with what to correct, and its end too", () => {
  const lines: string[] = [];
  const note = createDynamicsNotes((level, message) => void lines.push(`${level} ${message}`), ["Bay 1", "Bay 2"], {
    meter: "updateMs 100, windowMs 100, latencyMs 10",
    stages: ["", "responseMs 50, deadTimeMs 15, commandPeriodMs 0"],
  });
  const right = { dynamicsCause: "", meterLaterMs: 0, slowStage: -1, stageLaterMs: 0 };
  for (const facts of [
    right,
    { ...right, dynamicsCause: "meter-slower", meterLaterMs: 450.4 },
    { ...right, dynamicsCause: "meter-slower", meterLaterMs: 900 },
    { ...right, dynamicsCause: "stage-slower", slowStage: 1, stageLaterMs: 400 },
    { ...right, dynamicsCause: "control-unsteady" },
    right,
  ])
    note(facts);
  expect(lines).toEqual([
    "warn The PCC meter shows changes about 450 ms later than configured. Power rises more slowly. Configured: updateMs 100, windowMs 100, latencyMs 10. Measure them (islet commission, step nudges), correct updateMs, windowMs and latencyMs of the meter, then restart.",
    "warn The power stage of Bay 2 follows its setpoint about 400 ms later than configured. Power rises more slowly. Configured: responseMs 50, deadTimeMs 15, commandPeriodMs 0. Measure them (islet commission, step nudges), correct responseMs, deadTimeMs, slewPctPerS and commandPeriodMs of the power stage, then restart.",
    "warn A limit at the grid connection was exceeded again and again. Power keeps a wider margin and rises slowly. Find the load; compare the settings of meter and power stages with their data sheets.",
    "info Meter and power stages at the PCC: their dynamics are taken as configured again.",
  ]);
});
