import { describe, expect, it } from 'vitest';
import { KNOWN_SOURCES } from '../../data/load/source-definition.ts';
import { answeredImages, labelled, UNIFORM } from './fixtures/answered-images.ts';
import { ownLesions } from './own-lesions.ts';
import { type SourceReport, sourceReport } from './source-report.ts';

const home = answeredImages('ham10000', labelled({ bcc: 30, mel: 40, nv: 150 }), { seed: 2 });
const away = answeredImages('milk10k', labelled({ bcc: 80, mel: 30, nv: 40 }), {
  seed: 3,
  sharpness: 1,
});
const third = answeredImages('acral', labelled({ mel: 40, nv: 40 }), { seed: 4, sharpness: 0.5 });
const images = [...home, ...away, ...third];
const own = new Set(images.slice(0, -10).map(({ imageId }) => imageId));
const input = {
  images,
  sources: KNOWN_SOURCES,
  home: 'ham10000',
  own,
  prior: UNIFORM,
  seed: 1,
  resamples: 200,
};

describe('sourceReport', () => {
  const report: SourceReport = sourceReport(input);

  it('measures home first, then the others, then these together', () => {
    expect(report.sources.map(({ name }) => name)).toEqual(['ham10000', 'acral', 'milk10k']);
    expect(report.sources.map(({ images }) => images)).toEqual([220, 70, 150]);
    expect(report.abroad!.images).toBe(220);
    expect(report.sources[1]!.title).toBe('Palms and soles');
  });

  it('tells the fall from home to abroad, with an interval', () => {
    const { value, interval } = report.fall!.figures.balancedAccuracyUniformPrior;
    const [there, abroad] = [report.sources[0]!, report.abroad!].map(
      ({ figures }) => figures.balancedAccuracyUniformPrior.value!,
    );
    expect(value).toBeCloseTo(there! - abroad!, 12);
    expect(interval.low).toBeGreaterThan(0);
    expect(interval.high).toBeGreaterThan(value!);
  });

  it('compares with the version before on the same resamples', () => {
    const same = sourceReport({ ...input, previous: { version: '0.5.0', images } });
    expect(same.previousVersion).toBe('0.5.0');
    for (const { previous } of same.sources) {
      for (const { value, interval } of Object.values(previous!.difference)) {
        if (value !== null) expect([value, interval.low, interval.high]).toEqual([0, 0, 0]);
      }
    }
    const worse = images.map((image, i) =>
      i % 2 === 0
        ? image
        : { ...image, answer: { ...image.answer, set: [], aboveThreshold: false } },
    );
    const better = sourceReport({ ...input, previous: { version: '0.5.0', images: worse } });
    const { coverage90 } = better.abroad!.previous!.difference;
    expect(coverage90.interval.low).toBeGreaterThan(0);
    expect(better.fall!.previous).not.toBeNull();
  });

  it('has no fall where there is one source', () => {
    const alone = sourceReport({ ...input, images: home });
    expect([alone.abroad, alone.fall]).toEqual([null, null]);
  });
});

describe('ownLesions', () => {
  it('leaves out lesions that are in several sources, by id or as the same skin', () => {
    const image = (imageId: string, lesionId: string | null, source: string) => ({
      imageId,
      lesionId,
      source,
    });
    const found = ownLesions(
      [
        image('a', 'L1', 'home'),
        image('b', 'L1', 'away'),
        image('c', 'L2', 'away'),
        image('d', null, 'away'),
        image('e', 'L3', 'away'),
        image('f', 'L3', 'away'),
        image('g', 'L4', 'home'),
        image('h', 'L5', 'away'),
        image('i', 'L6', 'away'),
      ],
      [
        ['e', 'g'],
        ['h', 'i'],
        ['h', 'not there'],
      ],
    );
    expect([...found]).toEqual(['c', 'd', 'h', 'i']);
  });
});
