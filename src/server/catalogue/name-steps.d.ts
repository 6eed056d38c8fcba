import type { Texts } from './text-cursor.js'

/** A name is the one before it. */
export declare const SAME = 0
/** It comes behind all before it. */
export declare const BEHIND = 1
/** It comes before one of them. */
export declare const ELSEWHERE = 2

/** Tells of names where they lie, so that who keeps them in order need not look. */
export declare class NameSteps {
  /** Of the next names, where each of them lies. */
  of(names: Texts): Uint8Array
}
