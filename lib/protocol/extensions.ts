/**
 * The tus extensions that can be offered, by their tokens in `Tus-Extension`.
 *
 * @publicApi
 */
export type TusExtension =
  | 'creation'
  | 'creation-with-upload'
  | 'creation-defer-length'
  | 'expiration'
  | 'checksum'
  | 'checksum-trailer'
  | 'termination'
  | 'concatenation';

/** Every extension, in the order `Tus-Extension` lists them. */
export const ALL_EXTENSIONS: readonly TusExtension[] = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'expiration',
  'checksum',
  'checksum-trailer',
  'termination',
  'concatenation',
];

/** What is offered unless told otherwise: proxies such as nginx drop trailers. */
export const DEFAULT_EXTENSIONS: readonly TusExtension[] = ALL_EXTENSIONS.filter(
  (extension) => extension !== 'checksum-trailer',
);

/**
 * What an extension cannot be offered without (tus 1.0 §Creation With Upload,
 * §Upload-Defer-Length).
 */
export const EXTENSION_NEEDS: Readonly<Partial<Record<TusExtension, TusExtension>>> = {
  'creation-with-upload': 'creation',
  'creation-defer-length': 'creation',
  'checksum-trailer': 'checksum',
  concatenation: 'creation',
};
