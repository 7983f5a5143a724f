import { loadCaseIndex } from '@naevus/shared/model/case-index';
import { type PicturePlace, picturePlaces } from '@naevus/shared/model/case-pictures';
import { loadFile } from '@naevus/shared/model/verify';
import type { ServedModel } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { sendFile } from '../files/send-file.ts';

/** `GET /cases/VERSION/IMAGE.webp`: the picture of a training lesion that an answer calls similar. */
export function casePictureRoute({ engines }: AppDependencies): Route {
  const placesOf = new Map<string, ReadonlyMap<string, PicturePlace>>();

  async function places({ manifest, sha256, files }: ServedModel) {
    const known = placesOf.get(sha256);
    if (known) return known;
    const pictures = manifest.similarCases?.pictures;
    const index = pictures && (await loadCaseIndex(files, manifest));
    const found = index ? picturePlaces(index.cases, pictures) : new Map<string, PicturePlace>();
    placesOf.set(sha256, found);
    return found;
  }

  return {
    method: 'GET',
    path: '/cases/:version/:picture',
    // Pages show them as images, which send no key; they cost no computing.
    open: true,
    summary: 'The picture of a similar case',
    description:
      'What `thumbnail` of a similar case names. Whose the pictures are and what their licence allows, `/model` says in `similar_cases`.',
    pathParameters: {
      version: 'A version that is served.',
      picture: 'The image id of the case, and `.webp`.',
    },
    answer: { description: 'A small picture.', content: { 'image/webp': 'binary' } },
    problems: ['not-found', 'precondition-failed', 'range-not-satisfiable'],
    async handle(c) {
      const model = engines.byVersion.get(c.req.param('version') ?? '')?.model;
      const imageId = (c.req.param('picture') ?? '').replace(/\.webp$/, '');
      const place = model && (await places(model)).get(imageId);
      if (!model || !place) {
        throw new ProblemError('not-found', 'no version that is served has a picture of this case');
      }
      const { files, manifest } = model;
      const { path, start, end } = place;
      return sendFile(c, {
        etag: `"${model.sha256.slice(0, 32)}-${encodeURIComponent(imageId)}"`,
        type: 'image/webp',
        // Files of a version never change.
        headers: { 'Cache-Control': 'public, max-age=31536000, immutable' },
        read: async () => (await loadFile(files, manifest, path)).slice(start, end),
      });
    },
  };
}
