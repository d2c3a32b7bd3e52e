/** Settings of a place's link to vehicles, each at a place of its own of one site: what a vehicle is refused there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { VehicleProtocol } from "../../sim/peers/vehicle/steps.ts";
import { selfSign } from "../../src/dashboard/access/certificate.ts";
import { startVehicleSite, type VehicleSite } from "./site/vehicle-site.ts";

const patienceMs = 120_000;
const folder = mkdtempSync(join(tmpdir(), "islet-link-"));
const { cert, key } = selfSign(["localhost"], Date.now());
writeFileSync(join(folder, "secc.pem"), cert);
writeFileSync(join(folder, "secc.key"), key);
const encrypted = { certificateFile: join(folder, "secc.pem"), keyFile: join(folder, "secc.key") };

let site: VehicleSite;
beforeAll(async () => {
  site = await startVehicleSite({
    links: [
      { protocols: ["iso2"] },
      { ...encrypted, tls: "force", protocols: ["iso2", "iso20"] },
      { iso20WithoutTls: false },
    ],
  });
}, patienceMs);
afterAll(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** How far a vehicle comes that looks around and leaves. */
const met = async (place: number, protocol: VehicleProtocol): Promise<string> => {
  const { trouble } = await site.vehicle(place, { protocol, bidirectional: false, rounds: 0, leaves: () => true }).done;
  return trouble;
};
const refused = "the charger speaks no such protocol";

it("evses[].vehicleLink.protocols[]: a protocol that is not listed is not spoken", {
  timeout: patienceMs,
}, async () => {
  expect(await met(0, "DIN SPEC 70121")).toBe(refused);
  expect(await met(0, "ISO 15118-2")).not.toBe(refused);
});

it("evses[].vehicleLink.tls: forced, no plain connection is taken", { timeout: patienceMs }, async () => {
  expect(await met(1, "ISO 15118-2")).toBe("no answer to the handshake");
  expect(site.said(/Bay 2 listens for vehicles: .* with encryption/)).toBeDefined();
});

it("evses[].vehicleLink.iso20WithoutTls: false, ISO 15118-20 is refused on a plain connection", {
  timeout: patienceMs,
}, async () => {
  expect(await met(2, "ISO 15118-20")).toBe(refused);
  expect(await met(2, "ISO 15118-2")).not.toBe(refused);
});
