/** Why a connection could not be opened, in words, in front of what the system says. */

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the address answers, but nothing listens at this port",
  ECONNRESET: "the device hung up at once",
  EHOSTUNREACH: "no device answers at this address",
  ENETUNREACH: "no way leads to this network",
  ETIMEDOUT: "no device answers at this address",
  ENOTFOUND: "the name is not known in this network",
  EAI_AGAIN: "the name can't be looked up",
  EACCES: "the controller may not open it",
};

/** A system's error of opening, for people. */
export function openFailureText(failure: NodeJS.ErrnoException): string {
  const meaning = words[failure.code ?? ""];
  return meaning === undefined ? failure.message : `${meaning} (${failure.message})`;
}
