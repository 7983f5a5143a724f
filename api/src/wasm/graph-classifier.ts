import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Manifest } from '@naevus/shared/model/manifest';
import { type ArtifactSource, loadFile, type Sha256 } from '@naevus/shared/model/verify';
import type { Classifier } from '../analysis/ports.ts';
import { selfTest } from '../analysis/self-test.ts';
import { type GraphNode, readGraph } from './network/graph.ts';
import { createNetwork, type Network } from './network/network.ts';
import { type WeightSpec, Weights } from './network/weights.ts';

/** What is read of `tfjs/model.json`. */
interface GraphModelJson {
  readonly modelTopology: { readonly node: readonly GraphNode[] };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly WeightSpec[];
  }[];
}

/** The files of an artifact that the classifier loads. */
export interface GraphArtifact {
  readonly source: ArtifactSource;
  readonly manifest: Pick<Manifest, 'files' | 'labels'> & {
    engines: Pick<Manifest['engines'], 'tfjs'>;
  };
  readonly sha256?: Sha256;
}

/**
 * The graph model of an artifact on kernels of this project's own, on the calling thread: wherever
 * onnxruntime is not, that is at the edge and in a browser.
 *
 * @param kernels `network.wasm` or `network-fused.wasm`, compiled the way the runtime allows
 * @throws ArtifactError when a file of the graph model is not what the manifest says
 * @throws Error when the graph gives other outputs than the manifest says, or cannot be computed here
 */
export async function createGraphClassifier(
  artifact: GraphArtifact,
  kernels: WebAssembly.Module,
): Promise<Classifier> {
  const engine = artifact.manifest.engines.tfjs;
  if (engine.input.layout !== 'NHWC') {
    throw new Error(`the input layout ${engine.input.layout} is not served; export it as NHWC`);
  }
  const network = await loadNetwork(artifact, kernels);
  const { logits, cam, features } = engine.outputs;
  const classCount = artifact.manifest.labels.length;
  checkOutput(network, logits, [1, classCount]);
  checkOutput(network, cam, [1, classCount, 7, 7]);
  if (features !== undefined) checkOutput(network, features, [1, undefined]);

  const classify: Classifier = async (rgb) => {
    const outputs = network.run(rgb);
    return {
      logits: outputs.get(logits)!,
      cam: outputs.get(cam)!,
      ...(features !== undefined && { features: outputs.get(features)! }),
    };
  };
  await selfTest(classify);
  return classify;
}

/** @param shape undefined where any length will do */
function checkOutput(
  { outputs }: Network,
  name: string,
  shape: readonly (number | undefined)[],
): void {
  const given = outputs.get(name);
  const fits =
    given?.length === shape.length &&
    shape.every((side, i) => side === undefined || side === given[i]);
  if (!fits) throw new Error(`the output "${name}" is [${given ?? 'not there'}], not [${shape}]`);
}

/** Shards are read one after another: some runtimes allow only a few requests at once. */
async function loadNetwork(
  { source, manifest, sha256 }: GraphArtifact,
  kernels: WebAssembly.Module,
): Promise<Network> {
  const { path } = manifest.engines.tfjs;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const json = new TextDecoder().decode(await loadFile(source, manifest, path, sha256));
  const { modelTopology, weightsManifest } = JSON.parse(json) as GraphModelJson;
  const shards: Uint8Array[] = [];
  for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
    shards.push(await loadFile(source, manifest, folder + name, sha256));
  }
  const weights = new Weights(
    weightsManifest.flatMap(({ weights }) => weights),
    shards,
  );
  const size = { width: INPUT_SIZE, height: INPUT_SIZE };
  return createNetwork(kernels, readGraph(modelTopology.node), weights, size);
}
