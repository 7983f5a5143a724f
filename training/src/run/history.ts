import { z } from 'zod';

/** `history.json` as the reports need it: one record an epoch, in order. */
export const historySchema = z.array(
  z.looseObject({
    phase: z.string(),
    epoch: z.number().int().positive(),
    /** Mean training loss. */
    loss: z.number(),
    validation: z.record(z.string(), z.unknown()).optional(),
  }),
);

export type History = z.infer<typeof historySchema>;
