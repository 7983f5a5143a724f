/** How an image may have been taken, or that it shows no skin. The first is what the network was trained on. */
export const IMAGE_KINDS = ['dermoscopic', 'close-up', 'phone', 'no-skin'] as const;

export type ImageKind = (typeof IMAGE_KINDS)[number];
