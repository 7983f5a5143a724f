import type { QualityMeasure } from '@naevus/shared/image/image-quality';

/** Why an assessment is what it is: code and sentence. The list is fixed; answers use no other words. */
export const REASONS = {
  'far-above-threshold':
    'The scores of melanoma, basal cell carcinoma and actinic keratosis together reach a level that 9 of 10 benign lesions stay below.',
  'above-threshold':
    'The scores of melanoma, basal cell carcinoma and actinic keratosis together reach the threshold of the operating point.',
  'below-threshold':
    'The scores of melanoma, basal cell carcinoma and actinic keratosis together stay below the threshold of the operating point. This does not rule out disease.',
  'raised-by-patient':
    'What is known of the patient raises the scores of melanoma, basal cell carcinoma and actinic keratosis together to a more urgent level. It never lowers it.',
  'squamous-not-excluded':
    'The score of actinic keratosis and intraepithelial carcinoma is high enough that squamous cell carcinoma, which is none of the seven classes, cannot be excluded.',
  'melanoma-not-excluded':
    'Melanoma is in the prediction set: it cannot be excluded at the coverage asked for.',
  'no-typical-class':
    'The image is unusual for each of the seven classes: the prediction set holds the class with the highest score alone, although it fits badly.',
  'photo-more-urgent':
    'One of the photos by itself gets a more urgent word than all of them together.',
  'photos-left-out':
    'Not every photo was counted: some are of poor quality, out of distribution, or could not be read.',
  'not-dermoscopic':
    'The image was not taken through a dermatoscope; its scores mean nothing for such an image. Take it through one.',
  'out-of-distribution':
    'The image does not look like the dermatoscopic images that the model was trained on; its scores mean nothing for such an image.',
  'too-elongated':
    'The image is more than 2.5 times as long as wide, and the model would see it squeezed to a square. Crop it to the lesion and the skin around it.',
  'not-sharp':
    'The image is less sharp than nearly all images that the model was tested on. Focus and take it again.',
  'too-dark': 'The image is darker than nearly all images that the model was tested on.',
  'too-bright': 'The image is brighter than nearly all images that the model was tested on.',
  'over-or-underexposed': 'Large parts of the image are pure black or white.',
  'no-lesion-visible': 'No lesion stands out from the skin around it.',
  'lesion-too-small': 'The lesion is too small in the image. Take it from nearer.',
  'lesion-too-large': 'The lesion fills the image; its border cannot be seen.',
  'hair-or-ruler': 'Hair or the marks of a ruler cover much of the image.',
  'unusual-colours':
    'The colours are not those of skin: the image is grey, tinted or inverted, or its colour channels are exchanged. Send it in its original colours.',
} as const;

export type ReasonCode = keyof typeof REASONS;

/** What it means when a measure of quality is below its least value, or above its greatest. */
export const QUALITY_REASONS: Readonly<
  Record<QualityMeasure, { readonly low: ReasonCode; readonly high: ReasonCode }>
> = {
  sharpness: { low: 'not-sharp', high: 'not-sharp' },
  brightness: { low: 'too-dark', high: 'too-bright' },
  clipped: { low: 'over-or-underexposed', high: 'over-or-underexposed' },
  lesion_contrast: { low: 'no-lesion-visible', high: 'no-lesion-visible' },
  lesion_area: { low: 'lesion-too-small', high: 'lesion-too-large' },
  hair: { low: 'hair-or-ruler', high: 'hair-or-ruler' },
  colour: { low: 'unusual-colours', high: 'unusual-colours' },
};

/** The reasons that an answer abstains for. */
export const ABSTENTION_REASONS: readonly ReasonCode[] = [
  'not-dermoscopic',
  'out-of-distribution',
  'too-elongated',
  ...Object.values(QUALITY_REASONS).flatMap(({ low, high }) => [low, high]),
];
