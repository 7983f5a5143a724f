import { mapSide } from '../network/network-output.ts';

/** Where in the image the evidence for one class lies. */
export interface Heatmap {
  /** Rows from top to bottom, each from left to right; 0 to 1, where 1 is the hottest cell. */
  readonly grid: number[][];
  /** What the grid was divided by: the largest activation, in logits; 0 where none is positive. */
  readonly max: number;
  /**
   * How much of the map speaks for the class, and not against it: the sum of what is above 0, divided by the
   * sum of all without their signs. 0 to 1; 0 where the map is empty.
   */
  readonly share: number;
}

/** The network gave an activation that is no finite number: its weights or its input are broken. */
export class NonFiniteActivationError extends Error {
  override readonly name = 'NonFiniteActivationError';

  constructor(classIndex: number, y: number, x: number, value: number) {
    super(
      `the activation of class ${classIndex} at row ${y}, column ${x} is ${value}, not a finite number: the model or its input is broken`,
    );
  }
}

/**
 * Grad-CAM's map of one class: ReLU of its activation map, divided by the maximum
 * (Selvaraju et al. 2017, "Grad-CAM", section 3, equation 2; for global average pooling and one dense
 * layer it equals the class activation map, section 3.1).
 *
 * @param cam activations before the ReLU of one image, `[class, y, x]`: `classCount * height * width` values; maps are square unless height and width are given
 * @param classIndex which class, from 0
 * @throws RangeError when `cam` has another length or there is no such class
 * @throws NonFiniteActivationError when an activation of the class is NaN or infinite
 */
export function heatmapGrid(
  cam: ArrayLike<number>,
  classIndex: number,
  classCount: number,
  height: number = mapSide(cam, classCount),
  width: number = height,
): Heatmap {
  if (cam.length !== classCount * height * width) {
    throw new RangeError(
      `cam must have ${classCount}x${height}x${width} values, not ${cam.length} in all`,
    );
  }
  if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classCount) {
    throw new RangeError(`classIndex must be from 0 to ${classCount - 1}, not ${classIndex}`);
  }
  const first = classIndex * height * width;
  let [max, speaksFor, all] = [0, 0, 0];
  const grid = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const activation = cam[first + y * width + x]!;
      if (!Number.isFinite(activation)) {
        throw new NonFiniteActivationError(classIndex, y, x, activation);
      }
      const heat = Math.max(0, activation);
      max = Math.max(max, heat);
      speaksFor += heat;
      all += Math.abs(activation);
      return heat;
    }),
  );
  if (max === 0) return { grid, max, share: 0 };
  return {
    grid: grid.map((row) => row.map((heat) => heat / max)),
    max,
    share: speaksFor / all,
  };
}
