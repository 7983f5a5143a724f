import type { Converted } from './file-converter.ts';

/** Why a file was not converted: thrown inside of a converter, and a failure outside. */
export class ConversionFailure extends Error {
  override readonly name = 'ConversionFailure';
  readonly kind: 'damaged' | 'too-large' | 'colours' | 'format';

  /** @param message for the caller: what was wrong, and what to do; never image content */
  constructor(kind: ConversionFailure['kind'], message: string) {
    super(message);
    this.kind = kind;
  }

  get failure(): Extract<Converted, { ok: false }>['failure'] {
    return { kind: this.kind, detail: this.message };
  }
}
