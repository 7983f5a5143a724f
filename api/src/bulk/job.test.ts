import { describe, expect, it } from 'vitest';
import type { ServedModel } from '../analysis/engine.ts';
import { createJob } from './job.ts';
import type { Bucket } from './platform.ts';

/** What a job says of its model. */
const MODEL = {
  manifest: { name: 'naevus', version: '1.0.0' },
  sha256: 'ab'.repeat(32),
  taxonomy: { classes: [{ label: 'a' }, { label: 'b' }] },
} as unknown as ServedModel;

/** A bucket that holds the keys that were put into it. */
function bucket(...keys: string[]) {
  const held = new Set(keys);
  const object = (key: string) => ({ key, etag: 'e', size: 1 });
  const half = {
    head: async (key: string) => (held.has(key) ? object(key) : null),
    put: async (key: string) => {
      held.add(key);
      return object(key);
    },
    delete: async (key: string) => {
      held.delete(key);
    },
  };
  return { held, bucket: half as unknown as Bucket };
}

const create = (images: Bucket, predictions: Bucket) =>
  createJob({ images, predictions }, { prefix: '' }, MODEL, '');

describe('createJob', () => {
  it('writes the job into the bucket of predictions', async () => {
    const [images, predictions] = [bucket('jobs/mine.jpg'), bucket()];
    const { id } = await create(images.bucket, predictions.bucket);
    expect([...predictions.held]).toEqual([`jobs/${id}/job.json`]);
    expect([...images.held]).toEqual(['jobs/mine.jpg']);
  });

  it('refuses to write among the images, and leaves them as they were', async () => {
    const one = bucket('results/mine.jpg');
    await expect(create(one.bucket, one.bucket)).rejects.toMatchObject({
      kind: 'not-configured',
      message: expect.stringContaining('bind PREDICTIONS to a bucket of its own'),
    });
    expect([...one.held]).toEqual(['results/mine.jpg']);
  });
});
