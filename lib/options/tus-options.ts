import type {
  MaxSizeFunction,
  QuotaFunction,
  RegistryFactory,
  StorageFactory,
  TusCorsOptions,
  TusDownloadOptions,
  TusMetadataOptions,
  TusModuleOptions,
} from '../interfaces/index.js';
import type { AppendSizes, TusExtension } from '../protocol/index.js';
import type { UploadProtocol } from '../registry/index.js';
import type { Quota, UploadRules } from '../uploads/index.js';

/** Options of an instance after they were checked. Times are milliseconds, sizes bytes. */
export interface TusOptions extends UploadRules {
  /** The instance's name; absent for the one without. */
  readonly name?: string;
  /** Where what is known of uploads is kept; absent: in `tmpFileDir`. */
  readonly registry?: RegistryFactory;
  /** Where bytes are kept; absent: in `tmpFileDir`. */
  readonly storage?: StorageFactory;
  /** Absolute path. */
  readonly tmpFileDir: string;
  /** Mode of uploaded files; absent: by the umask. */
  readonly fileMode?: number;
  /** Mode of folders that are made for them; absent: by the umask. */
  readonly directoryMode?: number;
  /** The protocols that are spoken. */
  readonly protocols: ReadonlySet<UploadProtocol>;
  readonly ietf: IetfSettings;
  readonly extensions: ReadonlySet<TusExtension>;
  readonly owner?: TusModuleOptions['owner'];
  /** What gives uploads their ids; absent: they are random. */
  readonly uploadId?: TusModuleOptions['uploadId'];
  /** Most partial uploads that a final one may name. */
  readonly maxParts: number;
  /** The limit that is told for each creation. */
  readonly maxSizeOf?: MaxSizeFunction;
  /** What each owner may have at a time. */
  readonly quota?: Quota;
  /** The quota that is told for each creation. */
  readonly quotaOf?: QuotaFunction;
  readonly metadata: MetadataRules;
  /** Whether an endpoint's method gets the file itself. */
  readonly sendFile: boolean;
  /** Whether GET serves finished uploads. */
  readonly download: boolean;
  /** What tells whether a download is shown or saved; absent: its type does. */
  readonly dispositionOf?: TusDownloadOptions['disposition'];
  /** How long the URL lives that a download is sent to; absent: the app sends the bytes. */
  readonly redirectFor?: number;
  readonly publicUrl?: string;
  readonly cors?: CheckedCors;
  /** Whether this process delivers, cleans up and repairs; absent: where it has an HTTP server. */
  readonly background?: boolean;
  readonly delivery: DeliveryRules;
  /** Time between two cleanup passes; absent: none by itself. */
  readonly cleanupEvery?: number;
}

/** How the IETF's protocol is spoken, where it is. */
export interface IetfSettings {
  /** The interop versions. */
  readonly versions: readonly number[];
  /** Whether 104 is sent. */
  readonly informational: boolean;
  readonly sizes: AppendSizes;
}

/** What is accepted as metadata; `maxBytes` in bytes of the header. */
export interface MetadataRules extends Pick<TusMetadataOptions, 'type' | 'validate'> {
  readonly maxBytes: number;
  readonly maxKeys: number;
}

/** How often, and after what pauses, a handler is tried. */
export interface RetryRules {
  readonly attempts: number;
  readonly backoffFirst: number;
  readonly backoffMax: number;
}

/** How a handler is called. */
export interface DeliveryRules extends RetryRules {
  /** How many of its deliveries run at the same time in this process. */
  readonly concurrency: number;
  /** How long an attempt may take; absent: any time. */
  readonly timeout?: number;
}

/** CORS as it is answered; `maxAge` in milliseconds. */
export interface CheckedCors extends Omit<TusCorsOptions, 'maxAge'> {
  readonly maxAge: number;
}
