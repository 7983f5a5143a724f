import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Classifier } from './ports.ts';

/** @throws Error when the network gives no numbers for a grey image */
export async function selfTest(classify: Classifier): Promise<void> {
  const grey = new Uint8Array(INPUT_SIZE * INPUT_SIZE * INPUT_CHANNELS).fill(128);
  const { logits, cam } = await classify(grey);
  if ([...logits, ...cam].every(Number.isFinite)) return;
  throw new Error('the self-test failed: the network gives values that are not finite');
}
