/** A function with its gradient, which is written into `gradient`. */
export type Differentiable = (at: Float64Array, gradient: Float64Array) => number;

/** Steps whose curvature is remembered. */
const MEMORY = 10;
/** Sufficient decrease of a step (Armijo). */
const DECREASE = 1e-4;

/**
 * A minimum of a smooth convex function, by limited-memory BFGS with backtracking (Nocedal, Wright 2006,
 * "Numerical Optimization", algorithms 7.4 and 7.5).
 *
 * @param options.steps at most so many
 * @param options.tolerance ends where the largest part of the gradient is no more than this
 */
export function minimize(
  of: Differentiable,
  start: Float64Array,
  { steps = 200, tolerance = 1e-6 }: { readonly steps?: number; readonly tolerance?: number } = {},
): Float64Array {
  let at = start.slice();
  let gradient = new Float64Array(at.length);
  let value = of(at, gradient);
  const history: { step: Float64Array; change: Float64Array; curvature: number }[] = [];
  for (let i = 0; i < steps && largest(gradient) > tolerance; i++) {
    const direction = descentDirection(gradient, history);
    const slope = dot(direction, gradient);
    let rate = history.length === 0 ? 1 / Math.max(1, largest(gradient)) : 1;
    const next = new Float64Array(at.length);
    const nextGradient = new Float64Array(at.length);
    let nextValue = Number.POSITIVE_INFINITY;
    for (; rate > 1e-12; rate /= 2) {
      for (let k = 0; k < at.length; k++) next[k] = at[k]! + rate * direction[k]!;
      nextValue = of(next, nextGradient);
      if (nextValue <= value + DECREASE * rate * slope) break;
    }
    if (!(nextValue < value)) break;
    const step = next.map((x, k) => x - at[k]!);
    const change = nextGradient.map((g, k) => g - gradient[k]!);
    const curvature = dot(step, change);
    if (curvature > 0) {
      history.push({ step, change, curvature });
      if (history.length > MEMORY) history.shift();
    }
    [at, gradient, value] = [next, nextGradient, nextValue];
  }
  return at;
}

function descentDirection(
  gradient: Float64Array,
  history: readonly { step: Float64Array; change: Float64Array; curvature: number }[],
): Float64Array {
  const direction = gradient.map((g) => -g);
  const along: number[] = [];
  for (const { step, change, curvature } of [...history].reverse()) {
    const share = dot(step, direction) / curvature;
    along.unshift(share);
    add(direction, change, -share);
  }
  const last = history.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.change, last.change);
    for (let k = 0; k < direction.length; k++) direction[k]! *= scale;
  }
  for (const [i, { step, change, curvature }] of history.entries()) {
    add(direction, step, along[i]! - dot(change, direction) / curvature);
  }
  return direction;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let k = 0; k < to.length; k++) to[k]! += times * what[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
