import { availableParallelism } from 'node:os';
import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { folderSource } from '@naevus/shared/model/folder-source';
import { symmetryIndices } from '@naevus/shared/network/symmetry';
import { meanLogits } from '@naevus/shared/network/test-time-augmentation';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import type { InferenceSession } from 'onnxruntime-node';
import { GRAPH_INPUT, GRAPH_OUTPUTS } from '../../convert/inference-graph.ts';
import type { Split } from '../../data/split/split-schema.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';
import { loadArtifactFolder } from '../../versions/artifact-folder.ts';
import { readVersionSplit, requireNoLeak, versionName } from '../../versions/version-weights.ts';
import type { Teacher } from './teacher.ts';

const PLANE = INPUT_SIZE * INPUT_SIZE;
/** Of the square. */
const SYMMETRIES = 8;
/** Images per run of a teacher: more need memory and are not faster. */
const MICRO_BATCH = 8;

/**
 * Exported versions as teachers. The views of an image are divided among them, each under a different symmetry
 * of the square, so that the student learns what networks and views have in common. They answer with the logits
 * before calibration: calibration was fitted on validation images, and the student must not learn from those.
 *
 * @param options.folders of the versions
 * @param options.split the run's
 * @throws Error when a version has seen an image that the run validates on; ArtifactError when a version is
 *   damaged.
 */
export async function openTeachers({
  folders,
  split,
}: {
  readonly folders: readonly string[];
  readonly split: Pick<Split, 'validation'>;
}): Promise<Teacher> {
  const runtime = loadOnnxRuntime();
  const names: string[] = [];
  const models: Uint8Array[] = [];
  for (const folder of folders) {
    const version = await loadArtifactFolder(folder);
    const name = versionName(version);
    const trainedOn = await readVersionSplit(folderSource(folder), version.manifest);
    requireNoLeak({ name, split: trainedOn }, split.validation);
    names.push(name);
    models.push(version.onnx);
  }
  const sessions = await Promise.all(
    models.map((model) =>
      runtime.InferenceSession.create(model, { intraOpNumThreads: availableParallelism() }),
    ),
  );
  return {
    name: names.join(', '),
    async logits(batch, views, random) {
      if (batch.size !== INPUT_SIZE) {
        throw new RangeError(`teachers take ${INPUT_SIZE} pixels, not ${batch.size}`);
      }
      const symmetries = random.shuffle([...Array(SYMMETRIES).keys()]);
      const viewsLogits: Float32Array[] = [];
      for (let view = 0; view < views; view++) {
        const session = sessions[view % sessions.length]!;
        viewsLogits.push(await viewLogits(session, symmetries[view % SYMMETRIES]!, batch));
      }
      return meanLogits(viewsLogits);
    },
    async close() {
      for (const session of sessions) await session.release();
    },
  };
}

/** The logits of a batch under one symmetry. */
async function viewLogits(
  session: InferenceSession,
  symmetry: number,
  { values, count }: ImageBatch,
): Promise<Float32Array> {
  const { Tensor } = loadOnnxRuntime();
  const places = symmetryIndices(symmetry, INPUT_SIZE);
  const logits: number[] = [];
  for (let from = 0; from < count; from += MICRO_BATCH) {
    const rows = Math.min(MICRO_BATCH, count - from);
    const planar = new Float32Array(rows * INPUT_CHANNELS * PLANE);
    for (let row = 0; row < rows; row++) {
      fillView(values, (from + row) * PLANE, places, planar, row * INPUT_CHANNELS * PLANE);
    }
    const image = new Tensor('float32', planar, [rows, INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE]);
    const output = await session.run({ [GRAPH_INPUT]: image }, [GRAPH_OUTPUTS.logits]);
    logits.push(...(output[GRAPH_OUTPUTS.logits]!.data as Float32Array));
  }
  return Float32Array.from(logits);
}

/** One picture of interleaved floats as planes, each place showing another. */
function fillView(
  values: Float32Array,
  firstPixel: number,
  places: Uint32Array,
  planar: Float32Array,
  red: number,
): void {
  for (let place = 0; place < PLANE; place++) {
    const from = (firstPixel + places[place]!) * INPUT_CHANNELS;
    planar[red + place] = values[from]!;
    planar[red + PLANE + place] = values[from + 1]!;
    planar[red + 2 * PLANE + place] = values[from + 2]!;
  }
}
