import { oncePer } from '@naevus/shared/once-per';
import type * as z from 'zod';
import type { RequestSchemas } from '../../schemas/request.ts';

/**
 * The parameters of a request that say how its images are answered, with the type of JSON that each has. Of those of
 * `/predict` these lack the version, which the path names, and what a tensor has no room for.
 */
export const ANSWER_PARAMETERS = {
  tta: 'number',
  prior: 'string',
  coverage: 'number',
  operating_point: 'string',
  strict: 'boolean',
  age: 'number',
  sex: 'string',
  site: 'string',
} as const;

/** The schema of the parameters, made once for each taxonomy. */
export const parameterQuerySchema = oncePer(({ answer }: RequestSchemas) =>
  answer.pick({
    tta: true,
    prior: true,
    coverage: true,
    operating_point: true,
    strict: true,
    age: true,
    sex: true,
    site: true,
  }),
);

export type ParameterQuery = z.infer<ReturnType<typeof parameterQuerySchema>>;
