import { expect, it } from 'vitest';
import { HOSTILE_FILES } from './helpers/hostile-pictures.ts';
import { startServer } from './helpers/server-process.ts';

it('answers images that came before sessions of a shared graph were there', async () => {
  // Takes longer to decode than such a session to load, which takes the place of another.
  const large = HOSTILE_FILES.find(({ name }) => name.startsWith('48 megapixels'))!;
  const file = await large.make();
  const server = await startServer({ NAEVUS_WORKERS: '2' });
  const statuses: number[] = [];
  const ask = async () => {
    for (let i = 0; i < 6; i++) {
      const response = await server.post('/predict', file);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
  };
  await Promise.all([ask(), ask()]);
  expect(await server.stop()).toBe(0);
  expect(statuses).toEqual(new Array(12).fill(200));
});
