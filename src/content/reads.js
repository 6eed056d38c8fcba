// Plain JavaScript for the same reason as block-tree.js.
export const READ_BYTES = 131_072
export const PROGRESS_BYTES = 4_194_304
