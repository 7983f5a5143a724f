import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
export const REPOSITORY = at('../..');

/** The project's server as `npm start` runs it. */
export const NAEVUS = {
  id: 'naevus',
  label: 'naevus',
  command: process.execPath,
  args: () => [at('../dist/node.js')],
  env: (port) => ({
    PORT: String(port),
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
    MALLOC_MMAP_THRESHOLD_: process.env.MALLOC_MMAP_THRESHOLD_ ?? '524288',
  }),
};

/**
 * The servers that are compared; `strongest`: the peers that are fastest at some load. Keras takes seconds for a
 * Grad-CAM: it is only asked over 4 connections.
 *
 * @param {string} python of the environment with the peers' packages
 * @param {string} modelFolder that all of them serve
 */
export function candidates(python, modelFolder) {
  const peer = (id, label, module, { workers = 1, quiet = true, env = {}, ...where } = {}) => ({
    id,
    label,
    ...where,
    command: python,
    cwd: at('peers'),
    args: (port) => [
      ...['-m', 'uvicorn', `${module}:app`, '--host', '127.0.0.1', '--port', String(port)],
      ...['--workers', String(workers)],
      // A worker that is still importing on a busy machine is not hung.
      ...['--timeout-worker-healthcheck', '60'],
      ...(quiet ? ['--no-access-log', '--log-level', 'warning'] : []),
    ],
    env: () => ({
      MODEL_FOLDER: modelFolder,
      PYTHONPYCACHEPREFIX: at('../.cache/bench/pycache'),
      ORT_DISABLE_TELEMETRY: '1',
      ...env,
    }),
  });
  const onnxruntime = (id, label, options) => peer(id, label, 'fastapi_onnxruntime', options);
  const draft = { PILLOW_DRAFT: '1' };
  const tuned = { ONNX_THREADS: '1', ...draft };
  return [
    NAEVUS,
    onnxruntime('ort-default', 'FastAPI + onnxruntime', { quiet: false }),
    onnxruntime('ort-tuned-1', 'the same, tuned, 1 worker', { env: tuned }),
    onnxruntime('ort-tuned-2', 'the same, tuned, 2 workers', {
      env: tuned,
      workers: 2,
      strongest: true,
    }),
    onnxruntime('ort-opencv-2', 'tuned, OpenCV, 2 workers', {
      env: { ...tuned, DECODER: 'opencv' },
      workers: 2,
      strongest: true,
    }),
    // One image on all cores: the strongest where one is asked for at a time.
    onnxruntime('ort-draft-wide', 'tuned, all cores an image', { env: draft, strongest: true }),
    peer('keras', 'FastAPI + Keras predict', 'fastapi_keras', { only: kerasOnly }),
    peer('keras-function', 'the same, as a tf.function', 'fastapi_keras', {
      env: { KERAS_CALL: 'function' },
      only: ({ route, ...cell }) => route === '/predict' && kerasOnly(cell),
    }),
  ];
}

function kerasOnly({ image, connections }) {
  return image === '600x450' && connections === 4;
}
