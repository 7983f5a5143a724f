/** What the model has not seen; goes with every answer about an image. */
export const LIMITS =
  'Trained on dermatoscopic images of pigmented lesions, almost only of light skin, from a few clinics. Phone photographs are outside of what it was trained on: a score for one means nothing, however high or low.';
