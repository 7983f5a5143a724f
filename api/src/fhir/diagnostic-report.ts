import { BODY_SITES, type BodySiteName } from '@naevus/shared/answer/body-site';
import type { Taxonomy, TaxonomyClass } from '@naevus/shared/taxonomy/taxonomy';
import type {
  Assessment,
  InDistribution,
  PredictionSet,
  QualityAnswer,
} from '../schemas/assessment.ts';
import type { ReportContext } from '../schemas/fhir.ts';
import type { Codes, ModelReference, Prediction } from '../schemas/prediction.ts';
import type {
  CodeableConcept,
  Coding,
  Device,
  DiagnosticReport,
  Observation,
  Quantity,
} from './resources.ts';

/** An image as a report describes it. */
export interface ReportedImage {
  readonly quality?: QualityAnswer | undefined;
  readonly in_distribution?: InDistribution | undefined;
}

/** What a report is made of: the answer of `/predict` or `/lesion`. */
export interface Reported {
  readonly id: string;
  readonly model: ModelReference;
  /** Of the version that answered. */
  readonly taxonomy: Taxonomy;
  /** What the malignant score is called. */
  readonly malignantScoreName: string;
  readonly predictions: readonly Prediction[];
  readonly assessment?: Assessment | undefined;
  readonly prediction_set?: PredictionSet | undefined;
  /** Names of what of the patient was used. */
  readonly patientUsed: readonly string[];
  /** In the order sent, those that could be read. */
  readonly images: readonly ReportedImage[];
  readonly limits: string;
  readonly disclaimer: string;
}

/** Heat maps to present, as PNG in base64. */
export interface PresentedHeatmap {
  readonly title: string;
  readonly data: string;
}

const DEVICE = '#device';
const CODES = 'urn:naevus:observation';
const CLASSES = 'urn:naevus:class';

/** The label "asserted by artificial intelligence" (HL7 v3 ObservationValue). */
const AI_ASSERTED: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'AIAST',
  display: 'Artificial Intelligence asserted',
};

/**
 * A FHIR R4 `DiagnosticReport`, preliminary and labelled as asserted by a machine, with all that it rests on
 * contained in it, so that it can be stored by itself. Where an answer is abstained from, probabilities and
 * malignant score are absent: a record would keep them long after the warning is forgotten.
 *
 * @param site what the caller said of the patient, for where no `bodySite` is given
 * @param issued when it was made, ISO 8601 with its zone
 */
export function diagnosticReport(
  answer: Reported,
  context: ReportContext & { readonly site?: BodySiteName | undefined },
  issued: string,
  heatmaps: readonly PresentedHeatmap[] = [],
): DiagnosticReport {
  const { subject, encounter, basedOn } = context;
  const bodySite = bodySiteOf(context);
  const common = {
    ...(subject && { subject: { reference: subject } }),
    ...(encounter && { encounter: { reference: encounter } }),
  };
  const observations = observationsOf(answer).map(
    ({ id, code, ...value }): Observation => ({
      resourceType: 'Observation',
      id,
      status: 'preliminary',
      code,
      ...common,
      ...(bodySite && { bodySite }),
      device: { reference: DEVICE },
      ...value,
    }),
  );
  const conclusion = conclusionOf(answer);
  return {
    resourceType: 'DiagnosticReport',
    meta: { security: [AI_ASSERTED] },
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${escapeXml(conclusion)}</p></div>`,
    },
    contained: [deviceOf(answer), ...observations],
    identifier: [{ system: 'urn:naevus:request', value: answer.id }],
    ...(basedOn && { basedOn: [{ reference: basedOn }] }),
    status: 'preliminary',
    code: {
      coding: [
        {
          system: 'urn:naevus:report',
          code: 'skin-lesion-classification',
          display: 'Automatic classification of a skin lesion',
        },
      ],
      text: 'Automatic classification of dermatoscopic images of a skin lesion, for research and education',
    },
    ...common,
    issued,
    result: observations.map(({ id }) => ({ reference: `#${id}` })),
    conclusion,
    ...(heatmaps.length > 0 && {
      presentedForm: heatmaps.map(({ title, data }) => ({
        contentType: 'image/png' as const,
        title,
        data,
      })),
    }),
  };
}

function deviceOf({ model, disclaimer }: Reported): Device {
  return {
    resourceType: 'Device',
    id: DEVICE.slice(1),
    identifier: [{ system: 'urn:naevus:manifest:sha256', value: model.sha256 }],
    deviceName: [{ name: model.name, type: 'model-name' }],
    type: { text: 'Software that classifies images of skin lesions; not a medical device' },
    version: [{ value: model.version }],
    note: [{ text: disclaimer }],
  };
}

type Observed = Omit<
  Observation,
  'resourceType' | 'status' | 'subject' | 'encounter' | 'bodySite' | 'device'
>;

function observationsOf(answer: Reported): Observed[] {
  const { predictions, assessment, prediction_set: set, images } = answer;
  const abstained = assessment?.abstained ?? false;
  const measured = (value: number) =>
    abstained ? { dataAbsentReason: ABSENT } : { valueQuantity: share(value) };
  const list: Observed[] = predictions.map(({ label, name, score, codes }) => ({
    id: `class-${label}`,
    code: {
      coding: [
        { system: CLASSES, code: label, display: name },
        ...standardCodings(codes, answer.taxonomy),
      ],
      text: `Probability of ${name}`,
    },
    ...measured(score),
  }));
  if (assessment) {
    const reasons = assessment.reasons.map(({ text }) => text).join(' ');
    const note = reasons && { note: [{ text: reasons }] };
    const { malignant_score, threshold, operating_point, triage } = assessment;
    if (malignant_score !== null && threshold !== null) {
      list.push({
        id: 'malignant-score',
        code: own('malignant-score', answer.malignantScoreName),
        ...measured(malignant_score),
        referenceRange: [
          {
            high: share(threshold),
            text: `Below the threshold of the operating point ${operating_point}`,
          },
        ],
      });
    }
    if (triage !== null) {
      list.push({
        id: 'triage',
        code: own('triage', 'Triage word, for research on triage'),
        valueCodeableConcept: {
          coding: [{ system: 'urn:naevus:triage', code: triage }],
          text: triage,
        },
        ...note,
      });
    }
    list.push({
      id: 'abstained',
      code: own('abstained', 'No answer should be given for the image or images'),
      valueBoolean: abstained,
      // Where there is a word, they are said of it.
      ...(triage === null && note),
    });
  }
  if (set) {
    list.push({
      id: 'prediction-set',
      code: own(
        'prediction-set',
        `Classes that cannot be excluded at a coverage of ${set.coverage}`,
      ),
      component: answer.taxonomy.classes.map((one) => ({
        code: classConcept(one),
        ...(abstained
          ? { dataAbsentReason: ABSENT }
          : { valueBoolean: set.labels.includes(one.label) }),
      })),
    });
  }
  for (const [i, image] of images.entries()) list.push(...imageObservations(image, i + 1));
  return list;
}

function imageObservations(
  { quality, in_distribution: distribution }: ReportedImage,
  n: number,
): Observed[] {
  if (!quality || !distribution) return [];
  return [
    {
      id: `quality-${n}`,
      code: own('quality', `Quality of image ${n} is within its limits`),
      valueBoolean: quality.passed,
      component: quality.checks.map(({ check, value, min, max }) => ({
        code: own(`quality-${check.replaceAll('_', '-')}`, check.replaceAll('_', ' ')),
        valueQuantity: share(value),
        ...((min !== undefined || max !== undefined) && {
          referenceRange: [
            {
              ...(min !== undefined && { low: share(min) }),
              ...(max !== undefined && { high: share(max) }),
            },
          ],
        }),
      })),
    },
    {
      id: `in-distribution-${n}`,
      code: own('in-distribution', `Image ${n} looks like those that the model was trained on`),
      valueBoolean: distribution.passed,
      component: [
        {
          code: own('distance', 'Distance from the training images'),
          valueQuantity: share(distribution.distance),
          referenceRange: [{ high: share(distribution.threshold) }],
        },
      ],
    },
  ];
}

const ABSENT: CodeableConcept = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
      code: 'unsupported',
      display: 'Unsupported',
    },
  ],
  text: 'The answer is abstained from: scores of such an image should not be used',
};

function own(code: string, display: string): CodeableConcept {
  return { coding: [{ system: CODES, code, display }], text: display };
}

function classConcept({ label, name: { en: name } }: TaxonomyClass): CodeableConcept {
  return { coding: [{ system: CLASSES, code: label, display: name }], text: name };
}

/** What FHIR calls the code systems, where a taxonomy does not name them. */
const ICD10 = 'http://hl7.org/fhir/sid/icd-10';
const ICD11 = 'http://id.who.int/icd/release/11/mms';
const SNOMED_CT = 'http://snomed.info/sct';

/** A code of a system is given where it alone is the class: two codings would say that both hold. */
function standardCodings(
  { icd10, icd11, snomed_ct }: Codes,
  { codeSystems = {} }: Taxonomy,
): Coding[] {
  const systems = [
    [codeSystems.icd10?.uri ?? ICD10, icd10],
    [codeSystems.icd11?.uri ?? ICD11, icd11],
    [codeSystems.snomedCt?.uri ?? SNOMED_CT, snomed_ct],
  ] as const;
  return systems.flatMap(([system, codes]) =>
    codes?.length === 1 ? [{ system, code: codes[0]! }] : [],
  );
}

/** A number without a unit, in UCUM. */
function share(value: number): Quantity {
  return { value, unit: '1', system: 'http://unitsofmeasure.org', code: '1' };
}

const SNOMED_CODE = /^\d{6,18}$/;

function bodySiteOf({
  bodySite,
  site,
}: ReportContext & { readonly site?: BodySiteName | undefined }): CodeableConcept | undefined {
  const system = SNOMED_CT;
  if (bodySite !== undefined) {
    return SNOMED_CODE.test(bodySite)
      ? { coding: [{ system, code: bodySite }] }
      : { text: bodySite };
  }
  if (site === undefined) return undefined;
  return { coding: [{ system, code: BODY_SITES[site].snomedCt[0] }], text: site };
}

function conclusionOf({
  assessment,
  predictions,
  patientUsed,
  limits,
  disclaimer,
}: Reported): string {
  const sentences: string[] = [];
  if (assessment?.abstained) sentences.push('No answer should be given.');
  else {
    const [top] = predictions;
    sentences.push(
      `The highest score is that of ${top!.name}: ${(100 * top!.score).toFixed(1)} %.`,
    );
  }
  if (assessment) {
    if (assessment.triage !== null) sentences.push(`Triage: ${assessment.triage}.`);
    sentences.push(...assessment.reasons.map(({ text }) => text));
  }
  if (patientUsed.length > 0)
    sentences.push(`With what is known of the patient: ${patientUsed.join(', ')}.`);
  return [...sentences, limits, disclaimer].join(' ');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
