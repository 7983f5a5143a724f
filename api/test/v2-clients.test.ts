import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { expectedScores, FIXTURES, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, cornered, RED } from './helpers/pictures.ts';
import { pythonWith } from './helpers/python-packages.ts';
import { startServer } from './helpers/server-process.ts';

const python = await pythonWith('v2-clients');
const script = fileURLToPath(new URL('./helpers/python/v2_clients.py', import.meta.url));

it.skipIf(!python)(
  'public clients of Triton and KServe get the answers of this server, unmodified',
  async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }),
    });
    const photo = new Uint8Array(await cornered().jpeg().toBuffer());
    const path = join(FIXTURES, 'v2-clients.jpg');
    writeFileSync(path, photo);
    const { stdout } = await python!([script, server.url, 'naevus-fixture', '0.0.1', path]);
    const answers = JSON.parse(stdout) as Record<string, number[][]>;

    const response = await server.post('/predict', photo);
    const { predictions } = predictResponseSchema.parse(await response.json());
    const scores = LABELS.map(
      (label) => predictions.find((prediction) => prediction.label === label)!.score,
    );
    const ofPixels = [expectedScores(...RED), expectedScores(...BLUE)];
    const expected: Record<string, number[][]> = {
      'triton pixels binary=True': ofPixels,
      'triton pixels binary=False': ofPixels,
      'triton files binary=True': [scores, scores],
      'triton files binary=False': [scores, scores],
      'triton base64': [scores],
      'kserve pixels binary=True': ofPixels,
      'kserve pixels binary=False': ofPixels,
      'kserve files': [scores, scores],
      'kserve base64': [scores],
    };
    expect(Object.keys(answers)).toEqual(Object.keys(expected));
    for (const [way, images] of Object.entries(expected)) {
      for (const [i, image] of images.entries()) {
        for (const [j, score] of image.entries()) {
          expect(answers[way]![i]![j], `${way}, image ${i}, ${LABELS[j]}`).toBeCloseTo(score, 5);
        }
      }
    }
    expect(await server.stop()).toBe(0);
  },
  120_000,
);
