import { expect, it } from 'vitest';
import { HAM10000 } from './ham10000.ts';
import { labelHint } from './label-hint.ts';

it.each([
  ['Melanoma', 'mel'],
  ['melanocytic nevi', 'nv'],
  ['Melanocytic Naevus', 'nv'],
  ['Basal-cell carcinoma', 'bcc'],
  ["Bowen's disease", 'akiec'],
  ['Actinic keratoses', 'akiec'],
  ['Benign keratosis-like lesions', 'bkl'],
  ['seborrheic keratosis', 'bkl'],
  ['Dermatofibroma', 'df'],
  ['Vascular lesions', 'vasc'],
  ['[NV]', 'nv'],
  ['squamous cell carcinoma', undefined],
  ['not melanoma', undefined],
  ['', undefined],
])('%j may mean %j', (diagnosis, label) => {
  expect(labelHint(diagnosis, HAM10000)).toBe(label);
});
