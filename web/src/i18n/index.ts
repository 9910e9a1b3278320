import { en } from './en';

/** All words of the page. A further language is a further file of the same shape. */
export type Words = typeof en;
export const words: Words = en;
