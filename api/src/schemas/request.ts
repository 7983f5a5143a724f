import { BODY_SITE_CODES, BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import {
  defaultOperatingPoint,
  operatingPointNames,
  resolveOperatingPoint,
} from '@naevus/shared/answer/operating-point';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import { COVERAGES, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { NAMED_PRIORS, parsePrior } from '@naevus/shared/answer/prior';
import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import { TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { oncePer } from '@naevus/shared/once-per';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import * as z from 'zod';
import { REPORT_RULES, reportContext } from './fhir.ts';
import { LANGUAGES } from './languages.ts';
import { MAX_SIMILAR } from './similar.ts';
import { operatingPoint } from './taxonomy-parts.ts';

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

/** A named prior, or a number above 0 for each class, which sum to 1, in the order of the labels. */
function priorQuery(taxonomy: Taxonomy | undefined) {
  const numbers = taxonomy === undefined ? '+' : `{${taxonomy.classes.length - 1}}`;
  const count = taxonomy === undefined ? 'numbers' : `${taxonomy.classes.length} numbers`;
  const order =
    taxonomy === undefined ? 'the labels of the version' : labelsOf(taxonomy).join(', ');
  return z
    .string()
    .regex(new RegExp(`^(${NAMED_PRIORS.join('|')}|${NUMBER}(,${NUMBER})${numbers})$`))
    .refine((text) => taxonomy === undefined || parsePrior(text, labelsOf(taxonomy)) !== undefined)
    .optional()
    .meta({
      description: `How common the scores take each class to be: ${NAMED_PRIORS.join(', ')}, or ${count} above 0 that sum to 1, separated by commas, for ${order}. Without it, the version's own.`,
    });
}

/**
 * The name of an operating point, or another name that the version knows it by. Of classes without risk groups there
 * is none, as nothing is cut there.
 */
function operatingPointQuery(taxonomy: Taxonomy | undefined) {
  const name = operatingPoint(
    (text) => taxonomy === undefined || resolveOperatingPoint(taxonomy, text) !== undefined,
  );
  const usual = taxonomy && defaultOperatingPoint(taxonomy);
  return (usual === undefined ? name.optional() : name.default(usual)).meta({
    description: 'Where the malignant score is cut; `/model` says what each is worth.',
  }) as z.ZodType<string | undefined, string | undefined>;
}

const language = z.enum(LANGUAGES).optional().meta({
  description:
    'Language of names, reasons, limits and disclaimer. Without it, what `Accept-Language` prefers. Labels and codes are the same in all.',
});

/** What every route that answers about images takes. */
const assessmentQuery = (taxonomy: Taxonomy | undefined) => ({
  prior: priorQuery(taxonomy),
  coverage: decimal
    .pipe(z.coerce.number<string>())
    .refine((value) => COVERAGES.includes(value))
    .default(DEFAULT_COVERAGE)
    .meta({ description: 'Coverage of the prediction set, 0.80 to 0.99 in steps of 0.01.' }),
  operating_point: operatingPointQuery(taxonomy),
  strict: flag
    .default(false)
    .meta({ description: 'With `true`, an image that no answer should be given for is a 422.' }),
  language,
  similar: decimal.pipe(z.coerce.number<string>().int().min(1).max(MAX_SIMILAR)).optional().meta({
    description:
      'How many of the training lesions that look most like the image to answer with. Without it, none are searched for.',
  }),
});

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

const tta = decimal.pipe(z.coerce.number<string>()).pipe(z.literal(TTA_CHOICES)).default(1).meta({
  description:
    'Test-time augmentation: how many views of the image (turned, and at two sizes) the scores and the heat map are averaged over. Takes that many times as long.',
});

const version = z.string().optional().meta({
  description: 'Version of the model, of those that are served. Without it, the current one.',
});

/** How many predictions: all by default. */
function topK(taxonomy: Taxonomy | undefined) {
  const count = taxonomy?.classes.length;
  const atLeastOne = z.coerce.number<string>().int().min(1);
  const number = decimal.pipe(count === undefined ? atLeastOne : atLeastOne.max(count));
  return (count === undefined ? number.optional() : number.default(count)).meta({
    description: 'How many predictions to answer with, the likeliest first.',
  }) as z.ZodType<number, string | undefined>;
}

/** The label to explain. */
function classQuery(taxonomy: Taxonomy | undefined) {
  const label =
    taxonomy === undefined ? z.string() : z.enum(labelsOf(taxonomy) as [string, ...string[]]);
  return (label as z.ZodType<string, string>)
    .optional()
    .meta({ description: 'The label to explain. Without it, the one with the highest score.' });
}

/** What each query value must be, for the people who get it wrong. */
function rulesOf(taxonomy: Taxonomy | undefined): Readonly<Record<string, string>> {
  const count = taxonomy?.classes.length;
  const labels = taxonomy && labelsOf(taxonomy).join(', ');
  const points = taxonomy && operatingPointNames(taxonomy);
  return {
    top_k:
      count === undefined
        ? 'must be a whole number from 1'
        : `must be a whole number from 1 to ${count}`,
    class: `must be one of ${labels ?? 'the labels of the version'}`,
    alpha: 'must be a number from 0 to 1, such as 0.5',
    method: `must be one of ${HEATMAP_METHODS.join(', ')}`,
    legend: 'must be true or false',
    tta: `must be one of ${TTA_CHOICES.join(', ')}`,
    prior: `must be ${NAMED_PRIORS.join(', ')}, or ${count === undefined ? '' : `${count} `}numbers above 0 that sum to 1, separated by commas, in the order ${labels ?? 'of the labels of the version'}`,
    coverage: 'must be a number from 0.80 to 0.99 with at most two decimals',
    operating_point:
      points?.length === 0
        ? 'must be left out: the classes of this version have no risk groups, so no score is cut'
        : `must be one of ${points?.join(', ') ?? 'those of the version'}`,
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
}

function createSchemas(taxonomy: Taxonomy | undefined) {
  const assessment = assessmentQuery(taxonomy);
  const answer = z.object({
    top_k: topK(taxonomy),
    tta,
    version,
    ...assessment,
    ...patientQuery,
    patient: patientSource,
  });
  const predict = z.object({
    ...answer.shape,
    heatmap: flag.default(false).meta({
      description:
        'With FHIR and `true`, the report presents the heat map of the highest score as PNG.',
    }),
    ...reportContext,
  });
  return {
    /** What may be asked of an answer about an image or a lesion, for what is no HTTP. */
    answer,
    /**
     * What a job of many images may ask for: of each image alike, so nothing of a patient; its table has all
     * classes.
     */
    job: answer.omit({ top_k: true, age: true, sex: true, site: true, patient: true }),
    /** Query of `POST /predict`. */
    predict,
    /** Query of `POST /lesion`. */
    lesion: predict,
    /** Query of `POST /gradcam`. */
    gradcam: z.object({
      class: classQuery(taxonomy),
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
      ...assessment,
      ...patientQuery,
      patient: patientSource,
    }),
    /** What each value must be, for the people who get it wrong. */
    rules: rulesOf(taxonomy),
  };
}

/** What requests may ask of a version. */
export type RequestSchemas = ReturnType<typeof createSchemas>;

/** The queries that a version with these classes takes, made once for each taxonomy. */
export const requestSchemas = oncePer((taxonomy: Taxonomy) => createSchemas(taxonomy));

/** The same for whatever version: a value that one of them takes is taken here. */
export const ANY_REQUEST_SCHEMAS = createSchemas(undefined);

/** A member of a JSON body beside its images: as in the query, numbers, true and false as such as well. */
const bodyField = z
  .union([z.string(), z.number(), z.boolean()], {
    error: 'must be a string, a number, true or false',
  })
  .optional();

/** What a form or a JSON body may say beside its images, with the same names as the query. */
export const BODY_PARAMETERS = [
  ...new Set([
    ...Object.keys(ANY_REQUEST_SCHEMAS.predict.shape),
    ...Object.keys(ANY_REQUEST_SCHEMAS.gradcam.shape),
  ]),
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
export const pageQuerySchema = z.object({ language });

export type AnswerQuery = z.infer<RequestSchemas['answer']>;
export type PatientQuery = z.infer<typeof patientQuerySchema>;
export type AssessmentQuery = PatientQuery &
  Pick<AnswerQuery, keyof ReturnType<typeof assessmentQuery>>;
export type JobOptions = z.infer<RequestSchemas['job']>;
export type PredictQuery = z.infer<RequestSchemas['predict']>;
export type GradcamQuery = z.infer<RequestSchemas['gradcam']>;
