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
  async function open(path: string): Promise<Response | undefined> {
    const response = await assets.fetch(`${ANY_HOST}${folder}${path}`);
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw new Error(`the static assets answered ${response.status} for ${path}`);
  }

  return {
    async read(path) {
      const response = await open(path);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    async stream(path) {
      return (await open(path))?.body ?? undefined;
    },
  };
}
