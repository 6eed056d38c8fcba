/** The secret half of the index's identity, in its data folder. */
export const KEY_FILE = 'server.key'

/** What is published, in the same folder. */
export const CATALOGUE_FILE = 'catalogue.db'
