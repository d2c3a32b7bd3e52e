/** The map of another connector of a device: the same registers, so much further on. */
import type { DeviceMap, FactRow, FactSource, NumberPlace, ReadFunction, WriteFunction } from "./device-map.ts";

/** `connector` counts from 1. Rows of other units stay where they are: they belong to the device as a whole. */
export function forConnector(map: DeviceMap, connector: number): DeviceMap {
  const { perConnector, watchdog } = map;
  const further = connector - 1;
  if (perConnector === undefined || further === 0) return map;
  const steps: Readonly<Record<ReadFunction, number>> = {
    1: perConnector.coils ?? 0,
    2: perConnector.discrete ?? 0,
    3: perConnector.holding ?? 0,
    4: perConnector.input ?? 0,
  };
  const step = (place: NumberPlace, functionCode: ReadFunction): number =>
    place.unit === undefined ? further * steps[functionCode] : 0;
  const read = <S extends FactSource>(source: S): S => {
    const by = step(source, source.readFunction ?? map.readFunction);
    return {
      ...source,
      address: source.address + by,
      ...(source.scaleAt !== undefined && { scaleAt: source.scaleAt + by }),
    };
  };
  const fact = (row: FactRow): FactRow => ({
    ...read(row),
    ...(row.plus && { plus: row.plus.map(read) }),
    ...(row.direction && { direction: { ...row.direction, source: read(row.direction.source) } }),
  });
  const written = <R extends NumberPlace & { readonly writeFunction?: WriteFunction }>(row: R): R => ({
    ...row,
    address: row.address + step(row, row.type === "bit" ? 1 : 3),
  });
  return {
    ...map,
    facts: map.facts.map(fact),
    commands: map.commands.map(written),
    ...(map.constants && { constants: map.constants.map(written) }),
    ...(watchdog?.register && { watchdog: { ...watchdog, register: written(watchdog.register) } }),
  };
}
