import {
  type Change,
  type DriftComparison,
  FEWEST_IMAGES,
  LARGE_SHIFT,
  MODERATE_SHIFT,
} from '../evaluate/drift/compare.ts';

const CHANGES: Readonly<Record<Change, string>> = {
  none: 'chance explains it',
  small: 'small',
  moderate: 'MODERATE',
  large: 'LARGE',
};

/** A comparison for people: the verdict, then a line a quantity, the largest change first. */
export function driftText(comparison: DriftComparison): string {
  const { quantities, threshold, significance } = comparison;
  if (quantities.length === 0) return verdictText(comparison);
  const rows = quantities.map(({ quantity, change, psi, expectedPsi, psiP, ks }) => [
    quantity.replaceAll('_', ' '),
    psi.toFixed(3),
    expectedPsi.toFixed(3),
    probability(psiP),
    ks ? ks.distance.toFixed(3) : '',
    ks ? probability(ks.p) : '',
    CHANGES[change],
  ]);
  const head = ['quantity', 'PSI', 'by chance', 'p', 'KS at least', 'p at most', 'change'];
  return `${verdictText(comparison)}

${table([head, ...rows])}

PSI is the population stability index in about tenths of the reference, "by chance" what it is on average when
nothing has changed; what is left beyond that counts as moderate from ${threshold}${threshold < LARGE_SHIFT ? `, as large from ${LARGE_SHIFT}` : ''}.${threshold === MODERATE_SHIFT ? ' Both are rules\nof thumb.' : ''} A change counts only where a p is below ${significance.toExponential(1)} (1 % over all tests).`;
}

function verdictText(comparison: DriftComparison): string {
  const { verdict, images, referenceImages, imagesNeeded, quantities, threshold } = comparison;
  const counted = `${images} answers against ${referenceImages} of the reference`;
  if (verdict === 'drift') {
    const names = quantities
      .filter(({ change }) => change === 'moderate' || change === 'large')
      .map(({ quantity }) => quantity.replaceAll('_', ' '));
    return `Drift: ${counted}; ${names.join(', ')}`;
  }
  if (verdict === 'no-drift') return `No drift: ${counted}`;
  if (images === 0) return 'Cannot tell yet: 0 answers of this version were counted';
  if (imagesNeeded === null) {
    return `Cannot tell: the reference of ${referenceImages} images is too small for a change of ${threshold}`;
  }
  const least = Math.max(FEWEST_IMAGES, imagesNeeded);
  return `Cannot tell yet: ${counted}; it takes ${least} to tell a change of ${threshold} from chance`;
}

function probability(p: number): string {
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) =>
          k === 0 || k === row.length - 1 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
