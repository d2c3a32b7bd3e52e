/** R04: the reports that follow a GetDERControl, each kind in its own list of the message. */
import type { Context } from "../context.ts";
import type { RequestOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";
import type { Control } from "./der-controls.ts";
import { derRows } from "./der-types.table.ts";

/** Controls in one report. */
const reportItems = 10;
type Report = RequestOf<"ReportDERControl">;

function itemOf({ request, isSuperseded }: Control): unknown {
  const { controlId: id, controlType, isDefault } = request;
  const { field } = derRows[controlType];
  const body = request[field];
  if (field === "enterService" || field === "gradient") return { id, [field]: body };
  if (field === "curve") return { id, curveType: controlType, isDefault, isSuperseded, curve: body };
  const name = field === "fixedPFAbsorb" || field === "fixedPFInject" ? "fixedPF" : field;
  return { id, isDefault, isSuperseded, [name]: body };
}

/** Sends what was asked for, in as many messages as it takes. */
export function reportControls({ session }: Context, requestId: number, controls: readonly Control[]): void {
  for (let at = 0; at < controls.length; at += reportItems) {
    const lists: Record<string, unknown[]> = {};
    for (const control of controls.slice(at, at + reportItems)) {
      const { field } = derRows[control.request.controlType];
      lists[field] = [...(lists[field] ?? []), itemOf(control)];
    }
    const tbc = at + reportItems < controls.length;
    session.tell("ReportDERControl", { requestId, ...(tbc && { tbc }), ...lists } as Report, {
      priority: priority.report,
    });
  }
}
