import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fetchPublicFile, fileSha256, type PublicFile } from '../../data/download/public-file.ts';
import { efficientNetB0 } from '../../network/architecture.ts';
import { checkParameters, type Parameters, withNewClassifier } from '../../network/parameters.ts';
import { readSafetensors } from '../../network/safetensors.ts';

/** EfficientNet-B0 trained on ImageNet by timm's RandAugment recipe (Apache-2.0), at a fixed commit. */
export const PUBLIC_WEIGHTS: PublicFile = {
  name: 'efficientnet_b0.ra_in1k-1b5383e5.safetensors',
  url: 'https://huggingface.co/timm/efficientnet_b0.ra_in1k/resolve/1b5383e5f79cc0f7fc067e372f8f26a5fa73f26a/model.safetensors',
  bytes: 21_355_344,
  sha256: 'd569899762ea9b1384ee07f4af64805cf8caa1c55f9253ebb1080dc40e87a2cd',
};

export interface InitialWeights {
  /** The backbone's parameters by timm's names, without a classifier. */
  readonly parameters: Parameters;
  /** File name and digest, for the records of a run. */
  readonly description: string;
}

/**
 * The pretrained backbone: the file named, or the public one, which is fetched once and cached.
 *
 * @param path a safetensors file with timm's names, float32
 * @throws Error that says what is wrong with the file, or why it could not be fetched and what to do then.
 */
export async function loadPretrained(
  path?: string,
  publicFile = PUBLIC_WEIGHTS,
  cacheFolder = defaultCacheFolder(),
): Promise<InitialWeights> {
  const file = path ?? (await fetchOrAdvise(publicFile, cacheFolder));
  const parameters = await readSafetensors(file);
  for (const name of parameters.keys()) {
    if (name.startsWith('classifier.')) parameters.delete(name);
  }
  try {
    checkParameters(withNewClassifier(parameters, efficientNetB0()), efficientNetB0());
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${file} does not hold EfficientNet-B0 in timm's names: ${reason}`, { cause });
  }
  return { parameters, description: `${basename(file)} (sha256 ${await fileSha256(file)})` };
}

async function fetchOrAdvise(publicFile: PublicFile, cacheFolder: string): Promise<string> {
  try {
    return await fetchPublicFile(publicFile, cacheFolder);
  } catch (cause) {
    throw new Error(
      `${(cause as Error).message}\nFetch it some other way and name it with --weights FILE.`,
      { cause },
    );
  }
}

/** Outlives a clone, as training's other downloads do. */
function defaultCacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'naevus');
}
