/**
 * Work on a list, two items at a time: a device behind a slow network is asked the next thing while it answers the last one.
 * More would only wait at the link, where places are few.
 */
const lanes = 2;

/** Does `work` on every item and gives its results in the order of the items. Starts nothing more once one of them threw. */
export async function twoAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index]!);
      } catch (failure) {
        failed = true;
        throw failure;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
