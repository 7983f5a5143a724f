/** Output position to source position, both in [-0.5, 0.5] about the centre: [xx, xy, x0, yx, yy, y0]. */
export type Transform = readonly [number, number, number, number, number, number];
