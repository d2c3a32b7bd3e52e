/** Documents of one kind in the store, with their type. */
import type { OcppStore } from "./ports.ts";

/** Documents of one kind in the store, with their type. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  remove(key: string): void;
  all(): { key: string; value: T }[];
  clear(): void;
}

/** The documents of one kind; a document that can't be read throws. */
export function collectionOf<T>(store: OcppStore, name: string): Collection<T> {
  return {
    get: (key) => {
      const text = store.get(name, key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    put: (key, value) => store.put(name, key, JSON.stringify(value)),
    remove: (key) => store.remove(name, key),
    all: () => store.entries(name).map(({ key, value }) => ({ key, value: JSON.parse(value) as T })),
    clear: () => store.clear(name),
  };
}
