import * as z from 'zod';
import { LABELS } from '../taxonomy.ts';
import { predictResponseSchema } from './prediction.ts';

export const heatmapSchema = z
  .strictObject({
    grid: z.array(z.array(z.number().min(0).max(1))).meta({
      description: 'Rows from the top, each from the left: after ReLU, divided by `max`.',
    }),
    max: z.number().nonnegative().meta({
      description: 'Largest activation before the division; 0 where nothing speaks for the class.',
    }),
    geometry: z.literal('squash').meta({
      description: 'The grid covers the whole picture, stretched to its sides.',
    }),
  })
  .meta({ id: 'Heatmap' });

/** Answer of `POST /gradcam` as JSON. */
export const gradcamResponseSchema = z
  .strictObject({
    ...predictResponseSchema.shape,
    class: z.enum(LABELS).meta({ description: 'The label that the heat map explains.' }),
    heatmap: heatmapSchema,
    overlay: z.string().startsWith('data:image/png;base64,').meta({
      description: "The picture with the heat map over it, small, at the picture's aspect.",
    }),
  })
  .meta({ id: 'GradcamResponse' });

export type Heatmap = z.infer<typeof heatmapSchema>;
export type GradcamResponse = z.infer<typeof gradcamResponseSchema>;
