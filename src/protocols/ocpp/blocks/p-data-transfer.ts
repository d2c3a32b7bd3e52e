/**
 * P: data transfer. Known vendor: `org.islet`, with messages for discharging with backends whose profiles cannot be
 * negative. Everything else is refused as the specification asks.
 *   SetPower    {"evseId":1,"powerW":-5000,"validS":900}  a request with a lease, negative discharges; stack level above profiles
 *   ClearPower  {"evseId":1}
 *   SiteState   → mode, permit, limits and explanation as JSON
 */
import { type Block, type Context, info, isEvse } from "../context.ts";
import type { SmartCharging } from "../smart-charging/k-smart-charging.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { ResponseOf } from "../transport/messages.table.ts";

const vendorId = "org.islet";
/** The requests of SetPower use profile ids from here on, one for each EVSE, above the backend's own. */
const powerProfileBase = 1_900_000_000;
const validMaxS = 24 * 3600;
const stackLevel = 99;

type Answer = ResponseOf<"DataTransfer">;

export function createDataTransfer(
  context: Context,
  smartCharging: SmartCharging,
  transaction: (evseId: number) => Transaction | null,
): Block {
  const { port, model } = context;
  const reject = (reasonCode: string, sentence: string): Answer => ({
    status: "Rejected",
    statusInfo: info(reasonCode, sentence),
  });

  const messages: Record<string, (data: Record<string, unknown>) => Answer> = {
    SetPower({ evseId, powerW, validS }) {
      if (typeof evseId !== "number" || !isEvse(context, evseId))
        return reject("UnknownEvse", "evseId must name an EVSE.");
      if (typeof powerW !== "number" || !Number.isFinite(powerW))
        return reject("InvalidValue", "powerW must be a number.");
      if (typeof validS !== "number" || !(validS > 0 && validS <= validMaxS))
        return reject("InvalidValue", `validS must be above 0 and at most ${validMaxS}.`);
      const running = transaction(evseId);
      if (!running) return reject("TxNotFound", "No transaction is running at this EVSE.");
      const fromMs = context.nowMs();
      const profile = {
        id: powerProfileBase + evseId,
        stackLevel,
        chargingProfilePurpose: "TxProfile" as const,
        chargingProfileKind: "Absolute" as const,
        transactionId: running.transactionId,
        validTo: context.iso(fromMs + validS * 1000),
        chargingSchedule: [
          {
            id: powerProfileBase + evseId,
            startSchedule: context.iso(fromMs),
            chargingRateUnit: "W" as const,
            chargingSchedulePeriod: [{ startPeriod: 0, limit: Math.trunc(powerW * 10) / 10 }],
          },
        ],
      };
      const refusal = smartCharging.profiles.judge(evseId, profile, running.transactionId, false);
      if (refusal) return reject(refusal.reasonCode, refusal.sentence);
      const persist = smartCharging.profiles.install({
        evseId,
        profile,
        source: "CSO",
        transactionId: running.transactionId,
      });
      smartCharging.emit();
      persist();
      return { status: "Accepted" };
    },
    ClearPower({ evseId }) {
      const gone = smartCharging.profiles.remove((stored) => stored.profile.id === powerProfileBase + Number(evseId));
      if (gone.length === 0) return reject("NotFound", "No such request is in force.");
      smartCharging.emit();
      return { status: "Accepted" };
    },
    SiteState() {
      const { mode, serviceMode, permitValid, pccPowerW, islanded, explanation, exportLimitW, importLimitW } =
        port.site;
      const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
      return {
        status: "Accepted",
        data: {
          mode,
          serviceMode,
          permitValid,
          islanded,
          explanation,
          pccPowerW: finite(pccPowerW),
          exportLimitW: finite(exportLimitW),
          importLimitW: finite(importLimitW),
        },
      };
    },
  };

  function parse(data: unknown): Record<string, unknown> | null {
    if (data === undefined) return {};
    try {
      const value: unknown = typeof data === "string" ? JSON.parse(data) : data;
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : null;
    } catch {
      return null;
    }
  }

  return {
    handlers: {
      DataTransfer({ vendorId: vendor, messageId = "", data }) {
        if (vendor !== vendorId || !model.flag("CustomizationCtrlr", "CustomImplementationEnabled", vendorId))
          return { status: "UnknownVendorId" };
        const message = Object.hasOwn(messages, messageId) ? messages[messageId] : undefined;
        if (!message) return { status: "UnknownMessageId" };
        const parsed = parse(data);
        return parsed ? message(parsed) : reject("InvalidValue", "data must be a JSON object.");
      },
    },
  };
}
