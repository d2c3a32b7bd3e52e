/** Why a permit is refused: one sentence, and what to do. Keys are stable: they appear in the audit log and in `--json`. */
export const permitRefusals = {
  unreadable:      { sentence: "The permit file can't be read.",                                   todo: "Check its path and its rights." },
  malformed:       { sentence: "The file is not a permit.",                                        todo: "Ask the utility for the file again, or compare it with: islet permit create." },
  unsigned:        { sentence: "The permit is not signed.",                                        todo: "Have the utility sign it: islet permit sign." },
  "no-anchor":     { sentence: "No trust anchor is configured, so that no signature can be believed.", todo: "An installer adds the utility's public key to permit.anchors." },
  "foreign-key":   { sentence: "The permit is signed by a key that this site does not trust.",     todo: "Compare the key with the utility's; an installer may add it to permit.anchors." },
  forged:          { sentence: "The signature does not fit: the permit was altered or forged.",    todo: "Ask the utility for the file again." },
  "other-site":    { sentence: "The permit is for another site.",                                  todo: "Install the permit of this site, or correct the site's name." },
  "not-yet-valid": { sentence: "The permit is not valid yet.",                                     todo: "Install it on its first day, or now with --in-advance." },
  expired:         { sentence: "The permit has expired.",                                          todo: "Ask the utility for a new one." },
  revoked:         { sentence: "The permit has been revoked.",                                     todo: "Ask the utility for a new one; a revoked permit never returns." },
  doubled:         { sentence: "The permit, or a newer one of the same reference, was already installed.", todo: "Nothing, or ask the utility for one with a higher serial." },
  "grid-profile":  { sentence: "The permit demands another grid profile.",                         todo: "An installer sets site.gridProfile to the permit's." },
  "transfer-device": { sentence: "The permit covers another kind of transfer device.",             todo: "Compare transferDevice.kind with the permit." },
  equipment:       { sentence: "The equipment or its firmware is not covered by the permit.",      todo: "Compare the stages with: islet permit inspect." },
  "clock-set-back": { sentence: "The clock has been set back behind the audit log.",               todo: "Correct the clock, then install the permit again." },
} as const;
export type PermitRefusal = keyof typeof permitRefusals;
