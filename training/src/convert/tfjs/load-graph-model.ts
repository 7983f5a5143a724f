import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseJson } from '../../files/json-file.ts';
import type { TfjsFiles } from './tfjs-export.ts';

const modelSchema = z.looseObject({
  format: z.literal('graph-model'),
  signature: z.looseObject({}),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(
    z.object({ paths: z.array(z.string()), weights: z.array(z.looseObject({})) }),
  ),
});

/**
 * A graph model's topology and weights out of files in memory.
 *
 * @throws Error when `model.json` or a shard that it names is not among the files.
 */
export function readTfjsModel(files: TfjsFiles): tf.io.ModelArtifacts {
  const json = files.get('model.json');
  if (!json) throw new Error('the graph model has no model.json');
  const { weightsManifest, ...model } = parseJson(
    new TextDecoder().decode(json),
    'model.json',
    modelSchema,
  );
  const shards = weightsManifest.flatMap(({ paths }) =>
    paths.map((path) => {
      const shard = files.get(path);
      if (!shard) throw new Error(`model.json names ${path}, which is not there`);
      return shard;
    }),
  );
  return {
    ...model,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  } as unknown as tf.io.ModelArtifacts;
}

/**
 * A graph model out of files in memory, on tfjs's current backend.
 *
 * @throws Error when a file that it needs is not there.
 */
export async function loadTfjsModel(files: TfjsFiles): Promise<GraphModel> {
  const artifacts = readTfjsModel(files);
  return loadGraphModel({ load: async () => artifacts });
}
