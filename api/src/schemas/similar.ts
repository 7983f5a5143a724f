import { CONFIRMATIONS } from '@naevus/shared/model/similar-cases-spec';
import * as z from 'zod';
import { label } from './taxonomy-parts.ts';

/** Most similar cases that an answer names. */
export const MAX_SIMILAR = 10;

export const similarCaseSchema = z
  .strictObject({
    image_id: z.string().meta({ description: 'Of the training image that the case is shown by.' }),
    lesion_id: z.string().nullable().meta({ description: 'null where the data do not say.' }),
    label: label('Its diagnosis.'),
    confirmed_by: z
      .enum(CONFIRMATIONS)
      .meta({ description: 'How the diagnosis was confirmed, as the data have it.' }),
    similarity: z.number().min(-1).max(1).meta({
      description:
        'Cosine of the angle between the features of both images, 1 where they are the same. It compares looks, as the network sees them: it is not the probability of the same diagnosis.',
    }),
    url: z.string().nullable().meta({
      description:
        'Page of the image in the ISIC archive, to open by a person; null where its id is not of the archive.',
    }),
    thumbnail: z.string().nullable().meta({
      description:
        'A small WebP picture on this server, relative to the address that was asked; null where there is none.',
    }),
  })
  .meta({ id: 'SimilarCase', description: 'A lesion that the model was trained on.' });

/** What an answer has more where `similar` was asked for. */
export const similarMembers = {
  similar: z.array(similarCaseSchema).max(MAX_SIMILAR).optional().meta({
    description:
      'With `similar`: the training lesions that look most like the image to the network, the most similar first; one image of each lesion.',
  }),
  similar_by_class: z.record(label(), similarCaseSchema).optional().meta({
    description:
      'With `similar`: the most similar case of each class of the prediction set; of every class where the version has no sets.',
  }),
};

export type SimilarCaseAnswer = z.infer<typeof similarCaseSchema>;
