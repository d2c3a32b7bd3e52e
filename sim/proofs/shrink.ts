/** Narrows a broken story down: fewer stories before it, fewer events in it, still the same broken promise. */
import { InterleavedSite, type InterleavingOptions, type Story, storiesPerSite } from "./interleavings.ts";

/** So many times the story is told again at most. */
const replaysMax = 120;
/** No story has more events than this. */
const eventsMax = 8;

export interface Shrunk {
  /** Numbers of the stories that are still needed, the broken one last. */
  readonly stories: readonly number[];
  /** Events left out, as "story/event". */
  readonly without: ReadonlySet<string>;
  /** What is told then. */
  readonly told: readonly Story[];
}

/** Tells some of a site's stories; returns them up to the first that is broken, or undefined when none is. */
function retell(siteSeed: number, stories: readonly number[], options: InterleavingOptions): Story[] | undefined {
  const site = new InterleavedSite(siteSeed, options);
  const told: Story[] = [];
  for (const number of stories) {
    const story = site.tell(number);
    told.push(story);
    if (story.broken.length > 0) return told;
  }
  return undefined;
}

export function shrink({ siteSeed, number, broken }: Story, options: InterleavingOptions = {}): Shrunk {
  let replays = 0;
  const still = (stories: readonly number[], without: ReadonlySet<string>): Story[] | undefined => {
    if (replays++ >= replaysMax) return undefined;
    const told = retell(siteSeed, stories, { ...options, without });
    return told?.at(-1)?.broken[0] === broken[0] ? told : undefined;
  };
  let stories = Array.from({ length: number + 1 }, (_, i) => i);
  let without: ReadonlySet<string> = new Set();
  let told = still(stories, without) ?? [];
  for (let count = 1; count < Math.min(stories.length, storiesPerSite); count *= 2) {
    const last = stories.slice(-count);
    const shorter = still(last, without);
    if (shorter === undefined) continue;
    stories = last;
    told = shorter;
    break;
  }
  for (const story of stories.slice(0, -1)) {
    const others = stories.filter((one) => one !== story);
    const shorter = still(others, without);
    if (shorter === undefined) continue;
    stories = others;
    told = shorter;
  }
  for (const story of stories) {
    for (let event = 0; event < eventsMax; event++) {
      const fewer = new Set(without).add(`${story}/${event}`);
      const shorter = still(stories, fewer);
      if (shorter === undefined) continue;
      without = fewer;
      told = shorter;
    }
  }
  return { stories, without, told };
}

/** A story in lines that a person can follow. */
export function linesOf({ siteSeed, number, from, told, modes, broken }: Story): string[] {
  return [
    `site ${siteSeed}, story ${number}, from ${from}${broken.length > 0 ? `: ${broken.join(", ")}` : ""}`,
    ...told.map(({ atMs, what }) => `  ${(atMs / 1_000).toFixed(3).padStart(8)} s  ${what}`),
    `            ${modes.join(" → ")}`,
  ];
}
