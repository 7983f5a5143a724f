import type { LogitLoss } from './logit-loss.ts';

/**
 * How far a student's softened probabilities are from its teacher's: T² · KL(q ‖ p), q = softmax(teacher / T),
 * p = softmax(student / T); the T² keeps the gradients of one size whatever T is (Hinton, Vinyals, Dean 2015,
 * section 2).
 *
 * @param logits of the student and
 * @param teacher of the teacher, both [N, classes] row-major
 * @param temperature T, above 0
 * @returns the mean over the rows, 0 where both agree, and its gradient with regard to the student's logits
 * @throws Error when the two are not of one size, or not whole rows
 */
export function distillationLoss(
  logits: Float32Array,
  teacher: Float32Array,
  { classes, temperature }: { readonly classes: number; readonly temperature: number },
): LogitLoss {
  if (logits.length !== teacher.length || logits.length % classes !== 0) {
    throw new Error(
      `${logits.length} logits and ${teacher.length} of a teacher are not rows of ${classes}`,
    );
  }
  const rows = logits.length / classes;
  const gradient = new Float32Array(logits.length);
  let total = 0;
  for (let start = 0; start < logits.length; start += classes) {
    const student = logSoftmax(logits.subarray(start, start + classes), temperature);
    const taught = logSoftmax(teacher.subarray(start, start + classes), temperature);
    for (let k = 0; k < classes; k++) {
      const q = Math.exp(taught[k]!);
      total += q * (taught[k]! - student[k]!);
      gradient[start + k] = (temperature * (Math.exp(student[k]!) - q)) / rows;
    }
  }
  return { value: (temperature ** 2 * total) / rows, gradient };
}

function logSoftmax(logits: Float32Array, temperature: number): Float64Array {
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  const top = Math.max(...scaled);
  const logSum = Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return scaled.map((logit) => logit - top - logSum);
}
