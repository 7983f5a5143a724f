import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import * as z from 'zod';
import { predictResponseSchema } from './prediction.ts';
import { label } from './taxonomy-parts.ts';

export const heatmapSchema = z
  .strictObject({
    grid: z.array(z.array(z.number().min(0).max(1))).meta({
      description:
        'Rows from the top, each from the left: after ReLU, divided by `max`. 7 of 7, or 14 of 14 by `dense-grad-cam`.',
    }),
    max: z.number().nonnegative().meta({
      description: 'Largest activation before the division; 0 where nothing speaks for the class.',
    }),
    share: z.number().min(0).max(1).meta({
      description:
        'How much of the map speaks for the class, and not against it: the sum of what is above 0 before the ReLU, divided by the sum of all without their signs. 0 where nothing does.',
    }),
    method: z.enum(HEATMAP_METHODS).meta({ description: 'What the map was made by.' }),
    geometry: z.enum(['squash', 'centre-crop']).meta({
      description:
        '`squash`: the grid covers the whole picture, stretched to its sides. `centre-crop`: it covers the middle of it, `crop` of each side.',
    }),
    crop: z.number().gt(0).max(1).optional().meta({
      description:
        'Share of both sides that the grid covers, in the middle of the picture. With `centre-crop` alone.',
    }),
  })
  .meta({ id: 'Heatmap' });

/** Answer of `POST /gradcam` as JSON. */
export const gradcamResponseSchema = z
  .strictObject({
    ...predictResponseSchema.shape,
    class: label('The label that the heat map explains.'),
    heatmap: heatmapSchema,
    overlay: z.string().startsWith('data:image/png;base64,').meta({
      description: "The picture with the heat map over it, small, at the picture's aspect.",
    }),
  })
  .meta({ id: 'GradcamResponse' });

export type Heatmap = z.infer<typeof heatmapSchema>;
export type GradcamResponse = z.infer<typeof gradcamResponseSchema>;
