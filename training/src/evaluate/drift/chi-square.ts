const EPSILON = 1e-15;
/** Far more than any argument here needs. */
const MAX_TERMS = 10_000;

/**
 * Probability that a chi-square variable exceeds a value: the upper regularized incomplete gamma function
 * Q(degrees / 2, value / 2), by its series or its continued fraction (Abramowitz, Stegun 6.5.29 and 6.5.31).
 *
 * @param value 0 or more
 * @param degrees of freedom, a whole number from 1 on
 */
export function chiSquareSurvival(value: number, degrees: number): number {
  if (!(value > 0)) return 1;
  const a = degrees / 2;
  const x = value / 2;
  const scale = Math.exp(a * Math.log(x) - x - logGammaOfHalves(degrees));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < MAX_TERMS && term > sum * EPSILON; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return Math.max(0, 1 - scale * sum);
  }
  // Lentz's method (Press et al., "Numerical Recipes", section 5.2).
  let b = x + 1 - a;
  let c = 1 / Number.MIN_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const factor = -n * (n - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return scale * fraction;
}

/** The value that a chi-square variable exceeds with this probability, above 0 and below 1. */
export function chiSquareCritical(probability: number, degrees: number): number {
  let [low, high] = [0, degrees];
  while (chiSquareSurvival(high, degrees) > probability) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (chiSquareSurvival(middle, degrees) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** log Γ(n / 2), by Γ(x + 1) = x Γ(x) from Γ(1/2) = √π or Γ(1) = 1. */
function logGammaOfHalves(n: number): number {
  let sum = n % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let x = n % 2 === 0 ? 1 : 0.5; x < n / 2; x++) sum += Math.log(x);
  return sum;
}
