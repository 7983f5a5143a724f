import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createBase64Encoder } from '@naevus/shared/base64/base64-encoder';
import { createOverlay } from '@naevus/shared/heatmap/overlay-kernel';
import { createResampler } from '@naevus/shared/image/resampler';
import {
  DEFAULT_MAX_PIXELS,
  decodeWithSharp,
  type SharpModule,
} from '@naevus/shared/image/sharp-decode';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import { loadFile } from '@naevus/shared/model/verify';
import type { AnalysisBackend } from '../../src/analysis/analyse.ts';
import { loadFindCases } from '../../src/analysis/find-cases.ts';
import { loadMeasureImage } from '../../src/analysis/measure.ts';
import type { ImageDecoder } from '../../src/analysis/ports.ts';
import { loadSharp } from '../../src/runtime/node/inference/native-modules.ts';
import { createNodeDecoder } from '../../src/runtime/node/inference/node-decoder.ts';
import { createOnnxClassifier } from '../../src/runtime/node/inference/onnx-classifier.ts';
import { encodePng } from '../../src/runtime/node/inference/png-encoder.ts';
import { openModelFolder } from '../../src/runtime/node/models/model-folder.ts';
import { createWasmBackend } from '../../src/wasm/create-wasm-backend.ts';

const require = createRequire(import.meta.url);

export const MODELS = fileURLToPath(new URL('../../../model-artifacts', import.meta.url));

function compiled(specifier: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(require.resolve(specifier)));
}

/** Sharp, with which the model was trained, onnxruntime, and the bundled model. */
export async function nativeBackend(): Promise<AnalysisBackend> {
  const { folder, manifest, taxonomy } = await openModelFolder({ directory: MODELS });
  const { path } = manifest.engines.onnx;
  const sharp = loadSharp() as unknown as SharpModule;
  const kernels = compiled('@naevus/shared/kernels.wasm');
  const model = await loadFile(folderSource(folder), manifest, path, nodeSha256);
  return {
    decode: async (file, header, use) =>
      use(await decodeWithSharp(sharp, file, { header, maxPixels: DEFAULT_MAX_PIXELS })),
    resampler: createResampler(kernels),
    classify: await createOnnxClassifier(model, manifest.engines.onnx, 1, manifest.labels.length),
    overlay: createOverlay(kernels),
    encodePng,
    encodeBase64: createBase64Encoder(kernels),
    measure: await loadMeasureImage(folderSource(folder), manifest, kernels, nodeSha256),
    findCases: await loadFindCases(folderSource(folder), manifest, kernels, nodeSha256),
    calibration: manifest.calibration,
    taxonomy,
    crop: manifest.preprocessing.crop,
  };
}

/** The decoder of the Node server. */
export function nodeDecoder(): ImageDecoder {
  return createNodeDecoder({
    codecs: codecs(),
    sharp: () => loadSharp() as unknown as SharpModule,
    maxPixels: DEFAULT_MAX_PIXELS,
    onNoSharp(error) {
      throw error;
    },
  });
}

function codecs(): WebAssembly.Module {
  return new WebAssembly.Module(
    readFileSync(new URL('../../src/wasm/codecs/decoder.wasm', import.meta.url)),
  );
}

/** What the edge and the browser analyse with, here on Node, and the bundled model. */
export async function wasmBackend(maxDecoderBytes = 40 << 20): Promise<AnalysisBackend> {
  const { folder, manifest } = await openModelFolder({ directory: MODELS });
  const modules = {
    codecs: codecs(),
    kernels: compiled('@naevus/shared/kernels.wasm'),
    network: new WebAssembly.Module(
      readFileSync(new URL('../../dist/page-files/network.wasm', import.meta.url)),
    ),
  };
  return createWasmBackend({ source: folderSource(folder), manifest }, modules, maxDecoderBytes);
}
