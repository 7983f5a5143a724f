import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { GRAPH_INPUT, GRAPH_OUTPUTS } from '../../convert/inference-graph.ts';
import { loadTfjsModel } from '../../convert/tfjs/load-graph-model.ts';
import type { TfjsFiles } from '../../convert/tfjs/tfjs-export.ts';
import type { Classifier } from './classifier.ts';

/** An exported graph model on tfjs's WebAssembly backend, as the edge and the browser run it. */
export async function createTfjsClassifier(files: TfjsFiles): Promise<Classifier> {
  if (!(await tf.setBackend('wasm'))) throw new Error("tfjs's WebAssembly backend does not start");
  const model = await loadTfjsModel(files);
  return {
    engine: `tfjs ${tf.version_core} wasm`,
    async logits(rgb) {
      const image = tf.tensor4d(Float32Array.from(rgb), [1, INPUT_SIZE, INPUT_SIZE, 3]);
      const logits = model.execute({ [GRAPH_INPUT]: image }, GRAPH_OUTPUTS.logits) as tf.Tensor;
      const values = (await logits.data()) as Float32Array;
      tf.dispose([image, logits]);
      return values;
    },
    async close() {
      model.dispose();
    },
  };
}
