import { createRandom } from '@naevus/shared/statistics/random';
import type { Architecture } from '../../network/architecture.ts';
import { type Parameters, parameterSpecs, randomParameters } from '../../network/parameters.ts';

/** A network whose weights are random from the classifier down to a part of it. */
export interface RandomisedNetwork {
  /** The lowest part that is random: `classifier`, `head`, `blocks.6` ... `blocks.0`, `stem`. */
  readonly downTo: string;
  readonly parameters: Parameters;
}

/**
 * Cascading randomisation (Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3): part by part
 * from the classifier down, weights are replaced by start values, batch-norm statistics as well.
 */
export function* cascadingRandomisation(
  parameters: Parameters,
  architecture: Architecture,
  seed: number,
): Generator<RandomisedNetwork> {
  const fresh = randomParameters(architecture, createRandom(seed));
  const partOf = (block: string) => block.split('.').slice(0, 2).join('.');
  const specs = parameterSpecs(architecture).toReversed();
  const current: Parameters = new Map(parameters);
  for (const downTo of new Set(specs.map(({ block }) => partOf(block)))) {
    for (const { name, block } of specs) {
      if (partOf(block) === downTo) current.set(name, fresh.get(name)!);
    }
    yield { downTo, parameters: new Map(current) };
  }
}
