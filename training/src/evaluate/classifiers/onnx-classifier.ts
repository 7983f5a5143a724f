import type { Classify } from '@naevus/shared/network/network-output';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { GRAPH_OUTPUTS } from '../../convert/inference-graph.ts';
import type { Classifier } from './classifier.ts';
import { startNetworkWorkers } from './network-workers.ts';

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
 * An exported ONNX model on onnxruntime, as the API runs it: each picture on one thread, several of them at once.
 *
 * @throws Error when the network cannot be loaded
 */
export async function createOnnxClassifier(model: Uint8Array): Promise<OnnxClassifier> {
  const { env } = loadOnnxRuntime();
  const workers = await startNetworkWorkers(model);
  const run = (rgb: Uint8Array, outputs: readonly string[]) => workers.run({ rgb, outputs });
  const { logits, cam, features } = GRAPH_OUTPUTS;
  return {
    engine: `onnxruntime ${env.versions.node ?? env.versions.common}`,
    async logits(rgb) {
      const [values] = await run(rgb, [logits]);
      return values!;
    },
    async logitsAndFeatures(rgb) {
      const [first, second] = await run(rgb, [logits, features]);
      return { logits: first!, features: second! };
    },
    async classify(rgb) {
      const [first, second] = await run(rgb, [logits, cam]);
      return { logits: first!, cam: second! };
    },
    async activationMaps(rgb) {
      const [values] = await run(rgb, [cam]);
      return values!;
    },
    close: async () => workers.stop(),
  };
}
