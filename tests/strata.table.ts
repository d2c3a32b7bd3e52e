/** The strata of the source and who may import whom; `tests/architecture.test.ts` holds the code to it, `scripts/diagrams.mjs` draws it. */

export interface Stratum {
  readonly name: string;
  readonly folder: string;
  /** Strata that it may import besides itself. */
  readonly may: readonly string[];
  /** Packages that it may import; `*` any. */
  readonly packages: readonly string[];
}

export const strata: readonly Stratum[] = [
  { name: "domain", folder: "src/domain", may: [], packages: [] },
  { name: "config", folder: "src/config", may: ["domain"], packages: ["zod", "yaml"] },
  { name: "core", folder: "src/core", may: ["domain", "config"], packages: [] },
  { name: "planning", folder: "src/planning", may: ["domain"], packages: [] },
  { name: "solver", folder: "src/planning/solver", may: ["planning"], packages: ["highs"] },
  { name: "planner-thread", folder: "src/planning/thread", may: ["planning", "solver"], packages: ["node:worker_threads"] },
  { name: "forecast", folder: "src/forecast", may: ["domain"], packages: [] },
  { name: "tariff", folder: "src/tariff", may: ["domain", "config"], packages: [] },
  { name: "settlement", folder: "src/settlement", may: ["domain", "planning", "tariff"], packages: [] },
  // What nudges tell of meter and stages: figures in, figures out, so that it is tried without a site.
  { name: "commissioning", folder: "src/commissioning", may: ["domain"], packages: [] },
  // Procedures of grid codes and how they are judged; the rig is a port, so that simulator and laboratory are judged alike.
  { name: "certify", folder: "src/certify", may: ["domain", "config"], packages: [] },
  { name: "modbus", folder: "src/protocols/modbus", may: ["domain", "config"], packages: ["*"] },
  { name: "sunspec", folder: "src/protocols/sunspec", may: ["domain", "config", "modbus"], packages: ["*"] },
  { name: "exi", folder: "src/protocols/exi", may: ["domain"], packages: ["*"] },
  { name: "iso15118", folder: "src/protocols/iso15118", may: ["domain", "config", "exi"], packages: ["*"] },
  { name: "ocpp", folder: "src/protocols/ocpp", may: ["domain", "config"], packages: ["*"] },
  // The contract between sites and their fleet: both sides import it.
  { name: "fleet-contract", folder: "src/protocols/fleet", may: ["domain"], packages: ["zod", "node:crypto"] },
  { name: "csip", folder: "src/protocols/csip", may: ["domain"], packages: ["node:crypto", "node:https", "fast-xml-parser"] },
  { name: "eebus", folder: "src/protocols/eebus", may: ["domain", "config"], packages: ["*"] },
  { name: "openadr", folder: "src/protocols/openadr", may: ["domain"], packages: ["*"] },
  { name: "bridge", folder: "firmware-bridge", may: ["domain", "modbus", "sunspec"], packages: ["*"] },
  {
    name: "app",
    folder: "src/app",
    may: ["domain", "config", "core", "modbus", "sunspec", "exi", "iso15118", "ocpp", "csip", "eebus", "openadr", "fleet-contract", "bridge", "forecast", "tariff", "settlement", "planning", "planner-thread", "commissioning"],
    packages: ["*"],
  },
  // The utility's package: evidence in, sheets and contradictions out; what reads and writes files is the command.
  { name: "approval", folder: "src/approval", may: ["domain", "config", "core", "certify", "app"], packages: [] },
  { name: "page", folder: "src/dashboard/page", may: ["domain", "dashboard"], packages: ["uplot"] },
  { name: "dashboard", folder: "src/dashboard", may: ["app", "domain", "config", "page"], packages: ["*"] },
  {
    name: "cli",
    folder: "src/cli",
    may: ["app", "dashboard", "domain", "config", "core", "exi", "iso15118", "csip", "bridge", "planning", "solver", "certify", "approval", "sim", "peers"],
    packages: ["*"],
  },
  // Another program: it knows the contract with sites, and nothing of a site.
  { name: "fleet", folder: "fleet", may: ["domain", "fleet-contract"], packages: ["*"] },
  { name: "plant", folder: "sim/plant", may: ["domain"], packages: [] },
  { name: "chance", folder: "sim/random.ts", may: ["plant"], packages: [] },
  {
    name: "peers",
    folder: "sim/peers",
    may: ["domain", "config", "modbus", "sunspec", "exi", "iso15118", "ocpp", "eebus", "bridge", "plant", "chance"],
    packages: ["*"],
  },
  {
    name: "sim",
    folder: "sim",
    may: ["plant", "peers", "chance", "domain", "config", "modbus", "sunspec", "core", "bridge", "app", "certify", "commissioning"],
    packages: ["*"],
  },
];
