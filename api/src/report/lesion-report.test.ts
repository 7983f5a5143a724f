import { inflateSync } from 'node:zlib';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../answers/assess.ts';
import { rankedPredictions } from '../answers/prediction-answer.ts';
import type { ReportContent } from '../answers/report-content.ts';
import { CATALOGUES } from '../language/catalogues.ts';
import { HAM10000_TEXTS } from '../language/ham10000.ts';
import { LANGUAGES, type Language } from '../schemas/languages.ts';
import type { LesionPhoto } from '../schemas/lesion.ts';
import { REASON_CODES, type ReasonCode } from '../schemas/reasons.ts';
import { lesionReport } from './lesion-report.ts';
import { printable } from './printable.ts';

const png = new Uint8Array(
  await sharp({ create: { width: 480, height: 360, channels: 3, background: '#a67' } })
    .png()
    .toBuffer(),
);
const SCORES = [0.02, 0.03, 0.05, 0.01, 0.61, 0.27, 0.01];
const reason = (code: ReasonCode) => reasonOf(code, HAM10000);
const MODEL = {
  ...{ name: 'naevus', version: '9.9.9', sha256: 'ab'.repeat(32) },
  manifest: { training: { dataset: 'none' } },
  taxonomy: HAM10000,
};

function content(photos: number, language: Language, abstained = false): ReportContent {
  const predictions = rankedPredictions(SCORES, SCORES.length, HAM10000);
  const image: LesionPhoto = {
    predictions,
    image: { width: 480, height: 360, format: 'jpeg' },
    timing: { decode_ms: 1, inference_ms: 1 },
    weight: 1 / photos,
  };
  const heatmap = {
    ...{
      grid: [],
      max: 1,
      share: 0.5,
      crop: 1,
      method: 'grad-cam' as const,
      label: 'mel',
    },
    ...{ overlay: png, photo: png },
  };
  return {
    language,
    date: new Date('2026-11-30T12:34:56Z'),
    id: 'the-request',
    model: MODEL,
    answer: {
      predictions,
      assessment: {
        malignant_score: 0.66,
        threshold: 0.1,
        operating_point: 'melanoma-sensitivity-95',
        flagged: true,
        triage: 'refer',
        abstained,
        // More than any answer has.
        reasons: REASON_CODES.filter((code) => !/^(unseen|critical)/.test(code))
          .slice(0, 9)
          .map(reason),
      },
      prediction_set: { coverage: 0.9, labels: labelsOf(HAM10000) },
      pooled: { method: 'mean-logit', photos, counted: photos, fitted: false },
      images: Array.from({ length: photos }, () => image),
    },
    photos: Array.from({ length: photos }, (_, i) => ({ name: `${i} Größe.jpg`, heatmap })),
  };
}

const pagesOf = (pdf: Uint8Array) =>
  Buffer.from(pdf)
    .toString('latin1')
    .match(/\/Type \/Page\b/g)!.length;

/** The text of a file's content streams: pdfkit writes it in hexadecimal, with kerning between. */
function textOf(pdf: Uint8Array): string {
  const file = Buffer.from(pdf);
  let text = '';
  for (let at = file.indexOf('stream\n'); at >= 0; at = file.indexOf('stream\n', at + 1)) {
    if (file.toString('latin1', at - 3, at) === 'end') continue;
    let content: string;
    try {
      content = inflateSync(file.subarray(at + 7)).toString('latin1');
    } catch {
      continue;
    }
    for (const [, shown] of content.matchAll(/\[([^\]]*)\] TJ/g)) {
      const hex = [...shown!.matchAll(/<([0-9a-f]*)>/g)].map(([, part]) => part).join('');
      text += `${Buffer.from(hex, 'hex').toString('latin1')} `;
    }
  }
  return text.replaceAll(/\s+/g, ' ');
}

describe('lesionReport', () => {
  it.each(
    LANGUAGES.flatMap((language) => [1, 2, 4, 8].map((photos) => [language, photos] as const)),
  )('is one page in %s with %i photos', async (language, photos) => {
    expect(pagesOf(await lesionReport(content(photos, language)))).toBe(1);
  });

  it('says what, how sure, why, by which version and when', async () => {
    const text = textOf(await lesionReport(content(2, 'de')));
    for (const said of [
      'Melanom (bösartig)',
      '61,0\u00a0%',
      'überweisen',
      'ICD-10 C43',
      'naevus 9.9.9, sha256 abab',
      '2026-11-30 12:34 UTC',
      'the-request',
      '0 Größe.jpg',
    ]) {
      expect(text).toContain(said.replaceAll('\u00a0', ' '));
    }
    expect(text).toContain('Nur für Forschung und Lehre');
    expect(text).toContain('dermatoskopischen Bildern');
  });

  it('has no scores where no answer is given', async () => {
    const text = textOf(await lesionReport(content(1, 'en', true)));
    expect(text).toContain('No answer');
    expect(text).not.toMatch(/61\.0|66\.0/);
  });
});

describe('printable', () => {
  it('has every character of the catalogues, but for those that look the same', () => {
    for (const language of LANGUAGES) {
      const texts = JSON.stringify([CATALOGUES[language], HAM10000_TEXTS[language]]);
      const lost = [...texts].filter((letter) => letter !== '?' && printable(letter) === '?');
      // Names of keys and languages.
      expect(lost.join('')).toMatch(/^[→←⌘\n]*$/);
    }
  });

  it('has a question mark for what it lacks', () => {
    expect(printable('Læsion 病変 −1 %')).toBe('Læsion ?? -1 %');
  });
});
