/**
 * Sharing budgets among EVSEs that go in the same direction: pure filling, no memory. Magnitudes, W ≥ 0. Several budgets
 * may bind at once (the PCC, its phases, protective groups): a stage takes from each according to its share in it.
 */

/** Scratch and result of one direction; made once. */
export interface WaterFilling {
  /** In: takes part. */
  readonly member: Uint8Array;
  /** In: what it would take, and the least that it can take while it takes anything. */
  readonly wantW: Float64Array;
  readonly leastW: Float64Array;
  /** In: members in order of rank, the first served first; `orderCount` of them. */
  readonly order: Int32Array;
  orderCount: number;
  /** In: remaining budget of each channel. Used up by the filling. */
  readonly budgetW: Float64Array;
  /** Out: what it gets, and what a stage that no channel binds would get at most if it wanted more. */
  readonly givenW: Float64Array;
  readonly capW: Float64Array;
  /** Out: channel that binds it, −1 for none. */
  readonly binding: Int32Array;
  /** Scratch: may still rise. */
  readonly rising: Uint8Array;
}

/** Working memory for sharing power among stages under the limits of channels. */
export function createWaterFilling(stageCount: number, channelCount: number): WaterFilling {
  return {
    member: new Uint8Array(stageCount),
    wantW: new Float64Array(stageCount),
    leastW: new Float64Array(stageCount),
    order: new Int32Array(stageCount),
    orderCount: 0,
    budgetW: new Float64Array(channelCount),
    givenW: new Float64Array(stageCount),
    capW: new Float64Array(stageCount),
    binding: new Int32Array(stageCount),
    rising: new Uint8Array(stageCount),
  };
}

/** Below this a budget is used up, W: rounding. */
const emptyW = 1e-6;

/**
 * Equal: everybody gets the same, nobody more than wanted or less than the least; what one does not want goes to the others
 * (max-min fairness). Each pass ends with a stage at its request, a stage that begins to rise, or a channel used up, so there
 * are at most 2 · stages + channels passes.
 */
export function fillEqually(f: WaterFilling, shares: Float64Array): void {
  const n = f.member.length;
  const channels = f.budgetW.length;
  takeLeast(f, shares);
  let levelW = 0;
  const passesMax = 2 * n + channels + 1;
  for (let pass = 0; pass < passesMax; pass++) {
    // Next event on the way up.
    let nextW = Number.POSITIVE_INFINITY;
    let anyRising = false;
    for (let k = 0; k < f.orderCount; k++) {
      const i = f.order[k]!;
      if (f.rising[i] === 0) continue;
      anyRising = true;
      const eventW = f.leastW[i]! > levelW ? f.leastW[i]! : f.wantW[i]!;
      if (eventW < nextW) nextW = eventW;
    }
    if (!anyRising) break;
    let bindingChannel = -1;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0; k < f.orderCount; k++) {
        const i = f.order[k]!;
        if (f.rising[i] === 1 && f.leastW[i]! <= levelW) sum += shares[c * n + i]!;
      }
      if (sum <= 0) continue;
      const reachW = levelW + Math.max(0, f.budgetW[c]!) / sum;
      if (reachW < nextW) {
        nextW = reachW;
        bindingChannel = c;
      }
    }
    if (nextW === Number.POSITIVE_INFINITY) break;
    const riseW = Math.max(0, nextW - levelW);
    for (let k = 0; k < f.orderCount; k++) {
      const i = f.order[k]!;
      if (f.rising[i] === 0 || f.leastW[i]! > levelW) continue;
      f.givenW[i] = f.givenW[i]! + riseW;
      for (let c = 0; c < channels; c++) f.budgetW[c] = f.budgetW[c]! - riseW * shares[c * n + i]!;
    }
    for (let k = 0; k < f.orderCount; k++) {
      const i = f.order[k]!;
      if (f.rising[i] === 0) continue;
      if (bindingChannel >= 0 && shares[bindingChannel * n + i]! > 0 && f.leastW[i]! <= nextW) {
        f.rising[i] = 0;
        f.binding[i] = bindingChannel;
      } else if (f.leastW[i]! <= levelW && f.givenW[i]! >= f.wantW[i]! - emptyW) {
        f.rising[i] = 0;
      }
    }
    levelW = nextW;
  }
}

/** In order of rank: the first takes what it wants, then the next. Everybody's least is set aside first. */
export function fillInOrder(f: WaterFilling, shares: Float64Array): void {
  const n = f.member.length;
  const channels = f.budgetW.length;
  takeLeast(f, shares);
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    let roomW = Number.POSITIVE_INFINITY;
    let bindingChannel = -1;
    for (let c = 0; c < channels; c++) {
      const share = shares[c * n + i]!;
      if (share <= 0) continue;
      const reachW = Math.max(0, f.budgetW[c]!) / share;
      if (reachW < roomW) {
        roomW = reachW;
        bindingChannel = c;
      }
    }
    const moreW = f.wantW[i]! - f.givenW[i]!;
    const takeW = Math.min(moreW, roomW);
    f.capW[i] = f.givenW[i]! + roomW;
    f.binding[i] = bindingChannel;
    f.givenW[i] = f.givenW[i]! + takeW;
    for (let c = 0; c < channels; c++) f.budgetW[c] = f.budgetW[c]! - takeW * shares[c * n + i]!;
  }
}

function takeLeast(f: WaterFilling, shares: Float64Array): void {
  const n = f.member.length;
  for (let i = 0; i < n; i++) {
    f.givenW[i] = 0;
    f.capW[i] = Number.POSITIVE_INFINITY;
    f.binding[i] = -1;
    f.rising[i] = 0;
  }
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    f.rising[i] = 1;
    const leastW = f.leastW[i]!;
    if (leastW <= 0) continue;
    f.givenW[i] = leastW;
    for (let c = 0; c < f.budgetW.length; c++) f.budgetW[c] = f.budgetW[c]! - leastW * shares[c * n + i]!;
  }
}
