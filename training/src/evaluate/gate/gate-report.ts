import type { FloorCheck } from './check-floors.ts';
import type { Check } from './compare-models.ts';
import type { GatePolicy } from './gate-policy.ts';

/** `gate.json`, as `reportJson` writes it. */
export interface GateReport {
  readonly schemaVersion: 1;
  readonly verdict: 'passed' | 'refused' | 'overridden';
  /** Why a refused candidate passes all the same. */
  readonly overrideReason?: string;
  readonly candidate: { readonly version: string };
  /** null for a first model, which is held to floors. */
  readonly current: { readonly version: string; readonly sha256: string } | null;
  readonly data: {
    /** Of the candidate's data. */
    readonly sha256: string;
    readonly images: number;
    readonly lesions: number;
  };
  readonly policy: GatePolicy;
  /** Empty for a first model. */
  readonly checks: readonly Check[];
  /** Empty where there is a model to compare with. */
  readonly floors: readonly FloorCheck[];
  /** What a reader should know of the comparison. */
  readonly notes: readonly string[];
}
