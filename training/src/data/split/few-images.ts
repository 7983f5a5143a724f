import { operatingPoints } from '@naevus/shared/answer/operating-point';
import { labels, taxonomy } from '../../taxonomy/current.ts';
import type { Split } from './split-schema.ts';

/** With fewer training images a class is learned by heart. */
const FEW_TRAINING = 20;
/** With fewer training images in all, the network hardly moves from its start. */
const FEW_IN_ALL = 500;
/** What export fits (calibration, sets, operating points) needs as many lesions of the home source. */
const FEWEST_LESIONS = 200;

/**
 * Which figures and thresholds so few images of a class, or in all, do not allow: told before training starts.
 *
 * @returns a line each; none where there are enough
 */
export function fewImagesWarnings({ counts }: Pick<Split, 'counts'>): string[] {
  const few = (side: 'train' | 'validation', below: number, among: readonly string[] = labels()) =>
    among.flatMap((label) => {
      const count = counts[side][label] ?? 0;
      return count > 0 && count < below ? [`${label} (${count})`] : [];
    });
  const all = (side: 'train' | 'validation') =>
    labels().reduce((sum, label) => sum + (counts[side][label] ?? 0), 0);
  const lines: string[] = [];
  const scarce = few('train', FEW_TRAINING);
  if (scarce.length > 0) {
    lines.push(`few training images of ${scarce.join(', ')}: expect little of these classes`);
  }
  if (all('train') < FEW_IN_ALL) {
    lines.push(
      `${all('train')} training images are few: this tries the way out, and the figures say little of any other images`,
    );
  }
  if (all('validation') < FEWEST_LESIONS) {
    lines.push(
      `${all('validation')} validation images are fewer than ${FEWEST_LESIONS} lesions: export fits no calibration, prediction sets, operating points or limits of quality, so answers have scores alone`,
    );
    return lines;
  }
  const uncovered = few('validation', fewestFor(0.9));
  if (uncovered.length > 0) {
    lines.push(
      `few validation images of ${uncovered.join(', ')}: no prediction set at 90 % excludes these classes, and an interval of their figures says next to nothing`,
    );
  }
  for (const { name, groups, share } of operatingPoints(taxonomy())) {
    const short = groups.filter((group) => {
      const images = group.reduce((sum, k) => sum + (counts.validation[labels()[k]!] ?? 0), 0);
      return images < fewestFor(share);
    });
    if (short.length > 0) {
      const classes = short.flat().map((k) => labels()[k]!);
      lines.push(
        `no operating point ${name}: it needs ${fewestFor(share)} validation images of ${classes.join(', ')}, so its threshold will flag ${name.startsWith('specificity') ? 'nothing' : 'everything'}`,
      );
    }
  }
  return lines;
}

/** Images that a quantile of this share needs: ⌈(n + 1) · share⌉ ≤ n. */
function fewestFor(share: number): number {
  return Math.ceil(share / (1 - share) - 1e-9);
}
