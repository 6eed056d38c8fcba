export declare const APPLICATION_ID: number
export declare const STEPS: readonly string[]
