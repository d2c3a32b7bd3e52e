/**
 * A second, naive implementation of three functions, from their definitions alone and with all of the past at hand: to compare
 * the controller's own with. Nothing of it is shared with `src`.
 */

export interface NaiveLfsm {
  nominalHz: number;
  overBandHz: number;
  underBandHz: number;
  overDroop: number;
  underDroop: number;
  overOfActual: boolean;
  underOfActual: boolean;
  hold: boolean;
  stopBandHz: number;
  stopS: number;
  lowestPu: number;
}

/** Settled power, pu of rated, after each of the frequencies, which last `everyS` each; `requestPu` stands all the time. */
export function naiveLfsm(s: NaiveLfsm, requestPu: number, frequencies: readonly number[], everyS: number): number[] {
  const shiftAt = (hz: number): number => {
    const over = hz - (s.nominalHz + s.overBandHz);
    const under = s.nominalHz - s.underBandHz - hz;
    if (over > 0) return -over / (s.overDroop * s.nominalHz);
    return under > 0 ? under / (s.underDroop * s.nominalHz) : 0;
  };
  const powerFor = (shift: number): number => {
    const ofActual = shift < 0 ? s.overOfActual : s.underOfActual;
    const power = requestPu + shift * (ofActual ? Math.abs(requestPu) : 1);
    return power > 1 ? 1 : power < s.lowestPu ? s.lowestPu : power;
  };
  return frequencies.map((_, last) => {
    // From the beginning each time: the shift that is held, and since when the frequency has been back.
    let held = 0;
    let backSince = -1;
    for (let k = 0; k <= last; k++) {
      const shift = shiftAt(frequencies[k]!);
      const bandHz = s.stopBandHz > 0 ? s.stopBandHz : held < 0 ? s.overBandHz : s.underBandHz;
      if (shift !== 0) {
        const sameSide = Math.sign(shift) === Math.sign(held);
        held = s.hold && sameSide && Math.abs(held) > Math.abs(shift) ? held : shift;
        backSince = -1;
      } else if (!s.hold) held = 0;
      else if (held !== 0 && Math.abs(frequencies[k]! - s.nominalHz) <= bandHz) {
        if (backSince < 0) backSince = k;
        if ((k - backSince) * everyS >= s.stopS) {
          held = 0;
          backSince = -1;
        }
      } else backSince = -1;
    }
    return powerFor(held);
  });
}

/** Whether the mean of the last ten minutes of samples of 1 s is above the limit, judged every 3 s; nominal before the first. */
export function naiveTenMinuteMean(
  voltagesPu: readonly number[],
  limitPu: number,
): { above: boolean; meanPu: number }[] {
  return voltagesPu.map((_, last) => {
    const judged = last + 1 - ((last + 1) % 3);
    let sum = 0;
    for (let k = judged - 600; k < judged; k++) sum += k < 0 ? 1 : voltagesPu[k]!;
    return { above: judged > 0 && sum / 600 > limitPu, meanPu: sum / 600 };
  });
}

/** Q(U) after `seconds` at one voltage, from `fromPu` on: a straight line between neighbours, and a first-order lag. */
export function naiveQu(
  points: readonly (readonly [voltagePu: number, varPu: number])[],
  voltagePu: number,
  acts: boolean,
  fromPu: number,
  seconds: number,
  timeConstantS: number,
): number {
  let target = points[0]![1];
  for (const [k, [v, q]] of points.entries()) {
    if (voltagePu < v) {
      if (k > 0) {
        const [v0, q0] = points[k - 1]!;
        target = (q0 * (v - voltagePu) + q * (voltagePu - v0)) / (v - v0);
      }
      break;
    }
    target = q;
  }
  if (!acts) target = 0;
  return target + (fromPu - target) * Math.exp(-seconds / timeConstantS);
}
