import type { EarlyStoppingConfig, PhaseLoss, TrainingConfig } from './training-config.ts';

/**
 * One or two sentences on how a run trains, for its record and the model card.
 *
 * @param teacher the name of what taught, where something did
 */
export function describeMethod(config: TrainingConfig, teacher?: string): string {
  const { head, fineTuning: tuning } = config;
  const statistics =
    config.statisticsImages > 0 ? ', batch-norm statistics re-estimated on training images' : '';
  const headText =
    `Dense head trained on pooled features of the frozen backbone (${head.epochs} epochs, ` +
    `${describeLoss(head)}${head.earlyStopping ? `, ${stopping(head.earlyStopping)}` : ''})${statistics}`;
  if (!tuning) return `${headText}.`;
  const stages = tuning.stages
    .map(
      (s) =>
        `${s.epochs} epochs at ${s.resolution} pixels with ${s.frozenThrough === 'none' ? 'nothing' : `everything through ${s.frozenThrough}`} frozen`,
    )
    .join(', then ');
  const parts = [
    describeLoss(tuning),
    'augmentation',
    ...(tuning.mixing.mixup > 0 ? ['mixup'] : []),
    ...(tuning.mixing.cutMix > 0 ? ['CutMix'] : []),
    ...(tuning.distillation
      ? [
          `${Math.round(100 * tuning.distillation.share)} % of the loss from ${tuning.distillation.teacher === 'folds' ? '' : `${tuning.distillation.views} views of `}${teacher}`,
        ]
      : []),
    ...(tuning.batchNorm === 'frozen' ? ['batch norm frozen'] : []),
    ...(tuning.earlyStopping ? [stopping(tuning.earlyStopping)] : []),
    ...(tuning.averageDecay > 0 ? [`moving average of the weights ${tuning.averageDecay}`] : []),
  ];
  const optimizer = tuning.optimizer === 'adam' ? 'Adam' : 'AdamW';
  return `${headText}; then fine-tuned with ${optimizer}: ${stages} (${parts.join(', ')}).`;
}

function stopping({ metric, patience }: EarlyStoppingConfig): string {
  return `stopped early where the validation's ${metric} did not gain for ${patience} epochs`;
}

function describeLoss({ loss, sampler }: PhaseLoss): string {
  const parts = [SAMPLER_NAMES[sampler]];
  const alpha = loss.focalAlpha === 1 ? '' : `, α ${loss.focalAlpha}`;
  parts.push(
    loss.focalGamma > 0 || alpha ? `focal loss γ ${loss.focalGamma}${alpha}` : 'cross-entropy',
  );
  if (loss.classWeightPower > 0)
    parts.push(
      `balanced class weights to the power ${loss.classWeightPower}${loss.classWeightSchedule === 'late' ? ', phased in over the last third' : ''}`,
    );
  if (loss.clip !== null) parts.push(`losses above ${loss.clip} clipped`);
  if (loss.logitAdjustment > 0) parts.push(`logit adjustment τ ${loss.logitAdjustment}`);
  if (loss.labelSmoothing > 0) parts.push(`label smoothing ${loss.labelSmoothing}`);
  return parts.join(', ');
}

const SAMPLER_NAMES: Readonly<Record<PhaseLoss['sampler'], string>> = {
  natural: 'natural sampler',
  'square-root': 'square-root sampler',
  balanced: 'balanced sampler',
  oversampling: 'random oversampling',
  smote: 'SMOTE of the features',
};
