/** Packages that the server loads by path from where npm installs them, as they are native or read files beside them. */
export const INSTALLED_PACKAGES = [
  '@cornerstonejs/codec-openjpeg',
  '@jsquash/avif',
  'libheif-js',
  'onnxruntime-node',
  'pdfkit',
  'sharp',
];
