import { ClosedError } from '../errors/index.js';

/** What a registry keeps its rows in: opened once and closed once, however many ask for that. */
export class OpenStore<T> {
  private store?: T;
  private opening?: Promise<T>;
  private closing?: Promise<void>;

  /**
   * @param openStore opens it
   * @param release lets go of it
   */
  constructor(
    private readonly openStore: () => Promise<T>,
    private readonly release: (store: T) => Promise<void>,
  ) {}

  /** @throws ClosedError while it is not open */
  get current(): T {
    if (this.store !== undefined) return this.store;
    throw new ClosedError('The upload registry is not open.');
  }

  /** May be repeated when it failed. */
  async open(): Promise<void> {
    await this.closing;
    this.opening ??= this.openStore();
    try {
      this.store = await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    this.closing ??= this.letGo().finally(() => (this.closing = undefined));
    return this.closing;
  }

  private async letGo(): Promise<void> {
    const { opening } = this;
    this.opening = undefined;
    const store = await opening?.catch(() => undefined);
    this.store = undefined;
    if (store !== undefined) await this.release(store);
  }
}
