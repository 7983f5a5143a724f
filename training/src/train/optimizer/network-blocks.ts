import type { ParameterSpec } from '../../network/parameters.ts';

/** @returns whether a block is frozen, by the last one that is: 'none', 'stem' or 'blocks.N'. */
export function frozenBlocks(
  blocks: readonly string[],
  through: string,
): (block: string) => boolean {
  if (through === 'none') return () => false;
  // 'blocks.2' freezes 'blocks.2.0', 'blocks.2.1' and all before them.
  const last = blocks.findLastIndex(
    (block) => block === through || block.startsWith(`${through}.`),
  );
  return (block) => blocks.indexOf(block) <= last;
}

/**
 * Factor of each parameter's learning rate: one for the classifier, and from the network's last block back to
 * its first one a power of the decay (discriminative fine-tuning, Howard and Ruder 2018, section 3.2).
 */
export function blockLearningRates(
  blocks: readonly string[],
  { layerDecay, headLearningRateFactor }: { layerDecay: number; headLearningRateFactor: number },
): (spec: ParameterSpec) => number {
  return (spec) =>
    spec.block === 'classifier'
      ? headLearningRateFactor
      : layerDecay ** (blocks.length - 2 - blocks.indexOf(spec.block));
}
