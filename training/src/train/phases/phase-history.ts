import type { HeadConfig } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import { learningRateShare } from '../optimizer/learning-rate.ts';
import { earlyStop, watchedValues } from '../optimizer/watched-metric.ts';
import type { EpochTotals } from './epoch-totals.ts';

type Schedule = Pick<HeadConfig, 'learningRate' | 'schedule' | 'plateau' | 'earlyStopping'> & {
  readonly warmupSteps?: number;
  readonly finalLearningRate?: number;
};

/** The epochs that a phase has trained, and what its schedule and its early stopping make of them. */
export class PhaseHistory {
  /** Those of earlier phases first. */
  readonly records: EpochRecord[];
  private readonly phase: EpochRecord['phase'];
  private readonly config: Schedule;

  constructor(phase: EpochRecord['phase'], config: Schedule, records: readonly EpochRecord[]) {
    this.phase = phase;
    this.config = config;
    this.records = [...records];
  }

  /** Epochs of this phase that are recorded. */
  get epochs(): number {
    return this.records.filter(({ phase }) => phase === this.phase).length;
  }

  /** @param step of the phase, from 0 */
  learningRate(step: number, totalSteps: number): number {
    const { warmupSteps = 0, finalLearningRate = 0, ...config } = this.config;
    const watched = watchedValues(this.records, this.phase, config.plateau.metric);
    const schedule = { ...config, warmupSteps, finalLearningRate };
    return config.learningRate * learningRateShare(schedule, step, totalSteps, watched);
  }

  /** Records an epoch. */
  add(
    epoch: Pick<EpochRecord, 'epoch' | 'learningRate'> & {
      readonly totals: EpochTotals;
      readonly validation: EpochRecord['validation'];
    },
  ): EpochRecord {
    const { totals, validation, learningRate } = epoch;
    const record: EpochRecord = {
      phase: this.phase,
      epoch: epoch.epoch,
      loss: totals.meanLoss,
      learningRate,
      seconds: totals.values.seconds,
      imagesPerSecond: totals.imagesPerSecond,
      ...(validation && { validation }),
    };
    this.records.push(record);
    return record;
  }

  /** Whether early stopping ends the phase. */
  get isStopped(): boolean {
    return this.earlyStop()?.stop === true;
  }

  /** Whether the last epoch's validation is the best one, where early stopping watches. */
  get lastIsBest(): boolean {
    const { best, validations } = this.earlyStop() ?? { best: null, validations: 0 };
    return this.records.at(-1)?.validation !== undefined && best === validations - 1;
  }

  private earlyStop() {
    const { earlyStopping } = this.config;
    if (!earlyStopping) return null;
    const watched = watchedValues(this.records, this.phase, earlyStopping.metric);
    return { ...earlyStop(watched, earlyStopping), validations: watched.length };
  }
}
