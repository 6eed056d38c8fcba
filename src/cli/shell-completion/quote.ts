/** A text between single quotes, for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The name of a function that completes a program. */
export const identifier = (program: string): string => `_${program.replace(/\W/g, '_')}_completion`
