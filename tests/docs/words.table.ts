/**
 * Words that stand for something with a name in the field, and the name. The glossary (`docs/glossary.md`) says what each
 * name means. A word is let through only where `except` says so, with the reason.
 */
export interface Word {
  readonly banned: RegExp;
  readonly plain: string;
  /** Places and phrases where the word is the right one. */
  readonly except?: readonly { readonly in: RegExp; readonly phrase?: RegExp; readonly because: string }[];
}

const oldNames = { in: /CHANGELOG|docs\/upgrade|docs\/model\.md$/, because: "tells what a name of 0.1 is called now" } as const;

export const words: readonly Word[] = [
  { banned: /\bwish(?:es|ed|ing)?\b/i, plain: "request", except: [oldNames] },
  { banned: /\bheirs?\b/i, plain: "successor" },
  { banned: /\bfarewells?\b/i, plain: "handover" },
  { banned: /\bbreath(?:es?|ing)?\b/i, plain: "sample" },
  { banned: /\bstrokes?\b/i, plain: "contact travel", except: [{ in: /src\/dashboard|tests\/browser|plot\.ts/, because: "a line of a drawing" }] },
  { banned: /\bblink(?:s|ed|ing)?\b/i, plain: "interruption" },
  { banned: /\brogues?\b/i, plain: "uncommanded output" },
  { banned: /\bvouch(?:es|ed)?\b/i, plain: "confirm" },
  { banned: /\bdeeds?\b/i, plain: "operator action" },
  { banned: /\bset-points?\b/i, plain: "setpoint" },
  { banned: /\bsteer(?:s|ed|ing)?\b/i, plain: "resynchronize (an island), command (a stage), control (a backend)" },
  { banned: /\bhiccups?\b/i, plain: "short loss" },
  { banned: /\borgans?\b/i, plain: "part" },
  { banned: /\bparting\b/i, plain: "transfer to island", except: [oldNames] },
  { banned: /\bbalancing\b/i, plain: "zeroing the exchange", except: [oldNames, { in: /docs\/ocpp/, because: "the name of use case K04" }] },
  { banned: /\bblind(?:s|ly)?\b/i, plain: "without feedback (the site), stale (the meter)", except: [oldNames, { in: /./, phrase: /blind-meter/, because: "the name of a scenario" }] },
  {
    banned: /\bwitness(?:es|ed)?\b/i,
    plain: "evidence, confirmation",
    except: [
      { in: /./, phrase: /witness\.json|the witness beside|the witness(?:'s)?\b(?= (?:knows|file|still|says|keeps))/i, because: "the file beside the state folder" },
      { in: /docs\/deployment|docs\/upgrade|tests\/app|src\/app\/(?:store|permits)|src\/cli\/permit/, because: "the file beside the state folder" },
    ],
  },
  { banned: /\bEVSEs?\b/, plain: "charger", except: [{ in: /^(?!src\/(?:domain|dashboard\/(?:view|panels|actions))\/)/, because: "the word of OCPP, of settings and of engineers" }] },
  { banned: /(?<!\bpower )(?<![{-])\bstages?\b(?![-}])/i, plain: "power stage", except: [{ in: /^(?!src\/domain\/(?:words|events\/|reasons))/, because: "short for it where the box is clear" }] },
];
