import sharp from 'sharp';

// Several images are decoded at once: more threads for each would only compete.
sharp.concurrency(1);

export default sharp;
