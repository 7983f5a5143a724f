import { add } from './kernels.ts';
import type { Tensor } from './tensorflow.ts';

/**
 * A value of the network on its way forward, and its gradient on the way back. Counted references: the
 * block that made it holds one, every backward step that needs it another; the last one frees the tensor.
 */
export class Activation {
  readonly tensor: Tensor;
  /** False where nothing trainable lies before it: no gradient is computed for it. */
  readonly needsGradient: boolean;
  private references = 1;
  private accumulated: Tensor | null = null;

  constructor(tensor: Tensor, needsGradient: boolean) {
    this.tensor = tensor;
    this.needsGradient = needsGradient;
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    this.references--;
    if (this.references === 0) this.tensor.dispose();
  }

  /** Takes the tensor over and adds it to what came from other consumers. */
  addGradient(gradient: Tensor): void {
    if (!this.accumulated) {
      this.accumulated = gradient;
      return;
    }
    const sum = add(this.accumulated, gradient);
    this.accumulated.dispose();
    gradient.dispose();
    this.accumulated = sum;
  }

  /** Hands the whole gradient over, once all consumers have run. */
  takeGradient(): Tensor {
    const gradient = this.accumulated;
    if (!gradient) throw new Error(`no gradient reached an activation [${this.tensor.shape}]`);
    this.accumulated = null;
    return gradient;
  }
}

/** The backward steps of one forward pass, run last to first; each frees what it alone still held. */
export class Tape {
  private readonly steps: (() => void)[] = [];

  record(step: () => void): void {
    this.steps.push(step);
  }

  backward(): void {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step();
  }
}
