/** Rows may miss 1 by this much: float32 softmax and rounded CSV columns do, logits and percentages do not. */
const SUM_TOLERANCE = 1e-3;

/**
 * Checks what every metric takes for granted, and returns the number of classes.
 *
 * @param truth class indices, one a sample.
 * @param probabilities one row a sample, one column a class, each row summing to 1.
 * @param predicted class indices, one a sample.
 * @throws RangeError that names the first row at fault.
 */
export function checkLabelledProbabilities(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
  predicted?: readonly number[],
): number {
  if (truth.length === 0) throw new RangeError('no samples to score');
  if (truth.length !== probabilities.length) {
    throw new RangeError(`${truth.length} true classes but ${probabilities.length} rows of scores`);
  }
  if (predicted !== undefined && predicted.length !== truth.length) {
    throw new RangeError(`${truth.length} true classes but ${predicted.length} predicted ones`);
  }
  const classes = probabilities[0]!.length;
  if (classes < 2) throw new RangeError(`at least two classes are needed, not ${classes}`);
  const checkClass = (index: number, what: string, row: number): void => {
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new RangeError(`row ${row}: ${what} class ${index} is not in 0 .. ${classes - 1}`);
    }
  };
  for (const [row, scores] of probabilities.entries()) {
    checkClass(truth[row]!, 'true', row);
    if (predicted !== undefined) checkClass(predicted[row]!, 'predicted', row);
    if (scores.length !== classes) {
      throw new RangeError(`row ${row}: ${scores.length} scores where row 0 has ${classes}`);
    }
    let sum = 0;
    for (const score of scores) {
      if (!(score >= 0 && score <= 1)) {
        throw new RangeError(`row ${row}: ${score} is not a probability`);
      }
      sum += score;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      throw new RangeError(`row ${row}: the scores sum to ${sum}, not to 1`);
    }
  }
  return classes;
}

/** Class of the largest score; of equal ones the first, as numpy's argmax. */
export function topClass(scores: readonly number[]): number {
  let top = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[top]!) top = i;
  return top;
}
