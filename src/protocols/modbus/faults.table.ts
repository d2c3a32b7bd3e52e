/**
 * What can go wrong with one Modbus transaction. The name is the value in `Exchange.fault`, in counters and in reports.
 * `reopens`: the connection is destroyed and opened again, because what it will deliver next can no longer be trusted.
 */
import type { Clears } from "../../domain/reasons.ts";

/** What a fault says to people, whether the link is opened anew, and how it ends. */
export interface ModbusFaultRow {
  readonly sentence: string;
  readonly reopens: boolean;
  readonly clears: Clears;
}

export const modbusFaults = {
  "not-connected":   { reopens: false, clears: "itself", sentence: "There is no connection to the device." },
  "queue-full":      { reopens: false, clears: "itself", sentence: "Too many requests wait for this connection." },
  "not-sent":        { reopens: false, clears: "itself", sentence: "The deadline passed before its turn came; nothing was sent." },
  withdrawn:         { reopens: false, clears: "itself", sentence: "When its turn came there was nothing to say any more." },
  timeout:           { reopens: false, clears: "itself", sentence: "No reply before the deadline." },
  "write-timeout":   { reopens: true,  clears: "itself", sentence: "A write was not acknowledged before the deadline." },
  exception:         { reopens: false, clears: "itself", sentence: "The device refused the request with an exception code." },
  reset:             { reopens: true,  clears: "itself", sentence: "The device closed the connection." },
  reopened:          { reopens: false, clears: "itself", sentence: "The connection was reopened because of another request's fault." },
  "wrong-protocol":  { reopens: true,  clears: "itself", sentence: "The reply's protocol identifier is not Modbus." },
  "wrong-length":    { reopens: true,  clears: "itself", sentence: "The reply is shorter or longer than the request demands." },
  "wrong-transaction": { reopens: true, clears: "itself", sentence: "A reply belongs to no request of ours." },
  "wrong-unit":      { reopens: true,  clears: "itself", sentence: "The reply comes from another unit." },
  "wrong-function":  { reopens: true,  clears: "itself", sentence: "The reply has another function code." },
  "wrong-echo":      { reopens: true,  clears: "itself", sentence: "The acknowledgement repeats another address, count or value." },
  "wrong-checksum":  { reopens: false, clears: "itself", sentence: "The reply's checksum is wrong." },
} as const satisfies Record<string, ModbusFaultRow>;

/** The stable key of a link's fault. */
export type ModbusFault = keyof typeof modbusFaults;
