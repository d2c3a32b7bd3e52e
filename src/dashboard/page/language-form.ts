/** The switch of languages loads the page anew; what a person looks at, has chosen or typed comes along in this window alone. */
const key = "islet-place";

interface Kept {
  readonly at: string;
  readonly scrollY: number;
  readonly value: unknown;
}
const here = (): string => location.pathname + location.search;

/** Keeps what `value` tells when somebody chooses a language. */
export function keepPlace(value: () => unknown): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form.lang"))
    form.addEventListener("submit", () => {
      const from = form.elements.namedItem("from");
      if (from instanceof HTMLInputElement) from.value = here() + location.hash;
      try {
        const kept: Kept = { at: here(), scrollY, value: value() };
        sessionStorage.setItem(key, JSON.stringify(kept));
      } catch {
        // A browser that keeps nothing begins the page anew.
      }
    });
}

/** What was kept for this page, once. */
export function takePlace<T>(): T | null {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    const kept = text === null ? null : (JSON.parse(text) as Kept);
    if (kept?.at !== here()) return null;
    requestAnimationFrame(() => scrollTo(0, kept.scrollY));
    return kept.value as T;
  } catch {
    return null;
  }
}
