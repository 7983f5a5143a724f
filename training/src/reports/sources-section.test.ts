import { expect, it } from 'vitest';
import { sectionMarkdown } from './document/render-markdown.ts';
import { sourcesSection } from './sources-section.ts';

const measured = {
  sources: {
    schemaVersion: 1,
    confidence: 0.95,
    resamples: 10,
    seed: 1,
    fewestImages: 15,
    home: 'ham10000',
    previousVersion: null,
    sources: [],
    abroad: null,
    fall: null,
  },
  subgroupsAbroad: undefined,
  outside: undefined,
  modality: undefined,
} as const;

it('says how squamous cell carcinoma is answered, where the version was fitted to tell', () => {
  const squamous = {
    threshold: 0.00552,
    images: 198,
    routine: { value: 1 / 198, interval: [0, 0.015] as [number, number] },
  };
  const text = sectionMarkdown(sourcesSection({ ...measured, squamous }), String);
  expect(text).toContain('reaches 0.0055');
  expect(text).toContain('Of 198 images 0.5 % (0.0 to 1.5) are `routine`');
  expect(sectionMarkdown(sourcesSection(measured), String)).not.toContain('Squamous');
});
