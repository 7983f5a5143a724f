import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Parameters } from './parameters.ts';

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const headerSchema = z.record(z.string(), z.unknown());

const HEADER_LENGTH_BYTES = 8;
/** The format's own limit (huggingface/safetensors README, 'Format'). */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Tensors of a safetensors file by name. Float32 only: tensors of other types (`num_batches_tracked` is an
 * int64) are left out, and whoever needs one finds it missing.
 *
 * @throws Error that names the file and what is wrong in it.
 */
export async function readSafetensors(path: string): Promise<Parameters> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot read the weights ${path}: ${cause.code ?? cause.message}`, { cause });
  });
  try {
    return parseSafetensors(bytes);
  } catch (cause) {
    throw new Error(
      `${path} is not a safetensors file this project reads: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

export function parseSafetensors(bytes: Uint8Array): Parameters {
  if (bytes.length < HEADER_LENGTH_BYTES) throw new Error('it ends within its header length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const dataStart = HEADER_LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > bytes.length) {
    throw new Error(`its header of ${headerBytes} bytes does not fit`);
  }
  const header = parseHeader(bytes.subarray(HEADER_LENGTH_BYTES, dataStart));
  const parameters: Parameters = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw new Error(`the entry of ${name} is malformed`);
    const { dtype, shape, data_offsets } = entry.data;
    if (dtype !== 'F32') continue;
    const [begin, end] = data_offsets;
    const size = shape.reduce((product, side) => product * side, 1);
    if (end - begin !== size * 4 || dataStart + end > bytes.length) {
      throw new Error(`the data of ${name} [${shape}] do not fit their place`);
    }
    // Copied through the buffer: a Node Buffer's own slice would share it.
    const start = bytes.byteOffset + dataStart;
    parameters.set(name, new Float32Array(bytes.buffer.slice(start + begin, start + end)));
  }
  return parameters;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new Error('its header is not JSON of entries by name', { cause });
  }
}

/** Writes parameters as a safetensors file's bytes, with the shapes given by name. */
export function serializeSafetensors(
  parameters: Parameters,
  shapes: ReadonlyMap<string, readonly number[]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, values] of parameters) {
    const end = offset + values.byteLength;
    header[name] = {
      dtype: 'F32',
      shape: shapes.get(name) ?? [values.length],
      data_offsets: [offset, end],
    };
    offset = end;
  }
  const json = JSON.stringify(header);
  // The data are aligned to 8 bytes; the format lets the header end in spaces.
  const encoded = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8, ' '));
  const bytes = new Uint8Array(HEADER_LENGTH_BYTES + encoded.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, HEADER_LENGTH_BYTES);
  let position = HEADER_LENGTH_BYTES + encoded.length;
  for (const values of parameters.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}
