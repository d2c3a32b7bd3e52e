/**
 * R: DER controls by the backend. What a control may be is `der-judge.ts`, which one is in force `der-controls.ts`; what
 * comes of it the site decides: within the permit, the grid code's ranges and the installer's leave, which may all refuse.
 */
import type { Flexibility } from "../bidirectional/flexibility.ts";
import { collectionOf } from "../collection.ts";
import { type Block, type Context, info } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { SmartCharging } from "../smart-charging/k-smart-charging.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { type Control, createDerControls, type StartStop } from "./der-controls.ts";
import { judgeControl } from "./der-judge.ts";
import { reportControls } from "./der-reports.ts";
import { type DerType, gridFaults } from "./der-types.table.ts";

/** The block, looked at from time to time. */
export interface DerControl extends Block {
  start(): void;
  /** Tells of faults of the grid that come and go. Called often. */
  look(): void;
}

type Status = ResponseOf<"SetDERControl">["status"];
const percent = 100;

/** As it lies in the store: no number there is infinite. */
type Kept = Omit<Control, "startMs" | "endMs"> & { readonly startMs: number | null; readonly endMs: number | null };
const read = ({ startMs, endMs, ...rest }: Kept): Control => ({
  ...rest,
  startMs: startMs ?? Number.NEGATIVE_INFINITY,
  endMs: endMs ?? Number.POSITIVE_INFINITY,
});

export function createDerControl(context: Context, smartCharging: SmartCharging, flexibility: Flexibility): DerControl {
  const { clock, model, port, store, config } = context;
  const records = collectionOf<Kept>(store, "der-control");
  const controls = createDerControls(
    records.all().map(({ value }) => read(value)),
    (id, control) => {
      if (control === null) records.remove(id);
      else records.put(id, control as Kept);
    },
  );
  let timer: Cancel | null = null;
  let fault: keyof typeof gridFaults | "" = "";
  const types: readonly DerType[] = ["LimitMaxDischarge", ...(port.gridControl?.types ?? [])];
  config.evses.forEach((evse, index) => {
    const id = index + 1;
    const isAble = evse.maxDischargeW > 0;
    const rows: [name: string, value: string][] = [
      ["Available", String(isAble)],
      ["ModesSupported", isAble ? types.join(",") : ""],
      ["MaxW", String(evse.maxDischargeW)],
      ["MaxChargeRateW", String(evse.maxChargeW)],
    ];
    for (const [name, value] of rows) model.provide("DCDERCtrlr", name, () => value, { id });
  });

  const isSupported = (type: DerType): boolean =>
    types.includes(type) && config.evses.some((one) => one.maxDischargeW > 0);
  const refused = (status: Status, reasonCode: string, sentence: string) => ({
    status,
    statusInfo: info(reasonCode, sentence),
  });
  const unsupported = (type: DerType) => refused("NotSupported", "UnsupportedParam", `This station has no ${type}.`);

  /** What is in force now acts at once; the limit of discharging with the profiles, the rest in the grid functions. */
  function act(): void {
    const inForce = controls.inForce(context.nowMs());
    const limit = inForce.get("LimitMaxDischarge")?.request.limitMaxDischarge?.pctMaxDischargePower;
    flexibility.dischargeShare = limit === undefined ? 1 : limit / percent;
    smartCharging.emit();
    port.gridControl?.apply(
      [...inForce.values()].sort((a, b) => b.priority - a.priority || b.order - a.order).map(({ request }) => request),
    );
  }

  function tell({ controlId, started, supersededIds }: StartStop): void {
    context.enqueue("NotifyDERStartStop", {
      ...{ controlId, started, timestamp: context.iso() },
      ...(supersededIds.length > 0 && { supersededIds: [...supersededIds] }),
    });
  }

  /** What is due is told and acts; wakes again when something is due next. */
  function turn(): void {
    timer?.();
    timer = null;
    const told = store.atomically(() => {
      const due = controls.turn(context.nowMs());
      for (const one of due) tell(one);
      return due;
    });
    act();
    if (told.length > 0)
      context.log(
        "info",
        `DER controls: ${told.map(({ controlId, started }) => `${controlId} ${started ? "begins" : "ends"}`).join(", ")}.`,
      );
    const nextMs = controls.nextMs(context.nowMs());
    if (nextMs < Number.POSITIVE_INFINITY)
      timer = clock.after("DER control", Math.max(nextMs - context.nowMs(), 1), turn);
  }

  function set(request: RequestOf<"SetDERControl">): ResponseOf<"SetDERControl"> {
    if (!isSupported(request.controlType)) return unsupported(request.controlType);
    const nowMs = context.nowMs();
    const why = judgeControl(request, nowMs) ?? judgeHere(request);
    if (why !== null) return refused("Rejected", "InvalidValue", why);
    const { isFull, supersededIds } = store.atomically(() => controls.set(request, nowMs));
    if (isFull) return refused("Rejected", "TooManyElements", "No more controls can be kept: clear some.");
    turn();
    return { status: "Accepted", ...(supersededIds.length > 0 && { supersededIds: [...supersededIds] }) };
  }

  /** What the site can't or may not do. */
  function judgeHere(request: RequestOf<"SetDERControl">): string | null {
    const { controlType, limitMaxDischarge } = request;
    if (controlType !== "LimitMaxDischarge") return port.gridControl?.judge(request) ?? null;
    if (limitMaxDischarge?.powerMonitoringMustTrip !== undefined) return "A trip by monitored power is not supported.";
    return limitMaxDischarge?.pctMaxDischargePower === undefined ? "It needs pctMaxDischargePower." : null;
  }

  function get({
    requestId,
    isDefault,
    controlType,
    controlId,
  }: RequestOf<"GetDERControl">): ResponseOf<"GetDERControl"> {
    if (controlType !== undefined && !isSupported(controlType)) return unsupported(controlType);
    const found = controls.find({ isDefault, controlType, controlId });
    if (found.length === 0) return { status: "NotFound" };
    context.afterAnswer("DER controls", () => reportControls(context, requestId, found));
    return { status: "Accepted" };
  }

  function clear({ isDefault, controlType, controlId }: RequestOf<"ClearDERControl">): ResponseOf<"ClearDERControl"> {
    if (controlId === undefined && controlType !== undefined && !isSupported(controlType))
      return unsupported(controlType);
    const filter = controlId === undefined ? { isDefault, controlType } : { isDefault, controlId };
    const gone = store.atomically(() => controls.clear(filter));
    turn();
    const mayBeNone = controlId === undefined && controlType === undefined;
    return { status: gone.length > 0 || mayBeNone ? "Accepted" : "NotFound" };
  }

  return {
    handlers: { SetDERControl: set, GetDERControl: get, ClearDERControl: clear },
    start: turn,
    look() {
      const now = port.site.gridFault;
      if (now === fault) return;
      const timestamp = context.iso();
      if (fault !== "") context.enqueue("NotifyDERAlarm", { ...gridFaults[fault], timestamp, alarmEnded: true });
      if (now !== "") context.enqueue("NotifyDERAlarm", { ...gridFaults[now], timestamp });
      fault = now;
    },
  };
}
