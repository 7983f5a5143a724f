import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../schemas/languages.ts';
import { CATALOGUES } from './catalogues.ts';
import { classTexts } from './class-texts.ts';
import { caveatsIn, translateAnswer } from './translate-answer.ts';

const MODEL = { taxonomy: HAM10000, manifest: { training: { dataset: 'HAM10000' } } };

/** Every text of a catalogue by where it is; `translation` is only of those that are one. */
function texts(value: unknown, path = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[path, value]]);
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...texts(inner, `${path}/${key}`)]),
  );
}

const original = texts(CATALOGUES.en);
const others = LANGUAGES.filter((language) => language !== 'en');

describe.each(others)('the catalogue %s', (language) => {
  const translated = texts(CATALOGUES[language]);

  it('has every text of the original, and no other but that it is a translation', () => {
    expect([...translated.keys()].sort()).toEqual([...original.keys(), '/translation'].sort());
    for (const text of translated.values()) expect(text.trim()).toBe(text);
    expect([...translated.values()]).not.toContain('');
  });

  it('keeps the numbers and placeholders of each text', () => {
    for (const [path, text] of original) {
      const kept = (value: string) => (value.match(/\d+|\{\w+\}/g) ?? []).sort();
      expect([path, kept(translated.get(path)!)]).toEqual([path, kept(text)]);
    }
  });

  it('translates: no sentence is the original', () => {
    for (const [path, text] of original) {
      // Single words, such as a sign or a unit, may be the same.
      if (path.startsWith('/classes/') || text.split(' ').length < 4) continue;
      if (path.endsWith('/modelFacts')) continue;
      expect(translated.get(path)).not.toBe(text);
    }
  });
});

describe('translateAnswer', () => {
  const answer = {
    predictions: [
      {
        label: 'bcc' as const,
        name: 'Basal cell carcinoma',
        score: 1,
        risk: 'malignant' as const,
        codes: { icd10: ['C44'], icd11: null, snomed_ct: null },
      },
    ],
    other: 7,
  };

  it('changes names alone', () => {
    const [prediction] = translateAnswer(answer, 'de', HAM10000).predictions;
    expect(prediction).toEqual({ ...answer.predictions[0], name: 'Basalzellkarzinom' });
    expect(translateAnswer(answer, 'fr', HAM10000).other).toBe(7);
    expect(translateAnswer(answer, 'en', HAM10000)).toBe(answer);
  });

  it('says that a translation was not reviewed, and of the original nothing', () => {
    expect(caveatsIn('es', MODEL).translation).toContain('no fue revisada');
    expect(caveatsIn('en', MODEL)).not.toHaveProperty('translation');
  });
});

describe('classTexts', () => {
  const classes = HAM10000.classes.map((one) => ({
    ...one,
    risk: one.label === 'mel' ? ('malignant' as const) : ('benign' as const),
  }));
  const oneMalignant = { ...HAM10000, name: 'one-malignant', classes };

  it.each([
    ['en', 'The score of Melanoma reaches the threshold of the operating point.'],
    ['de', 'Der Wert für Melanom erreicht den Schwellenwert des Arbeitspunkts.'],
    ['fr', 'Le score de la classe Mélanome atteint le seuil du point de fonctionnement.'],
    ['es', 'La puntuación de Melanoma alcanza el umbral del punto de operación.'],
  ] as const)('speaks of one malignant class in the singular: %s', (language, text) => {
    expect(classTexts(oneMalignant, language).reasons['above-threshold']).toBe(text);
  });

  it('speaks of several together', () => {
    expect(classTexts(HAM10000, 'en').reasons['above-threshold']).toContain('together reach');
  });
});
