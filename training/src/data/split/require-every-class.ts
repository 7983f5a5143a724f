import { labels } from '../../taxonomy/current.ts';
import type { Split } from './split-schema.ts';

/**
 * Checks, before anything is decoded, that each class has images to train on.
 *
 * @param smoteNeighbours where SMOTE is to draw images of rare classes: how many neighbours it takes
 * @param warn told of classes that nothing can be measured on
 * @throws Error that names the classes and says what to do
 */
export function requireEveryClass(
  { counts }: Pick<Split, 'counts'>,
  smoteNeighbours: number | undefined,
  warn: (line: string) => void,
): void {
  const lacking = (least: number) => labels().filter((label) => (counts.train[label] ?? 0) < least);
  const none = lacking(1);
  if (none.length > 0) {
    throw new Error(
      `no training images of ${none.join(', ')}: a network that has never seen a class cannot be calibrated or exported with it. Add images of it, from another collection with a further --data and --source, or another split (--seed)`,
    );
  }
  if (smoteNeighbours !== undefined) {
    const most = Math.max(...labels().map((label) => counts.train[label] ?? 0));
    const few = lacking(Math.min(smoteNeighbours + 1, most));
    if (few.length > 0) {
      throw new Error(
        `SMOTE with ${smoteNeighbours} neighbours needs ${smoteNeighbours + 1} training images of each class, and there are fewer of ${few.join(', ')}: lower smoteNeighbours, or take another sampler`,
      );
    }
  }
  const unmeasured = unmeasuredClasses({ counts });
  if (unmeasured.length > 0) {
    warn(
      `no validation images of ${unmeasured.join(', ')}: how well they are told cannot be measured, and export will refuse the run. Add images of other lesions, or take another --seed`,
    );
  }
}

/**
 * Checks, before anything is computed, that each class can be measured.
 *
 * @throws Error that names the classes without validation images, and says what to do
 */
export function requireMeasuredClasses(split: Pick<Split, 'counts'>): void {
  const unmeasured = unmeasuredClasses(split);
  if (unmeasured.length === 0) return;
  throw new Error(
    `no validation images of ${unmeasured.join(', ')}: a version whose figures of a class are not known is not exported. Add images of other lesions, and train again`,
  );
}

function unmeasuredClasses({ counts }: Pick<Split, 'counts'>): string[] {
  return labels().filter((label) => (counts.validation[label] ?? 0) === 0);
}
