/** How an image may have been taken, or that it shows no skin. The first is what the network was trained on. */
export const IMAGE_KINDS = ['dermoscopic', 'close-up', 'phone', 'no-skin'] as const;

export type ImageKind = (typeof IMAGE_KINDS)[number];

/**
 * What a model regresses on: the features, or their square roots with their signs, in either case scaled to length 1.
 * Roots weigh the many faint features against the few strong ones (Arandjelović, Zisserman 2012, "Three things
 * everyone should know to improve object retrieval").
 */
export const MODALITY_METHODS = ['logistic-regression', 'root-logistic-regression'] as const;

export type ModalityMethod = (typeof MODALITY_METHODS)[number];
