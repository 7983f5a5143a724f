import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { Catalogue } from './catalogue.ts';
import { pageEn } from './page/en.ts';

/** The original that the other catalogues translate. */
export const en: Catalogue = {
  reasons: {
    'far-above-threshold':
      'The scores of {suspicious} together reach a level that 9 of 10 benign lesions stay below.',
    'above-threshold':
      'The scores of {suspicious} together reach the threshold of the operating point.',
    'below-threshold':
      'The scores of {suspicious} together stay below the threshold of the operating point. This does not rule out disease.',
    'raised-by-patient':
      'What is known of the patient raises the scores of {suspicious} together to a more urgent level. It never lowers it.',
    'unseen-not-excluded':
      'The score of {next} is high enough that {unseen}, which is none of the classes of this version, cannot be excluded.',
    'critical-not-excluded':
      'A class that must not be missed ({critical}) is in the prediction set: it cannot be excluded at the coverage asked for.',
    'no-typical-class':
      'The image is unusual for each of the classes: the prediction set holds the class with the highest score alone, although it fits badly.',
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
  },
  reasonsOfOne: {
    'far-above-threshold':
      'The score of {suspicious} reaches a level that 9 of 10 benign lesions stay below.',
    'above-threshold': 'The score of {suspicious} reaches the threshold of the operating point.',
    'below-threshold':
      'The score of {suspicious} stays below the threshold of the operating point. This does not rule out disease.',
    'raised-by-patient':
      'What is known of the patient raises the score of {suspicious} to a more urgent level. It never lowers it.',
  },
  limits:
    'Trained on the images of {dataset} alone. Images of another kind are outside of what it was trained on: a score for one means nothing, however high or low.',
  disclaimer: DISCLAIMER,
  translation: undefined,
  page: pageEn,
};
