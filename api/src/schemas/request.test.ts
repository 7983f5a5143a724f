import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { describe, expect, it } from 'vitest';
import { imagesBodySchema, requestSchemas } from './request.ts';

const { predict: predictQuerySchema, gradcam: gradcamQuerySchema } = requestSchemas(HAM10000);

/** What every query has where it says nothing of it. */
const DEFAULTS = {
  coverage: 0.9,
  operating_point: 'melanoma-sensitivity-95',
  strict: false,
  tta: 1,
};
const HEATMAP_DEFAULTS = { ...DEFAULTS, alpha: 0.5, method: 'grad-cam', legend: false };

describe('predictQuerySchema', () => {
  it('gives all seven without top_k', () => {
    expect(predictQuerySchema.parse({})).toEqual({ ...DEFAULTS, heatmap: false, top_k: 7 });
  });

  it.each(['1', '3', '7'])('takes top_k=%s', (top_k) => {
    expect(predictQuerySchema.parse({ top_k, unknown: 'ignored' })).toEqual({
      ...DEFAULTS,
      heatmap: false,
      top_k: Number(top_k),
    });
  });

  it.each(['0', '8', '-1', '1.5', '', ' 1', '0x3', '1e0', 'NaN', 'three', '9'.repeat(400)])(
    'refuses top_k=%j',
    (top_k) => {
      expect(predictQuerySchema.safeParse({ top_k }).success).toBe(false);
    },
  );
});

describe('gradcamQuerySchema', () => {
  it('has an opacity of a half and no class by default', () => {
    expect(gradcamQuerySchema.parse({})).toEqual(HEATMAP_DEFAULTS);
  });

  it.each([
    ['0', 0],
    ['0.25', 0.25],
    ['1', 1],
  ])('takes alpha=%s', (alpha, value) => {
    expect(gradcamQuerySchema.parse({ alpha })).toEqual({ ...HEATMAP_DEFAULTS, alpha: value });
  });

  it('takes a method and a legend', () => {
    const asked = { method: 'dense-grad-cam', legend: 'true' };
    expect(gradcamQuerySchema.parse(asked)).toEqual({
      ...HEATMAP_DEFAULTS,
      method: 'dense-grad-cam',
      legend: true,
    });
  });

  it.each([
    { alpha: '' },
    { alpha: '1.01' },
    { alpha: '-0' },
    { alpha: 'Infinity' },
    { class: 'MEL' },
    { method: 'hirescam' },
    { legend: '1' },
    { class: '' },
  ])('refuses %j', (query) => {
    expect(gradcamQuerySchema.safeParse(query).success).toBe(false);
  });
});

describe('what both take', () => {
  it.each([
    [{ coverage: '0.8' }, { coverage: 0.8 }],
    [{ coverage: '0.95' }, { coverage: 0.95 }],
    [{ coverage: '0.990' }, { coverage: 0.99 }],
    [{ operating_point: 'specificity-90' }, { operating_point: 'specificity-90' }],
    [{ strict: 'true' }, { strict: true }],
    [{ strict: 'false' }, { strict: false }],
    [{ tta: '4' }, { tta: 4 }],
    [{ tta: '8' }, { tta: 8 }],
    [{ prior: 'uniform' }, { prior: 'uniform' }],
    [{ prior: '0.1,0.1,0.1,0.1,0.2,0.3,0.1' }, { prior: '0.1,0.1,0.1,0.1,0.2,0.3,0.1' }],
  ])('takes %j', (query, parsed) => {
    expect(predictQuerySchema.parse(query)).toMatchObject(parsed);
    expect(gradcamQuerySchema.parse(query)).toMatchObject(parsed);
  });

  it.each([
    { coverage: '0.79' },
    { coverage: '1' },
    { coverage: '0.905' },
    { coverage: '90%' },
    { operating_point: '0.5' },
    { strict: 'yes' },
    { strict: 'TRUE' },
    { prior: 'europe' },
    { prior: '0.5,0.5' },
    { prior: '0.2,0.2,0.2,0.2,0.2,0.2,0.2' },
    { prior: '1e-1,0.1,0.1,0.1,0.2,0.3,0.1' },
  ])('refuses %j', (query) => {
    expect(predictQuerySchema.safeParse(query).success).toBe(false);
  });
});

describe('imagesBodySchema', () => {
  it('takes one image or a batch', () => {
    expect(imagesBodySchema.parse({ image: 'AA==', note: 'dropped' })).toEqual({ image: 'AA==' });
    expect(imagesBodySchema.parse({ images: ['AA=='] })).toEqual({ images: ['AA=='] });
  });

  it.each([
    {},
    { image: 'AA==', images: ['AA=='] },
    { images: [] },
    { images: 'AA==' },
    { images: ['AA==', 1] },
    { image: null },
    [],
    'AA==',
    null,
  ])('refuses %j', (body) => {
    expect(imagesBodySchema.safeParse(body).success).toBe(false);
  });
});
