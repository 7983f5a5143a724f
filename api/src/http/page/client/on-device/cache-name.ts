/** What is kept on this device for the page to work with the network cut. */
export const CACHE = 'naevus-on-device';
