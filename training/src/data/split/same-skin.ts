import sameSkin from '../../../sources/same-skin.json' with { type: 'json' };

/** Two image ids. */
export type ImagePair = readonly [string, string];

/**
 * Images of the public data sets that show the same skin under different lesion ids, photographed or cut out once
 * more: {@link findDuplicates} finds the same photograph only. How they were found is in the file.
 */
export const SAME_SKIN: readonly ImagePair[] = sameSkin.pairs as unknown as ImagePair[];
