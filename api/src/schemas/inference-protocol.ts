import * as z from 'zod';

/**
 * The Open Inference Protocol, version 2, over HTTP
 * (https://github.com/kserve/open-inference-protocol, "HTTP/REST"), as far as it is served here.
 */

const parametersSchema = z
  .record(z.string(), z.unknown())
  .meta({ description: 'Strings, numbers and booleans by name.' });

const shapeSchema = z.array(z.int()).meta({ description: 'Sizes, the outermost first.' });

/** Answer of `GET /v2`. */
export const serverMetadataSchema = z
  .strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'InferenceServer' });

export const v2LiveSchema = z
  .strictObject({ live: z.literal(true) })
  .meta({ id: 'InferenceServerLive' });

export const v2ReadySchema = z
  .strictObject({ ready: z.literal(true) })
  .meta({ id: 'InferenceServerReady' });

export const modelReadySchema = z
  .strictObject({ name: z.string(), ready: z.literal(true) })
  .meta({ id: 'InferenceModelReady' });

export const tensorMetadataSchema = z
  .strictObject({
    name: z.string(),
    datatype: z.enum(['UINT8', 'BYTES', 'FP32', 'BOOL']),
    shape: shapeSchema.meta({ description: '-1 stands for any number of images.' }),
    parameters: parametersSchema.optional(),
  })
  .meta({ id: 'TensorMetadata' });

/** Answer of `GET /v2/models/NAME`. */
export const modelMetadataSchema = z
  .strictObject({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadataSchema),
    outputs: z.array(tensorMetadataSchema),
    parameters: parametersSchema,
  })
  .meta({ id: 'InferenceModel' });

const inputTensorSchema = z
  .object({
    name: z.string().meta({ examples: ['image'] }),
    datatype: z.string().meta({ examples: ['UINT8', 'BYTES'] }),
    shape: shapeSchema,
    parameters: parametersSchema.optional().meta({
      description: '`binary_data_size`: bytes of this tensor behind the JSON.',
    }),
    // Millions of numbers: the conversion to bytes checks them on the way.
    data: z.unknown().optional().meta({
      type: 'array',
      description:
        'UINT8: whole numbers from 0 to 255, flat or nested. BYTES: image files as base64.',
    }),
  })
  .meta({ id: 'InferInput' });

const requestedOutputSchema = z
  .object({
    name: z.string(),
    parameters: parametersSchema.optional().meta({
      description: '`binary_data`: true for this tensor behind the JSON, false for it inside.',
    }),
  })
  .meta({ id: 'InferRequestedOutput' });

/** Body of `POST /v2/models/NAME/infer` and `/explain`, or the JSON part of it. */
export const inferRequestSchema = z
  .object({
    id: z.string().optional().meta({ description: 'The answer carries it.' }),
    parameters: parametersSchema.optional().meta({
      description:
        '`binary_data_output`: true for all tensors behind the JSON. `class`: the label that ' +
        '`explain` explains, without it the one with the highest score. Numbers `tta`, `coverage`, ' +
        '`age`, texts `prior`, `operating_point`, `sex`, `site`, and `strict` as in the query of `/predict`. ' +
        'A name that is nearly one of these is refused; others are ignored.',
    }),
    inputs: z.array(inputTensorSchema).min(1),
    outputs: z.array(requestedOutputSchema).optional().meta({
      description: 'The tensors that are wanted; all without it.',
    }),
  })
  .meta({ id: 'InferRequest' });

const outputTensorSchema = z
  .strictObject({
    name: z.string(),
    datatype: z.enum(['FP32', 'BYTES', 'BOOL']),
    shape: shapeSchema,
    parameters: z.strictObject({ binary_data_size: z.int().nonnegative() }).optional(),
    data: z
      .array(z.union([z.number(), z.string(), z.boolean()]))
      .optional()
      .meta({ description: 'Flat, row by row. Absent where the tensor lies behind the JSON.' }),
  })
  .meta({ id: 'InferOutput' });

/** Of versions that assess their answers; lists have a value an image, with commas between. */
const assessmentParameters = {
  abstained: z.boolean().optional().meta({
    description:
      'True where the scores of an image of this request mean nothing; the output `abstained` says of which.',
  }),
  triage: z.string().optional().meta({ description: 'A word of each image.' }),
  flagged: z.boolean().optional().meta({
    description: 'True where a person should look at an image of this request.',
  }),
  malignant_score: z.string().optional().meta({ description: 'Of each image.' }),
  prediction_set: z.string().optional().meta({
    description: 'The labels that cannot be excluded, with spaces between, of each image.',
  }),
  reasons: z.string().optional().meta({
    description: 'Codes of the reasons, with spaces between, of each image.',
  }),
};

/** Answer of `infer` and `explain`, or the JSON part of it. */
export const inferResponseSchema = z
  .strictObject({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().meta({ description: "The request's, else the X-Request-Id." }),
    parameters: z.strictObject({
      labels: z
        .string()
        .meta({ description: 'Of the places, in their order; with commas between.' }),
      disclaimer: z.string(),
      ...assessmentParameters,
      crop: z.number().optional().meta({
        description:
          'Of image files: share of both sides that the network was shown and the maps cover, in the middle; absent where that is all.',
      }),
    }),
    outputs: z.array(outputTensorSchema),
  })
  .meta({ id: 'InferResponse' });

/** What every answer under /v2 with a status of 400 and above holds. */
export const v2ErrorSchema = z
  .strictObject({
    error: z.string().meta({ description: 'What was wrong with this request, and what to do.' }),
  })
  .meta({ id: 'InferenceError' });

export type ServerMetadata = z.infer<typeof serverMetadataSchema>;
export type ModelMetadata = z.infer<typeof modelMetadataSchema>;
export type TensorMetadata = z.infer<typeof tensorMetadataSchema>;
export type InputTensor = z.infer<typeof inputTensorSchema>;
export type InferRequest = z.infer<typeof inferRequestSchema>;
export type InferResponse = z.infer<typeof inferResponseSchema>;
export type OutputTensor = z.infer<typeof outputTensorSchema>;
export type V2Error = z.infer<typeof v2ErrorSchema>;
