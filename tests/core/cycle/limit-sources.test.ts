/** From which source each limit of a setpoint comes: in the core's chain, in the dashboard's state, and in its words. */
import { describe, expect, test } from "vitest";
import { explain } from "../../../src/core/setpoints/limits.ts";
import { limitStates } from "../../../src/dashboard/live/evse-state.ts";
import { siteStateSchema } from "../../../src/dashboard/state.ts";
import { view } from "../../../src/dashboard/view.ts";
import { type LimitSource, limitSourceNames } from "../../../src/domain/limit-sources.ts";
import type { ReasonKey } from "../../../src/domain/reasons.ts";
import { sampleState } from "../../dashboard/sampleStates.ts";
import { type SiteOptions, TestSite } from "./site.ts";

type Prepare = (site: TestSite) => void;
const nothing: Prepare = () => undefined;
const contact = {
  pcc: ", reduction: { device: Cabinet, input: 2, chargeLimitW: 9000 }",
  more: "devices: [{ name: Cabinet, kind: io, host: i }]",
};
const feeder = ", groups: [{ name: backend, evses: [1], chargeLimitW: 9000, dischargeLimitW: 9000 }]";

const cases: readonly (readonly [string, SiteOptions, number, Prepare, ReasonKey, LimitSource])[] = [
  ["the share of two EVSEs that take over from each other", {}, -30_000, nothing, "allocation", "allocation"],
  [
    "the installer's limit on import",
    { pcc: ", conductorLimitW: 20000" },
    60_000,
    nothing,
    "conductor-limit",
    "installer",
  ],
  [
    "a person's limit on import",
    {},
    60_000,
    ({ snapshot }) => (snapshot.site.operatorImportLimitW = 9_000),
    "import-limit",
    "operator",
  ],
  [
    "a person's limit on export",
    {},
    -60_000,
    ({ snapshot }) => (snapshot.site.operatorExportLimitW = 9_000),
    "export-limit",
    "operator",
  ],
  [
    "the permit's limit on export",
    {},
    -60_000,
    ({ snapshot }) => (snapshot.site.permit.exportLimitW = 9_000),
    "export-limit",
    "permit",
  ],
  [
    "the backend's cap on the site",
    {},
    60_000,
    ({ snapshot }) => (snapshot.site.backendMaxW = 9_000),
    "backend-limit",
    "backend",
  ],
  [
    "the grid operator's contact",
    contact,
    60_000,
    ({ snapshot }) => (snapshot.site.reduction = "asked"),
    "grid-operator",
    "grid-operator",
  ],
  [
    "a contact of the grid operator that can't be read",
    contact,
    60_000,
    ({ snapshot }) => (snapshot.site.reduction = "unknown"),
    "grid-operator",
    "grid-operator",
  ],
  [
    "a connected system's cap on the site",
    {},
    60_000,
    ({ snapshot: { site } }) => void Object.assign(site, { linkMaxW: 9_000, backendMinW: -2_000 }),
    "link-limit",
    "link",
  ],
  [
    "the backend's cap on giving back, while a connected system caps charging",
    {},
    -60_000,
    ({ snapshot: { site } }) => void Object.assign(site, { linkMaxW: 2_000, backendMinW: -9_000 }),
    "backend-limit",
    "backend",
  ],
  [
    "the backend's cap on giving back, while the grid operator's contact caps charging",
    contact,
    -60_000,
    ({ snapshot: { site } }) => void Object.assign(site, { reduction: "asked", backendMinW: -9_000 }),
    "backend-limit",
    "backend",
  ],
  ["a feeder that the installer calls “backend”", { pcc: feeder }, 60_000, nothing, "conductor-limit", "installer"],
  [
    "the power-control mode",
    { pcc: ", powerControlMode: import-only" },
    -60_000,
    nothing,
    "power-control-mode",
    "installer",
  ],
  [
    "a battery at its reserve",
    {},
    -60_000,
    ({ snapshot }) => void Object.assign(snapshot.evses[0]!, { socPct: 20 }),
    "reserve",
    "vehicle",
  ],
];

/** Every limit of the first EVSE's chain in 30 s that leaves something out, and what the site shares, with their sources. */
function limitsOf(options: SiteOptions, requestedW: number, prepare: Prepare): Set<string> {
  const site = new TestSite(options);
  const seen = new Set<string>();
  site.request(requestedW);
  prepare(site);
  site.run(30_000, () => {
    for (const { reason, source, minW, maxW } of site.limits(0))
      if (reason === "allocation" || Number.isFinite(minW) || Number.isFinite(maxW)) seen.add(`${reason} by ${source}`);
  });
  return seen;
}

describe("every limit names the source that set it", () => {
  test.each(cases)("%s", (_name, options, requestedW, prepare, reason, source) => {
    const seen = limitsOf(options, requestedW, prepare);
    expect([...seen]).toContain(`${reason} by ${source}`);
    for (const text of seen) if (text.startsWith(`${reason} by`)) expect(text).toBe(`${reason} by ${source}`);
  });
});

test("of the grid operator's contact and a connected system's cap the tighter one holds", () => {
  const seen = (linkMaxW: number): string[] => {
    const asked: Prepare = ({ snapshot: { site } }) => void Object.assign(site, { reduction: "asked", linkMaxW });
    return [...limitsOf(contact, 60_000, asked)];
  };
  expect(seen(4_000)).toContain("link-limit by link");
  expect(seen(4_000)).not.toContain("grid-operator by grid-operator");
  expect(seen(20_000)).toContain("grid-operator by grid-operator");
  expect(seen(20_000)).not.toContain("link-limit by link");
});

test("a rise that waits for another's fall is a share of the site, in the chain, in the state and in words", () => {
  const site = new TestSite({ pcc: ", conductorLimitW: 41000" });
  const [first, second] = site.snapshot.evses;
  first!.requestedW = -10_000;
  second!.requestedW = -30_000;
  site.run(20_000);
  first!.requestedW = -30_000;
  second!.requestedW = -10_000;
  const shown = new Set<string>();
  site.run(1_000, () => {
    const limits = limitStates(explain(site.core.chains.values, 0).limits);
    const state = sampleState("parallel");
    const told = siteStateSchema.parse({ ...state, evses: [{ ...state.evses[0]!, limits }, ...state.evses.slice(1)] });
    const { chain } = view(told, { role: "viewer", supported: [], selected: 1 }).why!;
    for (const { name, source, binds } of chain) if (binds) shown.add(`${name}: ${source}`);
  });
  expect([...shown]).toContain(`Share of the site: ${limitSourceNames.allocation}`);
});

test("PV that is held back keeps to what the conductor carries, whatever else the site may export", () => {
  const site = new TestSite({ pcc: ", conductorLimitW: 20000" });
  site.run(100);
  expect(site.core.pvCurtailment.exportLimitW).toBe(20_000);
});
