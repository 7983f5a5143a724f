import * as z from 'zod';
import { assessmentSpecSchema } from '../answer/assessment-spec.ts';
import { criticalFigures } from '../answer/critical-figures.ts';
import { lesionSpecSchema } from '../answer/lesion-spec.ts';
import { patientSpecSchema } from '../answer/patient-spec.ts';
import { PREPROCESSING } from '../image/preprocessing-spec.ts';
import { taxonomyOf } from '../taxonomy/taxonomy-of.ts';
import { taxonomySchema } from '../taxonomy/taxonomy-schema.ts';
import { similarCasesSpecSchema } from './similar-cases-spec.ts';
import { versionSchema } from './version.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');
const score = z.number().min(0).max(1);

/**
 * Raised when the format changes so that an older loader would misread it.
 * 2: `preprocessing.crop`, without which the network would be shown other pictures than it was measured on.
 */
export const MANIFEST_SCHEMA_VERSION = 2;

const READABLE_SCHEMA_VERSIONS = [1, MANIFEST_SCHEMA_VERSION] as const;

/** A network that is shown less than half of each side would miss lesions. */
export const LEAST_CROP = 0.5;

/** Share of both sides that the network is shown, in the middle of the picture; 1: the whole picture. */
export const cropSchema = z.number().min(LEAST_CROP).max(1);

export const artifactFileSchema = z.strictObject({
  /** Relative to the version's folder, forward slashes, no `..`. */
  path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'a relative path inside the artifact'),
  bytes: z.number().int().nonnegative(),
  sha256,
});

/**
 * How an engine wants its input tensor. The pixel values are always RGB 0 to 255:
 * scaling, mean and deviation are inside the graph.
 */
const engineInputSchema = z.strictObject({
  name: z.literal('image'),
  layout: z.enum(['NCHW', 'NHWC']),
  type: z.literal('float32'),
  shape: z.tuple([z.null(), z.number().int(), z.number().int(), z.number().int()]),
  range: z.tuple([z.literal(0), z.literal(255)]),
});

const engineSchema = z.strictObject({
  path: z.string(),
  input: engineInputSchema,
  /** Output names in the engine's graph. `logits` is [N, class]; `cam` is [N, class, y, x], before ReLU. */
  outputs: z.strictObject({
    logits: z.string(),
    cam: z.string(),
    /** [N, feature]: what the classifier sees. Versions before 0.3.0 lack it. */
    features: z.string().optional(),
  }),
  weights: z.enum(['float16', 'float32']),
});

const manifestMembers = z.strictObject({
  schemaVersion: z.literal(READABLE_SCHEMA_VERSIONS),
  name: z.string().min(1),
  version: versionSchema,
  createdAt: z.iso.datetime(),
  architecture: z.string().min(1),
  /** In the order of every output vector. */
  labels: z.array(z.string()).min(2),
  /** What the labels are. Versions before 1.0.0 lack it: their labels are HAM10000's. */
  taxonomy: taxonomySchema.optional(),
  preprocessing: z.strictObject({
    ...(Object.fromEntries(Object.entries(PREPROCESSING).map(([k, v]) => [k, z.literal(v)])) as {
      [K in keyof typeof PREPROCESSING]: z.ZodLiteral<(typeof PREPROCESSING)[K]>;
    }),
    /** Versions before 1.0.0 do not name it. */
    crop: cropSchema.default(1),
  }),
  engines: z.strictObject({ onnx: engineSchema, tfjs: engineSchema }),
  /** Largest disagreement of the engines that the export measured. */
  parity: z.strictObject({
    images: z.number().int().positive(),
    maxAbsProbabilityDifference: score,
    topClassAgreement: score,
  }),
  calibration: z.strictObject({
    method: z.enum(['none', 'temperature', 'vector']),
    /** Logits are divided by it before the softmax. 1 where the method is none. */
    temperature: z.number().positive(),
    /** Factors of the logits after the temperature, one a label; 1 where there are none. */
    logitScale: z.array(z.number()).optional(),
    /** Added to the logits (after the temperature and the factors) before the softmax, one a label. */
    logitBias: z.array(z.number()),
    /**
     * Expected calibration error of the scores on the validation split, 15 equal-width bins; cross-fitted
     * over lesions where the calibration was fitted on that split.
     */
    ece: score,
  }),
  /** The class distribution that the scores assume. */
  prior: z.strictObject({
    name: z.enum(['training', 'uniform']),
    probabilities: z.record(z.string(), score),
  }),
  /** Decision thresholds measured on the validation split; empty until there are any. */
  thresholds: z.record(z.string(), score),
  /** What an answer is compared with before it is trusted; versions before 0.3.0 lack it. */
  assessment: assessmentSpecSchema.optional(),
  /** How photos of one lesion make one answer; versions before 0.6.0 lack it. */
  lesions: lesionSpecSchema.optional(),
  /** What age, sex and site change; versions before 0.6.0 lack it. */
  patient: patientSpecSchema.optional(),
  /** Training lesions that an answer can show beside the image; versions up to 0.5.0 lack them. */
  similarCases: similarCasesSpecSchema.optional(),
  training: z.strictObject({
    dataset: z.string(),
    dataSha256: sha256,
    configSha256: sha256,
    codeCommit: z.string().regex(/^([0-9a-f]{40}(-dirty)?|unknown)$/),
    seed: z.number().int(),
    initialWeights: z.string(),
    trainImages: z.number().int().positive(),
    validationImages: z.number().int().positive(),
    method: z.string(),
  }),
  /** Headline metrics on the validation split; the whole report is in `reports/metrics.json`. */
  metrics: z.strictObject({
    split: z.string(),
    accuracy: score,
    balancedAccuracy: score,
    macroF1: score,
    macroAuc: score,
    logLoss: z.number().nonnegative(),
    ...criticalFigures(score),
  }),
  /** Why it may be served: it was compared with another version, or with minimum figures. Absent where no gate was asked. */
  gate: z
    .strictObject({
      verdict: z.enum(['passed', 'overridden']),
      /** null: a first model. */
      comparedWith: versionSchema.nullable(),
      /** Why it may be served although the gate refused it. */
      overrideReason: z.string().min(1).optional(),
    })
    .optional(),
  /** Where the images are from, the home source first: the scores follow its class distribution. Versions before 1.0.0 lack it. */
  sources: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        title: z.string().min(1),
        licence: z.string().min(1),
        attribution: z.string().min(1),
        description: z.string().min(1),
        trainImages: z.number().int().nonnegative(),
        validationImages: z.number().int().nonnegative(),
      }),
    )
    .optional(),
  licence: z.strictObject({ weights: z.string(), code: z.string(), attribution: z.string() }),
  intendedUse: z.string(),
  /** Every file of the version but this one and its signatures. */
  files: z.array(artifactFileSchema).min(1),
});

/** `model-artifacts/<version>/manifest.json`. */
export const manifestSchema = manifestMembers.superRefine((manifest, context) => {
  for (const { path, message } of classFaults(manifest)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

interface ClassFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What does not fit the classes of the version. */
function classFaults(manifest: z.infer<typeof manifestMembers>): ClassFault[] {
  try {
    taxonomyOf(manifest);
  } catch (error) {
    return [{ path: ['labels'], message: `do not fit: ${(error as Error).message}` }];
  }
  const { labels, calibration, prior, assessment, lesions, patient } = manifest;
  const effects = [patient?.age, patient?.sex, patient?.site].map((one) => {
    if (!one?.used) return [];
    return Array.isArray(one.logFactors) ? one.logFactors : Object.values(one.logFactors);
  });
  const lists: readonly (readonly [string, readonly (readonly unknown[])[] | undefined])[] = [
    ['calibration.logitScale', calibration.logitScale && [calibration.logitScale]],
    ['calibration.logitBias', [calibration.logitBias]],
    ['assessment.conformal.quantiles.lac', assessment?.conformal.quantiles.lac],
    ['assessment.conformal.quantiles.raps', assessment?.conformal.quantiles.raps],
    ['lesions.severalPhotos.quantiles', lesions?.severalPhotos.quantiles],
    ['patient', effects.flat()],
  ];
  const wrongLists = lists.flatMap(([path, rows = []]): ClassFault[] =>
    rows.every((row) => row.length === labels.length)
      ? []
      : [
          {
            path: path.split('.'),
            message: `must have ${labels.length} numbers a row, one a label`,
          },
        ],
  );
  const named = Object.keys(prior.probabilities);
  const samePrior = named.length === labels.length && labels.every((one) => named.includes(one));
  const message = `must have the members ${labels.join(', ')} and no others`;
  return samePrior ? wrongLists : [...wrongLists, { path: ['prior', 'probabilities'], message }];
}

export type Manifest = z.infer<typeof manifestSchema>;
export type ArtifactFile = z.infer<typeof artifactFileSchema>;

/** `model-artifacts/current.json`: the version served by default. */
export const currentSchema = z.strictObject({ version: versionSchema });
