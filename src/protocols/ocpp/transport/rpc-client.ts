/**
 * The client of the `ocpp-rpc` package without the package's own checks. It reads the schemas of all versions and resolves
 * their references as soon as it is loaded, 20 MB and a fifth of a second, and nothing here has it check anything
 * (`validators.ts` does, with our own error codes): its module of validators is taken for an empty list.
 */
import Module, { createRequire } from "node:module";
import type rpc from "ocpp-rpc";

const require = createRequire(import.meta.url);
const validatorsFile = require.resolve("ocpp-rpc/lib/standard-validators.js");
const clientFile = require.resolve("ocpp-rpc/lib/client.js");

function load(): Pick<typeof rpc, "RPCClient" | "createRPCError"> {
  const { createRPCError } = require("ocpp-rpc/lib/util.js") as typeof rpc;
  if (require.cache[validatorsFile] !== undefined)
    return { RPCClient: require(clientFile) as typeof rpc.RPCClient, createRPCError };
  const empty = new Module(validatorsFile);
  empty.exports = [];
  empty.loaded = true;
  require.cache[validatorsFile] = empty;
  try {
    return { RPCClient: require(clientFile) as typeof rpc.RPCClient, createRPCError };
  } finally {
    // Whoever wants the checks, such as a server in the same process, loads its own.
    for (const file of [validatorsFile, clientFile]) delete require.cache[file];
  }
}

export const { RPCClient, createRPCError } = load();
