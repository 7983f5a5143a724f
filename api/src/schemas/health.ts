import * as z from 'zod';

export const liveSchema = z.strictObject({ status: z.literal('live') }).meta({ id: 'Live' });

export const readySchema = z
  .strictObject({
    status: z.literal('ready'),
    model: z.strictObject({ name: z.string(), version: z.string() }),
    warnings: z
      .array(z.string())
      .optional()
      .meta({ description: 'What the operator should see to; absent where there is nothing.' }),
  })
  .meta({ id: 'Ready' });

export type Ready = z.infer<typeof readySchema>;
