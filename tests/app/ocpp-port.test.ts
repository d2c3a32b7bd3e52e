import { expect, test } from "vitest";
import { createOcppPort } from "../../src/app/backend/ocpp-port.ts";
import { inputsLength, inputsStaleMs, readInputs, writeInputs } from "../../src/app/control/shared/inputs.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { modeForBackend, modeNames } from "../../src/domain/modes.ts";
import { openLinksOf } from "./links/site.ts";

function site() {
  const { evses, site } = createSnapshot(2, 0);
  const links = openLinksOf(evses, site);
  const port = createOcppPort({
    evses,
    links,
    nominalVoltageV: 230,
    threePhase: false,
    authorizationRequired: true,
    flush: () => undefined,
    reset: () => undefined,
  });
  return { evses, site, port };
}

test("a backend is told each mode by the word that it has known since 0.1", () => {
  expect(modeNames.map(modeForBackend)).toEqual([
    "unknown",
    "blind",
    "loadOnly",
    "ceased",
    "enterDelay",
    "ramping",
    "parallel",
    "isolating",
    "opening",
    "isolated",
    "islandStarting",
    "islandRunning",
    "returning",
    "closing",
    "resyncing",
    "closingLive",
    "lockedOut",
    "balancing",
    "parting",
  ]);
});

const caps = ({ backendMinW, backendMaxW }: { backendMinW: number; backendMaxW: number }) => [backendMinW, backendMaxW];

test("until the station has spoken every cap is zero; its word opens or tightens, each for itself", () => {
  const { evses, site: whole, port } = site();
  expect([whole, ...evses].map(caps)).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  port.limit(0, null);
  port.limit(1, null);
  expect(caps(whole)).toEqual([-Infinity, Infinity]);
  expect(caps(evses[0]!)).toEqual([-Infinity, Infinity]);
  expect(caps(evses[1]!)).toEqual([0, 0]);
  port.limit(2, { minW: -3_000, maxW: 0, requestedW: -3_000, requestUntilMs: 5_000, isFirm: false, profileId: 1 });
  expect(evses[1]).toMatchObject({ backendMinW: -3_000, backendMaxW: 0, requestedW: -3_000, requestUntilMs: 5_000 });
});

test("inputs of a main thread that hangs keep every cap", () => {
  const { evses, site: whole, port } = site();
  port.limit(0, { minW: 0, maxW: 9_000, requestedW: 9_000, requestUntilMs: 5_000, isFirm: false, profileId: 1 });
  port.limit(1, { minW: 0, maxW: 0, requestedW: 0, requestUntilMs: 5_000, isFirm: false, profileId: 2 });
  const row = new Float64Array(inputsLength(2));
  whole.serviceEnabled = true;
  writeInputs(row, evses, whole, 1_000);
  const snapshot = createSnapshot(2, 0);
  readInputs(row, snapshot, 1_000 + 6 * inputsStaleMs);
  expect(caps(snapshot.evses[0]!)).toEqual([0, 0]);
  expect(caps(snapshot.evses[1]!)).toEqual([0, 0]);
  expect(caps(snapshot.site)).toEqual([0, 9_000]);
  expect(snapshot.site.serviceEnabled).toBe(false);
});
