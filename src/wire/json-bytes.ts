/** How many bytes a value takes in a message. */
export const jsonBytes = (value: object): number => Buffer.byteLength(JSON.stringify(value))
