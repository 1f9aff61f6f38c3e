/**
 * Options of `@OnUploadFinished()`.
 *
 * @publicApi
 */
export interface OnUploadFinishedOptions {
  /**
   * Name of the instance whose uploads the handler receives.
   *
   * @default the instance without a name
   */
  instance?: string;

  /**
   * Name under which deliveries to this handler are kept across restarts. Give one where the class
   * or the method may be renamed.
   *
   * @default 'Class#method'
   */
  id?: string;
}
