import { fillPlanar } from '@naevus/shared/preprocessing/planar';
import { INPUT_SIZE } from '@naevus/shared/preprocessing/preprocessing-spec';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { GRAPH_INPUT, GRAPH_OUTPUTS } from '../export/inference-graph.ts';
import type { Classifier } from './classifier.ts';

/**
 * An exported ONNX model on onnxruntime, as the API runs it: one picture at a time on one thread, so that the
 * figures do not depend on the number of cores.
 */
export async function createOnnxClassifier(model: Uint8Array): Promise<Classifier> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return {
    engine: `onnxruntime ${env.versions.node ?? env.versions.common}`,
    async logits(rgb) {
      const planar = new Float32Array(3 * INPUT_SIZE * INPUT_SIZE);
      fillPlanar(rgb, planar);
      const image = new Tensor('float32', planar, [1, 3, INPUT_SIZE, INPUT_SIZE]);
      const { logits } = await session.run({ [GRAPH_INPUT]: image }, [GRAPH_OUTPUTS.logits]);
      return (logits!.data as Float32Array).slice();
    },
    close: () => session.release(),
  };
}
