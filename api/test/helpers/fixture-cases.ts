import { type IndexedCase, serializeCaseIndex } from '@naevus/shared/model/case-index';
import { packPictures } from '@naevus/shared/model/case-pictures';
import type { Manifest } from '@naevus/shared/model/manifest';
import { type Label, labelIndex } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';

const DIMENSIONS = 16;
const INDEX_PATH = 'similar-cases.bin';
const PICTURES_PATH = 'similar-cases/pictures-00.bin';

/** A WebP picture of one grey pixel. */
export const CASE_PICTURE = Buffer.from(
  'UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAUAmJaQAA3AA/twQAAA=',
  'base64',
);

interface FixtureCase extends Pick<IndexedCase, 'imageId' | 'lesionId' | 'confirmedBy'> {
  readonly label: Label;
  /** Red, green and blue, -127 to 127: the features of the fixture's network. */
  readonly colour: readonly [number, number, number];
  readonly pictured: boolean;
}

/** Reds are melanomas, greens naevi, blues vascular lesions; sorted by image id. */
export const FIXTURE_CASES: readonly FixtureCase[] = [
  {
    imageId: 'ISIC_0000001',
    lesionId: 'L1',
    label: 'mel',
    confirmedBy: 'histology',
    colour: [120, 16, 10],
    pictured: true,
  },
  {
    imageId: 'ISIC_0000002',
    lesionId: 'L2',
    label: 'mel',
    confirmedBy: 'confocal',
    colour: [110, 60, 40],
    pictured: true,
  },
  {
    imageId: 'ISIC_0000003',
    lesionId: null,
    label: 'nv',
    confirmedBy: 'follow_up',
    colour: [60, 110, 20],
    pictured: true,
  },
  {
    imageId: 'ISIC_0000004',
    lesionId: 'L4',
    label: 'nv',
    confirmedBy: 'consensus',
    colour: [0, 120, 0],
    pictured: false,
  },
  {
    imageId: 'own #5',
    lesionId: 'L5',
    label: 'vasc',
    confirmedBy: 'unknown',
    colour: [10, 16, 120],
    pictured: true,
  },
];

/** The files of the index, and what the manifest says of it. */
export function fixtureCases(): {
  readonly spec: NonNullable<Manifest['similarCases']>;
  readonly files: Readonly<Record<string, Buffer>>;
} {
  const projection = new Float32Array(3 * DIMENSIONS);
  for (let i = 0; i < 3; i++) projection[3 * i + i] = 1;
  const rows = new Int8Array(DIMENSIONS * FIXTURE_CASES.length);
  for (const [i, { colour }] of FIXTURE_CASES.entries()) rows.set(colour, DIMENSIONS * i);
  const cases = FIXTURE_CASES.map(({ label, pictured, colour: _, ...rest }) => ({
    ...rest,
    label: labelIndex(label),
    pictureBytes: pictured ? CASE_PICTURE.length : 0,
  }));
  const pictures = FIXTURE_CASES.filter(({ pictured }) => pictured).map(() => CASE_PICTURE);
  return {
    files: {
      [INDEX_PATH]: Buffer.from(serializeCaseIndex({ projection, rows, cases })),
      [PICTURES_PATH]: Buffer.from(packPictures(pictures)[0]!),
    },
    spec: {
      path: INDEX_PATH,
      cases: cases.length,
      features: 3,
      dimensions: DIMENSIONS,
      measured: {
        split: 'by hand',
        images: 10,
        lesions: 10,
        precisionAt1: 0.9,
        precisionAt5: 0.8,
        precisionAt16: 0.7,
        fullSearchPrecisionAt5: 0.8,
        meanAveragePrecision: 0.6,
      },
      pictures: {
        paths: [PICTURES_PATH],
        count: pictures.length,
        attribution: 'Drawn by hand for tests.',
      },
    },
  };
}
