/** A link to a system outside, as whoever composes the links sees it. */
import type { ControlReport } from "../control/shared/report.ts";

export interface OutsideLink {
  /** For people: "MQTT broker". */
  readonly name: string;
  readonly connected: boolean;
  /** Why the other side is not reached, and what to do; "" while it is. */
  readonly sentence: string;
  /** To be called often. */
  look(report: ControlReport): void;
  stop(): Promise<void>;
}
