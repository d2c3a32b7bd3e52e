/** Limits, permit and the record at the PCC, as the state shows them. */
import type { SiteReport } from "../../app/control/shared/report.ts";
import { sitePromises } from "../../app/site/site-promises.ts";
import type { SiteStation } from "../../app/station.ts";
import { finite } from "../archive/recorder.ts";
import type { SiteState } from "../state.ts";

type LimitInForce = SiteState["limits"][number];

/** Every limit in force, with who asks for it. */
export function limitsOf(site: SiteReport, station: SiteStation): SiteState["limits"] {
  const { config, people, profile } = station;
  const row = (
    id: LimitInForce["id"],
    value: number,
    by: LimitInForce["by"],
    detail = "",
    untilMs: number | null = null,
  ): LimitInForce => ({ id, value, by, detail: detail.slice(0, 400), untilMs, backTo: null });
  const limits = [row("importLimitW", config.pcc.importLimitW, "installer")];
  const demand = people.get("demandLimitW", 0);
  if (demand)
    limits.push({ ...row("demandLimitW", demand.value, "operator", demand.by), backTo: demand.before ?? null });
  const asked = people.get("exportLimitW", 0);
  const reference = station.permit()?.permit?.reference ?? "";
  if (asked && asked.value <= site.exportLimitW)
    limits.push(row("exportLimitW", site.exportLimitW, "installer", asked.by));
  else
    limits.push(
      row(
        "exportLimitW",
        site.exportLimitW,
        site.parallelOK ? "permit" : "no-permit",
        site.parallelOK ? reference : "",
      ),
    );
  const { backendMinW } = station.control.site;
  if (Number.isFinite(backendMinW)) limits.push(row("dischargeLimitW", Math.max(0, -backendMinW), "backend"));
  limits.push(...linkLimits(station.control.site, station.links, row));
  const backupW = config.evses.reduce((sum, evse) => sum + (evse.gridForming ? evse.maxDischargeW : 0), 0);
  if (backupW > 0) limits.push(row("backupLimitW", backupW, "rating"));
  const reserves = station.control.evses.map(({ reservePct }) => reservePct);
  if (reserves.every((reservePct) => reservePct === reserves[0])) {
    const requested = people.get("reservePct", 1);
    limits.push(row("reservePct", reserves[0]!, requested ? "operator" : "installer", requested?.by));
  }
  limits.push(row("enterServiceDelayS", profile.settings.enterDelayS, "profile", profile.name));
  return limits;
}

/** The tightest caps of connected systems for the site. */
function linkLimits(
  { linkImportLimitW, linkExportLimitW, linkMinW, linkMaxW }: SiteStation["control"]["site"],
  links: SiteStation["links"],
  row: (id: LimitInForce["id"], value: number, by: "link", detail: string) => LimitInForce,
): LimitInForce[] {
  const caps = [
    ["importLimitW", linkImportLimitW],
    ["exportLimitW", linkExportLimitW],
    ["chargeLimitW", linkMaxW],
    ["dischargeLimitW", Math.abs(linkMinW)],
  ] as const;
  return caps.flatMap(([id, value]) => (Number.isFinite(value) ? [row(id, value, "link", links.tightest(id, 0))] : []));
}

/** What backend and connected systems ask, as the state shows it. */
export const asksOf = (station: SiteStation): SiteState["asks"] =>
  station.links
    .standing()
    .slice(0, asksShown)
    .map((standing) => ({ ...standing, givenW: finite(standing.givenW) }));
/** Whether the fleet's orders are heeded; null without a fleet. */
export function fleetOf({ config, people }: SiteStation): NonNullable<SiteState["fleet"]> | null {
  if (config.links.fleet === undefined) return null;
  const untilMs = people.get("fleetOffUntilMs", 0)?.value ?? 0;
  return { offUntilMs: untilMs > Date.now() ? untilMs : null };
}
const asksShown = 100;

/** The permit as installed, against what was found. */
export function permitState(station: SiteStation): SiteState["permit"] {
  const inForce = station.permit();
  if (inForce?.permit === undefined) return null;
  const { permit, facts } = inForce;
  const firmware = [
    ...new Set(
      station.devices.flatMap(({ kind, identity }) => (kind === "stage" && identity ? [identity.version] : [])),
    ),
  ];
  return {
    mode: permit.serviceMode,
    reference: permit.reference,
    utility: permit.utility,
    grantedAtMs: facts.validFromMs,
    validUntilMs: finite(facts.validUntilMs),
    revoked: facts.revoked,
    exportLimitW: permit.exportLimitW,
    covers: [...new Set(permit.equipment.flatMap((item) => item.firmware))].join(", ").slice(0, 400),
    installedFirmware: firmware.join(", ").slice(0, 400),
    // Before any power stage has said who it is, nothing is wrong and nothing is proven.
    covered: firmware.length === 0 && permit.equipment.length > 0 ? null : facts.equipmentMatches,
  };
}

/** The ledgers and the response-time passport. */
export function pccRecordState(station: SiteStation): NonNullable<SiteState["pccRecord"]> {
  const { exports, imports, recent, passport, relayCause } = station.pcc(exceedancesShown);
  const { count, p50Ms, p99Ms, longestMs, boundMs, beyondBoundCount } = passport;
  const ledger = ({ total, alarmTooMany, alarmTooLong }: typeof exports) => ({
    count: total,
    tooMany: alarmTooMany,
    tooLong: alarmTooLong,
  });
  return {
    exports: ledger(exports),
    imports: ledger(imports),
    recent: recent.map(({ side, sequence, startWallMs, peakOverW, limitW, durationMs, energyWh, cause }) => ({
      side,
      sequence,
      atMs: finite(Math.round(startWallMs)),
      peakOverW,
      limitW: finite(limitW),
      durationMs,
      energyWh,
      cause,
    })),
    passport: {
      count,
      p50Ms: finite(p50Ms),
      p99Ms: finite(p99Ms),
      longestMs,
      promisedMs: boundMs,
      lateCount: beyondBoundCount,
    },
    promise: { ...sitePromises(station.config), found: foundState(station) },
    relay: relayCause,
  };
}

/** What the limits are worth by what was found while it runs; null while all is as configured. */
function foundState(station: SiteStation) {
  const found = station.foundPromise();
  if (found === null) return null;
  const { exports, imports, promisedMs, kept } = found;
  return { exports, imports, promisedMs, kept, because: found.later.slice(0, 200) };
}

/** Exceedances of the newest end of the ledgers that the state carries. */
const exceedancesShown = 20;
