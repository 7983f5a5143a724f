import { composedOperations } from './composed-operations.ts';
import type { CompoundOperations } from './compound-operations.ts';
import { fusedOperations } from './fused-operations.ts';
import { loadFusedKernels } from './tensorflow.ts';

let chosen: CompoundOperations | undefined;

/** The fused ones where `npm run setup:training` could compile them, else the same out of TensorFlow's operations. */
export function compoundOperations(): CompoundOperations {
  chosen ??= loadFusedKernels() ? fusedOperations : composedOperations;
  return chosen;
}
