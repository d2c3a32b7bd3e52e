/** What a replay is asked for on the command line. */
import { InvalidArgumentError } from "commander";

/** ISO 8601 with a zone, such as 2026-11-30T14:05:00Z; ms UTC. */
export function moment(text: string): number {
  const ms = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError("It must be a moment with its zone, such as 2026-11-30T14:05:00Z.");
  return ms;
}

export interface ReplayCommandOptions {
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
  readonly whatIf?: string;
  readonly html?: string;
}
