/** The model's name wherever it is served. */
export const MODEL_NAME = 'naevus-efficientnet-b0';

export const ONNX_PATH = 'model.onnx';
export const TFJS_FOLDER = 'tfjs/';
/** Where the features of the training images lie. */
/** How images were taken: see `shared/src/model/modality.ts`. */
export const MODALITY_PATH = 'modality.bin';
export const SUBSPACE_PATH = 'feature-subspace.bin';
/** The training lesions that answers show beside an image. */
export const SIMILAR_CASES_PATH = 'similar-cases.bin';
export const REPORTS_FOLDER = 'reports/';

/** Path inside the artifact, forward slashes, to the file's bytes. */
export type ArtifactFiles = Map<string, Uint8Array>;

/** The `i`th file of pictures of similar cases. */
export function similarCasesPicturesPath(i: number): string {
  return `similar-cases/pictures-${String(i).padStart(2, '0')}.bin`;
}
