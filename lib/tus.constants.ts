/** Injection token of an instance's checked options. */
export const TUS_OPTIONS = Symbol('TUS_OPTIONS');

/** Injection token of an instance's name, `undefined` for the one without. */
export const TUS_NAME = Symbol('TUS_NAME');

/** Injection token of an instance's `RegistryBackend`: its registry and its cluster. */
export const TUS_BACKEND = Symbol('TUS_BACKEND');

/** Injection token of an instance's `UploadRegistry`. */
export const TUS_REGISTRY = Symbol('TUS_REGISTRY');

/** Injection token of an instance's `UploadStorage`. */
export const TUS_STORAGE = Symbol('TUS_STORAGE');

/** Injection token of an instance's `Cluster`. */
export const TUS_CLUSTER = Symbol('TUS_CLUSTER');

/** Injection token of the mark that an instance's routes carry. */
export const TUS_ROUTE = Symbol('TUS_ROUTE');

/** Injection token of where an instance's controller is mounted. */
export const TUS_MOUNT = Symbol('TUS_MOUNT');

/** Metadata key under which decorators of handlers leave their marks on a method. */
export const HANDLER_METADATA = 'tus:handlers';

/** Metadata key under which `@TusEndpoint()` leaves its mark on a method. */
export const ENDPOINT_METADATA = 'tus:endpoint';

/** Name of the logger every line of this module appears under. */
export const LOGGER_CONTEXT = 'TusModule';

/** Folder of the registry, inside `tmpFileDir`. */
export const REGISTRY_FOLDER = '.tus';

/** The file that stands for a folder whose registry is elsewhere, inside that of the registry. */
export const MARK_FILE = 'mark';

/** Folder of the room that is kept on the disk, inside that of the registry. */
export const RESERVE_FOLDER = 'reserve';

/** Folder of the sockets of processes, inside that of the registry. */
export const PROCESSES_FOLDER = 'processes';
