/** No id. */
export const NONE = 0
