import { parentPort, workerData } from 'node:worker_threads';
import type {
  ConversionReply,
  ConversionRequest,
  ConversionSetup,
} from '../runtime/node/conversion/conversion-threads.ts';
import { convertFile } from '../runtime/node/conversion/convert-file.ts';
import { limitWasmMemory } from '../runtime/node/conversion/limit-memory.ts';

/** Of one decoder: a picture of 50 megapixels takes 420 MB. */
const MAX_WASM_BYTES = 768 << 20;

const port = parentPort!;
limitWasmMemory(MAX_WASM_BYTES);

port.on('message', async (request: ConversionRequest) => {
  const reply: ConversionReply = await convertFile(request, workerData as ConversionSetup);
  port.postMessage(reply, reply.ok ? [reply.image.bytes.buffer] : []);
});
