/** The model's name wherever it is served. */
export const MODEL_NAME = 'naevus-efficientnet-b0';

export const ONNX_PATH = 'model.onnx';
export const TFJS_FOLDER = 'tfjs/';
/** Where the features of the training images lie. */
export const SUBSPACE_PATH = 'feature-subspace.bin';
export const REPORTS_FOLDER = 'reports/';

/** Path inside the artifact, forward slashes, to the file's bytes. */
export type ArtifactFiles = Map<string, Uint8Array>;
