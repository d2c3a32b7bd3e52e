/** How a site knows its exchange with the grid: by one meter, by the sum of several, or not at all. */
import { pccMeterName } from "./device-names.ts";
import { pccMeteringOf } from "./pcc-metering.ts";
import { pccSettings } from "./site/pcc.ts";
import type { SiteConfig } from "./site.ts";
import { transferPartsOf } from "./transfer-parts.ts";

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly complaint: string;
}

/** What is wrong with the meters of the grid connection, or with a site that has none. */
export function pccMeterComplaints(config: SiteConfig): Complaint[] {
  const metering = pccMeteringOf(config);
  if (metering === "sum") return sumComplaints(config);
  return metering === "none" ? unmeteredComplaints(config) : [];
}

function sumComplaints({ pcc: { meter }, devices }: SiteConfig): Complaint[] {
  const complaints: Complaint[] = [];
  for (const name of ["host", "serial", "framing", "baudRate", "parity", "stopBits", "identity"] as const)
    if (meter[name] !== undefined)
      complaints.push({
        path: ["pcc", "meter", name],
        complaint: "cannot be given beside sumOf: each meter of the sum is a device of its own",
      });
  meter.sumOf.forEach(({ device }, i) => {
    const path = ["pcc", "meter", "sumOf", i, "device"];
    if (!devices.some((one) => one.name === device && one.kind === "meter"))
      complaints.push({ path, complaint: "must name a meter of devices" });
    else if (meter.sumOf.findIndex((one) => one.device === device) !== i)
      complaints.push({ path, complaint: "is in the sum already" });
  });
  return complaints;
}

/** Without a meter nobody sees the building: what rests on its power is refused. */
function unmeteredComplaints(config: SiteConfig): Complaint[] {
  const { site, pcc, evses, transferDevice } = config;
  const complaints: Complaint[] = [];
  const refuse = (path: readonly PropertyKey[], complaint: string): void => {
    complaints.push({ path, complaint });
  };
  if (JSON.stringify(pcc.meter) !== unsaid) {
    refuse(
      ["pcc", "meter", "host"],
      "is missing: name the meter's host, its serial line with serial, or several meters with sumOf. A site without any meter has no meter group at all",
    );
    return complaints;
  }
  if (pcc.fallbackImportLimitW === undefined) {
    // Most likely it was forgotten: what else would be refused without one is not said.
    refuse(
      ["pcc", "meter"],
      "is missing: name the meter's host, its serial line with serial, or several meters with sumOf. A site without any meter needs pcc.fallbackImportLimitW, what its chargers may take together whatever else the building takes",
    );
    return complaints;
  }
  if (site.serviceMode !== "load-only")
    refuse(
      ["site", "serviceMode"],
      "needs a meter at the grid connection (pcc.meter): without one a site is load-only",
    );
  evses.forEach(({ dischargeEnabled }, i) => {
    if (dischargeEnabled)
      refuse(
        ["evses", i, "dischargeEnabled"],
        "needs a meter at the grid connection (pcc.meter): without one nobody sees what flows back",
      );
  });
  if (transferDevice !== undefined && transferDevice.kind !== "none")
    refuse(
      ["transferDevice", "kind"],
      "needs a meter at the grid connection (pcc.meter): two instruments judge the grid",
    );
  const parts = transferPartsOf(config);
  if (parts?.gridVoltage.device === pccMeterName)
    refuse(["transferDevice", "gridVoltage", "device"], "names a meter that the site does not have");
  for (const name of ["phaseImportLimitW", "phaseExportLimitW", "reversePower", "generationProfile"] as const)
    if (pcc[name] !== undefined)
      refuse(
        ["pcc", name],
        "needs a meter at the grid connection (pcc.meter): nothing else can show whether it is kept",
      );
  return complaints;
}

/** A meter about which nothing is said. */
const unsaid = JSON.stringify(pccSettings.parse({ importLimitW: 0 }).meter);
