/** What a worker counts, for `/metrics`. */
export interface Counts {
  /** Records that were committed, with those that were there already. */
  records: number;
  states: number;
  /** Messages that were not as the contract says, or under another site's name. */
  unreadable: number;
}

export const createCounts = (): Counts => ({ records: 0, states: 0, unreadable: 0 });

export const metricsText = ({ records, states, unreadable }: Counts, connected: boolean): string =>
  [
    ["islet_fleet_records_total", "Records committed.", records],
    ["islet_fleet_states_total", "States written.", states],
    ["islet_fleet_unreadable_total", "Messages that were not read.", unreadable],
    ["islet_fleet_broker_connected", "1 while the broker is reached.", connected ? 1 : 0],
  ]
    .map(
      ([name, help, value]) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${String(name).endsWith("total") ? "counter" : "gauge"}\n${name} ${value}\n`,
    )
    .join("");
