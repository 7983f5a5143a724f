import { size, type Weights } from './weights.ts';

/** Output channels that are computed together: two registers of four. */
export const PANEL = 8;

/** Channels of a value in memory: a multiple of {@link PANEL}, those that there are not being zero. */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / PANEL) * PANEL;
}

/** A filter or bias as the kernels read it, put into memory once there is any. */
export interface PackedWeight {
  readonly length: number;
  write(to: Float32Array): void;
}

/**
 * A filter [size, size, inputs, outputs] as panels of eight outputs: [panel][y][x][input][output of the panel].
 *
 * @param inputs channels of the input in memory, padding included
 */
export function packFilter(weights: Weights, name: string, inputs: number): PackedWeight {
  const [height, width, channels, outputs] = weights.shape(name) as [
    number,
    number,
    number,
    number,
  ];
  const panels = paddedChannels(outputs) / PANEL;
  const taps = height * width;
  return {
    length: panels * taps * inputs * PANEL,
    write(to) {
      const values = weights.read(name);
      for (let from = 0, tap = 0; tap < taps; tap++) {
        for (let input = 0; input < channels; input++) {
          const row = (tap * inputs + input) * PANEL;
          for (let output = 0; output < outputs; output++) {
            const panel = Math.floor(output / PANEL) * taps * inputs * PANEL;
            to[panel + row + (output % PANEL)] = values[from++]!;
          }
        }
      }
    },
  };
}

/** Rows of channels, the last dimension that is not 1, each padded: a bias [channel], a depthwise filter [size, size, channel, 1]. */
export function packRows(weights: Weights, name: string): PackedWeight {
  const shape = weights.shape(name);
  const channels = shape.length === 4 ? shape[2]! : shape[0]!;
  const rows = size(shape) / channels;
  const padded = paddedChannels(channels);
  return {
    length: rows * padded,
    write(to) {
      const values = weights.read(name);
      for (let row = 0; row < rows; row++) {
        to.set(values.subarray(row * channels, (row + 1) * channels), row * padded);
      }
    },
  };
}
