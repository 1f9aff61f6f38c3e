interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/** Does what many ask for together: all that comes while one run is under way is the next one. */
export class Batch<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private isRunning = false;

  /** @param run what it resolves to is in the order of the items */
  constructor(private readonly run: (items: readonly T[]) => Promise<readonly R[]>) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.isRunning) void this.runAll();
    });
  }

  private async runAll(): Promise<void> {
    this.isRunning = true;
    // What else is asked for in this turn comes along.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.runOnce(this.waiting.splice(0));
    this.isRunning = false;
  }

  private async runOnce(waiting: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.run(waiting.map(({ item }) => item));
      waiting.forEach(({ resolve }, index) => resolve(results[index] as R));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
