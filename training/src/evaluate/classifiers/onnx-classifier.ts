import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Classify } from '@naevus/shared/network/network-output';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { GRAPH_INPUT, GRAPH_OUTPUTS } from '../../convert/inference-graph.ts';
import type { Classifier } from './classifier.ts';

/** A classifier that also gives what it decides by. */
export interface OnnxClassifier extends Classifier {
  /**
   * @param rgb as for `logits`
   * @returns one logit a label, and the pooled features
   * @throws Error for a graph without the output `features`: versions before 0.3.0
   */
  logitsAndFeatures(rgb: Uint8Array): Promise<{
    readonly logits: Float32Array;
    readonly features: Float32Array;
  }>;
  /** Logits and class activation maps; the input as for `logits`. */
  readonly classify: Classify;
  /** Class activation maps before the ReLU, `[class, y, x]`; the input as for `logits`. */
  activationMaps(rgb: Uint8Array): Promise<Float32Array>;
}

/**
 * An exported ONNX model on onnxruntime, as the API runs it: one picture at a time on one thread, so that the
 * figures do not depend on the number of cores.
 */
export async function createOnnxClassifier(model: Uint8Array): Promise<OnnxClassifier> {
  const { env, InferenceSession, Tensor } = loadOnnxRuntime();
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const run = (rgb: Uint8Array, outputs: readonly string[]) => {
    const planar = new Float32Array(3 * INPUT_SIZE * INPUT_SIZE);
    fillPlanar(rgb, planar);
    const image = new Tensor('float32', planar, [1, 3, INPUT_SIZE, INPUT_SIZE]);
    return session.run({ [GRAPH_INPUT]: image }, outputs);
  };
  return {
    engine: `onnxruntime ${env.versions.node ?? env.versions.common}`,
    async logits(rgb) {
      const { logits } = await run(rgb, [GRAPH_OUTPUTS.logits]);
      return (logits!.data as Float32Array).slice();
    },
    async logitsAndFeatures(rgb) {
      const { logits, features } = await run(rgb, [GRAPH_OUTPUTS.logits, GRAPH_OUTPUTS.features]);
      return {
        logits: (logits!.data as Float32Array).slice(),
        features: (features!.data as Float32Array).slice(),
      };
    },
    async classify(rgb) {
      const { logits, cam } = await run(rgb, [GRAPH_OUTPUTS.logits, GRAPH_OUTPUTS.cam]);
      return {
        logits: (logits!.data as Float32Array).slice(),
        cam: (cam!.data as Float32Array).slice(),
      };
    },
    async activationMaps(rgb) {
      const { cam } = await run(rgb, [GRAPH_OUTPUTS.cam]);
      return (cam!.data as Float32Array).slice();
    },
    close: () => session.release(),
  };
}
