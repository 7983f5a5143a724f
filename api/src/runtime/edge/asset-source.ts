import type { ArtifactSource } from '@naevus/shared/model/verify';

/** The platform's static assets, as a worker is bound to them. */
export interface Assets {
  fetch(request: Request | string): Promise<Response>;
}

/** Assets are asked for by path; the host is of no meaning. */
const ANY_HOST = 'https://assets.invalid';

/**
 * The files of a folder of the static assets.
 *
 * @param folder with a slash before and behind it
 */
export function assetSource(assets: Assets, folder: string): ArtifactSource {
  return {
    async read(path) {
      const response = await assets.fetch(`${ANY_HOST}${folder}${path}`);
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok)
        throw new Error(`the static assets answered ${response.status} for ${path}`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
