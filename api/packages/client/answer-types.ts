import { HAM10000_LABELS } from '@naevus/shared/taxonomy/ham10000-label';
import * as z from 'zod';
import { reportContextSchema } from '../../src/schemas/fhir.ts';
import { gradcamResponseSchema } from '../../src/schemas/gradcam.ts';
import { readySchema } from '../../src/schemas/health.ts';
import { lesionResponseSchema } from '../../src/schemas/lesion.ts';
import { modelResponseSchema } from '../../src/schemas/model.ts';
import { batchResponseSchema, predictResponseSchema } from '../../src/schemas/prediction.ts';
import { PROBLEMS, type ProblemKind, problemSchema } from '../../src/schemas/problem.ts';
import { ANY_REQUEST_SCHEMAS, patientQuerySchema } from '../../src/schemas/request.ts';
import { printTypes } from './print-types.ts';

const kinds = Object.keys(PROBLEMS) as [ProblemKind, ...ProblemKind[]];

/** What the client's declarations name, by the names that its sources give them. */
const NAMED: Record<string, z.ZodType> = {
  Ham10000Label: z.enum(HAM10000_LABELS),
  ProblemKind: z.enum(kinds),
  PatientQuery: patientQuerySchema,
  PredictQuery: ANY_REQUEST_SCHEMAS.predict,
  GradcamQuery: ANY_REQUEST_SCHEMAS.gradcam,
  ReportContext: reportContextSchema,
  ModelResponse: modelResponseSchema,
};

/** These have their name as their id. */
const ANSWERS: readonly z.ZodType[] = [
  problemSchema,
  predictResponseSchema,
  batchResponseSchema,
  gradcamResponseSchema,
  lesionResponseSchema,
  readySchema,
];

/** Declarations of what the server answers and takes, without a schema library. */
export function answerTypes(): string {
  const names = z.globalRegistry;
  for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { ...schema.meta(), id });
  const { schemas } = z.toJSONSchema(names, { uri: (id) => id, io: 'output' });
  const roots = [...Object.keys(NAMED), ...ANSWERS.map((schema) => schema.meta()!.id!)];
  return printTypes(reachable(schemas, roots));
}

/** The schemas that some are made of, and these. */
function reachable(schemas: Readonly<Record<string, object>>, roots: readonly string[]) {
  const found = new Set(roots);
  for (const name of found) {
    for (const [, used] of JSON.stringify(schemas[name]).matchAll(/"\$ref":"(\w+)"/g))
      found.add(used!);
  }
  return Object.fromEntries([...found].map((name) => [name, schemas[name]!]));
}
