/**
 * Between the OCPP station and the control thread: facts for the backend out, authorizations, caps and requests in. A cap
 * stays written until the station replaces it, and is zero until the station has spoken for the first time; a request has a
 * lease that the station renews while its profile stands.
 */

import { explain } from "../../core/setpoints/limits.ts";
import { isIslanded, modeForBackend } from "../../domain/modes.ts";
import { Quality, qualityNames } from "../../domain/quality.ts";
import { reasons } from "../../domain/reasons.ts";
import type { EvseView, ResetKind, SiteView, StationPort } from "../../protocols/ocpp/ports.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { LinkPort } from "../links/link-port.ts";

/** Below this an EVSE counts as giving no power, W. */
const idleW = 10;

export interface OcppPort extends StationPort {
  /** Renews the views from a report. */
  refresh(report: ControlReport): void;
}

export interface OcppPortOptions {
  readonly evses: readonly EvseInputs[];
  /** Where caps and requests go. */
  readonly links: Pick<LinkPort, "say">;
  readonly nominalVoltageV: number;
  readonly threePhase: boolean;
  /** Sessions need an authorization; otherwise whoever is plugged in may charge. */
  readonly authorizationRequired: boolean;
  /** The inputs have changed: make them known now. */
  readonly flush: () => void;
  readonly reset: (evseId: number, kind: ResetKind) => void;
}

export function createOcppPort(options: OcppPortOptions): OcppPort {
  const { evses: inputs, flush } = options;
  const evses = inputs.map(createView);
  const site: SiteView = {
    known: false,
    permitMissing: false,
    mode: "unknown",
    serviceMode: "load-only",
    permitValid: false,
    exportLimitW: 0,
    importLimitW: Number.NaN,
    pccPowerW: Number.NaN,
    islanded: false,
    explanation: "",
    alarms: [],
    gridFault: "",
  };
  for (let evse = 0; evse <= inputs.length; evse++) options.links.say("backend", evse, nothing);

  return {
    evses,
    site,
    authorize(evseId, allowed) {
      const input = inputs[evseId - 1];
      if (input) input.authorized = allowed || !options.authorizationRequired;
      flush();
    },
    limit: (evseId, given) => options.links.say("backend", evseId, given),
    setOperative(evseId, operative) {
      for (let index = 0; index < inputs.length; index++) {
        if (evseId === 0 || index === evseId - 1) inputs[index]!.paused = !operative;
      }
      flush();
    },
    // No stage of the standard map has a lock that can be driven: the driver's handle unlocks.
    unlock: async (evseId) => (inputs[evseId - 1] ? "UnlockFailed" : "UnknownConnector"),
    reset: options.reset,
    refresh(report) {
      refreshSite(site, report);
      for (let index = 0; index < evses.length; index++) {
        refreshEvse(evses[index]!, report, index, options);
        evses[index]!.chargesNow = inputs[index]!.chargeNow;
      }
    },
  };
}

/** Until the station has spoken. */
const nothing = { minW: 0, maxW: 0, requestedW: 0, requestUntilMs: Number.NEGATIVE_INFINITY } as const;

const createView = (): EvseView => ({
  known: false,
  connected: false,
  energyRequested: false,
  bayOccupied: false,
  powerW: Number.NaN,
  setpointW: 0,
  importWh: Number.NaN,
  exportWh: Number.NaN,
  reactiveVar: Number.NaN,
  voltageV: Number.NaN,
  currentA: Number.NaN,
  frequencyHz: Number.NaN,
  socPct: Number.NaN,
  chargesNow: false,
  faulted: false,
  explanation: "",
  alarms: [],
});

function refreshSite(view: SiteView, { site }: ControlReport): void {
  view.mode = modeForBackend(site.mode);
  view.serviceMode = site.serviceMode;
  view.known = true;
  view.permitValid = site.parallelOK;
  view.permitMissing = site.parallelRefusal === "permit-none";
  view.exportLimitW = site.exportLimitW;
  view.importLimitW = site.importLimitW;
  view.pccPowerW = site.pccW;
  view.islanded = isIslanded(site.mode);
  view.explanation = site.parallelRefusal === "" ? "" : reasons[site.parallelRefusal].sentence;
  view.alarms = alarmsOf(site);
  view.gridFault = faultOf(site.gridTrip);
}

/** What a trip says of the grid, where 2.1 has a word for it. */
function faultOf(cause: ControlReport["site"]["gridTrip"]): SiteView["gridFault"] {
  if (cause.startsWith("ov")) return "over-voltage";
  if (/^uv\d/.test(cause)) return "under-voltage";
  if (/^of\d/.test(cause)) return "over-frequency";
  return /^uf\d/.test(cause) ? "under-frequency" : "";
}

function alarmsOf(site: ControlReport["site"]): string[] {
  const alarms: string[] = [];
  if (site.mode === "lockedOut") alarms.push("locked-out");
  if (site.mode === "noFeedback") alarms.push("blind");
  if (site.meterQuality !== Quality.good) alarms.push(`meter-${qualityNames[site.meterQuality]}`);
  if (site.returnBlocked) alarms.push("return-blocked");
  return alarms;
}

function refreshEvse(view: EvseView, report: ControlReport, index: number, options: OcppPortOptions): void {
  const stage = report.stages[index]!;
  const { limits } = explain(report.chains, index);
  const binding = limits.filter((limit) => limit.binds).at(-1);
  view.known = Number.isFinite(stage.atMs);
  view.connected = stage.vehicleConnected;
  // Where the controller speaks with the vehicle, it asks for energy while its session is in the loop.
  const isAsking = !limits.some(({ reason }) => reason === "vehicle-session" || reason === "vehicle-stale");
  view.energyRequested = stage.vehicleConnected && stage.maxChargeW > idleW && isAsking;
  view.powerW = stage.powerW;
  view.setpointW = stage.setpointW;
  view.importWh = stage.importWh;
  view.exportWh = stage.exportWh;
  view.reactiveVar = stage.reactiveVar;
  view.voltageV = (stage.voltagePu * options.nominalVoltageV) / (options.threePhase ? Math.sqrt(3) : 1);
  view.currentA = Math.abs(stage.powerW) / (view.voltageV * (options.threePhase ? 3 : 1));
  view.frequencyHz = stage.frequencyHz;
  view.socPct = stage.socPct;
  view.faulted = stage.alarmBits !== 0 || (view.known && !stage.alive);
  view.explanation = binding === undefined ? "" : reasons[binding.reason].sentence;
  view.alarms = stage.alarmBits === 0 ? [] : [`stage-alarm-${stage.alarmBits.toString(16)}`];
}
