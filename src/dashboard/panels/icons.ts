/** Drawn marks: severity by shape, actions, modes. Colour never carries a meaning alone. */
import type { Severity } from "../../domain/reasons.ts";
import type { ActionId } from "../actions.ts";
import type { ModeGlyph } from "../view/mode.ts";
import { type Html, html, raw } from "./html.ts";

const mark = (body: string): Html =>
  raw(`<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">${body}</svg>`);

export const severityIcons: Record<Severity, Html> = {
  critical: mark(
    '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" class="f-crit"/><path d="M8 4v5M8 11.4v.4" class="s-white"/>',
  ),
  warning: mark('<path d="M8 1.2 15.3 14.4H.7z" class="f-warn"/><path d="M8 5.8v4M8 12v.2" class="s-black"/>'),
  notice: mark('<path d="M8 1.5 14.5 8 8 14.5 1.5 8z" class="s-ink2"/>'),
  record: mark('<circle cx="8" cy="8" r="2.5" class="f-ink3"/>'),
};
export const okIcon = mark('<path d="m3 8.5 3.3 3.3L13 5" class="s-ink2 bold"/>');

const stroked = (body: string, size = 20): Html =>
  raw(`<svg class="ic" width="${size}" height="${size}" viewBox="0 0 20 20" aria-hidden="true">${body}</svg>`);
const shapes = {
  stop: '<rect x="5" y="5" width="10" height="10" rx="1.5"/>',
  pause: '<path d="M7 4.5v11M13 4.5v11"/>',
  resume: '<path d="M6 4l10 6-10 6z"/>',
  limit: '<path d="M3 4h14M10 17V7.5M6.5 11 10 7.5 13.5 11"/>',
  island: '<path d="M2 10h4M14 10h4M6 10l7-5"/><circle cx="14" cy="10" r="1"/>',
  reserve: '<rect x="3" y="6" width="12" height="8" rx="1.5"/><path d="M17 9v2M7 6v8"/>',
  clock: '<circle cx="10" cy="10" r="7"/><path d="M10 6v4.3l2.8 1.7"/>',
  reset: '<path d="M4.5 8A6 6 0 1 1 4 11.5M4 4v4h4"/>',
  key: '<circle cx="6.5" cy="10" r="3.5"/><path d="M10 10h8M15 10v3"/>',
  tool: '<path d="M4 16l6-6M12 3.5a4 4 0 0 0 4.5 5L13 12 8 7z"/>',
} as const;
export const actionIcons: Record<ActionId, Html> = {
  stop: stroked(shapes.stop),
  pause: stroked(shapes.pause),
  resume: stroked(shapes.resume),
  tighten: stroked(shapes.limit),
  reserve: stroked(shapes.reserve),
  departure: stroked(shapes.clock),
  clearDeparture: stroked(shapes.clock),
  chargeNow: stroked(shapes.resume),
  priority: stroked(shapes.limit),
  outageWarning: stroked(shapes.reserve),
  untighten: stroked(shapes.reset),
  releaseLimits: stroked(shapes.reset),
  fleetOff: stroked(shapes.stop),
  fleetOn: stroked(shapes.resume),
  plannedIsland: stroked(shapes.island),
  restoreTier: stroked(shapes.reserve),
  shedTier: stroked(shapes.limit),
  endIsland: stroked(shapes.stop),
  resetLockout: stroked(shapes.reset),
  setLimit: stroked(shapes.tool),
  enableDischarge: stroked(shapes.tool),
  installPermit: stroked(shapes.key),
  acknowledge: stroked(shapes.reset),
  acknowledgeLedgers: stroked(shapes.reset),
  rewriteFunctions: stroked(shapes.tool),
};
export const goIcon = raw(
  '<svg class="ic" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="m5 2.5 4.5 4.5L5 11.5"/></svg>',
);

export const navIcons = {
  overview: stroked('<path d="M3 11l7-6 7 6v6H3z"/>', 22),
  chargers: stroked('<path d="M7 3v4M13 3v4M4 7h12v3a6 6 0 0 1-12 0zM10 16v2"/>', 22),
  day: stroked('<path d="M3 16l4-7 4 4 6-9"/>', 22),
  events: stroked('<path d="M4 5h12M4 10h12M4 15h8"/>', 22),
  actions: stroked('<circle cx="10" cy="10" r="7"/><path d="M8 7l4 3-4 3"/>', 22),
  installation: stroked(shapes.tool, 22),
};

const glyphs: Record<Exclude<ModeGlyph, "wait">, string> = {
  parallel:
    '<path d="M4 38h18M54 38h18"/><path d="M24 38h28" class="w5"/><circle cx="24" cy="38" r="4.5" class="f-bg"/><circle cx="52" cy="38" r="4.5" class="f-bg"/><path d="M30 20h16m-5-5 5 5-5 5M46 57H30m5-5-5 5 5 5" class="w2"/>',
  load: '<path d="M4 38h18M54 38h18"/><path d="M24 38h28" class="w5"/><circle cx="24" cy="38" r="4.5" class="f-bg"/><circle cx="52" cy="38" r="4.5" class="f-bg"/><path d="M28 20h20m-5-5 5 5-5 5" class="w2"/>',
  open: '<path d="M4 42h18M54 42h18"/><path d="M22 42 48 24" class="w5"/><circle cx="22" cy="42" r="4.5" class="f-bg"/><circle cx="54" cy="42" r="4.5" class="f-bg"/>',
  island:
    '<path d="M1 40h6" class="dash"/><path d="M13 40 31 25" class="w5"/><circle cx="13" cy="40" r="4.5" class="f-bg"/><circle cx="35" cy="40" r="4.5" class="f-bg"/><path d="M40 40h4"/><circle cx="59" cy="40" r="15"/><path d="M51 40c2.7-7 5.3-7 8 0s5.3 7 8 0" class="w2"/>',
  lock: '<rect x="17" y="33" width="42" height="32" rx="5"/><path d="M26 33v-8a12 12 0 0 1 24 0v8"/><path d="M38 44v10"/>',
};
export const modeGlyph = (glyph: Exclude<ModeGlyph, "wait">): Html =>
  html`<svg class="glyph" viewBox="0 0 76 76" aria-hidden="true">${raw(glyphs[glyph])}</svg>`;

export const logo = raw(
  '<svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true"><path d="M2 15c2.6 0 2.6-2 5.2-2s2.6 2 5.2 2 2.6-2 5.2-2c1 0 1.7.3 2.4.7" class="s-current"/><circle cx="11" cy="6.5" r="3.5" class="f-current"/></svg>',
);
