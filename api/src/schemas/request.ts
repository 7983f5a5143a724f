import { BODY_SITE_CODES, BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { DEFAULT_OPERATING_POINT, OPERATING_POINTS } from '@naevus/shared/answer/operating-point';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import { COVERAGES, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { NAMED_PRIORS, parsePrior } from '@naevus/shared/answer/prior';
import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import { TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { CLASS_COUNT, LABELS } from '@naevus/shared/taxonomy';
import * as z from 'zod';
import { REPORT_RULES, reportContext } from './fhir.ts';
import { LANGUAGES } from './languages.ts';
import { MAX_SIMILAR } from './similar.ts';

/** Images in one batch, unless the server's settings say less. */
export const MAX_BATCH = 32;

/** Photos of one lesion, unless the server's settings say less. */
export const MAX_PHOTOS = 8;

const image = z.string({ error: 'must be a string: base64 or a data: URL' }).meta({
  description:
    'An image file as base64, or as a data: URL with base64. `/model` says which formats are read.',
});

const NUMBER = '\\d+(\\.\\d+)?';
const decimal = z.string().regex(new RegExp(`^${NUMBER}$`));

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });

/** `training`, `uniform`, or seven numbers above 0 that sum to 1, in the order of the labels. */
const priorQuery = z
  .string()
  .regex(new RegExp(`^(${NAMED_PRIORS.join('|')}|${NUMBER}(,${NUMBER}){${CLASS_COUNT - 1}})$`))
  .refine((text) => parsePrior(text) !== undefined)
  .optional()
  .meta({
    description: `How common the scores take each class to be: ${NAMED_PRIORS.join(', ')}, or seven numbers above 0 that sum to 1, separated by commas, for ${LABELS.join(', ')}. Without it, the version's own.`,
  });

/** What every route that answers about images takes. */
const assessmentQuery = {
  prior: priorQuery,
  coverage: decimal
    .pipe(z.coerce.number<string>())
    .refine((value) => COVERAGES.includes(value))
    .default(DEFAULT_COVERAGE)
    .meta({ description: 'Coverage of the prediction set, 0.80 to 0.99 in steps of 0.01.' }),
  operating_point: z
    .enum(OPERATING_POINTS)
    .default(DEFAULT_OPERATING_POINT)
    .meta({ description: 'Where the malignant score is cut; `/model` says what each is worth.' }),
  strict: flag
    .default(false)
    .meta({ description: 'With `true`, an image that no answer should be given for is a 422.' }),
  language: z.enum(LANGUAGES).optional().meta({
    description:
      'Language of names, reasons, limits and disclaimer. Without it, what `Accept-Language` prefers. Labels and codes are the same in all.',
  }),
  similar: decimal.pipe(z.coerce.number<string>().int().min(1).max(MAX_SIMILAR)).optional().meta({
    description:
      'How many of the training lesions that look most like the image to answer with. Without it, none are searched for.',
  }),
};

/** What may be known of the patient. */
const patientQuery = {
  age: decimal
    .pipe(z.coerce.number<string>().min(0).max(MAX_AGE))
    .optional()
    .meta({ description: `Age of the patient in years, 0 to ${MAX_AGE}.` }),
  sex: z.enum(SEXES).optional().meta({ description: 'Sex of the patient.' }),
  site: z
    .enum([...BODY_SITE_NAMES, ...BODY_SITE_CODES])
    .optional()
    .meta({
      description: "Where the lesion is: one of HAM10000's names, or a SNOMED CT body-site code.",
    }),
};

/** Where else the patient may be read from. */
const patientSource = z.enum(['dicom']).optional().meta({
  description:
    'With `dicom`, age, sex and site are taken from the headers of the DICOM files, as far as they are not sent. Without it, those headers are not looked at.',
});

/** {@link patientQuery} alone. */
export const patientQuerySchema = z.object(patientQuery);

const assessmentQuerySchema = z.object({ ...assessmentQuery, ...patientQuery });

const tta = decimal.pipe(z.coerce.number<string>()).pipe(z.literal(TTA_CHOICES)).default(1).meta({
  description:
    'Test-time augmentation: how many views of the image (turned, and at two sizes) the scores and the heat map are averaged over. Takes that many times as long.',
});

const version = z.string().optional().meta({
  description: 'Version of the model, of those that are served. Without it, the current one.',
});

/** What may be asked of an answer about an image or a lesion, in whatever form it is answered. */
const answerQuery = {
  top_k: decimal
    .pipe(z.coerce.number<string>().int().min(1).max(CLASS_COUNT))
    .default(CLASS_COUNT)
    .meta({ description: 'How many predictions to answer with, the likeliest first.' }),
  tta,
  version,
  ...assessmentQuery,
  ...patientQuery,
};

/** {@link answerQuery}, for what is no HTTP. */
export const answerQuerySchema = z.object({ ...answerQuery, patient: patientSource });

/** What a job of many images may ask for: of each image alike, so nothing of a patient; its table has all classes. */
export const jobOptionsSchema = answerQuerySchema.omit({
  top_k: true,
  age: true,
  sex: true,
  site: true,
  patient: true,
});

/** Query of `POST /predict`. */
export const predictQuerySchema = z.object({
  ...answerQuery,
  patient: patientSource,
  heatmap: flag.default(false).meta({
    description:
      'With FHIR and `true`, the report presents the heat map of the highest score as PNG.',
  }),
  ...reportContext,
});

/** Query of `POST /gradcam`. */
export const gradcamQuerySchema = z.object({
  class: z
    .enum(LABELS)
    .optional()
    .meta({ description: 'The label to explain. Without it, the one with the highest score.' }),
  alpha: decimal
    .pipe(z.coerce.number<string>().min(0).max(1))
    .default(0.5)
    .meta({ description: 'Opacity of the overlay where the heat map is hottest.' }),
  method: z.enum(HEATMAP_METHODS).default('grad-cam').meta({
    description:
      'What the heat map is made by: Grad-CAM on a grid of 7 x 7, or the same on 14 x 14, which takes five times as long.',
  }),
  legend: flag.default(false).meta({
    description:
      'With `true`, the PNG has a colour bar below the image, with the class in words. JSON says the same in its members.',
  }),
  tta,
  version,
  ...assessmentQuery,
  ...patientQuery,
  patient: patientSource,
});

/** Query of `POST /lesion`. */
export const lesionQuerySchema = predictQuerySchema;

/** A member of a JSON body beside its images: as in the query, numbers, true and false as such as well. */
const bodyField = z
  .union([z.string(), z.number(), z.boolean()], {
    error: 'must be a string, a number, true or false',
  })
  .optional();

/** What a form or a JSON body may say beside its images, with the same names as the query. */
export const BODY_PARAMETERS = [
  ...new Set([...Object.keys(predictQuerySchema.shape), ...Object.keys(gradcamQuerySchema.shape)]),
];

/** A JSON body: `image` for one image, `images` for a batch, never both. */
export const imagesBodySchema = z
  .object({
    image: image.optional(),
    images: z
      .array(image, { error: 'must be an array of strings' })
      .min(1, 'must hold at least one image')
      .optional(),
    ...Object.fromEntries(BODY_PARAMETERS.map((name) => [name, bodyField])),
  })
  .refine((body) => (body.image === undefined) !== (body.images === undefined), {
    error: 'needs either "image" or "images", and not both',
  })
  .meta({
    id: 'ImagesBody',
    description:
      'One picture in `image`, or a batch in `images`; beside it the parameters of the query.',
  });

/** Query of `GET /model`. */
export const modelQuerySchema = z.object({ version });

/** Query of `GET /`. Unknown names are ignored. */
export const pageQuerySchema = z.object({ language: assessmentQuery.language });

/** What each query value must be, for the people who get it wrong. */
export const QUERY_RULES: Readonly<Record<string, string>> = {
  top_k: `must be a whole number from 1 to ${CLASS_COUNT}`,
  class: `must be one of ${LABELS.join(', ')}`,
  alpha: 'must be a number from 0 to 1, such as 0.5',
  method: `must be one of ${HEATMAP_METHODS.join(', ')}`,
  legend: 'must be true or false',
  tta: `must be one of ${TTA_CHOICES.join(', ')}`,
  prior: `must be ${NAMED_PRIORS.join(', ')}, or ${CLASS_COUNT} numbers above 0 that sum to 1, separated by commas, in the order ${LABELS.join(', ')}`,
  coverage: 'must be a number from 0.80 to 0.99 with at most two decimals',
  operating_point: `must be one of ${OPERATING_POINTS.join(', ')}`,
  strict: 'must be true or false',
  language: `must be one of ${LANGUAGES.join(', ')}`,
  similar: `must be a whole number from 1 to ${MAX_SIMILAR}`,
  age: `must be a number of years from 0 to ${MAX_AGE}`,
  sex: `must be ${SEXES.join(' or ')}`,
  patient: 'must be dicom',
  heatmap: 'must be true or false',
  ...REPORT_RULES,
  site: `must be one of ${BODY_SITE_NAMES.join(', ')}, or the SNOMED CT code of one (${BODY_SITE_CODES.join(', ')})`,
};

export type AssessmentQuery = z.infer<typeof assessmentQuerySchema>;
export type PatientQuery = z.infer<typeof patientQuerySchema>;
export type JobOptions = z.infer<typeof jobOptionsSchema>;
export type AnswerQuery = z.infer<typeof answerQuerySchema>;
export type PredictQuery = z.infer<typeof predictQuerySchema>;
export type GradcamQuery = z.infer<typeof gradcamQuerySchema>;
