/**
 * A permission to operate for a simulated site: signed with a key made for this run alone, by a utility that does not exist,
 * for the stages that the simulator pretends. It goes through the same verification as any other.
 */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSimOptions, worldForSite } from "../../../sim/run/sim-options.ts";
import { type Permit, signPermit } from "../../app/permits/permit-format.ts";
import type { SiteConfig } from "../../config/site.ts";
import { invariant } from "../../domain/result.ts";
import { dayMs } from "../../domain/units.ts";

export interface DemoPermit {
  readonly permitFile: string;
  readonly anchorFile: string;
}

/** Writes permit and trust anchor into `folder`. `gridProfile` is the name or path that the site's configuration will have. */
export function createDemoPermit(folder: string, config: SiteConfig, exportLimitW = 0): DemoPermit {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const sim = parseSimOptions(config.sim);
  invariant(sim.ok, "the example site's sim section is right");
  const stages = worldForSite(config, sim.value).stages;
  const nowMs = Date.now();
  const permit: Permit = {
    id: `demo-${nowMs.toString(36)}`,
    serial: 1,
    utility: "A utility that does not exist",
    reference: "DEMO",
    site: config.site.name,
    serviceMode: exportLimitW > 0 ? "parallel-export" : "parallel-non-export",
    exportLimitW,
    validFrom: new Date(nowMs - dayMs).toISOString(),
    validUntil: new Date(nowMs + 30 * dayMs).toISOString(),
    equipment: stages.map(({ serialNumber, firmware }) => ({ serialNumber, firmware: [firmware] })),
    backupNotified: new Date(nowMs - dayMs).toISOString(),
  };
  const permitFile = join(folder, "permit.json");
  const anchorFile = join(folder, "utility.pem");
  const signed = signPermit(permit, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  writeFileSync(permitFile, JSON.stringify(signed, null, 2));
  writeFileSync(anchorFile, publicKey.export({ type: "spki", format: "pem" }).toString());
  return { permitFile, anchorFile };
}
