import type { Dialect } from './dialect.interface.js';
import { IetfDialect } from './ietf.dialect.js';
import { TusDialect } from './tus.dialect.js';

export type { Dialect } from './dialect.interface.js';

export type DialectName = 'tus' | 'ietf';

/** Both protocols that a server speaks on one path. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  tus: new TusDialect(),
  ietf: new IetfDialect(),
};
