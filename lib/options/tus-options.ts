import type { TusCorsOptions, TusModuleOptions } from '../interfaces/index.js';
import type { TusExtension } from '../protocol/index.js';
import type { UploadRules } from '../uploads/index.js';

/** Options of an instance after they were checked. Times are milliseconds, sizes bytes. */
export interface TusOptions extends UploadRules {
  /** The instance's name; absent for the one without. */
  readonly name?: string;
  /** Absolute path. */
  readonly tmpFileDir: string;
  readonly extensions: ReadonlySet<TusExtension>;
  readonly owner?: TusModuleOptions['owner'];
  /** Whether GET serves finished uploads. */
  readonly download: boolean;
  readonly publicUrl?: string;
  readonly cors?: CheckedCors;
  readonly delivery: DeliveryRules;
  /** Time between two cleanup passes; absent: none by itself. */
  readonly cleanupEvery?: number;
}

/** How handlers are called. */
export interface DeliveryRules {
  readonly attempts: number;
  readonly backoffFirst: number;
  readonly backoffMax: number;
  readonly concurrency: number;
}

/** CORS as it is answered; `maxAge` in milliseconds. */
export interface CheckedCors extends Omit<TusCorsOptions, 'maxAge'> {
  readonly maxAge: number;
}
