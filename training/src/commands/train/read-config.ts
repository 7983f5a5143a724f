import { readJson } from '../../files/json-file.ts';
import { PRESETS, type PresetName } from '../../run/config/presets.ts';
import { type TrainingConfig, trainingConfigSchema } from '../../run/config/training-config.ts';

/**
 * The configuration that `--preset` or `--config` names, with every default filled in, and `--seed` in it.
 *
 * @throws Error when both are given, or one does not fit
 */
export async function readConfig(values: {
  readonly preset?: string | undefined;
  readonly config?: string | undefined;
  readonly seed?: string | undefined;
}): Promise<TrainingConfig> {
  if (values.preset && values.config) throw new Error('give --preset or --config, not both');
  const config = values.config
    ? await readJson(values.config, trainingConfigSchema)
    : preset(values.preset);
  if (values.seed === undefined) return config;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is not a whole number`);
  return { ...config, seed };
}

function preset(name = 'best'): TrainingConfig {
  if (!(name in PRESETS)) {
    throw new Error(`--preset ${name} is not one of ${Object.keys(PRESETS).join(', ')}`);
  }
  return trainingConfigSchema.parse(PRESETS[name as PresetName]);
}
