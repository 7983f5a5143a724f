import {
  type CaseIndex,
  type IndexedCase,
  serializeCaseIndex,
} from '@naevus/shared/model/case-index';
import { packPictures } from '@naevus/shared/model/case-pictures';
import { createCaseSearch } from '@naevus/shared/model/find-similar-cases';
import { MAX_INDEX_BYTES, type SimilarCasesSpec } from '@naevus/shared/model/similar-cases-spec';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';
import type { Sample } from '../../data/load/dataset.ts';
import { classCount, labelIndex } from '../../taxonomy/current.ts';
import { SIMILAR_CASES_PATH, similarCasesPicturesPath } from '../../versions/artifact-layout.ts';
import { classifyAll } from '../classifiers/classify-images.ts';
import type { OnnxClassifier } from '../classifiers/onnx-classifier.ts';
import type { ScoredImage } from '../metrics/metrics-report.ts';
import { casePicture } from './case-picture.ts';
import { limitCases, oneImagePerLesion } from './choose-cases.ts';
import { pictureOrder } from './choose-pictured.ts';
import { confirmationOf } from './confirmation.ts';
import { projectCases } from './project-cases.ts';
import { type SimilarityReport, similarityReport } from './similarity-report.ts';

/** All pictures together: 6 MiB. */
export const MAX_PICTURE_BYTES = 6 << 20;

export interface SimilarCasesInput {
  readonly classifier: OnnxClassifier;
  /** Trained on: what is indexed. */
  readonly training: readonly Sample[];
  /** Not trained on: what is measured with. */
  readonly validation: readonly Sample[];
  /** Scores of the validation images, in their order. */
  readonly images: readonly ScoredImage[];
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  readonly prepare: PrepareImage;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  /** Whose the training images are, and what their licences allow. */
  readonly attribution: string;
  readonly seed: number;
  readonly maxIndexBytes?: number;
  readonly maxPictureBytes?: number;
  readonly log: (line: string) => void;
}

export interface BuiltSimilarCases {
  /** For the manifest. */
  readonly spec: SimilarCasesSpec;
  readonly report: SimilarityReport;
  /** The index and the pictures, by their paths in the version. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Builds the index of the training lesions that answers show beside an image, draws their pictures, and measures
 * what the search finds for the validation images.
 *
 * @throws Error when an image cannot be read
 */
export async function buildSimilarCases(input: SimilarCasesInput): Promise<BuiltSimilarCases> {
  const { classifier, training, validation, images, prepare, kernels, seed, log } = input;
  const featuresOf = (samples: readonly Sample[]) =>
    classifyAll(
      samples,
      prepare,
      async (rgb) => (await classifier.logitsAndFeatures(rgb)).features,
    );
  const lesions = oneImagePerLesion(training);
  log(`indexing the features of ${lesions.length} training lesions`);
  const features = await featuresOf(lesions);
  if (!(await tf.setBackend('wasm'))) throw new Error("tfjs's WebAssembly backend does not start");
  const indexed = fittingIndex(lesions, features, input.maxIndexBytes ?? MAX_INDEX_BYTES, seed);

  log('drawing their pictures');
  const labels = indexed.index.cases.map(({ label }) => label);
  const withoutPictures = createCaseSearch(indexed.index, kernels, classCount());
  const order = pictureOrder(labels, (position, count) =>
    withoutPictures(indexed.features[position]!, count + 1)
      .nearest.map((found) => found.position)
      .filter((found) => found !== position)
      .slice(0, count),
  );
  const pictures = await drawPictures(
    order,
    (position) => indexed.samples[position]!.path,
    input.maxPictureBytes ?? MAX_PICTURE_BYTES,
  );
  const index: CaseIndex = {
    ...indexed.index,
    cases: indexed.index.cases.map((one, position) => ({
      ...one,
      pictureBytes: pictures.get(position)?.length ?? 0,
    })),
  };
  const bytes = serializeCaseIndex(index);
  const files = new Map<string, Uint8Array>([[SIMILAR_CASES_PATH, bytes]]);
  const packed = packPictures(
    [...pictures].sort(([a], [b]) => a - b).map(([, picture]) => picture),
  );
  for (const [i, file] of packed.entries()) files.set(similarCasesPicturesPath(i), file);

  log(`searching for ${validation.length} validation images`);
  const validationFeatures = await featuresOf(validation);
  const report = similarityReport({
    images: images.map((image, i) => ({ ...image, features: validationFeatures[i]! })),
    index,
    search: createCaseSearch(index, kernels, classCount()),
    caseFeatures: indexed.features,
    indexBytes: bytes.length,
    split: 'validation',
    thresholds: input.thresholds,
    seed,
  });
  return { spec: specOf(report, features[0]!.length, packed.length, input), report, files };
}

interface FittingIndex {
  readonly index: CaseIndex;
  /** Of the cases, in the index's order. */
  readonly samples: readonly Sample[];
  readonly features: readonly Float32Array[];
}

/** Of all lesions where they fit into so many bytes, else of fewer. */
function fittingIndex(
  lesions: readonly Sample[],
  features: readonly Float32Array[],
  maxBytes: number,
  seed: number,
): FittingIndex {
  const featuresOf = new Map(lesions.map((sample, i) => [sample, features[i]!]));
  let samples = [...lesions];
  for (;;) {
    const vectors = samples.map((sample) => featuresOf.get(sample)!);
    const { projection, rows } = projectCases(vectors);
    const index = { projection, rows, cases: samples.map(caseOf) };
    const { length } = serializeCaseIndex(index);
    if (length <= maxBytes) return { index, samples, features: vectors };
    const fixed = 2 * projection.length;
    const most = Math.floor((samples.length * (maxBytes - fixed)) / (length - fixed)) - 1;
    if (most < 1) throw new RangeError(`an index of a single case has more than ${maxBytes} bytes`);
    samples = limitCases(samples, most, seed);
  }
}

function caseOf({ imageId, lesionId, label, metadata }: Sample): IndexedCase {
  return {
    imageId,
    lesionId,
    label: labelIndex(label),
    confirmedBy: confirmationOf(metadata),
    pictureBytes: 0,
  };
}

/** Pictures by their case's position, in the order given, for as long as there is room. */
async function drawPictures(
  order: readonly number[],
  pathOf: (position: number) => string,
  maxBytes: number,
): Promise<Map<number, Uint8Array>> {
  const pictures = new Map<number, Uint8Array>();
  let room = maxBytes;
  for (const position of order) {
    const picture = await casePicture(pathOf(position));
    if (picture.length > room) break;
    pictures.set(position, picture);
    room -= picture.length;
  }
  return pictures;
}

function specOf(
  { data, index, all, fullSearch }: SimilarityReport,
  features: number,
  pictureFiles: number,
  { attribution }: SimilarCasesInput,
): SimilarCasesSpec {
  return {
    path: SIMILAR_CASES_PATH,
    cases: index.cases,
    features,
    dimensions: index.dimensions,
    measured: {
      ...data,
      precisionAt1: all.precision[1].value!,
      precisionAt5: all.precision[5].value!,
      precisionAt16: all.precision[16].value!,
      fullSearchPrecisionAt5: fullSearch.precisionAt5,
      meanAveragePrecision: all.meanAveragePrecision!,
    },
    pictures:
      pictureFiles === 0
        ? null
        : {
            paths: Array.from({ length: pictureFiles }, (_, i) => similarCasesPicturesPath(i)),
            count: index.pictures,
            attribution,
          },
  };
}
